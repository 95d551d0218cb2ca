"""Invented desks: the three steps of the work, said in other words.

Each dialect has its own prompts and its own answers for greeting, splitting and
summing up. Learning several of them teaches the base what the steps decide – whether
there is a place, a check, neither, or nothing to do at all – so that an adapter needs
to teach the product's wording only.
"""

import random
import re
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

from app.core.model import Check, Intent
from app.tuning.base.tagging import Tags, tags_of
from app.tuning.base.variety import VariedSpeaker
from app.tuning.phrases.figures import Rows, draw_counts, draw_part, headcount_case
from app.tuning.phrases.lexicon import Lexicon, Split
from app.tuning.phrases.noise import Noise
from app.tuning.phrases.speech import Part, Speaker, Spoken

INSTRUCTION_LENGTH: Final = 48
"""As long as a prefix has virtual tokens."""

NOISY: Final = 0.55
"""Share of what is said that is heard with noise."""

_ODD: Final = 0.5
"""Share of what is said in training that holds a word of no meaning to the desk."""

_INSTEAD: Final = 0.4
"""How often it stands instead of a verb of looking, where there is one."""

_CONTRARY: Final = re.compile(
    "[不没别勿莫免禁阻拒谢绝撤停删废弃昨曾]|除|以[前往外]|[从当过][前年去]|解雇|明[天年日]|[上下][周月]"
)
"""Words that would turn a request into none."""

_FILLER: Final = 0.2
"""How often a word more is one that people fill pauses with."""

_BESIDE: Final = 0.6
"""How often it stands beside a place; else it begins or ends what is said."""

_WORD: Final = 2
"""Characters of the shortest word."""

_OPEN: Final = frozenset({Intent.INSPECT, Intent.NO_PLACE, Intent.UNSUPPORTED})
"""Intents that a word more does not change."""

_KINDS: Final = (
    (Intent.INSPECT, 34),
    (Intent.NO_PLACE, 8),
    (Intent.NO_CHECK, 13),
    (Intent.UNSUPPORTED, 20),
    (Intent.GREETING, 6),
    (Intent.UNCLEAR, 8),
    ("hello", 2),
    (Check.HEADCOUNT, 5),
    (Check.HELMET, 2),
    (Check.EQUIPMENT, 2),
)


