"""One operation's batched reads. May import graph and domain."""
