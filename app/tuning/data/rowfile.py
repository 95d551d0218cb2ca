"""Files of rows: a JSON list, or one JSON object a line, ours or anybody's."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from app.system.files import sha256_of
from app.tuning.data.errors import DataError

COLUMNS: Final = ("content", "summary")
_REMEDY: Final = "请用 griddesk tune data 重新生成, 或更正后重试。"


def read_rows(path: Path) -> list[tuple[str, str]]:
    """Read a file with the columns `content` and `summary`, ours or anybody's.

    Raises:
        DataError: The file is not there, empty, broken, or has a row without the
            columns; the sentence says which.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise DataError(f"找不到数据文件 {path}", _REMEDY) from None
    except OSError as error:
        raise DataError(
            f"无法读取数据文件 {path} ({error.strerror or error})", "请检查文件权限。"
        ) from error
    except UnicodeDecodeError as error:
        raise DataError(
            f"数据文件 {path.name} 不是 UTF-8 文本 (第 {error.start + 1} 个字节)",
            "请另存为 UTF-8 后重试。",
        ) from error
    if not text.strip():
        raise DataError(f"数据文件 {path.name} 是空的", _REMEDY)
    rows = list(_rows(path, text))
    if not rows:
        raise DataError(f"数据文件 {path.name} 里没有一行数据", _REMEDY)
    return rows


def _rows(path: Path, text: str) -> Iterator[tuple[str, str]]:
    if text.lstrip().startswith("{"):
        # One object a line, as `datasets` writes it; or a single object, which is none.
        # Not `splitlines`: a string may hold other marks that end a line.
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                yield _row(path, f"第 {number} 行", _json(path, line, number))
        return
    value = _json(path, text)
    if not isinstance(value, list):
        raise DataError(
            f"数据文件 {path.name} 不是行的列表", "最外层应当是 [ ], 里面是一行行数据。"
        )
    for number, row in enumerate(value, 1):
        yield _row(path, f"第 {number} 行数据", row)


def _json(path: Path, text: str, line: int = 0) -> object:
    try:
        value: object = json.loads(text)
    except ValueError as error:
        where = f"第 {line} 行"
        if isinstance(error, json.JSONDecodeError):
            where = f"第 {line or error.lineno} 行第 {error.colno} 个字符处"
            if error.pos >= len(text.rstrip()):
                raise DataError(
                    f"数据文件 {path.name} 到{where}就断了, 后面缺内容", _REMEDY
                ) from error
        raise DataError(
            f"数据文件 {path.name} {where}不是合格的 JSON", _REMEDY
        ) from error
    return value


def _row(path: Path, where: str, row: object) -> tuple[str, str]:
    name = f"数据文件 {path.name} {where}"
    if not isinstance(row, dict):
        raise DataError(f"{name}不是对象", "每行应当是带 content 和 summary 的对象。")
    missing = [column for column in COLUMNS if column not in row]
    if missing:
        raise DataError(
            f"{name}缺少 {'、'.join(missing)}", "每行都要有 content 和 summary 两列。"
        )
    for column in COLUMNS:
        if not isinstance(row[column], str):
            kind = type(row[column]).__name__
            raise DataError(f"{name}的 {column} 不是文字, 而是 {kind}", "请改成文字。")
        if not row[column].strip():
            raise DataError(f"{name}的 {column} 是空的", "请补上内容, 或删去这一行。")
    return row["content"], row["summary"]


def hash_of(folder: Path, names: tuple[str, ...]) -> str:
    """Give one SHA-256 over files of a folder, names included."""
    digest = hashlib.sha256()
    for name in names:
        digest.update(f"{name}\n".encode())
        digest.update(bytes.fromhex(sha256_of(folder / name)))
    return digest.hexdigest()
