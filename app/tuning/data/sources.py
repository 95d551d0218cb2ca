"""What a user brings to the data: phrases of his own, and the places of his desk.

A file of phrases is a CSV with the columns `text`, `intent` and `calls`:

    text,intent,calls
    瞅瞅{place}来了几号人,inspect,{place}:人数
    历城那边帽子都扣好没,inspect,历城:安全
    {place1}跟{place2}各有几个人,inspect,{place1}:人数; {place2}:人数
    人头齐不齐,no_place,人数
    把{place}的灯拉了,unsupported,

A place is written as it is said, or `{place}` (`{place1}`, `{place2}` …) stands for any
place. The file is taken whole or not at all: every row that cannot be used is named
with its line, what is wrong with it and how to mend it.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from app.agent.grammar import LONGEST_PLACE, MAX_CALLS
from app.agent.prompts import (
    CHECK_LABELS,
    DEMAND_WORDS,
    MAX_SPEECH,
    AnswerError,
    clean_speech,
    split_answer,
)
from app.core.model import Check, Intent
from app.tuning.data.errors import DataError
from app.tuning.data.textfile import read_text
from app.tuning.phrases.speech import Part, Spoken
from app.tuning.phrases.spoken import numbered

COLUMNS: Final = ("text", "intent", "calls")
_CHINESE_HEADERS: Final = {"语句": "text", "意图": "intent", "调用": "calls"}
_MOST_BYTES: Final = 16 << 20
_MOST_ROWS: Final = 50_000
_SHOWN: Final = 20
"""Problems that are told one by one; the rest is counted."""

_SLOT: Final = re.compile(r"\{place(\d?)\}")
_BRACES: Final = re.compile(r"\{[^{}]*\}|[{}]")
_CHECKS: Final = {
    name: check
    for check in Check
    for name in (check.value, CHECK_LABELS[check], DEMAND_WORDS[check])
}
_SILENT: Final = frozenset({Intent.GREETING, Intent.UNSUPPORTED, Intent.UNCLEAR})
"""Intents that call nothing."""

Slots = tuple[tuple[int | None, Check | None], ...]


@dataclass(frozen=True)
class Phrase:
    """Something that is said, and what it means."""

    pieces: tuple[str | int, ...]
    """Its words in order; a number is the slot of a place."""
    intent: Intent
    calls: Slots = ()
    places: tuple[str, ...] = ()
    """The places as written, for slots 1, 2 …; empty strings for any place."""
    source: str = "csv"
    heard: bool = False
    """Whether a recogniser wrote it already, so that no noise is added."""

    @property
    def key(self) -> str:
        """The phrase without its places, as `Spoken.phrase` writes it."""
        return numbered(self.pieces)

    def spoken(self, places: Sequence[str], stems: Sequence[str]) -> Spoken:
        """Say it with a place for each slot; its words are not told apart."""
        parts = tuple(
            Part(places[piece - 1], "place", piece)
            if isinstance(piece, int)
            else Part(piece)
            for piece in self.pieces
        )
        return Spoken(parts, self.intent, self.calls, tuple(stems))


def read_phrases(path: Path) -> tuple[Phrase, ...]:
    """Read a user's phrases.

    Raises:
        DataError: The file cannot be read, or a row of it is wrong.
    """
    rows = _rows(path)
    header = next(rows, None)
    if header is None:
        raise DataError(
            f"短语文件 {path.name} 是空的", f"请写上表头 {','.join(COLUMNS)} 和短语。"
        )
    places = _columns(path, header[1])
    phrases: list[Phrase] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    for line, cells in rows:
        if line > _MOST_ROWS:
            raise DataError(
                f"短语文件 {path.name} 超过 {_MOST_ROWS} 行", "请分成几个文件。"
            )
        try:
            if len(cells) != len(header[1]):
                raise DataError(
                    f"有 {len(cells)} 格, 表头有 {len(header[1])} 格; 文字里有逗号时, "
                    "请把整格放在双引号里"
                )
            text, intent, calls = (cells[places[name]] for name in COLUMNS)
            if text in seen:
                raise DataError(f"语句与第 {seen[text]} 行相同; 请删去其中一行")
            seen[text] = line
            phrases.append(parse_phrase(text, intent, calls))
        except DataError as error:
            problems.append(f"第 {line} 行: {error.message}")
    if problems:
        more = len(problems) - _SHOWN
        told = problems[:_SHOWN] + ([f"另有 {more} 行有误"] if more > 0 else [])
        raise DataError(
            f"短语文件 {path.name} 有 {len(problems)} 行不能用, 整个文件没有采用:\n"
            + "\n".join(told),
            "请更正这些行后重试。",
        )
    if not phrases:
        raise DataError(f"短语文件 {path.name} 只有表头, 没有短语", "请至少写一行。")
    return tuple(phrases)


def parse_phrase(text: str, intent: str, calls: str) -> Phrase:
    """Read one row.

    Raises:
        DataError: What is wrong with it, and how to mend it.
    """
    _check_text(text)
    named = list(_calls(calls))
    wanted = _intent(intent, named)
    places = {place for place, _ in named if place}
    for place in sorted(places):
        _check_place(place, text)
    for written in _SLOT.finditer(text):
        if written[0] not in places and wanted not in _SILENT:
            raise DataError(f"语句里有 {written[0]}, 调用里没有; 请写上它的检查")
    return phrase_of(text, wanted, named)


def phrase_of(
    text: str,
    intent: Intent,
    calls: Sequence[tuple[str, Check | None]],
    *,
    source: str = "csv",
    heard: bool = False,
) -> Phrase:
    """Make a phrase of words and the calls they mean; every place is in the words."""
    named = [place for place, _ in calls if place]
    slots = {place: n for n, place in enumerate(dict.fromkeys(named), 1)}
    for written in _SLOT.finditer(text):
        slots.setdefault(written[0], len(slots) + 1)
    nothing: Slots = ((None, None),) if intent is Intent.UNCLEAR else ()
    return Phrase(
        pieces=_pieces(text, slots),
        intent=intent,
        calls=tuple((slots.get(p), check) for p, check in calls) or nothing,
        places=tuple("" if _SLOT.fullmatch(place) else place for place in slots),
        source=source,
        heard=heard,
    )


def _check_text(text: str) -> None:
    if not text:
        raise DataError("语句是空的; 请写上要说的话, 或删去这一行")
    for brace in _BRACES.findall(text):
        if not _SLOT.fullmatch(brace):
            raise DataError(
                f"不认识 {brace}; 地点请写成 {{place}}, 或 {{place1}}、{{place2}}"
            )
    if not clean_speech(_SLOT.sub("", text)) and not _SLOT.search(text):
        raise DataError(f"语句「{text}」里没有文字; 请写上要说的话")
    longest = MAX_SPEECH - LONGEST_PLACE * len(_SLOT.findall(text))
    if len(_SLOT.sub("", text)) > longest:
        raise DataError(f"语句有 {len(text)} 个字, 最多 {longest} 个; 请缩短")


def _calls(calls: str) -> Iterator[tuple[str, Check | None]]:
    """Read `地点:检查; 地点:检查`; either side of the colon may be missing."""
    for call in re.split("[;；]", calls):
        if not call.strip():
            continue
        place, _, name = re.sub("[：/]", ":", call).rpartition(":")
        place, name = place.strip(), name.strip()
        if name and name not in _CHECKS:
            near = get_close_matches(name, _CHECKS, n=1, cutoff=0.4)
            hint = f"是否要写 {near[0]}? " if near else ""
            allowed = "、".join(DEMAND_WORDS.values())
            raise DataError(
                f"调用「{call.strip()}」里没有认识的检查; {hint}"
                f"请写成 地点:检查, 检查是 {allowed} 之一"
            )
        yield place, _CHECKS.get(name)


def _intent(written: str, calls: Sequence[tuple[str, Check | None]]) -> Intent:
    """Take the intent as written, if it says the same as the calls."""
    allowed = [intent.value for intent in Intent]
    if written and written not in allowed:
        near = get_close_matches(written, allowed, n=1, cutoff=0.4)
        hint = f"是否要写 {near[0]}? " if near else ""
        raise DataError(f"不认识意图 {written}; {hint}可用: {', '.join(allowed)}")
    if len(calls) > MAX_CALLS:
        raise DataError(f"有 {len(calls)} 个调用, 最多 {MAX_CALLS} 个; 请拆成几句")
    shapes = {(bool(place), check is not None) for place, check in calls}
    if len(shapes) > 1:
        raise DataError("有的调用缺地点或检查, 有的不缺; 请写全, 或都缺同一样")
    if written and Intent(written) in _SILENT:
        if calls:
            raise DataError(f"意图 {written} 不作检查; 请清空调用一格")
        return Intent(written)
    if not calls:
        raise DataError("没有调用; 请写成 地点:检查, 例如 {place}:人数")
    meant = _MEANT[shapes.pop()]
    if written and meant is not Intent(written):
        raise DataError(f"意图是 {written}, 调用的意思却是 {meant}; 请更正其中一格")
    return meant


_MEANT: Final = {
    (True, True): Intent.INSPECT,
    (False, True): Intent.NO_PLACE,
    (True, False): Intent.NO_CHECK,
    (False, False): Intent.UNCLEAR,
}


def _check_place(place: str, text: str) -> None:
    if place not in text:
        raise DataError(f"地点「{place}」不在语句里; 请写成语句里的样子")
    if not _SLOT.fullmatch(place) and not is_place(place):
        raise DataError(
            f"「{place}」不能作地点; 请写 2 到 {LONGEST_PLACE} 个字, 不带标点和空格"
        )


def is_place(name: str) -> bool:
    """Whether a name can be copied into an answer as it is."""
    if not 2 <= len(name) <= LONGEST_PLACE or clean_speech(name) != name:
        return False
    try:
        split_answer([(name, None)])
    except AnswerError:
        return False
    return True


def _pieces(text: str, slots: dict[str, int]) -> tuple[str | int, ...]:
    """Cut the places out of a text, the longest first where one is in another."""
    if not slots:
        return (text,)
    names = sorted(slots, key=len, reverse=True)
    cut = re.split(f"({'|'.join(map(re.escape, names))})", text)
    return tuple(slots.get(piece, piece) for piece in cut if piece)


def _rows(path: Path) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Give line and cells of every row that is not blank."""
    text = read_text(path, _MOST_BYTES)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, tuple(cell.strip() for cell in cells)
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"短语文件 {path.name} 第 {line} 行不是合格的 CSV ({error})",
            "请检查这一行的双引号。",
        ) from error


def _columns(path: Path, header: Iterable[str]) -> dict[str, int]:
    names = [_CHINESE_HEADERS.get(cell, cell.casefold()) for cell in header]
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise DataError(
            f"短语文件 {path.name} 第 1 行缺少列 {', '.join(missing)}",
            f"表头应当是 {','.join(COLUMNS)}。",
        )
    return {name: names.index(name) for name in COLUMNS}
