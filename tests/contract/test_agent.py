"""What every agent keeps: rules alone, and rules with a (random) model."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.agent.desk_agent import DeskAgent
from app.agent.glm import LoadedGlm, load_glm
from app.core.cancel import CancelToken
from app.core.checks import judge
from app.core.dialogue import Context
from app.core.errors import Cancelled
from app.core.model import (
    Call,
    Candidate,
    Check,
    Intent,
    Mention,
    Origin,
    Question,
    QuestionKind,
    Site,
    Utterance,
    Verdict,
)
from app.core.observation import Missing, MissingReason, Observation
from app.core.ports import Agent
from app.sites.directory import Directory
from app.system.worker import InferenceWorker
from tests.unit.agent.tiny import save_adapter, save_base

SITES = (Site(id="jn", name="济南"), Site(id="qd", name="青岛"))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> LoadedGlm:
    folder: Path = tmp_path_factory.mktemp("agent")
    base, prefix = save_base(folder / "tiny"), save_adapter(folder / "prefix")
    return load_glm(base, prefix, device="cpu")


@pytest.fixture(params=["rules", "model"])
def agent(request: pytest.FixtureRequest) -> Iterator[Agent]:
    worker = InferenceWorker()
    loader: Callable[[], LoadedGlm] | None = None
    if request.param == "model":
        glm: LoadedGlm = request.getfixturevalue("tiny")
        loader = lambda: glm  # noqa: E731 – a loader is one expression here
    yield DeskAgent(worker, Directory(SITES), loader)
    worker.close()


def said(text: str) -> Utterance:
    return Utterance(text=text, origin=Origin.TYPED)


async def test_it_has_a_name(agent: Agent) -> None:
    assert agent.name


@pytest.mark.parametrize(
    "text",
    ["查一下济南的人数", "拉闸", "你好", "", "火星的人数", "#\\*", "青岛", "人数"],
)
async def test_it_calls_or_asks_or_replies_and_never_two_of_them(
    agent: Agent, text: str
) -> None:
    made = await agent.understand(said(text), cancel=CancelToken())
    outcomes = [bool(made.calls), made.question is not None, bool(made.reply)]
    assert outcomes.count(True) == 1
    assert {call.site for call in made.calls} <= set(SITES)
    assert 0 <= made.confidence <= 1
    if made.intent is not Intent.INSPECT:
        assert made.calls == ()


BEFORE = Context(
    calls_run="1" * 32,
    calls=(Call(SITES[0], Check.HEADCOUNT),),
    answered_at=datetime(2026, 11, 21, 3, 0, tzinfo=UTC),
)
OPEN = Context(
    question_run="2" * 32,
    question=Question(
        kind=QuestionKind.CONFIRM,
        sentence="是不是要查: 济南 人数检测?",
        candidates=(Candidate(label="济南 人数检测", calls=BEFORE.calls),),
    ),
    mentions=(Mention(place="济南", site=SITES[0], check=Check.HEADCOUNT),),
)
GONE = replace(BEFORE, calls=(Call(Site(id="x", name="火星"), Check.HELMET),))


@pytest.mark.parametrize("context", [BEFORE, OPEN, GONE])
@pytest.mark.parametrize(
    "text",
    ["那青岛呢", "再查一遍", "再说一遍", "是", "第一个", "2", "算了", "不对,是青岛",
     "拉闸", "查一下青岛的人数", "你好", "#\\*", "青岛", "再查一下安全帽"],
)  # fmt: skip
async def test_what_was_said_before_adds_no_other_way_out(
    agent: Agent, text: str, context: Context
) -> None:
    made = await agent.understand(said(text), context=context, cancel=CancelToken())
    outcomes = [bool(made.calls), made.question is not None, bool(made.reply)]
    assert outcomes.count(True) == 1
    assert {call.site for call in made.calls} <= set(SITES)
    assert made.continues in ("", context.calls_run, context.question_run)
    assert 0 <= made.confidence <= 1
    if made.question is not None:
        assert len(made.question.candidates) <= 3


async def test_two_ears_that_differ_never_answer_a_question(agent: Agent) -> None:
    for text in ("是", "第一个", "济南"):
        unsure = Utterance(text=text, origin=Origin.MICROPHONE, agreed=False)
        made = await agent.understand(unsure, context=OPEN, cancel=CancelToken())
        assert made.calls == ()


async def test_two_ears_that_differ_never_dispatch(agent: Agent) -> None:
    utterance = Utterance(text="济南的人数", origin=Origin.MICROPHONE, agreed=False)
    made = await agent.understand(utterance, cancel=CancelToken())
    assert made.calls == ()
    assert made.question is not None


async def test_an_action_is_always_declined(agent: Agent) -> None:
    made = await agent.understand(said("把济南的电断了"), cancel=CancelToken())
    assert made.intent is Intent.UNSUPPORTED
    assert made.reply


@pytest.mark.parametrize("check", list(Check))
@pytest.mark.parametrize(
    "seen",
    [
        Observation(expected=4, actual=4, wearing=4, carrying=4),
        Observation(expected=4, actual=3, wearing=2, carrying=1),
        Observation(expected=0, actual=0),
    ],
)
async def test_the_sentence_is_the_rules(
    agent: Agent, check: Check, seen: Observation
) -> None:
    call = Call(SITES[0], check)
    finding = await agent.summarise(call, seen, cancel=CancelToken())
    judgement = judge(call, seen)
    assert finding.summary == judgement.sentence
    assert (finding.verdict, finding.severity) == (
        judgement.verdict,
        judgement.severity,
    )


async def test_what_is_missing_is_said_to_be_missing(agent: Agent) -> None:
    missing = Missing(reason=MissingReason.TIMEOUT, detail="系统无答复")
    finding = await agent.summarise(
        Call(SITES[0], Check.HEADCOUNT),
        Observation(expected=3, missing=missing),
        cancel=CancelToken(),
    )
    assert finding.verdict is Verdict.DATA_MISSING
    assert finding.model_sentence == ""


async def test_cancel_is_obeyed(agent: Agent) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        await agent.understand(said("济南的人数"), cancel=cancel)
    with pytest.raises(Cancelled):
        await agent.summarise(
            Call(SITES[0], Check.HELMET), Observation(actual=1), cancel=cancel
        )
