"""Texts that came from outside, made harmless for the files that people open.

Recognised words, names, notes and file names may hold anything. A spreadsheet takes a
cell for a formula (or for a command, DDE) that begins with `=`, `+`, `-` or `@`, some
also behind blanks, and some also in full width; the quotation mark in front makes it
the text that it is. Every text of every table goes through `defused`: the writers call
it, and not whoever fills the table. So it is with the names of a spreadsheet's errors:
a site called `#N/A` is a name, and no number that is missing.
"""

import re
from typing import Final

LONGEST_CELL: Final = 32_767
"""Characters; a workbook takes no more."""

_FORMULA: Final = frozenset("=+-@|%\t\r\n＝＋－＠｜％﹢﹣﹦﹫⁺⁻₊₋")
_INVISIBLE: Final = " \u00a0\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000"
_LEADING: Final = re.compile(f"[{_INVISIBLE}\ufeff\u00ad]+")
# What XML 1.0, and with it a workbook, cannot hold.
_UNPRINTABLE: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"
)
_ERRORS: Final = frozenset(
    ("#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#DIV/0!", "#SPILL!")
)
_BLANKS: Final = re.compile(r"\s+")


def printable(words: str) -> str:
    """Put a mark where a character stands that no file can hold."""
    return _UNPRINTABLE.sub("\ufffd", words)


def defused(words: str) -> str:
    """Make a text harmless in a spreadsheet, and short enough for a cell."""
    words = printable(words)
    start = _LEADING.match(words)
    begins = words[start.end() if start else 0 :][:1]
    formula = begins != "" and begins in _FORMULA
    if formula or words.strip().upper() in _ERRORS:
        words = "'" + words
    return words[:LONGEST_CELL]


def one_line(words: str) -> str:
    """Write a text in one line."""
    return _BLANKS.sub(" ", printable(words)).strip()
