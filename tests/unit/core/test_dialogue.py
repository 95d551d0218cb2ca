"""What a dialogue keeps in mind, in which order, and for how long."""

from datetime import timedelta
from typing import Any

import pytest

from app.core.dialogue import KEPT_S, NOTHING, Dialogue
from app.core.model import (
    Call,
    Candidate,
    Check,
    Finding,
    Intent,
    Mention,
    Origin,
    Outcome,
    Question,
    QuestionKind,
    RunRecord,
    Severity,
    Site,
    Understanding,
    Utterance,
    Verdict,
)
from app.core.observation import Observation
from tests.fakes import HeldClock

JINAN = Site(id="jn", name="济南")
CALL = Call(JINAN, Check.HEADCOUNT)
FINDING = Finding(
    call=CALL,
    observation=Observation(expected=2, actual=2),
    verdict=Verdict.ALL_PRESENT,
    severity=Severity.NORMAL,
    summary="[人数检测] 应到2人, 实到2人, 无人缺勤, 正常出工",
)
QUESTION = Question(
    kind=QuestionKind.CONFIRM,
    sentence="是不是要查: 济南 人数检测?",
    candidates=(Candidate(label="济南 人数检测", calls=(CALL,)),),
)
MENTION = Mention(place="济南", site=JINAN, check=Check.HEADCOUNT)


class Talk:
    """A dialogue on a held clock, and the runs that are put into it."""

    def __init__(self) -> None:
        self.clock = HeldClock()
        self.dialogue = Dialogue(self.clock.now)
        self._runs = 0

    def run(self, outcome: Outcome, **changes: Any) -> RunRecord:
        self._runs += 1
        calls = (CALL,) if outcome in (Outcome.ANSWERED, Outcome.CANCELLED) else ()
        question = QUESTION if outcome is Outcome.ASKED else None
        values: dict[str, Any] = {
            "run_id": f"r{self._runs}",
            "started_at": self.clock.now(),
            "finished_at": self.clock.now(),
            "operator": "李明",
            "workstation": "一号席",
            "origin": Origin.TYPED,
            "outcome": outcome,
            "utterance": Utterance(text="…", origin=Origin.TYPED),
            "understanding": Understanding(
                intent=Intent.INSPECT,
                mentions=(MENTION,),
                calls=calls,
                question=question,
            ),
            "findings": (FINDING,) if outcome is Outcome.ANSWERED else (),
        }
        return RunRecord(**{**values, **changes})

    def after(self, outcome: Outcome, **changes: Any) -> None:
        self.dialogue.remember(self.run(outcome, **changes))


@pytest.fixture
def talk() -> Talk:
    return Talk()


def test_it_begins_with_nothing(talk: Talk) -> None:
    assert talk.dialogue.context() == NOTHING


def test_an_answered_run_may_be_followed_up(talk: Talk) -> None:
    talk.after(Outcome.ANSWERED)
    context = talk.dialogue.context()
    assert (context.calls_run, context.calls) == ("r1", (CALL,))
    assert context.findings == (FINDING,)
    assert context.answered_at == talk.clock.now()
    assert context.question is None
    assert context.expires_at == talk.clock.now() + timedelta(seconds=KEPT_S)


def test_it_is_forgotten_after_its_time_and_not_before(talk: Talk) -> None:
    talk.after(Outcome.ANSWERED)
    talk.clock.advance(KEPT_S)
    assert talk.dialogue.context().calls == (CALL,)
    talk.clock.advance(0.001)
    assert talk.dialogue.context() == NOTHING


def test_a_clock_that_is_set_back_keeps_nothing_alive(talk: Talk) -> None:
    talk.after(Outcome.ANSWERED)
    talk.clock.advance(-1)
    assert talk.dialogue.context() == NOTHING


def test_a_question_is_open_until_the_next_run_and_leaves_the_calls(talk: Talk) -> None:
    talk.after(Outcome.ANSWERED)
    talk.clock.advance(60)
    talk.after(Outcome.ASKED)
    context = talk.dialogue.context()
    assert (context.calls_run, context.question_run) == ("r1", "r2")
    assert context.question == QUESTION
    assert context.mentions == (MENTION,)
    # The older part ends first, and the question outlives it.
    assert context.expires_at == talk.clock.now() + timedelta(seconds=KEPT_S - 60)
    talk.clock.advance(KEPT_S - 30)
    context = talk.dialogue.context()
    assert (context.calls, context.question) == ((), QUESTION)


@pytest.mark.parametrize("outcome", [Outcome.GREETED, Outcome.DECLINED])
def test_what_dispatches_nothing_closes_the_question_only(
    talk: Talk, outcome: Outcome
) -> None:
    talk.after(Outcome.ANSWERED)
    talk.after(Outcome.ASKED)
    talk.after(outcome)
    context = talk.dialogue.context()
    assert context.question is None
    assert context.question_run == ""
    assert context.mentions == ()
    assert context.calls_run == "r1"


def test_an_answer_said_once_more_does_not_make_it_newer(talk: Talk) -> None:
    talk.after(Outcome.ANSWERED)
    talk.clock.advance(KEPT_S - 1)
    talk.after(Outcome.REPEATED)
    talk.clock.advance(2)
    assert talk.dialogue.context() == NOTHING


def test_a_cancelled_run_is_the_last_one(talk: Talk) -> None:
    talk.after(Outcome.ANSWERED)
    talk.after(Outcome.CANCELLED)
    context = talk.dialogue.context()
    assert (context.calls_run, context.findings) == ("r2", ())


def test_a_failed_run_is_the_last_one_and_no_older_one_is_taken_for_it(
    talk: Talk,
) -> None:
    talk.after(Outcome.ANSWERED)
    other = Call(JINAN, Check.HELMET)
    understood = Understanding(intent=Intent.INSPECT, calls=(other,))
    talk.after(Outcome.FAILED, understanding=understood)
    context = talk.dialogue.context()
    assert (context.calls_run, context.calls) == ("r2", (other,))
    assert context.findings == ()


def test_where_nothing_was_heard_the_question_stays(talk: Talk) -> None:
    talk.after(Outcome.ASKED)
    talk.after(Outcome.FAILED, utterance=None, understanding=None)
    talk.after(Outcome.CANCELLED, utterance=None, understanding=None)
    assert talk.dialogue.context().question_run == "r1"


def test_what_was_heard_and_not_understood_leaves_nothing_to_lean_on(
    talk: Talk,
) -> None:
    talk.after(Outcome.ANSWERED)
    talk.after(Outcome.FAILED, understanding=None)
    assert talk.dialogue.context() == NOTHING


def test_a_run_that_took_longer_is_not_newer(talk: Talk) -> None:
    slow = talk.run(Outcome.ANSWERED)
    talk.clock.advance(5)
    talk.after(Outcome.ANSWERED)
    talk.dialogue.remember(slow)
    assert talk.dialogue.context().calls_run == "r2"


def test_another_operator_starts_afresh(talk: Talk) -> None:
    talk.after(Outcome.ANSWERED)
    talk.after(Outcome.ASKED)
    talk.dialogue.forget()
    assert talk.dialogue.context() == NOTHING
