"""How a prefix is written, and how the text after it is counted."""

from enum import StrEnum


class Form(StrEnum):
    """How a prefix is written."""

    GRIDDESK = "griddesk"
    """As peft writes it, which is what the desk loads."""
    OFFICIAL = "official"
    """As THUDM's own programs write and read it."""


class Numbering(StrEnum):
    """Where the text after a prefix begins to be counted."""

    ZERO = "zero"
    """At 0, as in THUDM's programs."""
    AFTER = "after"
    """At the prefix's length, as in transformers."""
