"""What a reader of misheard words can still know: the label that stays true.

- A place is the place as heard; the desk's directory repairs names. Less than two
  characters of it are no name: the answer is the question for the place.
- A check is told by its cues (`noise.toml`). A cue is lost where the mean distance of
  its syllables from what was said exceeds `sounds.NEAR`; a character left out has
  distance 1. An expression without a cue must be heard whole: its syllables together
  may be as far as those of a cue of two. With no cue of a check left, or with the cue
  of another check in its stead, the answer is the question for the check. One lost
  call of several makes the whole answer the question, for the answer language knows no
  half calls.
- A refusal or a greeting stays one while its words without the places are near what
  was said; otherwise the desk asks.
"""

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Final

from app.agent.grammar import BARRED
from app.core.model import Check, Intent
from app.tuning.phrases.lexicon import PHRASES, Lexicon, Split
from app.tuning.phrases.sounds import NEAR, distance
from app.tuning.phrases.speech import Part, Spoken

_SHORTEST_PLACE: Final = 2
_SHORTEST_CUE: Final = 2


class HeardPart:
    """A part and what each of its characters was heard as."""

    def __init__(self, part: Part) -> None:
        """Begin with what was said."""
        self.part = part
        self.heard = list(part.text)
        self.place = part.kind == "place"

    @property
    def text(self) -> str:
        """What was heard of all of it."""
        return "".join(self.heard)


class Recovery:
    """Tells what is left of the meaning of speech; one object holds the cues."""

    def __init__(self, lexicon: Lexicon, folder: Path = PHRASES) -> None:
        """Take the expressions of `lexicon` and the cues in `folder`."""
        self._cues_of = read_cues(folder)
        self._cues = [
            (cue, check) for check, cues in self._cues_of.items() for cue in cues
        ]
        self._checks = expressions_of(lexicon)
        self._spans: dict[tuple[str, Check], tuple[tuple[int, int], ...]] = {}

    def label(self, spoken: Spoken, parts: list[HeardPart]) -> Spoken | None:
        """Give the speech with the label that still holds, None to draw again."""
        heard: list[Part] = []
        lost_place = False
        for one in parts:
            text = one.text
            kind = one.part.kind
            if kind == "place" and not BARRED.isdisjoint((text[:1], text[-1:])):
                # No answer can say such a place: 承德 heard as 承的.
                return None
            if kind == "place" and len(text) < _SHORTEST_PLACE:
                lost_place, kind = True, "other"
            if text:
                heard.append(replace(one.part, text=text, kind=kind))
        noisy = replace(spoken, parts=tuple(heard), noisy=True)
        appeared = self._appeared(spoken.text, noisy.text)
        if spoken.intent is Intent.UNCLEAR or not spoken.calls:
            if appeared:
                return None
            if spoken.intent is Intent.UNCLEAR or _holds(parts):
                return noisy
            slots = tuple(part.slot for part in heard if part.kind == "place")
            return _asking(noisy, [(slot, None) for slot in slots] or [(None, None)])
        meant = frozenset(check for _, check in spoken.calls if check)
        if appeared and not meant:
            return None
        told = {
            check
            for one in parts
            if one.part.kind == "check"
            for check in meant & self._checks.get(one.part.text, meant)
            if self._tells(one, check)
        }
        lost_check = bool(meant - told or appeared - meant)
        if not (lost_place or lost_check):
            return noisy
        return _asking(
            noisy,
            [
                (None if lost_place else slot, None if lost_check else check)
                for slot, check in spoken.calls
            ],
        )

    def _appeared(self, said: str, heard: str) -> set[Check]:
        return {check for cue, check in self._cues if cue in heard and cue not in said}

    def _tells(self, one: HeardPart, check: Check) -> bool:
        distances = _distances(one)
        spans = self._where(one.part.text, check)
        if not spans:
            return sum(distances) <= NEAR * _SHORTEST_CUE
        return any(
            sum(distances[start:end]) <= NEAR * (end - start) for start, end in spans
        )

    def _where(self, text: str, check: Check) -> tuple[tuple[int, int], ...]:
        """Say where the cues of a check are in an expression."""
        found = self._spans.get((text, check))
        if found is None:
            found = self._spans[text, check] = tuple(
                (start, start + len(cue))
                for cue in self._cues_of[check]
                for start in range(len(text))
                if text.startswith(cue, start)
            )
        return found


def _holds(parts: list[HeardPart]) -> bool:
    distances = [far for one in parts if not one.place for far in _distances(one)]
    return sum(distances) <= NEAR * len(distances)


def _distances(one: HeardPart) -> list[float]:
    """Give the distance of every character said from what it was heard as."""
    return [
        0.0 if char in heard else distance(char, heard[0]) if heard else 1.0
        for char, heard in zip(one.part.text, one.heard, strict=True)
    ]


def _asking(spoken: Spoken, calls: list[tuple[int | None, Check | None]]) -> Spoken:
    """Turn speech into the question for what it lacks."""
    slot, check = calls[0]
    if slot is None and check is None:
        return replace(spoken, intent=Intent.UNCLEAR, calls=((None, None),))
    intent = Intent.NO_PLACE if slot is None else Intent.NO_CHECK
    return replace(spoken, intent=intent, calls=tuple(dict.fromkeys(calls)))


def read_cues(folder: Path = PHRASES) -> dict[Check, tuple[str, ...]]:
    """Read the words that tell each check."""
    text = (folder / "noise.toml").read_text(encoding="utf-8")
    return {
        Check(name): tuple(cues) for name, cues in tomllib.loads(text)["cues"].items()
    }


def expressions_of(lexicon: Lexicon) -> dict[str, frozenset[Check]]:
    """Say which check every expression asks for, seldom two."""
    found: dict[str, frozenset[Check]] = {}
    for check, kinds in lexicon.checks.items():
        for pool in kinds.values():
            for split in Split:
                for text in pool.own(split):
                    found[text] = found.get(text, frozenset()) | {check}
    return found
