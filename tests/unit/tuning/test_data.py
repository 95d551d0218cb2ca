import json
import re
from collections import Counter
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.agent.prompts import clean_speech, parse_split_answer
from app.agent.summary import finding_of
from app.core.cancel import CancelToken
from app.core.model import Call, Check, Intent, Site
from app.core.observation import Observation
from app.tuning.data.errors import DataError
from app.tuning.data.maker import (
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
from app.tuning.data.report import CARD
from app.tuning.data.rowset import giving_way
from app.tuning.phrases.lexicon import Lexicon, Split, split_of, stem_of
from app.tuning.phrases.noise import Noise
from app.tuning.phrases.speech import Speaker

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


@pytest.mark.parametrize(
    "same",
    [
        {"phrase": "查<1>的人数"},
        {"names": ("历城",)},
        {"stems": ("历城",)},
        {"content": "步骤#a"},
    ],
)
def test_training_gives_way_to_what_is_held_out(same: dict[str, Any]) -> None:
    held = Row("步骤#a", "b", "inspect", "查<1>的人数", ("历城",), names=("历城",))
    other = Row("步骤#b", "b", "inspect", "看<1>", ("章丘",), names=("章丘",))
    assert giving_way([other, replace(other, **same)], [held]) == [other]
    assert overlap([replace(other, **same)], [held])
    assert not overlap([other], [held])


def test_files_have_the_two_columns(tmp_path: Path) -> None:
    report = write_data(DataConfig(out=tmp_path, train=60, dev=20, test=20))
    rows = json.loads((tmp_path / "train.json").read_text(encoding="utf-8"))
    assert {frozenset(row) for row in rows} == {frozenset({"content", "summary"})}
    assert report.rows["train"] == len(rows) == len(read_rows(tmp_path / "train.json"))
    assert set(report.overlap.values()) == {0}


@pytest.mark.slow
def test_the_report_says_what_is_in_the_files(tmp_path: Path) -> None:
    config = DataConfig(out=tmp_path, train=200, dev=40, test=40)
    report = write_data(config)
    meta = json.loads((tmp_path / "dev.meta.json").read_text(encoding="utf-8"))
    assert sum(counts["dev"] for counts in report.kinds.values()) == len(meta)
    assert report.phrases["dev"] == len({row["phrase"] for row in meta})
    assert report.places["dev"] == len({s for row in meta for s in row["stems"]})
    assert sum(counts["dev"] for counts in report.verdicts.values()) == sum(
        row["kind"] in {check.value for check in Check} for row in meta
    )
    assert "重叠: train/dev 0" in report.table()
    card = json.loads((tmp_path / CARD).read_text(encoding="utf-8"))
    assert card["sha256"] == report.sha256
    assert report.sha256 == write_data(config).sha256
    other = DataConfig(out=tmp_path, train=200, dev=40, test=40, seed=1)
    assert report.sha256 != write_data(other).sha256


def test_files_that_share_anything_are_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: dict[Split, list[Row]]
) -> None:
    row = next(row for row in made[Split.TEST] if row.names)
    leaked = {**made, Split.TRAIN: [*made[Split.TRAIN], row]}
    monkeypatch.setattr("app.tuning.data.maker.make_data", lambda config: leaked)
    with pytest.raises(DataError, match="train/test 两份数据有重叠") as refused:
        write_data(DataConfig(out=tmp_path))
    assert min(row.names) in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_a_disk_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    in_the_way = tmp_path / "out"
    in_the_way.write_text("a file")
    with pytest.raises(DataError, match="无法写入"):
        write_data(DataConfig(out=in_the_way, train=20, dev=9, test=9))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "是空的"),
        ("[]", "没有一行数据"),
        ('{"content": "a"', "第 1 行第 16 个字符处就断了"),
        ('[\n{"content": "a", "summary": "b"},\n{"content"', "第 3 行"),
        ('[{"content": "a", "summary": "b"}, {"prompt": "a"}]', "第 2 行数据缺少"),
        ('[{"content": "a"}]', "第 1 行数据缺少 summary"),
        ('[{"content": "a", "summary": 3}]', "summary 不是文字, 而是 int"),
        ('[{"content": " ", "summary": "b"}]', "第 1 行数据的 content 是空的"),
        ("[1]", "第 1 行数据不是对象"),
        ("3", "不是行的列表"),
        ('{"content": "a", "summary": "b"}\n{"content": "a"}', "第 2 行缺少 summary"),
    ],
)
def test_a_broken_file_of_rows_is_told_by_its_row(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "rows.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=re.escape(said)) as refused:
        read_rows(path)
    assert isinstance(refused.value, ValueError)
    assert refused.value.exit_status == 2
    assert "rows.json" in str(refused.value)


def test_a_file_of_rows_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="找不到"):
        read_rows(tmp_path / "rows.json")
    (tmp_path / "rows.json").write_bytes(b"[\xff\xfe]")
    with pytest.raises(DataError, match="不是 UTF-8 文本"):
        read_rows(tmp_path / "rows.json")


