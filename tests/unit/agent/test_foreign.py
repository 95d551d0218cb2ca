"""Sentences of another language are declined courteously; names and ids are not."""

from collections.abc import Iterator

import pytest

from app.agent.desk_agent import DeskAgent
from app.agent.foreign import REPLY, in_chinese
from app.agent.glm import LoadedGlm
from app.core.cancel import CancelToken
from app.core.model import (
    Call,
    Candidate,
    Check,
    Intent,
    Origin,
    Question,
    QuestionKind,
    Site,
    Understanding,
    Utterance,
)
from app.system.worker import InferenceWorker
from tests.unit.agent.sentences import directory

SITES = directory()
WHERE = Question(kind=QuestionKind.WHICH_SITE, sentence="工地目录里没有「check」")
ASKS = Understanding(intent=Intent.NO_CHECK, question=WHERE)


@pytest.fixture(scope="module")
def worker() -> Iterator[InferenceWorker]:
    worker = InferenceWorker()
    yield worker
    worker.close()


@pytest.fixture(autouse=True)
def no_leaked_threads() -> Iterator[None]:
    """The worker of this module outlives its tests and is joined at the end."""
    return iter([None])


@pytest.mark.parametrize(
    "text", ["check site headcount", "How many people are at Jinan?"]
)
async def test_a_foreign_sentence_is_told_which_language_is_understood(
    worker: InferenceWorker, glm: LoadedGlm, text: str
) -> None:
    for agent in (
        DeskAgent(worker, SITES, None),
        DeskAgent(worker, SITES, lambda: glm),
    ):
        made = await agent.understand(
            Utterance(text=text, origin=Origin.TYPED), cancel=CancelToken()
        )
        assert (made.reply, made.question, made.calls) == (REPLY, None, ())
    assert "中文" in REPLY
    assert "understands Chinese" in REPLY


@pytest.mark.parametrize(
    "text", ["SD-JN-001", "check", "查一下 check 的人数", "A3 7号"]
)
def test_names_ids_and_chinese_are_left_to_the_question(text: str) -> None:
    assert in_chinese(ASKS, text) is ASKS


def test_what_led_somewhere_stays() -> None:
    call = Call(Site(id="x", name="North Yard"), Check.HEADCOUNT)
    offered = Question(
        kind=QuestionKind.WHICH_CHECK,
        sentence="?",
        candidates=(Candidate(label="a", calls=(call,)),),
    )
    for made in (
        Understanding(intent=Intent.INSPECT, calls=(call,)),
        Understanding(intent=Intent.NO_CHECK, question=offered),
        Understanding(intent=Intent.GREETING, reply="您好"),
    ):
        assert in_chinese(made, "check North Yard") is made
