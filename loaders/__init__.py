"""One operation's batched reads. May import graph and domain, and Strawberry for its DataLoader alone."""
