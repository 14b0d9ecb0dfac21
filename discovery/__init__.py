"""What to show next: the walk, candidate sources and feeds. May import graph, vectors, media and domain; owns numba."""
