"""The built-in gallery: static pages that speak GraphQL only. Served by `app/main.py`; imports nothing."""
