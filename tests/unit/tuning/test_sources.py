"""What a user brings to the data, and that it never carries held-out things along."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.agent.prompts import parse_split_answer
from app.cli import app
from app.core.model import Check, Intent
from app.system.files import sha256_of
from app.tuning.data.errors import DataError
from app.tuning.data.heldout import HeldOut
from app.tuning.data.maker import DataConfig, Maker, Row, make_data, overlap
from app.tuning.data.report import CARD
from app.tuning.data.sources import is_place, parse_phrase, read_phrases
from app.tuning.phrases.lexicon import PHRASES, Lexicon, Split, split_of
from app.tuning.phrases.mishearing import TABLE, TableError, read_confusions

HEAD = "text,intent,calls\n"


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon()


@pytest.fixture(scope="module")
def held(lexicon: Lexicon) -> HeldOut:
    return HeldOut(lexicon)


def small(**more: Any) -> DataConfig:
    return DataConfig(out=Path(), train=300, dev=60, test=120, **more)


def write(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "mine.csv"
    path.write_text(text, encoding=encoding)
    return path


@pytest.mark.parametrize(
    ("row", "intent", "key", "calls"),
    [
        (
            "瞅瞅{place}来了几号人,inspect,{place}:人数",
            Intent.INSPECT,
            "瞅瞅<1>来了几号人",
            ((1, Check.HEADCOUNT),),
        ),
        (
            "历城那边帽子都扣好没,,历城:helmet",
            Intent.INSPECT,
            "<1>那边帽子都扣好没",
            ((1, Check.HELMET),),
        ),
        (
            "{place1}跟{place2}各有几个人,inspect,{place2}:人数；{place1}：设备检查",
            Intent.INSPECT,
            "<1>跟<2>各有几个人",
            ((1, Check.HEADCOUNT), (2, Check.EQUIPMENT)),
        ),
        (
            "人头齐不齐,no_place,人数",
            Intent.NO_PLACE,
            "人头齐不齐",
            ((None, Check.HEADCOUNT),),
        ),
        ("{place}咋说,no_check,{place}:", Intent.NO_CHECK, "<1>咋说", ((1, None),)),
        (
            "把{place}的灯拉了,unsupported,",
            Intent.UNSUPPORTED,
            "把<1>的灯拉了",
            (),
        ),
        ("呃这个,unclear,", Intent.UNCLEAR, "呃这个", ((None, None),)),
        ("早,greeting,", Intent.GREETING, "早", ()),
    ],
)
def test_a_row_says_what_it_means(
    tmp_path: Path, row: str, intent: Intent, key: str, calls: object
) -> None:
    (phrase,) = read_phrases(write(tmp_path, HEAD + row + "\n"))
    assert (phrase.intent, phrase.key, phrase.calls) == (intent, key, calls)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_table_program_may_have_saved_it(tmp_path: Path, encoding: str) -> None:
    text = (
        '语句,意图,调用,备注\r\n"看看{place},有几个人",inspect,{place}:人数,x\r\n\r\n'
    )
    (phrase,) = read_phrases(write(tmp_path, text, encoding))
    assert phrase.key == "看看<1>,有几个人"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (",inspect,济南:人数", "第 2 行: 语句是空的"),
        ("看看济南,inspect,青岛:人数", "地点「青岛」不在语句里"),
        ("看看济南,inspect,济南:人头数", "是否要写 人数"),
        ("看看济南,inspekt,济南:人数", "是否要写 inspect"),
        ("看看济南,no_check,济南:人数", "意图是 no_check, 调用的意思却是 inspect"),
        ("看看济南,inspect,", "没有调用"),
        ("拉闸,unsupported,济南:人数", "请清空调用一格"),
        ("看看{plce}的人,inspect,{plce}:人数", "不认识 {plce}"),
        ("看看{place}的人,inspect,", "没有调用"),
        ("{place1}和{place2}的人,inspect,{place1}:人数", "语句里有 {place2}"),
        ("看看济南和青岛,inspect,济南:人数;青岛:", "有的调用缺地点或检查"),
        ("看看济南,人数,inspect,济南:人数", "有 4 格, 表头有 3 格"),
        ("看 南 的人数,inspect,看 南:人数", "不能作地点"),
        ("好,inspect,好:人数", "不能作地点"),
        ("早,greeting,\n早,greeting,", "第 3 行: 语句与第 2 行相同"),
        ("\n\n早,,", "第 4 行: 没有调用"),
        ("#,unclear,", "没有文字"),
        ("看" * 130 + ",unclear,", "最多 120 个"),
    ],
)
def test_a_wrong_row_is_named_with_what_to_do(
    tmp_path: Path, rows: str, said: str
) -> None:
    path = write(tmp_path, HEAD + rows)
    with pytest.raises(DataError) as refused:
        read_phrases(path)
    assert said in str(refused.value)
    assert "mine.csv" in str(refused.value)


def test_every_wrong_row_is_named_at_once(tmp_path: Path) -> None:
    rows = "".join(f"看看{n}号地,inspect,\n" for n in range(30))
    with pytest.raises(DataError) as refused:
        read_phrases(write(tmp_path, HEAD + rows))
    assert "有 30 行不能用" in str(refused.value)
    assert "第 21 行" in str(refused.value)
    assert "第 22 行" not in str(refused.value)
    assert "另有 10 行有误" in str(refused.value)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "是空的"),
        (HEAD.encode(), "只有表头"),
        ("text,intent\n早,greeting".encode(), "缺少列 calls"),
        (HEAD.encode() + '"早,greeting,\n'.encode(), "不是合格的 CSV"),
        (b"\x00\x01\x02", "既不是 UTF-8 也不是 GB18030"),
    ],
)
def test_a_file_that_is_none_is_a_sentence(
    tmp_path: Path, data: bytes, said: str
) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes(data)
    with pytest.raises(DataError, match=said):
        read_phrases(path)
    with pytest.raises(DataError, match="无法读取"):
        read_phrases(tmp_path / "none.csv")


def from_csv(made: dict[Split, list[Row]]) -> list[tuple[Split, Row]]:
    return [(s, row) for s, rows in made.items() for row in rows if row.source == "csv"]


def test_a_users_phrases_are_held_out_too() -> None:
    phrases = tuple(
        parse_phrase(f"第{n}班瞅瞅{{place}}来了几号人", "inspect", "{place}:人数")
        for n in range(60)
    )
    made = make_data(small(phrases=phrases))
    where = {row.phrase: split for split, row in from_csv(made)}
    assert set(where.values()) == set(Split)
    assert len(where) == 60
    assert where == {
        row.phrase: split
        for split, row in from_csv(make_data(small(phrases=phrases[::-1])))
    }
    assert not overlap(made[Split.TRAIN], made[Split.TEST])
    assert not overlap(made[Split.TRAIN], made[Split.DEV])
    for _, row in from_csv(made):
        answer = parse_split_answer(row.summary)
        assert answer.intent is Intent.INSPECT
        assert all(place in row.content for place, _ in answer.pairs if place)


@pytest.mark.parametrize(
    ("text", "noise"),
    [("{place}的人数给我瞅瞅哈", True), ("{place}的脑袋瓜子有几颗", False)],
)
def test_a_phrase_has_noise_only_where_its_check_is_known_by_its_words(
    lexicon: Lexicon, text: str, noise: bool
) -> None:
    """In words of its own nobody could tell whether the check is still heard."""
    phrase = parse_phrase(text, "inspect", "{place}:人数")
    rows = Maker(lexicon, Split.TRAIN, seed=8).said(phrase, 40, noise=1.0)
    assert not rows[0].noisy
    assert any(row.noisy for row in rows[1:]) is noise
    told = text.partition("}")[2]
    assert all(row.content.endswith(told) for row in rows) is not noise


def said_in(lexicon: Lexicon, split: Split, intent: Intent) -> Iterator[Row]:
    maker = Maker(lexicon, split, seed=123)
    while True:
        yield maker.row(intent.value)


@pytest.mark.parametrize("split", [Split.TEST, Split.DEV])
def test_a_row_like_a_held_out_one_goes_to_its_split(
    lexicon: Lexicon, held: HeldOut, split: Split
) -> None:
    """As the evaluation says them, which draws rows of its own."""
    phrases = []
    for row in said_in(lexicon, split, Intent.INSPECT):
        speech = row.content.rsplit("#", 1)[1]
        answer = parse_split_answer(row.summary)
        calls = "; ".join(f"{place}:{check}" for place, check in answer.pairs)
        phrase = parse_phrase(speech, "inspect", calls)
        if phrase.key == row.phrase and phrase not in phrases:
            phrases.append(phrase)
        if len(phrases) == 40:
            break
    where = Counter(held.phrase(phrase.key) for phrase in phrases)
    assert where[split] >= 36
    # What dev and test can both say is test's.
    assert set(where) <= {split, Split.TEST}
    made = make_data(small(phrases=tuple(phrases)))
    assert {split for split, _ in from_csv(made)} == set(where)
    keys = {phrase.key for phrase in phrases}
    assert not any(row.phrase in keys for row in made[Split.TRAIN])


@pytest.mark.parametrize(
    "said", ["查一下{}的人数", "看一下{}的安全帽佩戴情况", "帮我查一下{}的设备情况"]
)
def test_what_training_says_too_is_held_out_by_its_hash_only(
    held: HeldOut, said: str
) -> None:
    """Whatever a carrier of dev or test could be stretched to."""
    assert held.phrase(said.format("<1>")) is split_of(said.format("\0"))


def test_a_held_out_place_is_not_trained_on(lexicon: Lexicon, held: HeldOut) -> None:
    town = next(n for n in lexicon.places(Split.TEST).towns if len(n) == 3)
    for name in (town, f"{town}镇", f"{town}变电站", f"110千伏{town}线路"):
        assert held.place(name) is Split.TEST
    keys = (f"第{n}班瞅瞅{town}来了几号人" for n in range(99))
    phrases = [parse_phrase(key, "inspect", f"{town}:人数") for key in keys]
    phrase = next(p for p in phrases if held.phrase(p.key) is Split.TRAIN)
    made = make_data(small(phrases=(phrase,)))
    ours = from_csv(made)
    assert {split for split, _ in ours} == {Split.TRAIN}
    assert not any(town in row.content for _, row in ours)
    hidden = parse_phrase(f"第{0}班把{town}工地的灯拉了", "unsupported", "")
    assert held.phrase(hidden.key) is Split.TEST


def test_prefectures_may_be_trained_on(held: HeldOut) -> None:
    for name in ("济南", "济南市", "青岛"):
        assert held.place(name) is Split.TRAIN


def test_the_desks_places_are_trained_on_in_their_share(held: HeldOut) -> None:
    names = ("济南", "青岛西海岸", "烟台港", "泰安二期")
    names = tuple(n for n in names if held.place(n) is Split.TRAIN)
    assert len(names) >= 2
    plain = make_data(small())
    made = make_data(small(places=names, place_share=0.5))
    assert made[Split.TEST] == plain[Split.TEST]
    placed = [row for row in made[Split.TRAIN] if row.names]
    desk = [row for row in placed if set(row.names) <= set(names)]
    assert 0.4 < len(desk) / len(placed) < 0.6
    assert {row.names[0] for row in desk} == set(names)
    assert all(len(set(row.names)) == len(row.names) for row in desk)


def test_a_desk_of_one_place_is_never_said_twice() -> None:
    made = make_data(small(places=("济南",), place_share=1.0))
    placed = [row for row in made[Split.TRAIN] if row.names]
    assert any(row.names == ("济南",) for row in placed)
    assert any(len(row.names) > 1 for row in placed)
    assert all(row.names.count("济南") <= 1 for row in placed)


def test_rows_are_spoilt_as_the_desks_own_recogniser_errs(tmp_path: Path) -> None:
    """Here one that hears every 数 as 书, and errs in nothing else."""
    shares = "spread = 1.2\ntogether = 0.0\ndeleted = 0.0\ninserted = 0.0\n"
    shares += "homophone = 0.0\ndoubled = 0.0\nplaces = 1.0\n"
    table = tmp_path / "mine.toml"
    table.write_text(f"[errors]\n{shares}[syllables]\nshu = {{ chu = 1e9 }}\n")
    plain = make_data(small(noise=1.0))
    made = make_data(small(noise=1.0, confusions=table))
    assert made[Split.TEST] == plain[Split.TEST]
    assert made[Split.TRAIN] != plain[Split.TRAIN]
    line = (
        f"tune data {tmp_path / 'out'} --rows 20 --dev 5 --test 5 --confusions {table}"
    )
    done = CliRunner().invoke(app, line.split())
    assert done.exit_code == 0, done.stderr
    card = json.loads((tmp_path / "out" / CARD).read_text(encoding="utf-8"))
    assert card["confusions_sha256"] == sha256_of(table)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "无法读取混淆表"),
        ("[errors", "不是合格的 TOML"),
        ("[errors]\nspread = 1\n", "[errors] 应当恰好有"),
        (None, "目录"),
    ],
)
def test_a_wrong_table_of_confusions_is_refused(
    tmp_path: Path, text: str | None, told: str
) -> None:
    path = tmp_path / "mine.toml"
    if told == "目录":
        path, told = tmp_path, "无法读取混淆表"
    elif text is not None:
        path.write_text(text)
    done = CliRunner().invoke(
        app, ["tune", "data", str(tmp_path / "out"), "--confusions", str(path)]
    )
    assert done.exit_code == 2
    assert told in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[initials]", "[initials]\nzzz = 3", "不是非负数"),
        ("[left_out]", "[left_out.deeper]", "不是非负数"),
        ("spread = ", "spread = 0 # ", "spread 应当大于零"),
        ("spread = ", "spread = inf # ", "不是非负数"),
        ("deleted = ", "deleted = -", "不是非负数"),
    ],
)
def test_a_table_of_another_shape_is_refused(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    good = (PHRASES / TABLE).read_text(encoding="utf-8")
    assert read_confusions() == read_confusions(PHRASES / TABLE)
    path = tmp_path / "mine.toml"
    path.write_text(good.replace(f"\n{old}", f"\n{new}", 1))
    with pytest.raises(TableError, match=told):
        read_confusions(path)


def test_a_table_with_a_word_for_a_number_is_refused(tmp_path: Path) -> None:
    good = (PHRASES / TABLE).read_text(encoding="utf-8")
    path = tmp_path / "mine.toml"
    bad = re.sub(r"(\[syllables\]\n.*?= \{ .*? = )[\d.]+", r'\1"x"', good, count=1)
    path.write_text(bad)
    with pytest.raises(TableError, match="不是非负数"):
        read_confusions(path)


def test_what_cannot_be_copied_is_no_place() -> None:
    assert is_place("济南")
    assert not is_place("济")
    assert not is_place("国网山东省电力公司济宁供电公司施工现场")
    assert not is_place("微山湖(线路侧)")
    assert not is_place("济南 历城")


def test_a_wrong_file_ends_the_command_with_status_2(tmp_path: Path) -> None:
    path = write(tmp_path, HEAD + "看看济南,inspect,\n")
    done = CliRunner().invoke(
        app, ["tune", "data", str(tmp_path / "out"), "--phrases", str(path)]
    )
    assert done.exit_code == 2
    assert "mine.csv" in done.stderr
    assert "第 2 行: 没有调用" in done.stderr
    assert not (tmp_path / "out").exists()
