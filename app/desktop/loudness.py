"""Whether the operator is too loud, too quiet, or not heard at all."""

from enum import StrEnum
from typing import Final

CLIPPED: Final = 0.985
"""Peak from which a block is cut off at the top."""
FAINT: Final = 0.03
"""Peak of a whole take below which speech is not understood well."""
_CLIPPED_BLOCKS: Final = 2
_PATIENCE_S: Final = 2.5
"""How long a take may be quiet before that is said: people think before they speak."""
_SHORTEST_S: Final = 0.9
"""A take shorter than this says nothing about the loudness."""


class Hint(StrEnum):
    """What is wrong with the sound."""

    NONE = "none"
    TOO_LOUD = "too_loud"
    TOO_QUIET = "too_quiet"
    SILENT = "silent"
    """Not one sample: the microphone is switched off."""


class Loudness:
    """Judges one take by the peaks of its blocks.

    A hint does not blink: too loud stays; too quiet goes once, when it was wrong.
    """

    def __init__(self) -> None:
        self._highest = 0.0
        self._clipped = 0
        self._heard_s = 0.0
        self._hint = Hint.NONE

    @property
    def hint(self) -> Hint:
        """What is to be said so far."""
        return self._hint

    def feed(self, peak: float, heard_s: float) -> Hint:
        """Take the peak of the last block and the length of all; give the hint."""
        if heard_s > self._heard_s:
            self._heard_s = heard_s
            self._highest = max(self._highest, peak)
            self._clipped += peak >= CLIPPED
            self._hint = self._judged(_PATIENCE_S)
        return self._hint

    def end(self) -> Hint:
        """Judge the whole take."""
        self._hint = self._judged(_SHORTEST_S)
        return self._hint

    def _judged(self, patience_s: float) -> Hint:
        if self._clipped >= _CLIPPED_BLOCKS:
            return Hint.TOO_LOUD
        if self._heard_s < patience_s or self._highest >= FAINT:
            return Hint.NONE
        return Hint.TOO_QUIET if self._highest else Hint.SILENT
