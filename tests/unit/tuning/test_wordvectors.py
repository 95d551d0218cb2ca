"""What the recogniser's language model tells of words."""

from pathlib import Path

import numpy as np
import pytest
import torch

from app.tuning.base import wordvectors
from app.tuning.base.recogniser_lm import LanguageModelError, read_bigrams
from app.tuning.base.tokens import Characters
from app.tuning.base.wordvectors import (
    LANGUAGE_MODEL,
    SIZE,
    lexical_tables,
    word_vectors,
)
from tests.unit.tuning.language_model import (
    ALONE,
    ASKED,
    FOLLOWS,
    write_language_model,
)

TOKENS = ("<|pad|>", *sorted({char for word in FOLLOWS for char in word}))


@pytest.fixture
def recogniser(tmp_path: Path) -> Path:
    write_language_model(tmp_path, FOLLOWS)
    return tmp_path


def test_pairs_are_read_as_they_were_kept(recogniser: Path) -> None:
    found = read_bigrams(recogniser / LANGUAGE_MODEL)
    pairs = {
        (found.words[one], found.words[two]): cost
        for one, two, cost in zip(found.first, found.second, found.cost, strict=True)
    }
    assert pairs == {
        (word, behind): cost
        for word, own in FOLLOWS.items()
        for behind, cost in own.items()
    }
    assert found.words[0] == ""
    assert np.isinf(found.alone[0])
    assert set(found.alone[1:]) == {np.float32(ALONE)}


@pytest.mark.skipif(
    not wordvectors.RECOGNISER.is_dir(),
    reason="models/vosk-model-small-cn-0.22 is not fetched",
)
def test_the_shipped_recogniser_tells_which_words_are_used_alike() -> None:
    bigrams = read_bigrams(wordvectors.RECOGNISER / LANGUAGE_MODEL)
    assert len(bigrams.first) > 1_000_000
    behind = {"统计": set(), "核查": set(), "苹果": set()}
    for word in behind:
        label = bigrams.words.index(word)
        behind[word] = set(bigrams.second[bigrams.first == label].tolist())
    alike = len(behind["统计"] & behind["核查"])
    assert alike > len(behind["苹果"] & behind["核查"])


def test_words_between_like_neighbours_get_like_vectors(recogniser: Path) -> None:
    known = word_vectors(read_bigrams(recogniser / LANGUAGE_MODEL))
    assert set(known.words) == set(FOLLOWS)
    assert known.vectors.shape == (len(FOLLOWS), SIZE)
    unit = torch.nn.functional.normalize(known.vectors, dim=1)
    near = {word: unit[at] for at, word in enumerate(known.words)}
    assert float(near["统计"] @ near["核查"]) > 0.9
    assert float(near["开关"] @ near["电源"]) > 0.9
    assert abs(float(near["统计"] @ near["电源"])) < 0.1


def test_a_word_before_is_no_word_behind(tmp_path: Path) -> None:
    """「核查」 has behind it what 「结果」 has before it: they are not used alike."""
    follows = {verb: dict.fromkeys(ASKED, 1.0) for verb in ("统计", "核查")}
    follows |= {word: {"结果": 1.0, "明天": 1.0} for word in ASKED}
    known = word_vectors(read_bigrams(write_language_model(tmp_path, follows)))
    unit = torch.nn.functional.normalize(known.vectors, dim=1)
    near = dict(zip(known.words, unit, strict=True))
    assert float(near["统计"] @ near["核查"]) > 0.9
    assert abs(float(near["核查"] @ near["明天"])) < 0.5


def test_a_word_of_few_neighbours_says_less(tmp_path: Path) -> None:
    follows = {"统计": dict.fromkeys(ASKED[:8], 1.0), "核查": dict.fromkeys(ASKED, 1.0)}
    known = word_vectors(read_bigrams(write_language_model(tmp_path, follows)))
    length = dict(zip(known.words, known.vectors.norm(dim=1).tolist(), strict=True))
    assert 0 < length["统计"] < length["核查"] < 4.0


def test_words_with_few_neighbours_tell_nothing(tmp_path: Path) -> None:
    path = write_language_model(tmp_path, {"统计": {"人数": 1.0}})
    with pytest.raises(LanguageModelError, match="too little"):
        word_vectors(read_bigrams(path))


def test_equal_models_give_equal_vectors(recogniser: Path) -> None:
    bigrams = read_bigrams(recogniser / LANGUAGE_MODEL)
    torch.manual_seed(1)
    one = word_vectors(bigrams).vectors
    torch.manual_seed(2)
    assert torch.equal(one, word_vectors(bigrams).vectors)


def test_tables_find_words_by_characters_and_by_sound(recogniser: Path) -> None:
    characters = Characters({token: at for at, token in enumerate(TOKENS)})
    tables = lexical_tables(characters, recogniser)
    assert tables.counts == {
        "sounds": int(tables.sound_of.max()) + 1,
        "words": len(FOLLOWS),
        "sounding_words": len(FOLLOWS),
        "word_size": SIZE,
    }
    assert int(tables.sound_of[0]) == 0
    assert bool((tables.sound_of[1:] > 0).all())
    number = TOKENS.index("查")
    assert int(tables.sound_of[number]) != int(tables.sound_of[TOKENS.index("刀")])


def test_sounds_that_are_often_mixed_up_are_of_one_class(recogniser: Path) -> None:
    tokens = [*TOKENS, *"四是金京人仍兰"]
    characters = Characters({token: at for at, token in enumerate(tokens)})
    tables = lexical_tables(characters, recogniser)

    def numbers(chars: str, table: torch.Tensor) -> set[int]:
        return {int(table[characters.ids[char]]) for char in chars}

    for pair in ("四是", "金京", "人仍"):
        assert len(numbers(pair, tables.class_of)) == 1
        assert len(numbers(pair, tables.sound_of)) == 2
    assert len(numbers("四金人兰", tables.class_of)) == 4


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda data: b"\0" * 8 + data[8:], "no OpenFst file"),
        (lambda data: data.replace(b"ngram", b"const", 1), "const, not ngram"),
        (lambda data: data[:-40], "buffer"),
        (lambda data: b"", "buffer"),
    ],
)
def test_another_file_is_told_from_a_language_model(
    recogniser: Path, spoil: object, said: str
) -> None:
    path = recogniser / LANGUAGE_MODEL
    path.write_bytes(spoil(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(LanguageModelError, match=said):
        read_bigrams(path)
