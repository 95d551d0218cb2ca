"""Paths, logging, the inference worker, and the self-test."""
