import random

import pytest

from app.core.model import Intent
from app.tuning.base.variety import VariedSpeaker, crossed
from app.tuning.phrases.lexicon import Lexicon, Split, split_of, stem_of
from app.tuning.phrases.speech import Speaker


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon()


def test_names_are_often_in_no_list(lexicon: Lexicon) -> None:
    places = lexicon.places(Split.TRAIN)
    lists = (places.cities, places.counties, places.towns, places.villages)
    listed = {stem_of(name) for names in lists for name in names}
    varied = VariedSpeaker(lexicon, random.Random(2))
    plain = Speaker(lexicon, random.Random(3))
    new = [
        sum(speaker.place()[1] not in listed for _ in range(1000))
        for speaker in (varied, plain)
    ]
    assert new[0] > 300
    assert new[1] == 0


def test_no_name_of_dev_or_test_is_made(lexicon: Lexicon) -> None:
    held = {
        stem_of(name)
        for split in (Split.DEV, Split.TEST)
        for names in (lexicon.places(split).counties, lexicon.places(split).towns)
        for name in names
    }
    speaker = VariedSpeaker(lexicon, random.Random(4))
    stems = {speaker._blended()[1] for _ in range(3000)}
    stems |= {stem_of(speaker._made_up()[1]) for _ in range(1000)}
    assert not stems & held
    # Its name may have got another ending, that stays in the split all the same.
    assert sum(split_of(stem) is Split.TRAIN for stem in stems) > len(stems) * 0.9


@pytest.mark.parametrize("shape", ["nouns", "no_check", "two_places_two_checks"])
def test_crossed_carriers_are_of_no_other_split(lexicon: Lexicon, shape: str) -> None:
    speaker = VariedSpeaker(lexicon, random.Random(5))
    pool = lexicon.carriers[shape]
    drawn = [speaker._carrier(shape) for _ in range(2000)]
    owners = {pool.owner(carrier) for carrier in drawn}
    assert owners == {None, Split.TRAIN}


def test_crossed_carriers_ask_for_the_same(lexicon: Lexicon) -> None:
    speaker = VariedSpeaker(lexicon, random.Random(6))
    for _ in range(1500):
        spoken = speaker.say(Intent.INSPECT)
        places = [part for part in spoken.parts if part.kind == "place"]
        assert len({part.slot for part in places}) == len(places)
        assert all(place and check for place, check in spoken.pairs)


def test_a_carrier_begins_with_one_and_ends_with_the_other() -> None:
    rng = random.Random(1)
    one, other = "请{v}{p}的{n}", "把{p}里的{n}报来"
    found = {crossed(one, other, rng) for _ in range(40)}
    assert found == {"请{v}{p}里的{n}报来", "请{v}{p}的{n}报来"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("{p}的{n}", "{n},{p}的"),
        ("{p}的{n}", "{p}{q}"),
        ("{p1}和{p2}的{n}", "{p}的{n}"),
    ],
)
def test_carriers_that_ask_otherwise_are_not_crossed(one: str, other: str) -> None:
    assert crossed(one, other, random.Random(1)) is None


def test_no_carrier_gets_two_verbs() -> None:
    rng = random.Random(1)
    assert {crossed("{v}{p}{n}", "{p}{n}{u}一下", rng) for _ in range(40)} == {None}
