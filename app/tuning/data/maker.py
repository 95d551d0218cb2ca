"""Make the rows of P-tuning: `content` and `summary`, for train, dev and test.

The three files share no place, no phrase and, in summaries, no pair of numbers;
`overlap` proves it on the rows themselves, and `write_data` refuses to write files
that share anything.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final

from app.agent.prompts import (
    GREETING_ANSWER,
    GREETING_SPLIT_ANSWER,
    UNSUPPORTED_ANSWER,
    clean_speech,
    greeting_prompt,
    split_answer,
    split_prompt,
    summary_prompt,
)
from app.core.checks import judge
from app.core.model import Call, Check, Intent, Site, Verdict
from app.core.observation import Observation
from app.system.files import sha256_of, write_json
from app.tuning.data.errors import DataError
from app.tuning.data.expressions import Expressions
from app.tuning.data.heldout import HeldOut
from app.tuning.data.report import CARD, DataReport, Wide, notes_on, report_of
from app.tuning.data.rowfile import read_rows as read_rows
from app.tuning.data.rowset import Overlap as Overlap
from app.tuning.data.rowset import Row as Row
from app.tuning.data.rowset import giving_way, write_splits
from app.tuning.data.rowset import overlap as overlap
from app.tuning.data.sources import Phrase
from app.tuning.phrases.figures import draw_counts, draw_part
from app.tuning.phrases.lexicon import Lexicon, Split, split_of
from app.tuning.phrases.noise import Noise
from app.tuning.phrases.speech import Speaker, Spoken

HELLO: Final = "hello"
"""The kind of a row of the step 问候; the others are intents and checks."""

SHARES: Final[dict[str, int]] = {
    Intent.INSPECT.value: 42,
    Intent.NO_PLACE.value: 8,
    Intent.NO_CHECK.value: 10,
    Intent.UNSUPPORTED.value: 16,
    Intent.UNCLEAR.value: 6,
    Intent.GREETING.value: 5,
    HELLO: 2,
    Check.HEADCOUNT.value: 6,
    Check.HELMET.value: 3,
    Check.EQUIPMENT.value: 2,
}
"""How many rows in a hundred are of each kind."""


BRIEF: Final = frozenset({Intent.INSPECT, Intent.NO_PLACE, Intent.NO_CHECK})
"""Intents that are often said in a few words."""


VERDICTS: Final[dict[Check, tuple[Verdict, ...]]] = {
    Check.HEADCOUNT: (
        Verdict.ALL_PRESENT,
        Verdict.SOME_ABSENT,
        Verdict.TOO_MANY,
        Verdict.NO_ORDER_BUT_PEOPLE,
        Verdict.NO_ORDER_NOBODY,
    ),
    Check.HELMET: (
        Verdict.NOBODY_AT_WORK,
        Verdict.ALL_HELMETED,
        Verdict.SOME_BAREHEADED,
    ),
    Check.EQUIPMENT: (
        Verdict.NOBODY_AT_WORK,
        Verdict.ALL_EQUIPPED,
        Verdict.SOME_UNEQUIPPED,
    ),
}
"""The rows of the verdict table that the desk has put into words by the model."""


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """How much data is made, from what, and where."""

    out: Path
    train: int = 60_000
    dev: int = 1_000
    test: int = 4_000
    noise: float = 0.35
    """Share of the rows with a recogniser's noise."""
    seed: int = 20240531
    places: tuple[str, ...] = ()
    """Names of the desk's own places, for training."""
    place_share: float = 0.3
    """Share of the spoken training rows that are about them."""
    phrases: tuple[Phrase, ...] = ()
    """A user's phrases, and what operators corrected."""
    repeat: int = 6
    """Rows that are made of each of them."""
    confusions: Path | None = None
    """How the desk's recogniser errs, in training and dev; None for the shipped table.
    The test is spoilt by the shipped one, so that its figures compare."""


