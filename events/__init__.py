"""What follows from what happened: the tail, the bus, the relay and its handlers. Imports graph, vectors, media, domain."""
