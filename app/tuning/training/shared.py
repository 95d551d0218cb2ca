"""What rows share – prefix, virtual tokens, the head of the prompt – run only once.

Equal to running each whole row through peft, which repeats all of it for every row.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from transformers import Cache, PreTrainedModel


def run_after(
    model: "PreTrainedModel",
    before: "Cache | None",
    head: "torch.Tensor",
    tokens: "torch.Tensor",
) -> "torch.Tensor":
    """Return the last states of rows that follow a cache and a head in common.

    Args:
        model: The base, without peft around it.
        before: What comes first in every row; it is extended by the head. None where
            nothing does.
        head: The states of the embedding, `[1, length, hidden]`, of what all rows
            begin with after that; of length 0 for nothing.
        tokens: What follows in each row, `[rows, width]`, padded on the right.

    Returns:
        States at the positions of `tokens`, `[rows, width, hidden]`.
    """
    import torch
    from transformers import DynamicCache

    if head.shape[1]:
        before = DynamicCache(config=model.config) if before is None else before
        model.base_model(inputs_embeds=head, past_key_values=before, use_cache=True)
    if before is None:
        states: torch.Tensor = model.base_model(tokens, use_cache=False)[0]
        return states
    kind = None
    if torch.is_autocast_enabled(tokens.device.type):
        # Cast once for all rows, not once a row.
        kind = torch.get_autocast_dtype(tokens.device.type)
    rows = DynamicCache(config=model.config)
    for index, layer in enumerate(before.layers):
        keys, values = layer.keys, layer.values
        shape = (len(tokens), -1, -1, -1)
        rows.update(
            keys.to(kind or keys.dtype).expand(shape),
            values.to(kind or values.dtype).expand(shape),
            index,
        )
    after: torch.Tensor = model.base_model(tokens, past_key_values=rows)[0]
    return after
