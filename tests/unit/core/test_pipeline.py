"""A run ends in exactly one terminal event and one durable record."""

import asyncio
from contextlib import aclosing
from dataclasses import fields, replace

import pytest

from app.core import events
from app.core.cancel import CancelToken
from app.core.errors import (
    AudioEmptyError,
    JournalUnwritableError,
    ModelMissingError,
)
from app.core.model import (
    Call,
    Candidate,
    Check,
    Finding,
    Intent,
    Origin,
    Outcome,
    Question,
    QuestionKind,
    Site,
    Source,
    Understanding,
    Verdict,
)
from app.core.observation import MissingReason, Observation
from app.core.pipeline import MOST_WRITTEN, Pipeline
from app.core.request import MAX_TEXT, RunRequest
from tests.fakes import (
    HeldClock,
    ListJournal,
    ScriptedAgent,
    ScriptedDispatcher,
    ScriptedRecognizer,
    SilentAudio,
)

JINAN = Site(id="SD-JN", name="济南")
YANTAI = Site(id="SD-YT", name="烟台")
INSPECT = Understanding(intent=Intent.INSPECT, calls=(Call(JINAN, Check.HEADCOUNT),))
ANSWER = {"SD-JN": Observation(expected=47, actual=34, latency_ms=5)}
QUESTION = Question(
    kind=QuestionKind.WHICH_SITE,
    sentence="哪个工地?",
    candidates=(Candidate(label="济南", calls=INSPECT.calls),),
)


class House:
    """A pipeline with parts that can be looked at afterwards."""

    def __init__(
        self,
        *,
        understanding: Understanding | Exception = INSPECT,
        recognizer: ScriptedRecognizer | None = None,
        dispatcher: ScriptedDispatcher | None = None,
        journal: ListJournal | None = None,
        summary_error: Exception | None = None,
        agent: ScriptedAgent | None = None,
    ) -> None:
        self.recognizer = recognizer or ScriptedRecognizer()
        self.dispatcher = dispatcher or ScriptedDispatcher(ANSWER)
        self.journal = journal or ListJournal()
        self.pipeline = Pipeline(
            recognizer=self.recognizer,
            agent=agent or ScriptedAgent(understanding, summary_error),
            dispatcher=self.dispatcher,
            journal=self.journal,
            clock=HeldClock(),
            program="griddesk test",
        )

    async def run(self, request: RunRequest) -> list[events.RunEvent]:
        return [event async for event in self.pipeline.run(request)]


def typed(text: str = "查一下济南工地的人数") -> RunRequest:
    return RunRequest(operator="张三", workstation="desk-1", text=text)


def spoken() -> RunRequest:
    return RunRequest(operator="张三", workstation="desk-1", audio=SilentAudio())


def kinds(happened: list[events.RunEvent]) -> list[str]:
    return [type(event).__name__ for event in happened]


def only_terminal(happened: list[events.RunEvent]) -> events.TerminalEvent:
    terminal = [e for e in happened if isinstance(e, events.TerminalEvent)]
    assert len(terminal) == 1
    assert happened[-1] is terminal[0]
    return terminal[0]


async def test_a_spoken_command_becomes_a_journalled_summary() -> None:
    house = House(recognizer=ScriptedRecognizer(partials=["查一下", "查一下济南"]))
    happened = await house.run(spoken())
    assert kinds(happened) == [
        "RunStarted", "PartialHeard", "PartialHeard", "Heard", "Understood",
        "CallStarted", "Observed", "Summarised", "RunFinished",
    ]  # fmt: skip
    record = only_terminal(happened).record
    assert house.journal.records == [record]
    assert record.outcome is Outcome.ANSWERED
    assert record.findings[0].summary == "[人数检测] 应到47人, 实到34人, 有人缺勤"
    assert (record.operator, record.workstation) == ("张三", "desk-1")
    assert record.origin is Origin.FILE


async def test_no_result_is_shown_before_its_record_is_durable() -> None:
    journal = ListJournal()
    journal.gate = asyncio.Event()
    house = House(journal=journal)
    seen: list[events.RunEvent] = []

    async def watch() -> None:
        async for event in house.pipeline.run(typed()):
            seen.append(event)

    task = asyncio.create_task(watch())
    await journal.appending.wait()
    assert kinds(seen)[-1] == "Observed"
    journal.gate.set()
    await task
    assert kinds(seen)[-2:] == ["Summarised", "RunFinished"]


def test_no_event_before_the_record_can_carry_a_count() -> None:
    names = {f.name for f in fields(events.Observed)}
    assert names == {"run_id", "index", "call", "latency_ms", "missing"}


