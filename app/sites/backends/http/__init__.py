"""The HTTP backend: JSON interfaces of vendors, configured and not coded."""
