"""What a character sounds like and which words it stands in, beside what it is.

A model of a few million parameters that only ever read made-up commands knows no word
that they lack. Beside its own vector every character of a prompt is given:

- what its syllable is: a recogniser errs by sound, so 「安全冒」 stays near 「安全帽」;
- the vectors of the words that begin, go on or end at it (the soft lexicon of Ma et
  al., 2020, "Simplify the Usage of Lexicon in Chinese NER"); these vectors say which
  words are used alike, and never change;
- the same of the words that sound like what stands there.

Answers have none of it: only a prompt is known in one piece.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final, Protocol

import torch  # noqa: TID253 – the class below is a module of torch

if TYPE_CHECKING:
    from torch import Tensor

LONGEST: Final = 4
"""Characters of a word."""


class Shape(Protocol):
    """What of a configuration decides the tables."""

    vocab_size: int
    hidden_size: int
    pad_token_id: int
    user_token_id: int
    assistant_token_id: int
    sounds: int
    words: int
    sounding_words: int
    word_size: int


@dataclass(frozen=True, eq=False)
class Tables:
    """What does not learn: sounds of tokens, words and their vectors."""

    sound_of: "Tensor"
    """Number of the syllable of each token, 0 for none, `[vocabulary]`."""
    class_of: "Tensor"
    """Number of its class of sounds often mixed up, 0 for none, `[vocabulary]`."""
    word_codes: "Tensor"
    """Each word's tokens as one number, ascending, `[words]`."""
    word_vectors: "Tensor"
    """`[words, word_size]`, in the order of `word_codes`."""
    sounding_codes: "Tensor"
    """Each word's classes of sounds as one number, ascending, `[sounding words]`."""
    sounding_words: "Tensor"
    """Where in `word_vectors` the most frequent word of that sound is."""

    @property
    def counts(self) -> dict[str, int]:
        """What a configuration says of them."""
        return {
            "sounds": int(self.sound_of.max()) + 1,
            "words": len(self.word_codes),
            "sounding_words": len(self.sounding_codes),
            "word_size": self.word_vectors.shape[1],
        }

    @classmethod
    def of(
        cls,
        sounds: Mapping[int, int],
        classes: Mapping[int, int],
        words: Sequence[tuple[int, ...]],
        vectors: "Tensor",
        *,
        vocabulary: int,
    ) -> "Tables":
        """Make tables from words as tokens, the most frequent first.

        Args:
            sounds: Token → syllable, from 1.
            classes: Token → class of sounds, from 1.
            words: Of one to `LONGEST` tokens; one with a token 0 is left out.
            vectors: `[words, word_size]`.
            vocabulary: Number of tokens.

        Raises:
            ValueError: No word can be found by its tokens, or none by its sound.
        """
        sound_of, class_of = (
            torch.zeros(vocabulary, dtype=torch.int32) for _ in range(2)
        )
        for table, found in ((sound_of, sounds), (class_of, classes)):
            for token, number in found.items():
                table[token] = number
        codes: dict[int, int] = {}
        for number, word in enumerate(words):
            if 0 not in word:
                codes.setdefault(_code(word, vocabulary), number)
        order = sorted(codes)
        rank = {codes[code]: at for at, code in enumerate(order)}
        sounding: dict[int, int] = {}
        for number, word in enumerate(words):
            heard = tuple(classes.get(token, 0) for token in word)
            # One syllable alone is any of a dozen characters.
            if len(word) > 1 and 0 not in heard and number in rank:
                sounding.setdefault(_code(heard, vocabulary), rank[number])
        if not sounding:
            raise ValueError("none of the words can be written with the tokens")
        heard_order = sorted(sounding)
        return cls(
            sound_of=sound_of,
            class_of=class_of,
            word_codes=torch.tensor(order, dtype=torch.int64),
            word_vectors=vectors[[codes[code] for code in order]],
            sounding_codes=torch.tensor(heard_order, dtype=torch.int64),
            sounding_words=torch.tensor(
                [sounding[code] for code in heard_order], dtype=torch.int32
            ),
        )


TABLES: Final = frozenset(field.name for field in fields(Tables))
"""What is kept with the weights and is none: it never learns."""


def _code(word: Sequence[int], base: int) -> int:
    code = 0
    for one in word:
        code = code * base + one
    return code


