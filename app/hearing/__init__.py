"""Audio → Utterance: devices, files, recognisers, transcript normalising."""
