"""Which words of a phrase name its check, so that noise can tell when they are lost."""

import re
from collections.abc import Iterator
from dataclasses import replace

from app.core.model import Check
from app.tuning.phrases.lexicon import Lexicon
from app.tuning.phrases.recovery import expressions_of
from app.tuning.phrases.speech import Part, Spoken


class Expressions:
    """Finds the expressions of the lexicon in phrases that somebody else wrote."""

    def __init__(self, lexicon: Lexicon) -> None:
        """Collect the expressions of every check."""
        self._checks = expressions_of(lexicon)
        words = sorted(self._checks, key=len, reverse=True)
        self._words = re.compile(f"({'|'.join(map(re.escape, words))})")

    def marked(self, spoken: Spoken) -> Spoken | None:
        """Mark what names the checks; None where one of them is named in other words.

        Such a phrase can have no noise: nobody could say whether it still asks.
        """
        meant = {check for _, check in spoken.calls if check}
        if not meant:
            return spoken
        parts = [new for part in spoken.parts for new in self._cut(part, meant)]
        told = (self._checks[p.text] for p in parts if p.kind == "check")
        return (
            replace(spoken, parts=tuple(parts)) if meant <= set().union(*told) else None
        )

    def _cut(self, part: Part, meant: set[Check]) -> Iterator[Part]:
        if part.kind == "place":
            yield part
            return
        for piece in self._words.split(part.text):
            if piece:
                named = self._checks.get(piece, frozenset()) & meant
                yield Part(piece, "check", 1) if named else Part(piece)
