"""Recordings of a bench: what was said in them, and the same with noise added."""

import csv
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from app.core.cancel import CancelToken
from app.core.errors import UsageError
from app.core.model import Check, Intent, Origin
from app.hearing.pcm import BLOCK, RATE, to_pcm16
from app.hearing.wav import FileSource
from tests.benchmarks.understanding_sets import Pair

TABLE: Final = "transcripts.tsv"
_BYTES: Final = 2 * BLOCK
_FULL_SCALE: Final = 32768


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One row of a folder's table."""

    file: Path
    text: str
    """What was said; empty: nobody wrote it down."""
    intent: Intent
    pairs: frozenset[Pair]
    """Place and check of every call that was meant."""

    @property
    def foreign(self) -> bool:
        """Whether nothing was asked for that a desk could be told."""
        return self.intent is Intent.UNSUPPORTED and not self.pairs


def read_folder(folder: Path, *, foreign: bool = False) -> list[Recording]:
    """Read `folder`/transcripts.tsv.

    Columns `file` and `text` (or `transcript`), for commands `calls` as in
    `dev_commands.tsv`, if wanted `intent`. Without an intent a row with calls is an
    inspection, and one without is foreign speech; `foreign` says so of every row.

    Raises:
        UsageError: There is no such table, or it cannot be used.
    """
    table = folder / TABLE
    try:
        with table.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines, delimiter="\t"))
        return [_recording(folder, row, foreign) for row in rows]
    except OSError as error:
        raise UsageError(f"无法读取 {table} ({error.strerror})") from error
    except (KeyError, ValueError) as error:
        raise UsageError(f"{table} 里的内容无法使用 ({error})") from error


def _recording(folder: Path, row: dict[str, str], foreign: bool) -> Recording:
    text = row["text"] if "text" in row else row["transcript"]
    pairs = frozenset(
        (place, Check(check) if check else None)
        for place, _, check in (
            pair.rpartition(":") for pair in (row.get("calls") or "").split(";") if pair
        )
    )
    told = row.get("intent") or (Intent.INSPECT if pairs else Intent.UNSUPPORTED)
    return Recording(
        file=folder / row["file"],
        text=text or "",
        intent=Intent.UNSUPPORTED if foreign else Intent(told),
        pairs=frozenset() if foreign else pairs,
    )


def sound_of(file: Path, snr: int | None) -> bytes:
    """Give a recording as PCM16, with pink noise at `snr` dB; None: as it is.

    The noise is that of the recordings of `heard`: white noise whose spectrum is
    divided by the square root of the frequency, as loud as the whole recording less
    `snr` dB. The name of the file seeds it, so every run adds the same.
    """
    pcm = b"".join(FileSource(file).blocks(CancelToken()))
    if snr is None or not pcm:
        return pcm
    wave = np.frombuffer(pcm, dtype="<i2").astype(np.float64) / _FULL_SCALE
    rng = np.random.default_rng(zlib.crc32(file.name.encode()))
    spectrum = np.fft.rfft(rng.standard_normal(len(wave)))
    pink = np.fft.irfft(spectrum / np.sqrt(np.arange(1, len(spectrum) + 1)), len(wave))
    loud = wave.std() / max(pink.std(), 1e-12) / 10 ** (snr / 20)
    return to_pcm16((wave + loud * pink).astype(np.float32))


class Sound:
    """`core.ports.AudioSource` on samples in memory, at once or as they are spoken."""

    origin = Origin.FILE
    overflows = 0

    def __init__(self, pcm: bytes, *, paced: bool = False) -> None:
        """Take the samples; `paced` gives each block when a microphone would."""
        self._pcm, self._paced = pcm, paced
        self.began = 0.0
        """When the first sample was spoken, on the monotonic clock; once read."""

    def blocks(self, cancel: CancelToken) -> Iterator[bytes]:
        """Yield blocks of 100 ms."""
        self.began = time.monotonic()
        for start in range(0, len(self._pcm), _BYTES):
            cancel.raise_if_cancelled()
            block = self._pcm[start : start + _BYTES]
            if self._paced:
                due = self.began + (start + len(block)) / 2 / RATE
                time.sleep(max(0.0, due - time.monotonic()))
            yield block
