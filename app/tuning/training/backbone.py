"""The base of a training: any causal language model with a fast tokenizer.

Checked before a single row is read: that it is one, that nothing of it is missing, and
that its tokenizer says how a question and its answer are framed.
"""

import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.agent.framing import Framing, framing_of
from app.core.errors import ModelCorruptError, UserFacingError
from app.tuning.training.errors import TuneError

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_SUPPORTED: Final = (
    "请选择因果语言模型的文件夹, 例如 models/glm-mini, 或 GLM、Qwen、Llama 的模型; "
    "已发布的 ChatGLM 请先用 griddesk models import 导入。"
)


@dataclass(frozen=True, kw_only=True)
class Backbone:
    """A base that is ready to be tuned."""

    name: str
    """What adapters call it: the name of its folder, never a path of the machine."""
    model: "PreTrainedModel"
    framing: Framing
    end: int
    """The token that ends an answer."""


def check_base(folder: Path) -> None:
    """Check what a base is, by its configuration alone.

    Raises:
        TuneError: There is no base in the folder, or it is of another kind.
    """
    settings = folder / "config.json"
    if not settings.is_file():
        raise TuneError(f"底座文件夹 {folder} 中没有 config.json", _SUPPORTED)
    try:
        stated = json.loads(settings.read_text(encoding="utf-8"))
        kind, names = str(stated["model_type"]), list(stated.get("architectures") or ())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TuneError(
            f"底座 {folder.name} 的 config.json 无法读取", _SUPPORTED
        ) from error

    from transformers.models.auto.modeling_auto import (
        MODEL_FOR_CAUSAL_LM_MAPPING_NAMES as CAUSAL,
    )

    from app.agent import chatglm6b, prefix_lm

    own = {
        prefix_lm.KIND: prefix_lm.GlmMiniForCausalLM.__name__,
        chatglm6b.KIND: chatglm6b.ChatGlm6bForCausalLM.__name__,
    }
    known = own.get(kind) or CAUSAL.get(kind)
    decodes = not stated.get("is_encoder_decoder") and known is not None
    fits = not names or any(name in _names(known) for name in names)
    if not decodes or not fits:
        said = names[0] if names else kind
        raise TuneError(
            f"底座 {folder.name} 的结构是 {said}, 不是可以调优的因果语言模型",
            _SUPPORTED,
        )


def _names(known: object) -> tuple[str, ...]:
    return (known,) if isinstance(known, str) else tuple(known or ())  # type: ignore[arg-type]


def load_backbone(folder: Path, *, four_bits: bool = False) -> Backbone:
    """Load base and tokenizer onto this process's device, in float32 or 4 bits.

    Raises:
        TuneError: The folder holds no base that can be tuned.
    """
    _quiet_libraries()
    check_base(folder)
    from transformers import AutoTokenizer

    from app.agent.glm import marks_of

    try:
        tokenizer = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
        model = _weights(folder, four_bits=four_bits)
        framing = framing_of(
            tokenizer, model.generation_config.eos_token_id, marks_of(model.config)
        )
    except UserFacingError as error:
        raise TuneError(f"底座 {folder.name}: {error.message}", _SUPPORTED) from error
    except ImportError as error:
        raise TuneError(
            f"4 比特底座需要的程序库不可用 ({error})",
            "请安装 bitsandbytes, 或去掉 4 比特选项。",
        ) from error
    except Exception as error:
        first = (str(error).strip().splitlines() or [""])[0][:160]
        raise TuneError(
            f"底座 {folder.name} 无法读取 ({type(error).__name__}: {first})",
            "请用 griddesk models verify 检查文件, 或重新取得该模型。",
        ) from error
    end = tokenizer.eos_token_id
    return Backbone(
        name=folder.resolve().name,
        model=model,
        framing=framing,
        end=framing.stops[0] if end is None else int(end),
    )


def _quiet_libraries() -> None:
    """Keep bars and advice of libraries from among the lines of the training."""
    # It asks for kernels from a model hub, without which 4 bits work as well.
    logging.getLogger("bitsandbytes.backends.cpu.ops").setLevel(logging.ERROR)
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()


def _weights(folder: Path, *, four_bits: bool) -> "PreTrainedModel":
    import torch
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    device = device_of_process()
    options: dict[str, Any] = {
        "local_files_only": True,
        "trust_remote_code": False,
        "use_safetensors": True,
        "dtype": torch.float32,
        # The backward pass of the fused attention is slow on a CPU.
        "attn_implementation": "eager" if device == "cpu" else "sdpa",
    }
    if four_bits:
        # A CPU without units for it takes three times as long in bfloat16.
        slow = device == "cpu" and not has_fast_bf16()
        options["device_map"] = {"": device}
        options["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.float32 if slow else torch.bfloat16,
        )
    model, report = AutoModelForCausalLM.from_pretrained(
        folder, output_loading_info=True, **options
    )
    lacking = sorted(report["missing_keys"]) + sorted(
        str(key) for key in report["mismatched_keys"]
    )
    if lacking:
        # Missing weights would be filled with random numbers, without an error.
        raise ModelCorruptError(f"缺少 {len(lacking)} 组权重, 例如 {lacking[0]}")
    for module in model.modules():
        # WORKAROUND bitsandbytes 0.50: one forward without gradients repacks the
        # weights for AVX-512, after which the backward pass dies.
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False
    loaded: PreTrainedModel = model
    return loaded


def device_of_process() -> str:
    """Name the device of this process: its own GPU under `accelerate launch`."""
    import torch

    if not torch.cuda.is_available():
        return "cpu"
    return f"cuda:{os.environ.get('LOCAL_RANK', '0')}"


def has_fast_bf16() -> bool:
    """Whether bfloat16 is computed by hardware here, rather than slowly by software."""
    import torch

    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    able = torch.cpu.get_capabilities()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))
