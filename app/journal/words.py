"""What text search compares: a record's words, cut so that FTS5 finds substrings.

FTS5's tokeniser takes a run of Chinese for one word. So every Chinese character
becomes a token of its own, runs of digits and Latin letters stay whole, and a search
is a phrase of tokens. Everything else that is not a blank or punctuation becomes a
token with its code point in hexadecimal: the tokens are the same here and in any
version of SQLite, which lets `verify` count them.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from app.core.alarms import Acknowledgement
from app.core.entries import Correction, Decision, DeskEvent, Disposition
from app.core.model import RunRecord

_BARRIER: Final = "ω"
"""Stands between two texts, so that no phrase is found across them. Never a token of
an operator's text, where this letter is written with its code point."""

_RUN: Final = re.compile(r"[a-z0-9]+|[^a-z0-9]")


def tokens(text: str) -> list[str]:
    """Cut a text into its searchable tokens."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return [word for part in _RUN.findall(folded) if (word := _token(part))]


@lru_cache(maxsize=32_768)
def _token(part: str) -> str:
    if len(part) > 1 or (part.isascii() and part.isalnum()):
        return part
    if "\u4e00" <= part <= "\u9fa5":
        return part
    if unicodedata.category(part)[0] in "ZPC" and not "\ud800" <= part <= "\udfff":
        return ""
    return f"{_BARRIER}{ord(part):x}"


def indexed(record: RunRecord) -> str:
    """Give the text of the index: what was heard, understood and shown."""
    return _joined(_texts(record))


def of_later(
    said: Acknowledgement | Disposition | Correction | Decision | DeskEvent,
) -> str:
    """Give the text of the index for what was said later about a run; often none."""
    return _joined(_texts_later(said))


def _joined(texts: Iterable[str]) -> str:
    parts = [tokens(text) for text in dict.fromkeys(texts) if text]
    return f" {_BARRIER} ".join(" ".join(part) for part in parts if part)


def match(text: str) -> str | None:
    """Give the FTS5 expression for the text; None when it holds nothing to search.

    Parts with a blank between must all occur. A run of digits or Latin letters at the
    end of a part may go on: 「济南2」 finds 「济南23号」.
    """
    phrases = []
    for part in text.split():
        if words := tokens(part):
            goes_on = words[-1].isascii()
            phrases.append(f'"{" ".join(words)}"' + ("*" if goes_on else ""))
    return " AND ".join(phrases) or None


def _texts(record: RunRecord) -> Iterator[str]:
    heard, understood = record.utterance, record.understanding
    if heard is not None:
        yield from (heard.text, heard.free_text, heard.lexicon_text)
    if understood is not None:
        for mention in understood.mentions:
            yield from (mention.place, mention.heard_place)
        for call in understood.calls:
            yield call.site.name
        if understood.question is not None:
            yield understood.question.sentence
            yield from (c.label for c in understood.question.candidates)
        yield understood.reply
    for finding in record.findings:
        yield from (finding.call.site.name, finding.summary)
    if record.fault is not None:
        yield record.fault.message


def _texts_later(
    said: Acknowledgement | Disposition | Correction | Decision | DeskEvent,
) -> Iterator[str]:
    if isinstance(said, DeskEvent):
        # It is about no run: `Review.events` gives it.
        return
    yield said.note
    if isinstance(said, Disposition):
        yield said.responsible
    if isinstance(said, Correction):
        yield said.text
        yield from (call.site.name for call in said.calls)
