"""The mutations, one module for each area. May import everything of `schema/` but `mutation.py` and `api.py`."""
