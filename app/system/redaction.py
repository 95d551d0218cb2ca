"""Secrets of this process, so that no log line and no message repeats one.

Whoever takes a secret out of its store says so here; whoever writes text for others
to read passes it through `redacted`.
"""

import json
import re
from threading import Lock
from typing import Final
from urllib.parse import quote, quote_plus

HIDDEN: Final = "•••"
LEAST: Final = 4
"""Shorter ones are not looked for: to replace every 「1」 would tell the secret."""

_lock = Lock()
_spellings: set[str] = set()
_pattern: re.Pattern[str] | None = None


def spellings(text: str) -> set[str]:
    """Give a text as it stands by itself, in JSON and in what Python shows of it."""
    return {
        text,
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
        repr(text)[1:-1],
    }


def hide(secret: str) -> None:
    """Keep a secret, in each way that it may be spelt, out of every text from now."""
    global _pattern
    if len(secret) < LEAST:
        return
    spelt = spellings(secret) | {quote(secret, safe=""), quote_plus(secret)}
    with _lock:
        if spelt <= _spellings:
            return
        _spellings.update(spelt)
        # The longest first: a secret may begin with another one.
        ordered = sorted(_spellings, key=len, reverse=True)
        _pattern = re.compile("|".join(map(re.escape, ordered)))


def redacted(text: str) -> str:
    """Give the text with ••• in the place of every secret."""
    pattern = _pattern
    return text if pattern is None else pattern.sub(HIDDEN, text)
