"""An adapter's package as it lies unpacked on a desk."""

import json
from pathlib import Path

from app.core.adapters import AdapterFigure
from app.core.cancel import CancelToken
from app.core.errors import ModelCorruptError, UserFacingError
from app.modelstore.bases import read_object
from app.modelstore.evaluations import figures_of
from app.modelstore.files import sha256_of
from app.modelstore.packages import CARD, SIGNATURE, SUMS, PackageCard
from app.modelstore.signing import fingerprint_of


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
        lines = (place / SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ModelCorruptError(f"适配器 {place.name} 的清单无法读取") from error
    pairs = (line.split("  ", 1) for line in lines)
    return {pair[1]: pair[0] for pair in pairs if len(pair) == 2}


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
    return ""


def signer_of(place: Path) -> str:
    """Give the fingerprint of who signed it; empty: nobody."""
    try:
        stated = json.loads((place / SIGNATURE).read_text(encoding="utf-8"))
        return fingerprint_of(bytes.fromhex(stated["public_key"]))
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def figures_in(path: Path) -> tuple[AdapterFigure, ...]:
    """Give the key figures in an evaluation; nothing where there is none."""
    try:
        return figures_of(path.read_bytes())
    except (OSError, ValueError):
        return ()
