import random
import re
from collections.abc import Iterator
from itertools import product

import pytest

from app.agent.grammar import BARRED
from app.core.model import Intent
from app.tuning.base import variety
from app.tuning.base.dialects import Dialects
from app.tuning.base.variety import VariedSpeaker, crossed
from app.tuning.phrases.lexicon import Lexicon, Split, split_of, stem_of
from app.tuning.phrases.speech import Part, Speaker, Spoken

HELD = (Split.DEV, Split.TEST)


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon()


def said(lexicon: Lexicon, count: int, *intents: Intent) -> Iterator[Spoken]:
    speaker = VariedSpeaker(lexicon, random.Random(6))
    return (speaker.say(intent) for intent in intents for _ in range(count))


def listed(lexicon: Lexicon) -> set[str]:
    """All names of training."""
    places = lexicon.places(Split.TRAIN)
    lists = (places.cities, places.counties, places.towns, places.villages)
    return {name for names in lists for name in names}


def listed_in(lexicon: Lexicon) -> set[str]:
    """The stems of all names of training.

    景德镇 is one as a whole, and the town 大仲村, for it is called 大仲村乡, too.
    """
    names = listed(lexicon)
    return names | {stem_of(name) for name in names}


def test_names_are_often_in_no_list(lexicon: Lexicon) -> None:
    known = listed_in(lexicon)
    varied = VariedSpeaker(lexicon, random.Random(2))
    plain = Speaker(lexicon, random.Random(3))
    new = [
        sum(speaker.place()[1] not in known for _ in range(1000))
        for speaker in (varied, plain)
    ]
    assert new[0] > 300
    assert new[1] == 0


def test_without_variety_nothing_is_put_together(lexicon: Lexicon) -> None:
    speaker = VariedSpeaker(lexicon, random.Random(2), variety=0.0)
    known = listed_in(lexicon)
    assert all(speaker.place()[1] in known for _ in range(1000))
    kinds = {
        variety: Dialects(lexicon, random.Random(3), variety=variety)
        for variety in (0.0, 0.5, 1.0)
    }
    spoken = Speaker(lexicon, random.Random(4)).say(Intent.INSPECT)
    changed = {
        variety: sum(desks.among_words(spoken) != spoken for _ in range(400))
        for variety, desks in kinds.items()
    }
    assert changed[0.0] == 0
    assert 60 < changed[0.5] < 140 < changed[1.0]


def test_names_hold_characters_that_no_listed_name_has(lexicon: Lexicon) -> None:
    """Else the model could not write 浈江 when it hears of it for the first time."""
    known = set("".join(listed(lexicon)))

    def strange(speaker: Speaker) -> set[str]:
        drawn = [speaker.place() for _ in range(2000)]
        assert all(stem in name for name, stem in drawn)
        return {char for _, stem in drawn for char in stem} - known

    found = strange(VariedSpeaker(lexicon, random.Random(5)))
    assert len(found) > 200
    assert all("\u4e00" <= char <= "\u9fff" for char in found)
    assert not strange(VariedSpeaker(lexicon, random.Random(5), variety=0.0))


def test_no_name_begins_or_ends_with_what_no_answer_can_say(
    lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch
) -> None:
    rare = "浈涢偃秭茌隰掇孰"
    monkeypatch.setattr(variety, "chinese_characters", lambda: "的" + rare)
    speaker = VariedSpeaker(lexicon, random.Random(7))
    names = [speaker.place()[0] for _ in range(1000)]
    assert sum(not set(rare).isdisjoint(name) for name in names) > 100
    assert all(BARRED.isdisjoint((name[0], name[-1])) for name in names)


def test_no_name_of_dev_or_test_is_made(lexicon: Lexicon) -> None:
    held = {
        stem_of(name)
        for split in HELD
        for names in (
            lexicon.places(split).counties,
            lexicon.places(split).towns,
            lexicon.places(split).villages,
        )
        for name in names
    }
    speaker = VariedSpeaker(lexicon, random.Random(4))
    stems = {speaker.place()[1] for _ in range(6000)}
    assert not stems & held
    made = stems - listed_in(lexicon)
    assert all(split_of(stem) is Split.TRAIN for stem in made)


