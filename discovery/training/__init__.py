"""Models learnt from the public saves alone, trained by the worker. May import graph and domain."""
