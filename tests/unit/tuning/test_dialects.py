"""Invented desks hear what nobody listed, and answer alike."""

import random
from dataclasses import replace

from app.core.model import Check, Intent
from app.tuning.base.dialects import Dialects
from app.tuning.phrases.lexicon import Lexicon, Split
from app.tuning.phrases.speech import Part, Spoken

LEXICON = Lexicon()
PLACE = Part("济南", "place", 1)
HEADCOUNT = Part("人数", "check", 1)


def spoken(*parts: Part) -> Spoken:
    return Spoken(parts, Intent.INSPECT, ((1, Check.HEADCOUNT),))


def heard(said: Spoken, split: Split) -> set[Spoken]:
    desks = Dialects(LEXICON, random.Random(3), split=split)
    return {desks.among_words(said) for _ in range(200)}


def test_a_word_more_changes_nothing_that_is_wanted() -> None:
    said = spoken(Part("查"), PLACE, HEADCOUNT)
    found = heard(said, Split.TRAIN)
    assert len(found) > 10
    for one in found - {said}:
        assert len(one.parts) == 4
        assert tuple(part for part in one.parts if part in said.parts) == said.parts
        assert (one.calls, one.intent) == (said.calls, said.intent)
    texts = [one.text for one in found]
    assert any(text.startswith("查济南人数") for text in texts if len(text) > 5)
    assert any(text.endswith("查济南人数") for text in texts if len(text) > 5)
    assert any(text.startswith("查济南") and text.endswith("人数") for text in texts)
    assert any(text.startswith("查") and text.endswith("济南人数") for text in texts)


def test_a_word_may_stand_for_a_verb_but_not_for_what_ends_a_name() -> None:
    other = Part("青岛", "place", 2)
    said = spoken(Part("查看"), Part("位于"), PLACE, Part("那边"), Part("还有"), other)
    found = {one.text for one in heard(said, Split.TRAIN) if len(one.parts) == 6}
    assert len(found) > 10
    assert all(text.endswith("位于济南那边还有青岛") for text in found)
    refused = replace(said, intent=Intent.UNSUPPORTED, calls=())
    found = {one.text for one in heard(refused, Split.TRAIN)}
    assert len(found) > 10
    assert all("查看" in text for text in found)
    contrary = {"禁止", "昨日", "开除", "从前"}
    assert contrary <= set(LEXICON.words)
    assert not contrary & set(Dialects(LEXICON, random.Random(3))._verbal)


def test_what_asks_of_a_place_alone_takes_no_noun() -> None:
    """「苹果济南怎么样」 would ask what no check knows."""
    said = Spoken((PLACE, Part("怎么样")), Intent.NO_CHECK, ((1, None),))
    fillers = set(LEXICON.fillers)
    found = heard(said, Split.TRAIN)
    assert len(found) > 5
    for one in found:
        assert all(p in said.parts or p.text in fillers for p in one.parts)


def test_no_word_parts_two_places() -> None:
    other = Part("青岛", "place", 2)
    for one in heard(spoken(PLACE, other, HEADCOUNT), Split.TRAIN):
        assert "济南青岛" in one.text


def test_what_is_measured_is_said_as_it_is() -> None:
    said = spoken(Part("查"), PLACE, HEADCOUNT)
    assert heard(said, Split.DEV) == {said}


def test_no_word_means_an_operation_a_place_or_a_check() -> None:
    from app.tuning.phrases.recovery import read_cues

    cues = [cue for cues in read_cues().values() for cue in cues]
    assert len(LEXICON.words) > 10_000
    assert not [word for word in LEXICON.words if any(cue in word for cue in cues)]
    desks = Dialects(LEXICON, random.Random(3))
    for pool in (LEXICON.short_verbs, LEXICON.openers, LEXICON.nouns["common"]):
        for split in (Split.DEV, Split.TEST):
            held = {text.strip(",") for text in pool.own(split)}
            assert not held & set(LEXICON.words)
    meant = {
        text for pool in LEXICON.operations.values() for text in pool.own(Split.TRAIN)
    }
    assert not meant & set(desks._words)
