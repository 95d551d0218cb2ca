"""The Chinese font of a page: one of this machine's, embedded as far as it is used.

reportlab reads TrueType outlines and no PostScript ones, so Noto Sans CJK and Source
Han Sans (.otf, .ttc) are of no use here; where they are all there is, a sentence says
what to install. Nothing is fetched.
"""

import os
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from app.core.errors import MissingError
from app.system.libraries import FONT_PACKAGE, OWN_FONTS

NAME: Final = "griddesk-cjk"

_FILES: Final = (
    "msyh.ttc",
    "msyh.ttf",
    "Deng.ttf",
    "simhei.ttf",
    "simsun.ttc",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "DroidSansFallbackFull.ttf",
    "DroidSansFallback.ttf",
    "NotoSansSC-Regular.ttf",
    "uming.ttc",
    "ukai.ttc",
    "STHeiti Light.ttc",
    "STHeiti Medium.ttc",
    "Arial Unicode.ttf",
)
"""File names, the most readable in print first."""
_NEEDED: Final = "巡检班确认工地无数据"


def folders() -> tuple[Path, ...]:
    """Give the folders where a system keeps its fonts."""
    home = Path.home()
    if sys.platform == "win32":
        own = Path(os.environ.get("LOCALAPPDATA", home)) / "Microsoft/Windows/Fonts"
        return (Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts", own)
    if sys.platform == "darwin":
        return (
            Path("/System/Library/Fonts"),
            Path("/Library/Fonts"),
            home / "Library/Fonts",
        )
    return (
        Path("/usr/share/fonts"),
        Path("/usr/local/share/fonts"),
        home / ".local/share/fonts",
        home / ".fonts",
        OWN_FONTS,
    )


def found(where: tuple[Path, ...]) -> Iterator[Path]:
    """Give the fonts that may do, the best one first."""
    there: dict[str, Path] = {}
    for folder in where:
        for path in folder.rglob("*") if folder.is_dir() else ():
            there.setdefault(path.name.casefold(), path)
    for name in _FILES:
        if name.casefold() in there:
            yield there[name.casefold()]


@cache
def chinese(where: tuple[Path, ...] | None = None) -> Any:
    """Register the font for pages, and give its face.

    Raises:
        MissingError: There is none; names the package that brings one.
    """
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFError, TTFont

    for path in found(folders() if where is None else where):
        try:
            font = TTFont(NAME, str(path), subfontIndex=0)
        except (TTFError, OSError, ValueError):
            continue
        if all(ord(letter) in font.face.charToGlyph for letter in _NEEDED):
            pdfmetrics.registerFont(font)
            return font.face
    raise MissingError(
        "没有可嵌入 PDF 的中文字体",
        f"Linux 请安装软件包 {FONT_PACKAGE}, Windows 请安装中文补充字体 "
        "(微软雅黑); 也可以先导出为 .xlsx 或 .csv。",
    )


def shown(words: str) -> str:
    """Write what the font has no shape for as its code point, so that it is seen."""
    return "".join(map(_shape, words))


@lru_cache(maxsize=32_768)
def _shape(letter: str) -> str:
    known = _visible(letter) and ord(letter) in chinese().charToGlyph
    return letter if known else _code(letter)


def _visible(letter: str) -> bool:
    """Say whether it is more than an order to the reader, like "from right to left"."""
    return unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co", "Cn"}


def _code(letter: str) -> str:
    return f"〔U+{ord(letter):04X}〕"
