"""Any tuned model as the desk's decoder takes it, whatever the method was.

Every method ends as weights and, perhaps, keys and values before the prompt: virtual
tokens of prompt tuning and P-tuning v1 are run through the base once, low-rank updates
are added to the weights, a full tuning is a base of its own.
"""

import json
import warnings
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.agent.effect import check_effect
from app.agent.glm import LoadedGlm, load_glm
from app.agent.int8 import SCALE
from app.agent.precision import Device
from app.core.errors import ModelCorruptError, ModelMissingError

if TYPE_CHECKING:
    import torch

WEIGHTS: Final = ("adapter_model.safetensors", "model.safetensors")
"""What a tuning leaves: an adapter's weights, or a whole base."""

_VIRTUAL: Final = frozenset({"PROMPT_TUNING", "P_TUNING"})
_PREFIX: Final = "PREFIX_TUNING"


@dataclass(frozen=True, kw_only=True)
class Size:
    """What a tuning adds to its base."""

    method: str
    """peft's name of the method, `FULL`, or empty without an adapter."""
    parameters: int
    """Numbers that were trained and are kept."""
    bytes: int
    """The file with them."""


def load_tuned(
    base: Path, adapter: Path | None, *, device: Device = "auto"
) -> LoadedGlm:
    """Load a base with what was tuned on it, by whichever method.

    Raises:
        ModelMissingError: A folder or file is not there.
        ModelCorruptError: A file cannot be read, or adapter and base do not fit.
    """
    if adapter is None:
        return load_glm(base, None, device=device)
    kind = method_of(adapter)
    if kind == "FULL":
        return load_glm(adapter, None, device=device)
    if kind == _PREFIX:
        return load_glm(base, adapter, device=device)
    glm = replace(
        load_glm(base, None, device=device), name=f"{base.name}+{adapter.name}"
    )
    if kind not in _VIRTUAL:
        return _merged(glm, adapter)
    tuned = with_virtual_tokens(glm, _table(glm, adapter))
    check_effect(glm.model, glm.framing, tuned.fresh_cache(), f"适配器 {adapter.name}")
    return tuned


def load_written(base: Path, instruction: str, *, device: Device = "auto") -> LoadedGlm:
    """Load a base that reads a written instruction before every prompt."""
    glm = load_glm(base, None, device=device)
    ids = glm.framing.encode(instruction)
    if not ids:
        return glm
    import torch

    tokens = torch.tensor(ids, device=glm.model.device)
    embeddings = glm.model.get_input_embeddings()(tokens)
    return with_virtual_tokens(replace(glm, name=f"{glm.name}+prompt"), embeddings)


def with_virtual_tokens(glm: LoadedGlm, embeddings: "torch.Tensor") -> LoadedGlm:
    """Put virtual tokens `[tokens, hidden]` before every prompt.

    They never change, so their keys and values are computed once: a prefix.
    """
    import torch
    from transformers import DynamicCache

    cache = DynamicCache(config=glm.model.config)
    table = embeddings.to(glm.model.device, glm.model.dtype)
    with torch.inference_mode():
        glm.model.get_decoder()(
            inputs_embeds=table[None], past_key_values=cache, use_cache=True
        )
    prefix = tuple((layer.keys, layer.values) for layer in cache.layers)
    return replace(glm, prefix=prefix)


def method_of(adapter: Path) -> str:
    """Name what lies in a folder: peft's name of the method, or `FULL`.

    Raises:
        ModelMissingError: There is neither an adapter nor a model.
        ModelCorruptError: The adapter's settings cannot be read.
    """
    settings = adapter / "adapter_config.json"
    if not settings.is_file():
        if (adapter / "config.json").is_file():
            return "FULL"
        raise ModelMissingError(
            f"文件夹 {adapter.name} 中没有适配器, 也没有模型",
            "请给出 griddesk tune train 写出的文件夹。",
        )
    try:
        return str(json.loads(settings.read_text(encoding="utf-8"))["peft_type"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelCorruptError(
            f"适配器 {adapter.name} 的 adapter_config.json 无法读取",
            "请重新训练, 或从备份恢复该文件夹。",
        ) from error


def size_of(adapter: Path | None) -> Size:
    """Count what a tuning added; nothing without an adapter."""
    if adapter is None:
        return Size(method="", parameters=0, bytes=0)
    files = [adapter / name for name in WEIGHTS if (adapter / name).is_file()]
    return Size(
        method=method_of(adapter),
        parameters=sum(map(parameters_in, files[:1])),
        bytes=sum(file.stat().st_size for file in files[:1]),
    )


def parameters_in(file: Path) -> int:
    """Count the weights in a file, without reading them: what may learn."""
    from safetensors import safe_open

    from app.agent.lexical import TABLES

    with safe_open(file, framework="pt") as tensors:
        names = [
            name
            for name in tensors.keys()  # noqa: SIM118
            if not name.endswith(SCALE) and name.rpartition(".")[2] not in TABLES
        ]
        return sum(prod(tensors.get_slice(name).get_shape()) for name in names)


def _table(glm: LoadedGlm, adapter: Path) -> "torch.Tensor":
    from safetensors.torch import load_file

    try:
        table = load_file(adapter / WEIGHTS[0])["prompt_embeddings"]
    except Exception as error:
        raise ModelCorruptError(f"适配器 {adapter.name} 无法读取") from error
    wanted = glm.model.get_input_embeddings().weight.shape[1]
    if table.ndim != 2 or table.shape[1] != wanted:
        raise ModelCorruptError(
            f"适配器 {adapter.name} 与模型不匹配: 宽度 {tuple(table.shape)[-1]}, "
            f"模型需要 {wanted}",
            "请选择为这个模型训练的适配器。",
        )
    return table


def _merged(glm: LoadedGlm, adapter: Path) -> LoadedGlm:
    from peft import PeftModel
    from safetensors import SafetensorError

    # peft would look for it on a model hub.
    if not (adapter / WEIGHTS[0]).is_file():
        raise ModelMissingError(
            f"适配器 {adapter.name} 缺少文件 {WEIGHTS[0]}",
            "请给出 griddesk tune train 写出的、已经训练完的文件夹。",
        )
    try:
        with warnings.catch_warnings():
            # peft 0.21 still asks transformers 5.23 by the old name; nothing of ours.
            warnings.simplefilter("ignore", FutureWarning)
            tuned: Any = PeftModel.from_pretrained(glm.model, str(adapter))
        model = tuned.merge_and_unload()
    except SafetensorError as error:
        raise ModelCorruptError(f"适配器 {adapter.name} 无法读取") from error
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise ModelCorruptError(
            f"适配器 {adapter.name} 与模型 {glm.name} 不匹配 ({type(error).__name__})",
            "请选择为这个模型训练的适配器。",
        ) from error
    return replace(glm, model=model.eval().requires_grad_(False))
