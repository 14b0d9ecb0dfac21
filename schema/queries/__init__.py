"""What can be asked, one module for each area. May import everything of `schema/` but `query.py` and `api.py`."""
