"""One candidate source per file. May import discovery.candidate, discovery.walk, graph, vectors and domain."""
