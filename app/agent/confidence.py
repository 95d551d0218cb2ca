"""How sure the desk is that a reading is what was meant, as a probability.

What is known about a reading are its `Signals`. A `Calibration` weighs them: each
signal is brought to 0 … 1, where 1 speaks most for the reading, and its weight says by
how much the log odds of being right rise from 0 to 1. No weight is below nothing, so
no signal can speak against what it stands for. Weights and threshold are measured on
sentences that nothing was trained on (`griddesk tune calibrate`); conditions that must
hold whatever the probability stay in `understanding`.
"""

import math
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

MOST_ODDS: Final = 10.0
"""Log odds beyond this are no surer: one answer in twenty thousand is another."""

FAR: Final = 0.55
"""Distance at which a site sounds no longer like the words."""

_LEAST_MASS: Final = 1e-3
_MOST: Final = 0.9999


class Reader(StrEnum):
    """Who read what is weighed."""

    BOTH = "model+rules"
    RULES = "rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """What is known about one reading of an utterance."""

    odds: float = 0.0
    """The model's log odds of this reading against the best other answer that it could
    give; below 0 where it prefers another; 0 where no model read."""
    mass: float = 1.0
    """Least share of the model's belief on what its grammar allows."""
    agreed: bool = True
    """Whether model and rules would have the same effect."""
    rules: float
    """How sure the rules are, 0 … 1."""
    known: bool = True
    """Whether every place is one site of the directory, and has its check."""
    exact: bool = True
    """Whether every place is spelt as in the directory."""
    distance: float = 0.0
    """Distance of the least sure place from its site."""
    margin: float = FAR
    """How much farther the next site is, for the place where it is least."""
    typed: bool = False
    ears: float | None = None
    """Distance of the two hearings, 0 … 1; None: typed, or one ear only."""
    hearings: int = 1
    """Hearings of the same audio that were read."""
    same: int = 1
    """How many of them would have the same effect, this one included."""
    calls: int = 1

    @property
    def share(self) -> float:
        """Share of the hearings that would have the same effect."""
        return self.same / max(1, self.hearings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """By how much each signal raises the log odds of being right."""

    start: float
    """The log odds where every signal is at its worst."""
    odds: float
    """The clearer the model prefers this reading to any other, the surer."""
    mass: float
    """The less the model wanted to say what its grammar forbids, the surer."""
    agreed: float
    """Two readers that err in different ways seldom err alike."""
    rules: float
    """The rules know which of their own steps were guesses."""
    known: float
    """A place of the directory is likelier to be meant than one that nobody knows."""
    exact: float
    """A name as it is written was hardly misheard."""
    near: float
    """The more a place sounds like its site, the surer."""
    margin: float
    """The farther the next site, the less a slip of the ear can matter."""
    typed: float
    """What is typed was not misheard."""
    ears: float
    """Two ears that hear the same heard it right."""
    hearings: float
    """Where every hearing leads to the same calls, mishearing did no harm."""
    brief: float
    """The more calls are in a sentence, the more can be wrong."""

    def log_odds(self, signals: Signals) -> float:
        """Give the log odds that a reading with these signals is right."""
        return self.start + sum(
            weight * value
            for weight, value in zip(self.values(), features(signals), strict=True)
        )

    def values(self) -> tuple[float, ...]:
        """Give the weights in the order of `features`, without `start`."""
        return tuple(getattr(self, one.name) for one in fields(self)[1:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What makes a probability of signals, and from which one on is dispatched."""

    reader: Reader
    weights: Weights
    threshold: float
    """At least this probability is needed to dispatch without a question."""
    origin: str
    """Where it comes from: empty for a default that nothing was measured for."""

    def probability(self, signals: Signals) -> float:
        """Give the probability that a reading with these signals is what was meant."""
        odds = self.weights.log_odds(signals)
        return min(_MOST, 1 / (1 + math.exp(-max(-50.0, min(50.0, odds)))))


def features(signals: Signals) -> tuple[float, ...]:
    """Bring each signal to 0 … 1, in the order of `Weights`; 1 speaks most for it."""
    closed = 1 - math.log(max(signals.mass, _LEAST_MASS)) / math.log(_LEAST_MASS)
    odds = max(-MOST_ODDS, min(MOST_ODDS, signals.odds))
    ears = 1.0 if signals.typed else 0.5
    if signals.ears is not None:
        ears = 1 - min(1.0, signals.ears)
    return (
        (odds + MOST_ODDS) / (2 * MOST_ODDS),
        closed,
        float(signals.agreed),
        signals.rules,
        float(signals.known),
        float(signals.exact),
        1 - min(signals.distance, FAR) / FAR,
        min(max(signals.margin, 0.0), FAR) / FAR,
        float(signals.typed),
        ears,
        signals.share,
        1 / max(1, signals.calls),
    )


CAUTIOUS: Final = Calibration(
    reader=Reader.BOTH,
    weights=Weights(
        start=-11.5,
        odds=5.0,
        mass=1.5,
        agreed=2.5,
        rules=3.5,
        known=1.0,
        exact=0.5,
        near=1.5,
        margin=0.3,
        typed=0.2,
        ears=0.7,
        hearings=1.6,
        brief=0.4,
    ),
    threshold=0.95,
    origin="",
)
"""For an adapter that brings no calibration: it rather asks once too often."""

CAUTIOUS_RULES: Final = Calibration(
    reader=Reader.RULES,
    weights=Weights(
        start=-9.0,
        odds=0.0,
        mass=0.0,
        agreed=0.0,
        rules=4.0,
        known=1.5,
        exact=1.0,
        near=2.0,
        margin=0.3,
        typed=0.4,
        ears=1.0,
        hearings=2.0,
        brief=0.9,
    ),
    threshold=0.95,
    origin="",
)
"""For rules alone, should their own calibration be missing."""
