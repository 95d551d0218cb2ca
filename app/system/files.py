"""Files by their sums, and files that are written whole or not at all."""

import hashlib
import json
from pathlib import Path


def sha256_of(path: Path) -> str:
    """Give a file's SHA-256; it is read in pieces, for it may be larger than memory.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def aside_of(path: Path) -> Path:
    """Name what `write_text` leaves behind where it is killed."""
    return path.with_name(f"{path.name}.writing")


def write_text(path: Path, text: str) -> None:
    """Write a text whole: a full disk leaves what was there, and nothing beside it.

    Raises:
        OSError: It cannot be written.
    """
    aside = aside_of(path)
    try:
        aside.write_text(text, encoding="utf-8")
        aside.replace(path)
    except OSError:
        aside.unlink(missing_ok=True)
        raise


def write_json(path: Path, value: object, *, sort: bool = False) -> None:
    """Write JSON for people to read, whole or not at all; `sort` orders the keys.

    Raises:
        OSError: It cannot be written.
        TypeError, ValueError: It is nothing that JSON can say.
    """
    text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=sort)
    write_text(path, text + "\n")
