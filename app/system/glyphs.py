"""Whether a font file really draws some characters, by its own table of them.

Standard library only: the bootstrap script asks before anything is installed.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

SAMPLE: Final = "人数安全帽电笔工地告警缺勤巡检"
"""Characters that every screen of the desk shows."""
_MOST: Final = 64_000_000
"""Bytes of a font that are looked at."""


def draws(path: Path, text: str = SAMPLE) -> bool:
    """Say whether one face of a TrueType or OpenType file has every character."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST)
        faces = [_Face(data, at) for at in _faces(data)]
        return any(all(face(ord(letter)) for letter in text) for face in faces)
    except (OSError, struct.error, IndexError, ValueError):
        # It is cut short, or no font at all.
        return False


def _faces(data: bytes) -> Iterator[int]:
    """Give where each face of a file begins."""
    if data[:4] != b"ttcf":
        yield 0
        return
    (count,) = struct.unpack_from(">I", data, 8)
    yield from struct.unpack_from(f">{min(count, 64)}I", data, 12)


class _Face:
    """Gives the number of a character's glyph in a face; 0: it has none."""

    def __init__(self, data: bytes, face: int) -> None:
        self._data = data
        (tables,) = struct.unpack_from(">H", data, face + 4)
        entries = (
            struct.unpack_from(">4sIII", data, face + 12 + 16 * number)
            for number in range(tables)
        )
        cmap = next((at for tag, _, at, _ in entries if tag == b"cmap"), 0)
        if not cmap:
            raise ValueError("no table of characters")
        (count,) = struct.unpack_from(">H", data, cmap + 2)
        places = {
            cmap + struct.unpack_from(">HHI", data, cmap + 4 + 8 * number)[2]
            for number in range(count)
        }
        self._tables = [
            (struct.unpack_from(">H", data, at)[0], at) for at in sorted(places)
        ]

    def __call__(self, code: int) -> int:
        for layout, at in self._tables:
            found = 0
            if layout == 12:
                found = self._in_groups(code, at)
            elif layout == 4 and code < 0x10000:
                found = self._in_segments(code, at)
            if found:
                return found
        return 0

    def _in_groups(self, code: int, at: int) -> int:
        (count,) = struct.unpack_from(">I", self._data, at + 12)
        for number in range(count):
            low, high, glyph = struct.unpack_from(
                ">III", self._data, at + 16 + 12 * number
            )
            if low <= code <= high:
                return int(glyph + code - low)
        return 0

    def _in_segments(self, code: int, at: int) -> int:
        data = self._data
        (twice,) = struct.unpack_from(">H", data, at + 6)
        ends = struct.unpack_from(f">{twice // 2}H", data, at + 14)
        number = next((n for n, end in enumerate(ends) if code <= end), None)
        if number is None:
            return 0
        start_at = at + 16 + twice + 2 * number
        (start,) = struct.unpack_from(">H", data, start_at)
        (delta,) = struct.unpack_from(">H", data, start_at + twice)
        (offset,) = struct.unpack_from(">H", data, start_at + 2 * twice)
        if code < start:
            return 0
        if offset == 0:
            return int(code + delta) & 0xFFFF
        place = start_at + 2 * twice + offset + 2 * (code - start)
        (glyph,) = struct.unpack_from(">H", data, place)
        return int(glyph + delta) & 0xFFFF if glyph else 0