class Dialects:
    """Draws rows of one invented desk after another."""

    def __init__(
        self,
        lexicon: Lexicon,
        rng: random.Random,
        *,
        split: Split = Split.TRAIN,
        variety: float = 1.0,
    ) -> None:
        """Draw from `lexicon.dialects`, phrases and places from one split.

        `variety` is as in `VariedSpeaker`, for training.
        """
        self._rng = rng
        self._dialects: list[dict[str, Any]] = lexicon.dialects
        self._speaker = (
            VariedSpeaker(lexicon, rng, variety=variety)
            if split is Split.TRAIN
            else Speaker(lexicon, rng, split)
        )
        self._noise = Noise(lexicon, rng)
        # What is done to things, or asked not to be done, is out of scope; such words
        # would change the answer.
        pools = (
            *lexicon.operations.values(),
            *lexicon.lookalikes.values(),
            *lexicon.others.values(),
        )
        texts = {text for pool in pools for text in pool.items}
        sizes = {len(word) for word in lexicon.words}
        meant = {
            text[start : start + size]
            for text in texts
            for size in sizes
            for start in range(len(text) - size + 1)
        }
        self._words = [word for word in lexicon.words if word not in meant]
        # What could stand for a verb: no "must not", nothing of yesterday.
        self._verbal = [word for word in self._words if not _CONTRARY.search(word)]
        self._verbs = {
            text
            for pool in (lexicon.verbs, lexicon.short_verbs)
            for text in pool.own(Split.TRAIN)
            if len(text) >= _WORD
        }
        self._fillers = lexicon.fillers
        self._odd = _ODD * variety if split is Split.TRAIN else 0.0

    def rows(self, count: int) -> tuple[str, Rows, tuple[Tags, ...]]:
        """Draw rows of one desk under its instruction, with tags of what is said."""
        rng = self._rng
        desk = rng.choice(self._dialects)
        kinds, weights = zip(*_KINDS, strict=True)
        made: list[tuple[str, str]] = []
        tags: list[Tags] = []
        for kind in rng.choices(kinds, weights, k=count):
            if isinstance(kind, Check):
                made.append(self._summary(desk, kind))
                tags.append(())
                continue
            if isinstance(kind, Intent):
                spoken = self._heard(kind)
                made.append((desk["split"] + spoken.text, split_in(desk, spoken)))
            else:
                spoken = self._heard(Intent.GREETING)
                made.append((desk["hello"] + spoken.text, desk["introduction"]))
            tags.append(tags_of(spoken))
        return instruction_of(desk), tuple(made), tuple(tags)

    def header(self) -> str:
        """Draw what a desk writes before a command."""
        return str(self._rng.choice(self._dialects)["split"])

    def among_words(self, spoken: Spoken) -> Spoken:
        """Put, now and then, a word into what is said in training, or for its verb.

        What operators say besides is never listed in full, and changes nothing. A
        dictionary's word beside a name is no part of it: 「下达济南抢修工地…」.
        """
        rng = self._rng
        if rng.random() >= self._odd:
            return spoken
        parts = spoken.parts
        if spoken.intent is Intent.INSPECT and rng.random() < _INSTEAD:
            free = [
                at
                for at, part in enumerate(parts)
                if part.kind == "other" and part.text in self._verbs
            ]
            if free:
                at = rng.choice(free)
                other = Part(rng.choice(self._verbal))
                return replace(spoken, parts=(*parts[:at], other, *parts[at + 1 :]))
        # 「苹果济南怎么样」 asks what no check knows; a filler asks nothing.
        plain = spoken.intent not in _OPEN or rng.random() < _FILLER
        word = rng.choice(self._fillers if plain else self._words)
        kinds = ("", *(part.kind for part in parts), "")
        # Not between two places: there it would be what parts them.
        beside = [
            at
            for at, around in enumerate(pairwise(kinds))
            if around.count("place") == 1
        ]
        edges = [0, len(parts)]
        at = rng.choice(beside if beside and rng.random() < _BESIDE else edges)
        return replace(spoken, parts=(*parts[:at], Part(word), *parts[at:]))

    def _heard(self, intent: Intent) -> Spoken:
        spoken = self.among_words(self._speaker.say(intent))
        return self._noise.heard(spoken) if self._rng.random() < NOISY else spoken

    def _summary(self, desk: dict[str, Any], check: Check) -> tuple[str, str]:
        planned, present = draw_counts(self._rng)
        part = 0
        if check is not Check.HEADCOUNT:
            present, part = draw_part(self._rng)
        return sum_up_in(desk, check, planned=planned, present=present, part=part)


def instruction_of(desk: dict[str, Any]) -> str:
    """Return the text that stands where an adapter's virtual tokens will stand."""
    clauses = (desk[name] for name in ("place", "check", "no_place", "outside"))
    return "|".join(clauses)[:INSTRUCTION_LENGTH]


def split_in(desk: dict[str, Any], spoken: Spoken) -> str:
    """Answer the split step in a desk's words."""
    if spoken.intent is Intent.UNSUPPORTED:
        return str(desk["outside"])
    if spoken.intent is Intent.GREETING:
        return str(desk["greeted"])
    clauses = []
    for place, check in spoken.pairs:
        first = desk["place"].format(p=place) if place else desk["no_place"]
        second = desk["no_check"]
        if check:
            index = list(Check).index(check)
            words = {"d": desk["demands"][index], "l": desk["labels"][index]}
            second = desk["check"].format(**words)
        clauses.append(first + desk["join"] + second)
    return str(desk["call_join"].join(clauses))


def sum_up_in(
    desk: dict[str, Any], check: Check, *, planned: int, present: int, part: int
) -> tuple[str, str]:
    """Return prompt and answer of the summing-up step in a desk's words."""
    words = {
        "n": planned,
        "m": present,
        "k": part,
        "l": desk["labels"][list(Check).index(check)],
    }
    if check is Check.HEADCOUNT:
        detail, head = "", desk["counts"]
        cases = ("equal", "less", "more", "no_plan", "nobody")
        verdict = desk[cases[headcount_case(planned, present)]]
    else:
        helmets = check is Check.HELMET
        detail = desk["helmet_detail" if helmets else "equipment_detail"]
        head = desk["people"]
        if helmets:
            verdict = desk["all_helmets" if part == present else "some_helmets"]
        else:
            verdict = desk["some_equipped" if part else "all_equipped"]
        if not present:
            head, verdict = desk["empty"], ""
    prompt = desk["total"].format(**words, detail=detail.format(**words))
    return prompt, (head + verdict).format(**words)
