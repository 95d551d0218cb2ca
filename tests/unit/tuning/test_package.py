"""An adapter as one signed file: what goes in, and what is refused."""

import hashlib
import json
import os
import stat
import subprocess
import zipfile
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.agent.calibration import FILE
from app.cli import app
from app.core.errors import MissingError, ModelCorruptError, UsageError
from app.modelstore import packages
from app.modelstore.bases import weights_sha256
from app.modelstore.evaluations import figures_of, measured_files
from app.modelstore.packages import Package
from app.system.signing import is_signed, load_key, new_key
from app.tuning.measuring.report import Headline
from app.tuning.measuring.report_text import plain
from app.tuning.measuring.runcard import Named, RunCard
from app.tuning.measuring.scores import Score
from app.tuning.package import PackageConfig, package_adapter
from tests.unit.agent.test_calibration import measured
from tests.unit.agent.tiny import save_adapter
from tests.unit.modelstore.packed import make_adapter, make_base, make_evaluation


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("models") / "glm-mini")


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    return make_adapter(tmp_path / "shandong")


def config(adapter: Path, base: Path, **more: Any) -> PackageConfig:
    out = adapter.parent / "out" / "package.zip"
    return PackageConfig(adapter=adapter, base=base, out=out, **more)


def test_a_package_holds_everything_and_its_sums(adapter: Path, base: Path) -> None:
    report = make_evaluation(adapter.parent / "report", adapter)
    key = new_key(adapter.parent / "key.pem")
    (adapter / FILE).write_text(measured(adapter).text())
    packed = package_adapter(config(adapter, base, evaluation=report, key=key))
    out = adapter.parent / "out" / "package.zip"
    assert packed.signer == key.fingerprint
    assert packed.sha256 == hashlib.sha256(out.read_bytes()).hexdigest()
    with zipfile.ZipFile(out) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert set(files) == {
        *packages.NEEDED, *packages.OPTIONAL, packages.SUMS, packages.SIGNATURE
    }  # fmt: skip
    for name in (
        "adapter_config.json",
        "adapter_model.safetensors",
        "griddesk.json",
        "calibration.json",
    ):
        assert files[f"adapter/{name}"] == (adapter / name).read_bytes()
    card = json.loads(files[packages.CARD])
    assert card["name"] == "shandong"
    assert card["base"] == "glm-mini"
    assert card["base_sha256"] == weights_sha256(base)
    told = files[packages.README].decode()
    assert "| 指令全对 (无噪声) | 290 | 300 | 0.967 |" in told
    assert card["base_sha256"] in told


