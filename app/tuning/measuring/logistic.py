"""A logistic model whose weights are never below nothing, fitted the same each time.

Where the data say little, a weight stays near what was expected of it.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

_ROUNDS: Final = 400
_STILL: Final = 1e-7
_PULL: Final = 0.5
"""How strongly a weight is held at what was expected: as by so many clear rows."""
_PULL_START: Final = 1e-3


def fit(
    rows: Sequence[Sequence[float]],
    right: Sequence[bool],
    expected: Sequence[float],
) -> tuple[float, ...]:
    """Give the start and a weight for each column that make `right` likeliest.

    Newton's step for one weight at a time (Hastie et al., 2009, section 4.4), cut off
    at nothing. `expected` has the start first.

    Raises:
        ValueError: There are no rows, or they are no table of numbers.
    """
    table = np.column_stack([np.ones(len(rows)), np.asarray(rows, dtype=float)])
    truth = np.asarray(right, dtype=float)
    prior = np.asarray(expected, dtype=float)
    if not len(rows) or table.shape != (len(truth), len(prior)):
        raise ValueError("no rows, or rows of another shape")
    pull = np.full(len(prior), _PULL)
    pull[0] = _PULL_START
    weights = prior.copy()
    odds = table @ weights
    for _ in range(_ROUNDS):
        moved = 0.0
        for column in range(len(weights)):
            values = table[:, column]
            chance = 1 / (1 + np.exp(-np.clip(odds, -50, 50)))
            slope = values @ (truth - chance) - pull[column] * (
                weights[column] - prior[column]
            )
            # Never steeper than a quarter a row: a step that cannot go too far.
            bend = 0.25 * (values @ values) + pull[column]
            least = -np.inf if column == 0 else 0.0
            step = max(least, weights[column] + slope / bend) - weights[column]
            weights[column] += step
            odds += step * values
            moved = max(moved, abs(step))
        if moved < _STILL:
            break
    return tuple(float(weight) for weight in weights)
