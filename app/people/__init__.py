"""The accounts of a desk: who may sign in, and what proves it."""
