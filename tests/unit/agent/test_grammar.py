import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.agent.grammar import LONGEST_PLACE, MAX_CALLS, AnswerGrammar, grammar_for
from app.agent.prompts import clean_speech, parse_split_answer
from app.core.model import Intent


def walk(grammar: AnswerGrammar, seed: int) -> str:
    """Speak one sentence of the language at random."""
    dice, text, state = random.Random(seed), "", grammar.start
    while options := grammar.options(state):
        chosen = dice.choice(options)
        text += chosen.stem + chosen.rest
        state = chosen.then
    return text


@given(st.text(max_size=40), st.integers(0, 10_000))
def test_every_sentence_parses_and_copies_its_places(speech: str, seed: int) -> None:
    answer = parse_split_answer(walk(grammar_for(speech), seed))
    assert len(answer.pairs) <= MAX_CALLS
    for place, _ in answer.pairs:
        if place is not None:
            assert place in clean_speech(speech)
            assert 2 <= len(place) <= LONGEST_PLACE


def test_every_intent_can_be_said() -> None:
    grammar = grammar_for("查一下济南的人数")
    said = {parse_split_answer(walk(grammar, n)).intent for n in range(300)}
    assert said == set(Intent)


def test_candidates_of_the_directory_can_be_said() -> None:
    grammar = grammar_for("查一下技能的人数", ("济南", "#坏", "a,b"))
    assert "济南" in grammar.places
    assert not {"#坏", "a,b"} & set(grammar.places)


def test_stems_of_a_choice_never_begin_one_another() -> None:
    grammar = grammar_for("历城变电站历城变")
    state = grammar.options(grammar.start)[0].then
    stems = [one.stem for one in grammar.options(state)]
    for one in stems:
        assert not any(other != one and other.startswith(one) for other in stems)


@pytest.mark.parametrize("speech", ["", ",,,", "。", "啊"])
def test_speech_without_a_place_offers_none(speech: str) -> None:
    assert grammar_for(speech).places == ()


def test_no_place_cuts_a_latin_word_or_a_number() -> None:
    places = grammar_for("please check 13号变电站 110kV线").places
    # A letter after a number begins something new.
    assert {"13号变电站", "110kV线", "kV线"} <= set(places)
    assert not {"3号变电站", "13号变电站1", "ec", "heck", "10kV线"} & set(places)
