"""What a house is made of; only `app.compose` and the command line know it."""
