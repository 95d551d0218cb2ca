"""Loading the base model and its prefix adapter, by safetensors only.

The same code loads the embedded GLM-mini, GLM-4-9B-hf and an imported ChatGLM3-6B. A
P-tuning v2 adapter is past keys and values for every layer; it goes straight from its
file into the cache, because importing peft takes ten seconds.
"""

import json
import logging
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from app.agent.framing import Framing, framing_of
from app.agent.prompts import PATTERN_VERSION, split_prompt
from app.core.errors import ModelCorruptError, ModelMissingError

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)

Device = Literal["auto", "cpu", "cuda"]
Quantisation = Literal["none", "8bit", "4bit", "auto"]

_FETCH = "请运行 griddesk models verify 检查, 或重新取得该模型。"
_LEAST_EFFECT = 1e-4
_HEADROOM = 1.25


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
    quantisation: str
    not_gpu: str
    """Why the GPU is not used, in Chinese; empty when it is."""
    pattern_version: int

    @property
    def title(self) -> str:
        """Name, device and precision, for the status strip."""
        return f"{self.name} ({self.device}, {self.precision})"

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
) -> LoadedGlm:
    """Load base and adapter; takes seconds, so call it on the worker.

    Raises:
        ModelMissingError: A folder or file is not there.
        ModelCorruptError: A file cannot be read, or adapter and base do not fit.
    """
    _need(base_dir, "config.json", "模型")
    _need(base_dir, "tokenizer.json", "模型的分词器")
    if not any(base_dir.glob("*.safetensors")):
        raise ModelMissingError(f"模型 {base_dir.name} 没有权重文件 (safetensors)")
    if adapter_dir is not None:
        _need(adapter_dir, "adapter_config.json", "适配器")
        _need(adapter_dir, "adapter_model.safetensors", "适配器")

    import torch

    know_architectures()
    place, not_gpu = _place(device, torch)
    chosen = _quantise(quantisation, base_dir, place, torch)
    model, tokenizer = _base(base_dir, place, chosen, torch)
    prefix: tuple[tuple[torch.Tensor, torch.Tensor], ...] = ()
    version = PATTERN_VERSION
    if adapter_dir is not None:
        prefix = _prefix(adapter_dir, model, torch)
        version = _pattern_version(adapter_dir)
    name = base_dir.name + (f"+{_adapter_name(adapter_dir)}" if adapter_dir else "")
    glm = LoadedGlm(
        name=name,
        model=model,
        framing=framing_of(
            tokenizer, model.generation_config.eos_token_id, marks_of(model.config)
        ),
        prefix=prefix,
        device=place,
        precision=chosen if chosen != "none" else str(model.dtype).split(".")[-1],
        quantisation=chosen,
        not_gpu=not_gpu,
        pattern_version=version,
    )
    if adapter_dir is not None:
        _prove_prefix(glm, torch)
    log.info("loaded %s on %s as %s", glm.name, glm.device, glm.precision)
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


def _adapter_name(folder: Path) -> str:
    return folder.name


def _place(device: Device, torch: Any) -> tuple[str, str]:
    if device == "cpu":
        return "cpu", "设置中选择了 CPU"
    if torch.cuda.is_available():
        return "cuda", ""
    if torch.version.cuda is None:
        reason = "安装的 torch 不支持 GPU"
    else:
        reason = "没有可用的 NVIDIA GPU 或驱动"
    return "cpu", reason


def _quantise(wanted: Quantisation, base: Path, place: str, torch: Any) -> str:
    if wanted != "auto":
        return wanted
    size = sum(file.stat().st_size for file in base.glob("*.safetensors"))
    if place == "cuda":
        free = torch.cuda.mem_get_info()[0]
        return "none" if size * _HEADROOM < free else "4bit"
    # Without a GPU the weights are unpacked to twice their size.
    return "none" if size < 4 * 2**30 else "4bit"


