"""`pinwalk doctor`: holds the stores against the graph, says what is wrong, and repairs it. One file a subject."""
