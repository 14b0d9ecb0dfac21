"""The demo world: people, boards and generated pictures, always the same. May import all packages below app."""
