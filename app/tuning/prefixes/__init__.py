"""Prefixes of P-tuning v2: from the forms that others write into ours, and back."""
