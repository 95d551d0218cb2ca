"""One declaration of every setting, saved atomically."""
