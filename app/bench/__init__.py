"""Benchmarks that ship with the program: each prints a table and can write JSON. May import all packages below app."""
