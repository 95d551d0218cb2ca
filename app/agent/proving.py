"""First computations with a base model that was just imported, and with a prefix."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.agent.chats import NOTHING_SAID, Conversation
from app.agent.effect import check_effect, first_logits, keys_and_values
from app.agent.framing import Framing, framing_behind, framing_of
from app.agent.glm import know_architectures, marks_of, read_tokenizer
from app.agent.room import check_room, tokens_before
from app.core.errors import ModelCorruptError

if TYPE_CHECKING:
    import torch

_AGAIN: Final = "请重新取得该模型后再导入。"
_SMALL: Final = 1_000_000_000
"""Bytes of weights up to which a model is loaded as a whole."""
_SAME: Final = 1e-3
"""Part of the largest logit that two ways to compute may differ by in float32."""


def prove_base(folder: Path) -> None:
    """Compute a prompt's logits; layer after layer comes from the disk.

    So a model of 12 GB needs little more memory than its largest layer.

    Raises:
        ModelCorruptError: A weight is missing, or what comes out is no number or says
            nothing: all tokens are equally likely.
    """
    with _loaded(folder, "导入的模型", small=0) as (model, framing):
        logits = first_logits(model, framing)
    if not _finite(logits):
        raise ModelCorruptError("导入的模型算出无效数值", _AGAIN)
    if float(logits.max() - logits.min()) < 1e-6:
        raise ModelCorruptError("导入的模型对每个字的判断都相同, 权重无效", _AGAIN)


def prove_prefix(
    folder: Path,
    table: "torch.Tensor",
    from_zero: "torch.Tensor | None",
    *,
    said: Conversation = NOTHING_SAID,
    small: int = _SMALL,
) -> None:
    """Compute a prompt's logits with a prefix and without.

    Args:
        folder: The base.
        table: `[tokens, layers · 2 · groups · size]`, as peft keeps it.
        from_zero: The same prefix for a text that is counted from 0, if that is known;
            it must come to the same.
        said: What comes before every prompt.
        small: Bytes of weights from which on layers come from the disk one by one.

    Raises:
        ModelCorruptError: The base cannot be loaded or is not talked to like that, the
            prefix changes nothing, no numbers come out, or the two prefixes are not the
            same one.
    """
    with _loaded(folder, f"底座 {folder.name}", small=small) as (model, plain):
        framing = framing_behind(plain, said, folder.name)
        check_room(
            "前缀",
            model.config.to_dict(),
            prefix=len(table),
            before=tokens_before(framing, plain),
        )
        tuned = check_effect(model, framing, _cache_of(model, table), "前缀")
        again = tuned
        if from_zero is not None:
            behind = _cache_of(model, from_zero)
            again = first_logits(model, framing, behind, begins=0)
    off = float((tuned - again).abs().max()) / float(again.abs().max())
    if not off < _SAME:
        raise ModelCorruptError(
            f"换算位置后的前缀算出的结果不同 (相差 {off:.2%}), 没有写出",
            "请把底座的 config.json 和本程序的版本告诉维护人员。",
        )


def _cache_of(model: Any, table: "torch.Tensor") -> Any:
    from transformers import DynamicCache

    config = model.config
    layers, heads = config.num_hidden_layers, config.num_attention_heads
    groups = getattr(config, "num_key_value_heads", None) or heads
    cache = DynamicCache(config=config)
    for layer, (keys, values) in enumerate(keys_and_values(table, layers, groups)):
        cache.update(keys, values, layer)
    return cache


def _finite(logits: "torch.Tensor") -> bool:
    import torch

    return bool(torch.isfinite(logits).all())


@contextmanager
def _loaded(folder: Path, what: str, *, small: int) -> Iterator[tuple[Any, Framing]]:
    """Load a base in float32; one larger than `small` stays on the disk."""
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    know_architectures()
    size = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    with tempfile.TemporaryDirectory() as offloaded:
        options: dict[str, Any] = {}
        if size > small:
            options = {"device_map": {"": "disk"}, "offload_folder": offloaded}
        try:
            tokenizer = read_tokenizer(folder)
            model, report = AutoModelForCausalLM.from_pretrained(
                folder,
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=True,
                output_loading_info=True,
                dtype=torch.float32,
                **options,
            )
        except Exception as error:
            raise ModelCorruptError(
                f"{what}载入失败 ({type(error).__name__}: {error})", _AGAIN
            ) from error
        if lacking := sorted(report["missing_keys"]):
            raise ModelCorruptError(f"{what}缺少权重 {lacking[0]}", _AGAIN)
        framing = framing_of(
            tokenizer, model.generation_config.eos_token_id, marks_of(model.config)
        )
        yield model.eval(), framing
