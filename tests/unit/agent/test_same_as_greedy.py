"""Where free greedy decoding is a sentence of the closed language, ours is the same.

On the shipped model: some typed commands, and thousands of sentences of the tuning
bench, noisy ones among them, that it was not trained on.
"""

import csv
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.agent.decoding import Ask, Decoder
from app.agent.glm import load_glm
from app.agent.grammar import AnswerGrammar, grammar_for
from app.agent.prompts import UNSUPPORTED_ANSWER, split_prompt
from app.core.cancel import CancelToken
from app.system import paths
from app.tuning.data.maker import DataConfig, make_data
from app.tuning.phrases.lexicon import Split

FEWEST_VALID = 0.9


def sentences(count: int, tmp_path: Path) -> list[str]:
    config = DataConfig(out=tmp_path, train=1, dev=1, test=2 * count)
    rows = make_data(config)[Split.TEST]
    before = split_prompt("")
    spoken = [
        row.content.removeprefix(before)
        for row in rows
        if row.content.startswith(before)
    ]
    return list(dict.fromkeys(spoken))[:count]


def is_valid(text: str, grammar: AnswerGrammar) -> bool:
    state, left = grammar.start, text
    while options := grammar.options(state):
        fitting = [
            one
            for one in options
            if left.startswith(one.stem + one.rest) and (one.stem or not left)
        ]
        if not fitting:
            return False
        taken = max(fitting, key=lambda one: len(one.stem))
        left, state = left[len(taken.stem + taken.rest) :], taken.then
    return not left


def test_free_decoding_and_ours_agree_on_typed_commands() -> None:
    table = Path(__file__).parents[2] / "benchmarks" / "dev_commands.tsv"
    with table.open(encoding="utf-8") as rows:
        spoken = [row["text"] for row in csv.DictReader(rows, delimiter="\t")]
    compare(spoken[::40])


@pytest.mark.slow
def test_free_decoding_and_ours_agree_on_thousands_of_sentences(
    tmp_path: Path,
) -> None:
    spoken = sentences(2500, tmp_path)
    assert len(spoken) == 2500
    compare(spoken)


def compare(spoken: Sequence[str]) -> None:
    base = paths.program_root() / "models" / "glm-mini"
    glm = load_glm(base, base / "adapter", device="cpu")
    # What writes freely has a cache of its own; a draft only makes it quicker.
    decoder, free_decoder = Decoder(glm), Decoder(glm)
    cancel, valid = CancelToken(), 0
    for speech in spoken:
        prompt, grammar = split_prompt(speech), grammar_for(speech)
        ours = decoder.choose(prompt, grammar, cancel).text
        free = free_decoder.write(prompt, draft=ours, cancel=cancel).text
        if not is_valid(free, grammar):
            continue
        valid += 1
        assert ours == free
        asks = [
            Ask(prompt=prompt, grammar=grammar, draft=draft)
            for draft in (free, UNSUPPORTED_ANSWER)
        ]
        together = decoder.choose_all(asks, cancel)
        assert [one.text for one in together] == [free] * len(asks)
    assert valid >= FEWEST_VALID * len(spoken)
