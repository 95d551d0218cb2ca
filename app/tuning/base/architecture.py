"""GLM-mini's shape, its start, and its file.

Two heads start wired as an induction pair (one looks one back,
one looks for what followed the same character before): from a random start, copying
unseen names is learnt late or never; from this one, within a minute.
"""

import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.agent.int8 import WEIGHTS, write_int8
from app.tuning.base.tokens import (
    ASSISTANT_ID,
    END_ID,
    PAD_ID,
    USER_ID,
    VOCABULARY,
    Characters,
)
from app.tuning.phrases.sounds import chinese_characters

if TYPE_CHECKING:
    from app.agent.lexical import Tables
    from app.agent.prefix_lm import GlmMiniConfig, GlmMiniForCausalLM


HEADS: Final = "heads.safetensors"
"""Beside a base in training: the heads that learn with it, which never ship."""


_LONG: Final = (0.8, 0.95)
"""Which of the characters, by length, are as long as all should be."""

_GROUP: Final = 400
"""Characters that are moved together: few enough to be seen as often."""


def glm_config(tables: "Tables | None" = None) -> "GlmMiniConfig":
    """Return GLM-mini's shape: 6.5 million parameters that learn, 9.6 MB in 8 bits.

    Without tables it knows no sounds and no words: the shape before it was given them.
    """
    from app.agent.prefix_lm import GlmMiniConfig

    return GlmMiniConfig(
        **(tables.counts if tables else {}),
        user_token_id=USER_ID,
        assistant_token_id=ASSISTANT_ID,
        vocab_size=VOCABULARY,
        hidden_size=256,
        intermediate_size=704,
        num_hidden_layers=6,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=64,
        attention_bias=True,
        attention_dropout=0.0,
        rms_norm_eps=1e-5,
        tie_word_embeddings=True,
        max_position_embeddings=512,
        pad_token_id=PAD_ID,
        eos_token_id=END_ID,
        bos_token_id=None,
        # Low, so that one head can tell its neighbour from the next but one.
        rope_parameters={
            "rope_type": "default",
            "rope_theta": 100.0,
            "partial_rotary_factor": 0.5,
        },
    )


def build_model(seed: int, tables: "Tables | None" = None) -> "GlmMiniForCausalLM":
    """Build a fresh model with the induction pair wired, and its tables set."""
    import torch

    from app.agent.prefix_lm import GlmMiniForCausalLM

    torch.manual_seed(seed)
    model: GlmMiniForCausalLM = GlmMiniForCausalLM._from_config(
        glm_config(tables), attn_implementation="eager"
    )
    model.float()
    with torch.no_grad():
        model.model.embed_tokens.weight.normal_(std=0.04)
        model.model.embed_tokens.weight[PAD_ID].zero_()
        _wire_induction(model)
    if tables:
        model.model.embed_tokens.set_tables(tables)
    return model


def worded(model: "GlmMiniForCausalLM", tables: "Tables") -> "GlmMiniForCausalLM":
    """Give a base that knows no sounds and words the tables of both.

    It answers as before: what the tables say has no weight yet.
    """
    from app.agent.prefix_lm import GlmMiniForCausalLM

    config = type(model.config).from_dict({**model.config.to_dict(), **tables.counts})
    known: GlmMiniForCausalLM = GlmMiniForCausalLM._from_config(
        config, attn_implementation="eager"
    )
    known.float()
    known.load_state_dict(model.state_dict(), strict=False)
    known.model.embed_tokens.set_tables(tables)
    return known


def lengthen_rare(model: "GlmMiniForCausalLM", characters: Characters) -> None:
    """Give characters that were seldom seen vectors as long as those of others.

    A character that is never the right answer is only ever pushed away: its vector
    stays as short as it began and shares a direction with thousands of its kind (0.9
    beside 1.4, a half of it in common), so that its own score, about the square of its
    length, is always below that of others and it cannot be copied. Length stands for
    how often it was seen; each group of like length is moved to where the longer ones
    are, and stretched. A fresh model, all alike, stays nearly as it is.
    """
    import torch

    weight = model.model.embed_tokens.weight
    known = set(chinese_characters())
    rows = torch.tensor([n for char, n in characters.ids.items() if char in known])
    if len(rows) < _GROUP:
        return  # A vocabulary for trials: nothing can be told from so few.
    with torch.no_grad():
        vectors = weight[rows]
        order = (vectors - vectors.mean(0)).norm(dim=1).argsort()
        first, last = (int(len(order) * share) for share in _LONG)
        goal = vectors[order[first:last]]
        length = (goal - goal.mean(0)).norm(dim=1).median()
        for group in order[:first].split(_GROUP):
            own = vectors[group] - vectors[group].mean(0)
            times = (length / own.norm(dim=1, keepdim=True)).clamp(min=1.0)
            vectors[group] = goal.mean(0) + own * times
        weight[rows] = vectors


