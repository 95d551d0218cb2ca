"""What other hearings of the same audio must bear out before anything is dispatched."""

from dataclasses import replace

import pytest

from app.agent.reading import Reading, Spoken
from app.agent.rules import RuleReader
from app.agent.understanding import decide
from app.agent.weighing import Hearing, ModelReading, other_hearings
from app.agent.witness import unwitnessed
from app.core.model import (
    Check,
    Origin,
    Resolution,
    Site,
    Understanding,
    Utterance,
)
from app.sites.directory import Directory

SITES = Directory(
    [
        Site(id="1", name="青州"),
        Site(id="2", name="济南", aliases=("济南市",)),
        Site(id="3", name="潍坊"),
    ]
)
RULES = RuleReader(SITES)


def as_model(text: str) -> ModelReading:
    bare = replace(RULES.read(text), confidence=0.999, doubts=(), reasons=())
    return ModelReading(reading=bare, mass=1.0, name="tiny", alternative=1e-4)


def understood(
    text: str, free: str, *alternatives: str, model: str = "", apart: float = 0.05
) -> Understanding:
    said = Utterance(
        text=text,
        origin=Origin.MICROPHONE,
        free_text=free,
        lexicon_text=text,
        agreement=apart,
        alternatives=alternatives,
    )
    others = [Hearing(text=o, reading=RULES.read(o)) for o in other_hearings(said)]
    read = replace(
        as_model(model or text), hearings=1 + len(others), same=1 + len(others)
    )
    return decide(said, RULES.read(text), read, SITES.sites(), others=others)


@pytest.mark.parametrize(
    "free", ["查一下济南工地的人数", "茶一下技能功底的人数", "查一下济男工地的人数"]
)
def test_a_place_that_the_free_ear_bears_out_is_dispatched(free: str) -> None:
    made = understood("查一下济南工地的人数", free, "看一下济南工地的人数")
    assert [(call.site.name, call.check) for call in made.calls] == [
        ("济南", Check.HEADCOUNT)
    ]


@pytest.mark.parametrize(
    ("heard", "free", "name"),
    [
        # The desk does not have 滨州: its ear heard the site that sounds like it.
        ("查一下青州工地的人数", "查一下滨州工地的人数", "青州"),
        ("查一下青州工地的人数", "查一下工地的人数", "青州"),
        ("济南的人数和潍坊的安全帽", "济南的人数和邳坊县的安全帽", "潍坊"),
    ],
)
def test_a_place_that_only_one_ear_heard_is_asked(
    heard: str, free: str, name: str
) -> None:
    made = understood(heard, free)
    assert made.calls == ()
    assert made.question is not None
    assert (
        f"「{name}」可能听错了" in made.question.sentence
        or "也可能听成别的" in made.question.sentence
    )


@pytest.mark.parametrize(
    "other",
    [
        "别查济南工地的人数",
        "除了济南工地的人数",
        "查一下昨天济南工地的人数",
        "查一下济南所有工地的人数",
        "把济南工地的电断了",
    ],
)
@pytest.mark.parametrize("where", ["free", "alternative"])
def test_what_one_ear_heard_as_a_negation_or_another_time_is_asked(
    other: str, where: str
) -> None:
    text = "查一下济南工地的人数"
    free, more = (other, ()) if where == "free" else (text, (other,))
    made = understood(text, free, *more)
    assert made.calls == ()
    assert made.question is not None
    assert "也可能听成不要查" in made.question.sentence


def test_an_exception_that_one_ear_heard_is_said_where_many_are_asked_for() -> None:
    city = Directory([Site(id=n, name=n, region="济南") for n in ("历城", "章丘")])
    read = RuleReader(city).read
    text, other = "济南所有工地的人数", "济南除了章丘所有工地的人数"
    said = Utterance(text=text, origin=Origin.MICROPHONE, agreement=0.0)
    made = decide(
        said,
        read(text),
        None,
        city.sites(),
        others=[Hearing(text=other, reading=read(other))],
    )
    assert made.question is not None
    assert "也可能听成不要查" in made.question.sentence


def test_another_site_in_another_hearing_is_asked() -> None:
    made = understood(
        "查一下济南工地的人数", "查一下济南工地的人数", "查一下青州工地的人数"
    )
    assert made.question is not None
    labels = [one.label for one in made.question.candidates]
    assert labels == ["济南 人数检测", "青州 人数检测"]


def test_a_time_is_said_first_where_the_model_reads_something_else() -> None:
    text = "昨天济南的人数"
    made = understood(text, text, model="济南的安全帽")
    assert made.question is not None
    assert made.question.sentence.startswith("只能查现在的情况, 「昨天」")


