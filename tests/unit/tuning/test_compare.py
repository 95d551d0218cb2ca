"""Methods side by side: one line each, nothing done twice, failures kept apart."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.core.errors import BadInputError, UsageError
from app.system.files import write_json
from app.tuning.measuring import compare_way
from app.tuning.measuring.compare import (
    TABLE_JSON,
    TABLE_MARKDOWN,
    compare,
    run_apart,
    table,
)
from app.tuning.measuring.compare_way import (
    FAILED,
    RESULT,
    TRIAL_STEPS,
    WAYS,
    CompareConfig,
    Outcome,
    Tell,
    Trained,
    Way,
    run_here,
)
from app.tuning.measuring.evaluate import EvalReport
from app.tuning.measuring.report import Headline
from app.tuning.measuring.report_text import plain
from app.tuning.measuring.scores import Score
from app.tuning.training.methods import PLANS, Lora, Method
from tests.unit.tuning.tiny import write_base, write_data

# peft 0.21 still asks transformers 5.23 by the old name; nothing of ours.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*is_gradient_checkpointing.*:FutureWarning",
)


def silent(_: str) -> None:
    """Tell nobody; at module level, so that it can be pickled."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_base(tmp_path_factory.mktemp("base") / "tiny")


@pytest.fixture
def config(base: Path, tmp_path: Path) -> CompareConfig:
    return CompareConfig(
        base=base,
        data=write_data(tmp_path / "data"),
        out=tmp_path / "out",
        ways=("lora", "full"),
        steps=2,
        rows=1,
        dev_rows=2,
    )


class Fake:
    """Leaves a result made by hand, or says why there is none."""

    def __init__(self, broken: str = "") -> None:
        self.ran: list[str] = []
        self._broken = broken

    def __call__(self, config: CompareConfig, way: Way, tell: Tell) -> str:
        self.ran.append(way.name)
        if way.name == self._broken:
            return "缺少程序库。"
        outcome = Outcome(
            way=way.name,
            title=way.title,
            trained=Trained(
                trainable=49_152,
                steps=2,
                rows=64,
                rows_per_second=81.0,
                memory_mb=700.0,
                added_mb=120.0,
                device_mb=0.0,
                minutes=1.5,
                cpu_minutes=1.25,
            ),
            measured=Headline(
                name=way.title,
                closed_clean=Score(97, 100),
                closed_noisy=Score(92, 100),
                free_clean=Score(90, 100),
                free_noisy=None,
                refused=Score(9, 10),
                wrongly_refused=Score(0, 90),
                silently_wrong=Score(1, 90),
                asked_instead=Score(1, 50),
                summaries_before=None,
                summaries_after=None,
                parameters=49_152,
                bytes=196_700,
                closed_ms=42.0,
                free_ms=170.0,
            ),
        )
        write_json(config.out / way.name / RESULT, plain(outcome))
        return ""


def test_every_way_gets_a_line(config: CompareConfig) -> None:
    told: list[str] = []
    found = compare(config, told.append, run=Fake())
    assert [one.way for one in found.outcomes] == ["lora", "full"]
    assert found.failures == ()
    line = next(row for row in table(found).splitlines() if "| lora " in row)
    for figure in (
        "97.0 % [91.5, 99.0]",
        "–",
        "49,152",
        "197",
        "700 (120)",
        "42 / 170",
    ):
        assert figure in line
    assert told[0].startswith("[1/2] lora")
    written = json.loads((config.out / TABLE_JSON).read_text(encoding="utf-8"))
    assert written["outcomes"][0]["measured"]["closed_noisy"]["right"] == 92
    assert table(found) in (config.out / TABLE_MARKDOWN).read_text(encoding="utf-8")


def test_what_is_finished_is_not_run_again(config: CompareConfig) -> None:
    first = Fake(broken="full")
    found = compare(config, silent, run=first)
    assert found.failures == (("full", "缺少程序库。"),)
    assert "no result: 缺少程序库。" in table(found)
    again = Fake()
    found = compare(config, silent, run=again)
    assert first.ran == ["lora", "full"]
    assert again.ran == ["full"]
    assert len(found.outcomes) == 2


@pytest.mark.parametrize("change", [{"steps": 3}, {"seed": 1}, {"rows": 2}])
def test_another_comparison_needs_another_folder(
    config: CompareConfig, change: dict[str, int]
) -> None:
    compare(config, silent, run=Fake())
    other = Fake()
    with pytest.raises(UsageError, match="另一次对比"):
        compare(replace(config, **change), silent, run=other)  # type: ignore[arg-type]
    assert other.ran == []


def test_other_data_are_another_comparison(config: CompareConfig) -> None:
    compare(config, silent, run=Fake())
    write_data(config.data, train=26)
    with pytest.raises(UsageError, match="另一次对比"):
        compare(config, silent, run=Fake())


