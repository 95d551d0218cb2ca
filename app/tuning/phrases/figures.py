"""The base's skills with numbers: copying, comparing, choosing what to say.

None of it is written in the product's summary prompt; the wording of verdicts appears
under other headings, as it would in any text of the trade.
"""

import random
from collections.abc import Callable
from typing import Any

from app.tuning.phrases.lexicon import Lexicon
from app.tuning.phrases.noise import common_characters

Rows = tuple[tuple[str, str], ...]


def draw_counts(rng: random.Random) -> tuple[int, int]:
    """Draw how many should be there and how many are, close ones often."""
    roll = rng.random()
    planned = rng.randint(1, 99) if rng.random() < 0.8 else rng.randint(1, 20)
    if roll < 0.3:
        return planned, planned
    if roll < 0.55:
        return planned, max(0, min(99, planned + rng.choice((-3, -2, -1, 1, 2, 3))))
    if roll < 0.65:
        return 0, rng.randint(1, 99)
    if roll < 0.7:
        return 0, 0
    return planned, rng.randint(0, 99)


def draw_part(rng: random.Random) -> tuple[int, int]:
    """Draw a number of people and a part of them."""
    roll = rng.random()
    people = rng.randint(1, 99) if rng.random() < 0.8 else rng.randint(1, 20)
    if roll < 0.12:
        return 0, 0
    if roll < 0.4:
        return people, people
    if roll < 0.5:
        return people, 0
    if roll < 0.65:
        return people, max(0, people - rng.randint(1, 3))
    return people, rng.randint(0, people)


def headcount_case(planned: int, present: int) -> int:
    """Return the row of the verdict table: equal, less, more, no plan, nobody."""
    if planned == 0:
        return 3 if present else 4
    if planned == present:
        return 0
    return 1 if present < planned else 2


class Figures:
    """Draws rows with numbers."""

    def __init__(self, lexicon: Lexicon, rng: random.Random) -> None:
        """Draw from the words of `lexicon.skills`."""
        self._rng = rng
        self._words: dict[str, Any] = lexicon.skills["figures"]
        self._common = common_characters()

    def compare(self, rows: int, header: Callable[[], str]) -> tuple[str, Rows]:
        """Rows that follow an instruction saying what to write in which case."""
        rng = self._rng
        words = self._words
        one, two = self._word("planned"), self._word("present")
        unit = rng.choice(words["units"])
        comma = rng.choice((", ", ",", " ", ";"))
        heading = words["tags"]
        tag = rng.choice(("", "", f"[{self._pick(heading)}] "))
        made: list[tuple[str, str]] = []
        if rng.random() < 0.6:
            kinds = ("equal", "less", "more", "no_plan", "nobody")
            cases = tuple(map(self._word, kinds))
            form = f"{tag}{one}@{unit}{comma}{two}&{unit}{comma}"
            for _ in range(rows):
                planned, present = draw_counts(rng)
                counts = (
                    (self._word("planned"), planned),
                    (self._word("present"), present),
                )
                shown = self._shown(*counts)
                answer = form.replace("@", str(planned)).replace("&", str(present))
                answer += cases[headcount_case(planned, present)]
                made.append((header() + shown, answer))
            return form + "|".join(("", *cases)), tuple(made)
        every, some, nobody = map(self._word, ("all", "some", "empty"))
        form = f"{tag}{two}@{unit}{comma}"
        lacking = rng.random() < 0.5
        sign = words["lacking"][0 if lacking else 1]
        for _ in range(rows):
            people, part = draw_part(rng)
            shown = self._part_shown(people, part, name=self._word("some"))
            full = part == 0 if lacking else part == people
            answer = form.replace("@", str(people))
            answer += every if full else f"{part}{some}"
            made.append((header() + shown, answer if people else tag + nobody))
        return f"{form}|{every}|&{some}|{nobody}|{sign}", tuple(made)

    def verdicts(self, rows: int) -> Rows:
        """Rows under a heading or with a kind at the end, worded as in the trade."""
        rng, words = self._rng, self._words
        made: list[tuple[str, str]] = []
        for _ in range(rows):
            case = rng.randrange(4)
            kind = words["detail_kinds"][case]
            heading = rng.random() < 0.5
            tail = "" if heading else kind
            if case < 2:
                planned, present = draw_counts(rng)
                counts = (
                    (rng.choice(words["planned"]), planned),
                    (rng.choice(words["present"]), present),
                )
                shown = self._shown(*counts, kind=tail)
                answer = words["headcount_verdicts"][headcount_case(planned, present)]
                if case == 1:
                    answer = f"{planned}/{present} {answer}"
            else:
                people, part = draw_part(rng)
                name = rng.choice(words["some"])
                shown = self._part_shown(people, part, name=name, kind=tail)
                answer = self._part_verdict(people, part, helmets=case == 2)
                if people and rng.random() < 0.5:
                    answer = f"{people} {answer}"
                    shown += "+"
            made.append(
                (f"{kind if heading else words['detail_heading']}:{shown}", answer)
            )
        return tuple(made)

    def _part_verdict(self, people: int, part: int, *, helmets: bool) -> str:
        words = self._words
        if not people:
            verdict: str = words["nobody_at_work"]
        elif helmets:
            verdict = words["all_helmets" if part == people else "some_helmets"]
        else:
            verdict = words["some_equipped" if part else "all_equipped"]
        return verdict.format(part=part)

    def _word(self, kind: str) -> str:
        return self._pick(self._words[kind])

    def _pick(self, choices: list[str]) -> str:
        """Draw a word, now and then nonsense, so that literals must be read."""
        if self._rng.random() < 0.15:
            return "".join(self._rng.choices(self._common, k=self._rng.randint(1, 6)))
        return self._rng.choice(choices)

    def _shown(self, *counts: tuple[str, int], kind: str = "") -> str:
        """Write counts in some arrangement, fields around them, a kind at last."""
        rng, words = self._rng, self._words
        unit = rng.choice(words["units"])
        mark = rng.choice((",", " ", ";", "|", "#", ", ", "\\*", "/"))
        fields = [""] * len(counts)
        if rng.random() < 0.6:
            to = rng.choice("#:= ")
            fields = [rng.choice(words["fields"]) + to for _ in counts]
        style = rng.randrange(3)
        if style == 0:
            shown = [f"{name}{count}{unit}" for name, count in counts]
        elif style == 1:
            shown = [f"{count}{unit}{name}" for name, count in counts]
        else:
            shown = [f"{name}#{count}{unit}" for name, count in counts]
        text = mark.join(map("".join, zip(fields, shown, strict=True)))
        return text + (f"{mark}{rng.choice(words['fields'])}#{kind}" if kind else "")

    def _part_shown(self, people: int, part: int, *, name: str, kind: str = "") -> str:
        """Write a whole and a part, half the time with a plan that does not matter."""
        rng, words = self._rng, self._words
        counts = [(rng.choice(words["present"]), people), (name, part)]
        if rng.random() < 0.5:
            planned = rng.choice(words["planned"])
            counts.insert(0, (planned, draw_counts(rng)[0]))
        return self._shown(*counts, kind=kind)