async def test_a_record_that_cannot_be_written_hides_the_result() -> None:
    house = House(journal=ListJournal(JournalUnwritableError("磁盘已满")))
    happened = await house.run(typed())
    ending = only_terminal(happened)
    assert isinstance(ending, events.RunFailed)
    assert ending.fault.code == "journal.unwritable"
    assert not ending.journalled
    assert ending.record.findings == ()
    assert "Summarised" not in kinds(happened)


@pytest.mark.parametrize(
    ("understanding", "shown", "outcome"),
    [
        (
            Understanding(intent=Intent.NO_PLACE, question=QUESTION),
            "Asked",
            Outcome.ASKED,
        ),
        (
            Understanding(intent=Intent.UNSUPPORTED, reply="只做巡检"),
            "Declined",
            Outcome.DECLINED,
        ),
        (
            Understanding(intent=Intent.GREETING, reply="您好"),
            "Declined",
            Outcome.GREETED,
        ),
    ],
)
async def test_without_calls_nothing_is_dispatched(
    understanding: Understanding, shown: str, outcome: Outcome
) -> None:
    house = House(understanding=understanding)
    happened = await house.run(typed())
    assert kinds(happened)[-2:] == [shown, "RunFinished"]
    assert only_terminal(happened).record.outcome is outcome
    assert house.dispatcher.asked == []


async def test_a_question_beside_calls_dispatches_nothing() -> None:
    both = Understanding(intent=Intent.INSPECT, calls=INSPECT.calls, question=QUESTION)
    house = House(understanding=both)
    await house.run(typed())
    assert house.dispatcher.asked == []


async def test_a_chosen_candidate_runs_and_points_at_its_question() -> None:
    house = House(understanding=RuntimeError("the agent must not be asked again"))
    request = RunRequest(
        operator="张三",
        workstation="desk-1",
        chosen=INSPECT.calls,
        chosen_label="济南",
        answers_run="abc",
    )
    happened = await house.run(request)
    record = only_terminal(happened).record
    assert record.outcome is Outcome.ANSWERED
    assert record.answers_run == "abc"
    assert record.understanding is not None
    assert record.understanding.source is Source.OPERATOR


@pytest.mark.parametrize(
    ("house", "code"),
    [
        (lambda: House(recognizer=ScriptedRecognizer(error=AudioEmptyError("静音"))),
         "audio.empty"),
        (lambda: House(recognizer=ScriptedRecognizer(error=ModelMissingError("无"))),
         "model.missing"),
        (lambda: House(understanding=ModelMissingError("无")), "model.missing"),
    ],
)  # fmt: skip
async def test_a_coded_error_ends_the_run_with_its_sentence(
    house: object, code: str
) -> None:
    built = house()  # type: ignore[operator]
    happened = await built.run(spoken())
    ending = only_terminal(happened)
    assert isinstance(ending, events.RunFailed)
    assert ending.fault.code == code
    assert ending.fault.remedy
    assert len(built.journal.records) == 1


@pytest.mark.parametrize("where", ["recognizer", "understand", "summarise"])
async def test_a_bug_anywhere_ends_the_run_with_its_number(
    where: str, caplog: pytest.LogCaptureFixture
) -> None:
    bug = ZeroDivisionError("a bug")
    house = House(
        recognizer=ScriptedRecognizer(error=bug if where == "recognizer" else None),
        understanding=bug if where == "understand" else INSPECT,
        summary_error=bug if where == "summarise" else None,
    )
    happened = await house.run(spoken())
    ending = only_terminal(happened)
    assert isinstance(ending, events.RunFailed)
    assert ending.run_id[:8] in ending.fault.message
    assert len(house.journal.records) == 1
    assert "failed" in caplog.text
    caplog.clear()


async def test_a_call_that_the_dispatcher_forgets_is_missing_data() -> None:
    two = Understanding(
        intent=Intent.INSPECT,
        calls=(Call(JINAN, Check.HEADCOUNT), Call(YANTAI, Check.HEADCOUNT)),
    )
    happened = await House(understanding=two).run(typed())
    findings = only_terminal(happened).record.findings
    assert findings[0].verdict is Verdict.SOME_ABSENT
    assert findings[1].verdict is Verdict.DATA_MISSING
    missing = findings[1].observation.missing
    assert missing is not None
    assert missing.reason is MissingReason.INTERNAL


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "text.empty"), ("  ", "text.empty"), ("查" * 10_000, "text.too_long")],
)
async def test_text_that_is_no_command_fails_with_a_sentence(
    text: str, code: str
) -> None:
    house = House()
    ending = only_terminal(await house.run(typed(text)))
    assert isinstance(ending, events.RunFailed)
    assert ending.fault.code == code
    assert len(house.journal.records) == 1


