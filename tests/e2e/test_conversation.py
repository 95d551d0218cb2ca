"""Several turns at one desk, with its own rules, backend and journal."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.compose import House
from app.core.clock import SystemClock
from app.core.dialogue import KEPT_S, NOTHING
from app.core.errors import JournalUnwritableError
from app.core.events import RunFinished, TerminalEvent
from app.core.explanation import ReasonKind
from app.core.model import Check, Origin, Outcome, RunRecord, Source, Utterance
from app.house.desk import HouseDesk
from tests.fakes import HeldClock

pytestmark = pytest.mark.e2e


class Conversation:
    """Says things to a desk and gives what was recorded."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.clock = HeldClock()
        house.__dict__["clock"] = self.clock
        self.desk = HouseDesk(house)

    async def say(self, text: str) -> RunRecord:
        self.clock.advance(5)
        request = self.desk.request(text=text)
        events = [event async for event in self.desk.run(request)]
        assert isinstance(events[-1], TerminalEvent)
        entry = self.house.journal.get(request.run_id)
        assert entry is not None
        assert entry.record.run_id == request.run_id
        return entry.record


@pytest.fixture
def talk() -> Iterator[Conversation]:
    with House() as house:
        yield Conversation(house)


def asked(record: RunRecord) -> list[tuple[str, Check]]:
    return [(one.call.site.name, one.call.check) for one in record.findings]


def context_reasons(record: RunRecord) -> list[str]:
    assert record.understanding is not None
    return [
        one.meaning
        for one in record.understanding.reasons
        if one.kind is ReasonKind.CONTEXT
    ]


async def test_a_conversation_is_followed_and_recorded(talk: Conversation) -> None:
    first = await talk.say("查一下济南工地的人数")
    assert asked(first) == [("济南", Check.HEADCOUNT)]

    second = await talk.say("那青岛呢")
    assert asked(second) == [("青岛", Check.HEADCOUNT)]
    assert second.understanding is not None
    assert second.understanding.continues == first.run_id
    # It answers no question, so nothing was chosen.
    assert second.answers_run == ""
    assert context_reasons(second) == ["沿用刚才的检查: 人数检测"]

    third = await talk.say("再查一下安全帽")
    assert asked(third) == [("青岛", Check.HELMET)]
    assert third.understanding is not None
    assert third.understanding.continues == second.run_id

    again = await talk.say("刚才那个再说一遍")
    assert again.outcome is Outcome.REPEATED
    assert again.findings == ()
    assert again.understanding is not None
    assert again.understanding.continues == third.run_id
    assert third.findings[0].summary in again.understanding.reply

    wrong = await talk.say("不对,是潍坊")
    assert asked(wrong) == [("潍坊", Check.HELMET)]

    question = await talk.say("烟台")
    assert question.outcome is Outcome.ASKED
    answer = await talk.say("第二个")
    assert answer.outcome is Outcome.ANSWERED
    assert answer.answers_run == question.run_id
    assert answer.understanding is not None
    assert answer.understanding.source is Source.OPERATOR
    assert len(context_reasons(answer)) == 1
    # The last check comes first among the candidates: the second is the headcount.
    assert asked(answer) == [("烟台", Check.HEADCOUNT)]
    assert talk.house.journal.verify().ok


async def test_a_question_is_given_up_and_nothing_was_queried(
    talk: Conversation,
) -> None:
    question = await talk.say("青岛")
    closed = await talk.say("算了")
    assert (closed.outcome, closed.findings) == (Outcome.DECLINED, ())
    assert closed.answers_run == question.run_id
    late = await talk.say("第一个")
    assert late.outcome is Outcome.ASKED
    assert late.answers_run == ""


async def test_after_its_time_nothing_is_taken_over(talk: Conversation) -> None:
    await talk.say("查一下济南工地的人数")
    question = await talk.say("查一下所有工地的人数")
    assert question.outcome is Outcome.ASKED
    talk.clock.advance(KEPT_S)
    for text in ("是", "那青岛呢", "再查一遍", "再说一遍"):
        record = await talk.say(text)
        assert record.outcome is Outcome.ASKED
        assert record.understanding is not None
        assert record.understanding.continues == ""
        talk.clock.advance(KEPT_S)


async def test_while_a_run_is_under_way_nothing_leans_on_an_older_one(
    talk: Conversation,
) -> None:
    await talk.say("查一下济南工地的人数")
    assert talk.desk.context != NOTHING
    running = talk.desk.run(talk.desk.request(text="查一下潍坊的安全帽"))
    await anext(running)
    assert talk.desk.request(text="那青岛呢").context == NOTHING
    last = [event async for event in running][-1]
    assert isinstance(last, RunFinished)
    (call,) = talk.desk.context.calls
    assert (call.site.name, call.check) == ("潍坊", Check.HELMET)


