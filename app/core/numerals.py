"""How numbers are said: 110 is 一百一十, 一一零 or 幺幺零; and read back as digits."""

from typing import Final

DIGITS: Final = "零一二三四五六七八九"
"""The digits 0 … 9 as they are said one by one."""
LONGEST_NUMBER: Final = 4
"""More digits than this are said one by one."""

_VALUES: Final = {
    "零": 0, "〇": 0, "幺": 1, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4,
    "五": 5, "六": 6, "七": 7, "八": 8, "九": 9,
}  # fmt: skip
_POWERS: Final = {"十": 10, "百": 100, "千": 1000}

CHARACTERS: Final = "".join((*_VALUES, *_POWERS))
"""Every character that a numeral is written with."""


def value(numeral: str) -> int:
    """Read a Chinese numeral: 五百, 二百二 (220), 幺幺零.

    Raises:
        KeyError: It has another character than `CHARACTERS`.
    """
    if not any(c in _POWERS for c in numeral):
        return int("".join(str(_VALUES[c]) for c in numeral))
    total, digit, power = 0, 0, 10
    for c in numeral:
        if c in _POWERS:
            power = _POWERS[c]
            total += (digit or 1) * power
            digit = 0
        elif _VALUES[c] == 0:
            power = 10
        else:
            digit = _VALUES[c]
    # 二百二 is 220, 二百零二 is 202.
    colloquial = numeral[-1] in _VALUES and numeral[-2:-1] in ("百", "千")
    return total + digit * (power // 10 if colloquial else 1)


def cardinal(digits: str) -> str:
    """Say a run of digits as a number: 110 → 一百一十, 10 → 十; 007 → 零零七."""
    if len(digits) > LONGEST_NUMBER or (len(digits) > 1 and digits[0] == "0"):
        return by_digit(digits)
    number = int(digits)
    if number == 0:
        return DIGITS[0]
    text, gap = "", False
    for power, word in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // power % 10
        if digit:
            text += ("零" if gap and text else "") + DIGITS[digit] + word
            gap = False
        else:
            gap = True
    return text.removeprefix("一") if text.startswith("一十") else text


def by_digit(digits: str) -> str:
    """Say a run of digits one by one: 110 → 一一零."""
    return "".join(DIGITS[int(digit)] for digit in digits)
