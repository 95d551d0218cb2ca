"""Where pictures are kept: by their SHA-256, so that a picture cannot be swapped.

A file of the evidence folder is never overwritten and never deleted. Where the file of
a picture holds something else (somebody changed it, or a disk lost half of it), it is
set aside under a name that says so, `….altered-<its own SHA-256>…`, the log tells, and
the right bytes take its place: the records that name the picture verify again, and at
an inquiry both are there.
"""

import hashlib
import io
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from app.core.errors import BackendDataError
from app.core.observation import Evidence
from app.sites.files import write_atomically

log = logging.getLogger(__name__)

MOST_BYTES: Final = 8 * 1024 * 1024
"""Of one picture; a camera's full HD frame has less than one of them."""
MOST_PIXELS: Final = 40_000_000
"""Of one picture: five times a 4K camera."""

_MEGA: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureKind:
    """A format in which pictures are kept."""

    suffix: str
    media_type: str


PNG: Final = PictureKind(suffix=".png", media_type="image/png")
JPEG: Final = PictureKind(suffix=".jpg", media_type="image/jpeg")
WEBP: Final = PictureKind(suffix=".webp", media_type="image/webp")


def keep_picture(
    folder: Path,
    data: bytes,
    *,
    annotated: bool = False,
    camera: str = "",
    taken_at: datetime | None = None,
) -> Evidence:
    """Keep what a system gave as a picture, once it is clear that it is one.

    Decoding, hashing and writing take up to a second for a large picture: a backend
    calls this through `asyncio.to_thread`.

    Raises:
        BackendDataError: It is no picture, not a whole one, one that moves, or larger
            than any camera's.
        OSError: The folder cannot be written (full, read-only). That is no fault of
            the system that was asked: the caller answers without the picture and
            logs why.
    """
    kind = picture_kind(data)
    kept = store_evidence(folder, data, suffix=kind.suffix, media_type=kind.media_type)
    return replace(kept, annotated=annotated, camera=camera, taken_at=taken_at)


def store_evidence(
    folder: Path, data: bytes, *, suffix: str = ".png", media_type: str = "image/png"
) -> Evidence:
    """Keep these bytes as they are; the same bytes are not written again.

    For pictures that this program drew itself; those of others go through
    `keep_picture`.

    Raises:
        OSError: The folder cannot be written.
    """
    digest = hashlib.sha256(data).hexdigest()
    relative = f"{digest[:2]}/{digest}{suffix}"
    path = folder / relative
    if not _holds(path, digest):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, data)
    return Evidence(path=relative, sha256=digest, media_type=media_type)


def picture_kind(data: bytes) -> PictureKind:
    """Give the format of a whole picture, from its content and not from any name.

    Bytes after the end of a picture are let be: cameras write notes there. A moving
    picture is refused, because nobody could say which frame of it was counted.

    Raises:
        BackendDataError: It is not one whole PNG, JPEG or WebP within bounds.
    """
    if not data:
        raise BackendDataError("证据图是空的")
    if len(data) > MOST_BYTES:
        raise BackendDataError(
            f"证据图有 {len(data) / _MEGA:.1f} MB, 超过 {MOST_BYTES // _MEGA} MB"
        )
    kind = _kind_by_signature(data)
    if kind is None:
        raise BackendDataError("证据图不是 PNG、JPEG 或 WebP 图片")
    try:
        _decode(data, kind)
    except BackendDataError:
        raise
    except Exception as error:
        # A decoder of foreign bytes raises whatever it likes: OSError, SyntaxError,
        # struct.error, zlib's, MemoryError. Each means the same here.
        log.info("a picture cannot be decoded: %s: %s", type(error).__name__, error)
        raise BackendDataError("证据图不完整或已损坏") from error
    return kind


def _kind_by_signature(data: bytes) -> PictureKind | None:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WEBP
    return None


def _decode(data: bytes, kind: PictureKind) -> None:
    """Decode the whole picture; size first, before memory is taken for it."""
    from PIL.ImageFile import ImageFile
    from PIL.JpegImagePlugin import JpegImageFile
    from PIL.PngImagePlugin import PngImageFile
    from PIL.WebPImagePlugin import WebPImageFile

    if kind is WEBP:
        # Its decoder takes the memory of the canvas as soon as it is made.
        _refuse_larger(*_webp_size(data))
    # Not Image.open: that tries every format it knows, and only warns of a bomb.
    opening: dict[PictureKind, Callable[[io.BytesIO], ImageFile]] = {
        PNG: PngImageFile,
        JPEG: JpegImageFile,
        WEBP: WebPImageFile,
    }
    with opening[kind](io.BytesIO(data)) as image:
        _refuse_larger(*image.size)
        if getattr(image, "is_animated", False):
            raise BackendDataError("证据图是动图, 无法确定检测的是哪一帧")
        image.load()
    # This decoder alone forgives a file that ends after the last line of pixels.
    if kind is PNG and b"IEND\xaeB`\x82" not in data:
        raise BackendDataError("证据图不完整, 缺少结尾")


def _refuse_larger(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise BackendDataError(
            f"证据图有 {width}×{height} 像素, 超过 {MOST_PIXELS // 10_000} 万像素"
        )


def _webp_size(data: bytes) -> tuple[int, int]:
    """Give width and height of the canvas, from the first chunk's header."""
    head = data[12:30].ljust(18, b"\0")
    chunk = head[:4]
    if chunk == b"VP8X":
        width, height = head[12:15], head[15:18]
        return int.from_bytes(width, "little") + 1, int.from_bytes(height, "little") + 1
    if chunk == b"VP8L":
        packed = int.from_bytes(head[9:13], "little")
        return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
    width, height = head[14:16], head[16:18]
    return (
        int.from_bytes(width, "little") & 0x3FFF,
        int.from_bytes(height, "little") & 0x3FFF,
    )


def _holds(path: Path, digest: str) -> bool:
    """Say whether the picture is there; what else lies there is set aside."""
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return False
    if found == digest:
        return True
    aside = path.with_name(f"{path.stem}.altered-{found}{path.suffix}")
    # Another desk on the same folder may have set it aside just now.
    with suppress(FileNotFoundError):
        path.replace(aside)
    log.warning("evidence %s had another content; set aside as %s", path, aside.name)
    return False
