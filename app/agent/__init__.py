"""Utterance → Understanding, and findings → the sentence that is shown."""
