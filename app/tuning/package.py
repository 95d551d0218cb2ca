"""Put base and adapter together for shipping: shapes, hashes, model card.

`MANIFEST.json` names every file with its SHA-256, the pattern version the adapter was
trained for, and how prompts are framed; `check_package` is what a desk runs before it
trusts a folder.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.agent.prompts import PATTERN_VERSION
from app.tuning.tokens import ASSISTANT, END, USER

MANIFEST: Final = "MANIFEST.json"
MAX_BYTES: Final = 12_000_000
"""What the embedded model may weigh; it is committed with the source."""

_SHIPPED: Final = (
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "chat_template.jinja",
    "base_training.json",
    "README.md",
    "adapter/adapter_config.json",
    "adapter/adapter_model.safetensors",
    "adapter/training.json",
)


@dataclass(frozen=True)
class PackageReport:
    """What was packed."""

    files: int
    bytes: int
    sha256: dict[str, str]


def sha256_of(path: Path) -> str:
    """Return a file's SHA-256."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def pack(folder: Path) -> PackageReport:
    """Write the manifest of a folder with base and adapter.

    Raises:
        ValueError: A file is missing, the whole is too heavy, or a machine's path
            stands in a configuration.
    """
    missing = [
        name
        for name in _SHIPPED
        if name not in {"generation_config.json", "chat_template.jinja"}
        and not (folder / name).is_file()
    ]
    if missing:
        raise ValueError(f"not a complete model: {', '.join(missing)} missing")
    names = [name for name in _SHIPPED if (folder / name).is_file()]
    for name in names:
        if name.endswith(".json") and _names_a_path(folder / name):
            raise ValueError(f"{name} names a path of this machine")
    sizes = {name: (folder / name).stat().st_size for name in names}
    if sum(sizes.values()) > MAX_BYTES:
        raise ValueError(f"{sum(sizes.values())} bytes are more than {MAX_BYTES}")
    hashes = {name: sha256_of(folder / name) for name in names}
    manifest = {
        "name": "glm-mini",
        "license": "Apache-2.0",
        "pattern_version": PATTERN_VERSION,
        "frame": {"before": [USER], "after": [ASSISTANT], "end": END},
        "files": {
            name: {"bytes": sizes[name], "sha256": hashes[name]} for name in names
        },
    }
    (folder / MANIFEST).write_text(
        json.dumps(manifest, indent=2) + "\n", encoding="utf-8"
    )
    return PackageReport(len(names), sum(sizes.values()), hashes)


def check_package(folder: Path) -> list[str]:
    """Return what differs from the manifest; nothing when the folder is as shipped."""
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    wrong = []
    for name, entry in manifest["files"].items():
        path = folder / name
        if not path.is_file():
            wrong.append(f"{name} is missing")
        elif sha256_of(path) != entry["sha256"]:
            wrong.append(f"{name} has another SHA-256")
    return wrong


def _names_a_path(path: Path) -> bool:
    def walk(value: object) -> bool:
        if isinstance(value, dict):
            return any(map(walk, value.values()))
        return isinstance(value, str) and (
            value.startswith(("/", "~")) or value[1:3] in {":\\", ":/"}
        )

    # A tokenizer's vocabulary is full of slashes, but never under these keys.
    data = json.loads(path.read_text(encoding="utf-8"))
    if path.name == "tokenizer.json":
        return False
    return walk(data)
