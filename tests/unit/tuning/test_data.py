import json
from pathlib import Path

import pytest

from app.agent.prompts import clean_speech, parse_split_answer
from app.core.model import Check, Intent
from app.tuning.data import (
    HELLO,
    SHARES,
    DataConfig,
    Maker,
    Row,
    make_data,
    overlap,
    read_rows,
    write_data,
)
from app.tuning.lexicon import Lexicon, Split, split_of, stem_of
from app.tuning.noise import Noise
from app.tuning.speech import Speaker

SMALL = DataConfig(out=Path(), train=400, dev=100, test=150)


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon()


@pytest.fixture(scope="module")
def made() -> dict[Split, list[Row]]:
    return make_data(SMALL)


def test_equal_seeds_give_equal_rows(
    lexicon: Lexicon, made: dict[Split, list[Row]]
) -> None:
    again = Maker(lexicon, Split.TEST, seed=SMALL.seed).rows(50, noise=SMALL.noise)
    assert again == made[Split.TEST][:50]
    other = Maker(lexicon, Split.TEST, seed=SMALL.seed + 1).rows(50, noise=SMALL.noise)
    assert other != again


def test_splits_share_neither_phrase_nor_place(made: dict[Split, list[Row]]) -> None:
    for one, two in (
        (Split.TRAIN, Split.DEV),
        (Split.TRAIN, Split.TEST),
        (Split.DEV, Split.TEST),
    ):
        assert not overlap(made[one], made[two])


def test_shared_rows_are_noticed(made: dict[Split, list[Row]]) -> None:
    rows = made[Split.TRAIN]
    assert overlap(rows, rows[:5])


def test_files_have_the_two_columns(tmp_path: Path) -> None:
    report = write_data(DataConfig(out=tmp_path, train=60, dev=20, test=20))
    rows = json.loads((tmp_path / "train.json").read_text(encoding="utf-8"))
    assert {frozenset(row) for row in rows} == {frozenset({"content", "summary"})}
    assert report.rows["train"] == len(rows) == len(read_rows(tmp_path / "train.json"))
    assert set(report.overlap.values()) == {0}


def test_foreign_files_need_the_columns(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text('[{"prompt": "a"}]', encoding="utf-8")
    with pytest.raises(ValueError, match="content and summary"):
        read_rows(path)


def test_labels_stay_true_under_noise(lexicon: Lexicon) -> None:
    maker = Maker(lexicon, Split.TRAIN, seed=3)
    for _ in range(300):
        row = maker.row(Intent.INSPECT.value, noisy=True)
        answer = parse_split_answer(row.summary)
        assert answer.intent is Intent.INSPECT
        for place, check in answer.pairs:
            assert place is not None
            assert check is not None
            assert place in row.content


@pytest.mark.parametrize("kind", SHARES)
def test_every_kind_can_be_drawn_in_every_split(lexicon: Lexicon, kind: str) -> None:
    for split in Split:
        row = Maker(lexicon, split, seed=1).row(kind)
        assert row.kind == kind
        assert row.content.startswith("步骤#")
        if kind == HELLO:
            assert row.summary.startswith("您好,我是电网大模型")
        elif kind in {check.value for check in Check}:
            assert row.summary.startswith("[")
        else:
            assert parse_split_answer(row.summary).intent.value == kind


def test_summaries_cover_the_verdict_table(lexicon: Lexicon) -> None:
    maker = Maker(lexicon, Split.TRAIN, seed=5)
    said = {
        maker.row(check.value).summary.lstrip("[").translate(_NO_DIGITS)
        for check in Check
        for _ in range(120)
    }
    assert len(said) == 5 + 3 + 3


_NO_DIGITS = str.maketrans("", "", "0123456789")


def test_a_place_and_its_short_form_share_a_split() -> None:
    assert stem_of("历城区") == stem_of("历城") == "历城"
    assert stem_of("济南市") == "济南"
    assert stem_of("市区") == "市区"
    assert {split_of(f"名{n}") for n in range(200)} == set(Split)


def test_held_out_places_are_unseen_and_prefectures_are_not(lexicon: Lexicon) -> None:
    train, test = lexicon.places(Split.TRAIN), lexicon.places(Split.TEST)
    assert "济南" in train.cities
    assert not test.cities
    assert not set(train.towns) & set(test.towns)
    assert len(test.towns) > 500


def test_intents_say_what_they_are(lexicon: Lexicon) -> None:
    import random

    speaker = Speaker(lexicon, random.Random(1))
    for _ in range(50):
        inspect = speaker.say(Intent.INSPECT)
        assert all(place and check for place, check in inspect.pairs)
        assert all(place in inspect.text for place, _ in inspect.pairs if place)
        assert all(place is None for place, _ in speaker.say(Intent.NO_PLACE).pairs)
        assert all(check is None for _, check in speaker.say(Intent.NO_CHECK).pairs)
        assert speaker.say(Intent.UNSUPPORTED).pairs == ()
        assert speaker.say(Intent.UNCLEAR).pairs == ((None, None),)


def test_noise_changes_a_check_only_by_sound(lexicon: Lexicon) -> None:
    import random

    from pypinyin import lazy_pinyin

    noise = Noise(lexicon, random.Random(2))
    for char in "济南青岛安全帽电笔":
        heard = noise.homophone(char)
        assert len(heard) == 1
        close = set(lazy_pinyin(char)[0]) & set(lazy_pinyin(heard)[0])
        assert close


def test_phrases_survive_cleaning(lexicon: Lexicon) -> None:
    maker = Maker(lexicon, Split.TEST, seed=9)
    for _ in range(100):
        speech = maker.row(Intent.INSPECT.value).content.rsplit("#", 1)[1]
        assert clean_speech(speech) == speech
