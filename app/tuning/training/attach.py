"""Put a method on a base with peft, and write what came of it."""

import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.tuning.training.backbone import Backbone
from app.tuning.training.errors import TuneError
from app.tuning.training.methods import (
    Full,
    Lora,
    Plan,
    PromptSoft,
    PromptText,
    PtuningV1,
    PtuningV2,
)

if TYPE_CHECKING:
    import torch
    from peft import PeftConfig, PeftModel
    from transformers import PretrainedConfig


def attach(backbone: Backbone, plan: Plan) -> Any:
    """Return the peft model of a plan, or the base itself to tune all of it.

    Raises:
        TuneError: The method does not fit the base.
    """
    model = backbone.model
    if isinstance(plan, Full):
        return model.requires_grad_(True)
    try:
        adapter = put_on(model, _peft_config(plan, model.config))
    except (AttributeError, TypeError, ValueError) as error:
        first = (str(error).strip().splitlines() or [""])[0][:160]
        raise TuneError(
            f"方法 {plan.method} 不适用于底座 {backbone.name} ({first})",
            "请换用其他方法, 例如 lora。",
        ) from error
    adapter.peft_config["default"].base_model_name_or_path = backbone.name
    match plan:
        case PtuningV2(instruction=text, projection=False) if text:
            start_prefix(adapter, backbone.framing.encode(text))
        case PromptText(text=text):
            start_prompt(adapter, backbone.framing.encode(text))
    return adapter


def put_on(model: Any, config: "PeftConfig") -> "PeftModel":
    """Put an adapter of peft on a base, which it freezes."""
    from peft import get_peft_model

    with warnings.catch_warnings():
        # WORKAROUND peft 0.21 asks transformers 5.23 by a name that it will drop.
        warnings.filterwarnings(
            "ignore", ".*is_gradient_checkpointing", category=FutureWarning
        )
        adapter: PeftModel = get_peft_model(model, config)
    return adapter


def _peft_config(plan: Plan, base: "PretrainedConfig") -> "PeftConfig":
    from peft import (
        LoraConfig,
        PrefixTuningConfig,
        PromptEncoderConfig,
        PromptTuningConfig,
        TaskType,
    )

    task = TaskType.CAUSAL_LM
    match plan:
        case PtuningV2():
            return PrefixTuningConfig(
                task_type=task,
                num_virtual_tokens=plan.virtual_tokens,
                prefix_projection=plan.projection,
                encoder_hidden_size=plan.projection_size,
            )
        case PromptSoft() | PromptText():
            return PromptTuningConfig(
                task_type=task, num_virtual_tokens=plan.virtual_tokens
            )
        case PtuningV1():
            return PromptEncoderConfig(
                task_type=task,
                num_virtual_tokens=plan.virtual_tokens,
                encoder_reparameterization_type=plan.encoder.upper(),
                encoder_hidden_size=plan.encoder_size,
            )
        case Lora():
            names = plan.targets.split(",")
            # What an embedding is made of is no layer; peft warns if there is none.
            worded = bool(getattr(base, "words", 0))
            return LoraConfig(
                task_type=task,
                r=plan.rank,
                lora_alpha=plan.alpha,
                lora_dropout=plan.dropout,
                target_modules=names if len(names) > 1 else plan.targets,
                exclude_modules=r".*embed_tokens\..*" if worded else None,
            )
    raise AssertionError(f"no configuration for {plan}")


def prefix_weight(adapter: "PeftModel") -> "torch.Tensor":
    """Return the prefix: `[tokens, layers · (key, value) · groups · size]`."""
    weight: torch.Tensor = adapter.prompt_encoder["default"].embedding.weight
    return weight


def start_prefix(adapter: "PeftModel", tokens: list[int]) -> None:
    """Set a prefix to the keys and values of a text at the same positions."""
    import torch
    from transformers import DynamicCache

    weight = prefix_weight(adapter)
    model = adapter.get_base_model()
    with torch.no_grad():
        cache = DynamicCache(config=model.config)
        whole = torch.tensor([_filled(tokens, len(weight))], device=model.device)
        model.base_model(whole, past_key_values=cache, use_cache=True)
        halves = [
            half[0].transpose(0, 1).flatten(1)
            for layer in cache.layers
            for half in (layer.keys, layer.values)
        ]
        weight.copy_(torch.cat(halves, dim=1))


def start_prompt(adapter: "PeftModel", tokens: list[int]) -> None:
    """Set the virtual tokens of prompt tuning to the vectors of a text.

    This is what peft's `PromptTuningInit.TEXT` does, without a path of this machine
    in the saved configuration and without the special tokens of the tokenizer.
    """
    import torch

    model = adapter.get_base_model()
    weight = prefix_weight(adapter)
    with torch.no_grad():
        whole = torch.tensor(_filled(tokens, len(weight)), device=model.device)
        weight.copy_(model.get_input_embeddings()(whole))


def _filled(tokens: list[int], length: int) -> list[int]:
    """Cut a text to a length, or repeat it so that a whole copy ends it."""
    if len(tokens) >= length:
        return tokens[:length]
    return (tokens * (length // len(tokens) + 1))[-length:]


def trainable(model: Any) -> tuple[int, int]:
    """Count the parameters that are trained, and all."""
    if hasattr(model, "get_nb_trainable_parameters"):
        some, every = model.get_nb_trainable_parameters()
        return int(some), int(every)
    counts = [(p.numel(), p.requires_grad) for p in model.parameters()]
    return sum(n for n, trains in counts if trains), sum(n for n, _ in counts)


def trainable_line(model: Any) -> str:
    """Say how much is trained, in the words of the references."""
    some, every = trainable(model)
    return (
        f"trainable params: {some:,d} || all params: {every:,d} "
        f"|| trainable%: {100 * some / every:.4f}"
    )


def write_model(model: Any, backbone: Backbone, folder: Path) -> None:
    """Write an adapter in peft's format, or a whole model with its tokenizer."""
    folder.mkdir(parents=True, exist_ok=True)
    if not hasattr(model, "peft_config"):
        model.save_pretrained(str(folder))
        backbone.framing.tokenizer.save_pretrained(str(folder))
        return
    # Without this peft asks the model hub whether the base is there: tuning is offline.
    model.save_pretrained(str(folder), save_embedding_layers=False)
    # peft writes a form to fill in; the model card replaces it.
    (folder / "README.md").unlink(missing_ok=True)
    settings = folder / "adapter_config.json"
    stated = json.loads(settings.read_text(encoding="utf-8"))
    settings.write_text(json.dumps(stated, indent=2, sort_keys=True) + "\n", "utf-8")
