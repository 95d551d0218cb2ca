"""Why an utterance was taken to mean what it was: one reason a line.

For the details of a card and for the log. A reason names the words it stands on, so
that whoever reviews a run can see which part of the sentence became what.
"""

from dataclasses import dataclass
from enum import StrEnum


class ReasonKind(StrEnum):
    """Where a part of an understanding comes from."""

    PLACE = "place"
    """Words that name a site, several, or all of a region."""
    CHECK = "check"
    """Words that name a check."""
    REPAIR = "repair"
    """Words that were taken for others that sound alike."""
    CONTEXT = "context"
    """What was not said and taken over from what was said before."""
    REFUSAL = "refusal"
    """Words that make it something the desk does not do."""
    DOUBT = "doubt"
    """Words for which the desk asks first."""
    SECOND_OPINION = "second_opinion"
    """What the other reader, or another hearing of the same audio, makes of it."""
    CONFIDENCE = "confidence"
    """How sure the desk is, and what that rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One step of the way from the words to their meaning."""

    kind: ReasonKind
    words: str = ""
    """As they stand in the transcript; empty: it rests on no words of it."""
    start: int | None = None
    """Where the words begin in the transcript, in characters; None: nowhere."""
    meaning: str
    """What they were taken for: a Chinese clause for operator and supervisor."""