async def test_the_longest_text_is_still_taken() -> None:
    ending = only_terminal(await House().run(typed("查" * MAX_TEXT)))
    assert isinstance(ending, events.RunFinished)


@pytest.mark.parametrize("stage", ["hearing", "querying"])
async def test_a_cancelled_run_leaves_one_record_and_one_event(stage: str) -> None:
    house = House(
        recognizer=ScriptedRecognizer(hang=stage == "hearing"),
        dispatcher=ScriptedDispatcher(ANSWER, hang=stage == "querying"),
    )
    request = spoken()
    reached = (
        house.recognizer.listening if stage == "hearing" else house.dispatcher.reached
    )

    async def stop() -> None:
        await reached.wait()
        request.cancel.cancel()

    happened, _ = await asyncio.gather(house.run(request), stop())
    assert isinstance(only_terminal(happened), events.RunCancelled)
    assert [r.outcome for r in house.journal.records] == [Outcome.CANCELLED]


async def test_a_run_cancelled_before_it_began_asks_nobody() -> None:
    house = House()
    request = typed()
    request.cancel.cancel()
    ending = only_terminal(await house.run(request))
    assert isinstance(ending, events.RunCancelled)
    assert house.dispatcher.asked == []


async def test_a_screen_that_goes_away_still_leaves_a_record() -> None:
    house = House()
    async with aclosing(house.pipeline.run(typed())) as run:
        async for event in run:
            if isinstance(event, events.Understood):
                break
    assert [r.outcome for r in house.journal.records] == [Outcome.CANCELLED]


async def test_a_cancelled_task_still_leaves_a_record() -> None:
    house = House(dispatcher=ScriptedDispatcher(hang=True))
    request = typed()
    task = asyncio.create_task(house.run(request))
    await house.dispatcher.reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    # What runs on the worker sees no cancelled task, only the token.
    assert request.cancel.cancelled
    assert [r.outcome for r in house.journal.records] == [Outcome.CANCELLED]


async def test_a_task_cancelled_while_it_writes_finishes_the_record() -> None:
    journal = ListJournal()
    journal.gate = asyncio.Event()
    house = House(journal=journal)
    task = asyncio.create_task(house.run(typed()))
    await journal.appending.wait()
    task.cancel()
    journal.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [r.outcome for r in journal.records] == [Outcome.ANSWERED]


# --- commands with many calls --------------------------------------------------------

MANY = 500
SWEEP = Understanding(
    intent=Intent.INSPECT,
    calls=tuple(
        Call(Site(id=f"S{number}", name=f"{number}号"), Check.HEADCOUNT)
        for number in range(MANY)
    ),
)
ANSWERS = {call.site.id: Observation(expected=3, actual=3) for call in SWEEP.calls}


def stopped_after(before: int, understanding: Understanding = SWEEP) -> House:
    return House(
        understanding=understanding,
        dispatcher=ScriptedDispatcher(ANSWERS, hang=True, before=before),
    )


def assert_keeps(findings: tuple[Finding, ...], before: int, total: int = MANY) -> None:
    """The first were answered, the others say that they were not."""
    assert [f.call for f in findings] == list(SWEEP.calls[:total])
    assert {f.verdict for f in findings[:before]} <= {Verdict.ALL_PRESENT}
    for finding in findings[before:]:
        assert finding.verdict is Verdict.DATA_MISSING
        missing = finding.observation.missing
        assert missing is not None
        assert missing.reason is MissingReason.CANCELLED
        assert "已由值班员取消" in finding.summary
        assert finding.observation.actual is None


@pytest.mark.parametrize("before", [0, 1, 250, 499])
async def test_a_stopped_sweep_keeps_what_was_answered(before: int) -> None:
    house = stopped_after(before)
    request = typed()

    async def stop() -> None:
        await house.dispatcher.reached.wait()
        request.cancel.cancel()

    happened, _ = await asyncio.gather(house.run(request), stop())
    ending = only_terminal(happened)
    assert isinstance(ending, events.RunCancelled)
    assert ending.record.outcome is Outcome.CANCELLED
    assert house.journal.records == [ending.record]
    assert_keeps(ending.record.findings, before)
    assert kinds(happened) == [
        "RunStarted", "Heard", "Understood", *["CallStarted"] * MANY,
        *["Observed"] * before, *["Summarised"] * MANY, "RunCancelled",
    ]  # fmt: skip
    shown = tuple(e.finding for e in happened if isinstance(e, events.Summarised))
    assert shown == ending.record.findings
    assert ending.record.timings.total_ms >= ending.record.timings.query_ms


