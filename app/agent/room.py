"""How many tokens stand before a prompt, and whether a base has positions for them.

A conversation before every prompt costs positions, memory, and a longer first pass. It
is counted before the base is loaded, by its tokenizer alone.
"""

from collections.abc import Mapping
from typing import Final

from app.agent.framing import Framing
from app.core.errors import ModelCorruptError
from app.core.prefix_fit import sizes_of_base

PROMPT_ROOM: Final = 256
"""Tokens of a prompt with its answer; no real one is as long."""
_SHORTEN: Final = "请缩短对话 (conversation) 后重新转换, 或换用位置更多的底座。"


def tokens_before(framing: Framing, plain: Framing) -> int:
    """Count what a framing has more than the one without a conversation."""
    return max(0, len(framing.prompt("")) - len(plain.prompt("")))


def check_room(
    what: str, config: Mapping[str, object], *, prefix: int, before: int
) -> None:
    """Make sure that a prompt has room behind a prefix and a conversation.

    Without a conversation the prefix alone is compared, by `check_prefix_fits`.

    Raises:
        ModelCorruptError: The base has fewer positions.
    """
    positions = sizes_of_base(config).tokens
    needed = prefix + before + PROMPT_ROOM
    if before and positions and needed > positions:
        raise ModelCorruptError(
            f"{what} 的对话 (conversation) 太长: 前缀 {prefix}、对话 {before}、"
            f"提示词 {PROMPT_ROOM}, 一共需要 {needed} 个位置, 模型只有 {positions} 个",
            _SHORTEN,
        )
