"""What words mean, as far as their neighbours tell: vectors for GLM-mini's table.

The pairs of words that a recogniser's language model kept are those that say something:
the model is pruned by what a pair adds. Words that stand between like neighbours get
like vectors: the singular vectors of the matrix of their mutual information (Levy and
Goldberg, 2014, "Neural Word Embedding as Implicit Matrix Factorization"), words before
and words behind told apart. 「统计」 comes to stand by 「核查」,
and 「电压」 by 「转速」, also where no phrase of ours has them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.tuning.base.recogniser_lm import Bigrams, LanguageModelError, read_bigrams
from app.tuning.base.tokens import Characters
from app.tuning.phrases.sounds import sound_of

if TYPE_CHECKING:
    import torch

    from app.agent.lexical import Tables

RECOGNISER: Final = (
    Path(__file__).resolve().parents[3] / "models" / "vosk-model-small-cn-0.22"
)
LANGUAGE_MODEL: Final = Path("graph") / "Gr.fst"

SIZE: Final = 64
"""Numbers of a vector."""

_LONGEST: Final = 4
_FEWEST: Final = 8
"""Neighbours under which a vector says nothing."""
_SURE: Final = 10
"""Neighbours at which a vector has half its length."""
_TOLD: Final = 0.3
"""Mutual information, in nats, from which a pair tells something."""
_LENGTH: Final = 4.0
"""Of a vector that is sure."""
_SPARE: Final = 8
"""Singular vectors more than wanted: the search for them is by chance."""

_FOLDED: Final = (
    ("zh", "z"),
    ("ch", "c"),
    ("sh", "s"),
    ("ang", "an"),
    ("eng", "en"),
    ("ing", "in"),
)
"""Sounds so often mixed up that words are looked for without the difference."""


@dataclass(frozen=True, eq=False)
class WordVectors:
    """Words with their vectors, the most frequent first."""

    words: tuple[str, ...]
    vectors: "torch.Tensor"
    """`[words, SIZE]`"""


def word_vectors(bigrams: Bigrams) -> WordVectors:
    """Make the vectors of all words that have neighbours enough.

    Raises:
        LanguageModelError: There is no such word.
    """
    import numpy as np
    import torch

    first, second = bigrams.first, bigrams.second
    told = bigrams.alone[second] - bigrams.cost
    kept = (told > _TOLD) & np.isfinite(told) & np.isfinite(bigrams.alone[first])
    first, second = first[kept].astype(np.int64), second[kept].astype(np.int64)
    weight = torch.from_numpy(np.sqrt(told[kept]))
    count = len(bigrams.words)
    places = torch.from_numpy(
        np.stack([np.concatenate([first, second]), np.concatenate([second, first])])
    )
    # A word behind is another column than the same word before.
    places[1, len(second) :] += count
    matrix = torch.sparse_coo_tensor(
        places,
        torch.cat([weight, weight]),
        (count, 2 * count),
        check_invariants=False,
        is_coalesced=False,
    ).coalesce()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        sought = min(SIZE + _SPARE, count)
        left, strength, _ = torch.svd_lowrank(matrix, q=sought, niter=4)
    vectors = left[:, :SIZE] * strength[:SIZE].sqrt()
    vectors = torch.nn.functional.pad(vectors, (0, SIZE - vectors.shape[1]))
    neighbours = torch.bincount(places[0], minlength=count)
    fit = [
        label
        for label, word in enumerate(bigrams.words)
        if 0 < len(word) <= _LONGEST
        and neighbours[label] >= _FEWEST
        and all("一" <= char <= "鿿" for char in word)
    ]
    if not fit:
        raise LanguageModelError("it knows too little of any word")
    fit.sort(key=lambda label: (float(bigrams.alone[label]), bigrams.words[label]))
    chosen = torch.tensor(fit)
    sure = neighbours[chosen] / (neighbours[chosen] + _SURE)
    vectors = torch.nn.functional.normalize(vectors[chosen], dim=1)
    return WordVectors(
        words=tuple(bigrams.words[label] for label in fit),
        vectors=vectors * sure[:, None] * _LENGTH,
    )


def lexical_tables(characters: Characters, recogniser: Path = RECOGNISER) -> "Tables":
    """Make the tables of `LexicalEmbedding` from a recogniser's language model.

    Raises:
        OSError: The recogniser's file cannot be read.
        LanguageModelError: It is of another kind, or knows no word of these tokens.
    """
    from app.agent.lexical import Tables

    known = word_vectors(read_bigrams(recogniser / LANGUAGE_MODEL))
    heard = {number: _sound(token) for token, number in characters.ids.items()}
    sounds = {token: sound for token, sound in heard.items() if sound}
    folded = {sound: _fold(sound) for sound in sounds.values()}
    numbers = _numbered(folded)
    classes = _numbered(folded.values())
    words = [tuple(characters.ids.get(c, 0) for c in word) for word in known.words]
    try:
        return Tables.of(
            {token: numbers[sound] for token, sound in sounds.items()},
            {token: classes[folded[sound]] for token, sound in sounds.items()},
            words,
            known.vectors,
            vocabulary=len(characters.ids),
        )
    except ValueError as error:
        raise LanguageModelError(str(error)) from error


def _numbered(sounds: Iterable[str]) -> dict[str, int]:
    return {sound: number for number, sound in enumerate(sorted({*sounds}), 1)}


def _sound(token: str) -> str:
    return sound_of(token) if len(token) == 1 else ""


def _fold(sound: str) -> str:
    for one, other in _FOLDED[:3]:
        if sound.startswith(one):
            sound = other + sound[len(one) :]
    for one, other in _FOLDED[3:]:
        if sound.endswith(one):
            sound = sound[: -len(one)] + other
    return sound
