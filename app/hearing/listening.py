"""What every recogniser does with a recording besides decoding it."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from app.core.cancel import CancelToken
from app.core.ports import AudioSource
from app.hearing.pcm import RATE, peak_of
from app.hearing.silence import nothing_recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Listened:
    """What is known of a recording that was listened to from its start to its end."""

    samples: int
    peak: float
    """Of the loudest block, 0 … 1."""
    sha256: str
    """Of the samples."""
    hearing_s: float
    """Time that hearing the blocks took."""
    first_partial_ms: float | None

    @property
    def audio_s(self) -> float:
        """Length of the recording."""
        return self.samples / RATE


def listen(
    audio: AudioSource,
    hear: Callable[[bytes], str],
    tell: Callable[[str], None],
    cancel: CancelToken,
) -> Listened:
    """Have every block heard; `hear` gives the text so far, empty: nothing to show.

    `tell` is called with each text that is another than the one before.

    Raises:
        AudioEmptyError: There was no sample.
        Cancelled: The token was set.
    """
    digest = hashlib.sha256()
    samples, peak, hearing_s, shown = 0, 0.0, 0.0, ""
    first_partial_ms: float | None = None
    began = time.monotonic()
    for block in audio.blocks(cancel):
        cancel.raise_if_cancelled()
        digest.update(block)
        samples += len(block) // 2
        peak = max(peak, peak_of(block))
        start = time.monotonic()
        partial = hear(block)
        now = time.monotonic()
        hearing_s += now - start
        if partial and partial != shown:
            shown = partial
            if first_partial_ms is None:
                first_partial_ms = 1000 * (now - began)
            tell(partial)
    cancel.raise_if_cancelled()
    if not samples:
        raise nothing_recorded()
    return Listened(
        samples=samples,
        peak=peak,
        sha256=digest.hexdigest(),
        hearing_s=hearing_s,
        first_partial_ms=first_partial_ms,
    )
