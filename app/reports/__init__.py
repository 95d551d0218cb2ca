"""Exports and reports as files: tables, lines for programs, pages to be printed."""
