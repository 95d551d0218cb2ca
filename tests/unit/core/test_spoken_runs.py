"""Kept audio and confirmation in the course of a run."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.agent.grammar import MAX_CALLS
from app.core import events
from app.core.cancel import CancelToken
from app.core.confirming import NAMED, Confirm
from app.core.dialogue import Context
from app.core.errors import AudioEmptyError
from app.core.model import (
    Call,
    Candidate,
    Check,
    Intent,
    Origin,
    Outcome,
    Question,
    QuestionKind,
    Site,
    Understanding,
    Utterance,
)
from app.core.observation import Observation
from app.core.pipeline import Pipeline
from app.core.ports import AudioSource
from app.core.recording import Keep, Recording
from app.core.request import RunRequest
from tests.fakes import (
    HeldClock,
    ListJournal,
    ScriptedAgent,
    ScriptedDispatcher,
)

JINAN = Site(id="SD-JN", name="济南")
YANTAI = Site(id="SD-YT", name="烟台")
CALL, OTHER = Call(JINAN, Check.HEADCOUNT), Call(YANTAI, Check.HEADCOUNT)
INSPECT = Understanding(intent=Intent.INSPECT, calls=(CALL,))
ANSWER = {"SD-JN": Observation(expected=47, actual=34)}


class Noise:
    """Audio of a few blocks."""

    origin = Origin.MICROPHONE
    overflows = 3

    def blocks(self, cancel: CancelToken) -> Iterator[bytes]:
        yield b"\1\2" * 800
        yield b"\3\4" * 800


class Hearing:
    """Reads the audio, as a recogniser does."""

    name = "test"

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    async def recognize(
        self, audio: AudioSource, *, on_partial: object, cancel: CancelToken
    ) -> Utterance:
        pcm = b"".join(audio.blocks(cancel))
        if self.error is not None:
            raise self.error
        return Utterance(
            text="查一下济南的人数",
            origin=audio.origin,
            overflows=audio.overflows,
            audio_sha256=hashlib.sha256(pcm).hexdigest(),
        )


class Shelf:
    """Recordings in memory."""

    def __init__(self, wanted: Keep) -> None:
        self.wanted = wanted
        self.kept: dict[str, bytes] = {}
        self.room = True

    async def keep(self, pcm: bytes, sha256: str) -> bool:
        self.kept[sha256] = pcm
        return self.room

    def find(self, sha256: str) -> Recording | None:
        found = sha256 in self.kept
        return Recording(path=Path(sha256)) if found else None


async def run(
    *,
    shelf: Shelf | None = None,
    confirm: Confirm = Confirm.LOW,
    understood: Understanding = INSPECT,
    request: RunRequest | None = None,
    error: Exception | None = None,
) -> events.TerminalEvent:
    pipeline = Pipeline(
        recognizer=Hearing(error),
        agent=ScriptedAgent(understood),
        dispatcher=ScriptedDispatcher(ANSWER),
        journal=ListJournal(),
        clock=HeldClock(),
        program="test",
        recordings=shelf,
        confirm=confirm,
    )
    *_, ending = [event async for event in pipeline.run(request or spoken())]
    assert isinstance(ending, events.TerminalEvent)
    return ending


def spoken(context: Context | None = None) -> RunRequest:
    return RunRequest(
        operator="张三",
        workstation="desk-1",
        audio=Noise(),
        context=context or Context(),
    )


async def test_what_the_recogniser_got_is_kept_under_the_hash_of_the_record() -> None:
    shelf = Shelf(Keep.FLAC)
    record = (await run(shelf=shelf)).record
    assert record.utterance is not None
    digest = record.utterance.audio_sha256
    assert shelf.kept == {digest: b"\1\2" * 800 + b"\3\4" * 800}
    assert hashlib.sha256(shelf.kept[digest]).hexdigest() == digest
    assert record.utterance.overflows == 3
    assert record.utterance.audio_kept is True


async def test_a_record_says_that_its_audio_could_not_be_kept() -> None:
    shelf = Shelf(Keep.FLAC)
    shelf.room = False
    record = (await run(shelf=shelf)).record
    assert record.utterance is not None
    assert record.utterance.audio_kept is False


@pytest.mark.parametrize(("keep", "hashed"), [(Keep.HASH, True), (Keep.OFF, False)])
async def test_hash_keeps_no_audio_and_off_not_even_the_hash(
    keep: Keep, hashed: bool
) -> None:
    shelf = Shelf(keep)
    record = (await run(shelf=shelf)).record
    assert record.utterance is not None
    assert bool(record.utterance.audio_sha256) is hashed
    assert record.utterance.audio_kept is False
    assert shelf.kept == {}


async def test_audio_that_no_record_names_is_not_kept() -> None:
    shelf = Shelf(Keep.FLAC)
    ending = await run(shelf=shelf, error=AudioEmptyError("没有听清"))
    assert isinstance(ending, events.RunFailed)
    assert shelf.kept == {}


async def test_by_default_a_spoken_command_is_dispatched() -> None:
    assert (await run()).record.outcome is Outcome.ANSWERED


async def test_always_puts_a_spoken_command_to_the_operator_first() -> None:
    record = (await run(confirm=Confirm.ALWAYS)).record
    assert record.outcome is Outcome.ASKED
    assert record.findings == ()
    understood = record.understanding
    assert understood is not None
    assert understood.calls == ()
    assert understood.question is not None
    assert understood.question.kind is QuestionKind.CONFIRM
    assert understood.question.sentence == "要查的是: 济南 人数检测, 请确认"
    assert [each.calls for each in understood.question.candidates] == [(CALL,)]


async def test_always_leaves_typed_and_chosen_commands_alone() -> None:
    typed = RunRequest(operator="张三", workstation="desk-1", text="查一下济南的人数")
    chosen = RunRequest(
        operator="张三", workstation="desk-1", chosen=(CALL,), chosen_label="济南"
    )
    for request in (typed, chosen):
        record = (await run(confirm=Confirm.ALWAYS, request=request)).record
        assert record.outcome is Outcome.ANSWERED


def asked_about(*calls: Call) -> Context:
    return Context(
        question_run="r1",
        question=Question(
            kind=QuestionKind.CONFIRM,
            sentence="要查的是…, 请确认",
            candidates=tuple(Candidate(label="x", calls=(call,)) for call in calls),
        ),
    )


async def test_always_does_not_ask_again_about_what_was_just_confirmed() -> None:
    answer = Understanding(intent=Intent.INSPECT, calls=(CALL,), continues="r1")
    record = (
        await run(
            confirm=Confirm.ALWAYS,
            understood=answer,
            request=spoken(asked_about(OTHER, CALL)),
        )
    ).record
    assert record.outcome is Outcome.ANSWERED


async def test_always_asks_about_an_answer_that_was_not_among_those_shown() -> None:
    answer = Understanding(intent=Intent.INSPECT, calls=(CALL,), continues="r1")
    for context in (asked_about(OTHER), Context()):
        record = (
            await run(
                confirm=Confirm.ALWAYS, understood=answer, request=spoken(context)
            )
        ).record
        assert record.outcome is Outcome.ASKED


def calls_at(count: int) -> tuple[Call, ...]:
    sites = [Site(id=str(n), name=f"{n}号") for n in range(1, count + 1)]
    return tuple(Call(site, Check.HEADCOUNT) for site in sites)


async def put_first(
    calls: tuple[Call, ...], context: Context | None = None
) -> Question:
    meant = Understanding(intent=Intent.INSPECT, calls=calls)
    record = (
        await run(confirm=Confirm.ALWAYS, understood=meant, request=spoken(context))
    ).record
    assert record.understanding is not None
    question = record.understanding.question
    assert question is not None
    assert [each.calls for each in question.candidates] == [calls]
    return question


async def test_always_names_every_call_that_a_command_may_have() -> None:
    assert NAMED == MAX_CALLS
    calls = calls_at(MAX_CALLS)
    question = await put_first(calls)
    for call in calls:
        assert f"{call.site.name} 人数检测" in question.sentence
        assert f"{call.site.name} 人数检测" in question.candidates[0].label
    assert "共6项" in question.sentence


async def test_always_names_the_first_of_more_calls_and_their_count() -> None:
    question = await put_first(calls_at(MAX_CALLS + 1))
    assert question.sentence == "要查的是: 1号 人数检测 等7项, 请确认"


async def test_always_keeps_the_words_of_the_sweep_that_was_offered() -> None:
    calls = calls_at(9)
    offered = Candidate(label="全部 9 个工地 人数检测", calls=calls)
    sentence = "要查全部 9 个工地: 人数检测, 另有 2 个工地已结束, 不在其中, 请确认"
    before = Question(
        kind=QuestionKind.CONFIRM, sentence=sentence, candidates=(offered,)
    )
    # Said anew, not as the answer to what was asked.
    question = await put_first(calls, Context(question_run="r1", question=before))
    assert question.sentence == sentence
    assert question.candidates == (offered,)
    other = Candidate(label="x", calls=(CALL,))
    two = replace(before, candidates=(offered, other))
    question = await put_first(calls, Context(question_run="r1", question=two))
    assert "全部 9 个工地" in question.sentence
    assert question.candidates[0].label == offered.label
