"""Read a text file that somebody brought, in either encoding of Chinese desks."""

from pathlib import Path

from app.system.encoding import decoded
from app.tuning.data.errors import DataError


def read_text(path: Path, most: int) -> str:
    """Read UTF-8 or GB18030 text of at most `most` bytes.

    Raises:
        DataError: It cannot be read, is larger, or is no text; says which.
    """
    try:
        if path.stat().st_size > most:
            raise DataError(f"{path.name} 超过 {most >> 20} MB", "请分成几个文件。")
        data = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"无法读取 {path}: {error.strerror or error}", "请检查文件名和权限。"
        ) from error
    if found := decoded(data):
        return found[0]
    raise DataError(
        f"{path.name} 既不是 UTF-8 也不是 GB18030 文本",
        "请另存为 UTF-8 文本 (表格请另存为 CSV UTF-8) 后重试。",
    )
