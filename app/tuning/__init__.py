"""The tuning bench: synthesise, train, evaluate, package."""
