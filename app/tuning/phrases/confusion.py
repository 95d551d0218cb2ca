"""Make the table of confusions from recordings with known words.

    python -m app.tuning.phrases.confusion SOURCE… [--model DIR] [--pairs FILE]
        [--out FILE]

So the noise of training is that of the recogniser, the rooms and the accents it is
for. A source is a folder with `transcripts.tsv` (columns `file` and `text`), which Vosk
reads freely, or a table of two columns without a header: what was said and what any
recogniser heard. A name in the first may stand in square brackets; then the table also
says how much oftener names are misheard. `--pairs` keeps what was heard as such a
table. A few hundred sentences are enough: sounds known to be near stand in for what is
rare.
"""

import argparse
import random
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Final

from app.core.errors import UsageError, UserFacingError
from app.tuning.phrases.lexicon import PHRASES
from app.tuning.phrases.listening import MODEL, hear_folder, load_model
from app.tuning.phrases.mishearing import TABLE, Confusions, Counts, as_toml
from app.tuning.phrases.sounds import sound_distance, split_sound

_NOT_CHINESE: Final = re.compile(r"[^㐀-鿿]")
_UNSPOKEN: Final = re.compile("[0-9A-Za-z\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]")
_LEFT_OUT: Final = 0.7
"""What it costs to align a character with nothing."""
_GUESSED: Final = 8.0
"""Errors that the default shares count for beside those counted."""
_SPREADS: Final = (0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 4.0, 6.0, 10.0, 20.0)
_DRAWS: Final = 40
_SEEN: Final = 2
"""How often a whole syllable must be misheard alike to be kept."""


@dataclass(frozen=True)
class Reading:
    """One utterance: what was said, and what was heard. Chinese characters only."""

    said: str
    heard: str
    named: tuple[bool, ...] = ()
    """Whether each character said is of a name; empty where nobody knows."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What was counted."""

    readings: int
    characters: int
    errors: int
    exact: int
    """Utterances without an error."""
    homophones: int
    replaced: int
    """Characters replaced by one of another syllable."""
    deleted: int
    inserted: int
    table: Confusions

    @property
    def cer(self) -> float:
        """Character errors for each character said."""
        return self.errors / self.characters

    def figures(self) -> dict[str, float]:
        """Give what the table was counted on, for its head."""
        return {
            "readings": self.readings,
            "characters": self.characters,
            "cer": round(self.cer, 3),
            "exact": round(self.exact / self.readings, 3),
        }


@dataclass
class _Tally:
    """Counts while they grow."""

    initials: dict[str, Counter[str]] = field(default_factory=dict)
    finals: dict[str, Counter[str]] = field(default_factory=dict)
    syllables: dict[str, Counter[str]] = field(default_factory=dict)
    wrong: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    put_in: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    doubled: int = 0
    followed: int = 0
    follows: int = 0
    named: Counter[bool] = field(default_factory=Counter)
    named_wrong: Counter[bool] = field(default_factory=Counter)
    said: list[tuple[list[int], tuple[bool, ...]]] = field(default_factory=list)
    """Of each utterance the errors at its characters, and which are of a name."""

    @property
    def characters(self) -> int:
        return sum(len(wrong) for wrong, _ in self.said)


def reading(said: str, heard: str) -> Reading | None:
    """Make a reading of two texts, the first perhaps with names in brackets.

    None where the words hold digits or Latin letters, which are spoken otherwise than
    written, or no Chinese at all.
    """
    if _UNSPOKEN.search(said) or _UNSPOKEN.search(heard):
        return None
    named: list[bool] = []
    inside = False
    for char in said:
        inside = char == "[" or (inside and char != "]")
        if not _NOT_CHINESE.match(char):
            named.append(inside)
    if not named:
        return None
    return Reading(
        _NOT_CHINESE.sub("", said),
        _NOT_CHINESE.sub("", heard),
        tuple(named) if "[" in said else (),
    )


