"""Pictures of site systems: only whole pictures are kept, and nothing is lost."""

import asyncio
import hashlib
import io
import logging
import random
import struct
import zlib
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from app.core.errors import BackendDataError
from app.core.observation import Evidence
from app.sites.evidence import (
    MOST_BYTES,
    MOST_PIXELS,
    keep_picture,
    picture_kind,
    store_evidence,
)

TAKEN = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp"}


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """A picture that no format makes small."""
    size = len(mode) * width * height
    return Image.frombytes(mode, (width, height), random.Random(7).randbytes(size))


def written(kind: str, image: Image.Image | None = None, **options: object) -> bytes:
    out = io.BytesIO()
    (image or noise(64, 48)).save(out, kind, **options)
    return out.getvalue()


PICTURES = {kind: written(kind) for kind in SUFFIXES} | {
    "progressive": written("JPEG", progressive=True),
    "lossless": written("WEBP", lossless=True),
    "transparent": written("WEBP", noise(40, 30, "RGBA")),
    "grey": written("PNG", noise(30, 20, "L")),
    "cmyk": written("JPEG", noise(30, 20, "CMYK")),
}


def chunk(name: bytes, body: bytes) -> bytes:
    crc = struct.pack(">I", zlib.crc32(name + body))
    return struct.pack(">I", len(body)) + name + body + crc


