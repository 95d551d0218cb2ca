"""What is asked: tables of transcripts, and rows that were held out."""

from pathlib import Path

import pytest

from app.agent.prompts import (
    UNSUPPORTED_ANSWER,
    parse_split_answer,
    split_answer,
    split_prompt,
)
from app.core.errors import UsageError
from app.core.model import Check, Intent
from app.tuning.data.maker import SHARES, Maker
from app.tuning.measuring.questions import (
    CLEAN,
    SUMMARIES,
    Question,
    held_out,
    level_name,
    read_table,
)
from app.tuning.phrases.lexicon import Lexicon, Split


def table(folder: Path, *lines: str, header: str = "text\tintent\tcalls") -> Path:
    path = folder / "heard.tsv"
    path.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
    return path


def test_a_table_gives_questions(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "历城和章丘几个人\tinspect\t历城/headcount;章丘/headcount",
        "",
        "帽子呢\tno_place\t/helmet",
        "历城呢\tno_check\t历城/",
        "把闸拉了\tunsupported\t",
        "嗯\tunclear\t",
    )
    both, no_place, no_check, refused, unclear = read_table(path)
    assert both.group == "heard.tsv"
    assert both.prompt == split_prompt("历城和章丘几个人")
    assert both.answer == split_answer(
        [("历城", Check.HEADCOUNT), ("章丘", Check.HEADCOUNT)]
    )
    assert no_place.answer == split_answer([(None, Check.HELMET)])
    assert no_check.answer == split_answer([("历城", None)])
    assert refused.answer == UNSUPPORTED_ANSWER
    assert unclear.answer == split_answer([(None, None)])
    for question in (both, no_place, no_check, refused, unclear):
        assert question.wanted is not None
        assert question.wanted.equals(parse_split_answer(question.answer))


def test_colons_and_full_width_marks_are_read_too(tmp_path: Path) -> None:
    path = table(tmp_path, "历城几个人,帽子呢\tinspect\t历城:headcount;历城/helmet")
    (question,) = read_table(path)
    assert question.wanted is not None
    assert question.wanted.calls == {
        ("历城", Check.HEADCOUNT),
        ("历城", Check.HELMET),
    }


def test_an_empty_cell_leaves_the_intent(tmp_path: Path) -> None:
    (question,) = read_table(table(tmp_path, "人齐了没\tno_place\t"))
    assert question.answer == ""
    assert question.wanted is not None
    assert question.wanted.intent is Intent.NO_PLACE
    assert question.wanted.calls is None


def test_columns_may_stand_in_any_order(tmp_path: Path) -> None:
    path = table(
        tmp_path, "1\tunsupported\t\t关灯", header="number\tintent\tcalls\ttext"
    )
    assert read_table(path)[0].speech == "关灯"


def test_lines_end_as_they_do_on_windows_and_nowhere_else(tmp_path: Path) -> None:
    path = tmp_path / "heard.tsv"
    text = "text\tintent\tcalls\r\n历城\u2028帽子\tinspect\t历城/helmet\r\n"
    path.write_bytes(text.encode("utf-8-sig"))
    (question,) = read_table(path)
    assert question.answer == split_answer([("历城", Check.HELMET)])


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("\tinspect\t历城/helmet", "没有语句"),
        ("#!\tinspect\t历城/helmet", "没有语句"),
        ("历城的帽子\tcheck\t历城/helmet", "意图应为"),
        ("历城的帽子\tinspect\t历城", "无法读懂调用"),
        ("历城的帽子\tinspect\t历城/hats", "检查「hats」"),
        ("历城的帽子\tinspect\t", "至少一个"),
        ("历城的帽子\tinspect\t历城/", "不符"),
        ("历城的帽子\tno_place\t历城/helmet", "不符"),
        ("历城的帽子\tunsupported\t历城/helmet", "不能有调用"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, why: str) -> None:
    path = table(tmp_path, "关灯\tunsupported\t", line)
    with pytest.raises(UsageError, match=r"heard\.tsv 第 3 行") as caught:
        read_table(path)
    assert why in caught.value.message


def test_a_table_without_rows_or_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="没有任何一行"):
        read_table(table(tmp_path))
    with pytest.raises(UsageError, match="缺少列名"):
        read_table(table(tmp_path, "a\tb\tc", header="text\tlabel"))
    with pytest.raises(UsageError, match="无法读取"):
        read_table(tmp_path / "none.tsv")
    binary = tmp_path / "binary.tsv"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="无法读取"):
        read_table(binary)


@pytest.fixture(scope="module")
def drawn() -> dict[float, list[Question]]:
    maker = Maker(Lexicon(), Split.TEST, seed=7)
    return {cer: list(held_out(maker, 25, cer)) for cer in (0.0, 0.1)}


def test_held_out_rows_are_distinct_and_of_every_kind(
    drawn: dict[float, list[Question]],
) -> None:
    for questions in drawn.values():
        prompts = [(one.kind, one.prompt) for one in questions]
        assert len(set(prompts)) == len(prompts)
    assert {one.kind for one in drawn[0.0]} == set(SHARES)
    assert {one.kind for one in drawn[0.1]} == set(SHARES) - SUMMARIES
    assert {one.group for one in drawn[0.0]} == {CLEAN}
    assert {one.group for one in drawn[0.1]} == {"cer 10 %"}
    assert level_name(0.05) == "cer 5 %"


def test_labels_can_be_answered_from_what_was_heard(
    drawn: dict[float, list[Question]],
) -> None:
    for questions in drawn.values():
        for one in questions:
            assert one.in_reach
            if one.wanted is not None:
                assert one.wanted.equals(parse_split_answer(one.answer))


def test_clean_rows_are_what_was_said_and_noisy_ones_are_not(
    drawn: dict[float, list[Question]],
) -> None:
    assert all(one.said == one.speech for one in drawn[0.0] if one.speech)
    noisy = [one for one in drawn[0.1] if one.speech is not None]
    assert any(one.said != one.speech for one in noisy)
