"""Noise like a recogniser's, with the label that is still true.

Errors come as the table of confusions has them: few utterances take most, one draws
the next, and a character is replaced by one of the same or a confusable sound, left
out, doubled or followed by a filler. Words of the trade are also heard as what
`noise.toml` knows of them, and a few characters become any other (the reference's
random mask). One error is one edit, so the character error rate of many sentences is
the one asked for.

The label says what a reader of the words can still know:

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
- What parts a place from its surroundings stays near its sound, and a single character
  between two places stays, or nobody could say where the name ends.
"""

import random
import tomllib
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

from app.core.model import Check, Intent
from app.tuning.lexicon import PHRASES, Lexicon, Split
from app.tuning.mishearing import TABLE, Mishearing, read_confusions
from app.tuning.sounds import NEAR, read_characters, sound_of
from app.tuning.speech import Part, Spoken

DEFAULT_CER: Final = (0.0, 0.2)
"""Between these the error rate is drawn where none is asked for."""

_HIGHEST: Final = 0.6
"""Above this rate an utterance is not speech but noise."""

_MASK: Final = 0.06
"""Share of the replaced characters that become any other: the random mask."""

_KNOWN: Final = 0.5
"""How often an error in a word of the trade takes a form it is known to be heard as."""

_FILLER: Final = 0.4
"""Share of the insertions between words that are fillers."""

_SHORTEST_PLACE: Final = 2
_SHORTEST_CUE: Final = 2


