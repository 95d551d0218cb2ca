"""Only the modules: its dictionaries are Python too, the same as JSON are spare."""
