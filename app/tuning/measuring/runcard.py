"""Where figures come from: data, seeds, versions, commit, machine, command."""

import hashlib
import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from app import __version__
from app.system.files import sha256_of
from app.tuning.measuring.questions import Question
from app.tuning.training.commit import UNKNOWN, commit

_PACKAGES: Final = ("torch", "transformers", "peft", "tokenizers", "safetensors")


@dataclass(frozen=True)
class Named:
    """A fact with its name."""

    name: str
    value: str


@dataclass(frozen=True, kw_only=True)
class RunCard:
    """Everything needed to measure again and get the same."""

    date: str
    command: str
    data_sha256: str
    """Over every question and its label, in order."""
    questions: int
    seeds: tuple[Named, ...]
    files: tuple[Named, ...]
    """SHA-256 of the weights that were measured."""
    versions: tuple[Named, ...]
    commit: str
    machine: tuple[Named, ...]
    """Cores and model; never the name of the machine or of a person."""


def run_card(
    questions: Iterable[Question],
    *,
    command: str,
    seeds: dict[str, int],
    weights: Iterable[Path],
) -> RunCard:
    """Collect the card of a run on these questions."""
    digest, count = hashlib.sha256(), 0
    for question in questions:
        fields = (question.group, question.kind, question.prompt, question.answer)
        digest.update("\x1f".join(fields).encode() + b"\x1e")
        count += 1
    return RunCard(
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        command=command,
        data_sha256=digest.hexdigest(),
        questions=count,
        seeds=tuple(Named(name, str(seed)) for name, seed in seeds.items()),
        files=tuple(Named(_short(path), sha256_of(path)) for path in weights),
        versions=(
            Named("griddesk", __version__),
            Named("python", platform.python_version()),
            *(Named(name, _version(name)) for name in _PACKAGES),
        ),
        commit=commit(),
        machine=machine(),
    )


def machine() -> tuple[Named, ...]:
    """Describe what the figures of cost were measured on."""
    import torch

    facts = [
        Named("cpu", _cpu()),
        Named("cores", str(os.cpu_count() or 0)),
        Named("threads", str(torch.get_num_threads())),
        Named("system", f"{platform.system()} {platform.machine()}"),
    ]
    if torch.cuda.is_available():
        facts.append(Named("gpu", torch.cuda.get_device_name(0)))
    return tuple(facts)


def _cpu() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        text = ""
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine() or UNKNOWN


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return UNKNOWN


def _short(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
