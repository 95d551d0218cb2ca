"""Answer languages made by chance, which the base learns to read and to follow.

An instruction shows two clauses, one for a place (`@`) and one for a check (`&` and
the like), then what to write where one is missing. The product's own language is of
this kind, but its words cannot be drawn together here.
"""

import random
from dataclasses import dataclass
from typing import Any, Final

from app.agent.prompts import split_prompt
from app.core.model import Check, Intent
from app.tuning.phrases.lexicon import Lexicon
from app.tuning.phrases.noise import common_characters
from app.tuning.phrases.speech import Spoken

LONGEST: Final = 64
"""Characters of an instruction; a prefix adapter has 48."""

LABEL_WEIGHTS: Final = (4, 5, 1, 1, 1)

OWN_MARK: Final = "\\*" + split_prompt("").rpartition("\\*")[2]
"""What stands before speech in the product's own prompts."""


@dataclass(frozen=True)
class Form:
    """An answer language, as its instruction shows it."""

    instruction: str
    place: str
    no_place: str
    check: str
    no_check: str
    join: str
    call_join: str
    outside: str
    hello: str
    labels: dict[str, list[str]]

    def answer(self, spoken: Spoken) -> str:
        """Write what was said in this language."""
        if spoken.intent is Intent.UNSUPPORTED:
            return self.outside
        if spoken.intent is Intent.GREETING:
            return self.hello
        clauses = []
        for place, check in spoken.pairs:
            first = self.place.replace("@", place) if place else self.no_place
            second = fill(self.check, check, self.labels) if check else self.no_check
            clauses.append(first + self.join + second)
        return self.call_join.join(clauses)


def fill(clause: str, check: Check, labels: dict[str, list[str]]) -> str:
    """Put the names of a check where their signs stand."""
    for sign, names in labels.items():
        clause = clause.replace(sign, names[list(Check).index(check)])
    return clause


class Forms:
    """Draws answer languages and headers of prompts."""

    def __init__(self, lexicon: Lexicon, rng: random.Random) -> None:
        """Draw from the words of `lexicon.skills`."""
        self._rng = rng
        self._words: dict[str, Any] = lexicon.skills["form"]
        self._common = common_characters()
        self.labels: dict[str, list[str]] = self._words["labels"]

    def draw(self) -> tuple[Form, bool]:
        """Draw a language, and whether it tells what to say outside it."""
        while True:
            form, told = self._draw()
            if len(form.instruction) <= LONGEST:
                return form, told

    def header(self) -> str:
        """Draw what may stand before speech in a prompt; often nothing."""
        if self._rng.random() < 0.25:
            return ""
        # The words may come to the product's own mark by chance, once in thousands.
        while OWN_MARK in (drawn := self._header()):
            pass
        return drawn

    def _header(self) -> str:
        rng, words = self._rng, self._words
        drawn = []
        for _ in range(rng.choice((1, 1, 1, 2, 2, 3))):
            drawn += rng.choices(words["header_words"], k=rng.choice((1, 1, 2, 3)))
            drawn.append(rng.choice(words["header_marks"]))
        return "".join(drawn)

    def _word(self, choices: list[str], *, odd: float = 0.12) -> str:
        """Draw a word, now and then nonsense, so that literals must be read."""
        if self._rng.random() < odd:
            return "".join(self._rng.choices(self._common, k=self._rng.randint(1, 4)))
        return self._rng.choice(choices)

    def _draw(self) -> tuple[Form, bool]:
        rng, words = self._rng, self._words
        negation = self._word(words["negations"])
        nothing = rng.choice(words["nothing"])
        kind = self._word(words["check_words"])
        comma = rng.choice(words["commas"])
        join = rng.choice(words["joins"])
        call_join = rng.choice(words["call_joins"])
        equals = rng.choice(words["equals"])
        signs = rng.choices(list(self.labels), LABEL_WEIGHTS, k=2)
        noun = self._word(words["place_words"])
        demand = self._word(words["demand_words"])
        outside = self._word(words["outside"])
        refusal = self._word(words["refusals"])
        hello = self._word(words["hellos"])
        if rng.random() < 0.4:
            because, therefore = rng.choice(words["connectives"])
            verb = self._word(words["verbs"])
            one, two = (
                self._word(["".join(map(rng.choice, words["parameter"]))])
                for _ in range(2)
            )
            same = rng.choice((equals, equals, rng.choice(words["equals"])))
            first, second = (f"{comma}{therefore}{name}{same}" for name in (one, two))
            place = f"{because}{verb}{noun}{equals}@{first}@"
            no_place = f"{because}{negation}{verb}{noun}{first}{nothing}"
            check = f"{because}{verb}{signs[0]}{demand}{second}{signs[1]}"
            no_check = f"{because}{negation}{verb}{kind}{demand}{second}{nothing}"
            rules = f"|{negation}|{kind}|{nothing}{call_join}"
            no = f"{because}{outside}{comma}{therefore}{refusal}"
            hi = f"{because}{verb}{hello}{comma}{therefore}{refusal}"
            tail = f"|{outside}|{refusal}|{hello}"
        else:
            place, no_place = f"{noun}{equals}@", f"{noun}{equals}{nothing}"
            check, no_check = f"{kind}{equals}{signs[0]}", f"{kind}{equals}{nothing}"
            if rng.random() < 0.3:
                place, no_place, check, no_check = "@", nothing, signs[1], nothing
            rules = f"|{nothing}{call_join}"
            if rng.random() < 0.15:
                hello = "".join(rng.choices(words["self"], k=rng.randint(3, 14)))
            no, hi, tail = outside, hello, f"|{outside}|{hello}"
        told = rng.random() < 0.7
        text = place + join + check + rules + (tail if told else "")
        languages = (place, no_place, check, no_check, join, call_join, no, hi)
        return Form(text, *languages, self.labels), told
