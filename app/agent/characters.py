"""Tokenizers that know no more than characters: no library call for each text.

A grammar has hundreds of places to put into tokens for every command. Where a tokenizer
merges nothing, the tokens of a text are those of its characters, one after another.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

_PLAIN: Final = ("normalizer", "pre_tokenizer", "truncation", "padding")
_MOST: Final = 65_536


class CharacterCodes:
    """The tokens of each character that was met so far."""

    def __init__(self, tokenizer: Any) -> None:
        """Take a tokenizer for which `merges_nothing` holds."""
        self._tokenizer = tokenizer
        self._known: dict[str, tuple[int, ...]] = {}

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        """Give the tokens of several plain texts; none is a control token."""
        met = {char for text in texts for char in text}
        if new := sorted(met - self._known.keys()):
            if len(self._known) > _MOST:
                self._known = {}
                new = sorted(met)
            encoded = self._tokenizer(
                new, add_special_tokens=False, split_special_tokens=True
            )
            codes = zip(new, encoded["input_ids"], strict=True)
            self._known |= {char: tuple(ids) for char, ids in codes}
        known = self._known
        return [[code for char in text for code in known[char]] for text in texts]


def merges_nothing(tokenizer: Any) -> bool:
    """Whether the tokens of a text are those of its characters."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        return False
    made = json.loads(backend.to_str())
    model = made["model"]
    return (
        model["type"] == "BPE"
        and not model["merges"]
        and not any(made.get(part) for part in _PLAIN)
        and not any(
            model.get(part)
            for part in ("dropout", "continuing_subword_prefix", "end_of_word_suffix")
        )
    )
