"""Imports of boards and pictures from files. May import all packages below app."""
