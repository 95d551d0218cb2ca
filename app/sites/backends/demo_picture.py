"""Draws what the demonstration camera "sees": people, hard hats, voltage testers."""

import io
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

    _Font: TypeAlias = FreeTypeFont | ImageFont

SIZE: Final = (640, 360)
_CHINESE_FONTS: Final = (
    "NotoSansCJK-Regular.ttc", "NotoSansSC-Regular.otf", "SourceHanSansSC-Regular.otf",
    "wqy-microhei.ttc", "wqy-zenhei.ttc", "msyh.ttc", "simhei.ttf", "simsun.ttc",
    "PingFang.ttc", "Hiragino Sans GB.ttc",
)  # fmt: skip
_GROUND: Final = (206, 196, 178)
_SKY: Final = (186, 208, 224)
_BAND: Final = (32, 40, 52)
_WHITE: Final = (255, 255, 255)
_WARNING: Final = (255, 196, 0)
_SKIN: Final = (224, 172, 128)
_HAIR: Final = (40, 32, 28)
_HAT: Final = (250, 204, 21)
_VEST: Final = (234, 88, 12)
_COAT: Final = (71, 85, 105)
_TESTER: Final = (220, 38, 38)


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureOf:
    """What a picture shows; the same value gives the same bytes."""

    site_id: str
    site_name: str
    taken_at: datetime
    people: int
    wearing: int
    carrying: int


@lru_cache(maxsize=64)
def draw(what: PictureOf) -> bytes:
    """Draw a PNG: hard hats are yellow domes, bare heads dark, testers red rods."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", SIZE, _GROUND)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, SIZE[0], SIZE[1] // 3), fill=_SKY)
    _pylon(pen, 96)
    _pylon(pen, 520)
    _figures(pen, what)
    _captions(pen, what)
    data = io.BytesIO()
    image.quantize(64, method=Image.Quantize.FASTOCTREE).save(
        data, format="PNG", compress_level=3
    )
    return data.getvalue()


def _pylon(pen: "ImageDraw", x: int) -> None:
    top, bottom = 44, 150
    for side in (-1, 1):
        pen.line((x, top, x + side * 18, bottom), fill=_COAT, width=2)
    for y, half in ((58, 26), (78, 32), (98, 26)):
        pen.line((x - half, y, x + half, y), fill=_COAT, width=2)


def _figures(pen: "ImageDraw", what: PictureOf) -> None:
    columns = 8 if what.people <= 16 else 16
    columns = columns if what.people <= 48 else 24
    pitch = SIZE[0] // columns
    unit = pitch / 10
    for index in range(what.people):
        row, column = divmod(index, columns)
        _figure(
            pen,
            (pitch * column + pitch / 2, 128 + unit * 5 + row * unit * 17),
            unit,
            hat=index < what.wearing,
            # Counted from the other end: those without one are not always the same.
            tester=index >= what.people - what.carrying,
        )


def _figure(
    pen: "ImageDraw",
    head: tuple[float, float],
    unit: float,
    *,
    hat: bool,
    tester: bool,
) -> None:
    x, y = head
    r = 1.7 * unit
    vest = _VEST if hat else _COAT
    pen.rectangle((x - 1.8 * unit, y + r, x + 1.8 * unit, y + r + 5 * unit), fill=vest)
    for side in (-1, 1):
        foot = x + side * unit
        pen.line((foot, y + r + 5 * unit, foot, y + r + 9 * unit), fill=_BAND, width=2)
    pen.ellipse((x - r, y - r, x + r, y + r), fill=_SKIN)
    dome = (x - r, y - r - 0.5 * unit, x + r, y + r)
    pen.pieslice(dome, 180, 360, fill=_HAT if hat else _HAIR)
    if hat:
        brim = y - 0.2 * unit
        pen.line((x - 1.4 * r, brim, x + 1.4 * r, brim), fill=_HAT, width=2)
    if tester:
        hand = x + 2.6 * unit
        rod = (hand, y + r, hand, y + r + 5 * unit)
        pen.line(rod, fill=_TESTER, width=max(2, round(unit)))


def _captions(pen: "ImageDraw", what: PictureOf) -> None:
    font, chinese = _font()
    name = what.site_name if chinese else what.site_id
    marked = "演示数据 · 非现场实景" if chinese else "DEMO DATA - NOT A REAL SITE"
    pen.rectangle((0, 0, SIZE[0], 30), fill=_BAND)
    pen.text((10, 5), name, font=font, fill=_WHITE)
    when = f"{what.taken_at:%Y-%m-%d %H:%M:%S%z}"
    pen.text((SIZE[0] - 10, 5), when, font=font, fill=_WHITE, anchor="ra")
    pen.rectangle((0, SIZE[1] - 28, SIZE[0], SIZE[1]), fill=_BAND)
    pen.text((10, SIZE[1] - 24), marked, font=font, fill=_WARNING)


@cache
def _font() -> "tuple[_Font, bool]":
    """Give a font, and whether it can write Chinese."""
    from PIL import ImageFont

    for name in _CHINESE_FONTS:
        try:
            return ImageFont.truetype(name, 17), True
        except OSError:
            continue
    return ImageFont.load_default(17), False
