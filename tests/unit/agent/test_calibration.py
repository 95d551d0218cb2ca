"""The file beside an adapter: read strictly, and done without where it cannot be."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.agent.calibration import (
    FILE,
    Group,
    Measured,
    Outcome,
    parse_calibration,
    read_calibration,
    rules_alone,
)
from app.agent.confidence import CAUTIOUS, CAUTIOUS_RULES, Reader, Signals
from app.agent.desk_agent import DeskAgent
from app.agent.glm import load_glm
from app.core.cancel import CancelToken
from app.core.errors import ModelCorruptError
from app.core.model import Origin, Utterance
from app.system.files import sha256_of
from app.system.worker import InferenceWorker
from tests.unit.agent.sentences import directory

POINT = Outcome(threshold=0.9, rows=10, dispatched=5, silently_wrong=0, needless=2)


def measured(adapter: Path | None = None) -> Measured:
    return Measured(
        calibration=replace(CAUTIOUS, threshold=0.9, origin=FILE),
        aim=0.005,
        proven=False,
        curve=(POINT,),
        groups=(Group(name="clean", outcome=POINT),),
        data_sha256="ab",
        commit="c0ffee",
        program="griddesk",
        adapter_sha256=(
            sha256_of(adapter / "adapter_model.safetensors") if adapter else ""
        ),
    )


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    (tmp_path / "adapter_model.safetensors").write_bytes(b"weights")
    return tmp_path


def test_what_was_written_is_read_again(adapter: Path) -> None:
    made = measured(adapter)
    assert parse_calibration(made.text()) == made
    (adapter / FILE).write_text(made.text())
    assert read_calibration(adapter) == made.calibration


def test_an_adapter_without_one_is_no_fault(adapter: Path) -> None:
    assert read_calibration(adapter) is None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"version": 2}, "格式版本是 2"),
        ({"version": None}, "格式版本"),
        ({"threshold": 0.2}, "阈值"),
        ({"threshold": 1}, "阈值"),
        ({"threshold": "0.9"}, "内容有误"),
        ({"threshold": True}, "内容有误"),
        ({"weights": {"start": 1}}, "权重的名称"),
        ({"weights": None}, "内容有误"),
        ({"reader": "somebody"}, "内容有误"),
        ({"reader": "rules"}, "不是为模型做的"),
        ({"adapter_sha256": "00"}, "另一个适配器"),
        ({"curve": [{}]}, "内容有误"),
        ({"groups": 3}, "内容有误"),
    ],
)
def test_a_file_that_cannot_be_followed_is_refused_in_a_sentence(
    adapter: Path, change: dict[str, object], told: str
) -> None:
    stated = {**json.loads(measured(adapter).text()), **change}
    (adapter / FILE).write_text(json.dumps(stated))
    with pytest.raises(ModelCorruptError, match=told) as refused:
        read_calibration(adapter)
    assert "tune calibrate" in refused.value.remedy


@pytest.mark.parametrize("weight", ["-0.5", "NaN", "Infinity", '"5"', "true"], ids=str)
def test_no_weight_speaks_against_its_signal_or_is_no_number(
    adapter: Path, weight: str
) -> None:
    text = measured(adapter).text().replace('"odds": 5.0', f'"odds": {weight}')
    (adapter / FILE).write_text(text)
    with pytest.raises(ModelCorruptError, match="校准文件"):
        read_calibration(adapter)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "\x00\xff"])
def test_what_is_no_calibration_at_all_is_refused(adapter: Path, text: str) -> None:
    (adapter / FILE).write_bytes(text.encode("latin-1"))
    with pytest.raises(ModelCorruptError, match="不能使用"):
        read_calibration(adapter)


def test_rules_alone_have_a_calibration_that_comes_with_the_program() -> None:
    own = rules_alone()
    assert own.reader is Reader.RULES
    assert own != CAUTIOUS_RULES
    assert own.probability(Signals(rules=0.95, typed=True)) >= own.threshold


async def health_and_answer(
    tiny: tuple[Path, Path], sites: str
) -> tuple[str, bool, bool]:
    base, adapter = tiny
    worker = InferenceWorker()
    try:
        agent = DeskAgent(
            worker,
            directory(),
            lambda: load_glm(base, adapter, device="cpu"),
            calibration=lambda: read_calibration(adapter),
        )
        health = await agent.health()
        said = Utterance(text=sites, origin=Origin.TYPED)
        made = await agent.understand(said, cancel=CancelToken())
        return health.detail, health.ok, bool(made.reasons)
    finally:
        worker.close()


async def test_a_broken_file_leaves_the_cautious_default_and_is_told(
    tiny: tuple[Path, Path],
) -> None:
    file = tiny[1] / FILE
    file.write_text("{")
    try:
        detail, ok, reasons = await health_and_answer(tiny, "济南的人数")
    finally:
        file.unlink()
    assert ok
    assert "校准文件 calibration.json 不能使用" in detail
    assert "谨慎的默认值" in detail
    assert reasons
    detail, ok, _ = await health_and_answer(tiny, "济南的人数")
    assert ok
    assert "校准" not in detail
