"""Whether a spoken command is put to the operator before it is dispatched."""

from dataclasses import replace
from enum import StrEnum
from typing import Final

from app.core import checks
from app.core.dialogue import Context
from app.core.model import (
    Call,
    Candidate,
    Origin,
    Question,
    QuestionKind,
    Understanding,
    Utterance,
)

NAMED: Final = 3
"""Calls that a question names; more are counted."""
NOTE: Final = "口头指令先确认"


class Confirm(StrEnum):
    """When a spoken command is confirmed first."""

    LOW = "low"
    """Only where it is not sure what is meant."""
    ALWAYS = "always"


def confirmed_first(
    understood: Understanding, heard: Utterance, context: Context
) -> Understanding:
    """Turn a spoken command that would be dispatched into a question.

    What the operator has just been shown and picked by a word (是, 第二个) is not asked
    about again; a place or check that he named anew is.
    """
    if heard.origin not in (Origin.MICROPHONE, Origin.FILE) or not understood.calls:
        return understood
    if understood.continues and understood.continues == context.question_run:
        shown = context.question.candidates if context.question is not None else ()
        if any(understood.calls == candidate.calls for candidate in shown):
            return understood
    return replace(
        understood,
        calls=(),
        question=_question(understood.calls),
        notes=(*understood.notes, NOTE),
    )


def _question(calls: tuple[Call, ...]) -> Question:
    named = "、".join(f"{c.site.name} {checks.label(c.check)}" for c in calls[:NAMED])
    label = f"{named} 等{len(calls)}项" if len(calls) > NAMED else named
    return Question(
        kind=QuestionKind.CONFIRM,
        sentence=f"要查的是: {label}, 请确认",
        candidates=(Candidate(label=label, calls=calls),),
    )
