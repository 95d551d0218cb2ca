"""The course of a conversion: read, compare with the base, number anew, prove, write.

A prefix is there as a whole or not at all: it is written aside, and its folder gets its
name when everything is in it.
"""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app import __version__
from app.agent.chats import Conversation, read_conversation
from app.agent.prompts import PATTERN_VERSION
from app.core.errors import ModelCorruptError, UsageError
from app.core.prefix_fit import check_prefix_fits
from app.modelstore.bases import weights_sha256
from app.system.files import aside_of
from app.tuning.prefixes.forms import Form, Numbering
from app.tuning.prefixes.reading import Prefix, read_prefix
from app.tuning.prefixes.shape import BaseShape, renumbered, shape_of
from app.tuning.prefixes.writing import write_griddesk, write_official
from app.tuning.training.errors import TuneError
from app.tuning.training.methods import Method

if TYPE_CHECKING:
    import torch

_OTHER_BASE: Final = "请用 --base 给出训练这个前缀时的底座。"
_REFERENCE_PATTERNS: Final = 1
"""What an adapter was trained on that came from elsewhere."""

Tell = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class ConvertConfig:
    """One conversion."""

    source: Path
    """A checkpoint's or an adapter's folder, or its file of weights."""
    base: Path
    """The model it was tuned on, as the desk loads it."""
    out: Path
    """Not there yet, or empty."""
    to: Form = Form.GRIDDESK
    positions: Numbering | None = None
    """Where its program began to count the text, if the files do not tell."""
    patterns: int | None = None
    """The version of the prompt patterns it was trained on; None: what its card says,
    and for those from elsewhere the reference's."""
    conversation: Path | None = None
    """A JSON file of what it was trained to have before every prompt; None: what its
    card says, or nothing."""


@dataclass(frozen=True, kw_only=True)
class ConvertReport:
    """What was converted."""

    source: Form
    target: Form
    tokens: int
    layers: int
    groups: int
    size: int
    turned_by: int
    """Positions that the keys were turned by."""
    projected: bool
    others: int
    """Tensors of the source that are no part of the prefix."""
    patterns: int
    said: Conversation
    """What comes before every prompt."""
    base: str
    base_sha256: str


def convert(config: ConvertConfig, tell: Tell = lambda _: None) -> ConvertReport:
    """Convert a prefix, and compute with it once before it is kept.

    Raises:
        TuneError: The folder is taken, cannot be written, or the base has no such form.
        UsageError: It must be said how the prefix counts the text.
        ModelMissingError: Base or prefix is not there.
        ModelCorruptError: They do not fit, cannot be read, or the prefix does nothing.
    """
    _check_out(config.out)
    if config.patterns not in (None, *range(1, PATTERN_VERSION + 1)):
        raise UsageError(
            f"没有第 {config.patterns} 版提示词",
            f"可用的版本: 1 (参考文档) 到 {PATTERN_VERSION}。",
        )
    shape = shape_of(config.base)
    if config.to is Form.OFFICIAL and not shape.is_chatglm:
        raise TuneError(
            f"底座 {shape.name} ({shape.kind}) 没有官方的前缀格式",
            "只有导入的 ChatGLM、GLM-4 的前缀可以写成官方格式。",
        )
    prefix = read_prefix(config.source)
    check_prefix_fits(
        f"前缀 {prefix.name}",
        tuple(prefix.table.shape),
        prefix.stated,
        f"底座 {shape.name}",
        shape.needs,
        remedy=_OTHER_BASE,
    )
    messages = _messages(config.conversation, prefix)
    said = read_conversation(messages, f"前缀 {prefix.name}")
    numbering = _numbering(prefix, shape, config.positions)
    target = Numbering.ZERO if config.to is Form.OFFICIAL else Numbering.AFTER
    # Before a large base is hashed.
    forms = _numbered(prefix, shape, numbering, target)
    base_sha256 = _base_sha256(prefix, config.base)
    if prefix.others:
        tell(f"{prefix.name} 里另有 {prefix.others} 组模型权重, 只取前缀")
    tell("试算")
    _prove(config.base, forms, said)
    turned = 0
    if shape.counts_prefix and numbering is not target:
        turned = len(prefix.table) * (1 if target is Numbering.AFTER else -1)
    patterns = config.patterns or _patterns(prefix.card)
    report = ConvertReport(
        source=prefix.form,
        target=config.to,
        tokens=len(prefix.table),
        layers=shape.layers,
        groups=shape.groups,
        size=shape.size,
        turned_by=turned,
        projected=prefix.projected,
        others=prefix.others,
        patterns=patterns,
        said=said,
        base=shape.name,
        base_sha256=base_sha256,
    )
    write = write_official if config.to is Form.OFFICIAL else write_griddesk
    card = _card(prefix, report) | ({"conversation": messages} if messages else {})
    _put(config.out, lambda folder: write(folder, forms[target], shape, card))
    return report