class Maker:
    """Draws rows of one split."""

    def __init__(
        self,
        lexicon: Lexicon,
        split: Split,
        *,
        seed: int,
        places: Sequence[str] = (),
        place_share: float = 0.0,
        confusions: Path | None = None,
    ) -> None:
        """Seed the draw; equal seeds give equal rows.

        Args:
            lexicon: What is said, and where.
            split: Which part of it.
            seed: Of all draws.
            places: The desk's own, which `place_share` of the rows are about.
            place_share: 0 … 1.
            confusions: How the desk's recogniser errs; None for the shipped table.

        Raises:
            TableError: The table of confusions cannot be read.
        """
        self._split = split
        self._rng = random.Random(f"{seed}/{split}")
        self._speaker = Speaker(lexicon, self._rng, split)
        self._noise = Noise(lexicon, self._rng, table=confusions)
        self._lexicon = lexicon
        # Draws of their own: what else is said does not depend on them.
        self._desk_rng = random.Random(f"{seed}/{split}/places")
        self._places = tuple(places)
        self._place_share = place_share if places else 0.0
        self._spans = frozenset(lexicon.spans.own(split))

    @cached_property
    def _held(self) -> HeldOut:
        return HeldOut(self._lexicon)

    @cached_property
    def _expressions(self) -> Expressions:
        return Expressions(self._lexicon)

    def rows(self, count: int, *, noise: float) -> list[Row]:
        """Draw `count` rows in the proportions of `SHARES`; more keep the first."""
        kinds, weights = list(SHARES), list(SHARES.values())
        made = []
        for _ in range(count):
            kind = self._rng.choices(kinds, weights)[0]
            made.append(self.row(kind, noisy=self._rng.random() < noise))
        return made

    def row(self, kind: str, *, noisy: bool = False, cer: float | None = None) -> Row:
        """Draw one row of a kind.

        Args:
            kind: One of `SHARES`.
            noisy: Whether it is heard with errors.
            cer: Character errors to expect for each character said; drawn if None.
        """
        if kind in {check.value for check in Check}:
            return self._summary(Check(kind))
        intent = Intent.GREETING if kind == HELLO else Intent(kind)
        while True:
            spoken = self._at_desk(self._say(intent))
            heard = self._noise.heard(spoken, cer=cer) if noisy else spoken
            # Half of what is drawn with noise is heard without an error all the same.
            errors = heard.text != spoken.text
            row = _spoken_row(spoken, heard, kind, noisy=errors)
            if row is not None:
                return row

    def said(self, phrase: Phrase, count: int, *, noise: float) -> list[Row]:
        """Make up to `count` different rows of a phrase that somebody brought.

        The first has the places that were written, if they belong to this split; the
        others have any of this split, so that the phrase is learnt and not the place.
        """
        made: dict[str, Row] = {}
        for turn in range(count):
            places = [self._place(name, turn) for name in phrase.places]
            names, stems = zip(*places, strict=True) if places else ((), ())
            spoken = heard = phrase.spoken(names, stems)
            noisy = turn > 0 and not phrase.heard and self._rng.random() < noise
            marked = self._expressions.marked(spoken) if noisy else None
            if marked is not None:
                heard = self._noise.heard(marked)
            errors = phrase.heard or heard.text != spoken.text
            row = _spoken_row(spoken, heard, phrase.intent.value, noisy=errors)
            if row is not None:
                made.setdefault(row.content, replace(row, source=phrase.source))
        return list(made.values())

    def _place(self, written: str, turn: int) -> tuple[str, str]:
        if written and turn == 0 and self._held.place(written) is self._split:
            return written, self._held.stem(written)
        return self._speaker.place()

    def _at_desk(self, spoken: Spoken) -> Spoken:
        """Say it about places of the desk, now and then."""
        slots = {p.slot: p.text for p in spoken.parts if p.kind == "place"}
        if not slots or self._desk_rng.random() >= self._place_share:
            return spoken
        if any(text in self._spans for text in slots.values()):
            return spoken
        if len(slots) > len(self._places):
            return spoken
        # Nobody says one site twice: 「济南和济南的人数」.
        drawn = self._desk_rng.sample(self._places, k=len(slots))
        names = dict(zip(slots, drawn, strict=True))
        parts = tuple(
            replace(part, text=names[part.slot]) if part.kind == "place" else part
            for part in spoken.parts
        )
        stems = tuple(self._held.stem(name) for name in drawn)
        return replace(spoken, parts=parts, stems=stems)

    def _say(self, intent: Intent) -> Spoken:
        # People are brief: without this, short speech would mostly be refused.
        brief = intent in BRIEF and self._rng.random() < 0.4
        drawn = [self._speaker.say(intent) for _ in range(4 if brief else 1)]
        return min(drawn, key=lambda spoken: len(spoken.text))

    def _summary(self, check: Check) -> Row:
        """Draw a row of the step 总结, whose answer is the rule's sentence.

        Every verdict comes up: some of them only rarely by chance. Missing data has no
        row, because the desk never asks the model about it: the rule says it alone.
        """
        rng = self._rng
        call = Call(site=Site(id="", name=""), check=check)
        wanted = rng.choice(VERDICTS[check]) if rng.random() < 0.25 else None
        while True:
            expected, actual = draw_counts(rng)
            part = None
            if check is not Check.HEADCOUNT:
                actual, lacking = draw_part(rng)
                part = actual - lacking if check is Check.EQUIPMENT else lacking
                # The desk needs no work order here; without one it fills in who is
                # there, see `app.agent.summary`.
                expected = actual if rng.random() < 0.5 else expected
            seen = Observation(
                expected=expected, actual=actual, wearing=part, carrying=part
            )
            judged = judge(call, seen)
            if wanted not in (None, judged.verdict):
                continue
            # What is copied decides, not a number that the answer never says.
            told = part if actual and part is not None else None
            numbers = f"{check}:{expected}/{actual}"
            if told is not None:
                numbers = f"{check}:{actual}/{told}"
            # There is one empty site without an order: no split could hold it alone.
            if actual == expected == 0:
                numbers = f"{self._split}:{numbers}"
            elif split_of(numbers) is not self._split:
                continue
            prompt = summary_prompt(
                check, expected=expected, actual=actual, wearing=part, carrying=part
            )
            return Row(prompt, judged.sentence, check.value, numbers)


