"""What is known about a reading, gathered from everybody who read the utterance."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.agent.confidence import FAR, MOST_ODDS, Signals
from app.agent.reading import Reading
from app.core.model import Origin, Utterance

MOST_HEARINGS: Final = 4
"""Texts of one utterance that are read, the one that counts included."""

GUESSED: Final = 0.9
"""Below this confidence the rules had to guess somewhere: a place by its sound, what a
left-over word may be, who inherits which check."""

_LEAST: Final = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReading:
    """What the model read, and how much it wanted to say something else."""

    reading: Reading
    """Its confidence is the probability of the answer under the grammar."""
    mass: float
    name: str
    alternative: float | None = None
    """The greatest probability that any other answer can have; None: not known, and
    taken for all that this one leaves."""
    hearings: int = 1
    """Hearings of the utterance that the model read."""
    same: int = 1
    """How many of them it took to have the same effect, this one included."""

    @property
    def odds(self) -> float:
        """Log odds of the answer against the best other."""
        chosen = self.reading.confidence
        other = 1 - chosen if self.alternative is None else self.alternative
        odds = math.log(max(chosen, _LEAST) / max(other, _LEAST))
        return max(-MOST_ODDS, min(MOST_ODDS, odds))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """Another hearing of the same audio, as the rules read it."""

    text: str
    reading: Reading


def other_hearings(utterance: Utterance) -> tuple[str, ...]:
    """Give the other texts of an utterance that are worth reading, at most three.

    What two ears heard comes before the less likely hearings of one.
    """
    texts = (utterance.lexicon_text, utterance.free_text, *utterance.alternatives)
    others = dict.fromkeys(text for text in texts if text and text != utterance.text)
    return tuple(others)[: MOST_HEARINGS - 1]


def signals_of(
    reading: Reading,
    utterance: Utterance,
    rules: Reading,
    model: ModelReading | None,
    others: Sequence[Hearing] = (),
) -> Signals:
    """Gather what is known about `reading`, which is the rules' or the model's."""
    agreed = model is None or model.reading.effect == rules.effect
    odds, mass = 0.0, 1.0
    hearings = 1 + len(others)
    same = 1 + sum(other.reading.effect == reading.effect for other in others)
    if model is not None:
        mine = model.reading.effect == reading.effect
        # Where the model chose another answer, this one is at most its runner-up.
        odds = model.odds if mine else -model.odds
        mass = model.mass
        # Of the two readers the one counts that more hearings lead elsewhere.
        if mine and model.same * hearings <= same * model.hearings:
            hearings, same = model.hearings, model.same
    found = [one.resolution for one in reading.spoken if one.resolution is not None]
    calls = {(one.place, one.check) for one in reading.spoken}
    return Signals(
        odds=odds,
        mass=mass,
        agreed=agreed,
        rules=rules.confidence,
        known=is_complete(reading),
        exact=all(one.exact for one in found),
        distance=max(
            (one.matches[0].distance if one.matches else FAR for one in found),
            default=0.0,
        ),
        margin=min(
            (
                one.matches[1].distance - one.matches[0].distance
                for one in found
                if len(one.matches) > 1
            ),
            default=FAR,
        ),
        typed=utterance.origin is Origin.TYPED,
        ears=utterance.agreement,
        hearings=hearings,
        same=same,
        calls=len(calls),
    )


def is_complete(reading: Reading) -> bool:
    """Whether every place is a site of the directory and every check was said."""
    return bool(reading.spoken) and all(
        one.site is not None and one.check is not None for one in reading.spoken
    )