def _wire_induction(model: "GlmMiniForCausalLM") -> None:
    import torch

    config = model.config
    size, head, hidden = config.head_dim, 0, config.hidden_size
    rotary = int(size * 0.5)
    pairs = rotary // 2
    angles = 100.0 ** (-torch.arange(pairs, dtype=torch.float32) / pairs)
    look = torch.linalg.qr(torch.randn(hidden, size))[0].T
    write = torch.linalg.qr(torch.randn(hidden, size))[0]
    part = slice(head * size, (head + 1) * size)

    # Layer 0: attend to the place one before, whatever stands there, by biases alone;
    # rotating the key's bias one step ahead makes the product greatest at distance 1.
    first = model.model.layers[0].self_attn
    strength = 6.0
    first.q_proj.weight[part].zero_()
    first.k_proj.weight[part].zero_()
    first.q_proj.bias[part].zero_()
    first.k_proj.bias[part].zero_()
    first.q_proj.bias[:rotary:2] = strength
    first.k_proj.bias[:rotary:2] = strength * angles.cos()
    first.k_proj.bias[1:rotary:2] = strength * angles.sin()
    first.v_proj.weight[part] = look
    first.o_proj.weight[:, part] = write * 0.04

    # Layer 1: the query is this character, the key is the character before each place.
    second = model.model.layers[1].self_attn
    still = slice(rotary, size)
    gain = 1.6
    second.q_proj.weight[part].zero_()
    second.k_proj.weight[part].zero_()
    second.q_proj.weight[still] = look[: size - rotary] * gain
    second.k_proj.weight[still] = write.T[: size - rotary] * gain
    echo = torch.linalg.qr(torch.randn(hidden, size))[0]
    second.v_proj.weight[part] = echo.T
    second.o_proj.weight[:, part] = echo * 0.06


_COPIED: Final = (1, 2)
"""The layers that `deepened` copies, counted from 0: the middle two of four."""


def deepened(model: "GlmMiniForCausalLM") -> "GlmMiniForCausalLM":
    """Copy the middle layers of a base of four, so that it can learn on with six.

    A copy stands behind its original and adds nothing at first, for what it writes is
    zero; so the deeper model answers as the one it was made of.

    Raises:
        ValueError: With its copies the base would not have the shape of today's.
    """
    import torch

    from app.agent.prefix_lm import GlmMiniForCausalLM

    depth = model.config.num_hidden_layers
    sources = sorted((*range(depth), *_COPIED))
    if len(sources) != glm_config().num_hidden_layers:
        raise ValueError(f"a base of {depth} layers cannot be deepened")
    config = type(model.config).from_dict(
        {**model.config.to_dict(), "num_hidden_layers": len(sources)}
    )
    deeper: GlmMiniForCausalLM = GlmMiniForCausalLM._from_config(
        config, attn_implementation="eager"
    )
    deeper.float()
    old, new = model.model, deeper.model
    new.embed_tokens.load_state_dict(old.embed_tokens.state_dict())
    new.norm.load_state_dict(old.norm.state_dict())
    for number, source in enumerate(sources):
        new.layers[number].load_state_dict(old.layers[source].state_dict())
        if number and sources[number - 1] == source:
            torch.nn.init.zeros_(new.layers[number].self_attn.o_proj.weight)
            torch.nn.init.zeros_(new.layers[number].mlp.down_proj.weight)
    return deeper


def save_base(model: "GlmMiniForCausalLM", folder: Path) -> None:
    """Write the model in float16."""
    import copy

    import torch

    half = copy.deepcopy(model).to(torch.float16)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".saving-") as fresh:
        half.save_pretrained(fresh)
        # A training that is killed here still has the checkpoint before.
        for file in sorted(Path(fresh).iterdir()):
            file.replace(folder / file.name)


def ship_base(trained: Path, folder: Path) -> None:
    """Copy a trained base with its tokenizer, the weights in 8 bits."""
    # Hidden is what a training that was killed left there.
    left = shutil.ignore_patterns(WEIGHTS, HEADS, ".*")
    shutil.copytree(trained, folder, ignore=left, dirs_exist_ok=True)
    model = load_base(trained)
    tied = "lm_head.weight"
    weights = {name: one for name, one in model.state_dict().items() if name != tied}
    write_int8(weights, folder)


def load_base(folder: Path) -> "GlmMiniForCausalLM":
    """Load a saved base for training or evaluation, in float32.

    Raises:
        ValueError: Weights or tables are missing: a training was killed between two
            files of its first base.
    """
    import torch
    from transformers import AutoModelForCausalLM

    # Makes the kind of GLM-mini known.
    import app.agent.prefix_lm  # noqa: F401

    found: tuple[GlmMiniForCausalLM, dict[str, Collection[str]]]
    found = AutoModelForCausalLM.from_pretrained(
        folder,
        dtype=torch.float32,
        attn_implementation="eager",
        local_files_only=True,
        output_loading_info=True,
    )
    model, info = found
    if lacking := sorted(info["missing_keys"]):
        raise ValueError(f"{folder.name} lacks {', '.join(lacking[:3])}")
    return model
