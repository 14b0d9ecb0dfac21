"""Random walks over an in-memory copy of the public saves. May import graph and domain."""
