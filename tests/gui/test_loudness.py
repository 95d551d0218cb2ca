"""Too loud, too quiet, or not one sample: what a take's peaks say."""

from itertools import pairwise

import pytest

from app.desktop.loudness import Hint, Loudness


@pytest.mark.parametrize(
    ("peaks", "while_speaking", "after"),
    [
        ([0.5] * 30, Hint.NONE, Hint.NONE),
        ([0.5, 1.0] + [0.5] * 28, Hint.NONE, Hint.NONE),
        ([0.5, 1.0, 1.0] + [0.5] * 27, Hint.TOO_LOUD, Hint.TOO_LOUD),
        ([0.01] * 30, Hint.TOO_QUIET, Hint.TOO_QUIET),
        ([0.0] * 30, Hint.SILENT, Hint.SILENT),
        ([0.01] * 26 + [0.2] * 4, Hint.NONE, Hint.NONE),
        ([0.01] * 12, Hint.NONE, Hint.TOO_QUIET),
        ([0.01] * 5, Hint.NONE, Hint.NONE),
    ],
)
def test_the_loudness_is_judged_by_the_whole_take(
    peaks: list[float], while_speaking: Hint, after: Hint
) -> None:
    loudness = Loudness()
    shown = [loudness.feed(peak, 0.1 * n) for n, peak in enumerate(peaks, 1)]
    assert shown[-1] is while_speaking
    # It does not blink: what is shown changes twice at the most.
    assert sum(a is not b for a, b in pairwise(shown)) <= 2
    assert loudness.end() is after


def test_one_block_that_is_looked_at_twice_counts_once() -> None:
    loudness = Loudness()
    for _ in range(5):
        assert loudness.feed(1.0, 0.1) is Hint.NONE
