"""A small grid is searched, ranked, written down, and continued; curves are drawn."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.core.errors import BadInputError
from app.tuning.training.adapter import TuneConfig, train_adapter
from app.tuning.training.curves import draw
from app.tuning.training.methods import PtuningV2
from app.tuning.training.progress import Progress, best_step, clock, looks_since_best
from app.tuning.training.search import search
from tests.unit.tuning.tiny import write_base, write_data


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_base(tmp_path_factory.mktemp("base") / "tiny")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data"), train=6, dev=3)


@pytest.fixture
def config(base: Path, data: Path, tmp_path: Path) -> TuneConfig:
    plan = PtuningV2(steps=2, batch=4, eval_every=2, virtual_tokens=4)
    return TuneConfig(base=base, data=data, out=tmp_path / "out", plan=plan)


@pytest.mark.slow
def test_every_combination_is_trained_once_and_ranked(config: TuneConfig) -> None:
    grid = {"learning_rate": (0.1, 1e-6), "virtual_tokens": (2, 4)}
    trials = search(config, grid)
    assert len(trials) == 4
    assert [t.dev_loss for t in trials] == sorted(t.dev_loss for t in trials)
    assert {t.trainable for t in trials} == {2 * 32, 4 * 32}
    written = json.loads((config.out / "search.json").read_text("utf-8"))
    assert [one["folder"] for one in written] == [t.folder for t in trials]
    table = (config.out / "search.md").read_text("utf-8").splitlines()
    assert table[0].startswith("| learning_rate | virtual_tokens | exact |")
    assert len(table) == 6

    said: list[str] = []
    wider = {**grid, "learning_rate": (0.1, 1e-6, 0.01)}
    assert len(search(config, wider, said.append)) == 6
    assert sum("trainable params" in line for line in said) == 2


def test_a_grid_with_a_senseless_value_trains_nothing(config: TuneConfig) -> None:
    with pytest.raises(BadInputError, match="virtual_tokens"):
        search(config, {"virtual_tokens": (2, 0)})
    assert not config.out.exists()


def test_the_command_prints_the_table(config: TuneConfig) -> None:
    arguments = ["tune", "search", str(config.out), "--data", str(config.data)]
    arguments += ["--base", str(config.base), "--steps", "1", "--batch", "2"]
    done = CliRunner().invoke(app, [*arguments, "--virtual-tokens", "2,3"])
    assert done.exit_code == 0, done.stderr
    assert len(done.stdout.splitlines()) == 4
    done = CliRunner().invoke(app, [*arguments, "--lr", "fast"])
    assert done.exit_code == 2
    assert "--lr" in done.stderr


def test_curves_history_and_events_are_written(config: TuneConfig) -> None:
    from dataclasses import replace

    train_adapter(replace(config, tensorboard=True))
    training = config.out / "training"
    png = (training / "curves.png").read_bytes()
    assert png.startswith(b"\x89PNG")
    history = json.loads((training / "history.json").read_text("utf-8"))
    assert any("eval_exact_match" in line for line in history)
    assert list((training / "tensorboard").glob("events.out.tfevents.*"))


def test_curves_of_nothing_are_drawn_too(tmp_path: Path) -> None:
    assert draw([], tmp_path / "none.png", title="无")
    assert (tmp_path / "none.png").stat().st_size > 1000


def look(step: int, exact: float, loss: float) -> dict[str, float]:
    return {"step": step, "eval_exact_match": exact, "eval_loss": loss}


def test_the_best_look_is_the_most_exact_then_the_lowest_loss_then_the_first() -> None:
    assert best_step([]) is None
    assert looks_since_best([]) == 0
    seen = [look(1, 0.0, 3.0), look(2, 0.0, 2.0), look(3, 0.0, 2.0)]
    assert best_step(seen) == 2
    assert looks_since_best(seen) == 1
    seen += [look(4, 0.1, 9.0), look(5, 0.0, 0.1), {"step": 6, "loss": 1.0}]
    assert best_step(seen) == 4
    assert looks_since_best(seen) == 1


def test_progress_says_speed_and_the_time_that_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    said: list[str] = []
    progress = Progress(1000, 32, said.append)
    progress.start(200)
    now[0] = 150.0
    progress.say(300, {"loss": 0.25, "learning_rate": 0.1})
    progress.say(300, {"eval_exact_match": 0.5, "eval_loss": 0.2})
    progress.say(300, {"train_runtime": 3})
    assert said == [
        "第 300/1000 步 损失 0.2500 学习率 1.00e-01 每秒 64 行 剩余 0:05:50",
        "第 300 步 验证集整句正确率 0.5000 损失 0.2000",
    ]
    assert clock(3723.4) == "1:02:03"