def png_of(width: int, height: int, pixels: bytes = b"") -> bytes:
    """A PNG that says it has this size, whatever it holds."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", header),
            chunk(b"IDAT", zlib.compress(pixels)),
            chunk(b"IEND", b""),
        )
    )


def webp_of(first: bytes, body: bytes) -> bytes:
    chunked = first + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", 4 + len(chunked)) + b"WEBP" + chunked


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("kind", SUFFIXES)
def test_a_picture_is_kept_as_it_came_with_what_is_known_of_it(
    kind: str, tmp_path: Path
) -> None:
    data = PICTURES[kind]
    digest = hashlib.sha256(data).hexdigest()
    kept = keep_picture(tmp_path, data, annotated=True, camera="3号机", taken_at=TAKEN)
    assert kept == Evidence(
        path=f"{digest[:2]}/{digest}{SUFFIXES[kind]}",
        sha256=digest,
        media_type=f"image/{kind.lower()}",
        annotated=True,
        camera="3号机",
        taken_at=TAKEN,
    )
    assert (tmp_path / kept.path).read_bytes() == data
    assert files(tmp_path) == {f"{digest}{SUFFIXES[kind]}"}


@pytest.mark.parametrize("kind", PICTURES)
def test_what_cameras_write_is_a_picture(kind: str) -> None:
    assert picture_kind(PICTURES[kind]).media_type.startswith("image/")
    # Some write notes behind the end.
    assert picture_kind(PICTURES[kind] + b"\0\0camera 7\0")


@pytest.mark.parametrize("kind", PICTURES)
def test_a_picture_that_breaks_off_is_refused_wherever_it_does(
    kind: str, tmp_path: Path
) -> None:
    data = PICTURES[kind]
    step = max(1, len(data) // 150)
    for end in (*range(1, len(data), step), len(data) - 2, len(data) - 1):
        with pytest.raises(BackendDataError):
            keep_picture(tmp_path, data[:end])
    assert files(tmp_path) == set()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><body>404</body></html>",
        b'{"code": 500}',
        b"\x89PNG\r\n\x1a\n<script>alert(1)</script>",
        b"\xff\xd8\xff\xe0 not a picture \xff\xd9",
        b"RIFF\x10\x00\x00\x00WEBPVP8 ....",
        b"RIFF\x10\x00\x00\x00WAVEfmt ....",
        written("GIF", noise(8, 8, "L")),
        written("BMP"),
        written("TIFF"),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n",
    ],
    ids=lambda data: repr(data[:12]),
)
def test_what_is_no_picture_is_refused_in_a_sentence(
    data: bytes, tmp_path: Path
) -> None:
    with pytest.raises(BackendDataError, match=r"^证据图") as raised:
        keep_picture(tmp_path, data)
    assert "404" not in str(raised.value)
    assert files(tmp_path) == set()


def test_a_picture_without_pixels_is_refused() -> None:
    with pytest.raises(BackendDataError):
        picture_kind(png_of(0, 0))


def test_too_many_bytes_are_refused(tmp_path: Path) -> None:
    data = PICTURES["PNG"]
    assert picture_kind(data.ljust(MOST_BYTES, b"\0"))
    with pytest.raises(BackendDataError, match="超过 8 MB"):
        keep_picture(tmp_path, data.ljust(MOST_BYTES + 1, b"\0"))


@pytest.mark.parametrize(
    "data",
    [
        png_of(8000, 5001),
        png_of(30_000, 30_000),
        png_of(2**31 - 1, 2**31 - 1),
        webp_of(b"VP8X", bytes(4) + b"\xff\xff\xff" * 2),
        webp_of(b"VP8L", b"\x2f\xff\xff\xff\x0f"),
        webp_of(b"VP8 ", b"\0\0\0\x9d\x01\x2a\xff\x3f\xff\x3f"),
    ],
    ids=["a little", "a lot", "absurd", "canvas", "lossless", "lossy"],
)
def test_a_bomb_is_refused_before_it_is_decoded(data: bytes) -> None:
    with pytest.raises(BackendDataError, match="4000 万像素"):
        picture_kind(data)


def test_the_largest_picture_is_taken() -> None:
    width, height = 8000, 5000
    assert width * height == MOST_PIXELS
    rows = (b"\0" + bytes(width // 8)) * height
    assert picture_kind(png_of(width, height, rows)).suffix == ".png"


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_moving_picture_is_refused(kind: str) -> None:
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "blue")]
    data = written(kind, frames[0], save_all=True, append_images=frames[1:])
    with pytest.raises(BackendDataError, match="动图"):
        picture_kind(data)


@settings(max_examples=150)
@given(
    kind=st.sampled_from(sorted(PICTURES)),
    at=st.floats(0, 1, exclude_max=True),
    junk=st.binary(max_size=8),
)
def test_a_damaged_picture_is_taken_or_refused_and_nothing_else(
    kind: str, at: float, junk: bytes
) -> None:
    data = bytearray(PICTURES[kind])
    start = int(at * len(data))
    data[start : start + len(junk)] = junk
    with suppress(BackendDataError):
        assert picture_kind(bytes(data)).suffix in SUFFIXES.values()


def test_the_same_picture_is_not_written_twice(tmp_path: Path) -> None:
    first = keep_picture(tmp_path, PICTURES["JPEG"], camera="东门")
    before = (tmp_path / first.path).stat()
    again = keep_picture(tmp_path, PICTURES["JPEG"], camera="西门")
    after = (tmp_path / first.path).stat()
    assert (first.path, first.camera, again.camera) == (again.path, "东门", "西门")
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


@pytest.mark.parametrize("there", [b"", b"tampered", PICTURES["PNG"][:100]])
def test_a_picture_that_was_altered_is_set_aside_and_told(
    there: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept = keep_picture(tmp_path, PICTURES["PNG"])
    path = tmp_path / kept.path
    path.write_bytes(there)
    for _ in range(2):
        assert keep_picture(tmp_path, PICTURES["PNG"]) == kept
    assert path.read_bytes() == PICTURES["PNG"]
    aside = f"{kept.sha256}.altered-{hashlib.sha256(there).hexdigest()}.png"
    assert files(tmp_path) == {path.name, aside}
    assert path.with_name(aside).read_bytes() == there
    (told,) = caplog.records
    assert told.levelno == logging.WARNING
    assert aside in told.getMessage()
    caplog.clear()


def test_each_alteration_is_set_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept = store_evidence(tmp_path, b"drawn")
    for other in (b"one", b"two", b"one"):
        (tmp_path / kept.path).write_bytes(other)
        store_evidence(tmp_path, b"drawn")
    folder = (tmp_path / kept.path).parent
    assert {p.read_bytes() for p in folder.iterdir()} == {b"drawn", b"one", b"two"}
    caplog.clear()


async def test_the_same_picture_at_once_is_kept_once(tmp_path: Path) -> None:
    keeping = [
        asyncio.to_thread(keep_picture, tmp_path, PICTURES["WEBP"]) for _ in range(16)
    ]
    kept = await asyncio.gather(*keeping)
    assert len(set(kept)) == 1
    assert files(tmp_path) == {Path(kept[0].path).name}


def test_a_folder_that_cannot_be_written_is_no_fault_of_the_picture(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="file"):
        keep_picture(tmp_path / "file", PICTURES["PNG"])
