"""Published ChatGLM checkpoints, made into folders that this program loads."""