def test_no_word_is_a_name_that_is_made(lexicon: Lexicon) -> None:
    speaker = VariedSpeaker(lexicon, random.Random(5))
    made = {speaker.place()[1] for _ in range(6000)} - listed_in(lexicon)
    assert made
    assert not any(lexicon.is_word(stem) for stem in made)


def test_what_two_carriers_could_say_of_another_split_is_never_said() -> None:
    lexicon = Lexicon()
    pool = lexicon.carriers["no_check"]
    own = pool.own(Split.TRAIN)
    heads = {text.partition("{p}")[0] for text in own}
    tails = {text.partition("{p}")[2] for text in own}
    met = {
        text
        for split in HELD
        for text in pool.own(split)
        if text.partition("{p}")[0] in heads and text.partition("{p}")[2] in tails
    }
    assert met
    speaker = VariedSpeaker(lexicon, random.Random(5))
    drawn = {speaker._carrier("no_check") for _ in range(30_000)}
    assert not met & drawn
    assert {pool.owner(text) for text in drawn} == {None, Split.TRAIN}


def test_crossed_carriers_ask_for_the_same(lexicon: Lexicon) -> None:
    for spoken in said(lexicon, 1500, Intent.INSPECT):
        places = [part.slot for part in spoken.parts if part.kind == "place"]
        assert len(set(places)) == len(places)
        assert len(set(spoken.pairs)) == len(spoken.pairs)
        assert all(place and check for place, check in spoken.pairs)


def test_one_text_never_means_two_things(lexicon: Lexicon) -> None:
    meant: dict[str, tuple[object, ...]] = {}
    for spoken in said(lexicon, 600, *Intent):
        heard = re.sub("[,、。?!]", "", spoken.text)
        meaning = (spoken.intent, spoken.pairs)
        assert meant.setdefault(heard, meaning) == meaning, heard


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


def test_regions_are_made_that_no_list_has_and_no_other_split_says(
    lexicon: Lexicon,
) -> None:
    speaker = VariedSpeaker(lexicon, random.Random(7))
    frames = {speaker._region_frame() for _ in range(4000)}
    pool = lexicon.region_frames
    assert {pool.owner(frame) for frame in frames} == {None, Split.TRAIN}
    assert {lexicon.shells.owner(frame) for frame in frames - set(pool.items)} == {None}
    known = {words for frame in pool.own(Split.TRAIN) for words in frame.split("{P}")}
    spans = {text for split in HELD for text in lexicon.spans.own(split)}
    held = {text for text in spans - known if len(text) > 1}
    assert held
    made = frames - set(pool.items)
    assert not [one for one, text in product(made, held) if text in one]


def test_things_tell_no_check_no_people_and_no_place(lexicon: Lexicon) -> None:
    assert len(lexicon.things) > 5000
    near = re.compile("人|员|工|安全|帽|盔|电笔|验电|设备|工具|器具|装备|仪器|情况")
    assert [word for word in lexicon.things if near.search(word)] == []
    endings = tuple(suffix for suffix in lexicon.name_suffixes if suffix)
    assert [word for word in lexicon.things if word.endswith(endings)] == []
    held = lexicon.held_words(Split.DEV) | lexicon.held_words(Split.TEST)
    assert not held.intersection(lexicon.things)


def test_foreign_nouns_come_from_the_whole_dictionary(lexicon: Lexicon) -> None:
    listed = {noun for pool in lexicon.nouns.values() for noun in pool.items}
    new = [thing for thing in lexicon.things if thing not in listed]
    texts = [spoken.text for spoken in said(lexicon, 1500, Intent.UNSUPPORTED)]
    assert sum(any(thing in text for thing in new) for text in texts) > 100


def test_a_name_that_sounds_like_a_verb_is_not_taken_for_one(lexicon: Lexicon) -> None:
    verb = max(lexicon.verbs.own(Split.TRAIN), key=len)
    dialects = Dialects(lexicon, random.Random(8))
    spoken = Spoken(
        (Part("看看"), Part(verb, "place", 1), Part("的"), Part("人数", "check")),
        Intent.INSPECT,
    )
    for _ in range(300):
        parts = dialects.among_words(spoken).parts
        assert Part(verb, "place", 1) in parts
