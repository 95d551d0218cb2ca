"""An adapter's package as it lies unpacked on a desk."""

from pathlib import Path

from app.core.adapters import AdapterFigure
from app.core.cancel import CancelToken
from app.core.errors import ModelCorruptError, UserFacingError
from app.modelstore.bases import read_object
from app.modelstore.evaluations import figures_of
from app.modelstore.files import sha256_of
from app.modelstore.packages import (
    CARD,
    SIGNATURE,
    SUMS,
    PackageCard,
    signer_in,
    sums_in,
)


def card_of(place: Path) -> PackageCard:
    """Give what a package says of itself.

    Raises:
        ModelCorruptError: It says nothing sensible.
    """
    try:
        return PackageCard(**read_object(place / CARD))  # type: ignore[arg-type]
    except (UserFacingError, TypeError) as error:
        raise ModelCorruptError(f"说明文件 {CARD} 已损坏 ({error})") from error


def sums_of(place: Path) -> dict[str, str]:
    """Give the SHA-256 of every file, as listed.

    Raises:
        ModelCorruptError: The list cannot be read.
    """
    try:
        return sums_in((place / SUMS).read_bytes())
    except (OSError, ValueError) as error:
        raise ModelCorruptError(f"适配器 {place.name} 的清单无法读取") from error


def changed_file(place: Path) -> str:
    """Name a file that is not as listed, and how; empty when all are.

    Raises:
        ModelCorruptError: The list cannot be read.
    """
    for name, digest in sums_of(place).items():
        try:
            found = sha256_of(
                place / name, cancel=CancelToken(), on_bytes=lambda _: None
            )
        except OSError as error:
            return f"{name} 无法读取 ({error.strerror})"
        if found != digest:
            return f"{name} 已被改动"
    if (place / SIGNATURE).is_file() and not signer_of(place):
        return f"{SUMS} 与签名不符"
    return ""


def signer_of(place: Path) -> str:
    """Give the fingerprint of who signed it as it lies here; empty: nobody."""
    try:
        return signer_in((place / SIGNATURE).read_bytes(), (place / SUMS).read_bytes())
    except (OSError, ValueError):
        return ""


def figures_in(path: Path) -> tuple[AdapterFigure, ...]:
    """Give the key figures in an evaluation; nothing where there is none."""
    try:
        return figures_of(path.read_bytes())
    except (OSError, ValueError):
        return ()
