"""What is known of a recording besides its words, whichever recogniser decodes it."""

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from app.core.cancel import CancelToken
from app.core.errors import AudioEmptyError, Cancelled
from app.core.model import Origin
from app.hearing.listening import Listened, listen
from app.hearing.pcm import BLOCK, RATE, to_pcm16


def tone(peak: float, samples: int = BLOCK) -> bytes:
    return to_pcm16(np.full(samples, peak, dtype=np.float32))


class Blocks:
    """Audio of given blocks; may be cancelled by whoever reads the third."""

    origin = Origin.FILE
    overflows = 0

    def __init__(self, blocks: Sequence[bytes], cancel_at: int = -1) -> None:
        self._blocks, self._cancel_at = blocks, cancel_at

    def blocks(self, cancel: CancelToken) -> Iterator[bytes]:
        for number, block in enumerate(self._blocks):
            if number == self._cancel_at:
                cancel.cancel()
            yield block
        if self._cancel_at == len(self._blocks):
            cancel.cancel()


def heard(
    blocks: Sequence[bytes], texts: Sequence[str] | None = None
) -> tuple[Listened, list[str], list[bytes]]:
    told: list[str] = []
    given: list[bytes] = []
    said = iter(texts or [""] * len(blocks))

    def hear(block: bytes) -> str:
        given.append(block)
        return next(said)

    known = listen(Blocks(blocks), hear, told.append, CancelToken())
    return known, told, given


def test_every_block_is_heard_once_and_in_order() -> None:
    blocks = [tone(0.1), tone(0.2), tone(0.3, 7)]
    _, _, given = heard(blocks)
    assert given == blocks


def test_length_and_hash_are_those_of_all_samples() -> None:
    blocks = [tone(0.1), tone(0.2), tone(0.3, 7)]
    known, _, _ = heard(blocks)
    assert known.samples == 2 * BLOCK + 7
    assert known.audio_s == (2 * BLOCK + 7) / RATE
    assert known.sha256 == hashlib.sha256(b"".join(blocks)).hexdigest()


def test_the_peak_is_that_of_the_loudest_block_wherever_it_stands() -> None:
    known, _, _ = heard([tone(0.1), tone(-0.5), tone(0.2)])
    assert known.peak == pytest.approx(0.5)


def test_a_text_is_told_as_soon_as_it_is_another_and_not_again() -> None:
    blocks = [tone(0.1)] * 6
    known, told, _ = heard(blocks, ["", "济南", "济南", "", "济南人数", "济南"])
    assert told == ["济南", "济南人数", "济南"]
    assert known.first_partial_ms is not None
    assert known.first_partial_ms >= 0


def test_each_text_is_told_before_the_next_block_is_read() -> None:
    order: list[str] = []

    class Told(Blocks):
        def blocks(self, cancel: CancelToken) -> Iterator[bytes]:
            for block in super().blocks(cancel):
                order.append("block")
                yield block

    said = iter(["一", "二"])
    listen(Told([tone(0.1)] * 2), lambda _: next(said), order.append, CancelToken())
    assert order == ["block", "一", "block", "二"]


def test_where_nothing_was_understood_there_is_no_first_partial() -> None:
    known, told, _ = heard([tone(0.1)])
    assert (known.first_partial_ms, told) == (None, [])


@pytest.mark.parametrize("blocks", [[], [b""], [b"", b""]])
def test_a_recording_without_a_sample_is_no_recording(blocks: list[bytes]) -> None:
    with pytest.raises(AudioEmptyError, match="没有录到声音"):
        heard(blocks)


@pytest.mark.parametrize("at", [0, 1, 2])
def test_what_comes_after_a_cancellation_is_not_heard(at: int) -> None:
    given: list[bytes] = []

    def hear(block: bytes) -> str:
        given.append(block)
        return "济南"

    told: list[str] = []
    with pytest.raises(Cancelled):
        listen(Blocks([tone(0.1)] * 2, cancel_at=at), hear, told.append, CancelToken())
    assert len(given) == at
    assert len(told) == min(at, 1)


def test_only_the_hearing_counts_as_hearing(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("app.hearing.listening.time.monotonic", lambda: now[0])

    class Slow(Blocks):
        def blocks(self, cancel: CancelToken) -> Iterator[bytes]:
            for block in super().blocks(cancel):
                now[0] += 10.0
                yield block

    def hear(_block: bytes) -> str:
        now[0] += 0.5
        return "济南"

    known = listen(Slow([tone(0.1)] * 3), hear, lambda _: None, CancelToken())
    assert known.hearing_s == pytest.approx(1.5)
    assert known.first_partial_ms == pytest.approx(10_500)
