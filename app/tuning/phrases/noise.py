"""Noise like a recogniser's, with the label that is still true.

Errors come as the table of confusions has them: few utterances take most, one draws
the next, and a character is replaced by one of the same or a confusable sound, left
out, doubled or followed by a filler. Words of the trade are also heard as what
`noise.toml` knows of them, and a few characters become any other (the reference's
random mask). One error is one edit, so the character error rate of many sentences is
the one asked for.

The label of what was heard is the one that is still true, see `recovery`. For that,
the two characters on either side of a place are heard as nothing but a near sound,
and a single character between two places stays, or nobody could say where the name
ends.
"""

import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from app.tuning.phrases.lexicon import PHRASES, Lexicon
from app.tuning.phrases.mishearing import TABLE, Mishearing, read_confusions
from app.tuning.phrases.recovery import HeardPart, Recovery
from app.tuning.phrases.sounds import read_characters, sound_of
from app.tuning.phrases.speech import Spoken

DEFAULT_CER: Final = (0.0, 0.2)
"""Between these the error rate is drawn where none is asked for."""

_MASK: Final = 0.06
"""Share of the replaced characters that become any other: the random mask."""

_KNOWN: Final = 0.5
"""How often an error in a word of the trade takes a form it is known to be heard as."""

_FILLER: Final = 0.4
"""Share of the insertions between words that are fillers."""

_BESIDE: Final = 2
"""Characters on either side of a place that stay near their sound."""


@dataclass(slots=True)
class _Spot:
    """A character that may be misheard."""

    inside: HeardPart
    index: int
    before: bool
    """Whether a place ends before it, and it is of none."""
    after: bool
    """Whether a place begins after it, and it is of none."""
    edge: bool
    """Whether it is one of the `_BESIDE` characters beside a place."""

    @property
    def said(self) -> str:
        return self.inside.part.text[self.index]

    def precedes(self, other: "_Spot") -> bool:
        return self.inside is other.inside and self.index + 1 == other.index


