"""Put together what is shipped: the embedded model's folder, and signed adapters.

`SHA256SUMS` lists every file in the form that `sha256sum -c` reads and the model store
verifies. The form of an adapter's package is described in `app.modelstore.packages`.
"""

import hashlib
import json
import os
import tempfile
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from app import __version__
from app.agent.calibration import FILE, read_calibration
from app.core.adapters import AdapterFigure
from app.core.errors import MissingError, ModelCorruptError, UsageError
from app.modelstore import packages
from app.modelstore.bases import (
    check_fits,
    read_object,
    tokenizer_sha256,
    weights_sha256,
)
from app.modelstore.evaluations import figures_of, measured_files
from app.modelstore.packages import PackageCard, is_name, message_of
from app.system.files import sha256_of
from app.system.signing import SigningKey

SUMS: Final = "SHA256SUMS"
MAX_BYTES: Final = 12_000_000
"""What the embedded model may weigh; it is committed with the source."""

NEEDED: Final = (
    "README.md",
    "adapter/adapter_config.json",
    "adapter/adapter_model.safetensors",
    "adapter/griddesk.json",
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
)


@dataclass(frozen=True)
class PackageReport:
    """What was packed."""

    files: int
    bytes: int


def pack(folder: Path) -> PackageReport:
    """Write the sums of a folder with base and adapter.

    Raises:
        ValueError: A file is missing, the whole is too heavy, or a path of this
            machine stands in a configuration.
    """
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise ValueError(f"not a complete model: {', '.join(missing)} missing")
    names = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.name != SUMS
    )
    for name in names:
        if name.endswith("config.json") and _has_path(_json(folder / name)):
            raise ValueError(f"{name} names a path of this machine")
    total = sum((folder / name).stat().st_size for name in names)
    if total > MAX_BYTES:
        raise ValueError(f"{total} bytes are more than {MAX_BYTES}")
    lines = [f"{sha256_of(folder / name)}  {name}\n" for name in names]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")
    return PackageReport(len(names), total)


def check_package(folder: Path) -> list[str]:
    """Return what differs from the sums; nothing when the folder is as shipped."""
    wrong = []
    for line in (folder / SUMS).read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        path = folder / name
        if not path.is_file():
            wrong.append(f"{name} is missing")
        elif sha256_of(path) != digest:
            wrong.append(f"{name} has another SHA-256")
    return wrong


@dataclass(frozen=True, kw_only=True)
class PackageConfig:
    """What goes into an adapter's package."""

    adapter: Path
    """A folder in peft's format, as `tune train` writes it."""
    base: Path
    """The model it was tuned on."""
    out: Path
    name: str = ""
    """What desks call it; empty: the folder's name."""
    title: str = ""
    """What people call it; empty: the name."""
    evaluation: Path | None = None
    """The folder that `tune eval --report` wrote."""
    key: SigningKey | None = None
    """Who answers for it; None leaves it unsigned."""


@dataclass(frozen=True, kw_only=True)
class PackedAdapter:
    """A package that was written."""

    card: PackageCard
    figures: tuple[AdapterFigure, ...]
    signer: str
    """Fingerprint of the key; empty: unsigned."""
    bytes: int
    sha256: str


def package_adapter(config: PackageConfig) -> PackedAdapter:
    """Write an adapter's package, whole or not at all.

    Raises:
        UsageError: The name, the base or the evaluation is not this adapter's, a path
            of this machine stands in it, or the package cannot be written.
        MissingError: A file that is needed is not there.
        ModelCorruptError: Adapter and base do not fit, or the calibration is not the
            adapter's.
    """
    name = config.name or config.adapter.resolve().name
    if not is_name(name):
        raise UsageError(
            f"「{name}」不能作适配器的名称",
            "请用 --name 给出由字母、数字、点、横线组成的名称。",
        )
    files = _adapter_files(config)
    trained = read_object(config.adapter / "griddesk.json")
    figures: tuple[AdapterFigure, ...] = ()
    if config.evaluation is not None:
        evaluated = _evaluation_files(config.evaluation, files[packages.WEIGHTS])
        figures = _figures(evaluated[packages.EVALUATION])
        files |= evaluated
    card = PackageCard(
        name=name,
        title=config.title or name,
        base=config.base.resolve().name,
        base_sha256=_base_sha256(config, trained),
        tokenizer_sha256=tokenizer_sha256(config.base),
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        program=f"griddesk {__version__}",
        data_sha256=str(trained.get("data_sha256", "")),
    )
    check_fits(config.base, config.adapter)
    files[packages.README] = _readme(card, trained, figures).encode()
    files[packages.CARD] = (card.text() + "\n").encode()
    sums = "".join(
        f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)
    ).encode()
    files[packages.SUMS] = sums
    if config.key is not None:
        files[packages.SIGNATURE] = _signature(config.key, sums)
    _write_zip(config.out, files)
    # What was written is what a desk will read.
    with packages.Package(config.out) as written:
        signer = written.signer
    return PackedAdapter(
        card=card,
        figures=figures,
        signer=signer,
        bytes=config.out.stat().st_size,
        sha256=sha256_of(config.out),
    )


