"""Site backends: one file each, listed in `table.py`."""
