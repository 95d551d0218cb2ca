import itertools
import random
import re
from collections import Counter
from pathlib import Path

import pytest

from app.core.model import Check, Intent
from app.tuning.phrases.lexicon import PHRASES, Lexicon, Split, stem_of
from app.tuning.phrases.speech import Speaker, Spoken


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon()


def drawn(
    lexicon: Lexicon, intent: Intent, count: int, split: Split = Split.TRAIN
) -> list[Spoken]:
    speaker = Speaker(lexicon, random.Random(7), split)
    return [speaker.say(intent) for _ in range(count)]


def only(tmp_path: Path, **lists: str) -> Lexicon:
    """Give a lexicon whose carriers of some lists are one carrier each."""
    for file in PHRASES.iterdir():
        text = file.read_text(encoding="utf-8")
        if file.name == "carriers.toml":
            for name, carrier in lists.items():
                text = re.sub(
                    rf"(?s)(\[{name}\]\ncore = )\d+(.*?carriers = )\[.*?\n\]",
                    rf'\g<1>1\2["{carrier}"]',
                    text,
                    count=1,
                )
        (tmp_path / file.name).write_text(text, encoding="utf-8")
    return Lexicon(tmp_path)


@pytest.mark.parametrize("split", list(Split))
@pytest.mark.parametrize("intent", list(Intent))
def test_equal_seeds_say_the_same(
    lexicon: Lexicon, intent: Intent, split: Split
) -> None:
    one, two = (drawn(lexicon, intent, 40, split) for _ in range(2))
    assert one == two
    assert {spoken.intent for spoken in one} == {intent}


def test_speech_is_varied(lexicon: Lexicon) -> None:
    for intent, share in (
        (Intent.INSPECT, 0.97),
        (Intent.NO_PLACE, 0.9),
        (Intent.NO_CHECK, 0.97),
        (Intent.UNSUPPORTED, 0.85),
        (Intent.GREETING, 0.6),
        (Intent.UNCLEAR, 0.4),
    ):
        texts = {spoken.text for spoken in drawn(lexicon, intent, 1000)}
        assert len(texts) > 1000 * share, intent


def test_one_text_never_means_two_things(lexicon: Lexicon) -> None:
    meant: dict[str, tuple[object, ...]] = {}
    for intent in Intent:
        for spoken in drawn(lexicon, intent, 600):
            heard = re.sub("[,、。?!]", "", spoken.text)
            meaning = (intent, spoken.pairs)
            assert meant.setdefault(heard, meaning) == meaning, heard


def test_places_of_one_command_differ(lexicon: Lexicon) -> None:
    for spoken in drawn(lexicon, Intent.INSPECT, 1200):
        assert len(set(spoken.stems)) == len(spoken.stems), spoken.text
        places = [place for place, _ in spoken.pairs]
        assert None not in places
        assert all(len(place or "") <= 12 for place in places)


def test_places_are_never_run_together(lexicon: Lexicon) -> None:
    for spoken in drawn(lexicon, Intent.INSPECT, 1200):
        kinds = [part.kind for part in spoken.parts]
        pairs = list(itertools.pairwise(kinds))
        assert ("place", "place") not in pairs, spoken.text


def test_commands_are_often_short(lexicon: Lexicon) -> None:
    for intent in (Intent.INSPECT, Intent.NO_CHECK):
        lengths = [len(spoken.text) for spoken in drawn(lexicon, intent, 800)]
        assert sum(length <= 12 for length in lengths) > 0.15 * len(lengths)
        assert max(lengths) <= 48


def test_all_sites_and_regions_stand_for_places(lexicon: Lexicon) -> None:
    spoken = drawn(lexicon, Intent.INSPECT, 1200)
    spans = set(lexicon.spans.own(Split.TRAIN))
    count = sum(any(place in spans for place, _ in one.pairs) for one in spoken)
    assert 0.01 * len(spoken) < count < 0.1 * len(spoken)


