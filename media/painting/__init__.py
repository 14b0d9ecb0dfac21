"""Painters of generated pictures: one visual family a function, in normalised coordinates. Imports numpy, Pillow and itself."""
