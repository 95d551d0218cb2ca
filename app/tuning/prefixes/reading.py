"""Reading a prefix, whoever trained it.

Known are the checkpoints of THUDM's `ptuning/` and of ChatGLM3's `finetune_demo`, with
and without a projection, alone or among the weights of the whole model; and adapters
of peft, in safetensors or as a pickle. A pickle is read as tensors and nothing else.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.core.errors import ModelCorruptError, ModelMissingError
from app.core.prefix_fit import PrefixSizes, sizes_of_adapter
from app.modelstore.bases import ADAPTER_CONFIG, KIND, read_object
from app.modelstore.chatglm.reading import opened, weight_files
from app.system.files import sha256_of
from app.tuning.prefixes.forms import Form, Numbering
from app.tuning.training.record import CARD

if TYPE_CHECKING:
    import torch

TABLE: Final = "prompt_embeddings"
"""peft's name of a prefix."""
EMBEDDING: Final = "embedding.weight"
OFFICIAL: Final = "transformer.prefix_encoder."
"""What stands before the names of a prefix in THUDM's checkpoints."""

_PROJECTION: Final = (
    "trans.0.weight",
    "trans.0.bias",
    "trans.2.weight",
    "trans.2.bias",
)
# Some programs save the prefix's own module, without names before it.
_NAME: Final = re.compile(
    r"(?:(?:.+\.)?prefix_encoder\.)?(embedding\.weight|trans\..+)"
)
_ADAPTERS: Final = ("adapter_model.safetensors", "adapter_model.bin")
_AGAIN: Final = "请重新取得完整的检查点文件夹。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefix:
    """A prefix as it was found."""

    name: str
    """Of its folder, for sentences."""
    form: Form
    table: "torch.Tensor"
    """`[tokens, layers · 2 · groups · size]`, float32."""
    stated: PrefixSizes
    """What the files beside it say."""
    numbering: Numbering | None
    """None: the files do not tell."""
    projected: bool
    """Whether two layers made it from smaller vectors; they have been run."""
    others: int
    """Tensors beside it that are no part of it: the weights of a whole model."""
    sha256: str
    """Of the file that it lies in."""
    card: Mapping[str, object] = field(default_factory=dict)
    """What `tune train` or an earlier conversion wrote of it."""


def is_prefix(path: Path) -> bool:
    """Say whether a folder holds something tuned rather than a model."""
    if (path / ADAPTER_CONFIG).is_file():
        return True
    config = path / "config.json"
    return config.is_file() and bool(read_object(config).get("pre_seq_len"))


def read_prefix(source: Path) -> Prefix:
    """Read the prefix in a folder, or in a file of weights.

    Raises:
        ModelMissingError: There is none.
        ModelCorruptError: A file cannot be read as tensors alone, the prefix is not
            whole, or the adapter is of another kind.
    """
    folder = source if source.is_dir() else source.parent
    if not source.exists():
        raise ModelMissingError(f"没有文件夹 {source}", "请检查路径后再试。")
    adapter = folder / ADAPTER_CONFIG
    if adapter.is_file() and (source.is_dir() or source.name in _ADAPTERS):
        return _of_peft(folder, source if source.is_file() else None)
    return _of_thudm(folder, [source] if source.is_file() else _weights(folder))


def _of_peft(folder: Path, named: Path | None) -> Prefix:
    settings = read_object(folder / ADAPTER_CONFIG)
    kind = settings.get("peft_type")
    if kind != KIND:
        raise ModelCorruptError(
            f"适配器 {folder.name} 的类型是 {kind}, 只有前缀 ({KIND}) 可以转换",
            "请给出 P-tuning v2 的检查点。",
        )
    known = [named] if named else [folder / name for name in _ADAPTERS]
    files = [file for file in known if file.is_file()]
    if not files:
        raise ModelMissingError(
            f"适配器 {folder.name} 缺少文件 {' 或 '.join(_ADAPTERS)}", _AGAIN
        )
    with opened(files[0]) as weights:
        if TABLE not in weights.names():
            raise ModelCorruptError(
                f"适配器 {folder.name} 的 {files[0].name} 里没有 {TABLE}", _AGAIN
            )
        table = _numbers(weights.take(TABLE), TABLE, folder.name)
    card = _card(folder)
    return Prefix(
        name=folder.resolve().name,
        form=Form.GRIDDESK,
        table=table,
        stated=sizes_of_adapter(settings),
        numbering=_numbering(settings, card),
        projected=settings.get("prefix_projection") is True,
        others=0,
        sha256=sha256_of(files[0]),
        card=card,
    )


