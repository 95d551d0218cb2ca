"""What a backend is given when it is made; all that a third party's may rely on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from app.core.ports import Backend, Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendContext:
    """The desk's side of a backend."""

    evidence_dir: Path
    """Pictures go here, through `app.sites.evidence.store_evidence`."""
    clock: Clock
    options: Mapping[str, str] = field(default_factory=dict)
    """The backend's own settings."""


BackendFactory: TypeAlias = Callable[[BackendContext], Backend]
