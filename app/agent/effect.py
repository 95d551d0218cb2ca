"""Prefixes as keys and values, and whether a model looks at them at all."""

from typing import TYPE_CHECKING, Any, Final

from app.agent.framing import Framing
from app.agent.prompts import split_prompt
from app.core.errors import ModelCorruptError

if TYPE_CHECKING:
    import torch

_LEAST: Final = 1e-4
_STEPS: Final = 2
"""Steps between neighbouring numbers that logits may differ by without a cause."""


def keys_and_values(
    table: "torch.Tensor", layers: int, groups: int
) -> "tuple[tuple[torch.Tensor, torch.Tensor], ...]":
    """Give the keys and values of each layer, `[1, groups, tokens, size]`.

    `table` is `[tokens, layers · 2 · groups · size]`, as peft keeps it.
    """
    rows = table.view(len(table), layers, 2, groups, -1).permute(1, 2, 3, 0, 4)
    return tuple((keys[None], values[None]) for keys, values in rows)


def check_effect(model: Any, framing: Framing, cache: Any, what: str) -> "torch.Tensor":
    """Give the first logits behind a prefix; equal to those without it is broken.

    Both texts are counted from where the prefix ends: by other positions alone logits
    differ too, in low precision by more than nothing.

    Raises:
        ModelCorruptError: They are equal, or no numbers.
    """
    import torch

    plain = first_logits(model, framing, begins=cache.get_seq_length())
    tuned = first_logits(model, framing, cache)
    if not torch.isfinite(tuned).all():
        raise ModelCorruptError(f"{what} 算出无效数值", "请换一个检查点, 或重新训练。")
    step = torch.finfo(tuned.dtype).eps * float(plain.abs().max())
    if float((plain - tuned).abs().max()) < max(_LEAST, _STEPS * step):
        raise ModelCorruptError(
            f"{what} 没有起作用: 有它和没有它结果相同", "请换一个检查点, 或重新训练。"
        )
    return tuned


def first_logits(
    model: Any, framing: Framing, cache: Any = None, *, begins: int | None = None
) -> "torch.Tensor":
    """Give the logits of an answer's first token, behind a prefix if there is one.

    Args:
        model: The base.
        framing: How it is talked to.
        cache: What holds a prefix, and nothing else; None: there is none.
        begins: Where the text is counted from; None: from where the prefix ends. The
            first ChatGLM counts its own way in any case.
    """
    import torch

    # A model that stays on the disk is computed where its tokens are.
    place = "cpu" if model.device.type == "meta" else model.device
    ids = torch.tensor([framing.prompt(split_prompt("查一下人数"))], device=place)
    options: dict[str, Any] = {"use_cache": cache is not None}
    if begins is not None:
        places = torch.arange(begins, begins + ids.shape[1], device=place)
        options["position_ids"] = places[None]
    with torch.inference_mode():
        logits: torch.Tensor = model(
            ids, past_key_values=cache, logits_to_keep=1, **options
        ).logits
    return logits