async def test_a_run_that_is_abandoned_is_not_under_way_for_ever(
    talk: Conversation,
) -> None:
    await talk.say("查一下济南工地的人数")
    running = talk.desk.run(talk.desk.request(text="查一下潍坊的安全帽"))
    await anext(running)
    await running.aclose()
    assert talk.desk.context != NOTHING


async def test_a_run_that_is_in_no_log_leaves_nothing_to_lean_on(
    talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    await talk.say("查一下济南工地的人数")

    async def full(record: RunRecord) -> None:
        raise JournalUnwritableError("磁盘已满")

    with monkeypatch.context() as patched:
        patched.setattr(talk.house.journal, "append", full)
        request = talk.desk.request(text="查一下潍坊的安全帽")
        assert [event async for event in talk.desk.run(request)]
    assert talk.desk.context == NOTHING


async def test_the_real_model_agrees_to_follow_ups(talk: Conversation) -> None:
    """Without it the model could stop every follow-up, and nobody would notice."""
    await talk.say("查一下济南工地的人数")
    for text, expected in (
        ("那青岛呢", ("青岛", Check.HEADCOUNT)),
        ("电笔呢", ("青岛", Check.EQUIPMENT)),
        ("再查一遍", ("青岛", Check.EQUIPMENT)),
    ):
        record = await talk.say(text)
        assert asked(record) == [expected]
        assert record.understanding is not None
        assert record.understanding.source is Source.MODEL_AND_RULES


async def test_an_open_question_is_not_answered_by_half_a_hearing(
    talk: Conversation,
) -> None:
    await talk.say("青岛")
    context = talk.desk.context
    unsure = Utterance(text="第一个", origin=Origin.MICROPHONE, agreed=False)
    request = talk.desk.request(text="第一个")
    made = await talk.house.agent.understand(
        unsure, context=context, cancel=request.cancel
    )
    assert made.calls == ()
    sure = replace(unsure, agreed=True)
    made = await talk.house.agent.understand(
        sure, context=context, cancel=request.cancel
    )
    assert len(made.calls) == 1


def run_json(*args: str) -> dict[str, object]:
    done = CliRunner().invoke(app, [*args])
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return {"status": done.exit_code, **json.loads(done.stdout)}


def test_the_command_line_goes_on_after_a_run() -> None:
    first = run_json("ask", "查一下济南工地的人数", "--json")
    run_id = str(first["run_id"])
    second = run_json("ask", "那青岛呢", "--after", run_id[:8], "--json")
    (call,) = second["calls"]  # type: ignore[misc]
    assert (call["site"], call["check"]) == ("青岛", "headcount")
    read = run_json("parse", "那安全帽呢", "--after", run_id)
    assert [(one["place"], one["check"]) for one in read["calls"]] == [  # type: ignore[attr-defined]
        ("济南", "helmet")
    ]
    question = run_json("ask", "那临易呢", "--after", run_id, "--json")
    assert question["outcome"] == "asked"
    answer = run_json("ask", "是", "--after", str(question["run_id"]), "--json")
    (call,) = answer["calls"]  # type: ignore[misc]
    assert (call["site"], call["check"]) == ("临沂", "headcount")
    # What the question was about may still be followed up.
    other = run_json("ask", "那安全帽呢", "--after", str(answer["run_id"]), "--json")
    (call,) = other["calls"]  # type: ignore[misc]
    assert (call["site"], call["check"]) == ("临沂", "helmet")


@pytest.mark.parametrize("command", [("ask", "--json"), ("parse",)])
def test_the_command_line_says_why_it_cannot_go_on(
    command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(run_id: str) -> str:
        name, *options = command
        done = CliRunner().invoke(app, [name, "那青岛呢", "--after", run_id, *options])
        assert done.exit_code == 2
        return done.stderr

    assert "巡检日志里没有编号为 nobody 的记录" in refused("nobody")
    greeted = run_json("ask", "你好", "--json")
    assert "没有可以接着说的" in refused(str(greeted["run_id"]))
    first = run_json("ask", "查一下济南工地的人数", "--json")
    later = SystemClock().now() + timedelta(seconds=KEPT_S + 1)
    monkeypatch.setattr(SystemClock, "now", lambda _: later)
    assert "已超过" in refused(str(first["run_id"]))
