"""How what is shown is said: 47人 is 四十七人; nothing is said that is not shown.

A sentence is changed in place, from left to right: digits become words, signs become
pauses, codes such as a ticket's number are left out. There is no other source of a
number, so none can be said that is not on the screen.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from app.core import checks
from app.core.model import Call, Fault, Finding, Question, Severity
from app.core.numerals import by_digit, cardinal

MANY: Final = 3
"""More findings than this are counted, and only alarms are said one by one."""
SAID_ALARMS: Final = 3
_LONGEST: Final = 16
"""More digits than this are a code, not a number."""

SEVERITIES: Final = {
    Severity.ALARM: "告警",
    Severity.UNKNOWN: "数据缺失",
    Severity.ATTENTION: "注意",
    Severity.NORMAL: "正常",
}
_COUNTERS: Final = (
    "人个名位项块张次座台条顶支只把家处件套份组辆间层帧秒天周遍句"
    "|分钟|小时|公里|公斤|毫秒"
)
_LINES: Final = "开关|断路器|刀闸|隔离|地刀|主变|母线|线|变|站"
_ORDINALS: Final = "一二三四五六七八九"


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """One sentence to say, and how much it asks for attention."""

    text: str
    severity: Severity = Severity.NORMAL


def counted(digits: str) -> str:
    """Say a count: 47 → 四十七, 12345 → 一万二千三百四十五; 007 → 零零七."""
    if len(digits) > _LONGEST or (len(digits) > 1 and digits[0] == "0"):
        return by_digit(digits)
    return _liang(_whole(int(digits)))


def _whole(number: int) -> str:
    for size, word in ((10**12, "万亿"), (10**8, "亿"), (10**4, "万")):
        if number >= size:
            high, low = divmod(number, size)
            gap = "零" if 0 < low < size // 10 else ""
            rest = _whole(low) if low else ""
            return f"{_liang(_whole(high))}{word}{gap}{rest}"
    return cardinal(str(number))


def _liang(text: str) -> str:
    """二千 and 二万 are 两千 and 两万."""
    return f"两{text[1:]}" if text.startswith("二千") or text == "二" else text


def _code(digits: str) -> str:
    """Say a number that is a name: 幺 for 1, which 七 could drown."""
    return by_digit(digits).replace("一", "幺")


def _plain(digits: str) -> str:
    """Say a number that counts nothing: 二, not 两."""
    if len(digits) > 4 or (len(digits) > 1 and digits[0] == "0"):
        return _code(digits)
    return cardinal(digits)


def _decimal(text: str) -> str:
    whole, _, part = text.partition(".")
    said = cardinal(whole) if len(whole) < 5 else _plain(whole)
    return f"{said}点{by_digit(part)}" if part else said


def _date(found: re.Match[str]) -> str:
    year, month, day = found.groups()
    said = f"{cardinal(str(int(month)))}月{cardinal(str(int(day)))}日"
    return f"{by_digit(year)}年{said}"


def _time(found: re.Match[str]) -> str:
    hour, minute, second = found.groups()
    said = f"{counted(str(int(hour)))}点"
    if int(minute) or second:
        said += f"{_two(minute)}分"
    return f"{said}{_two(second)}秒" if second else said


def _two(digits: str) -> str:
    """Say minutes: 05 → 零五, 00 → 零."""
    number = cardinal(str(int(digits)))
    return f"零{number}" if digits[0] == "0" and number != "零" else number


_NOT_IN: Final = r"(?<![0-9.])"
_RULES: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...]] = (
    # Addresses, tickets, versions: letters and digits in one piece.
    (re.compile(r"(?<![0-9.])\d+(?:\.\d+){2,}(?::\d+)?"), lambda _: " "),
    (
        re.compile(
            r"(?<![A-Za-z0-9])(?=[-A-Za-z0-9_./:#]*[A-Za-z])(?=[-A-Za-z_./:#]*[0-9])"
            r"[A-Za-z0-9]+(?:[-_./:#]+[A-Za-z0-9]+)+|(?<![A-Za-z0-9])[A-Za-z]+[0-9]{5,}"
        ),
        lambda _: " ",
    ),
    (re.compile(_NOT_IN + r"(\d{4})-(\d{1,2})-(\d{1,2})(?![0-9])"), _date),
    (
        re.compile(r"(?<![0-9:.])([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?(?![0-9:.])"),
        _time,
    ),
    (re.compile(r"(?<=\d)\s*[-~～–至]\s*(?=\d)"), lambda _: "到"),
    (re.compile(r"(?<![0-9A-Za-z)])[-−](?=\d)"), lambda _: "负"),
    (re.compile("±"), lambda _: "正负"),
    (
        re.compile(_NOT_IN + r"(\d+(?:\.\d+)?)\s*[%％]"),
        lambda found: f"百分之{_decimal(found[1])}",
    ),
    (
        re.compile(_NOT_IN + r"(\d+(?:\.\d+)?)\s*(?:[kK][vV]|千伏)"),
        lambda found: f"{_decimal(found[1])}千伏",
    ),
    (
        re.compile(_NOT_IN + r"(\d+\.\d+)(?![0-9.])"),
        lambda found: _decimal(found[1]),
    ),
    (re.compile(r"第\s*(\d+)"), lambda found: f"第{_plain(found[1])}"),
    (re.compile(r"(\d+)\s*#"), lambda found: f"{_plain(found[1])}号"),
    (re.compile(r"#\s*(\d+)"), lambda found: f"{_plain(found[1])}号"),
    (re.compile(r"(\d{4})(?=年)"), lambda found: by_digit(found[1])),
    (re.compile(r"(?<=[A-Za-z])(\s*)(\d+)"), lambda found: _code(found[2])),
    (re.compile(rf"(\d{{3,}})(?=(?:{_LINES}))"), lambda found: _code(found[1])),
    (
        re.compile(rf"(\d+)\s*(?=[{_COUNTERS.replace('|', '')}])"),
        lambda found: counted(found[1]),
    ),
    (re.compile(r"(\d+)"), lambda found: _plain(found[1])),
)
_DIGITS: Final = str.maketrans("０１２３４５６７８９", "0123456789")
_INVISIBLE: Final = re.compile("[\u200b\u2060\ufeff]")
_HEAD: Final = re.compile(r"^\s*\[([^\]]*)\]\s*")
_STOPS: Final = {"。": ". ", "；": "; ", "：": ": ", "，": ", ", "？": "? ", "！": "! "}
_NOISE: Final = re.compile(r"[^\w\s,.:;?!、]|_")
_PAUSES: Final = re.compile(r"[\s,]*([,.:;?!])[\s,]*")


def said(shown: str) -> str:
    """Put a shown sentence into what is said."""
    text = _INVISIBLE.sub("", shown).translate(_DIGITS)
    text = _HEAD.sub(r"\1: ", text)
    for pattern, say in _RULES:
        text = pattern.sub(say, text)
    for sign, stop in _STOPS.items():
        text = text.replace(sign, stop)
    # What is left of brackets, quotes and dashes is a pause.
    text = _NOISE.sub(", ", text)
    text = _PAUSES.sub(r"\1 ", text)
    return " ".join(text.split()).strip(" ,.;:")


def call_said(call: Call) -> str:
    """Name a call: 济南工地, 人数检测."""
    return f"{said(call.site.name)}, {checks.label(call.check)}"


def calls_said(calls: Sequence[Call]) -> str:
    """Name what was understood, shortly."""
    if len(calls) > MANY:
        return f"{call_said(calls[0])}, 等{counted(str(len(calls)))}项"
    return "; ".join(map(call_said, calls))


def findings_said(findings: Sequence[Finding]) -> tuple[Saying, ...]:
    """Say what was found, what must be looked at first before the rest."""
    ordered = sorted(findings, key=lambda each: checks.URGENCY.index(each.severity))
    if len(ordered) <= MANY:
        return tuple(map(_finding, ordered))
    alarms = [each for each in ordered if each.severity is Severity.ALARM]
    tally = Counter(each.severity for each in ordered)
    parts = ", ".join(
        f"{SEVERITIES[severity]}{counted(str(tally[severity]))}项"
        for severity in checks.URGENCY
        if tally[severity]
    )
    whole = f"共{counted(str(len(ordered)))}项: {parts}"
    return (
        Saying(text=whole, severity=ordered[0].severity),
        *map(_finding, alarms[:SAID_ALARMS]),
    )


def _finding(finding: Finding) -> Saying:
    alarm = finding.severity is Severity.ALARM
    begin = f"{SEVERITIES[Severity.ALARM]}, " if alarm else ""
    return Saying(
        text=f"{begin}{said(finding.call.site.name)}, {said(finding.summary)}",
        severity=finding.severity,
    )


def question_said(question: Question) -> Saying:
    """Say a question, and the answers that may be given by their number."""
    answers = [
        f"第{_ORDINALS[number]}, {said(candidate.label)}"
        for number, candidate in enumerate(question.candidates)
    ]
    # One answer to confirm is in the question itself: 是 or 不是.
    if len(answers) == 1 and said(question.candidates[0].label) in said(
        question.sentence
    ):
        answers = []
    return Saying(
        text=". ".join([said(question.sentence), *answers]),
        severity=Severity.ATTENTION,
    )


def fault_said(fault: Fault) -> Saying:
    """Say why there is no answer."""
    return Saying(text=said(fault.message), severity=Severity.ATTENTION)