@pytest.mark.parametrize(
    ("carrier", "shape", "calls"),
    [
        ("{p}{n}", "nouns", 1),
        ("{n1}{j}{n2},{p}", "one_place_two_checks", 2),
        ("{p1}{j}{p2}{q}", "two_places_one_check", 2),
    ],
)
def test_a_carrier_gives_its_calls(
    tmp_path: Path, carrier: str, shape: str, calls: int
) -> None:
    lexicon = only(tmp_path, **{shape: carrier})
    assert lexicon.carriers[shape].items == (carrier,)
    speaker = Speaker(lexicon, random.Random(1))
    for _ in range(50):
        spoken = speaker._command(Intent.INSPECT, shape)
        assert len(spoken.calls) == calls
        assert all(place and check for place, check in spoken.pairs)


def test_the_check_said_is_the_check_labelled(lexicon: Lexicon) -> None:
    words = {
        Check.HELMET: re.compile("安全|帽|盔|防护|隐患|光着?头|佩戴情况"),
        Check.EQUIPMENT: re.compile("电笔|验电|设备|工具|器具|装备|仪器"),
    }
    for intent in (Intent.INSPECT, Intent.NO_PLACE):
        for spoken in drawn(lexicon, intent, 600):
            said = {part.text for part in spoken.parts if part.kind == "check"}
            expected = set()
            for text in said:
                found = [c for c, pattern in words.items() if pattern.search(text)]
                expected.add(found[-1] if found else Check.HEADCOUNT)
            assert {check for _, check in spoken.pairs} == expected, spoken.text


def test_follow_ups_ask_for_what_they_lack(lexicon: Lexicon) -> None:
    no_check = set(lexicon.carriers["no_check"].own(Split.TRAIN))
    no_place = set(lexicon.carriers["no_place"].own(Split.TRAIN))
    assert {"那{p}呢", "{p}呢", "{p}的呢", "换成{p}", "{v}{p}的情况"} <= no_check
    assert {"{n}呢", "改成{n}", "换成{n}"} <= no_place


def test_speech_out_of_scope_calls_nothing(lexicon: Lexicon) -> None:
    for split in Split:
        for spoken in drawn(lexicon, Intent.UNSUPPORTED, 300, split):
            assert spoken.calls == ()
            assert all(part.kind != "check" for part in spoken.parts)


def test_nouns_that_no_check_knows_are_half_of_what_is_refused(
    lexicon: Lexicon,
) -> None:
    nouns = {noun for pool in lexicon.nouns.values() for noun in pool.items}
    nouns |= set(lexicon.foreign["gear"].items)
    pattern = re.compile("|".join(map(re.escape, sorted(nouns, key=len, reverse=True))))
    spoken = drawn(lexicon, Intent.UNSUPPORTED, 1000)
    share = Counter(bool(pattern.search(one.text)) for one in spoken)[True]
    assert share > 350


def test_no_split_asks_about_the_nouns_of_another(lexicon: Lexicon) -> None:
    trained = set(lexicon.nouns["trade"].own(Split.TRAIN))
    trained |= set(lexicon.nouns["common"].own(Split.TRAIN))
    speaker = Speaker(lexicon, random.Random(3), Split.TEST)
    asked = {speaker._foreign_words("a", near=near) for near in (True, False) * 300}
    assert len(asked) > 100
    verbs = lexicon.short_verbs.items
    bare = {
        noun.removeprefix(verb)
        for noun in asked
        for verb in verbs
        if noun.startswith(verb)
    }
    assert not bare & trained


@pytest.mark.parametrize("split", list(Split))
def test_no_place_is_put_together_of_two_sites(lexicon: Lexicon, split: Split) -> None:
    places = lexicon.places(split)
    names = (*places.cities, *places.counties)
    larger = {stem_of(name) for name in names}
    speaker = Speaker(lexicon, random.Random(9), split)
    pairs = [
        (stem, name.removeprefix(stem))
        for name, stem in (speaker.place() for _ in range(4000))
        if stem in larger
    ]
    assert any(rest in {stem_of(town) for town in places.towns} for _, rest in pairs)
    # 新城 is a district and, behind another name, an estate.
    assert not [pair for pair in pairs if pair[1] in larger - {*lexicon.name_suffixes}]
