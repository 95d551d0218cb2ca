"""Ways to read a row: with everything, and without one ingredient each.

What a way leaves out is left out for real: without the grammar the model writes freely
and what is no sentence of the answer language is asked about; without the directory's
sense of sound only names as they are written are found; without the second opinion one
reader is followed; without the other hearings one text is read; without a calibration
the fixed numbers of the first release decide.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.agent.confidence import MOST_ODDS, Calibration, Signals, Weights
from app.agent.decoding import Decoder
from app.agent.lexicon import lexicon
from app.agent.model_reader import ModelReader, reading_of
from app.agent.places import PlaceFinder
from app.agent.prompts import AnswerError, parse_split_answer, split_prompt
from app.agent.reading import Reading
from app.agent.understanding import decide
from app.agent.weighing import ModelReading
from app.core.cancel import CancelToken
from app.core.model import Intent, Origin, Resolution, Understanding
from app.sites.directory import Directory
from app.tuning.measuring.calibration import Read, read_desk
from app.tuning.measuring.desks import Desk

EVERYTHING = "everything"
FREE = "without the grammar"
WRITTEN = "without the directory's sense of sound"
MODEL = "model alone"
RULES = "rules alone"
ONE = "without the other hearings"
FIXED = "without the calibration"
WAYS = (EVERYTHING, FREE, WRITTEN, MODEL, RULES, ONE, FIXED)

_FIRST_RELEASE = 0.6


class _AsWritten(Directory):
    """A directory that finds names as they are written, and nothing by sound."""

    def resolve(self, words: str) -> Resolution:
        found = super().resolve(words)
        return found if found.exact else Resolution(words=words, site=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fixed(Calibration):
    """How the first release weighed: one formula and one number."""

    def probability(self, signals: Signals) -> float:
        # Log odds of the model's answer, back to its probability.
        odds = min(MOST_ODDS, max(-MOST_ODDS, signals.odds))
        belief = signals.mass / (1 + 2.718281828**-odds)
        if not signals.agreed:
            return 0.5 * belief
        return 1 - (1 - signals.rules) * (1 - belief)


_NOTHING = Weights(
    start=0, odds=0, mass=0, agreed=0, rules=0, known=0, exact=0, near=0, margin=0,
    typed=0, ears=0, hearings=0, brief=0,
)  # fmt: skip


class Ways:
    """Reads desks in every way with one model."""

    def __init__(self, decoder: Decoder, calibration: Calibration) -> None:
        self._decoder = decoder
        self._reader = ModelReader(decoder)
        self._calibration = calibration
        fixed = {name: getattr(calibration, name) for name in ("reader", "origin")}
        self._fixed = _Fixed(**fixed, weights=_NOTHING, threshold=_FIRST_RELEASE)
        self._any = replace(calibration, threshold=0.0)
        self._cancel = CancelToken()

    def read(
        self, desk: Desk, ways: Sequence[str] = WAYS
    ) -> Iterator[tuple[Read, dict[str, Understanding]]]:
        """Give each row with what each way makes of it."""
        directory = Directory(desk.sites)
        finder = PlaceFinder(directory, lexicon())
        rows = read_desk(desk, directory, self._reader, self._cancel)
        written = (
            read_desk(desk, _AsWritten(desk.sites), self._reader, self._cancel)
            if WRITTEN in ways
            else iter(())
        )
        for row in rows:
            blind = next(written, row)
            yield (
                row,
                {way: self._understood(way, row, blind, finder) for way in ways},
            )

    def _understood(
        self, way: str, row: Read, blind: Read, finder: PlaceFinder
    ) -> Understanding:
        ours = self._calibration
        match way:
            case "without the grammar":
                return self._decided(self._free(row, finder), self._any)
            case "without the directory's sense of sound":
                return self._decided(blind, ours)
            case "model alone" if row.model is not None:
                # Its own reading for a second one: nothing doubts it.
                return self._decided(replace(row, rules=row.model.reading), self._any)
            case "rules alone":
                return self._decided(replace(row, model=None), ours)
            case "without the other hearings":
                return self._decided(_one_hearing(row), ours)
            case "without the calibration":
                return self._decided(row, self._fixed)
        return self._decided(row, ours)

    def _decided(self, row: Read, calibration: Calibration) -> Understanding:
        return decide(
            row.meant.utterance,
            row.rules,
            row.model,
            row.sites,
            others=row.others,
            calibration=calibration,
            alone=self._fixed if calibration is self._fixed else None,
        )

    def _free(self, row: Read, finder: PlaceFinder) -> Read:
        """Let the model write without a grammar."""
        if row.model is None:
            return row
        text = row.meant.utterance.text
        said = self._decoder.write(split_prompt(text), cancel=self._cancel)
        typed = row.meant.utterance.origin is Origin.TYPED
        try:
            parsed = parse_split_answer(said.text)
            reading = reading_of(parsed, 1.0, finder, typed=typed)
        except AnswerError:
            reading = Reading(intent=Intent.UNCLEAR)
        return replace(row, model=ModelReading(reading=reading, mass=1.0, name="free"))


def _one_hearing(row: Read) -> Read:
    model = row.model and replace(row.model, hearings=1, same=1)
    utterance = replace(
        row.meant.utterance, alternatives=(), lexicon_text="", free_text=""
    )
    meant = replace(row.meant, utterance=utterance)
    return replace(row, meant=meant, model=model, others=())
