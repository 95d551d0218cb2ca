"""What may be said in answer to the step 理解: a closed language for one utterance.

The language is walked part by part. Each part offers options; an option is text that
can only be followed by its own end, so where one option is left everything after it
is forced. Works on text and knows no tokenizer, so no character is ever cut in two.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from app.agent.prompts import (
    CALL_SEPARATOR,
    CHECK_CLAUSE,
    CHECK_LABELS,
    DEMAND_WORDS,
    GREETING_SPLIT_ANSWER,
    NO_CHECK_CLAUSE,
    NO_PLACE_CLAUSE,
    PART_SEPARATOR,
    PLACE_CLAUSE,
    UNSUPPORTED_ANSWER,
    clean_speech,
)

LONGEST_PLACE = 12
"""Characters of a place that the model may copy from the transcript."""

MAX_CALLS = 6
"""Calls that one answer may hold."""

BARRED = frozenset(" ;:。,的")
"""What no place that is copied begins or ends with: it belongs to what is around it."""
_HEAD, _TAIL = PLACE_CLAUSE.split("{place}", 1)


class _Step(Enum):
    KIND = auto()
    PLACE = auto()
    CHECK = auto()
    MORE = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class State:
    """Where in the answer we are."""

    step: _Step = _Step.KIND
    calls: int = 0
    placed: bool | None = None
    """Whether the clauses have a place; fixed by the first."""
    checked: bool | None = None
    """Whether the clauses have a check; fixed by the first."""


@dataclass(frozen=True, slots=True)
class Option:
    """One way on: `stem` tells it from the others, `rest` follows without choice."""

    stem: str
    rest: str
    then: State


END = State(_Step.END)


@dataclass(frozen=True, slots=True)
class AnswerGrammar:
    """The sentences that may answer one transcript."""

    places: tuple[str, ...]

    start: State = State()

    def options(self, state: State) -> Sequence[Option]:
        """Give the ways on; an empty stem is the end of the answer."""
        match state.step:
            case _Step.KIND:
                return self._kinds(state)
            case _Step.PLACE:
                return self._places(state)
            case _Step.CHECK:
                return _checks(state)
            case _Step.MORE:
                return self._more(state)
        return ()

    def _kinds(self, state: State) -> Sequence[Option]:
        check = replace(state, step=_Step.CHECK)
        options = []
        if state.placed is not False and self.places:
            options.append(
                Option(_HEAD, "", replace(state, step=_Step.PLACE, placed=True))
            )
        if state.placed is not True:
            options.append(
                Option(NO_PLACE_CLAUSE, PART_SEPARATOR, replace(check, placed=False))
            )
        if state.calls == 0:
            options.append(Option(UNSUPPORTED_ANSWER, "", END))
            options.append(Option(GREETING_SPLIT_ANSWER, "", END))
        return options

    def _places(self, state: State) -> Sequence[Option]:
        then = replace(state, step=_Step.CHECK)
        # The first character of the tail ends the name: 历城 is no longer a beginning
        # of 历城变电站 once the comma is part of the option.
        return [
            Option(
                place + _TAIL[0],
                _TAIL[1:].replace("{place}", place) + PART_SEPARATOR,
                then,
            )
            for place in self.places
        ]

    def _more(self, state: State) -> Sequence[Option]:
        done = Option("", "", END)
        alone = state.placed is False and state.checked is False
        if alone or state.calls >= MAX_CALLS:
            return [done]
        return [done, Option(CALL_SEPARATOR, "", replace(state, step=_Step.KIND))]


def _checks(state: State) -> Sequence[Option]:
    then = replace(state, step=_Step.MORE, calls=state.calls + 1)
    options = []
    if state.checked is not False:
        options += [
            Option(
                CHECK_CLAUSE.format(demand=DEMAND_WORDS[check], label=label),
                "",
                replace(then, checked=True),
            )
            for check, label in CHECK_LABELS.items()
        ]
    if state.checked is not True:
        options.append(Option(NO_CHECK_CLAUSE, "", replace(then, checked=False)))
    return options


def grammar_for(transcript: str, candidates: Sequence[str] = ()) -> AnswerGrammar:
    """Make the language for a transcript.

    Places are the substrings of what was heard, and the directory names in
    `candidates`, nothing else.
    """
    places: dict[str, None] = {}
    for name in candidates:
        if name and not BARRED - {"的"} & set(name) and name == clean_speech(name):
            places[name] = None
    for piece in clean_speech(transcript).replace(" ", ",").split(","):
        edges = [at for at in range(len(piece) + 1) if not _cuts(piece, at)]
        for start in edges:
            for end in edges:
                place = piece[start:end]
                if not 2 <= len(place) <= LONGEST_PLACE:
                    continue
                if place[0] not in BARRED and place[-1] not in BARRED:
                    places.setdefault(place)
    return AnswerGrammar(tuple(places))


def _cuts(text: str, at: int) -> bool:
    """Whether a place that began or ended here would cut a Latin word or a number.

    Nobody means the 3号 of 13号, or the ec of check.
    """
    around = text[max(0, at - 1) : at + 1]
    return (
        len(around) == 2 and around.isascii() and (around.isalpha() or around.isdigit())
    )
