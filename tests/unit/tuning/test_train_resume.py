"""A training that was cut short goes on to the very weights it would have had."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.core.errors import BadInputError
from app.tuning.training import adapter as training
from app.tuning.training.adapter import TuneConfig, train_adapter
from app.tuning.training.methods import Lora
from tests.unit.tuning import killed
from tests.unit.tuning.tiny import write_base, write_data

WEIGHTS = "adapter_model.safetensors"
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_base(tmp_path_factory.mktemp("base") / "tiny")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data"))


def history(out: Path) -> list[dict[str, float]]:
    lines = json.loads((out / "training" / "history.json").read_text("utf-8"))
    # Durations of a run are its own.
    return [line for line in lines if "train_runtime" not in line]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_killed_in_the_middle_of_a_checkpoint(
    base: Path, data: Path, tmp_path: Path
) -> None:
    out, whole = tmp_path / "killed", tmp_path / "whole"
    command = [sys.executable, "-m", "tests.unit.tuning.killed"]
    done = subprocess.run(
        [*command, base, data, out],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -9, done.stderr
    left = sorted(path.name for path in (out / "training" / "checkpoints").iterdir())
    assert left[-1] == "step-000006.writing"
    assert "step-000004" in left
    assert not (out / WEIGHTS).exists()

    report = train_adapter(killed.config(base, data, out, resume=True))
    train_adapter(killed.config(base, data, whole))
    # Steps before the kill count, with their time: eight steps of four rows.
    assert report.rows_per_second == pytest.approx(32 / 60 / report.training_minutes)
    assert (out / WEIGHTS).read_bytes() == (whole / WEIGHTS).read_bytes()
    assert history(out) == history(whole)


class Stopped(Exception):
    """Something outside ended the training."""


def test_stopped_between_checkpoints_with_random_numbers_in_use(
    base: Path, data: Path, tmp_path: Path
) -> None:
    plan = Lora(
        steps=7, batch=2, accumulation=2, eval_every=2, dropout=0.3, rank=2, bf16=False
    )
    out, whole = tmp_path / "stopped", tmp_path / "whole"
    config = TuneConfig(base=base, data=data, out=out, plan=plan, log_every=1)

    def stop(line: str) -> None:
        if line.startswith("第 5/7 步"):
            raise Stopped

    with pytest.raises(Stopped):
        train_adapter(config, stop)
    train_adapter(replace(config, resume=True))
    # `resume` where there is nothing yet just starts.
    train_adapter(replace(config, out=whole, resume=True))
    assert (out / WEIGHTS).read_bytes() == (whole / WEIGHTS).read_bytes()


def test_stopped_after_the_last_step_only_writes(
    base: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, whole = tmp_path / "stopped", tmp_path / "whole"
    config = killed.config(base, data, out, resume=True)

    def stop(*_: object) -> None:
        raise Stopped

    with monkeypatch.context() as patch:
        patch.setattr(training, "write_model", stop)
        with pytest.raises(Stopped):
            train_adapter(config)
    last = out / "training" / "checkpoints" / "step-000008" / "spent.json"
    spent = json.loads(last.read_text(encoding="utf-8"))
    said: list[str] = []
    report = train_adapter(config, said.append)
    assert not any("/8 步" in line for line in said)
    assert spent["steps"] == 8
    assert report.rows_per_second == pytest.approx(32 / spent["training_s"])
    assert report.minutes > spent["whole_s"] / 60 > report.training_minutes > 0
    train_adapter(replace(config, out=whole))
    assert (out / WEIGHTS).read_bytes() == (whole / WEIGHTS).read_bytes()


def test_a_training_that_no_longer_gets_better_ends_and_the_best_is_kept(
    base: Path, data: Path, tmp_path: Path
) -> None:
    # At so low a rate no number changes, and no look is better than the first.
    plan = replace(killed.PLAN, steps=40, eval_every=1, patience=3, learning_rate=1e-30)
    config = TuneConfig(base=base, data=data, out=tmp_path / "out", plan=plan)
    report = train_adapter(config)
    assert (report.best_step, report.steps) == (1, 4)
    looks = [line for line in history(tmp_path / "out") if "eval_loss" in line]
    assert [line["step"] for line in looks] == [1, 2, 3, 4]
    assert report.dev_loss == looks[0]["eval_loss"]
    # Resuming what is complete changes nothing and says so.
    with pytest.raises(BadInputError, match="已经完成"):
        train_adapter(replace(config, resume=True))