def _adapter_files(config: PackageConfig) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for name in packages.NEEDED:
        folder, _, file = name.partition("/")
        if folder != packages.ADAPTER:
            continue
        path = config.adapter / file
        if not path.is_file():
            raise MissingError(
                f"适配器 {config.adapter} 缺少文件 {file}",
                "请给出 griddesk tune train 写的、已经训练完的文件夹。",
            )
        files[name] = path.read_bytes()
        if file.endswith(".json") and _has_path(read_object(path)):
            raise UsageError(
                f"{file} 里写着本机的路径", "请改成模型的名称后重试, 例如 glm-mini。"
            )
    # What a desk would refuse to follow does not leave this machine.
    if read_calibration(config.adapter) is not None:
        files[packages.CALIBRATION] = (config.adapter / FILE).read_bytes()
    return files


def _evaluation_files(folder: Path, weights: bytes) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for name in packages.EVALUATED:
        path = folder / name.rpartition("/")[2]
        if path.is_file():
            files[name] = path.read_bytes()
    if packages.EVALUATION not in files:
        raise MissingError(
            f"{folder} 里没有 evaluation.json",
            "请给出 griddesk tune eval --report 写的文件夹。",
        )
    figures = files[packages.EVALUATION]
    try:
        measured = measured_files(figures)
    except ValueError as error:
        raise UsageError(
            f"{folder} 的 evaluation.json 无法读取 ({error})", "请重新评测。"
        ) from error
    if hashlib.sha256(weights).hexdigest() not in measured:
        raise UsageError(
            f"{folder} 的评测不是对这个适配器做的 (权重的 SHA-256 不在其中)",
            "请用 griddesk tune eval 评测这个适配器, 再打包。",
        )
    return files


def _figures(evaluation: bytes) -> tuple[AdapterFigure, ...]:
    try:
        return figures_of(evaluation)
    except ValueError as error:
        raise UsageError(
            f"evaluation.json 里没有适配器的结果 ({error})", "请重新评测。"
        ) from error


def _base_sha256(config: PackageConfig, trained: dict[str, object]) -> str:
    """Hash the base, and make sure that the adapter was tuned on it."""
    sha256 = weights_sha256(config.base)
    stated = trained.get("base_sha256")
    if stated not in (None, "", sha256):
        raise ModelCorruptError(
            f"适配器在模型 {trained.get('base')} (权重 {str(stated)[:16]}…) 上训练, "
            f"给出的模型是 {config.base.name} (权重 {sha256[:16]}…)",
            "请用 --base 给出训练时的模型。",
        )
    return sha256


def _signature(key: SigningKey, sums: bytes) -> bytes:
    stated = {
        "algorithm": "ed25519",
        "public_key": key.public.hex(),
        "signature": key.sign(message_of(sums)).hex(),
    }
    return (json.dumps(stated, indent=1) + "\n").encode()


def _readme(
    card: PackageCard, trained: dict[str, object], figures: tuple[AdapterFigure, ...]
) -> str:
    lines = [
        f"# {card.title}",
        "",
        "An adapter for the three prompts of GridDesk: greeting, splitting a command",
        "into calls, summing up the result. It is used with its base only.",
        "",
        "| | |",
        "|---|---|",
        f"| name | {card.name} |",
        f"| base | {card.base}, weights SHA-256 `{card.base_sha256}` |",
        f"| tokenizer | SHA-256 `{card.tokenizer_sha256}` |",
        f"| method | {trained.get('method', 'ptuning-v2')} |",
        f"| prompt patterns | version {trained.get('pattern_version', '?')} |",
        f"| trained on | data SHA-256 `{card.data_sha256 or '?'}` |",
        f"| made | {card.made_at}, {card.program} |",
        *_lineage(trained),
        "",
        "## What is measured",
        "",
    ]
    if figures:
        lines += ["| | right | of | share | 95 % interval |", "|---|---|---|---|---|"]
        lines += [
            f"| {one.name} | {one.right} | {one.total} | {one.share:.3f} | "
            f"{one.low:.3f} – {one.high:.3f} |"
            for one in figures
        ]
        lines += ["", "`evaluation/` holds everything, and how it was measured."]
    else:
        lines.append("Nothing: this adapter was packed without an evaluation.")
    lines += [
        "",
        "## How to check it",
        "",
        "Unpack it and run `sha256sum -c SHA256SUMS`. `griddesk models import` checks",
        "the sums, the signature in SIGNATURE.json and the base.",
        "",
    ]
    return "\n".join(lines)


def _lineage(trained: dict[str, object]) -> list[str]:
    """Say what it was converted from, step by step."""
    steps = trained.get("converted")
    return [
        f"| converted | {step.get('at')}: from {step.get('source')} "
        f"({step.get('form')}, SHA-256 `{step.get('sha256')}`) to {step.get('to')} |"
        for step in (steps if isinstance(steps, list) else ())
        if isinstance(step, dict)
    ]


def _write_zip(path: Path, files: dict[str, bytes]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        half = Path(name)
        try:
            with (
                os.fdopen(handle, "wb") as stream,
                zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
            ):
                for name in sorted(files):
                    # The same time for all: equal files give an equal package.
                    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                    info.external_attr = 0o644 << 16
                    info.compress_type = zipfile.ZIP_DEFLATED
                    archive.writestr(info, files[name])
            half.chmod(0o644)
            half.replace(path)
        except BaseException:
            half.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError(
            f"适配器包无法写入 {path} ({error.strerror or error})",
            "请检查磁盘空间和文件夹权限后重试。",
        ) from error


def _json(path: Path) -> object:
    return json.loads(path.read_text(encoding="utf-8"))


def _has_path(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_has_path, value.values()))
    if isinstance(value, list):
        return any(map(_has_path, value))
    return isinstance(value, str) and (
        value.startswith(("/", "~/")) or value[1:3] in {":\\", ":/"}
    )