def test_other_numbers_of_a_preset_are_another_comparison(
    config: CompareConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare(config, silent, run=Fake())
    monkeypatch.setitem(PLANS, Method.LORA, lambda: Lora(learning_rate=0.5))
    with pytest.raises(UsageError, match="另一次对比"):
        compare(config, silent, run=Fake())


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"ways": ("lora", "lorra")}, "lorra"),
        ({"steps": 0}, "预算"),
        ({"minutes": 5.0}, "预算"),
    ],
)
def test_wrong_orders_are_sentences(
    config: CompareConfig, change: dict[str, object], why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        compare(replace(config, **change), silent, run=Fake())  # type: ignore[arg-type]


def test_broken_input_is_told_once_and_first(
    config: CompareConfig, tmp_path: Path
) -> None:
    never = Fake()
    with pytest.raises(BadInputError, match=r"config\.json"):
        compare(replace(config, base=tmp_path / "none"), silent, run=never)
    (config.data / "dev.json").write_text("[]", encoding="utf-8")
    with pytest.raises(BadInputError, match=r"dev\.json"):
        compare(config, silent, run=never)
    assert never.ran == []


def test_the_references_come_in_three_ways() -> None:
    ways = {way.name: way for way in WAYS}
    assert ways["textbook"].textbook
    assert ways["ptuning-v2-reference"].preset == "reference"
    assert ways["ptuning-v2"].preset == "griddesk"
    assert len(ways) == len(WAYS)


@pytest.mark.parametrize(
    ("name", "rows", "trainable"),
    [
        pytest.param("prompt-soft", 64, 48 * 16, marks=pytest.mark.slow),
        # Keys and values of two layers with one group of size 8; two steps at least.
        pytest.param("textbook", 128, 48 * 2 * 2 * 8, marks=pytest.mark.slow),
    ],
)
def test_a_way_is_trained_and_measured(
    config: CompareConfig, name: str, rows: int, trainable: int
) -> None:
    way = next(one for one in WAYS if one.name == name)
    assert run_here(config, way, silent) == ""
    found = compare(replace(config, ways=(name,)), silent, run=Fake(name))
    (outcome,) = found.outcomes
    assert outcome.trained.rows == rows
    assert outcome.trained.trainable == trainable
    # One measure for all ways: the mean over all steps, and nothing but steps.
    record = (config.out / name / "trained.json").read_text(encoding="utf-8")
    trained = Trained(**json.loads(record))
    assert trained.rows_per_second == pytest.approx(rows / 60 / trained.minutes)
    assert trained.cpu_minutes > 0
    assert outcome.trained.memory_mb > outcome.trained.added_mb >= 0
    assert outcome.measured.closed_clean is not None
    assert outcome.measured.closed_clean.total == 6
    assert outcome.measured.bytes > 4 * trainable
    folder = config.out / name
    assert (folder / "evaluation.json").is_file()
    # Nothing is trained or timed again: the record is enough, data are not read.
    (folder / RESULT).unlink()
    blind = replace(config, data=config.data / "none")
    assert run_here(blind, way, silent) == ""
    assert (folder / RESULT).is_file()


def test_minutes_become_steps_once(
    config: CompareConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = EvalReport(
        name="lora",
        free=(),
        closed=(),
        summaries=None,
        likeness=(),
        cost=None,
        wrong_free=(),
        wrong_closed=(),
    )
    monkeypatch.setattr("app.tuning.measuring.compare_way.evaluate", lambda _: nothing)
    trained: list[int] = []
    train = compare_way._train

    def counted(config: CompareConfig, *rest: Any) -> Trained:
        found = train(config, *rest)
        trained.append(found.steps)
        return found

    monkeypatch.setattr(compare_way, "_train", counted)
    way = next(one for one in WAYS if one.name == "lora")
    timed = replace(config, steps=0, minutes=0.0005)
    assert run_here(timed, way, silent) == ""
    folder = config.out / "lora"
    steps = json.loads((folder / "steps.json").read_text(encoding="utf-8"))["steps"]
    assert trained == [TRIAL_STEPS, steps]
    assert not (folder / "trial").exists()
    # A run that was cut short takes as many steps as before, whatever time it has now.
    (folder / RESULT).unlink()
    (folder / "trained.json").unlink()
    shutil.rmtree(folder / "adapter")
    assert run_here(replace(timed, minutes=50.0), way, silent) == ""
    assert trained == [TRIAL_STEPS, steps, steps]


def test_a_process_says_why_it_failed(config: CompareConfig) -> None:
    way = next(one for one in WAYS if one.name == "lora")
    broken = replace(config, data=config.data / "none")
    why = run_apart(broken, way, silent)
    assert "train.json" in why
    assert (config.out / "lora" / FAILED).is_file()
    assert not (config.out / "lora" / RESULT).exists()
