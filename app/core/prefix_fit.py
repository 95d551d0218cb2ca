"""Whether a prefix fits a base: one rule for who loads, imports or converts it.

A prefix of P-tuning v2 is a table `[tokens, layers · 2 · groups · size]`, the second
axis counting layers, then keys and values, then groups of heads. Equal widths are not
enough: other layers and groups may come to the same number and compute nonsense.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.core.errors import ModelCorruptError

_REMEDY: Final = "请选择为这个模型训练的适配器。"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefixSizes:
    """Sizes of a prefix, or of what a base takes; 0 where they are not said."""

    layers: int = 0
    groups: int = 0
    """Heads that have keys and values of their own."""
    size: int = 0
    """Of a head."""
    tokens: int = 0
    """Of a prefix; of a base the positions that it was made for."""

    @property
    def width(self) -> int:
        """Numbers of one token of a prefix."""
        return self.layers * 2 * self.groups * self.size

    @property
    def words(self) -> str:
        """Say them, in Chinese."""
        if not (self.layers or self.groups or self.size):
            return "没有注明层数和组数"
        parts = ((self.layers, "层"), (self.groups, "组"))
        words = [f"{count or '?'} {unit}" for count, unit in parts]
        return ", ".join([*words, f"每组 {self.size or '?'} 维"])


def sizes_of_adapter(settings: Mapping[str, object]) -> PrefixSizes:
    """Read what peft's `adapter_config.json` says of a prefix."""
    groups = _count(settings, "num_attention_heads")
    width = _count(settings, "token_dim")
    return PrefixSizes(
        layers=_count(settings, "num_layers"),
        groups=groups,
        size=width // groups if groups else 0,
        tokens=_count(settings, "num_virtual_tokens"),
    )


def sizes_of_base(settings: Mapping[str, object]) -> PrefixSizes:
    """Read what a base's `config.json`, as transformers has it, says that it takes."""
    heads = _count(settings, "num_attention_heads")
    hidden = _count(settings, "hidden_size")
    return PrefixSizes(
        layers=_count(settings, "num_hidden_layers"),
        groups=_count(settings, "num_key_value_heads") or heads,
        size=_count(settings, "head_dim") or (hidden // heads if heads else 0),
        tokens=_count(settings, "max_position_embeddings"),
    )


def check_prefix_fits(
    prefix: str,
    table: Sequence[int],
    stated: PrefixSizes,
    base: str,
    needed: PrefixSizes,
    *,
    remedy: str = _REMEDY,
) -> None:
    """Compare a prefix with what a base takes.

    Args:
        prefix: What it is called, in Chinese.
        table: The shape of its numbers.
        stated: What the files beside it say of its sizes.
        base: What the base is called, in Chinese.
        needed: What the base takes.
        remedy: What to do where they differ.

    Raises:
        ModelCorruptError: They differ; the sentence has both shapes.
    """
    got = tuple(table)
    tokens = got[0] if len(got) == 2 else 0
    pairs = (
        (stated.layers, needed.layers),
        (stated.groups, needed.groups),
        (stated.size, needed.size),
        (stated.tokens, tokens),
    )
    same = all(said in (0, need) for said, need in pairs)
    if not needed.width or tokens < 1 or got != (tokens, needed.width) or not same:
        wanted = (stated.tokens or tokens, needed.width)
        raise ModelCorruptError(
            f"{prefix} 与{base} 不匹配: 前缀为 {got} ({stated.words}), "
            f"需要 {wanted} ({needed.words})",
            remedy,
        )
    if needed.tokens and tokens >= needed.tokens:
        raise ModelCorruptError(
            f"{prefix} 与{base} 不匹配: 前缀为 {got}, 有 {tokens} 个位置, "
            f"需要 (*, {needed.width}), 位置一共只有 {needed.tokens} 个",
            remedy,
        )


def _count(settings: Mapping[str, object], name: str) -> int:
    value = settings.get(name)
    return value if isinstance(value, int) and value > 0 else 0
