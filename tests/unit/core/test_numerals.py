"""How numbers are said, and read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.numerals import by_digit, cardinal, value


@pytest.mark.parametrize(
    ("numeral", "number"),
    [
        ("五百", 500), ("一百一十", 110), ("十", 10), ("二十五", 25), ("幺幺零", 110),
        ("二百二", 220), ("二百零二", 202), ("两百", 200), ("一千零五", 1005),
        ("三五", 35), ("〇", 0),
    ],
)  # fmt: skip
def test_a_numeral_has_the_value_that_it_says(numeral: str, number: int) -> None:
    assert value(numeral) == number


@given(st.integers(0, 9999))
def test_a_number_that_is_said_is_read_back(number: int) -> None:
    assert value(cardinal(str(number))) == number
    assert value(by_digit(str(number))) == number


@pytest.mark.parametrize(
    ("digits", "said"),
    [("007", "零零七"), ("12345", "一二三四五"), ("10", "十"), ("101", "一百零一")],
)
def test_what_is_no_number_is_said_digit_by_digit(digits: str, said: str) -> None:
    assert cardinal(digits) == said


def test_what_is_no_numeral_is_refused() -> None:
    with pytest.raises(KeyError):
        value("城")
