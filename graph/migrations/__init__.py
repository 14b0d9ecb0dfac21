"""The graph's schema: numbered Cypher files, applied in order, never changed once released. Imports nothing."""
