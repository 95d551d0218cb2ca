"""The supervisor's window: what the desk did is found, shown and acted on."""
