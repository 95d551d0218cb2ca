"""Who is at the desk: signing in, locking the screen, keeping accounts."""
