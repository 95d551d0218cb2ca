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

NAMED: Final = 6
"""Calls that a question names, as many as a command without a question may have; of
more, the first is named and all are counted."""
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
        question=_question(understood.calls, context.question),
        notes=(*understood.notes, NOTE),
    )


def _question(calls: tuple[Call, ...], before: Question | None) -> Question:
    shown = before.candidates if before is not None else ()
    same = [each for each in shown if frozenset(each.calls) == frozenset(calls)]
    if before is not None and len(shown) == 1 and same:
        # Its words stay: how many sites a sweep has, and how many are left out.
        return replace(before, kind=QuestionKind.CONFIRM)
    count = f", 共{len(calls)}项" if len(calls) > 1 else ""
    if same:
        # What was offered under a name of its own, such as a sweep, keeps it.
        label = same[0].label
    elif len(calls) <= NAMED:
        label = "、".join(map(_named, calls))
    else:
        label, count = f"{_named(calls[0])} 等{len(calls)}项", ""
    return Question(
        kind=QuestionKind.CONFIRM,
        sentence=f"要查的是: {label}{count}, 请确认",
        candidates=(Candidate(label=label, calls=calls),),
    )


def _named(call: Call) -> str:
    return f"{call.site.name} {checks.label(call.check)}"
