"""Put base and adapter together for shipping: what belongs in, hashes, weight.

`SHA256SUMS` lists every file of the folder in the form that `sha256sum -c` reads and
the model store verifies.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SUMS: Final = "SHA256SUMS"
MAX_BYTES: Final = 12_000_000
"""What the embedded model may weigh; it is committed with the source."""

NEEDED: Final = (
    "README.md",
    "adapter/adapter_config.json",
    "adapter/adapter_model.safetensors",
    "adapter/griddesk.json",
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
)


@dataclass(frozen=True)
class PackageReport:
    """What was packed."""

    files: int
    bytes: int


def sha256_of(path: Path) -> str:
    """Return a file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def pack(folder: Path) -> PackageReport:
    """Write the sums of a folder with base and adapter.

    Raises:
        ValueError: A file is missing, the whole is too heavy, or a path of this
            machine stands in a configuration.
    """
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise ValueError(f"not a complete model: {', '.join(missing)} missing")
    names = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.name != SUMS
    )
    for name in names:
        if name.endswith("config.json") and _has_path(_json(folder / name)):
            raise ValueError(f"{name} names a path of this machine")
    total = sum((folder / name).stat().st_size for name in names)
    if total > MAX_BYTES:
        raise ValueError(f"{total} bytes are more than {MAX_BYTES}")
    lines = [f"{sha256_of(folder / name)}  {name}\n" for name in names]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")
    return PackageReport(len(names), total)


def check_package(folder: Path) -> list[str]:
    """Return what differs from the sums; nothing when the folder is as shipped."""
    wrong = []
    for line in (folder / SUMS).read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        path = folder / name
        if not path.is_file():
            wrong.append(f"{name} is missing")
        elif sha256_of(path) != digest:
            wrong.append(f"{name} has another SHA-256")
    return wrong


def _json(path: Path) -> object:
    return json.loads(path.read_text(encoding="utf-8"))


def _has_path(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_has_path, value.values()))
    if isinstance(value, list):
        return any(map(_has_path, value))
    return isinstance(value, str) and (
        value.startswith(("/", "~/")) or value[1:3] in {":\\", ":/"}
    )