class Noise:
    """Makes speech noisy; one object holds the tables."""

    def __init__(
        self,
        lexicon: Lexicon,
        rng: random.Random,
        folder: Path = PHRASES,
        *,
        table: Path | None = None,
    ) -> None:
        """Draw with `rng` from the words of `lexicon` and the tables in `folder`.

        Args:
            lexicon: Fillers, and what words of the trade are heard as.
            rng: Decides.
            folder: Where cues and, if `table` is None, confusions are.
            table: Confusions of another recogniser, or of other voices.

        Raises:
            TableError: The table of confusions cannot be read.
        """
        self._rng = rng
        self._sounds = Mishearing(read_confusions(table or folder / TABLE), rng)
        self._common = common_characters()
        self._recovery = Recovery(lexicon, folder)
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
            parts = [HeardPart(part) for part in spoken.parts]
            self._spoil(parts, cer)
            noisy = self._recovery.label(spoken, parts)
            if noisy is not None:
                return noisy

    def homophone(self, char: str) -> str:
        """Return another character of the same sound, if any."""
        return self._sounds.homophone(char)

    def _spoil(self, parts: list[HeardPart], cer: float) -> None:
        wrong = self._draw_errors(parts, cer)
        if not wrong:
            return
        wrong = self._take_known(wrong)
        several = sum(part.place for part in parts) > 1
        kinds = [self._kind(wrong, number, several) for number in range(len(wrong))]
        done = -1
        for number, (spot, kind) in enumerate(zip(wrong, kinds, strict=True)):
            if number <= done:
                continue
            following = wrong[number + 1] if number + 1 < len(wrong) else None
            beside = following is not None and spot.precedes(following)
            heard, index = spot.inside.heard, spot.index
            if kind == "in":
                extra = self._extra(spot, longer=beside)
                heard[index] = (
                    extra + spot.said if self._goes_before(spot) else spot.said + extra
                )
                done = number + len(extra) - 1
            elif kind == "out":
                heard[index] = ""
            elif following and beside and kinds[number + 1] == "other":
                near = (spot.edge, following.edge)
                heard[index : index + 2] = self._sounds.replace_two(
                    spot.said + following.said, near=near
                )
                done = number + 1
            else:
                heard[index] = self._other(spot, last=not beside)

    def _draw_errors(self, parts: list[HeardPart], cer: float) -> list[_Spot]:
        table, rng = self._sounds.table, self._rng
        owners = [part for part in parts for _ in part.heard]
        spots: list[_Spot] = []
        said = position = 0
        for part in parts:
            for index, char in enumerate(part.heard):
                free = not part.place
                before = free and position > 0 and owners[position - 1].place
                position += 1
                after = free and position < len(owners) and owners[position].place
                around = owners[max(0, position - 1 - _BESIDE) : position + _BESIDE]
                edge = free and any(one.place for one in around)
                said += char.isalnum()
                # What alone parts two places must stay.
                if sound_of(char) and not (before and after):
                    spots.append(_Spot(part, index, before, after, edge))
        if not spots:
            return []
        rate = cer * rng.gammavariate(table.spread, 1 / table.spread)
        chances = table.chances(
            rate * said / len(spots), [spot.inside.place for spot in spots]
        )
        found, wrong = [], False
        for spot, (begins, goes_on) in zip(spots, chances, strict=True):
            wrong = rng.random() < (goes_on if wrong else begins)
            if wrong:
                found.append(spot)
        return found

    def _kind(self, wrong: list[_Spot], number: int, several: bool) -> str:
        """Draw whether something is put in, left out, or another is heard."""
        spot, roll = wrong[number], self._rng.random()
        if roll < self._sounds.table.inserted:
            return "in"
        # Beside a name stays something that was heard well, or nobody could say where
        # the name ends.
        stays = spot.edge and (
            several
            or (number > 0 and wrong[number - 1].precedes(spot))
            or (number + 1 < len(wrong) and spot.precedes(wrong[number + 1]))
        )
        left_out = 0.0 if stays else self._sounds.leaves_out(spot.said)
        return "out" if roll < self._sounds.table.inserted + left_out else "other"

    def _take_known(self, wrong: list[_Spot]) -> list[_Spot]:
        """Replace words by what they are known to be heard as, edit for edit.

        Returns:
            The errors that are left.
        """
        for part in {id(spot.inside): spot.inside for spot in wrong}.values():
            if part.place:
                continue
            for word, by_cost in self._known.items():
                start = part.part.text.find(word)
                if start < 0:
                    continue
                end = start + len(word)
                inside = [
                    spot
                    for spot in wrong
                    if spot.inside is part and start <= spot.index < end
                ]
                forms = by_cost.get(len(inside))
                if forms and self._rng.random() < _KNOWN:
                    form, last = self._rng.choice(forms), len(word) - 1
                    part.heard[start:end] = [*form[:last], form[last:]]
                    wrong = [spot for spot in wrong if spot not in inside]
        return wrong

    def _goes_before(self, spot: _Spot) -> bool:
        """Whether what is put in stands before: never between a name and the rest."""
        if spot.inside.place:
            return spot.index == len(spot.inside.heard) - 1
        return spot.after

    def _extra(self, spot: _Spot, *, longer: bool) -> str:
        if not spot.inside.place and self._rng.random() < _FILLER:
            longer = longer and not spot.edge
            return self._rng.choice(self._long if longer else self._short)
        return self._sounds.extra(spot.said)

    def _other(self, spot: _Spot, *, last: bool) -> str:
        """Hear another character; the next is heard already if this is the `last`."""
        if not spot.edge and self._rng.random() < _MASK:
            while (other := self._rng.choice(self._common)) == spot.said:
                pass
            return other
        heard, index = spot.inside.heard, spot.index
        return self._sounds.replace(
            spot.said,
            near=spot.edge,
            left=heard[index - 1][-1:] if index else "",
            right=heard[index + 1][:1] if last and index + 1 < len(heard) else "",
        )


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
