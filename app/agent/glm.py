"""Loading the base model and its prefix adapter, by safetensors only.

The same code loads the embedded GLM-mini, GLM-4-9B-hf and an imported ChatGLM3-6B. A
P-tuning v2 adapter is past keys and values for every layer; it goes straight from its
file into the cache, because importing peft takes ten seconds. Several of them stand
beside one base.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.agent.chats import NOTHING_SAID, Conversation, read_conversation
from app.agent.effect import check_effect, keys_and_values
from app.agent.framing import Framing, framing_behind, framing_of
from app.agent.precision import Device, Quantisation, Way
from app.agent.prompts import PATTERN_VERSION
from app.agent.quantising import load_base
from app.agent.room import check_room, tokens_before
from app.core.adapters import Task
from app.core.errors import ModelCorruptError, ModelMissingError, UserFacingError
from app.core.prefix_fit import check_prefix_fits, sizes_of_adapter, sizes_of_base

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)

_FETCH = "请运行 griddesk models verify 检查, 或重新取得该模型。"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedGlm:
    """A model that is ready to answer."""

    name: str
    model: Any
    framing: Framing
    prefix: "tuple[tuple[torch.Tensor, torch.Tensor], ...]"
    """Keys and values for each layer; empty without an adapter."""
    device: str
    precision: str
    not_gpu: str
    """Why the GPU is not used, in Chinese; empty when it is."""
    pattern_version: int
    others: "tuple[tuple[Task, LoadedGlm], ...]" = ()
    """The same weights with another prefix, for tasks that have one of their own."""
    reason: str = ""
    """Why in this precision, in Chinese."""
    notice: str = ""
    """What ran out of memory before, in Chinese; empty where nothing did."""
    ways: tuple[Way, ...] = ()
    """How it was held until memory ran out, and last how it is held now."""

    @property
    def title(self) -> str:
        """Name, device and precision, for the status strip."""
        return f"{self.name} ({self.device}, {self.precision})"

    def at(self, task: Task) -> "LoadedGlm":
        """Give the model with the prefix for a task."""
        return dict(self.others).get(task, self)

    def fresh_cache(self, rows: int = 1) -> Any:
        """Give a cache that holds the prefix, once for each row, and nothing else."""
        from transformers import DynamicCache

        cache = DynamicCache(config=self.model.config)
        for layer, (keys, values) in enumerate(self.prefix):
            wide = (rows, -1, -1, -1)
            cache.update(keys.expand(wide), values.expand(wide), layer)
        return cache


def load_glm(
    base_dir: Path,
    adapter_dir: Path | None,
    *,
    device: Device = "auto",
    quantisation: Quantisation = "none",
    fallen: tuple[Way, ...] = (),
    beside: Sequence[Path] = (),
) -> LoadedGlm:
    """Load base and adapter; takes seconds, so call it on the worker.

    `fallen` are ways to hold it that ran out of memory; the next one is taken. `beside`
    are adapters that will be put beside it: memory is kept for what they have before
    every prompt.

    Raises:
        ModelMissingError: A folder or file is not there.
        ModelCorruptError: A file cannot be read, or adapter and base do not fit.
        ModelMemoryError: There is no way to hold it in the memory that is free.
    """
    _need(base_dir, "config.json", "模型")
    _need(base_dir, "tokenizer.json", "模型的分词器")
    if not any(base_dir.glob("*.safetensors")):
        raise ModelMissingError(f"模型 {base_dir.name} 没有权重文件 (safetensors)")
    if adapter_dir is not None:
        # Before minutes are spent on the base.
        _need_adapter(adapter_dir)

    know_architectures()
    try:
        tokenizer = read_tokenizer(base_dir)
    except Exception as error:
        raise ModelCorruptError(
            f"模型 {base_dir.name} 的分词器无法读取 ({_brief(error)})", _FETCH
        ) from error
    adapters = (*beside, *((adapter_dir,) if adapter_dir else ()))
    before = max((_before(base_dir, tokenizer, a) for a in adapters), default=0)
    loaded = load_base(
        base_dir,
        device=device,
        quantisation=quantisation,
        fallen=fallen,
        before=before,
    )
    model, plan = loaded.model, loaded.plan
    glm = LoadedGlm(
        name=base_dir.name,
        model=model,
        framing=framing_of(
            tokenizer, model.generation_config.eos_token_id, marks_of(model.config)
        ),
        prefix=(),
        device=plan.way.place,
        precision=plan.way.precision.value,
        not_gpu=plan.not_gpu,
        pattern_version=PATTERN_VERSION,
        reason=plan.reason,
        notice=plan.notice,
        ways=(*plan.fallen, plan.way),
    )
    log.info("loaded %s on %s as %s", glm.name, glm.device, glm.precision)
    return glm if adapter_dir is None else with_adapter(glm, adapter_dir)


def with_adapter(base: LoadedGlm, folder: Path) -> LoadedGlm:
    """Put an adapter beside a base that was loaded without one.

    The weights are shared, not read again: a prefix is a few tensors of its own, so
    that several adapters of one base cost little more than one. On the worker, too.

    Raises:
        ModelMissingError: The folder or a file is not there.
        ModelCorruptError: A file cannot be read, adapter and base do not fit, its
            conversation leaves no room for a prompt, or the adapter changes nothing.
    """
    import torch

    _need_adapter(folder)
    glm = replace(
        base,
        name=f"{base.name}+{folder.name}",
        prefix=_prefix(folder, base.model, torch),
        framing=framing_behind(base.framing, _conversation(folder), base.name),
        pattern_version=_pattern_version(folder),
    )
    # Before a pass that long.
    check_room(
        f"适配器 {folder.name}",
        base.model.config.to_dict(),
        prefix=glm.prefix[0][0].shape[2],
        before=tokens_before(glm.framing, base.framing),
    )
    check_effect(glm.model, glm.framing, glm.fresh_cache(), f"适配器 {folder.name}")
    log.info("%s has the prefix of %s", base.name, folder.name)
    return glm


def know_architectures() -> None:
    """Make transformers know the architectures that are this program's own."""
    for name in ("chatglm6b", "prefix_lm"):
        import_module(f"app.agent.{name}")


