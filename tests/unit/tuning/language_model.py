"""Write a recogniser's language model, in the format of `ngram-fst.h`."""

import struct
from collections.abc import Mapping
from pathlib import Path

ALONE = 5.0
"""Negative log probability of every word by itself."""


ASKED = (
    "多少",
    "几个",
    "人数",
    "情况",
    "怎么样",
    "结果",
    "数量",
    "名单",
    "总数",
    "明细",
)
DONE = ("拉开", "合上", "关掉", "打开", "启动", "停掉", "重启", "切断", "接通", "断开")
FOLLOWS = {
    **{verb: dict.fromkeys(ASKED, 1.0) for verb in ("统计", "核查", "查看")},
    **{noun: dict.fromkeys(DONE, 1.0) for noun in ("闸刀", "开关", "电源")},
}
"""Two kinds of words: those of a kind have the same words behind them."""


def write_language_model(
    folder: Path, follows: Mapping[str, Mapping[str, float]]
) -> Path:
    """Write `graph/Gr.fst`: word → the words that follow it, with their costs.

    Labels begin at 1, in the order in which the words are first seen.
    """
    words = list(
        dict.fromkeys([*follows, *(word for own in follows.values() for word in own)])
    )
    labels = {word: label for label, word in enumerate(words, 1)}
    states = 1 + len(follows)
    futures = [[(labels[word], ALONE) for word in words]]
    futures += [
        [(labels[w], cost) for w, cost in own.items()] for own in follows.values()
    ]
    count = sum(map(len, futures))
    # The tree of contexts in LOUDS order: a root above the root, then each node's
    # children as ones with a zero behind.
    tree = [1, 0, *[1] * len(follows), 0, *[0] * len(follows)]
    ends = [0, *(bit for own in futures for bit in (*[1] * len(own), 0))]
    data = struct.pack("<3Q", states, count, 0)
    data += _bits(tree) + _bits(ends) + _bits([0] * states)
    contexts = [-1, *(labels[word] for word in follows), -1]
    data += struct.pack(f"<{states + 1}i", *contexts)
    data += struct.pack(f"<{count}i", *(label for own in futures for label, _ in own))
    data += struct.pack(f"<{states + 1}f", *[0.0] * (states + 1))
    data += struct.pack(f"<{count}f", *(cost for own in futures for _, cost in own))
    head = struct.pack("<i", 2125659606) + _text("ngram") + _text("standard")
    head += struct.pack("<iiQqqq", 4, 3, 0, 0, states, 0)
    symbols = struct.pack("<i", 2125658996) + _text("words")
    symbols += struct.pack("<qq", len(words) + 1, len(words))
    for word, label in labels.items():
        symbols += _text(word) + struct.pack("<q", label)
    path = folder / "graph" / "Gr.fst"
    path.parent.mkdir(parents=True)
    path.write_bytes(head + symbols + symbols + data)
    return path


def _text(text: str) -> bytes:
    return struct.pack("<i", len(text.encode())) + text.encode()


def _bits(bits: list[int]) -> bytes:
    whole = sum(bit << at for at, bit in enumerate(bits))
    return whole.to_bytes((len(bits) + 63) // 64 * 8, "little")