class _Heard:
    """A part and what each of its characters was heard as."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.heard = list(part.text)

    @property
    def text(self) -> str:
        return "".join(self.heard)


class Noise:
    """Makes speech noisy; one object holds the tables."""

    def __init__(
        self, lexicon: Lexicon, rng: random.Random, folder: Path = PHRASES
    ) -> None:
        """Draw with `rng` from the words of `lexicon` and the tables in `folder`."""
        cues = read_cues(folder)
        self._rng = rng
        self._lexicon = lexicon
        self._sounds = Mishearing(read_confusions(folder / TABLE), rng)
        self._common = common_characters()
        self._cues_of = cues
        self._checks = _expressions(lexicon)
        self._spans: dict[tuple[str, Check], tuple[tuple[int, int], ...]] = {}
        self._cues = [(cue, check) for check in cues for cue in cues[check]]
        self._short = tuple(word for word in lexicon.fillers if len(word) == 1)
        self._long = tuple(word for word in lexicon.fillers if len(word) == 2)
        self._known = _by_cost(lexicon.confusions)

    def heard(self, spoken: Spoken, *, cer: float | None = None) -> Spoken:
        """Return the speech as a recogniser might have written it.

        Args:
            spoken: What was said.
            cer: Character errors to expect for each character said, 0 … 0.3 or so,
                over many utterances; drawn for each from `DEFAULT_CER` if not given.
        """
        if cer is None:
            cer = self._rng.uniform(*DEFAULT_CER)
        if cer <= 0:
            return spoken
        while True:
            parts = [_Heard(part) for part in spoken.parts]
            self._spoil(parts, cer)
            noisy = self._relabel(spoken, parts)
            if noisy is not None:
                return noisy

    def homophone(self, char: str) -> str:
        """Return another character of the same sound, if any."""
        return self._sounds.homophone(char)

    def _spoil(self, parts: list[_Heard], cer: float) -> None:
        table, rng = self._sounds.table, self._rng
        places = [
            (one, index)
            for one, part in enumerate(parts)
            for index in range(len(part.heard))
        ]
        kinds = [parts[one].part.kind == "place" for one, _ in places]
        before = [False, *kinds[:-1]]
        after = [*kinds[1:], False]
        open_ = [
            position
            for position, (one, index) in enumerate(places)
            if sound_of(parts[one].heard[index])
            and (kinds[position] or not (before[position] and after[position]))
        ]
        if not open_:
            return
        said = sum(char.isalnum() for part in parts for char in part.part.text)
        weights = [table.places if kinds[position] else 1.0 for position in open_]
        rate = cer * rng.gammavariate(table.spread, 1 / table.spread)
        rate *= said / sum(weights)
        flagged = []
        wrong, last = False, 0.0
        for position, weight in zip(open_, weights, strict=True):
            here = min(rate * weight, _HIGHEST)
            # So that the chance of an error here is `here`, whatever came before.
            start = max(0.0, here - last * table.together) / (1 - last)
            wrong = rng.random() < (table.together if wrong else start)
            last = here
            if wrong:
                flagged.append(position)
        if not flagged:
            return
        marks: list[set[int]] = [set() for _ in parts]
        for position in flagged:
            one, index = places[position]
            marks[one].add(index)
        for part, marked in zip(parts, marks, strict=True):
            if marked and part.part.kind != "place":
                self._take_known(part, marked)
        several = sum(part.part.kind == "place" for part in parts) > 1
        for position in flagged:
            one, index = places[position]
            if index not in marks[one]:
                continue
            part, char = parts[one], parts[one].heard[index]
            if kinds[position]:
                part.heard[index] = self._in_place(part.part.text, index)
                continue
            edge = before[position] or after[position]
            # The next to the name would be its neighbour then: one that was heard well.
            stays = edge and (several or bool({index - 1, index + 1} & marks[one]))
            leaves_out = 0.0 if stays else self._sounds.leaves_out(char)
            roll = rng.random()
            if roll < table.inserted:
                longer = index + 1 in marks[one] and not edge
                extra = self._extra(char, longer=longer)
                if longer and len(extra) > 1:
                    marks[one].discard(index + 1)
                part.heard[index] = extra + char if after[position] else char + extra
            elif roll < table.inserted + leaves_out:
                part.heard[index] = ""
            else:
                part.heard[index] = self._other(char, near=edge)

    def _take_known(self, part: _Heard, marked: set[int]) -> None:
        """Replace words by what they are known to be heard as, edit for edit."""
        text = part.part.text
        for word, by_cost in self._known.items():
            start = text.find(word)
            if start < 0:
                continue
            inside = marked.intersection(range(start, start + len(word)))
            variants = by_cost.get(len(inside))
            if not variants or self._rng.random() >= _KNOWN:
                continue
            heard = self._rng.choice(variants)
            last = start + len(word) - 1
            part.heard[start : last + 1] = [
                *heard[: len(word) - 1],
                heard[len(word) - 1 :],
            ]
            marked -= inside

    def _in_place(self, name: str, index: int) -> str:
        char, table, roll = name[index], self._sounds.table, self._rng.random()
        if roll < table.inserted and len(name) > 1:
            extra = self._sounds.extra(char)
            return char + extra if index + 1 < len(name) else extra + char
        if roll < table.inserted + self._sounds.leaves_out(char):
            return ""
        return self._other(char, near=False)

    def _other(self, char: str, *, near: bool) -> str:
        if not near and self._rng.random() < _MASK:
            while (other := self._rng.choice(self._common)) == char:
                pass
            return other
        return self._sounds.replace(char, near=near)

    def _extra(self, char: str, *, longer: bool) -> str:
        if self._rng.random() < _FILLER:
            return self._rng.choice(self._long if longer else self._short)
        return self._sounds.extra(char)

    def _relabel(self, spoken: Spoken, parts: list[_Heard]) -> Spoken | None:
        """Give the speech with the label that still holds, None to draw again."""
        heard: list[Part] = []
        lost_place = False
        for one in parts:
            text = one.text
            kind = one.part.kind
            if kind == "place" and len(text) < _SHORTEST_PLACE:
                lost_place, kind = True, "other"
            if text:
                heard.append(replace(one.part, text=text, kind=kind))
        noisy = replace(spoken, parts=tuple(heard), noisy=True)
        appeared = self._appeared(spoken.text, noisy.text)
        if spoken.intent is Intent.UNCLEAR or not spoken.calls:
            if appeared:
                return None
            if spoken.intent is Intent.UNCLEAR or self._holds(parts):
                return noisy
            slots = tuple(part.slot for part in heard if part.kind == "place")
            return _asking(noisy, [(slot, None) for slot in slots] or [(None, None)])
        meant = {check for _, check in spoken.calls if check}
        if appeared and not meant:
            return None
        told = {
            check
            for one in parts
            if one.part.kind == "check"
            for check in meant.intersection(self._checks.get(one.part.text, ()))
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

    def _tells(self, one: _Heard, check: Check) -> bool:
        distances = self._distances(one)
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

    def _holds(self, parts: list[_Heard]) -> bool:
        distances = [
            distance
            for one in parts
            if one.part.kind != "place"
            for distance in self._distances(one)
        ]
        return sum(distances) <= NEAR * len(distances)

    def _distances(self, one: _Heard) -> list[float]:
        """Give the distance of every character said from what it was heard as."""
        return [
            0.0
            if char in heard
            else self._sounds.distance(char, heard[0])
            if heard
            else 1.0
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


def _expressions(lexicon: Lexicon) -> dict[str, frozenset[Check]]:
    """Say which check every expression asks for, seldom two."""
    found: dict[str, frozenset[Check]] = {}
    for check, kinds in lexicon.checks.items():
        for pool in kinds.values():
            for split in Split:
                for text in pool.own(split):
                    found[text] = found.get(text, frozenset()) | {check}
    return found


def _by_cost(
    confusions: dict[str, tuple[str, ...]],
) -> dict[str, dict[int, list[str]]]:
    """Sort the known forms of a word by how many edits they are from it."""
    found: dict[str, dict[int, list[str]]] = {}
    for word, forms in confusions.items():
        for form in forms:
            if len(form) < len(word):
                continue
            cost = sum(a != b for a, b in zip(word, form, strict=False))
            cost += len(form) - len(word)
            found.setdefault(word, {}).setdefault(cost, []).append(form)
    return found


@cache
def common_characters() -> str:
    """Return the 3 755 common characters, the first level of GB 2312."""
    return "".join(sorted("".join(read_characters().values()), key=_code))


def _code(char: str) -> bytes:
    return char.encode("gb2312")
