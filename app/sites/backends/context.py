"""What a backend is given when it is made; all that a third party's may rely on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from app.core.ports import Backend, Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendContext:
    """The desk's side of a backend."""

    name: str
    """What the desk calls this system, in settings, on the screen and in the record."""
    evidence_dir: Path
    """Pictures go here, through `app.sites.evidence.keep_picture`."""
    clock: Clock
    secret: Callable[[str], str]
    """Give a secret of this system by its name; may ask the key ring, so call it
    outside the event loop. Raises `BackendRefusedError` where there is none."""
    folder: Path
    """Where the files that the options name lie, when they are no absolute paths."""
    options: Mapping[str, object] = field(default_factory=dict)
    """The system's own settings as they were read: texts, numbers, lists, tables.
    `app.sites.backends.options.parsed` turns them into something typed."""


BackendFactory: TypeAlias = Callable[[BackendContext], Backend]
"""Makes a backend; raises `UserFacingError` for options that it cannot work with."""