def test_it_can_be_verified_without_this_program(
    adapter: Path, base: Path, tmp_path: Path
) -> None:
    key = new_key(tmp_path / "key.pem")
    package_adapter(config(adapter, base, key=key))
    with zipfile.ZipFile(adapter.parent / "out" / "package.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
    folder = tmp_path / "unpacked"
    done = subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    stated = json.loads((folder / "SIGNATURE.json").read_text())
    message = b"griddesk-adapter/1\n" + (folder / "SHA256SUMS").read_bytes()
    public, signature = (bytes.fromhex(stated[n]) for n in ("public_key", "signature"))
    assert is_signed(public, signature, message)
    assert not is_signed(public, signature, message + b" ")


def test_unsigned_and_unevaluated_is_allowed_and_said(
    adapter: Path, base: Path
) -> None:
    packed = package_adapter(config(adapter, base, name="plain", title="试用"))
    assert (packed.signer, packed.figures) == ("", ())
    with Package(adapter.parent / "out" / "package.zip") as package:
        assert package.signer == ""
        assert package.card.title == "试用"
        assert packages.EVALUATION not in package.sums
        assert packages.CALIBRATION not in package.sums


def test_a_calibration_of_other_weights_is_refused(
    adapter: Path, base: Path, tmp_path: Path
) -> None:
    other = make_adapter(tmp_path / "other", scale=0.9)
    (adapter / FILE).write_text(measured(other).text())
    with pytest.raises(ModelCorruptError, match="另一个适配器"):
        package_adapter(config(adapter, base))
    (adapter / FILE).write_text("{")
    with pytest.raises(ModelCorruptError, match="校准文件"):
        package_adapter(config(adapter, base))


def test_an_evaluation_of_another_adapter_is_refused(
    adapter: Path, base: Path, tmp_path: Path
) -> None:
    other = make_adapter(tmp_path / "other", scale=0.9)
    report = make_evaluation(tmp_path / "report", other)
    with pytest.raises(UsageError, match="不是对这个适配器做的"):
        package_adapter(config(adapter, base, evaluation=report))
    (report / "evaluation.json").write_text("{")
    with pytest.raises(UsageError, match="无法读取"):
        package_adapter(config(adapter, base, evaluation=report))
    (report / "evaluation.json").unlink()
    with pytest.raises(MissingError, match=r"没有 evaluation\.json"):
        package_adapter(config(adapter, base, evaluation=report))
    assert not (tmp_path / "out").exists()


def test_an_adapter_of_another_base_is_refused(
    adapter: Path, base: Path, tmp_path: Path
) -> None:
    other = make_base(tmp_path / "glm-other", seed=9)
    card = {"base": "glm-other", "base_sha256": weights_sha256(other)}
    (adapter / "griddesk.json").write_text(json.dumps(card))
    with pytest.raises(ModelCorruptError, match="glm-other") as refused:
        package_adapter(config(adapter, base))
    assert weights_sha256(base)[:16] in refused.value.message
    package_adapter(config(adapter, other))


def test_a_shape_or_kind_that_no_desk_can_load_is_refused(
    base: Path, tmp_path: Path
) -> None:
    wide = save_adapter(tmp_path / "wide", groups=4)
    (wide / "griddesk.json").write_text("{}")
    with pytest.raises(ModelCorruptError, match="不匹配: 前缀为"):
        package_adapter(config(wide, base))
    lora = make_adapter(tmp_path / "lora")
    settings = json.loads((lora / "adapter_config.json").read_text())
    (lora / "adapter_config.json").write_text(
        json.dumps({**settings, "peft_type": "LORA"})
    )
    with pytest.raises(ModelCorruptError, match="类型是 LORA"):
        package_adapter(config(lora, base))
    (lora / "adapter_model.safetensors").write_bytes(b"\xff" * 20)
    (lora / "adapter_config.json").write_text(json.dumps(settings))
    with pytest.raises(ModelCorruptError, match="无法读取"):
        package_adapter(config(lora, base))


def test_a_path_of_this_machine_never_leaves_it(adapter: Path, base: Path) -> None:
    path = adapter / "adapter_config.json"
    settings = json.loads(path.read_text())
    path.write_text(json.dumps({**settings, "base_model_name_or_path": "/home/me/x"}))
    with pytest.raises(UsageError, match="本机的路径"):
        package_adapter(config(adapter, base))


def test_what_is_not_there_and_names_that_cannot_be(
    adapter: Path, base: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="不能作适配器的名称"):
        package_adapter(config(adapter, base, name="山东"))
    (adapter / "griddesk.json").unlink()
    with pytest.raises(MissingError, match=r"缺少文件 griddesk\.json"):
        package_adapter(config(adapter, base))
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    made = make_adapter(tmp_path / "again")
    wanted = PackageConfig(adapter=made, base=base, out=in_the_way / "package.zip")
    with pytest.raises(UsageError, match="无法写入"):
        package_adapter(wanted)


def test_figures_are_read_from_what_the_evaluation_writes() -> None:
    """The two ends of a file: names must not drift apart."""
    score = Score(95, 100)
    values: dict[str, Any] = {f.name: score for f in fields(Headline)}
    values |= {"name": "tuned", "parameters": 49_152, "bytes": 197_000}
    values |= {"closed_ms": 20.0, "free_ms": 30.0}
    named = (Named("adapter_model.safetensors", "ab" * 32),)
    card = RunCard(
        date="", command="", data_sha256="", questions=1, seeds=(), files=named,
        versions=(), commit="", machine=(),
    )  # fmt: skip
    text = json.dumps({"card": plain(card), "headlines": [plain(Headline(**values))]})
    figures = figures_of(text)
    assert len(figures) == 7
    assert {(f.right, f.total, f.share) for f in figures} == {(95, 100, 0.95)}
    assert measured_files(text) == {"ab" * 32}
    for wrong in ("[]", "{}", '{"headlines": []}', '{"headlines": [{"name": "base"}]}'):
        with pytest.raises(ValueError, match=r"."):
            figures_of(wrong)


def test_the_command_makes_a_key_and_signs_with_it(
    adapter: Path, base: Path, tmp_path: Path
) -> None:
    def run(*words: str, status: int = 0) -> str:
        done = CliRunner().invoke(app, ["tune", "package", *words])
        assert done.exit_code == status, done.output
        return done.stdout + done.stderr

    key, out = tmp_path / "key.pem", tmp_path / "out" / "sd.zip"
    told = run("--new-key", str(key))
    fingerprint = load_key(key).fingerprint
    assert fingerprint in told
    if os.name == "posix":
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    common = (str(adapter), "--base", str(base), "--out", str(out))
    assert fingerprint in run(*common, "--key", str(key))
    with Package(out) as package:
        assert package.signer == fingerprint
    assert json.loads(run(*common, "--json"))["signer"] is None
    run(*common, "--new-key", str(key), status=2)
    run(*common, "--key", str(key), "--new-key", str(tmp_path / "k2"), status=2)
    run(str(adapter), status=2)
    run(status=2)
    run(*common, "--key", str(tmp_path / "none.pem"), status=3)
