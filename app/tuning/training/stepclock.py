"""How long the steps of a training take: of one run, and of all runs together.

Importing this module imports transformers, so it is imported inside functions only.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from transformers import TrainerCallback  # noqa: TID253 – the base class

_FILE: Final = "spent.json"


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What a training took, over all its runs up to a checkpoint."""

    steps: int = 0
    """Steps that were timed."""
    training_s: float = 0.0
    """Of these steps, without loading, looks at dev rows and saving."""
    training_cpu_s: float = 0.0
    """The same in time of the processors, which other programs do not disturb."""
    whole_s: float = 0.0
    """With all of that."""

    def __add__(self, other: "Spent") -> "Spent":
        """Put two runs together."""
        mine, theirs = asdict(self), asdict(other)
        return Spent(**{name: mine[name] + theirs[name] for name in mine})

    def per_second(self, step_rows: int) -> float:
        """Rows a second of training; 0 where nothing was timed."""
        return self.steps * step_rows / self.training_s if self.training_s else 0.0

    def write(self, checkpoint: Path) -> None:
        """Keep it in a checkpoint."""
        text = json.dumps(asdict(self)) + "\n"
        (checkpoint / _FILE).write_text(text, encoding="utf-8")


def spent_at(checkpoint: Path) -> Spent:
    """Read what a training had taken; nothing where the checkpoint does not say."""
    try:
        return Spent(**json.loads((checkpoint / _FILE).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Spent()


class StepClock(TrainerCallback):  # type: ignore[misc]
    """Takes the time of a run's steps, without what is done aside."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._aside = (0.0, 0.0)
        self.marks: list[tuple[float, float]] = []
        """When the first step began and each one ended, by the clock on the wall and
        by the time of the processors; what was done aside does not count."""

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Do something that is no training."""
        began = self._now()
        try:
            yield
        finally:
            wall, cpu = self._now()
            self._aside = (
                self._aside[0] + wall - began[0],
                self._aside[1] + cpu - began[1],
            )

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Start with the first step: loading is no training."""
        if not self.marks:
            self.marks.append(self._training())

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Take the time."""
        self.marks.append(self._training())

    @property
    def spent(self) -> Spent:
        """What this run took up to now."""
        whole = time.monotonic() - self._began
        if not self.marks:
            return Spent(whole_s=whole)
        first, last = self.marks[0], self.marks[-1]
        return Spent(
            steps=len(self.marks) - 1,
            training_s=last[0] - first[0],
            training_cpu_s=last[1] - first[1],
            whole_s=whole,
        )

    @staticmethod
    def _now() -> tuple[float, float]:
        return time.perf_counter(), time.process_time()

    def _training(self) -> tuple[float, float]:
        wall, cpu = self._now()
        return wall - self._aside[0], cpu - self._aside[1]
