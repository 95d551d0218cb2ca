"""Make the rows of P-tuning: `content` and `summary`, for train, dev and test.

The three files share no place, no phrase and, in summaries, no pair of numbers;
`overlap` proves it on the rows themselves, and `write_data` refuses to write files
that share anything.
"""

import json
import random
from collections.abc import Iterable
from dataclasses import asdict, dataclass
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
from app.core.model import Call, Check, Intent, Observation, Site
from app.tuning.figures import draw_counts, draw_part
from app.tuning.lexicon import Lexicon, Split, split_of
from app.tuning.noise import Noise
from app.tuning.speech import Speaker, Spoken

HELLO: Final = "hello"
"""The kind of a row of the step 问候; the others are intents and checks."""

SHARES: Final[dict[str, int]] = {
    Intent.INSPECT.value: 50,
    Intent.NO_PLACE.value: 8,
    Intent.NO_CHECK.value: 9,
    Intent.UNSUPPORTED.value: 12,
    Intent.UNCLEAR.value: 4,
    Intent.GREETING.value: 3,
    HELLO: 2,
    Check.HEADCOUNT.value: 7,
    Check.HELMET.value: 3,
    Check.EQUIPMENT.value: 3,
}
"""How many rows in a hundred are of each kind."""


BRIEF: Final = frozenset({Intent.INSPECT, Intent.NO_PLACE, Intent.NO_CHECK})
"""Intents that are often said in a few words."""


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """How much data is made, and where."""

    out: Path
    train: int = 60_000
    dev: int = 1_000
    test: int = 4_000
    noise: float = 0.35
    """Share of the rows with a recogniser's noise."""
    seed: int = 20240531


@dataclass(frozen=True)
class Row:
    """One row and what is needed to judge it."""

    content: str
    summary: str
    kind: str
    phrase: str
    """The speech without its places, or the numbers of a summary."""
    stems: tuple[str, ...] = ()
    noisy: bool = False


@dataclass(frozen=True)
class Overlap:
    """What two splits share; all three must be empty."""

    contents: frozenset[str]
    phrases: frozenset[str]
    stems: frozenset[str]

    def __bool__(self) -> bool:
        """Whether anything is shared."""
        return bool(self.contents or self.phrases or self.stems)


@dataclass(frozen=True)
class DataReport:
    """What `write_data` wrote."""

    rows: dict[str, int]
    places: dict[str, int]
    phrases: dict[str, int]
    overlap: dict[str, int]


class Maker:
    """Draws rows of one split."""

    def __init__(self, lexicon: Lexicon, split: Split, *, seed: int) -> None:
        """Seed the draw; equal seeds give equal rows."""
        self._split = split
        self._rng = random.Random(f"{seed}/{split}")
        self._speaker = Speaker(lexicon, self._rng, split)
        self._noise = Noise(lexicon, self._rng)

    def rows(self, count: int, *, noise: float) -> list[Row]:
        """Draw `count` rows in the proportions of `SHARES`; more keep the first."""
        kinds, weights = list(SHARES), list(SHARES.values())
        made = []
        for _ in range(count):
            kind = self._rng.choices(kinds, weights)[0]
            made.append(self.row(kind, noisy=self._rng.random() < noise))
        return made

    def row(self, kind: str, *, noisy: bool = False) -> Row:
        """Draw one row of a kind."""
        if kind in {check.value for check in Check}:
            return self._summary(Check(kind))
        intent = Intent.GREETING if kind == HELLO else Intent(kind)
        while True:
            spoken = self._say(intent)
            clean = spoken.phrase
            if noisy:
                spoken = self._noise.heard(spoken)
            answer = GREETING_ANSWER if kind == HELLO else answer_to(spoken)
            # Cleaning must leave the place readable, or the label would be a guess.
            places = [place for place, _ in spoken.pairs if place]
            if all(place in clean_speech(spoken.text) for place in places):
                break
        prompt = greeting_prompt if kind == HELLO else split_prompt
        return Row(prompt(spoken.text), answer, kind, clean, spoken.stems, noisy)

    def _say(self, intent: Intent) -> Spoken:
        # People are brief: without this, short speech would mostly be refused.
        brief = intent in BRIEF and self._rng.random() < 0.4
        drawn = [self._speaker.say(intent) for _ in range(4 if brief else 1)]
        return min(drawn, key=lambda spoken: len(spoken.text))

    def _summary(self, check: Check) -> Row:
        rng = self._rng
        while True:
            expected, actual = draw_counts(rng)
            part = None
            if check is not Check.HEADCOUNT:
                actual, lacking = draw_part(rng)
                part = actual - lacking if check is Check.EQUIPMENT else lacking
            numbers = f"{check}:{expected}/{actual}/{part}"
            # The few pairs without people would otherwise be in one split only.
            if actual == 0 or split_of(numbers) is self._split:
                break
        seen = Observation(
            expected=expected, actual=actual, wearing=part, carrying=part
        )
        call = Call(site=Site(id="", name=""), check=check)
        prompt = summary_prompt(
            check, expected=expected, actual=actual, wearing=part, carrying=part
        )
        phrase = numbers if actual else f"{self._split}:{numbers}"
        return Row(prompt, judge(call, seen).sentence, check.value, phrase)


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


