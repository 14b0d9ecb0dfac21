"""GraphQL on its way in and out: over HTTP, sockets and events; who asks, how much of it, and for how long."""
