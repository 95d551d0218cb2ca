"""What is in a set of rows, in figures: by split, kind, place, phrase and noise."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from app.agent.prompts import parse_split_answer
from app.core.model import Intent
from app.tuning.data.heldout import HeldOut
from app.tuning.data.rowset import JOURNAL, Row
from app.tuning.phrases.lexicon import Lexicon, Split

CARD: Final = "data.card.json"
"""Beside the rows: how they were made, what is in them, and their hash."""

Counts = dict[str, int]


@dataclass(frozen=True)
class DataReport:
    """What `write_data` wrote; counts are by split unless the name says otherwise."""

    rows: Counts
    places: Counts
    """Different places, by the names they are built on."""
    phrases: Counts
    """Different phrases; in summaries, different numbers."""
    overlap: Counts
    """What two splits share: nothing, or nothing is written."""
    kinds: dict[str, Counts]
    """By kind of row, then by split."""
    shapes: dict[str, Counts]
    """Spoken rows by how much they ask for, then by split."""
    verdicts: dict[str, Counts]
    """Summaries by the words of the verdict, then by split."""
    sources: dict[str, Counts]
    """By who made the phrase, then by split."""
    noisy: dict[str, float]
    """Share of the spoken rows that were heard with errors."""
    questions: Counts
    """Rows whose noise took something away, so that the answer asks for it."""
    notes: tuple[str, ...]
    """What of the user's was held out or left out, as sentences."""
    sha256: str = ""
    """One hash over the three files of rows."""

    def as_json(self) -> dict[str, object]:
        """Give plain data for `--json` and for the card beside the rows."""
        return asdict(self)

    def table(self) -> str:
        """Give the figures as lines for people."""
        splits = list(self.rows)
        broad = 2 + max(map(_width, (*self.verdicts, *self.shapes, *self.kinds)))

        def line(name: str, counts: Mapping[str, object]) -> str:
            cells = "".join(f"{counts.get(split, 0)!s:>9}" for split in splits)
            return f"{name}{' ' * (broad - _width(name))}{cells}"

        lines = [line("", {split: split for split in splits}), line("行", self.rows)]
        parts = (
            ("种类", self.kinds),
            ("问法", self.shapes),
            ("结论", self.verdicts),
            ("来源", self.sources),
        )
        for title, table in parts:
            lines.append(f"{title}:")
            lines += [line(f"  {name}", counts) for name, counts in table.items()]
        lines.append(line("不同的语句", self.phrases))
        lines.append(line("不同的地点", self.places))
        shares = {split: f"{share:.1%}" for split, share in self.noisy.items()}
        lines.append(line("带噪声的语句", shares))
        lines.append(line("  听不清而改为提问的", self.questions))
        shared = ", ".join(f"{pair} {n}" for pair, n in self.overlap.items())
        lines.append(f"重叠: {shared}")
        lines += [f"注意: {note}" for note in self.notes]
        lines.append(f"数据 SHA-256: {self.sha256}")
        return "\n".join(lines)


def _width(text: str) -> int:
    """Columns of a terminal: a Chinese character takes two."""
    return sum(2 if ord(char) > 0x2E80 else 1 for char in text)


class Wide:
    """Knows the words for all sites, and for those of a region."""

    def __init__(self, lexicon: Lexicon) -> None:
        """Read them from `lexicon`."""
        self._spans = {word for split in Split for word in lexicon.spans.own(split)}
        frames = [f for split in Split for f in lexicon.region_frames.own(split)]
        self._regions = re.compile(
            "|".join(re.escape(frame).replace(r"\{P\}", ".+") for frame in frames)
        )

    def kind(self, names: Iterable[str]) -> str:
        """Say which of the two is among some places; empty for neither."""
        for name in names:
            if name in self._spans:
                return "所有工地"
            if self._regions.fullmatch(name):
                return "一个地区"
        return ""


def report_of(
    made: Mapping[Split, Sequence[Row]],
    wide: Wide,
    notes: Sequence[str],
    pairs: Iterable[str],
    *,
    sha256: str,
) -> DataReport:
    """Count what is in the rows of each split; `pairs` share nothing."""
    names = [split.value for split in made]

    def count(what: Mapping[str, Counter[str]]) -> dict[str, Counts]:
        every = dict.fromkeys(key for counts in what.values() for key in counts)
        return {key: {name: what[name][key] for name in names} for key in sorted(every)}

    rows = {split.value: made[split] for split in made}
    spoken = {n: [r for r in found if _spoken(r)] for n, found in rows.items()}
    summed = {n: [r for r in f if not _spoken(r)] for n, f in rows.items()}
    return DataReport(
        rows={n: len(found) for n, found in rows.items()},
        places={n: len({s for r in f for s in r.stems}) for n, f in rows.items()},
        phrases={n: len({r.phrase for r in f}) for n, f in rows.items()},
        overlap=dict.fromkeys(pairs, 0),
        kinds=count({n: Counter(r.kind for r in f) for n, f in rows.items()}),
        shapes=count(
            {n: Counter(_shape(r, wide) for r in f) for n, f in spoken.items()}
        ),
        verdicts=count({n: Counter(map(_verdict, f)) for n, f in summed.items()}),
        sources=count({n: Counter(r.source for r in f) for n, f in rows.items()}),
        noisy={
            n: round(sum(r.noisy for r in f) / max(1, len(f)), 4)
            for n, f in spoken.items()
        },
        questions={n: sum(map(_asks, f)) for n, f in spoken.items()},
        notes=tuple(notes),
        sha256=sha256,
    )


def _spoken(row: Row) -> bool:
    return not row.summary.startswith("[")


def _asks(row: Row) -> bool:
    """Whether an answer asks for what was lost to noise."""
    if not row.noisy or row.source == JOURNAL or row.kind not in _CALLING:
        return False
    return parse_split_answer(row.summary).intent.value != row.kind


_CALLING: Final = frozenset(intent.value for intent in Intent)


def _shape(row: Row, wide: Wide) -> str:
    """Say how many places and checks an answer names."""
    if (calls := row.summary.count("函数二参数为")) == 0:
        return "不作检查"
    kind = wide.kind(row.names)
    places = kind or f"{len(set(row.names))} 个地点"
    return f"{places}, {calls - row.summary.count('函数二参数为空')} 项检查"


def _verdict(row: Row) -> str:
    words = "".join("N" if char.isdigit() else char for char in row.summary)
    while "NN" in words:
        words = words.replace("NN", "N")
    return words


def notes_on(
    held: HeldOut, keys: Iterable[str], written: Iterable[str], desk: Sequence[str]
) -> list[str]:
    """Say what of a user's phrases and places does not go into training.

    `keys` are his phrases, `written` the places in them, `desk` the desk's own.
    """
    splits = Counter(held.phrase(key) for key in keys)
    notes = []
    if splits:
        notes.append(
            f"带来的 {splits.total()} 条语句中, {splits[Split.DEV]} 条留给 dev, "
            f"{splits[Split.TEST]} 条留给 test, 不参加训练"
        )
    moved = sorted({name for name in written if held.place(name) is not Split.TRAIN})
    if moved:
        notes.append(
            f"语句里有 {len(moved)} 个地点 (例如 {moved[0]}) 属于留出的地点, "
            "训练时换成了别的地点"
        )
    kept = [name for name in desk if held.place(name) is not Split.TRAIN]
    if kept:
        notes.append(
            f"本台 {len(desk)} 个地点中有 {len(kept)} 个 (例如 {kept[0]}) "
            "属于留出的地点, 没有用于训练"
        )
    return notes