def align(one: Reading) -> list[tuple[str, str, str, str]]:
    """Pair what was said with what was heard, cheapest by sound.

    Each is character said, its syllable, character heard, its syllable; those missing
    are empty.
    """
    from pypinyin import lazy_pinyin

    said, heard = lazy_pinyin(one.said), lazy_pinyin(one.heard)

    def price(i: int, j: int) -> float:
        if one.said[i] == one.heard[j]:
            return 0.0
        return 0.05 + sound_distance(said[i], heard[j])

    rows, columns = len(said) + 1, len(heard) + 1
    cost = [[_LEFT_OUT * (i + j) for j in range(columns)] for i in range(rows)]
    for i in range(1, rows):
        for j in range(1, columns):
            cost[i][j] = min(
                cost[i - 1][j - 1] + price(i - 1, j - 1),
                cost[i - 1][j] + _LEFT_OUT,
                cost[i][j - 1] + _LEFT_OUT,
            )
    pairs = []
    i, j = rows - 1, columns - 1
    while i or j:
        here = cost[i][j]
        if i and j and here == cost[i - 1][j - 1] + price(i - 1, j - 1):
            i, j = i - 1, j - 1
            pairs.append((one.said[i], said[i], one.heard[j], heard[j]))
        elif i and here == cost[i - 1][j] + _LEFT_OUT:
            i -= 1
            pairs.append((one.said[i], said[i], "", ""))
        else:
            j -= 1
            pairs.append(("", "", one.heard[j], heard[j]))
    return pairs[::-1]


def measure(readings: Iterable[Reading]) -> Measured:
    """Count the confusions of some readings.

    Raises:
        UsageError: There are no readings.
    """
    tally = _Tally()
    for one in readings:
        _count(one, tally)
    if not tally.said:
        raise UsageError("没有可用的语句", "每条语句需要参考文本, 且不含数字和字母。")
    kinds = tally.kinds
    return Measured(
        readings=len(tally.said),
        characters=tally.characters,
        errors=sum(sum(wrong) for wrong, _ in tally.said),
        exact=sum(not any(wrong) for wrong, _ in tally.said),
        homophones=kinds["homophone"],
        replaced=kinds["replaced"],
        deleted=kinds["deleted"],
        inserted=kinds["inserted"],
        table=_table(tally),
    )


def _count(one: Reading, tally: _Tally) -> None:
    wrong = [0] * len(one.said)
    at, before = -1, ""
    for char, sound, heard, other in align(one):
        at += bool(char)
        if char != heard:
            # What was put in counts for the character before it.
            wrong[max(at, 0)] += 1
        if char:
            tally.wrong[sound] += char != heard
        if not char:
            tally.kinds["inserted"] += 1
            tally.doubled += heard == before
            tally.put_in[other] += 1
        elif not heard:
            tally.kinds["deleted"] += 1
            tally.left_out[sound] += 1
        elif sound != other:
            tally.kinds["replaced"] += 1
            for counts, a, b in zip(
                (tally.initials, tally.finals),
                split_sound(sound),
                split_sound(other),
                strict=True,
            ):
                counts.setdefault(a, Counter())[b] += 1
            tally.syllables.setdefault(sound, Counter())[other] += 1
        elif char != heard:
            tally.kinds["homophone"] += 1
        before = heard or before
    tally.said.append((wrong, one.named or (False,) * len(wrong)))
    for here, after in pairwise(wrong):
        tally.follows += bool(here)
        tally.followed += bool(here and after)
    for named, errors in zip(one.named, wrong, strict=bool(one.named)):
        tally.named[named] += 1
        tally.named_wrong[named] += errors


def _table(tally: _Tally) -> Confusions:
    kinds, usual = tally.kinds, Confusions()
    errors = sum(kinds.values())
    changed = kinds["homophone"] + kinds["replaced"]
    deleted = _share(kinds["deleted"], errors, usual.deleted)
    together = _share(tally.followed, tally.follows, usual.together)
    table = Confusions(
        together=together,
        deleted=deleted,
        inserted=_share(kinds["inserted"], errors, usual.inserted),
        homophone=_share(kinds["homophone"], changed, usual.homophone),
        doubled=_share(tally.doubled, kinds["inserted"], usual.doubled),
        places=_places(tally),
        initials=_plain(tally.initials),
        finals=_plain(tally.finals),
        syllables=_plain(tally.syllables, _SEEN),
        left_out={
            sound: round(_share(tally.left_out[sound], wrong, deleted), 3)
            for sound, wrong in sorted(tally.wrong.items())
            if tally.left_out[sound] >= _SEEN
        },
        put_in=_plain({"": tally.put_in}).get("", {}),
    )
    return replace(table, spread=_spread(tally, table))


def _share(part: int, whole: int, usual: float) -> float:
    return round((part + _GUESSED * usual) / (whole + _GUESSED), 3)


def _places(tally: _Tally) -> float:
    if not (tally.named_wrong[True] and tally.named_wrong[False]):
        return 1.0
    inside = tally.named_wrong[True] / tally.named[True]
    return round(inside * tally.named[False] / tally.named_wrong[False], 2)


