"""The pictures behind findings: read, compared with their hashes, made small."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.core.observation import Evidence

_MOST_BYTES: Final = 64 * 1024 * 1024
"""Of a file that is read; no picture that is kept is nearly as large."""
_MOST_POINTS: Final = 50_000_000
_SMALL: Final = (720, 540)
"""Pixels: 60 mm on paper at 300 dots an inch."""

SOUND: Final = "与记录的指纹一致"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture made small, or a sentence on why there is none."""

    jpeg: bytes = b""
    size: tuple[int, int] = (0, 0)
    problem: str = ""


class Pictures:
    """Reads the pictures of a folder; each is looked at once."""

    def __init__(self, folder: Path) -> None:
        """Take the evidence folder."""
        self._root: Final = folder.resolve()
        self._states: dict[Evidence, str] = {}

    def state(self, evidence: Evidence) -> str:
        """Say in words whether the picture is what was recorded."""
        if evidence not in self._states:
            _, problem = self._read(evidence)
            self._states[evidence] = problem or SOUND
        return self._states[evidence]

    def small(self, evidence: Evidence) -> Picture:
        """Read a picture and make it small enough for a page."""
        data, problem = self._read(evidence)
        self._states[evidence] = problem or SOUND
        if problem:
            return Picture(problem=problem)
        from PIL import Image

        try:
            return _shrunk(data)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            return Picture(problem=f"图片 {evidence.path} 的格式无法显示")

    def _read(self, evidence: Evidence) -> tuple[bytes, str]:
        """Give the bytes, or a sentence on what is wrong with them."""
        try:
            path = (self._root / evidence.path).resolve()
            if not path.is_relative_to(self._root):
                return b"", f"图片 {evidence.path} 的路径不在证据文件夹内, 没有打开"
            with path.open("rb") as file:
                data = file.read(_MOST_BYTES)
        except (OSError, ValueError):
            return b"", f"找不到图片 {evidence.path}, 可能已被移走或删除"
        if hashlib.sha256(data).hexdigest() != evidence.sha256:
            return b"", f"图片 {evidence.path} 与记录的指纹不符, 可能被改动过"
        return data, ""


def _shrunk(data: bytes) -> Picture:
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        if image.width * image.height > _MOST_POINTS:
            raise ValueError("too large")
        image.draft("RGB", _SMALL)
        small = image.convert("RGB")
    small.thumbnail(_SMALL, Image.Resampling.BILINEAR, reducing_gap=2.0)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=82)
    return Picture(jpeg=out.getvalue(), size=small.size)


Look = Callable[[Evidence], str]
"""Says in words whether a picture is what was recorded."""
