"""What a user brought, among rows that were written: to be looked at, and measured."""

import json
from pathlib import Path
from typing import Any, Final

from app.tuning.data.errors import DataError
from app.tuning.data.rowfile import read_rows
from app.tuning.data.rowset import MADE, TEACHER, Row
from app.tuning.phrases.lexicon import Split

_REMEDY: Final = "请用 griddesk tune data 重新生成。"


def brought_rows(folder: Path, split: Split) -> list[Row]:
    """Give the rows of a split that were made of what somebody brought.

    Rows that somebody took out of the split since are none of them.

    Raises:
        DataError: The rows, or what they are, cannot be read.
    """
    path = folder / f"{split}.meta.json"
    try:
        rows = [_row(one) for one in _list(path.read_text(encoding="utf-8"))]
    except FileNotFoundError:
        raise DataError(f"找不到 {path}, 不知道哪些语句是带来的", _REMEDY) from None
    except OSError as error:
        raise DataError(
            f"无法读取 {path} ({error.strerror or error})", "请检查文件权限。"
        ) from error
    except (ValueError, TypeError) as error:
        raise DataError(f"{path} 内容有误 ({error})", _REMEDY) from error
    there = set(read_rows(folder / f"{split}.json"))
    return [
        row
        for row in rows
        if row.source != MADE and (row.content, row.summary) in there
    ]


def dev_rows(folder: Path, count: int) -> list[tuple[str, str]]:
    """Give the first rows of dev.json, and whatever follows that a user brought.

    What he brought stands last, but it is what his training is for. What a teacher
    labelled is no such thing: it is all there is, and as much as one likes.

    Args:
        folder: Where the data are, ours or anybody's.
        count: Rows of the first; 0 for all.

    Raises:
        DataError: The rows, or what they are, cannot be read.
    """
    rows = read_rows(folder / f"{Split.DEV}.json")
    if not count or not (folder / f"{Split.DEV}.meta.json").exists():
        return rows[: count or None]
    own = {
        (row.content, row.summary)
        for row in brought_rows(folder, Split.DEV)
        if row.source != TEACHER
    }
    return rows[:count] + [row for row in rows[count:] if row in own]


def _list(text: str) -> list[Any]:
    stated = json.loads(text)
    if not isinstance(stated, list):
        raise TypeError("no list")
    return stated


def _row(stated: Any) -> Row:
    """Read back a row; lists were tuples."""
    if not isinstance(stated, dict):
        raise TypeError("no row")
    cells: dict[str, Any] = {
        name: tuple(cell) if isinstance(cell, list) else cell
        for name, cell in stated.items()
    }
    row = Row(**cells)
    texts = (row.content, row.summary, row.kind, row.phrase, row.source)
    if not all(isinstance(text, str) for text in (*texts, *row.names, *row.stems)):
        raise TypeError("not text")
    return row
