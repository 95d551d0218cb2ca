import itertools
import random
import re

import pytest

from app.tuning.phrases.lexicon import Lexicon, Pool, Split, split_of

SLOTS = {"v", "u", "p", "P", "n", "q", "a", "j"}
"""What a carrier of any kind may hold, without the number."""
CHECK_WORDS = re.compile(
    "人数|出勤|考勤|安全|帽|盔|防护|隐患|电笔|验电|设备|工具|器具|装备|仪器"
)


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon()


def carrier_pools(lexicon: Lexicon) -> dict[str, Pool]:
    return {
        **lexicon.carriers,
        **lexicon.others,
        "operations": lexicon.operations["carriers"],
        "lookalikes": lexicon.lookalikes["carriers"],
    }


def bare(phrase: str) -> str:
    return re.sub("[,、]", "", phrase)


def test_no_carrier_is_in_two_splits(lexicon: Lexicon) -> None:
    for name, pool in carrier_pools(lexicon).items():
        said = {split: {bare(text) for text in pool.own(split)} for split in Split}
        for one, two in itertools.combinations(Split, 2):
            assert not said[one] & said[two], name


def test_every_carrier_list_has_something_for_every_split(lexicon: Lexicon) -> None:
    for name, pool in carrier_pools(lexicon).items():
        for split in Split:
            assert pool.own(split), (name, split)


def test_carriers_hold_only_known_slots(lexicon: Lexicon) -> None:
    extra = {"operations": set(lexicon.operations), "lookalikes": {"k"}}
    for name, pool in carrier_pools(lexicon).items():
        known = SLOTS | extra.get(name, set())
        for split in Split:
            for text in pool.own(split):
                slots = re.findall(r"\{([^}]*)\}", text)
                left = re.sub(r"\{[a-zA-Z]\d?\}", "", text)
                assert not re.search(r"[{}\[\]|]", left), (name, text)
                assert {slot[0] for slot in slots} <= known, (name, text)


def test_a_carrier_names_as_many_places_as_its_list_says(lexicon: Lexicon) -> None:
    places = {
        "nouns": {1},
        "questions": {1},
        "actions": {1},
        "no_place": {0},
        "no_check": {1, 2},
        "one_place_two_checks": {1},
        "one_place_three_checks": {1},
        "two_places_one_check": {2},
        "two_places_two_checks": {2},
        "three_places_one_check": {3},
    }
    assert set(places) == set(lexicon.carriers)
    for name, pool in lexicon.carriers.items():
        for split in Split:
            for text in pool.own(split):
                slots = re.findall(r"\{p\d?\}", text)
                assert len(slots) == len(set(slots)), (name, text)
                assert len(slots) in places[name], (name, text)
                checks = re.findall(r"\{[nqa]\d?\}", text)
                assert bool(checks) is (name != "no_check"), (name, text)


def test_what_a_phrase_can_say_is_in_its_split() -> None:
    template = "[请|]看[一下|]{p}"
    pool = Pool((template,), 0)
    said = pool.own(split_of(template))
    assert set(said) == {"请看一下{p}", "请看{p}", "看一下{p}", "看{p}"}


def test_what_two_phrases_can_say_belongs_to_the_one_without_choices() -> None:
    plain = next(
        text
        for text in map("{{p}}好{}".format, "啊吧呢吗")
        if split_of(text) == "train"
    )
    other = next(
        text
        for text in (f"[{plain}|{plain}{i}]" for i in range(1000))
        if split_of(text) is Split.TEST
    )
    pool = Pool((other, plain), 0)
    assert plain in pool.own(Split.TRAIN)
    assert plain not in pool.own(Split.TEST)
    assert len(pool.own(Split.TEST)) == 1


def test_commas_do_not_make_another_phrase() -> None:
    one, two = "{p},{n}好", "{p}[,|]{n}好"
    pool = Pool((one, two), 0)
    assert set(pool.own(split_of(one))) >= {"{p},{n}好"}
    for split in set(Split) - {split_of(one)}:
        assert not pool.own(split)


def test_draws_belong_to_the_split(lexicon: Lexicon) -> None:
    rng = random.Random(5)
    pool = lexicon.carriers["questions"]
    for split in Split:
        own = set(pool.own(split))
        assert {pool.draw(rng, split, strict=True) for _ in range(200)} <= own


def test_the_core_is_drawn_often(lexicon: Lexicon) -> None:
    rng = random.Random(5)
    pool = Pool(("人数", *map(str, range(200))), 1)
    drawn = [pool.draw(rng, Split.TRAIN) for _ in range(1000)]
    assert drawn.count("人数") > 250


def test_drawing_from_nothing_is_an_error() -> None:
    pool = Pool(("甲",), 1)
    with pytest.raises(LookupError):
        pool.draw(random.Random(1), Split.TEST, strict=True)


def test_no_foreign_noun_contains_a_check(lexicon: Lexicon) -> None:
    nouns = {noun for pool in lexicon.nouns.values() for noun in pool.items}
    nouns |= set(lexicon.foreign["gear"].items)
    assert len(nouns) > 3000
    assert [noun for noun in nouns if CHECK_WORDS.search(noun)] == []
    # And none is part of what a check is called, or a check part of it.
    checks = {
        item for kinds in lexicon.checks.values() for item in kinds["nouns"].items
    }
    assert not nouns & checks


def test_common_nouns_are_not_the_end_of_a_place_name(lexicon: Lexicon) -> None:
    endings = tuple(lexicon.name_suffixes)
    common = lexicon.nouns["common"].items
    assert [noun for noun in common if noun.endswith(endings)] == []


def test_foreign_nouns_are_split(lexicon: Lexicon) -> None:
    for pool in lexicon.nouns.values():
        found = [set(pool.own(split)) for split in Split]
        assert all(found)
        assert sum(map(len, found)) == len(set().union(*found))


def test_a_word_names_one_check_only(lexicon: Lexicon) -> None:
    owners: dict[str, set[str]] = {}
    for check, kinds in lexicon.checks.items():
        for pool in kinds.values():
            for item in pool.items:
                owners.setdefault(item, set()).add(check)
    assert [item for item, checks in owners.items() if len(checks) > 1] == []


def test_checks_stay_in_their_class(lexicon: Lexicon) -> None:
    helmet = re.compile("安全|帽|盔|防护|隐患|光着?头|佩戴情况")
    equipment = re.compile("电笔|验电|设备|工具|器具|装备|仪器")
    for check, kinds in lexicon.checks.items():
        for pool in kinds.values():
            for item in pool.items:
                is_equipment = bool(equipment.search(item))
                assert is_equipment is (check == "equipment"), item
                if not is_equipment:
                    assert bool(helmet.search(item)) is (check == "helmet"), item
