"""All of Qt. Nothing imports this package but `cli` and `compose`."""