def _numbering(
    settings: Mapping[str, object], card: Mapping[str, object]
) -> Numbering | None:
    """Tell by which program an adapter of peft was trained, if its files do."""
    if card.get("method"):
        return Numbering.AFTER
    mapping = settings.get("auto_mapping")
    library = mapping.get("parent_library") if isinstance(mapping, dict) else None
    if str(library).startswith("transformers_modules"):
        return Numbering.ZERO
    # Of THUDM's models those with this ending are transformers' own.
    base = str(settings.get("base_model_name_or_path") or "").rstrip("/\\")
    if str(library).startswith("transformers.") or base.endswith("-hf"):
        return Numbering.AFTER
    return None


def _of_thudm(folder: Path, files: list[Path]) -> Prefix:
    found: dict[str, torch.Tensor] = {}
    others, sums = 0, []
    for file in files:
        with opened(file) as weights:
            before = len(found)
            for name in weights.names():
                known = _NAME.fullmatch(name)
                if known is None:
                    others += 1
                    continue
                tensor = weights.take(name)
                found[known[1]] = _numbers(tensor, name, folder.name)
        if len(found) > before:
            sums.append(sha256_of(file))
    if EMBEDDING not in found:
        raise ModelCorruptError(
            f"{folder.name} 里没有前缀 ({OFFICIAL}{EMBEDDING})",
            "请给出 P-tuning v2 的检查点文件夹, 例如 output/checkpoint-3000。",
        )
    path = folder / "config.json"
    config = read_object(path) if path.is_file() else {}
    return Prefix(
        name=folder.resolve().name,
        form=Form.OFFICIAL,
        table=_flat(found, folder.name, projected=config.get("prefix_projection")),
        stated=_stated(config),
        numbering=Numbering.ZERO,
        projected=len(found) > 1,
        others=others,
        sha256=sums[0],
        card=_card(folder),
    )


def _weights(folder: Path) -> list[Path]:
    """Give the files of a checkpoint; say where it is if it lies a folder deeper."""
    try:
        return weight_files(folder)
    except ModelMissingError:
        deeper = [each for each in folder.glob("checkpoint-*") if each.is_dir()]
        if not deeper:
            raise
        last = max(deeper, key=lambda path: path.stat().st_mtime_ns)
        raise ModelMissingError(
            f"{folder.name} 里有 {len(deeper)} 个检查点, 不知道要转换哪一个",
            f"请给出其中一个, 例如 {folder / last.name}。",
        ) from None


def _flat(
    found: "dict[str, torch.Tensor]", name: str, *, projected: object
) -> "torch.Tensor":
    """Give the prefix itself: what the projection makes, where there is one."""
    import torch

    table = found[EMBEDDING]
    layers = [found.get(each) for each in _PROJECTION]
    strange = sorted(found.keys() - {EMBEDDING, *_PROJECTION})
    if strange:
        raise ModelCorruptError(
            f"{name} 的前缀有不认识的部分 {strange[0]}", "只有已发布的结构可以转换。"
        )
    if len(found) == 1 and projected is not True:
        return table
    lacking = [
        each for each, got in zip(_PROJECTION, layers, strict=True) if got is None
    ]
    if lacking:
        raise ModelCorruptError(f"{name} 的前缀缺少投影层 {lacking[0]}", _AGAIN)
    one, one_bias, two, two_bias = (each for each in layers if each is not None)
    shapes = [tuple(each.shape) for each in (table, one, one_bias, two, two_bias)]
    try:
        hidden = torch.nn.functional.linear(table, one, one_bias).tanh()
        made = torch.nn.functional.linear(hidden, two, two_bias)
    except RuntimeError:
        raise ModelCorruptError(
            f"{name} 的前缀与它的投影层形状不符: {shapes}", _AGAIN
        ) from None
    return made


def _stated(config: Mapping[str, object]) -> PrefixSizes:
    heads, hidden = _count(config, "num_attention_heads"), _count(config, "hidden_size")
    grouped = config.get("multi_query_attention") is True
    return PrefixSizes(
        layers=_count(config, "num_layers"),
        groups=_count(config, "multi_query_group_num") if grouped else heads,
        size=_count(config, "kv_channels") or (hidden // heads if heads else 0),
        tokens=_count(config, "pre_seq_len"),
    )


def _count(settings: Mapping[str, object], name: str) -> int:
    value = settings.get(name)
    return value if isinstance(value, int) and value > 0 else 0


def _card(folder: Path) -> dict[str, object]:
    path = folder / CARD
    return read_object(path) if path.is_file() else {}


def _numbers(tensor: object, name: str, where: str) -> "torch.Tensor":
    import torch

    if not isinstance(tensor, torch.Tensor) or not tensor.is_floating_point():
        raise ModelCorruptError(f"{where} 的 {name} 不是数值张量", _AGAIN)
    found = tensor.detach().float().clone()
    if not bool(torch.isfinite(found).all()):
        raise ModelCorruptError(
            f"{where} 的 {name} 含有无效数值 (NaN 或无穷大)",
            "训练可能已经发散, 请换一个检查点。",
        )
    return found
