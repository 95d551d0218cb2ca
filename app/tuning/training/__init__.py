"""Training on a frozen base: methods, the fast forward pass, checkpoints, curves."""
