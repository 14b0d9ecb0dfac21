"""Meaning as numbers: embedders turn pictures and texts into unit vectors, indexes find the nearest. Imports domain."""