def test_a_typed_name_needs_no_witness() -> None:
    typed = Utterance(text="查一下济南的人数", origin=Origin.TYPED)
    reading: Reading = RULES.read(typed.text, typed=True)
    made = decide(typed, reading, as_model(typed.text), SITES.sites())
    assert len(made.calls) == 1


def borne_out(name: str, free: str, *aliases: str, said: str = "") -> bool:
    site = Site(id="x", name=name, aliases=aliases)
    words = said or name
    found = Resolution(words=words, site=site, exact=bool(said))
    return not unwitnessed([Spoken(place=words, resolution=found)], free)


@pytest.mark.parametrize(
    ("name", "free", "found"),
    [
        ("青州", "查一下青州", True),
        ("青州", "查一下轻舟", True),
        ("青州", "查一下滨州", False),
        ("青州", "查一下", False),
        ("青州", "", False),
        ("济南", "技能", True),
        ("济南", "济宁", False),
        ("诸城", "周庄", False),
        ("莱阳", "安阳", False),
        ("历城变电站", "历城的变电站", False),
        ("历城变电站", "利城变电站", True),
        # No syllable is another one, but both are doubtful.
        ("青方", "金黄", False),
        ("青方变电站", "金黄变电站", True),
    ],
)
def test_a_name_is_borne_out_by_syllables_that_sound_like_it(
    name: str, free: str, *, found: bool
) -> None:
    assert borne_out(name, free) is found


@pytest.mark.parametrize(
    ("name", "free"),
    [
        ("城东变电站", "查一下城西变电站"),
        ("东湖路五号线路改造工程", "查东湖路九号线路改造工程"),
        ("3号变电站", "查一下四号变电站"),
        ("110千伏城北变电站", "一百二十千伏城北变电站"),
    ],
)
def test_one_syllable_or_digit_makes_another_place_however_long_the_name(
    name: str, free: str
) -> None:
    assert not borne_out(name, free)


@pytest.mark.parametrize(
    ("name", "free"),
    [
        ("3号变电站", "查一下三号变电站"),
        ("3#变电站", "查一下三号变电站"),
        ("泉城500kV变电站", "查泉城五百千伏变电站"),
        ("110千伏城北站", "幺幺零千伏城北站"),
        ("12号楼", "十二号楼"),
    ],
)
def test_numbers_are_compared_by_value(name: str, free: str) -> None:
    assert borne_out(name, free)


@pytest.mark.parametrize(
    ("name", "free"), [("临沂", "查一下临邑的人数"), ("寒亭", "查一下海宁的人数")]
)
def test_what_the_free_ear_wrote_as_another_town_bears_nothing_out(
    name: str, free: str
) -> None:
    assert not borne_out(name, free)
    assert borne_out(name, free, free[3:5])


def test_an_alias_bears_a_site_out() -> None:
    assert borne_out("国网山东检修公司三号点", "查一下青州的人数", "青州")


def test_the_short_form_that_was_said_bears_a_site_out() -> None:
    assert borne_out("泉城500千伏变电站", "查一下泉城变的人数", said="泉城变")
    assert not borne_out("泉城500千伏变电站", "查一下全成的人数", said="泉城变")


@pytest.mark.parametrize(("apart", "dispatched"), [(0.15, 1), (0.16, 0)])
def test_ears_that_hear_too_differently_are_asked_about(
    apart: float, dispatched: int
) -> None:
    made = understood("查一下济南工地的人数", "查一下济南工地的人数", apart=apart)
    assert len(made.calls) == dispatched
    assert (made.question is None) == bool(dispatched)


def test_strange_words_in_the_free_reading_alone_are_no_denial() -> None:
    """The free ear often writes something else for what it does not know."""
    text, free = "查一下济南工地的人数", "查一下济南工地的人数感染"
    assert RULES.read(free).doubts
    assert not RULES.read(text).doubts
    assert len(understood(text, free).calls) == 1


@pytest.mark.parametrize(("recognizer", "dispatched"), [("sherpa-onnx", 0), ("", 1)])
def test_what_a_recogniser_without_a_second_ear_wrote_is_asked(
    recognizer: str, dispatched: int
) -> None:
    text = "查一下济南的人数"
    said = Utterance(text=text, origin=Origin.MICROPHONE, recognizer=recognizer)
    made = decide(said, RULES.read(text), as_model(text), SITES.sites())
    assert len(made.calls) == dispatched
    if not dispatched:
        assert made.question is not None
        assert made.question.sentence.startswith("只有一个识别器听到")