def test_rows_one_a_line_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    line = '{"content": "a\u2028", "summary": "b"}\n'
    path.write_text("\ufeff" + line * 3, encoding="utf-8")
    assert read_rows(path) == [("a\u2028", "b")] * 3


def test_labels_stay_true_under_noise(lexicon: Lexicon) -> None:
    maker = Maker(lexicon, Split.TRAIN, seed=3)
    intents = Counter[Intent]()
    for _ in range(300):
        row = maker.row(Intent.INSPECT.value, noisy=True, cer=0.15)
        answer = parse_split_answer(row.summary)
        intents[answer.intent] += 1
        assert row.kind == "inspect"
        assert all(place in row.content for place, _ in answer.pairs if place)
    # What was lost is asked for; mostly nothing is.
    assert set(intents) <= {
        Intent.INSPECT, Intent.NO_PLACE, Intent.NO_CHECK, Intent.UNCLEAR
    }  # fmt: skip
    assert 150 < intents[Intent.INSPECT] < 300


def test_more_errors_are_heard_at_a_higher_rate(lexicon: Lexicon) -> None:
    def changed(cer: float) -> int:
        maker = Maker(lexicon, Split.DEV, seed=4)
        rows = (maker.row("inspect", noisy=True, cer=cer) for _ in range(60))
        return sum(any(name not in row.content for name in row.names) for row in rows)

    assert changed(0.0) == 0
    assert changed(0.02) < changed(0.3)


def test_a_row_is_noisy_only_if_it_was_heard_otherwise(lexicon: Lexicon) -> None:
    maker = Maker(lexicon, Split.TRAIN, seed=10)
    rows = [maker.row("no_place", noisy=True, cer=0.03) for _ in range(120)]
    said = [clean_speech(row.phrase) for row in rows]
    heard = [row.content.rsplit("#", 1)[1] for row in rows]
    errors = [one != other for one, other in zip(said, heard, strict=True)]
    assert [row.noisy for row in rows] == errors
    assert 5 < sum(errors) < 100


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


@pytest.mark.parametrize("split", Split)
def test_summaries_cover_the_verdict_table(lexicon: Lexicon, split: Split) -> None:
    maker = Maker(lexicon, split, seed=5)
    said = {
        maker.row(check.value).summary.lstrip("[").translate(_NO_DIGITS)
        for check in Check
        for _ in range(120)
    }
    assert len(said) == 5 + 3 + 3
    # What the rule says alone is never asked of the model, so it is never taught.
    assert not any("数据缺失" in sentence for sentence in said)


class Asked:
    """Stands where the model is, and remembers what it was asked."""

    glm = SimpleNamespace(pattern_version=2)

    def write(self, prompt: str, **_: object) -> SimpleNamespace:
        self.prompt = prompt
        return SimpleNamespace(text="")


def test_a_helmet_check_is_asked_as_the_desk_asks_it_without_an_order(
    lexicon: Lexicon,
) -> None:
    asked = Asked()
    call = Call(site=Site(id="s", name="s"), check=Check.HELMET)
    seen = Observation(expected=None, actual=31, wearing=30)
    finding_of(call, seen, asked, CancelToken())  # type: ignore[arg-type]
    counts = re.compile("应到([0-9]+)人.*实到([0-9]+)人")
    found = counts.search(asked.prompt)
    assert found is not None
    assert found[1] == found[2] == "31"
    maker = Maker(lexicon, Split.TRAIN, seed=6)
    rows = [maker.row(Check.HELMET.value).content for _ in range(60)]
    equal = sum(len(set(counts.findall(row)[0])) == 1 for row in rows)
    assert 10 < equal < 50


def test_a_summary_with_numbers_is_in_one_split_only(lexicon: Lexicon) -> None:
    told = []
    for split in Split:
        maker = Maker(lexicon, split, seed=7)
        rows = [maker.row(check.value) for check in Check for _ in range(200)]
        assert {row.common for row in rows} == {True, False}
        told.append({r.summary for r in rows if set(r.summary) & set("0123456789")})
    for one, two in combinations(told, 2):
        assert not one & two


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
