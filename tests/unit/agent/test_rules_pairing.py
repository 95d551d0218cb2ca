"""Several sites and checks in one sentence, and corrections inside it."""

import pytest

from app.agent.rules import RuleReader
from app.agent.understanding import decide
from app.core.model import Intent, Origin, Utterance
from tests.unit.agent.sentences import directory, written

_READER = RuleReader(directory())


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("先查佛山的安全帽,再查东莞的人数", "佛山/helmet;东莞/headcount"),
        ("济南的人数和青岛的安全帽", "济南/headcount;青岛/helmet"),
        (
            "济南青岛的人数和电笔",
            "济南/headcount;济南/equipment;青岛/headcount;青岛/equipment",
        ),
        ("济南的人数,青岛呢", "济南/headcount;青岛/headcount"),
        ("人数查济南,安全帽查青岛", "济南/headcount;青岛/helmet"),
        (
            "查济南的人数和安全帽还有青岛的电笔",
            "济南/headcount;济南/helmet;青岛/equipment",
        ),
        ("分别查一下济南的人数和青岛的安全帽", "济南/headcount;青岛/helmet"),
    ],
)
def test_what_is_paired_surely_is_dispatched(text: str, wanted: str) -> None:
    reading = _READER.read(text)
    assert written(reading) == wanted
    assert reading.doubts == ()


@pytest.mark.parametrize(
    "text",
    [
        "人数济南青岛安全帽",
        "济南的人数,青岛的安全帽,还有潍坊",
        "济南的人数和安全帽,青岛呢",
        "济南和青岛分别查人数和安全帽",
        "人数和安全帽分别查济南和青岛",
    ],
)
def test_what_may_be_meant_crosswise_is_asked(text: str) -> None:
    utterance = Utterance(text=text, origin=Origin.TYPED)
    reading = _READER.read(text)
    assert reading.doubts
    assert decide(utterance, reading, None, _READER.directory.sites()).calls == ()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("查济南不对是潍坊的人数", "潍坊/headcount"),
        ("查济南的人数哦不青岛的", "青岛/headcount"),
        ("济南的人数,不,青岛的", "青岛/headcount"),
        ("查一下济南的人数,说错了,潍坊的人数", "潍坊/headcount"),
        ("济南的人数不对安全帽", "济南/helmet"),
        ("人数不对安全帽", "/helmet"),
        ("不是济南,是青岛的人数", "青岛/headcount"),
        ("济南的人数和青岛的安全帽,不对,是潍坊的", "济南/headcount;潍坊/helmet"),
        ("查济南不对青岛不对潍坊的人数", "潍坊/headcount"),
    ],
)
def test_a_correction_takes_back_what_it_corrects(text: str, wanted: str) -> None:
    reading = _READER.read(text)
    assert written(reading) == wanted
    assert reading.corrected
    assert reading.doubts[0] == "话里有改口"
    utterance = Utterance(text=text, origin=Origin.TYPED)
    made = decide(utterance, reading, None, _READER.directory.sites())
    assert made.calls == ()
    assert made.question is not None
    if reading.intent is Intent.INSPECT:
        asked = made.question.candidates[0].calls
        assert ";".join(f"{c.site.name}/{c.check.value}" for c in asked) == wanted


@pytest.mark.parametrize(
    ("text", "wanted", "doubts"),
    [
        ("那青岛呢", "青岛/", ()),
        ("再查一下安全帽", "/helmet", ()),
        ("不对,是潍坊", "潍坊/", ("话里有改口",)),
    ],
)
def test_what_follows_up_stays_readable(
    text: str, wanted: str, doubts: tuple[str, ...]
) -> None:
    reading = _READER.read(text)
    assert (written(reading), reading.doubts) == (wanted, doubts)
    assert not reading.corrected
