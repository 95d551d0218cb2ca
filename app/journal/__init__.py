"""Append-only, hash-chained record of runs: store, queries, verification, export."""
