"""Trends in the window: what weeks of answers say, and the way to their records."""