def _spoken_row(spoken: Spoken, heard: Spoken, kind: str, *, noisy: bool) -> Row | None:
    """Make a row of speech; None where its label would be a guess."""
    if kind == HELLO:
        # The desk greets only who still sounds like greeting.
        if heard.intent is not Intent.GREETING:
            return None
        prompt, answer = greeting_prompt(heard.text), GREETING_ANSWER
    else:
        prompt, answer = split_prompt(heard.text), answer_to(heard)
    # Cleaning must leave the places readable.
    places = [place for place, _ in heard.pairs if place]
    if not all(place in clean_speech(heard.text) for place in places):
        return None
    names = tuple(part.text for part in spoken.parts if part.kind == "place")
    return Row(prompt, answer, kind, spoken.phrase, spoken.stems, noisy, names)


def answer_to(spoken: Spoken) -> str:
    """Return the answer of the split step to something said."""
    match spoken.intent:
        case Intent.UNSUPPORTED:
            return UNSUPPORTED_ANSWER
        case Intent.GREETING:
            return GREETING_SPLIT_ANSWER
        case _:
            pairs = [(clean_speech(p) if p else None, c) for p, c in spoken.pairs]
            return split_answer(pairs)


def make_data(config: DataConfig) -> dict[Split, list[Row]]:
    """Draw the rows of all splits, and add what the user brought to its splits."""
    lexicon = Lexicon()
    held = HeldOut(lexicon)
    desk = [name for name in config.places if held.place(name) is Split.TRAIN]
    counts = {
        Split.TRAIN: config.train,
        Split.DEV: config.dev,
        Split.TEST: config.test,
    }
    makers = {
        split: Maker(
            lexicon,
            split,
            seed=config.seed,
            places=desk if split is Split.TRAIN else (),
            place_share=config.place_share,
            confusions=None if split is Split.TEST else config.confusions,
        )
        for split in counts
    }
    made = {
        split: makers[split].rows(count, noise=config.noise)
        for split, count in counts.items()
    }
    for phrase in config.phrases:
        split = held.phrase(phrase.key)
        rows = makers[split].said(phrase, config.repeat, noise=config.noise)
        made[split] += rows
    made[Split.DEV] = giving_way(made[Split.DEV], made[Split.TEST])
    made[Split.TRAIN] = giving_way(
        made[Split.TRAIN], made[Split.DEV] + made[Split.TEST]
    )
    return made


def write_data(config: DataConfig) -> DataReport:
    """Write train.json, dev.json, test.json and what the rows are, beside them.

    Raises:
        TableError: The table of confusions cannot be read.
        DataError: Two splits share a place, a phrase or a prompt, or the files cannot
            be written.
    """
    made = make_data(config)
    shared = {
        f"{one}/{two}": overlap(made[one], made[two])
        for one, two in (
            (Split.TRAIN, Split.DEV),
            (Split.TRAIN, Split.TEST),
            (Split.DEV, Split.TEST),
        )
    }
    for name, found in shared.items():
        if found:
            raise DataError(
                f"{name} 两份数据有重叠: {found}",
                "没有写出文件; 请把这段话报告给开发者。",
            )
    for split, rows in made.items():
        if not rows:
            raise DataError(f"{split} 没有一行数据", "请增加行数后重试。")
    try:
        return _write_files(config, made, list(shared))
    except OSError as error:
        raise DataError(
            f"无法写入 {config.out} ({error.strerror or error})",
            "请检查磁盘空间和文件夹权限后重试。",
        ) from error


def _write_files(
    config: DataConfig, made: Mapping[Split, list[Row]], pairs: Iterable[str]
) -> DataReport:
    digest = write_splits(config.out, made)
    lexicon = Lexicon()
    notes = notes_on(
        HeldOut(lexicon),
        [phrase.key for phrase in config.phrases],
        [name for phrase in config.phrases for name in phrase.places if name],
        config.places,
    )
    report = report_of(made, Wide(lexicon), notes, pairs, sha256=digest)
    settings = {
        "seed": config.seed,
        "noise": config.noise,
        "place_share": config.place_share,
        "repeat": config.repeat,
        "confusions_sha256": sha256_of(config.confusions) if config.confusions else "",
    }
    write_json(config.out / CARD, {**settings, **report.as_json()}, sort=True)
    return report