def _numbering(prefix: Prefix, shape: BaseShape, wanted: Numbering | None) -> Numbering:
    known = prefix.numbering
    if known and wanted and known is not wanted and shape.counts_prefix:
        raise UsageError(
            f"前缀 {prefix.name} 的文件表明它按 {known} 编排位置, 不是 {wanted}",
            "请去掉 --positions。",
        )
    if found := known or wanted:
        return found
    if not shape.counts_prefix:
        return Numbering.ZERO
    raise UsageError(
        f"看不出前缀 {prefix.name} 训练时正文从哪个位置数起: 两种编排形状相同, "
        "用错了会悄悄答错",
        "用 THUDM 自带的代码 (trust_remote_code) 训练的请加 --positions zero; "
        "用 transformers 的 GLM 类训练的请加 --positions after。",
    )


def _numbered(
    prefix: Prefix, shape: BaseShape, numbering: Numbering, target: Numbering
) -> "dict[Numbering, torch.Tensor]":
    """Give the prefix as it was found, and for the other way of counting.

    Raises:
        TuneError: It is wanted for the other one, and not known how this base turns.
    """
    length = len(prefix.table)
    forms = {numbering: prefix.table}
    if numbering is Numbering.ZERO:
        forms[Numbering.AFTER] = renumbered(prefix.table, shape, length)
    elif target is Numbering.ZERO or shape.theta is not None or not shape.counts_prefix:
        forms[Numbering.ZERO] = renumbered(prefix.table, shape, -length)
    return forms


def _messages(wanted: Path | None, prefix: Prefix) -> object:
    """Give the conversation that was asked for, or that the card has."""
    if wanted is None:
        return prefix.card.get("conversation") or []
    try:
        return json.loads(wanted.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"对话文件 {wanted} 无法读取 ({error})", "请给出 UTF-8 编码的 JSON 文件。"
        ) from error


def _prove(
    base: Path, forms: "Mapping[Numbering, torch.Tensor]", said: Conversation
) -> None:
    from app.agent.proving import prove_prefix

    prove_prefix(base, forms[Numbering.AFTER], forms.get(Numbering.ZERO), said=said)


def _base_sha256(prefix: Prefix, base: Path) -> str:
    """Hash the base, and make sure that it is the one its card names, if it has one."""
    sha256 = weights_sha256(base)
    stated = prefix.card.get("base_sha256")
    if stated not in (None, "", sha256):
        raise ModelCorruptError(
            f"前缀 {prefix.name} 在底座 {prefix.card.get('base')} "
            f"(权重 {str(stated)[:16]}…) 上训练, 给出的是 {base.resolve().name} "
            f"(权重 {sha256[:16]}…)",
            _OTHER_BASE,
        )
    return sha256


def _patterns(card: Mapping[str, object]) -> int:
    version = card.get("pattern_version")
    return version if isinstance(version, int) else _REFERENCE_PATTERNS


def _card(prefix: Prefix, report: ConvertReport) -> dict[str, object]:
    """Say what it is and where it came from, after what was known of it before."""
    before = prefix.card.get("converted")
    # Whoever asks adds what is said before a prompt: what was proved must stand there,
    # and that may be nothing.
    known = {key: each for key, each in prefix.card.items() if key != "conversation"}
    step = {
        "source": prefix.name,
        "form": prefix.form.value,
        "sha256": prefix.sha256,
        "to": report.target.value,
        "turned_by": report.turned_by,
        "projected": prefix.projected,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "program": f"griddesk {__version__}",
    }
    return {
        "method": Method.PTUNING_V2.value,
        **known,
        "base": report.base,
        "base_sha256": report.base_sha256,
        "pattern_version": report.patterns,
        "converted": [*(before if isinstance(before, list) else ()), step],
    }


def _check_out(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise TuneError(f"输出文件夹 {out} 不是空的", "请另选一个文件夹。")


def _put(out: Path, write: Callable[[Path], None]) -> None:
    """Let a folder be written aside, and give it its name when it is whole."""
    aside = aside_of(out)
    try:
        # What a killed conversion left.
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        try:
            write(aside)
            if out.is_dir():
                out.rmdir()
            aside.rename(out)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
    except OSError as error:
        raise TuneError(
            f"前缀无法写入 {out} ({error.strerror or error})",
            "请检查磁盘空间和文件夹权限后重试。",
        ) from error
