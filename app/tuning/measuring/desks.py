"""Invented desks with what is said at them: the whole reader is measured on these.

A row is a sentence of one split with the calls that were meant before any noise: what
counts is the place that was meant, not the words that a recogniser made of it. Each
row is said at a desk whose directory has the places of its rows and others besides;
some rows name a place that the desk does not have.
"""

import csv
import hashlib
import json
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from app.core.errors import UsageError
from app.core.model import Check, Intent, Origin, Site, Utterance
from app.tuning.data.maker import SHARES
from app.tuning.measuring.questions import CLEAN, level_name
from app.tuning.phrases.lexicon import Lexicon, Split
from app.tuning.phrases.noise import Noise
from app.tuning.phrases.speech import Speaker, Spoken

SIZES: Final = (30, 200, 1000)
"""Sites of the desks, see `app.sites.directory.limits`."""

LEVELS: Final = (0.0, 0.05, 0.10, 0.20)
"""Shares of wrong characters."""

HEARD: Final = "heard"

_STRANGE: Final = 0.12
"""Share of the places that are not in the directory of their desk."""
_OTHERS: Final = 0.25
"""Share of a directory that no row speaks of."""
_ROWS_AT_A_DESK: Final = 120

Pair = tuple[str, Check | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """One thing said at a desk, and what was meant."""

    utterance: Utterance
    intent: Intent
    pairs: frozenset[Pair]
    """Place and check, as they were meant; an empty place was not said."""
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A directory, and what is said there."""

    sites: tuple[Site, ...]
    rows: tuple[Meant, ...]
    name: str
    """Tells desks of one kind from others: how many sites it has."""


def invented(
    split: Split,
    rows: int,
    *,
    seed: int,
    levels: Sequence[float] = LEVELS,
    sizes: Sequence[int] = SIZES,
) -> Iterator[Desk]:
    """Give desks with `rows` rows for each noise level and size of directory."""
    lexicon = Lexicon()
    for cer in levels:
        for size in sizes:
            # A draw of its own for each: one more level never changes another.
            rng = random.Random(f"{seed}/{split}/{cer}/{size}")
            yield from _Draw(lexicon, split, rng).desks(rows, cer, size)


class _Draw:
    """Draws the rows of one level at desks of one size."""

    def __init__(self, lexicon: Lexicon, split: Split, rng: random.Random) -> None:
        self._rng = rng
        self._speaker = Speaker(lexicon, rng, split)
        self._noise = Noise(lexicon, rng)
        frames = lexicon.region_frames.own(split)
        many = [re.escape(frame).replace(r"\{P\}", ".+") for frame in frames]
        many += map(re.escape, lexicon.spans.own(split))
        self._many = re.compile("|".join(many))

    def desks(self, rows: int, cer: float, size: int) -> Iterator[Desk]:
        kinds = [kind for kind in SHARES if kind in set(Intent)]
        shares = [SHARES[kind] for kind in kinds]
        left, own = rows, int(size * (1 - _OTHERS))
        while left:
            names: dict[str, None] = {}
            said: list[Meant] = []
            while left and len(names) < own and len(said) < _ROWS_AT_A_DESK:
                kind = self._rng.choices(kinds, shares)[0]
                spoken = self._speaker.say(Intent(kind))
                for name, strange in self._places(spoken):
                    if not strange:
                        names.setdefault(name)
                said.append(self._heard(spoken, cer, number=left))
                left -= 1
            yield Desk(
                sites=self._sites(names, size), rows=tuple(said), name=f"{size} 个工地"
            )

    def _places(self, spoken: Spoken) -> Iterator[tuple[str, bool]]:
        """Give the places of a sentence, and whether the desk does not have them."""
        for part in spoken.parts:
            if part.kind == "place" and not self._many.fullmatch(part.text):
                yield part.text, self._rng.random() < _STRANGE

    def _heard(self, spoken: Spoken, cer: float, *, number: int) -> Meant:
        # Half of what has no error is typed.
        typed = cer <= 0 and number % 2 == 0
        heard = self._noise.heard(spoken, cer=cer) if cer > 0 else spoken
        origin = Origin.TYPED if typed else Origin.FILE
        return Meant(
            utterance=Utterance(text=heard.text, origin=origin),
            intent=spoken.intent,
            pairs=frozenset((place or "", check) for place, check in spoken.pairs),
            group=level_name(cer) if cer > 0 else f"{CLEAN}, {origin.value}",
        )

    def _sites(self, names: Mapping[str, None], size: int) -> tuple[Site, ...]:
        chosen = dict(names)
        while len(chosen) < size:
            chosen.setdefault(self._speaker.place()[0])
        return tuple(Site(id=f"S{n:04}", name=name) for n, name in enumerate(chosen))


def heard_at(
    sites: Sequence[Site], file: Path, table: Path, *, name: str = HEARD
) -> Desk:
    """Read recordings as a recogniser wrote them: JSON lines beside a table.

    Each line has the number of its row in the table (1 is the first sentence) and the
    fields of the utterance.

    Raises:
        UsageError: A file cannot be read, or they do not fit.
    """
    try:
        with table.open(encoding="utf-8-sig", newline="") as stream:
            meant = list(csv.DictReader(stream, delimiter="\t"))
        lines = file.read_text(encoding="utf-8").splitlines()
        rows = [_recorded(json.loads(line), meant, name) for line in lines]
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise UsageError(
            f"录音识别结果 {file.name} 或表格 {table.name} 无法读取 ({error})",
            "每行应是一个 JSON 对象, row 是它在表格中的行号。",
        ) from error
    # Nothing heard: the desk asks to say it again, and nobody reads it.
    heard = tuple(row for row in rows if row.utterance.text)
    return Desk(sites=tuple(sites), rows=heard, name=f"{len(sites)} 个工地")


def _recorded(
    line: dict[str, Any], table: Sequence[Mapping[str, str]], name: str
) -> Meant:
    if not 1 <= line["row"] <= len(table):
        raise IndexError(f"第 {line['row']} 行不在表格中")
    row = table[line["row"] - 1]
    pairs = (pair.rpartition(":") for pair in (row["calls"] or "").split(";") if pair)
    return Meant(
        utterance=utterance_of(line),
        intent=Intent(row["intent"]),
        pairs=frozenset(
            (place, Check(check) if check else None) for place, _, check in pairs
        ),
        group=name,
    )


def utterance_of(line: Mapping[str, Any]) -> Utterance:
    """Make one line of recognised recordings the utterance that the agent saw.

    Raises:
        KeyError: A field is missing.
    """
    return Utterance(
        text=line["text"],
        origin=Origin.FILE,
        free_text=line["free_text"],
        lexicon_text=line["lexicon_text"],
        agreement=line["agreement"],
        agreed=line["agreed"],
        alternatives=tuple(line["alternatives"]),
        confidence=line["confidence"],
        overflows=line["overflows"],
    )


def hash_of(desks: Iterable[Desk]) -> str:
    """Hash what is said and meant at desks, and their sites."""
    digest = hashlib.sha256()
    for desk in desks:
        digest.update(repr((desk.name, desk.sites)).encode())
        for row in desk.rows:
            pairs = sorted((place, str(check)) for place, check in row.pairs)
            digest.update(repr((row.utterance, row.intent, pairs)).encode())
    return digest.hexdigest()
