"""Kaldi recognisers over one recording: what one of them heard, as words."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from app.core.model import Word
from app.hearing.transcript import join_words

if TYPE_CHECKING:
    import vosk

_HEARINGS: Final = 5
"""Hearings of one stretch of speech that are asked for.

With 20, no more of 159 commands had the right words among the first four.
"""


class Ear:
    """Hears the likeliest words, each with its confidence."""

    def __init__(self, kaldi: "vosk.KaldiRecognizer") -> None:
        """Take a fresh recogniser."""
        kaldi.SetWords(True)
        self._kaldi = kaldi
        self._words: list[Word] = []

    def hear(self, block: bytes) -> None:
        """Decode a block."""
        if self._kaldi.AcceptWaveform(block):
            self._keep(self._kaldi.Result())

    def partial(self) -> str:
        """Give the text so far, not confirmed."""
        now = json.loads(self._kaldi.PartialResult()).get("partial", "")
        return join_words([*(word.text for word in self._words), now])

    def finish(self) -> tuple[Word, ...]:
        """Give every word; the ear hears nothing more."""
        self._keep(self._kaldi.FinalResult())
        return tuple(self._words)

    def _keep(self, result: str) -> None:
        self._words += _words(json.loads(result).get("result", ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """One way to hear a stretch of speech."""

    words: tuple[Word, ...]
    """Their confidence is unknown and stands as 0."""
    score: float
    """Larger is likelier; only within a recording do scores compare."""


class WideEar:
    """Hears several ways for each stretch of speech, the likeliest first.

    The first way is the likeliest *sentence*, while `Ear` gives the likeliest *words*.
    Of 500 commands 31 differ by it, and the sentences are the nearer to what was said:
    206 without an error, 203 by words. So one limited ear is enough.
    """

    def __init__(self, kaldi: "vosk.KaldiRecognizer") -> None:
        """Take a fresh recogniser."""
        kaldi.SetWords(True)
        kaldi.SetMaxAlternatives(_HEARINGS)
        self._kaldi = kaldi
        self._stretches: list[tuple[Hearing, ...]] = []

    def hear(self, block: bytes) -> None:
        """Decode a block."""
        if self._kaldi.AcceptWaveform(block):
            self._keep(self._kaldi.Result())

    def finish(self) -> tuple[tuple[Hearing, ...], ...]:
        """Give the ways for every stretch; the ear hears nothing more."""
        self._keep(self._kaldi.FinalResult())
        return tuple(self._stretches)

    def _keep(self, result: str) -> None:
        ways = tuple(
            Hearing(words=tuple(_words(way.get("result", ()))), score=way["confidence"])
            for way in json.loads(result).get("alternatives", ())
        )
        if any(way.words for way in ways):
            self._stretches.append(ways)


def _words(items: Iterable[dict[str, Any]]) -> list[Word]:
    return [
        Word(
            text=item["word"],
            start_s=item["start"],
            end_s=item["end"],
            confidence=item.get("conf", 0.0),
        )
        for item in items
    ]
