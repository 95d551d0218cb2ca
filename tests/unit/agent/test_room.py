"""A conversation before every prompt needs positions and memory; both are counted."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.agent import quantising
from app.agent.chats import ChatGlm3
from app.agent.glm import load_glm, with_adapter
from app.agent.precision import Machine, Sizes, ladder, needed
from app.agent.room import PROMPT_ROOM
from app.core.errors import ModelCorruptError
from tests.unit.agent.tiny import VIRTUAL, save_adapter, save_base

POSITIONS = 512
"""Of the base."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_base(
        tmp_path_factory.mktemp("room") / "talker", controls=ChatGlm3.controls
    )


def adapter(folder: Path, length: int) -> Path:
    """Give an adapter with a conversation of so many characters."""
    made = save_adapter(folder / f"said-{length}")
    said = [{"role": "system", "content": "查" * length}]
    card = {"pattern_version": 1, "conversation": said if length else []}
    (made / "griddesk.json").write_text(json.dumps(card), encoding="utf-8")
    return made


def test_a_conversation_without_room_for_a_prompt_is_refused_with_both_numbers(
    base: Path, tmp_path: Path
) -> None:
    glm = load_glm(base, None, device="cpu")
    plain = len(glm.framing.prompt(""))
    fits = with_adapter(glm, adapter(tmp_path, 100))
    around = len(fits.framing.prompt("")) - plain - 100
    room = POSITIONS - VIRTUAL - PROMPT_ROOM - around
    assert with_adapter(glm, adapter(tmp_path, room)).prefix
    with pytest.raises(ModelCorruptError) as refused:
        with_adapter(glm, adapter(tmp_path, room + 1))
    said = refused.value.message
    assert f"对话 {room + 1 + around}" in said
    assert f"一共需要 {POSITIONS + 1} 个位置, 模型只有 {POSITIONS} 个" in said
    assert "适配器 said-" in said
    assert "缩短对话" in refused.value.remedy


@pytest.mark.parametrize(
    ("length", "counted"), [(0, False), (100, True), (5000, False)]
)
def test_the_plan_and_the_first_pass_count_a_conversation_that_can_be_used(
    base: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    length: int,
    *,
    counted: bool,
) -> None:
    found = Machine(gpu_free=10**12, ram_free=10**12)
    monkeypatch.setattr(quantising, "machine", lambda **_: found)
    monkeypatch.setattr(quantising, "torch_device", lambda _: "cpu")
    planned: list[Sizes] = []
    probed: list[int] = []
    plan = quantising.plan_for

    def planning(sizes: Sizes, *given: Any, **options: Any) -> Any:
        planned.append(sizes)
        return plan(sizes, *given, **options)

    monkeypatch.setattr(quantising, "plan_for", planning)
    monkeypatch.setattr(quantising, "_probe", lambda _, tokens: probed.append(tokens))
    folders = [adapter(tmp_path, length), tmp_path / "nowhere"]
    load_glm(base, None, beside=folders)
    before = planned[0].before
    assert (before > length) if counted else (before == 0)
    assert probed == [PROMPT_ROOM + before]


def test_a_conversation_costs_a_cache_for_each_pattern() -> None:
    sizes = {"linear": 10**6, "other": 10**6, "largest": 10**5, "token": 14_336}
    (way, *_) = ladder(Machine(ram_free=10**12), "cpu", "none")
    more = needed(Sizes(**sizes, before=1000), way) - needed(Sizes(**sizes), way)
    assert more > 3 * 1000 * 14_336 * 4
