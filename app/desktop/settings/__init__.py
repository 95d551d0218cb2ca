"""The settings in the window, made from their declaration."""
