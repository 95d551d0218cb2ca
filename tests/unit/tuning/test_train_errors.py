"""A mistake of the person who trains is said in a sentence, and nothing is harmed."""

import errno
import json
import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from app.core.errors import BadInputError
from app.tuning.training.adapter import TuneConfig, train_adapter
from app.tuning.training.methods import Lora
from tests.unit.tuning.tiny import rows, write_base, write_data

PLAN = Lora(steps=4, batch=2, eval_every=2, rank=1, bf16=False)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_base(tmp_path_factory.mktemp("base") / "tiny")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_data(tmp_path / "data", train=6, dev=3)


@pytest.fixture
def config(base: Path, data: Path, tmp_path: Path) -> TuneConfig:
    return TuneConfig(base=base, data=data, out=tmp_path / "out", plan=PLAN)


def tune(config: TuneConfig, *more: str) -> Result:
    arguments = ["tune", "train", str(config.out), "--data", str(config.data)]
    arguments += ["--base", str(config.base), "--method", "lora", "--fp32"]
    arguments += ["--rank", "1", "--steps", "4", "--batch", "2", "--eval-every", "2"]
    return CliRunner().invoke(app, [*arguments, *more])


def put(path: Path, made: Any) -> None:
    path.write_text(json.dumps(made, ensure_ascii=False), encoding="utf-8")


def test_a_broken_row_is_named_by_file_and_number(config: TuneConfig) -> None:
    broken: list[dict[str, Any]] = [*rows(5)]
    broken[3] = {"content": "步骤", "summary": 5}
    put(config.data / "train.json", broken)
    done = tune(config)
    assert done.exit_code == 2
    assert "train.json" in done.stderr
    assert "4" in done.stderr
    assert "summary" in done.stderr
    assert not config.out.exists()


def test_an_empty_file_is_named(config: TuneConfig) -> None:
    (config.data / "train.json").write_text("")
    done = tune(config)
    assert done.exit_code == 2
    assert "train.json 是空的" in done.stderr


def test_dev_rows_are_needed(config: TuneConfig) -> None:
    (config.data / "dev.json").unlink()
    done = tune(config)
    assert done.exit_code == 2
    assert "dev.json" in done.stderr


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"model_type": "bert", "architectures": ["BertForMaskedLM"]},
            "BertForMaskedLM",
        ),
        (
            {
                "model_type": "t5",
                "architectures": ["T5ForConditionalGeneration"],
                "is_encoder_decoder": True,
            },
            "T5ForConditionalGeneration",
        ),
        ({"model_type": "chatglm", "architectures": ["ChatGLMModel"]}, "models import"),
        ({"architectures": ["GlmForCausalLM"]}, "config.json 无法读取"),
    ],
)
def test_a_base_of_another_kind_is_refused(
    settings: dict[str, Any], said: str, config: TuneConfig, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    put(tmp_path / "other" / "config.json", settings)
    done = tune(replace(config, base=tmp_path / "other"))
    assert done.exit_code == 2
    assert said in done.stderr


def test_a_folder_without_a_base_is_refused(config: TuneConfig, tmp_path: Path) -> None:
    done = tune(replace(config, base=tmp_path))
    assert done.exit_code == 2
    assert "config.json" in done.stderr


def test_a_base_with_missing_weights_is_refused(
    config: TuneConfig, tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    folder = write_base(tmp_path / "torn")
    weights = load_file(folder / "model.safetensors")
    del weights["model.layers.1.mlp.down_proj.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(BadInputError, match="缺少 1 组权重"):
        train_adapter(replace(config, base=folder))
    (folder / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(BadInputError, match="无法读取"):
        train_adapter(replace(config, base=folder))


def test_a_row_that_the_base_cannot_hold_is_named(config: TuneConfig) -> None:
    long = [*rows(2), {"content": "查" * 300, "summary": "空"}]
    put(config.data / "train.json", long)
    with pytest.raises(BadInputError, match=r"train.json 第 3 行.*256"):
        train_adapter(config)
    done = tune(config, "--max-source", "64", "--overwrite")
    assert done.exit_code == 0, done.stderr
    assert "有 1 行因长度限制被截断" in done.stderr


def test_a_folder_of_another_training_is_left_alone(
    config: TuneConfig, tmp_path: Path
) -> None:
    def stop(line: str) -> None:
        if line.startswith("第 2 步"):
            raise InterruptedError

    with pytest.raises(InterruptedError):
        train_adapter(config, stop)
    unfinished = tune(config)
    assert unfinished.exit_code == 2
    assert "--resume" in unfinished.stderr
    other = tune(config, "--resume", "--lr", "0.5")
    assert other.exit_code == 2
    assert f"learning_rate: {config.plan.learning_rate} → 0.5" in other.stderr
    put(config.data / "train.json", rows(5))
    with pytest.raises(BadInputError, match="data_sha256"):
        train_adapter(replace(config, resume=True))

    train_adapter(replace(config, overwrite=True))
    assert (config.out / "griddesk.json").is_file()
    weights = (config.out / "adapter_model.safetensors").read_bytes()
    with pytest.raises(BadInputError, match="--overwrite"):
        train_adapter(config)
    assert (config.out / "adapter_model.safetensors").read_bytes() == weights

    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("mine")
    for overwrite in (False, True):
        with pytest.raises(BadInputError, match="不是空的"):
            train_adapter(replace(config, out=tmp_path / "mine", overwrite=overwrite))
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "mine"


def test_a_full_disk_says_what_was_kept_and_how_to_go_on(
    config: TuneConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.tuning.training.trainer import TuneTrainer

    real = TuneTrainer._save_weights

    def full(trainer: TuneTrainer, folder: Path) -> None:
        if trainer.state.global_step == 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(trainer, folder)

    with monkeypatch.context() as patch:
        patch.setattr(TuneTrainer, "_save_weights", full)
        done = tune(config)
    assert done.exit_code == 2
    assert "磁盘已满" in done.stderr
    assert "step-000002" in done.stderr
    assert "--resume" in done.stderr
    done = tune(config, "--resume")
    assert done.exit_code == 0, done.stderr
    assert (config.out / "adapter_model.safetensors").is_file()


def test_a_training_that_ran_away_is_seen(config: TuneConfig) -> None:
    said: list[str] = []
    plan = replace(PLAN, learning_rate=1e30, steps=3, eval_every=3, warmup=0)
    report = train_adapter(replace(config, plan=plan, log_every=1), said.append)
    assert any("损失 nan" in line for line in said if line.startswith("第 3/3 步"))
    assert math.isnan(report.last_loss)


def test_tensorboard_that_is_not_installed_is_said(
    config: TuneConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    done = tune(config, "--tensorboard")
    assert done.exit_code == 2
    assert "griddesk[tuning]" in done.stderr


def test_unknown_methods_and_numbers_end_with_2(config: TuneConfig) -> None:
    done = tune(config, "--method", "magic")
    assert done.exit_code == 2
    assert "ptuning-v2" in done.stderr
    done = tune(config, "--virtual-tokens", "9")
    assert done.exit_code == 2
    assert "virtual_tokens" in done.stderr
