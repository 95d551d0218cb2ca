"""What was said and never labelled: one utterance a line, or the desk's own log.

Of a log only the words are read; nobody's name, no site, no time.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from app.tuning.data.errors import DataError
from app.tuning.data.textfile import read_text

_MOST_BYTES: Final = 256 << 20
_HEARD: Final = ("听到的话", "text")
"""Columns of a table that hold what was said: the log's, or anybody's."""


def read_transcripts(path: Path) -> list[str]:
    """Read utterances: a text, a table (.csv) or an export of the log (.csv, .jsonl).

    Raises:
        DataError: The file cannot be read, or a line of it cannot; says which.
    """
    text = read_text(path, _MOST_BYTES)
    read = _READERS.get(path.suffix.casefold(), _lines)
    found = list(read(path, text))
    if not any(line.strip() for line in found):
        raise DataError(f"{path.name} 里没有一句话", "请每行写一句, 或给出日志的导出。")
    return found


def _lines(_: Path, text: str) -> Iterator[str]:
    yield from text.splitlines()


def _table(path: Path, text: str) -> Iterator[str]:
    rows = csv.DictReader(io.StringIO(text, newline=""))
    column = next((name for name in _HEARD if name in (rows.fieldnames or ())), None)
    if column is None:
        raise DataError(
            f"{path.name} 第 1 行没有列 {' 或 '.join(_HEARD)}",
            "请给出 griddesk log export 的文件, 或带 text 列的表。",
        )
    # A run of several calls has several rows: its words follow one another.
    before = None
    try:
        for row in rows:
            said = row[column] or ""
            if said != before:
                yield said
            before = said
    except csv.Error as error:
        raise DataError(
            f"{path.name} 第 {rows.line_num + 1} 行不是合格的 CSV ({error})",
            "请检查这一行的双引号。",
        ) from error


def _objects(path: Path, text: str) -> Iterator[str]:
    # Not `splitlines`: a string may hold other marks that end a line.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield _said(json.loads(line))
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{path.name} 第 {number} 行不是日志的导出, 也没有 text",
                "请给出 griddesk log export 的文件, 或每行一个带 text 的对象。",
            ) from error


def _said(entry: Any) -> str:
    """Give the words of a line; none where it is no run, or one that heard nothing."""
    if "export" in entry:
        return ""
    if "body" in entry:
        body = json.loads(entry["body"])
        if body["kind"] != "run":
            return ""
        entry = body["run"]["utterance"] or {"text": ""}
    said = entry["text"]
    if not isinstance(said, str):
        raise TypeError(said)
    return said


_READERS: Final[dict[str, Callable[[Path, str], Iterator[str]]]] = {
    ".csv": _table,
    ".jsonl": _objects,
}
