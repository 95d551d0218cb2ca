"""`griddesk.json` beside an adapter: what it is, from what it was made, and how."""

import json
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from app import __version__
from app.agent.prompts import PATTERN_VERSION
from app.modelstore.bases import weights_sha256
from app.system.files import write_json
from app.tuning.data.rowfile import hash_of
from app.tuning.training.commit import commit
from app.tuning.training.methods import Plan

CARD: Final = "griddesk.json"
"""Beside the adapter: the version of the patterns, and how it was trained."""

_LIBRARIES: Final = ("torch", "transformers", "peft", "accelerate", "bitsandbytes")


@dataclass(frozen=True, kw_only=True)
class Origin:
    """All that decides what a training comes to; equal origins give equal weights."""

    method: str
    preset: str
    plan: dict[str, object]
    base: str
    base_sha256: str
    """Over the weight files of the base."""
    data_sha256: str
    """Over train.json and dev.json."""
    dev_rows: int
    seed: int
    threads: int
    processes: int
    bf16: bool
    pattern_version: int = PATTERN_VERSION

    def differences(self, other: "Origin") -> list[str]:
        """Name what differs, `name: theirs → ours`."""
        mine, theirs = asdict(self), asdict(other)
        flat = {**mine.pop("plan"), **mine}
        flat_other = {**theirs.pop("plan"), **theirs}
        return [
            f"{name}: {flat_other.get(name)} → {flat.get(name)}"
            for name in sorted(flat.keys() | flat_other.keys())
            if flat.get(name) != flat_other.get(name)
        ]


def origin_of(
    *,
    plan: Plan,
    preset: str,
    base: Path,
    data: Path,
    dev_rows: int,
    seed: int,
    threads: int,
    processes: int,
    bf16: bool,
) -> Origin:
    """Describe a training that is about to start."""
    # A folder without weights that can be read is refused later, and says why.
    readable = any(base.glob("*.safetensors"))
    return Origin(
        method=plan.method.value,
        preset=preset,
        plan=asdict(plan),
        base=base.resolve().name,
        base_sha256=weights_sha256(base) if readable else "",
        data_sha256=hash_of(data, ("train.json", "dev.json")),
        dev_rows=dev_rows,
        seed=seed,
        threads=threads,
        processes=processes,
        bf16=bf16,
    )


def read_origin(path: Path) -> Origin | None:
    """Read back what `write_origin` wrote; None where it cannot be understood."""
    try:
        return Origin(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write_origin(origin: Origin, path: Path) -> None:
    """Write what a training started from."""
    write_json(path, asdict(origin))


def provenance() -> dict[str, object]:
    """Return the versions and the commit that a training ran with."""
    found = {"griddesk": __version__}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return {"versions": found, "commit": commit()}
