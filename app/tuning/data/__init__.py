"""Rows to train and to measure on, and where a user's own come from."""
