"""No text that came from outside is a formula, however it hides."""

import pytest

from app.reports.harmless import LONGEST_CELL, defused, one_line

FORMULA = "HYPERLINK(A1)"


@pytest.mark.parametrize("start", [*"=+-@|%", *"＝＋－＠｜", "\t", "\r", "\n"])
@pytest.mark.parametrize(
    "before", ["", " ", "\u3000", "\u00a0", "\ufeff", "\u200b\u202e"]
)
def test_what_begins_like_a_formula_is_text(before: str, start: str) -> None:
    words = f"{before}{start}{FORMULA}"
    assert defused(words) == f"'{words}"


@pytest.mark.parametrize(
    "words", ["济南=青岛", "1+1", "查一下", "", "[人数检测]", "’=1"]
)
def test_other_texts_stay_as_they_are(words: str) -> None:
    assert defused(words) == words


@pytest.mark.parametrize("name", ["#N/A", " #ref! ", "#DIV/0!"])
def test_a_name_like_the_error_of_a_spreadsheet_is_text(name: str) -> None:
    assert defused(name) == f"'{name}"


def test_a_number_sign_alone_is_left() -> None:
    assert defused("#3 工地") == "#3 工地"


def test_a_text_fits_into_a_cell() -> None:
    assert len(defused("=" * 40_000)) == LONGEST_CELL


def test_one_line_is_one_line() -> None:
    assert one_line(" 王\r\n芳\u2028\x00 ") == "王 芳 \ufffd"
