"""GLM-mini's base: its shape, and how it is trained from nothing."""
