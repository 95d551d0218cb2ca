import random
from collections import Counter

import pytest
from rapidfuzz.distance import Levenshtein

from app.core.model import Check, Intent
from app.tuning.phrases.lexicon import Lexicon, Split
from app.tuning.phrases.noise import Noise, common_characters
from app.tuning.phrases.recovery import HeardPart, Recovery, read_cues
from app.tuning.phrases.sounds import NEAR, distance
from app.tuning.phrases.speech import Part, Speaker, Spoken


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon()


@pytest.fixture(scope="module")
def commands(lexicon: Lexicon) -> list[Spoken]:
    speaker = Speaker(lexicon, random.Random(5), Split.TRAIN)
    return [speaker.say(Intent.INSPECT) for _ in range(2000)]


def _command(check: str = "人数", place: str = "历城") -> Spoken:
    parts = (
        Part("查一下"),
        Part(place, "place", 1),
        Part("工地的"),
        Part(check, "check", 0),
    )
    return Spoken(parts, Intent.INSPECT, ((1, Check.HEADCOUNT),))


class Scripted(Noise):
    """Hears each part as it is told to, to see the label alone."""

    def __init__(self, lexicon: Lexicon, script: dict[str, list[str]]) -> None:
        super().__init__(lexicon, random.Random(0))
        self._script = script

    def _spoil(self, parts, cer) -> None:  # type: ignore[no-untyped-def]
        for part in parts:
            part.heard = self._script.get(part.part.text, part.heard)


@pytest.mark.parametrize("cer", [0.05, 0.1])
def test_error_rate_is_the_one_asked_for(
    lexicon: Lexicon, commands: list[Spoken], cer: float
) -> None:
    noise = Noise(lexicon, random.Random(3))
    edits = characters = 0
    # Errors gather in few utterances, so many are needed.
    for spoken in commands * 4:
        said = "".join(filter(str.isalnum, spoken.text))
        heard = "".join(filter(str.isalnum, noise.heard(spoken, cer=cer).text))
        edits += Levenshtein.distance(said, heard)
        characters += len(said)
    assert edits / characters == pytest.approx(cer, rel=0.07)


def test_errors_gather_in_few_utterances(
    lexicon: Lexicon, commands: list[Spoken]
) -> None:
    noise = Noise(lexicon, random.Random(3))
    said = commands[:1000]
    same = sum(noise.heard(one, cer=0.1).text == one.text for one in said)
    # Errors at random would leave one sentence of 18 characters in seven untouched.
    assert 0.25 < same / len(said) < 0.6


def test_nothing_changes_without_errors(
    lexicon: Lexicon, commands: list[Spoken]
) -> None:
    noise = Noise(lexicon, random.Random(3))
    for spoken in commands[:50]:
        assert noise.heard(spoken, cer=0) == spoken


def test_equal_seeds_are_heard_alike(lexicon: Lexicon, commands: list[Spoken]) -> None:
    said = commands[:50]

    def heard(seed: int) -> list[Spoken]:
        noise = Noise(lexicon, random.Random(seed))
        return [noise.heard(one) for one in said]

    assert heard(1) == heard(1)
    assert heard(1) != heard(2)


def test_place_is_the_place_as_heard(lexicon: Lexicon) -> None:
    noise = Scripted(lexicon, {"历城": list("立成")})
    assert noise.heard(_command(), cer=0.1).pairs == (("立成", Check.HEADCOUNT),)


@pytest.mark.parametrize("left", [["", ""], ["", "城"]])
def test_place_that_is_gone_is_asked_for(lexicon: Lexicon, left: list[str]) -> None:
    heard = Scripted(lexicon, {"历城": left}).heard(_command(), cer=0.1)
    assert heard.intent is Intent.NO_PLACE
    assert heard.pairs == ((None, Check.HEADCOUNT),)
    assert heard.text == f"查一下{''.join(left)}工地的人数"


@pytest.mark.parametrize("sounding", ["仁树", "任数", "人书", "棱数"])
def test_check_is_told_by_its_sound(lexicon: Lexicon, sounding: str) -> None:
    noise = Scripted(lexicon, {"人数": list(sounding)})
    assert noise.heard(_command(), cer=0.1).calls == ((1, Check.HEADCOUNT),)


@pytest.mark.parametrize("lost", [["天", "地"], ["", "数"], ["人", "瓜"]])
def test_check_that_is_gone_is_asked_for(lexicon: Lexicon, lost: list[str]) -> None:
    heard = Scripted(lexicon, {"人数": lost}).heard(_command(), cer=0.1)
    assert heard.intent is Intent.NO_CHECK
    assert heard.pairs == (("历城", None),)


def test_general_words_do_not_tell_a_check(lexicon: Lexicon) -> None:
    noise = Scripted(lexicon, {"人数情况": list("瓜地情况")})
    assert noise.heard(_command("人数情况"), cer=0.1).intent is Intent.NO_CHECK
    kept = Scripted(lexicon, {"人数情况": list("人数风光")})
    assert kept.heard(_command("人数情况"), cer=0.1).intent is Intent.INSPECT


