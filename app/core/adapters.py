"""What a desk knows of an adapter before anybody lets it read commands.

An adapter is what a tuning adds to the language model. Its sheet says who made it, for
which model, and how well it did on sentences that nothing was tuned on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

SHIPPED: Final = "shipped"
"""The name of the adapter that comes with the program."""


class Task(StrEnum):
    """What the language model is asked to do; each may have an adapter of its own."""

    UNDERSTANDING = "understanding"
    SUMMARY = "summary"
    GREETING = "greeting"


TASK_NAMES: Final = {
    Task.UNDERSTANDING: "理解",
    Task.SUMMARY: "总结",
    Task.GREETING: "问候",
}
"""How a task is called."""


class Trust(StrEnum):
    """What is known of where an adapter comes from."""

    SHIPPED = "shipped"
    """It came with the program."""
    KNOWN = "known"
    """Signed with a key that this desk trusts."""
    UNKNOWN = "unknown"
    """Signed, with a key that this desk does not know."""
    UNSIGNED = "unsigned"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterFigure:
    """One measured share, with its 95 % interval."""

    key: str
    """Stable name for programs."""
    name: str
    """The operator's words."""
    right: int
    total: int
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterSheet:
    """An adapter and its evaluation."""

    name: str
    title: str
    base: str
    """Name of the model it was tuned on."""
    base_sha256: str
    """SHA-256 of that model's weights."""
    made_at: str = ""
    """ISO 8601, as its maker says; empty: not known."""
    trust: Trust
    signer: str = ""
    """Fingerprint of the key that signed it; empty: none."""
    figures: tuple[AdapterFigure, ...] = ()
    """Empty: it was not evaluated."""
    evaluation: Path | None = None
    """The whole evaluation as a page."""
    active: bool = False
    """Whether it understands commands."""
    tasks: tuple[Task, ...] = ()
    """What it is used for; empty: nothing."""
    fault: str = ""
    """Why it cannot be used, as a sentence; empty: it can."""


class Adapters(Protocol):
    """The adapters of this desk. Methods block: call them from a worker."""

    @property
    def override(self) -> str:
        """Name of an adapter that the settings insist on, whichever is active."""
        ...

    def sheets(self) -> Sequence[AdapterSheet]:
        """Give every adapter, the shipped one first."""
        ...

    def activate(self, name: str) -> AdapterSheet:
        """Let an adapter do every task from now on; the former is remembered.

        Raises:
            UsageError: There is no such adapter.
            ModelCorruptError: It cannot be used.
        """
        ...

    def rollback(self) -> AdapterSheet:
        """Go back to the adapter that was active before.

        Raises:
            UsageError: There was none.
        """
        ...
