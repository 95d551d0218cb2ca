"""A conversation before every prompt: who may have one, and what is none."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.agent.chats import NOTHING_SAID, Role, format_of, read_conversation
from app.agent.glm import LoadedGlm, load_glm
from app.core.errors import ModelCorruptError
from tests.unit.agent.tiny import save_adapter

USER = {"role": "user", "content": "问"}
ANSWER = {"role": "assistant", "content": "答"}
CALL = {"role": "assistant", "metadata": "f", "content": "f()"}
SEEN = {"role": "observation", "content": "1"}
SYSTEM = {"role": "system", "content": "系统"}


def test_a_conversation_is_read_as_chatglm3_keeps_its_history() -> None:
    tool = {"name": "f", "description": "…"}
    said = read_conversation(
        [SYSTEM | {"tools": [tool]}, USER, CALL, SEEN, ANSWER], "a"
    )
    assert said.system == "系统"
    assert [(each.name, each.schema) for each in said.tools] == [("f", tool)]
    assert [(turn.role, turn.tool) for turn in said.turns] == [
        (Role.USER, ""),
        (Role.ASSISTANT, "f"),
        (Role.OBSERVATION, ""),
        (Role.ASSISTANT, ""),
    ]
    assert read_conversation([], "a") == NOTHING_SAID
    wrapped = {"type": "function", "function": tool}
    (read,) = read_conversation([SYSTEM | {"tools": [wrapped]}], "a").tools
    assert (read.name, read.schema, read.given) == ("f", tool, wrapped)


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ({}, "不是列表"),
        ("你好", "不是列表"),
        ([{"content": "x"}], "role"),
        ([{"role": "tool", "content": "x"}], "tool"),
        ([{"role": "user"}], "content"),
        ([{"role": "user", "content": 3}], "第 1 条的 content 不是文字"),
        (["你好"], "str"),
        ([USER, ANSWER, SYSTEM], "system 不在最前"),
        ([SYSTEM | {"tools": [3]}], "tools 不是对象的列表"),
        ([SYSTEM | {"tools": [{"description": "x"}]}], "没有名称"),
        ([USER | {"metadata": "f"}, ANSWER], "第 1 条不能有 metadata"),
        ([USER, CALL | {"metadata": "f\ng"}, SEEN, ANSWER], "不能有 metadata"),
        ([ANSWER], "应为 user, 却是 assistant"),
        ([USER, USER, ANSWER], "应为 assistant, 却是 user"),
        ([USER, CALL, USER, ANSWER], "应为 observation, 却是 user"),
        ([USER, ANSWER, SEEN, ANSWER], "应为 user, 却是 observation"),
        ([USER], "没有以 assistant 的回答结束"),
        ([USER, CALL], "没有以 assistant 的回答结束"),
    ],
)
def test_what_is_no_conversation_is_refused_and_says_why(
    messages: object, said: str
) -> None:
    with pytest.raises(ModelCorruptError) as refused:
        read_conversation(messages, "适配器 a")
    assert said in refused.value.message
    assert "适配器 a" in refused.value.message
    assert "history" in refused.value.remedy


def test_a_tokenizer_without_their_control_tokens_is_no_chatglm(glm: LoadedGlm) -> None:
    assert format_of(glm.framing.tokenizer.get_added_vocab()) is None
    assert format_of({}) is None


def test_an_adapter_with_a_conversation_is_refused_by_a_model_that_has_none(
    tiny: tuple[Path, Path], tmp_path: Path
) -> None:
    adapter = save_adapter(tmp_path / "other")
    card: dict[str, Any] = {"pattern_version": 1, "conversation": [SYSTEM]}
    (adapter / "griddesk.json").write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(ModelCorruptError, match="没有 ChatGLM 的对话格式"):
        load_glm(tiny[0], adapter, device="cpu")
    card["conversation"] = [USER]
    (adapter / "griddesk.json").write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(ModelCorruptError, match="适配器 other 的对话"):
        load_glm(tiny[0], adapter, device="cpu")
