"""Where in a transcript the words stand that a reading rests on.

The reader folds and masks a sentence before it understands it; whoever reviews a run
must see the words as they were said. Each text here is the one before it with some
characters left out or put in, so the way back is found by walking along both.
"""

import unicodedata
from collections.abc import Mapping, Sequence

from app.agent.prompts import MAX_SPEECH
from app.core.explanation import Reason, ReasonKind

Span = tuple[int, int]
"""First character and the one after the last, in the transcript."""

_COMMA = ","
"""Stands for any mark or blank, and parts what was cut: it comes from nowhere."""

_MOST = 20 * MAX_SPEECH
"""Characters of a transcript that are looked at: what is read is shorter by far."""


class Trail:
    """A text made from a transcript, and where each character of it comes from."""

    def __init__(self, transcript: str, spans: Sequence[Span | None]) -> None:
        """Take the transcript, and a span of it for each character of the text."""
        self.transcript = transcript
        self.spans = tuple(spans)

    @classmethod
    def of(cls, transcript: str, plain: str, simplify: Mapping[int, str]) -> "Trail":
        """Follow the normalised text back to the transcript."""
        folded = [
            (char, at)
            for at, raw in enumerate(transcript[:_MOST])
            for char in _folded(raw, simplify)
        ]
        # Forwards to where it ends, and from there backwards: of two equal characters
        # the later one was read, for what is dropped stands before the words.
        end = 0
        for char in plain:
            if char != _COMMA:
                end = _next(folded, char, end) or end
        spans: list[Span | None] = [None] * len(plain)
        at = end
        for number in range(len(plain) - 1, -1, -1):
            found = _last(folded, plain[number], at)
            if found is not None and plain[number] != _COMMA:
                at = found
                origin = folded[found][1]
                spans[number] = (origin, origin + 1)
        return cls(transcript, spans)

    def masked(self, plain: str, text: str, words: Mapping[str, str]) -> "Trail":
        """Follow a text with marks; `words` are what each mark stands for in `plain`.

        This trail is that of `plain`.
        """
        spans: list[Span | None] = []
        at = 0
        for char in text:
            found = plain.find(words.get(char, char), at)
            if found < 0 or char == _COMMA:
                spans.append(None)
                continue
            end = found + len(words.get(char, char))
            spans.append(self.span(found, end))
            at = end
        return Trail(self.transcript, spans)

    def joined(self, pieces: Sequence[Span]) -> "Trail":
        """Give the trail of a text of which each character stands for a piece."""
        return Trail(self.transcript, [self.span(*piece) for piece in pieces])

    def span(self, start: int, end: int) -> Span | None:
        """Give where a piece of the text stands in the transcript."""
        known = [span for span in self.spans[start:end] if span is not None]
        return (known[0][0], known[-1][1]) if known else None

    def reason(self, kind: ReasonKind, start: int, end: int, meaning: str) -> Reason:
        """Give the reason that rests on a piece of the text."""
        span = self.span(start, end)
        if span is None:
            return Reason(kind=kind, meaning=meaning)
        words = self.transcript[slice(*span)]
        return Reason(kind=kind, words=words, start=span[0], meaning=meaning)


def _folded(char: str, simplify: Mapping[int, str]) -> str:
    return unicodedata.normalize("NFKC", char).lower().translate(simplify)


def _next(folded: Sequence[tuple[str, int]], char: str, start: int) -> int | None:
    """Give what follows the next such character."""
    for at in range(start, len(folded)):
        if folded[at][0] == char:
            return at + 1
    return None


def _last(folded: Sequence[tuple[str, int]], char: str, end: int) -> int | None:
    """Give the last such character before `end`."""
    for at in range(end - 1, -1, -1):
        if folded[at][0] == char:
            return at
    return None
