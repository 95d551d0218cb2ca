"""A tiny model with its shipped adapter, and packages of other adapters for it."""

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

from app.system.signing import SigningKey
from app.tuning.package import PackageConfig, package_adapter
from tests.unit.agent.tiny import save_adapter, save_base

SCORE = {"right": 290, "total": 300, "share": 0.9667, "low": 0.9397, "high": 0.9818}


def make_base(folder: Path, *, seed: int = 0) -> Path:
    """Write a base that loads, with a shipped adapter and its sums."""
    save_base(folder, seed=seed)
    save_adapter(folder / "adapter")
    names = [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()]
    sums = (f"{digest(folder / name)}  {name}\n" for name in sorted(names))
    (folder / "SHA256SUMS").write_text("".join(sums))
    return folder


def make_adapter(folder: Path, *, scale: float = 0.5) -> Path:
    """Write an adapter as `tune train` leaves it; `scale` tells one from another."""
    save_adapter(folder, scale=scale)
    card = {"method": "ptuning-v2", "pattern_version": 2, "base": "glm-mini"}
    (folder / "griddesk.json").write_text(json.dumps(card))
    return folder


def make_evaluation(folder: Path, adapter: Path, *, share: float = 0.9667) -> Path:
    """Write an evaluation of an adapter, as far as a package looks at it."""
    folder.mkdir()
    weights = digest(adapter / "adapter_model.safetensors")
    score = {**SCORE, "share": share}
    evaluation = {
        "schema": 1,
        "card": {"files": [{"name": "adapter_model.safetensors", "value": weights}]},
        "headlines": [
            {"name": "base", "closed_clean": {**SCORE, "share": 0.1}},
            {"name": "tuned", "closed_clean": score, "closed_noisy": None},
        ],
    }
    (folder / "evaluation.json").write_text(json.dumps(evaluation))
    (folder / "evaluation.html").write_text("<html></html>")
    return folder


def make_package(
    folder: Path,
    base: Path,
    *,
    name: str = "shandong",
    key: SigningKey | None = None,
    scale: float = 0.5,
    evaluated: bool = True,
) -> Path:
    """Pack an adapter of its own."""
    work = folder / f"work-{name}-{scale}-{bool(key)}-{evaluated}"
    adapter = make_adapter(_fresh(work) / "adapter", scale=scale)
    report = make_evaluation(work / "report", adapter) if evaluated else None
    out = work / f"{name}.zip"
    package_adapter(
        PackageConfig(
            adapter=adapter, base=base, out=out, name=name, evaluation=report, key=key
        )
    )
    return out


def rewritten(
    package: Path,
    change: Callable[[dict[str, bytes]], object],
    *,
    sums: bool = False,
) -> Path:
    """Copy a package with its files changed; `sums` makes the list fit again."""
    with zipfile.ZipFile(package) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    if sums:
        listed = sorted(set(files) - {"SHA256SUMS", "SIGNATURE.json"})
        files["SHA256SUMS"] = "".join(
            f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in listed
        ).encode()
    out = package.with_name("changed.zip")
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
