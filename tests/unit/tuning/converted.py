"""Small ChatGLMs as bases, and prefixes for them as others write them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file

from app.modelstore.chatglm.convert import convert_weights
from tests.unit.agent.test_chatglm6b import SOP
from tests.unit.agent.tiny import save_tokenizer
from tests.unit.modelstore.test_chatglm import KINDS, publish, weights_of

TOKENS, LAYERS, SIZE = 5, 2, 8
"""Of every prefix here, and of the heads of every base."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """A checkpoint and what became of it."""

    configuration: dict[str, object]
    weights: dict[str, torch.Tensor]
    base: Path
    groups: int

    @property
    def width(self) -> int:
        return LAYERS * 2 * self.groups * SIZE


def make_base(folder: Path, kind: str, controls: Sequence[str] = ()) -> Published:
    """Import a small checkpoint of a kind, with a tokenizer of characters."""
    target = folder / kind.replace(" ", "-").lower()
    target.mkdir()
    first = kind == "ChatGLM-6B"
    size = save_tokenizer(target, controls)
    vocabulary = "vocab_size" if first else "padded_vocab_size"
    changes: dict[str, object] = {vocabulary: size, "eos_token_id": 1}
    if first:
        changes |= {"bos_token_id": SOP}
    configuration = KINDS[kind] | changes
    weights = weights_of(configuration)
    convert_weights(
        publish(folder / f"{target.name}-from", configuration, weights), target
    )
    grouped = configuration.get("multi_query_attention")
    return Published(
        configuration=configuration,
        weights=weights,
        base=target,
        groups=2 if grouped else 4,
    )


def random_prefix(made: Published, tokens: int = TOKENS) -> torch.Tensor:
    return torch.randn(tokens, made.width, generator=torch.Generator().manual_seed(9))


def write_checkpoint(
    folder: Path,
    made: Published,
    parts: dict[str, torch.Tensor],
    *,
    pickled: bool = True,
    projection: bool = False,
    head: str = "transformer.prefix_encoder.",
    **changes: object,
) -> Path:
    """Write what `ptuning/main.py` leaves: the prefix, and a configuration."""
    folder.mkdir()
    named = {f"{head}{name}": value for name, value in parts.items()}
    if pickled:
        torch.save(named, folder / "pytorch_model.bin")
    else:
        save_file(named, folder / "model.safetensors")
    stated = made.configuration | {
        "pre_seq_len": len(parts["embedding.weight"]),
        "prefix_projection": projection,
    }
    (folder / "config.json").write_text(json.dumps(stated | changes))
    return folder


def write_peft(
    folder: Path,
    made: Published,
    table: torch.Tensor,
    *,
    pickled: bool = False,
    **changes: object,
) -> Path:
    """Write what `PeftModel.save_pretrained` writes."""
    folder.mkdir()
    if pickled:
        torch.save({"prompt_embeddings": table}, folder / "adapter_model.bin")
    else:
        save_file({"prompt_embeddings": table}, folder / "adapter_model.safetensors")
    settings: dict[str, object] = {
        "auto_mapping": None,
        "base_model_name_or_path": "THUDM/chatglm3-6b",
        "peft_type": "PREFIX_TUNING",
        "task_type": "CAUSAL_LM",
        "num_virtual_tokens": len(table),
        "num_layers": LAYERS,
        "num_attention_heads": made.groups,
        "token_dim": made.groups * SIZE,
    }
    (folder / "adapter_config.json").write_text(json.dumps(settings | changes))
    return folder