def overlap(one: Iterable[Row], two: Iterable[Row]) -> Overlap:
    """Return what two sets of rows share."""
    first, second = list(one), list(two)
    return Overlap(
        # Summaries of an empty site are few and in every split, see `Maker`.
        frozenset(row.content for row in first if ":" not in row.phrase)
        & frozenset(row.content for row in second),
        frozenset(row.phrase for row in first) & {row.phrase for row in second},
        frozenset(s for row in first for s in row.stems)
        & {s for row in second for s in row.stems},
    )


def make_data(config: DataConfig) -> dict[Split, list[Row]]:
    """Draw the rows of all splits."""
    lexicon = Lexicon()
    counts = {
        Split.TRAIN: config.train,
        Split.DEV: config.dev,
        Split.TEST: config.test,
    }
    made = {
        split: Maker(lexicon, split, seed=config.seed).rows(count, noise=config.noise)
        for split, count in counts.items()
    }
    # Two different carriers can spell the same phrase; training gives way.
    held = {r.phrase for split in (Split.DEV, Split.TEST) for r in made[split]}
    made[Split.TRAIN] = [r for r in made[Split.TRAIN] if r.phrase not in held]
    tested = {row.phrase for row in made[Split.TEST]}
    made[Split.DEV] = [row for row in made[Split.DEV] if row.phrase not in tested]
    return made


def write_data(config: DataConfig) -> DataReport:
    """Write train.json, dev.json, test.json and what the rows are, beside them.

    Raises:
        ValueError: Two splits share a place, a phrase or a prompt.
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
            raise ValueError(f"splits {name} share rows: {found}")
    config.out.mkdir(parents=True, exist_ok=True)
    for split, rows in made.items():
        columns = [{"content": row.content, "summary": row.summary} for row in rows]
        _dump(config.out / f"{split}.json", columns)
        _dump(config.out / f"{split}.meta.json", [asdict(row) for row in rows])
    return DataReport(
        rows={split.value: len(rows) for split, rows in made.items()},
        places={
            s.value: len({p for r in rows for p in r.stems}) for s, rows in made.items()
        },
        phrases={s.value: len({r.phrase for r in rows}) for s, rows in made.items()},
        overlap=dict.fromkeys(shared, 0),
    )


def read_rows(path: Path) -> list[tuple[str, str]]:
    """Read a file with the columns `content` and `summary`, ours or anybody's.

    Raises:
        ValueError: The file is no list of such rows.
    """
    rows = json.loads(path.read_text(encoding="utf-8"))
    try:
        return [(str(row["content"]), str(row["summary"])) for row in rows]
    except (TypeError, KeyError) as fault:
        raise ValueError(f"{path.name}: rows need content and summary") from fault


def _dump(path: Path, rows: list[dict[str, str]] | list[dict[str, object]]) -> None:
    text = json.dumps(rows, ensure_ascii=False, indent=1, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")
