"""How far a training is, and what its history says."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Logged = Mapping[str, Any]
"""One line of the Trainer's history."""


class Progress:
    """Says a line now and then, with speed and the time that is left."""

    def __init__(self, steps: int, rows: int, tell: Callable[[str], None]) -> None:
        """Take the steps of the whole training and the rows of one step."""
        self._steps = steps
        self._rows = rows
        self._tell = tell
        self.start(0)

    def start(self, step: int) -> None:
        """Begin to count time, at a step."""
        self._first = step
        self._began = time.monotonic()

    def say(self, step: int, logged: Logged) -> None:
        """Say what was just logged."""
        if "eval_exact_match" in logged:
            self._tell(
                f"第 {step} 步 验证集整句正确率 {logged['eval_exact_match']:.4f} "
                f"损失 {logged['eval_loss']:.4f}"
            )
        elif "loss" in logged:
            done = max(1, step - self._first)
            each = (time.monotonic() - self._began) / done
            self._tell(
                f"第 {step}/{self._steps} 步 损失 {logged['loss']:.4f} "
                f"学习率 {logged['learning_rate']:.2e} "
                f"每秒 {self._rows / each:.0f} 行 "
                f"剩余 {clock((self._steps - step) * each)}"
            )


def clock(seconds: float) -> str:
    """Write a duration as `1:02:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"


def looks(history: Sequence[Logged]) -> list[tuple[int, float, float]]:
    """Return step, exact match and loss of each look at the dev rows."""
    return [
        (int(one["step"]), float(one["eval_exact_match"]), float(one["eval_loss"]))
        for one in history
        if "eval_exact_match" in one
    ]


def losses(history: Sequence[Logged]) -> list[tuple[int, float]]:
    """Return step and training loss wherever it was logged."""
    return [(int(one["step"]), float(one["loss"])) for one in history if "loss" in one]


def _best(seen: Sequence[tuple[int, float, float]]) -> int:
    # Of equal exact matches the lower loss is better: early on, all are zero.
    return max(range(len(seen)), key=lambda i: (seen[i][1], -seen[i][2], -i))


def best_step(history: Sequence[Logged]) -> int | None:
    """Return the step with the best dev exact match; None before the first look."""
    seen = looks(history)
    return seen[_best(seen)][0] if seen else None


def looks_since_best(history: Sequence[Logged]) -> int:
    """Count the looks that were no better than the best before them."""
    seen = looks(history)
    return len(seen) - 1 - _best(seen) if seen else 0
