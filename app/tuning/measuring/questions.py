"""What an adapter is asked: held-out rows, drawn or brought, and tables of transcripts.

A table is a TSV in UTF-8 with the columns `text`, `intent` and `calls`. A call is
`place/check`, calls are joined by `;`. The place is the words of the text; it is empty
for the intent `no_place`, the check is empty for `no_check`. Where the column is empty
only the intent counts. `place:check` is read too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.agent.prompts import (
    GREETING_SPLIT_ANSWER,
    UNSUPPORTED_ANSWER,
    AnswerError,
    Pair,
    SplitAnswer,
    clean_speech,
    parse_split_answer,
    split_answer,
    split_prompt,
)
from app.core.errors import UsageError
from app.core.model import Check, Intent
from app.tuning.data.brought import brought_rows
from app.tuning.data.maker import SHARES, Maker, Row
from app.tuning.data.rowset import JOURNAL, TEACHER
from app.tuning.phrases.lexicon import Split

CLEAN: Final = "clean"
BROUGHT: Final = "brought "
"""Groups of what a user brought begin with it; its source follows."""
SUMMARIES: Final = frozenset(check.value for check in Check)
"""Kinds that no recogniser can spoil."""

_AS_HEARD: Final = frozenset({JOURNAL, TEACHER})
"""Sources of rows that a recogniser wrote: nobody knows what was said."""

_COLUMNS: Final = ("text", "intent", "calls")
_SPLIT_HEAD: Final = split_prompt("")
_LONGEST_CELL: Final = 2_000


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What an answer to a splitting must say."""

    intent: Intent
    calls: frozenset[Pair] | None = None
    """Every place with its check; None: only the intent is known."""

    def equals(self, reading: SplitAnswer) -> bool:
        """Whether an answer says the same; the order of calls does not matter."""
        if reading.intent is not self.intent:
            return False
        return self.calls is None or frozenset(reading.pairs) == self.calls


@dataclass(frozen=True, kw_only=True)
class Question:
    """One thing asked, with the right answer."""

    group: str
    """`clean`, a noise level such as `cer 10 %`, what was brought such as
    `brought csv`, or the name of a table."""
    kind: str
    prompt: str
    answer: str = ""
    """The label; empty where a table tells the intent only."""
    speech: str | None = None
    """What was heard, for a splitting; None for greetings and summaries."""
    wanted: Wanted | None = None
    """What a splitting must say; None for greetings and summaries."""
    said: str = ""
    """The words before any noise; empty where nobody knows them."""

    @property
    def in_reach(self) -> bool:
        """Whether every place stands in the text as the label has it."""
        if self.speech is None or self.wanted is None:
            return True
        heard = clean_speech(self.speech)
        return all(not place or place in heard for place, _ in self.wanted.calls or ())


def level_name(cer: float) -> str:
    """Name a noise level: `clean`, `cer 10 %`."""
    return CLEAN if cer <= 0 else f"cer {cer:.0%}".replace("%", " %")


def question_of(row: Row, group: str) -> Question:
    """Make the question of a held-out row."""
    if not row.content.startswith(_SPLIT_HEAD):
        return Question(
            group=group, kind=row.kind, prompt=row.content, answer=row.summary
        )
    answer = parse_split_answer(row.summary)
    return Question(
        group=group,
        kind=row.kind,
        prompt=row.content,
        answer=row.summary,
        speech=row.content.removeprefix(_SPLIT_HEAD),
        wanted=Wanted(intent=answer.intent, calls=frozenset(answer.pairs)),
        said=_said(row),
    )


def _said(row: Row) -> str:
    """Put a row's places back into its phrase."""
    if row.source in _AS_HEARD:
        return ""
    names = iter(row.names)
    return clean_speech(re.sub(r"<\d+>", lambda _: next(names, ""), row.phrase))


def held_out(maker: Maker, count: int, cer: float) -> Iterator[Question]:
    """Draw `count` distinct questions of each kind at one noise level."""
    for kind in SHARES:
        if cer > 0 and kind in SUMMARIES:
            continue
        for row in distinct(maker, kind, count, cer=cer):
            yield question_of(row, level_name(cer))


def distinct(maker: Maker, kind: str, count: int, *, cer: float = 0.0) -> list[Row]:
    """Draw distinct rows, fewer than `count` where a kind has no more to say."""
    found: dict[str, Row] = {}
    for _ in range(count * 4):
        row = maker.row(kind, noisy=cer > 0, cer=cer or None)
        found.setdefault(row.content, row)
        if len(found) == count:
            break
    return list(found.values())


