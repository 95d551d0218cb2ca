"""What a bench of recordings counts, and its tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Final

from app.agent.reading import Reading
from app.core.model import Intent, Site, Understanding, Utterance
from app.hearing.bench import plain
from app.tuning.measuring.calibration import Read
from app.tuning.measuring.desks import Meant
from tests.benchmarks.hearing_sounds import Recording
from tests.benchmarks.understanding_sets import Tally, wilson

HEAD: Final = (
    "noise",
    "reading",
    "CER",
    "without an error",
    "right calls",
    "asked, right answer offered",
    "asked otherwise",
    "silently wrong, of all",
    "false accepts, of foreign",
    "real-time factor",
)


@dataclass(slots=True)
class Figures:
    """What became of recordings at one noise level in one way of reading."""

    written: int = 0
    """Recordings of which somebody wrote down the words."""
    spoken: int = 0
    """Their characters."""
    errors: int = 0
    exact: int = 0
    foreign: int = 0
    accepted: int = 0
    """Foreign ones on which something was dispatched."""
    tally: Tally = field(default_factory=Tally)
    seconds: float = 0.0
    audio_s: float = 0.0

    def add(
        self,
        recording: Recording,
        utterance: Utterance,
        made: Understanding,
        sites: tuple[Site, ...],
    ) -> None:
        """Count a recording, what was heard, and what was made of it."""
        from rapidfuzz.distance import Levenshtein

        if recording.text:
            wanted = plain(recording.text)
            wrong = Levenshtein.distance(plain(utterance.text), wanted)
            self.written += 1
            self.spoken += len(wanted)
            self.errors += wrong
            self.exact += wrong == 0
        meant = Meant(
            utterance=utterance,
            intent=recording.intent,
            pairs=recording.pairs,
            group="",
        )
        nothing = Reading(intent=Intent.UNCLEAR)
        row = Read(
            meant=meant, desk="", sites=sites, rules=nothing, model=None, others=()
        )
        before = self.tally.dispatched
        self.tally.add(row, made)
        if recording.foreign:
            self.foreign += 1
            self.accepted += self.tally.dispatched - before

    @property
    def right(self) -> int:
        """Dispatched, and what was meant."""
        return self.tally.dispatched - self.tally.wrong

    def cells(self) -> list[str]:
        """Give the table's columns after noise and reading."""
        tally, n = self.tally, self.tally.answerable
        right_or_offered = (self.right + tally.offered) / n if n else 0.0
        return [
            f"{self.errors / self.spoken:.1%}" if self.spoken else "–",
            _of(self.exact, self.written),
            _of(self.right, n),
            f"{tally.offered} (together {right_or_offered:.1%})" if n else "–",
            f"{tally.needless - tally.offered}" if n else "–",
            _of(tally.wrong, tally.rows, interval=True),
            _of(self.accepted, self.foreign, interval=True),
            f"{self.seconds / self.audio_s:.3f}" if self.audio_s else "–",
        ]


def table(figures: Mapping[tuple[str, str], Figures]) -> str:
    """Write a Markdown table, a line for each noise level and way of reading."""
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    lines += (
        "| " + " | ".join((*names, *one.cells())) + " |"
        for names, one in figures.items()
    )
    return "\n".join(lines)


def delays(seconds: Sequence[float], never: int) -> str:
    """Say how far partials were behind the end of the last word."""
    if not seconds:
        return "no partials"
    cuts = quantiles(seconds, n=20) if len(seconds) > 1 else list(seconds)
    return (
        f"last word's partial after its end, {len(seconds)} recordings at the pace of "
        f"speech: median {1000 * median(seconds):.0f} ms, 95th percentile "
        f"{1000 * cuts[-1]:.0f} ms; {never} had it only with the result"
    )


def _of(part: int, total: int, *, interval: bool = False) -> str:
    if not total:
        return "–"
    text = f"{part} of {total} = {part / total:.1%}"
    if interval:
        low, high = wilson(part, total)
        text = f"{part} of {total} = {part / total:.2%} [{low:.2%}, {high:.2%}]"
    return text
