"""How well the recogniser hears a folder of recordings with known words."""

import csv
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.core.cancel import CancelToken
from app.core.errors import UsageError
from app.core.model import Utterance
from app.core.ports import Recognizer
from app.hearing.wav import FileSource

_TEXT_COLUMNS: Final = ("text", "transcript")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One recording of a bench."""

    file: Path
    expected: str
    utterance: Utterance


@dataclass(frozen=True, slots=True, kw_only=True)
class HearingReport:
    """How a folder was heard; rates are 0 … 1, `cer` may exceed 1."""

    clips: int
    cer: float
    """Character errors of `Utterance.text` over the characters spoken."""
    free_cer: float
    """The same of the free reading alone."""
    exact: float
    """Share of recordings without an error."""
    free_exact: float
    agreed: float
    """Share where the two readings agree."""
    agreed_exact: float
    """Share that agrees and has no error."""
    real_time_factor: float
    """Seconds of decoding for a second of audio, both ears together."""
    first_partial_ms: float
    """Median time to the first text; files come faster than speech."""
    items: tuple[Heard, ...]


def read_transcripts(folder: Path) -> list[tuple[Path, str]]:
    """Read `folder`/transcripts.tsv: columns `file` and `text` (or `transcript`).

    A recording of which nobody wrote down the words is left out.

    Raises:
        UsageError: There is no such table, or a column is missing.
    """
    table = folder / "transcripts.tsv"
    try:
        with table.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines, delimiter="\t"))
    except OSError as error:
        raise UsageError(f"无法读取 {table} ({error.strerror})") from error
    found: list[tuple[Path, str]] = []
    for row in rows:
        text = next((row[name] for name in _TEXT_COLUMNS if name in row), None)
        if not row.get("file") or text is None:
            raise UsageError(f"{table} 需要 file 和 text 两列")
        if text:
            found.append((folder / row["file"], text))
    if not found:
        raise UsageError(f"{table} 里没有录音")
    return found


async def measure(recognizer: Recognizer, folder: Path) -> HearingReport:
    """Hear every recording of `folder` and compare with its transcript.

    Raises:
        UsageError: The folder has no transcripts.tsv.
        UserFacingError: A recording or the model cannot be used.
    """
    items: list[Heard] = []
    for file, expected in read_transcripts(folder):
        utterance = await recognizer.recognize(
            FileSource(file), on_partial=_ignore, cancel=CancelToken()
        )
        items.append(Heard(file=file, expected=expected, utterance=utterance))
    return summarise(items)


def summarise(items: list[Heard]) -> HearingReport:
    """Count errors over recordings that were heard."""
    from rapidfuzz.distance import Levenshtein

    spoken = errors = free_errors = exact = free_exact = agreed = agreed_exact = 0
    for item in items:
        wanted = plain(item.expected)
        wrong = Levenshtein.distance(plain(item.utterance.text), wanted)
        free_wrong = Levenshtein.distance(plain(item.utterance.free_text), wanted)
        spoken += len(wanted)
        errors += wrong
        free_errors += free_wrong
        exact += wrong == 0
        free_exact += free_wrong == 0
        agreed += item.utterance.agreed
        agreed_exact += item.utterance.agreed and wrong == 0
    clips = len(items)
    waits = sorted(item.utterance.first_partial_ms or 0.0 for item in items)
    audio_s = sum(item.utterance.audio_s for item in items)
    return HearingReport(
        clips=clips,
        cer=errors / max(1, spoken),
        free_cer=free_errors / max(1, spoken),
        exact=exact / max(1, clips),
        free_exact=free_exact / max(1, clips),
        agreed=agreed / max(1, clips),
        agreed_exact=agreed_exact / max(1, clips),
        real_time_factor=sum(item.utterance.decode_s for item in items)
        / max(audio_s, 1e-9),
        first_partial_ms=waits[clips // 2] if waits else 0.0,
        items=tuple(items),
    )


def plain(text: str) -> str:
    """Keep what is spoken: letters, digits and characters, without punctuation."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return "".join(char for char in folded if char.isalnum())


def _ignore(text: str) -> None:
    pass
