"""What follows from what happened: tail, bus, relay and handlers. Imports graph, vectors, media and domain."""
