"""The catalogue of model artefacts: locate, verify, fetch, import."""
