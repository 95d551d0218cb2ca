"""Writing a prefix as peft and the desk load it, or as THUDM's programs do."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.modelstore.bases import ADAPTER_CONFIG, ADAPTER_WEIGHTS, KIND
from app.system.files import write_json
from app.tuning.prefixes.reading import EMBEDDING, OFFICIAL, TABLE
from app.tuning.prefixes.shape import FIRST, BaseShape
from app.tuning.training.record import CARD

if TYPE_CHECKING:
    import torch

_CHECKPOINT: Final = "pytorch_model.bin"
"""The one name that THUDM's programs look for."""


def write_griddesk(
    folder: Path,
    table: "torch.Tensor",
    shape: BaseShape,
    card: Mapping[str, object],
) -> None:
    """Write an adapter; the text after it is counted from its length on.

    Raises:
        OSError: Disk full, not writable.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    named = {TABLE: table.contiguous()}
    try:
        save_file(named, folder / ADAPTER_WEIGHTS, {"format": "pt"})
    except SafetensorError as error:
        # What a full disk is to safetensors.
        raise OSError(str(error)) from error
    settings = {
        "peft_type": KIND,
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": shape.name,
        "num_virtual_tokens": len(table),
        "num_layers": shape.layers,
        "num_attention_heads": shape.groups,
        "token_dim": shape.groups * shape.size,
        "encoder_hidden_size": shape.groups * shape.size,
        "num_transformer_submodules": 1,
        "prefix_projection": False,
        "inference_mode": True,
    }
    write_json(folder / ADAPTER_CONFIG, settings, sort=True)
    write_json(folder / CARD, card)


def write_official(
    folder: Path,
    table: "torch.Tensor",
    shape: BaseShape,
    card: Mapping[str, object],
) -> None:
    """Write a checkpoint of `ptuning/`; the text after it is counted from 0.

    Raises:
        OSError: Disk full, not writable.
    """
    import torch

    named = {f"{OFFICIAL}{EMBEDDING}": table.contiguous()}
    try:
        torch.save(named, folder / _CHECKPOINT)
    except RuntimeError as error:
        # What a full disk is to torch.
        raise OSError(str(error)) from error
    config: dict[str, object] = {
        "model_type": "chatglm",
        "pre_seq_len": len(table),
        "prefix_projection": False,
        "num_layers": shape.layers,
        "hidden_size": shape.hidden,
        "num_attention_heads": shape.heads,
    }
    if shape.kind != FIRST:
        config |= {
            "kv_channels": shape.size,
            "multi_query_attention": shape.groups != shape.heads,
            "multi_query_group_num": shape.groups,
        }
    write_json(folder / "config.json", config, sort=True)
    write_json(folder / CARD, card)
