"""The one form of audio that is recognised: 16 kHz, mono, signed 16 bit."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

RATE: Final = 16_000
"""Samples a second of everything that is recognised."""
BLOCK: Final = RATE // 10
"""Samples in a block of 100 ms."""
LONGEST_S: Final = 60.0
"""A command is one breath; a minute is generous."""

_FULL_SCALE: Final = 32768


def to_pcm16(samples: NDArray[np.float32]) -> bytes:
    """Give samples of -1 … 1 as little-endian 16 bit; what is louder is clipped."""
    scaled = np.rint(samples * _FULL_SCALE)
    return scaled.clip(-_FULL_SCALE, _FULL_SCALE - 1).astype("<i2").tobytes()


def peak_of(block: bytes) -> float:
    """Give the loudest sample of a PCM16 block, 0 … 1."""
    samples = np.frombuffer(block, dtype="<i2").astype(np.int32)
    return float(np.abs(samples).max(initial=0)) / _FULL_SCALE


class Converter:
    """Brings sound of any rate and channel count to the one form, as it comes."""

    def __init__(self, rate: int, channels: int) -> None:
        """Take samples a second and channels of what will be fed."""
        import soxr

        self._channels = channels
        self._stream = None
        if rate != RATE:
            self._stream = soxr.ResampleStream(rate, RATE, 1, dtype="float32")

    def feed(self, frames: NDArray[np.float32], *, last: bool = False) -> bytes:
        """Convert frames of shape (n, channels); `last` empties the filter."""
        mono = np.nan_to_num(frames.reshape(-1, self._channels)).mean(
            axis=1, dtype=np.float32
        )
        if self._stream is not None:
            mono = self._stream.resample_chunk(mono, last=last)
        return to_pcm16(mono)

    def feed_pcm16(self, raw: bytes) -> bytes:
        """Convert interleaved PCM16."""
        if self._stream is None and self._channels == 1:
            return raw
        samples = np.frombuffer(raw, dtype="<i2").astype(np.float32)
        return self.feed(samples / np.float32(_FULL_SCALE))

    def finish(self) -> bytes:
        """Give what the filter still holds."""
        if self._stream is None:
            return b""
        return self.feed(np.zeros((0, self._channels), dtype=np.float32), last=True)