class LexicalEmbedding(torch.nn.Embedding):
    """Vectors of tokens; those of a prompt with sounds and words added."""

    # Buffers: they are part of the model and do not learn.
    sound_of: "Tensor"
    class_of: "Tensor"
    word_codes: "Tensor"
    word_vectors: "Tensor"
    sounding_codes: "Tensor"
    sounding_words: "Tensor"

    def __init__(self, shape: Shape) -> None:
        """Make an embedding that adds nothing before its tables are set."""
        super().__init__(shape.vocab_size, shape.hidden_size, shape.pad_token_id)
        self.user, self.assistant = shape.user_token_id, shape.assistant_token_id
        self.sound = torch.nn.Embedding(shape.sounds, shape.hidden_size)
        self.words = torch.nn.Linear(4 * shape.word_size, shape.hidden_size, bias=False)
        self.sounding = torch.nn.Linear(
            3 * shape.word_size, shape.hidden_size, bias=False
        )
        small, large = torch.int32, torch.int64
        tables = {
            "sound_of": torch.zeros(shape.vocab_size, dtype=small),
            "class_of": torch.zeros(shape.vocab_size, dtype=small),
            "word_codes": torch.zeros(shape.words, dtype=large),
            "word_vectors": torch.zeros(shape.words, shape.word_size),
            "sounding_codes": torch.zeros(shape.sounding_words, dtype=large),
            "sounding_words": torch.zeros(shape.sounding_words, dtype=small),
        }
        for name, table in tables.items():
            self.register_buffer(name, table)

    def set_tables(self, tables: Tables) -> None:
        """Take the tables; what learns begins by adding nothing."""
        with torch.no_grad():
            for name, table in vars(tables).items():
                getattr(self, name).copy_(table)
            for part in (self.sound, self.words, self.sounding):
                part.weight.zero_()

    def forward(self, input: "Tensor") -> "Tensor":
        """Look tokens up; `[rows, width]` or `[width]`."""
        own = super().forward(input)
        ids = input if input.ndim == 2 else input[None]
        inside = prompts_of(ids, self.user, self.assistant)
        if inside is None:
            return own
        spoken = (inside > 0) & (ids != self.user)
        added = self._heard(ids) * spoken[..., None]
        return own + added.to(own.dtype).view_as(own)

    def _heard(self, ids: "Tensor") -> "Tensor":
        """Return what sounds and words add to every token, `[rows, width, hidden]`."""
        words = self._roles(ids, self.word_codes, None, alone=True)
        sounding = self._roles(
            self.class_of[ids].long(),
            self.sounding_codes,
            self.sounding_words,
            alone=False,
        )
        added: Tensor = (
            self.sound(self.sound_of[ids].long())
            + self.words(words)
            + self.sounding(sounding)
        )
        return added

    def _roles(
        self,
        ids: "Tensor",
        codes: "Tensor",
        numbers: "Tensor | None",
        *,
        alone: bool,
    ) -> "Tensor":
        """Sum the vectors of the words around every token, by what it is in them.

        Returns:
            `[rows, width, roles x word_size]`: alone (if asked), begins, inside, ends.
        """
        rows, width = ids.shape
        begins, inside, ends = (
            self.words.weight.new_zeros(rows, width, self.word_vectors.shape[1])
            for _ in range(3)
        )
        for size in range(2, min(LONGEST, width) + 1):
            found = self._find(ids, size, codes, numbers)
            count = width - size + 1
            begins[:, :count] += found
            ends[:, size - 1 :] += found
            for behind in range(1, size - 1):
                inside[:, behind : behind + count] += found
        roles = [begins, inside, ends]
        if alone:
            roles.insert(0, self._find(ids, 1, codes, numbers))
        return torch.cat(roles, dim=-1)

    def _find(
        self, ids: "Tensor", size: int, codes: "Tensor", numbers: "Tensor | None"
    ) -> "Tensor":
        """Return the vector of the word of `size` tokens that begins at each, or 0."""
        count = ids.shape[1] - size + 1
        code = ids[:, :count]
        for behind in range(1, size):
            code = code * self.num_embeddings + ids[:, behind : behind + count]
        at = torch.searchsorted(codes, code.contiguous()).clamp(max=len(codes) - 1)
        # A number that begins with 0, for none, would be that of a shorter word.
        known = (codes[at] == code) & (ids[:, :count] > 0)
        number = at if numbers is None else numbers[at].long()
        # In training the weights may be in half precision and the tables not.
        return (self.word_vectors[number] * known[..., None]).to(self.words.weight)


def prompts_of(tokens: "Tensor", user: int, assistant: int) -> "Tensor | None":
    """Number the prompt that each token belongs to, 0 for none; None if none does.

    A token is in a prompt if the last mark up to it begins one. A model that was never
    tuned may write marks into its answers; those end nothing.
    """
    begins = tokens == user
    if not bool(begins.any()):
        return None
    places = torch.arange(1, tokens.shape[1] + 1, device=tokens.device)
    begun = (places * begins).cummax(1).values
    ended = (places * (tokens == assistant)).cummax(1).values
    return begun.masked_fill(ended > begun, 0)