async def test_a_stopped_sweep_shows_nothing_before_its_record_is_durable() -> None:
    house = stopped_after(2)
    house.journal.gate = asyncio.Event()
    seen: list[events.RunEvent] = []
    request = typed()

    async def watch() -> None:
        async for event in house.pipeline.run(request):
            seen.append(event)

    task = asyncio.create_task(watch())
    await house.dispatcher.reached.wait()
    request.cancel.cancel()
    await house.journal.appending.wait()
    assert kinds(seen)[-1] == "Observed"
    house.journal.gate.set()
    await task
    assert kinds(seen)[-1] == "RunCancelled"


async def test_a_stopped_sweep_that_cannot_be_written_shows_nothing() -> None:
    house = House(
        understanding=SWEEP,
        dispatcher=ScriptedDispatcher(ANSWERS, hang=True, before=3),
        journal=ListJournal(JournalUnwritableError("磁盘已满")),
    )
    request = typed()

    async def stop() -> None:
        await house.dispatcher.reached.wait()
        request.cancel.cancel()

    happened, _ = await asyncio.gather(house.run(request), stop())
    ending = only_terminal(happened)
    assert isinstance(ending, events.RunFailed)
    assert ending.record.findings == ()
    assert "Summarised" not in kinds(happened)


async def test_a_screen_that_leaves_a_sweep_still_leaves_what_was_answered() -> None:
    house = stopped_after(400)
    async with aclosing(house.pipeline.run(typed())) as run:
        async for event in run:
            if isinstance(event, events.Observed) and event.index == 9:
                break
    [record] = house.journal.records
    assert record.outcome is Outcome.CANCELLED
    assert_keeps(record.findings, 10)


async def test_a_cancelled_task_of_a_sweep_still_leaves_what_was_answered() -> None:
    house = stopped_after(20)
    task = asyncio.create_task(house.run(typed()))
    await house.dispatcher.reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    [record] = house.journal.records
    assert record.outcome is Outcome.CANCELLED
    assert_keeps(record.findings, 20)


async def test_one_call_that_is_stopped_has_no_finding() -> None:
    house = stopped_after(0, replace(SWEEP, calls=SWEEP.calls[:1]))
    request = typed()

    async def stop() -> None:
        await house.dispatcher.reached.wait()
        request.cancel.cancel()

    happened, _ = await asyncio.gather(house.run(request), stop())
    assert only_terminal(happened).record.findings == ()
    assert "Summarised" not in kinds(happened)


@pytest.mark.parametrize(("calls", "kept"), [(1, 0), (2, 2)])
async def test_a_sweep_stopped_while_it_is_summed_up_keeps_every_answer(
    calls: int, kept: int
) -> None:
    class Slow(ScriptedAgent):
        async def summarise(
            self, call: Call, observation: Observation, *, cancel: CancelToken
        ) -> Finding:
            cancel.cancel()
            return await super().summarise(call, observation, cancel=cancel)

    few = replace(SWEEP, calls=SWEEP.calls[:calls])
    house = House(agent=Slow(few), dispatcher=ScriptedDispatcher(ANSWERS))
    happened = await house.run(typed())
    ending = only_terminal(happened)
    assert isinstance(ending, events.RunCancelled)
    assert_keeps(ending.record.findings, kept, total=kept)


@pytest.mark.parametrize(
    ("calls", "written"), [(MOST_WRITTEN, MOST_WRITTEN), (MOST_WRITTEN + 1, 0)]
)
async def test_the_model_writes_for_a_few_calls_and_the_rule_alone_for_many(
    calls: int, written: int
) -> None:
    asked: list[Call] = []

    class Counting(ScriptedAgent):
        async def summarise(
            self, call: Call, observation: Observation, *, cancel: CancelToken
        ) -> Finding:
            asked.append(call)
            return await super().summarise(call, observation, cancel=cancel)

    few = replace(SWEEP, calls=SWEEP.calls[:calls])
    house = House(agent=Counting(few), dispatcher=ScriptedDispatcher(ANSWERS))
    happened = await house.run(typed())
    findings = only_terminal(happened).record.findings
    assert len(asked) == written
    assert {f.summary for f in findings} == {
        "[人数检测] 应到3人, 实到3人, 无人缺勤, 正常出工"
    }
    assert {f.model_sentence for f in findings} == {""}
