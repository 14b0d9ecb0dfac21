"""Painters of generated pictures: one visual family a function, in normalised coordinates.

May import numpy, Pillow and itself.
"""
