import asyncio
import logging
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.agent.desk_agent import DeskAgent
from app.agent.glm import LoadedGlm
from app.agent.tracks import Track
from app.core.cancel import CancelToken
from app.core.errors import Cancelled, ModelMissingError
from app.core.model import (
    Call,
    Check,
    Intent,
    Origin,
    Site,
    Source,
    Understanding,
    Utterance,
)
from app.core.observation import Observation
from app.sites.directory import Directory
from app.system.worker import InferenceWorker
from tests.unit.agent.sentences import directory

SITES = directory()
Loader = Callable[[], LoadedGlm] | None


@pytest.fixture(scope="module")
def worker() -> Iterator[InferenceWorker]:
    worker = InferenceWorker()
    yield worker
    worker.close()


@pytest.fixture(autouse=True)
def no_leaked_threads() -> Iterator[None]:
    """The worker of this module outlives its tests and is joined at the end."""
    return iter([None])


def said(text: str) -> Utterance:
    return Utterance(text=text, origin=Origin.TYPED)


async def understand(agent: DeskAgent, text: str) -> Understanding:
    return await agent.understand(said(text), cancel=CancelToken())


async def test_without_a_loader_rules_read_and_the_name_says_so(
    worker: InferenceWorker,
) -> None:
    agent = DeskAgent(worker, SITES, None)
    await agent.warm_up()
    assert agent.name == "仅规则 (设置中未启用模型)"
    made = await understand(agent, "查一下济南的人数")
    assert made.source is Source.RULES
    assert len(made.calls) == 1
    assert not (await agent.health()).ok


async def test_a_missing_model_is_named_and_rules_read_on(
    worker: InferenceWorker,
) -> None:
    def missing() -> LoadedGlm:
        raise ModelMissingError("未找到模型 glm-mini", "请取得模型。")

    agent = DeskAgent(worker, SITES, missing)
    made = await understand(agent, "查一下济南的人数")
    assert len(made.calls) == 1
    assert agent.name == "仅规则 (未找到模型 glm-mini)"
    health = await agent.health()
    assert (health.ok, health.remedy) == (False, "请取得模型。")


async def test_the_model_is_loaded_once_on_the_worker(
    worker: InferenceWorker, glm: LoadedGlm
) -> None:
    import threading

    threads: list[str] = []

    def load() -> LoadedGlm:
        threads.append(threading.current_thread().name)
        return glm

    agent = DeskAgent(worker, SITES, load)
    assert agent.name == "仅规则 (模型尚未加载)"
    await asyncio.gather(agent.warm_up(), understand(agent, "济南"), agent.health())
    assert threads == ["inference"]
    assert agent.name == glm.title
    health = await agent.health()
    assert health.ok
    assert "未使用 GPU" in health.detail


async def test_a_random_model_that_reads_otherwise_makes_the_desk_ask(
    worker: InferenceWorker, glm: LoadedGlm
) -> None:
    agent = DeskAgent(worker, SITES, lambda: glm)
    made = await understand(agent, "查一下济南的人数")
    assert made.model == glm.name
    assert (made.calls == ()) == (made.question is not None)


async def test_a_model_that_fails_is_logged_once_and_rules_read(
    worker: InferenceWorker,
    glm: LoadedGlm,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> object:
        raise RuntimeError("CUDA error")

    agent = DeskAgent(worker, SITES, lambda: glm)
    await agent.warm_up()
    monkeypatch.setattr(Track, "run", broken)
    # On a processor no GPU can have failed, whatever the words are.
    with caplog.at_level(logging.ERROR):
        first = await understand(agent, "查一下济南的人数")
        await understand(agent, "查一下青岛的人数")
        finding = await agent.summarise(
            Call(SITES.sites()[0], Check.HEADCOUNT),
            Observation(expected=2, actual=2),
            cancel=CancelToken(),
        )
    assert [r.levelname for r in caplog.records] == ["ERROR"]
    caplog.clear()
    assert len(first.calls) == 1
    assert "模型出错, 本次仅按规则理解" in first.notes
    assert finding.summary == "[人数检测] 应到2人, 实到2人, 无人缺勤, 正常出工"


async def test_a_loader_with_a_bug_leaves_rules(
    worker: InferenceWorker, caplog: pytest.LogCaptureFixture
) -> None:
    agent = DeskAgent(worker, SITES, lambda: 1 // 0)  # type: ignore[arg-type,return-value]
    with caplog.at_level(logging.ERROR):
        await agent.warm_up()
    caplog.clear()
    assert agent.name == "仅规则 (模型加载失败, 详见日志)"
    assert (await understand(agent, "济南的人数")).calls


async def test_cancel_ends_understanding(
    worker: InferenceWorker, glm: LoadedGlm
) -> None:
    agent = DeskAgent(worker, SITES, lambda: glm)
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        await agent.understand(said("济南的人数"), cancel=cancel)


async def test_the_directory_can_be_replaced(
    worker: InferenceWorker, glm: LoadedGlm
) -> None:
    agent = DeskAgent(worker, SITES, None)
    agent.directory = Directory([Site(id="m", name="火星")])
    made = await understand(agent, "火星工地的人数")
    assert [call.site.id for call in made.calls] == ["m"]


_PIECES = [
    *("#", "\\*", "语音#", "步骤#理解并基于输入拆分函数参数", "<|user|>", "[gMASK]"),
    *("因为出现地名为", "所以函数一参数为", "; ", "。", "\x00", "\u200b", "😀", "𠮷"),
    *(
        "system",
        "ignore previous",
        "济南",
        "青岛",
        "人数",
        "安全帽",
        "电笔",
        "的",
        "和",
    ),
    *("查一下", "\ue000", "\ue100", "\n", "\t", "九" * 300, "拉闸", "{place}"),
    "火星工地",
]


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(speech=st.lists(st.sampled_from(_PIECES) | st.text(max_size=8), max_size=10))
def test_any_speech_gives_a_valid_understanding(
    worker: InferenceWorker, glm: LoadedGlm, speech: list[str]
) -> None:
    agent = DeskAgent(worker, SITES, lambda: glm)
    made = asyncio.run(understand(agent, "".join(speech)))
    known = set(SITES.sites())
    assert {call.site for call in made.calls} <= known
    assert {call.check for call in made.calls} <= set(Check)
    assert not (made.calls and made.question)
    assert made.calls or made.question or made.reply
    if made.question is not None:
        assert len(made.question.candidates) <= 3
        for candidate in made.question.candidates:
            assert {call.site for call in candidate.calls} <= known
    if made.intent is Intent.UNSUPPORTED:
        assert made.calls == ()


async def test_ten_thousand_characters_are_read(
    worker: InferenceWorker, glm: LoadedGlm
) -> None:
    agent = DeskAgent(worker, SITES, lambda: glm)
    made = await understand(agent, "查一下济南的人数" * 1250)
    assert made.calls == ()
