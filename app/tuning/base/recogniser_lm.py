"""The language model inside a Vosk recogniser, read from its file.

A recogniser of this kind keeps an n-gram model in `graph/Gr.fst`, an OpenFst file of
the type `ngram` (`openfst/extensions/ngram/ngram-fst.h`): the contexts as a tree in
LOUDS order, then the words that follow each context with their negative log
probabilities. What the desk's own ear knows of Chinese is so at hand without any other
text.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Number = TypeVar("Number", bound=np.generic)

_MAGIC: Final = 2125659606
_SYMBOLS_MAGIC: Final = 2125658996
_HAS_INPUT: Final = 1
_HAS_OUTPUT: Final = 2
_ALIGNED: Final = 4


@dataclass(frozen=True, eq=False)
class Bigrams:
    """Which word follows which: pairs that the model keeps a probability of."""

    words: tuple[str, ...]
    """By label; empty where a label stands for none."""
    alone: "NDArray[np.float32]"
    """Negative log probability of each word by itself, `[words]`; inf for none."""
    first: "NDArray[np.int32]"
    """Label of the word before, `[pairs]`."""
    second: "NDArray[np.int32]"
    """Label of the word that follows, `[pairs]`."""
    cost: "NDArray[np.float32]"
    """Negative log probability of the second after the first, `[pairs]`."""


class LanguageModelError(Exception):
    """The file is no n-gram model as recognisers of this kind have them."""


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def number(self, kind: str) -> int:
        (value,) = struct.unpack_from("<" + kind, self.data, self.at)
        self.at += struct.calcsize("<" + kind)
        return int(value)

    def text(self) -> str:
        size = self.number("i")
        self.at += size
        return self.data[self.at - size : self.at].decode()

    def array(self, dtype: "type[Number]", count: int) -> "NDArray[Number]":
        import numpy as np

        found = np.frombuffer(self.data, dtype=dtype, count=count, offset=self.at)
        self.at += found.nbytes
        return found

    def zeros(self, bits: int) -> "NDArray[np.int64]":
        """Read a string of bits in words of 64; say where it has zeros."""
        import numpy as np

        stored = self.array(np.uint8, (bits + 63) // 64 * 8)
        return np.flatnonzero(np.unpackbits(stored, bitorder="little")[:bits] == 0)


def read_bigrams(path: Path) -> Bigrams:
    """Read the pairs of words from `graph/Gr.fst`.

    Raises:
        OSError: The file cannot be read.
        LanguageModelError: It is of another kind, or cut short.
    """
    try:
        return _read(_Reader(path.read_bytes()))
    except (struct.error, UnicodeDecodeError, ValueError, IndexError) as error:
        raise LanguageModelError(f"{path.name}: {error}") from error


def _read(reader: _Reader) -> Bigrams:
    import numpy as np

    if reader.number("i") != _MAGIC:
        raise LanguageModelError("no OpenFst file")
    if (kind := reader.text()) != "ngram":
        raise LanguageModelError(f"an FST of the kind {kind}, not ngram")
    reader.text()
    reader.number("i")
    flags = reader.number("i")
    for _ in range(4):  # properties, start, states, arcs
        reader.number("q")
    if not flags & _HAS_INPUT:
        raise LanguageModelError("no words are kept with it")
    names = _symbols(reader)
    if flags & _HAS_OUTPUT:
        _symbols(reader)
    if flags & _ALIGNED:
        reader.at = (reader.at + 15) // 16 * 16
    states, futures, finals = (reader.number("Q") for _ in range(3))
    tree = reader.zeros(2 * states + 1)
    ends = reader.zeros(futures + states + 1)
    reader.zeros(states)
    contexts = reader.array(np.int32, states + 1)
    following = reader.array(np.int32, futures)
    reader.array(np.float32, states + 1 + finals)  # back-off and final costs
    costs = reader.array(np.float32, futures)
    # Before each state stands a zero, and before that a one for each follower.
    starts = ends - np.arange(len(ends))
    words = [""] * (max(names) + 1)
    for label, word in names.items():
        words[label] = word
    alone = np.full(len(words), np.inf, dtype=np.float32)
    own = slice(int(starts[0]), int(starts[1]))
    alone[following[own]] = costs[own]
    # The root's children, the contexts of one word, come right behind it.
    single = int(tree[1] - tree[0] - 1)
    behind = slice(int(starts[1]), int(starts[1 + single]))
    counts = np.diff(starts[1 : 2 + single])
    return Bigrams(
        words=tuple(words),
        alone=alone,
        first=np.repeat(contexts[1 : 1 + single], counts).astype(np.int32),
        second=following[behind].astype(np.int32),
        cost=costs[behind].astype(np.float32),
    )


def _symbols(reader: _Reader) -> dict[int, str]:
    if reader.number("i") != _SYMBOLS_MAGIC:
        raise LanguageModelError("its words cannot be read")
    reader.text()
    reader.number("q")
    found = {}
    for _ in range(reader.number("q")):
        word = reader.text()
        found[reader.number("q")] = word
    return found