def test_check_heard_as_another_is_asked_for(lexicon: Lexicon) -> None:
    noise = Scripted(lexicon, {"查一下": ["查", "设", "备"]})
    assert noise.heard(_command(), cer=0.1).intent is Intent.NO_CHECK


def test_second_word_of_a_check_is_enough(lexicon: Lexicon) -> None:
    spoken = _command()
    spoken = Spoken(
        (*spoken.parts, Part("有多少人", "check", 0)), spoken.intent, spoken.calls
    )
    noise = Scripted(lexicon, {"人数": ["天", "瓜"]})
    assert noise.heard(spoken, cer=0.1).calls == ((1, Check.HEADCOUNT),)


def test_nothing_left_is_not_understood(lexicon: Lexicon) -> None:
    heard = Scripted(lexicon, {"人数": ["", ""], "历城": ["", ""]}).heard(
        _command(), cer=0.1
    )
    assert heard.intent is Intent.UNCLEAR
    assert heard.pairs == ((None, None),)


def test_one_lost_call_makes_the_answer_a_question(lexicon: Lexicon) -> None:
    parts = (
        Part("历城", "place", 1),
        Part("的"),
        Part("人数", "check", 1),
        Part("和"),
        Part("电笔", "check", 2),
    )
    calls = ((1, Check.HEADCOUNT), (1, Check.EQUIPMENT))
    spoken = Spoken(parts, Intent.INSPECT, calls)
    heard = Scripted(lexicon, {"电笔": ["瓜", "田"]}).heard(spoken, cer=0.1)
    assert heard.intent is Intent.NO_CHECK
    assert heard.pairs == (("历城", None),)


def test_refusal_that_is_gone_is_asked_for(lexicon: Lexicon) -> None:
    parts = (Part("把"), Part("历城", "place", 1), Part("的闸拉了"))
    spoken = Spoken(parts, Intent.UNSUPPORTED)
    near = Scripted(lexicon, {"的闸拉了": list("得炸拉啦")}).heard(spoken, cer=0.1)
    assert near.intent is Intent.UNSUPPORTED
    gone = Scripted(lexicon, {"的闸拉了": ["", "", "", "圈"]}).heard(spoken, cer=0.1)
    assert gone.intent is Intent.NO_CHECK
    assert gone.pairs == (("历城", None),)


def test_labels_stand_in_the_text(lexicon: Lexicon, commands: list[Spoken]) -> None:
    noise = Noise(lexicon, random.Random(8))
    kinds: Counter[Intent] = Counter()
    for spoken in commands:
        heard = noise.heard(spoken, cer=0.2)
        kinds[heard.intent] += 1
        for place, _ in heard.pairs:
            assert place is None or (len(place) >= 2 and place in heard.text)
    assert kinds[Intent.NO_CHECK]
    assert kinds[Intent.NO_PLACE]
    assert kinds[Intent.INSPECT] > 1600


def test_what_parts_a_place_is_near_its_sound(lexicon: Lexicon) -> None:
    noise = Noise(lexicon, random.Random(8))
    changed = 0
    for _ in range(3000):
        heard = noise.heard(_command(), cer=0.3)
        first, place = heard.parts[0], heard.parts[1]
        if len(first.text) == 3 and first.text[0] == "查" and place.kind == "place":
            next_but_one, beside = first.text[1:]
            assert distance("下", beside) <= NEAR
            assert distance("一", next_but_one) <= NEAR
            changed += (beside != "下") + (next_but_one != "一")
    assert changed > 100


def test_joint_of_two_places_stays(lexicon: Lexicon) -> None:
    parts = (
        Part("历城", "place", 1),
        Part("和"),
        Part("青岛", "place", 2),
        Part("人数", "check", 0),
    )
    calls = ((1, Check.HEADCOUNT), (2, Check.HEADCOUNT))
    spoken = Spoken(parts, Intent.INSPECT, calls)
    noise = Noise(lexicon, random.Random(8))
    for _ in range(500):
        heard = noise.heard(spoken, cer=0.3)
        if len(heard.parts) == 4:
            assert heard.parts[1].text == "和"


def test_every_check_of_the_trade_has_a_cue_of_its_own(lexicon: Lexicon) -> None:
    cues = read_cues()
    for check, kinds in lexicon.checks.items():
        for pool in kinds.values():
            for text in pool.items[: pool.core]:
                assert any(cue in text for cue in cues[check]), text
    # What is a cue of two checks would tell neither.
    for one in Check:
        for cue in cues[one]:
            assert not any(cue in cues[other] for other in Check if other is not one)


def test_characters_are_the_first_level_of_gb_2312() -> None:
    found = common_characters()
    assert len(set(found)) == len(found) == 3755
    assert found.startswith("啊阿")
    assert found.endswith("座")


@pytest.mark.parametrize(
    ("heard", "sayable"), [("承的", False), ("的承", False), ("承得", True)]
)
def test_a_place_that_no_answer_can_say_is_drawn_again(
    lexicon: Lexicon, heard: str, sayable: bool
) -> None:
    spoken = _command(place="承德")
    parts = [HeardPart(part) for part in spoken.parts]
    parts[1].heard = list(heard)
    assert (Recovery(lexicon).label(spoken, parts) is not None) is sayable
