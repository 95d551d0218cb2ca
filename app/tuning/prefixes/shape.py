"""The shape of the prefix that a base needs, and how a base numbers what it reads.

A prefix is a table `[tokens, layers · 2 · groups · size]`, the second axis counting
layers, then keys and values, then groups of heads. THUDM's code and peft lay it out
alike.

They differ in the positions. THUDM's code numbers the text from 0, wherever a prefix
stands before it; transformers and peft number it from the prefix's length on. Keys are
turned by their position before they enter a prefix, and attention sees differences of
positions only: so a key of a prefix `P` tokens long becomes the other kind's key when
it is turned by `P` positions. The first ChatGLM counts no prefix in either program.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.core.errors import ModelCorruptError, ModelMissingError
from app.core.prefix_fit import PrefixSizes
from app.tuning.training.errors import TuneError

if TYPE_CHECKING:
    import torch

FIRST: Final = "chatglm_6b"
"""The first ChatGLM, as transformers calls it here."""
LATER: Final = "glm"
"""ChatGLM2, ChatGLM3 and GLM-4."""
_IN_PAIRS: Final = frozenset({LATER, "glm4", "glm_mini"})
"""Kinds that turn neighbouring numbers of a head against each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseShape:
    """What a prefix must fit."""

    name: str
    kind: str
    """transformers' name of the architecture."""
    layers: int
    heads: int
    groups: int
    """Heads that have keys and values of their own."""
    size: int
    """Of a head."""
    hidden: int
    longest: int
    """Positions that the base was made for; 0: not said."""
    theta: float | None
    """What the angles of positions are made from; None: not known how."""
    turned: int
    """How many numbers of a head are turned by its position."""

    @property
    def needs(self) -> PrefixSizes:
        """Give what a prefix is compared with."""
        return PrefixSizes(
            layers=self.layers,
            groups=self.groups,
            size=self.size,
            tokens=self.longest,
        )

    @property
    def counts_prefix(self) -> bool:
        """Whether positions of a text depend on the prefix before it."""
        return self.kind != FIRST

    @property
    def is_chatglm(self) -> bool:
        """Whether THUDM published a program for this kind of base."""
        return self.kind in {FIRST, LATER}


def shape_of(base: Path) -> BaseShape:
    """Read what a base needs from its configuration.

    Raises:
        ModelMissingError: There is no base in the folder.
        ModelCorruptError: Its configuration cannot be read, or says too little.
    """
    from transformers import AutoConfig

    from app.agent.glm import know_architectures

    if not (base / "config.json").is_file():
        raise ModelMissingError(
            f"底座文件夹 {base} 中没有 config.json",
            "请用 --base 给出 griddesk models list 里的名称, 或模型的文件夹。",
        )
    know_architectures()
    try:
        config: Any = AutoConfig.from_pretrained(
            base, local_files_only=True, trust_remote_code=False
        )
        heads = int(config.num_attention_heads)
        hidden = int(config.hidden_size)
        size = int(getattr(config, "head_dim", None) or hidden // heads)
        turning = getattr(config, "rope_parameters", None) or {}
        known = config.model_type in _IN_PAIRS
        known = known and turning.get("rope_type", "default") == "default"
        share = float(turning.get("partial_rotary_factor", 1.0))
        return BaseShape(
            name=base.resolve().name,
            kind=str(config.model_type),
            layers=int(config.num_hidden_layers),
            heads=heads,
            groups=int(getattr(config, "num_key_value_heads", None) or heads),
            size=size,
            hidden=hidden,
            longest=int(getattr(config, "max_position_embeddings", None) or 0),
            theta=float(turning["rope_theta"]) if known else None,
            turned=int(size * share),
        )
    except Exception as error:
        raise ModelCorruptError(
            f"底座 {base.name} 的 config.json 不能使用 ({type(error).__name__})",
            "已发布的 ChatGLM 请先用 griddesk models import 导入; 其他模型请重新取得。",
        ) from error


def renumbered(table: "torch.Tensor", shape: BaseShape, by: int) -> "torch.Tensor":
    """Turn the keys of a prefix by so many positions; values stay.

    Raises:
        TuneError: It is not known how this base turns its keys.
    """
    if not by or not shape.counts_prefix:
        return table
    if shape.theta is None:
        raise TuneError(
            f"不知道底座 {shape.name} ({shape.kind}) 怎样编排位置, 不能换算它的前缀",
            "只有 ChatGLM、GLM 的前缀可以换算位置。",
        )
    import torch

    rows = table.double().view(-1, shape.layers, 2, shape.groups, shape.size).clone()
    part = shape.turned
    steps = torch.arange(0, part, 2, dtype=torch.float64)
    angles = by * shape.theta ** (-steps / part)
    cos, sin = angles.cos(), angles.sin()
    keys = rows[:, :, 0, :, :part]
    one, two = keys[..., 0::2], keys[..., 1::2]
    turned = torch.stack((one * cos - two * sin, two * cos + one * sin), dim=-1)
    rows[:, :, 0, :, :part] = turned.flatten(-2)
    return rows.reshape(table.shape).float()