def _base(base: Path, place: str, quantisation: str, torch: Any) -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging as transformers_logging

    # Its bars would end up among the desk's own messages.
    transformers_logging.disable_progress_bar()
    options: dict[str, Any] = {
        "local_files_only": True,
        "trust_remote_code": False,
        "use_safetensors": True,
        "dtype": torch.bfloat16 if place == "cuda" else torch.float32,
    }
    if quantisation != "none":
        from transformers import BitsAndBytesConfig

        options["quantization_config"] = (
            BitsAndBytesConfig(load_in_8bit=True)
            if quantisation == "8bit"
            else BitsAndBytesConfig(
                load_in_4bit=True,
                bnb_4bit_quant_type="nf4",
                bnb_4bit_use_double_quant=True,
                bnb_4bit_compute_dtype=torch.bfloat16,
            )
        )
        options["device_map"] = {"": place}
    try:
        tokenizer = read_tokenizer(base)
        model, report = AutoModelForCausalLM.from_pretrained(
            base, output_loading_info=True, **options
        )
    except ImportError as error:
        raise ModelMissingError(
            f"按 {quantisation} 量化需要的程序库不可用: {error}",
            "请把量化设置改为 none, 或安装 bitsandbytes。",
        ) from error
    except Exception as error:
        raise ModelCorruptError(
            f"模型 {base.name} 无法读取 ({type(error).__name__}: {_brief(error)})",
            _FETCH,
        ) from error
    lacking = sorted(report["missing_keys"]) + sorted(
        str(key) for key in report["mismatched_keys"]
    )
    if lacking:
        # Missing weights would be filled with random numbers, without an error.
        raise ModelCorruptError(
            f"模型 {base.name} 缺少 {len(lacking)} 组权重, 例如 {lacking[0]}", _FETCH
        )
    if quantisation == "none":
        model = model.to(place)
    return model.eval().requires_grad_(False), tokenizer


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
    config = model.config
    groups = int(config.num_key_value_heads)
    size = int(
        getattr(config, "head_dim", None)
        or config.hidden_size // config.num_attention_heads
    )
    layers = int(config.num_hidden_layers)
    length = int(settings.get("num_virtual_tokens") or 0)
    wanted = (length, layers * 2 * groups * size)
    got = tuple(table.shape) if table is not None else None
    stated = (settings.get("num_layers"), settings.get("num_attention_heads"))
    if (
        table is None
        or got != wanted
        or length < 1
        or stated not in ((layers, groups), (None, None))
    ):
        raise ModelCorruptError(
            f"适配器 {folder.name} 与模型不匹配: 适配器为 {got} "
            f"({stated[0]} 层, {stated[1]} 组), 模型需要 {wanted} "
            f"({layers} 层, {groups} 组)",
            "请选择为这个模型训练的适配器。",
        )
    if not torch.isfinite(table).all():
        raise ModelCorruptError(f"适配器 {folder.name} 含有无效数值", _FETCH)
    # peft keeps (tokens, layers·2, groups, size); even rows are keys, odd are values.
    rows = table.view(length, layers * 2, groups, size).permute(1, 2, 0, 3).unsqueeze(1)
    rows = rows.to(device=model.device, dtype=_cache_dtype(model, torch))
    return tuple((rows[2 * n], rows[2 * n + 1]) for n in range(layers))


def _cache_dtype(model: Any, torch: Any) -> Any:
    dtype = model.get_input_embeddings().weight.dtype
    return dtype if dtype.is_floating_point else torch.float32


def _pattern_version(folder: Path) -> int:
    """Read which version of the patterns the adapter was trained on."""
    card = folder / "griddesk.json"
    version = _json(card).get("pattern_version") if card.is_file() else None
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


def _prove_prefix(glm: LoadedGlm, torch: Any) -> None:
    """Compare the answer's first logits with and without prefix; equal is broken."""
    ids = torch.tensor([glm.framing.prompt(split_prompt("查一下人数"))])
    ids = ids.to(glm.model.device)
    with torch.inference_mode():
        plain = glm.model(ids, use_cache=False, logits_to_keep=1).logits
        tuned = glm.model(
            ids, past_key_values=glm.fresh_cache(), use_cache=True, logits_to_keep=1
        ).logits
    if not torch.isfinite(tuned).all():
        raise ModelCorruptError(f"{glm.name} 算出无效数值", _FETCH)
    if float((plain - tuned).abs().max()) < _LEAST_EFFECT:
        raise ModelCorruptError(f"{glm.name} 的前缀没有起作用", _FETCH)


def _brief(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:120] if str(error).strip() else ""