def brought(folder: Path, split: Split) -> list[Question]:
    """Ask what a user brought and `tune data` held out, a group for each source.

    Raises:
        DataError: The rows of the split, or what they are, cannot be read.
        UsageError: A row is no question of the desk.
    """
    found = []
    for row in brought_rows(folder, split):
        try:
            found.append(question_of(row, f"{BROUGHT}{row.source}"))
        except AnswerError as error:
            raise UsageError(
                f"{split}.json 里「{row.content}」的 summary 不是封闭语言的句子",
                "请用 griddesk tune data 重新生成。",
            ) from error
    return found


def read_table(path: Path) -> list[Question]:
    """Read a table of transcripts.

    Raises:
        UsageError: The file cannot be read, or a line is wrong; the line is named.
    """
    try:
        # Not `splitlines`: a line separator inside a text is no new line of the table.
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"表格 {path.name} 无法读取 ({type(error).__name__})",
            "需要 UTF-8 编码的制表符分隔文件。",
        ) from error
    header = lines[0].rstrip("\r").split("\t")
    if not set(_COLUMNS) <= set(header):
        raise UsageError(
            f"表格 {path.name} 的第一行缺少列名",
            "第一行应为 text、intent、calls 三列, 以制表符分隔。",
        )
    found = []
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        cells = line.rstrip("\r").split("\t")
        found.append(_table_row(path, number, dict(zip(header, cells, strict=False))))
    if not found:
        raise UsageError(f"表格 {path.name} 没有任何一行语句")
    return found


def _table_row(path: Path, number: int, cells: dict[str, str]) -> Question:
    def wrong(why: str) -> UsageError:
        return UsageError(
            f"表格 {path.name} 第 {number} 行: {why}",
            "格式: 语句、意图、地点/检查;地点/检查, 以制表符分隔。",
        )

    text = cells.get("text", "").strip()
    if not clean_speech(text) or len(text) > _LONGEST_CELL:
        raise wrong("没有语句" if len(text) <= _LONGEST_CELL else "语句过长")
    try:
        intent = Intent(cells.get("intent", "").strip())
    except ValueError:
        names = ", ".join(one.value for one in Intent)
        raise wrong(f"意图应为 {names} 之一") from None
    try:
        calls = _calls(cells.get("calls", "").strip())
        answer = _answer(intent, calls)
    except ValueError as error:
        raise wrong(str(error)) from None
    known = answer or intent is Intent.UNCLEAR
    reading = parse_split_answer(answer) if answer else None
    return Question(
        group=path.name,
        kind=intent.value,
        prompt=split_prompt(text),
        answer=answer,
        speech=text,
        wanted=Wanted(
            intent=intent,
            calls=frozenset(reading.pairs) if known and reading else None,
        ),
    )


def _calls(cell: str) -> tuple[Pair, ...]:
    pairs: list[Pair] = []
    for one in filter(None, re.split("[;;]", cell)):
        found = re.fullmatch(r"\s*([^/:]*?)\s*[/:]\s*([a-z]*)\s*", one)
        if found is None:
            raise ValueError(f"无法读懂调用「{one}」")
        try:
            check = Check(found[2]) if found[2] else None
        except ValueError:
            names = ", ".join(check.value for check in Check)
            raise ValueError(f"检查「{found[2]}」应为 {names} 之一") from None
        pairs.append((clean_speech(found[1]) or None, check))
    return tuple(pairs)


def _answer(intent: Intent, calls: tuple[Pair, ...]) -> str:
    """Write the label, empty where only the intent is known.

    Raises:
        ValueError: The calls do not fit the intent.
    """
    if intent in {Intent.UNSUPPORTED, Intent.GREETING}:
        if calls:
            raise ValueError(f"意图 {intent.value} 不能有调用")
        return (
            UNSUPPORTED_ANSWER
            if intent is Intent.UNSUPPORTED
            else (GREETING_SPLIT_ANSWER)
        )
    if intent is Intent.UNCLEAR:
        calls = calls or ((None, None),)
    if not calls:
        if intent is Intent.INSPECT:
            raise ValueError("意图 inspect 需要至少一个 地点/检查")
        return ""
    try:
        text = split_answer(calls)
        fits = parse_split_answer(text).intent is intent
    except AnswerError:
        fits = False
    if not fits:
        raise ValueError(f"调用与意图 {intent.value} 不符")
    return text