def _spread(tally: _Tally, table: Confusions) -> float:
    """Fit the gamma shape: as many utterances without an error as there were."""
    cer = sum(sum(wrong) for wrong, _ in tally.said) / tally.characters
    if not 0 < cer < 1:
        return table.spread
    seen = sum(not any(wrong) for wrong, _ in tally.said)
    shapes = Counter(named for _, named in tally.said)

    def clean(spread: float) -> float:
        rng = random.Random(1)
        rates = [cer * rng.gammavariate(spread, 1 / spread) for _ in range(_DRAWS)]
        return sum(
            count
            * prod(1 - begins for begins, _ in table.chances(rate, named))
            / _DRAWS
            for named, count in shapes.items()
            for rate in rates
        )

    return min(_SPREADS, key=lambda spread: abs(clean(spread) - seen))


def _plain(counts: dict[str, Counter[str]], least: int = 1) -> Counts:
    found = {
        said: {heard: float(n) for heard, n in heards.most_common() if n >= least}
        for said, heards in sorted(counts.items())
    }
    return {said: heards for said, heards in found.items() if heards}


def read_pairs(path: Path) -> list[tuple[str, str]]:
    """Read a table of what was said and heard.

    Raises:
        UsageError: It cannot be read, or a line has not two columns.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"无法读取 {path.name} ({type(error).__name__})",
            "需要 UTF-8 编码的文本: 每行为参考文本、制表符、识别文本。",
        ) from error
    found = []
    for number, line in enumerate(lines, 1):
        cells = line.split("\t")
        if not line.strip():
            continue
        if len(cells) != 2:
            raise UsageError(
                f"{path.name} 第 {number} 行有 {len(cells)} 列",
                "每行应为参考文本、制表符、识别文本。",
            )
        found.append((cells[0], cells[1]))
    return found


def make(
    sources: Sequence[Path], out: Path, *, model: Path | None, pairs: Path | None
) -> Measured:
    """Measure all sources and write the table, and what was heard if `pairs` is given.

    Raises:
        UsageError: A source cannot be read, or nothing in them can be used.
    """
    ear = load_model(model) if any(map(Path.is_dir, sources)) else None
    texts: list[tuple[str, str]] = []
    for source in sources:
        texts += hear_folder(source, ear) if source.is_dir() else read_pairs(source)
    if pairs:
        lines = (f"{said}\t{heard}\n" for said, heard in texts)
        pairs.write_text("".join(lines), encoding="utf-8")
    readings = (reading(said, heard) for said, heard in texts)
    measured = measure(one for one in readings if one)
    out.write_text(as_toml(measured.table, measured.figures()), encoding="utf-8")
    return measured


def summary(measured: Measured) -> Iterator[str]:
    """Give the figures as Chinese lines."""
    shares = (
        ("同音字", measured.homophones),
        ("近音或其他", measured.replaced),
        ("漏字", measured.deleted),
        ("多字", measured.inserted),
    )
    yield (
        f"语句 {measured.readings} 条, {measured.characters} 字, "
        f"字错误率 {measured.cer:.1%}, 全对 {measured.exact / measured.readings:.1%}"
    )
    total = max(measured.errors, 1)
    yield ", ".join(f"{name} {count / total:.0%}" for name, count in shares)
    seen = [
        (count, f"{said}→{heard}")
        for said, heards in measured.table.syllables.items()
        for heard, count in heards.items()
    ]
    yield "最常见: " + ", ".join(
        f"{pair} {count:g}" for count, pair in sorted(seen, reverse=True)[:20]
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; give its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m app.tuning.phrases.confusion",
        description="用带文字的录音, 或参考与识别文本的对照表, 统计识别器的混淆。",
    )
    parser.add_argument("sources", nargs="+", type=Path, help="录音文件夹或对照表")
    parser.add_argument("--out", type=Path, default=PHRASES / TABLE, help="输出文件")
    parser.add_argument("--model", type=Path, help=f"Vosk 模型文件夹, 默认 {MODEL}")
    parser.add_argument("--pairs", type=Path, help="保存参考与识别文本的对照表")
    asked = parser.parse_args(arguments)
    try:
        measured = make(asked.sources, asked.out, model=asked.model, pairs=asked.pairs)
    except UserFacingError as error:
        sys.stderr.write(f"错误: {error}\n")
        return error.exit_status
    except OSError as error:
        sys.stderr.write(f"错误: 无法写入 {error.filename} ({error.strerror})。\n")
        return UsageError.exit_status
    sys.stdout.writelines(f"{line}\n" for line in summary(measured))
    return 0


if __name__ == "__main__":
    sys.exit(main())