def read_tokenizer(base: Path) -> Any:
    """Give the tokenizer in a model's folder; no code of the folder's is run."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(
        base, local_files_only=True, trust_remote_code=False
    )


def marks_of(config: Any) -> "tuple[int | None, int] | None":
    """Give what encloses a prompt that the model reads in both directions."""
    from app.agent import chatglm6b, prefix_lm

    return prefix_lm.prompt_marks(config) or chatglm6b.prompt_marks(config)


def _need(folder: Path, name: str, what: str) -> None:
    if not folder.is_dir():
        raise ModelMissingError(f"未找到{what}文件夹 {folder.name}")
    if not (folder / name).is_file():
        raise ModelMissingError(f"{what} {folder.name} 缺少文件 {name}")


def _need_adapter(folder: Path) -> None:
    _need(folder, "adapter_config.json", "适配器")
    _need(folder, "adapter_model.safetensors", "适配器")


def _prefix(
    folder: Path, model: Any, torch: Any
) -> "tuple[tuple[torch.Tensor, torch.Tensor], ...]":
    settings = _json(folder / "adapter_config.json")
    kind = settings.get("peft_type")
    if kind != "PREFIX_TUNING":
        raise ModelCorruptError(
            f"适配器 {folder.name} 的类型是 {kind}, 需要 PREFIX_TUNING"
        )
    try:
        from safetensors.torch import load_file

        tensors = load_file(folder / "adapter_model.safetensors")
    except Exception as error:
        raise ModelCorruptError(
            f"适配器 {folder.name} 无法读取 ({_brief(error)})", _FETCH
        ) from error
    table = tensors.get("prompt_embeddings")
    if table is None:
        raise ModelCorruptError(
            f"适配器 {folder.name} 的文件里没有前缀 (prompt_embeddings)", _FETCH
        )
    needed = sizes_of_base(model.config.to_dict())
    check_prefix_fits(
        f"适配器 {folder.name}",
        table.shape,
        sizes_of_adapter(settings),
        "模型",
        needed,
    )
    if not torch.isfinite(table).all():
        raise ModelCorruptError(f"适配器 {folder.name} 含有无效数值", _FETCH)
    table = table.to(device=model.device, dtype=_cache_dtype(model, torch))
    return keys_and_values(table, needed.layers, needed.groups)


def _cache_dtype(model: Any, torch: Any) -> Any:
    dtype = model.get_input_embeddings().weight.dtype
    return dtype if dtype.is_floating_point else torch.float32


def _card(folder: Path) -> dict[str, Any]:
    """Read what the adapter's maker wrote of it."""
    card = folder / "griddesk.json"
    return _json(card) if card.is_file() else {}


def _conversation(folder: Path) -> Conversation:
    """Read what the adapter was trained to have before every prompt."""
    said = _card(folder).get("conversation") or []
    return read_conversation(said, f"适配器 {folder.name}")


def _before(base_dir: Path, tokenizer: Any, folder: Path) -> int:
    """Count the tokens that an adapter has before every prompt.

    None where it cannot be used: `with_adapter` says so, and needs no memory for it.
    """
    try:
        said = _conversation(folder)
        if said == NOTHING_SAID:
            return 0
        plain = framing_of(tokenizer, None)
        framing = framing_behind(plain, said, base_dir.name)
        before = tokens_before(framing, plain)
        check_room(
            folder.name, _json(base_dir / "config.json"), prefix=0, before=before
        )
    except UserFacingError:
        return 0
    return before


def _pattern_version(folder: Path) -> int:
    """Read which version of the patterns the adapter was trained on."""
    version = _card(folder).get("pattern_version")
    if version is None:
        return PATTERN_VERSION
    if not isinstance(version, int) or not 1 <= version <= PATTERN_VERSION:
        raise ModelCorruptError(
            f"适配器 {folder.name} 按提示词版本 {version} 训练, "
            f"本程序最高支持 {PATTERN_VERSION}",
            "请更新程序, 或换用旧版适配器。",
        )
    return version


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelCorruptError(
            f"{path.parent.name} 的文件 {path.name} 无法读取", _FETCH
        ) from error
    if not isinstance(content, dict):
        raise ModelCorruptError(
            f"{path.parent.name} 的文件 {path.name} 内容有误", _FETCH
        )
    return content


def _brief(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:120] if str(error).strip() else ""
