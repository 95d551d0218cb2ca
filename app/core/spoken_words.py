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


BEHIND_THE_GATE: Final = Saying(
    text="有未确认的告警, 请登录或解锁后查看", severity=Severity.ALARM
)
"""What is said of an alarm while nobody is at the desk."""


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
    said = cardinal(whole) if len(whole) < 5 else counted(whole)
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


_UNITS: Final = {
    **{"kV": "千伏", "KV": "千伏", "kv": "千伏", "Kv": "千伏", "mV": "毫伏"},
    **{"MW": "兆瓦", "GW": "吉瓦", "kW": "千瓦", "KW": "千瓦", "kw": "千瓦"},
    **{"kWh": "千瓦时", "MWh": "兆瓦时", "MVA": "兆伏安", "kVA": "千伏安"},
    **{"Mvar": "兆乏", "kvar": "千乏", "kA": "千安", "KA": "千安", "mA": "毫安"},
    **{"Hz": "赫兹", "MPa": "兆帕", "kPa": "千帕", "Pa": "帕", "kΩ": "千欧"},
    **{"MΩ": "兆欧", "Ω": "欧", "℃": "摄氏度", "°C": "摄氏度", "m/s": "米每秒"},
    **{"km": "千米", "mm": "毫米", "cm": "厘米", "m²": "平方米", "m³": "立方米"},
    **{"kg": "千克", "ms": "毫秒", "min": "分钟", "dB": "分贝"},
    **{"V": "伏", "W": "瓦", "A": "安", "m": "米", "s": "秒", "h": "小时", "t": "吨"},
}
"""How the units of measured values are said."""
_LETTERS: Final = 1
"""A unit of one letter may be a name as well: 2A标段."""


def _any_of(units: Sequence[str]) -> str:
    return "|".join(re.escape(u) for u in sorted(units, key=len, reverse=True))


_AMOUNT: Final = r"\d+(?:\.\d+)?"
_LONG: Final = _any_of([u for u in _UNITS if len(u) > _LETTERS or not u.isascii()])
_SHORT: Final = _any_of([u for u in _UNITS if len(u) == _LETTERS and u.isascii()])
_MEASURED: Final = re.compile(
    rf"(?<![0-9A-Za-z.])({_AMOUNT})(?:\s*({_LONG})(?![A-Za-z0-9])"
    rf"|({_SHORT})(?![A-Za-z0-9标段区相座栋楼级号型]))"
)
_NAME: Final = 6
"""A piece of at most so many characters is a name that tells things apart: T2-A."""


def _piece(found: re.Match[str]) -> str:
    """Leave out a ticket or an address; what was measured and short names stay."""
    piece = found[0]
    if not re.search("[A-Za-z]", piece) or not re.search("[0-9]", piece):
        return piece
    if re.fullmatch(r"\d+(\.\d+)?[A-Za-z/]+", piece) or _MEASURED.search(piece):
        return piece
    if len(piece) <= _NAME:
        return piece
    jointed = re.search("[-_./:]", piece)
    return " " if jointed or re.fullmatch("[A-Za-z]+[0-9]{5,}", piece) else piece


def _measured(found: re.Match[str]) -> str:
    return f"{_decimal(found[1])}{_UNITS[found[2] or found[3]]}"


def _colon(found: re.Match[str]) -> str:
    """Say 08:05 as a time, 1:20 only where it is one; of a scale it is 一比二十."""
    hour, minute, second = found.groups()
    before, after = found.string[: found.start()], found.string[found.end() :]
    if _SCALE.search(before) and second is None:
        return f"{_plain(hour)}比{_plain(minute)}"
    sure = len(hour) == 2 or second or _WHEN.search(before) or _UNTIL.match(after)
    return _time(found) if sure else found[0]


_SCALE: Final = re.compile(r"比例?尺?[为是约]?\s*[:：]?\s*$")
_WHEN: Final = re.compile(
    r"(?:时[间刻段]?|[于在到至日天早晚午间]|:[0-5]\d)\s*[-~～–:：]?\s*$"
)
_UNTIL: Final = re.compile(r"\s*[-到至~～–]\s*(?:[01]?\d|2[0-4]):[0-5]\d(?![0-9:])")


def _month(found: re.Match[str]) -> str:
    return f"{by_digit(found[1])}年{cardinal(str(int(found[2])))}月"


def _range(found: re.Match[str]) -> str:
    """Say 3-5人 as 三到五人; 5-3 is no range but a name."""
    if float(found[1]) < float(found[3]):
        return f"{found[1]}到"
    return (
        f"{_code(found[1]) if len(found[1]) > 2 and found[1].isdigit() else found[1]}杠"
    )


_NOT_IN: Final = r"(?<![0-9.])"
_ONE: Final = _COUNTERS.replace("|", "")
_RULES: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...]] = (
    # 1,234 and 10 000人 are one number each; 101,102开关 and 12 200人 are two.
    (
        re.compile(
            r"(?<![0-9.,:-])[1-9]\d{0,2}(?:(?:,\d{3})+|(?:[\u00a0\u2009\u202f]\d{3})+"
            rf"|(?: \d{{3}})*(?: 0\d\d)+(?=\s*(?:[{_ONE}]|{_LONG}|{_SHORT})))"
            rf"(?![0-9,#号]|{_LINES})"
        ),
        lambda found: re.sub(r"\D", "", found[0]),
    ),
    # Addresses, tickets, versions: letters and digits in one piece.
    (re.compile(r"(?<![0-9.])\d+(?:\.\d+){2,}(?::\d+)?"), lambda _: " "),
    (re.compile(r"[A-Za-z0-9²³]+(?:[-_./:]+[A-Za-z0-9²³]+)*"), _piece),
    (re.compile(_NOT_IN + r"(\d{4})-(\d{1,2})-(\d{1,2})(?![0-9])"), _date),
    (
        re.compile(r"(?<![0-9A-Za-z.-])((?:19|20)\d\d)-(0[1-9]|1[0-2])(?![-0-9.])"),
        _month,
    ),
    (
        re.compile(r"(?<![0-9:.])([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?(?![0-9:.])"),
        _colon,
    ),
    (
        re.compile(r"(?<![0-9:.])(\d+):(\d+)(?![0-9:.])"),
        lambda found: (
            f"{_plain(found[1])}比{_plain(found[2])}"
            if _SCALE.search(found.string[: found.start()])
            else found[0]
        ),
    ),
    (
        re.compile(
            rf"(?<![0-9A-Za-z.-])({_AMOUNT})(\s*-\s*)(?=({_AMOUNT})(?![-.0-9]))"
        ),
        _range,
    ),
    (re.compile(r"(?<=\d)\s*[~～–至]\s*(?=\d)"), lambda _: "到"),
    (re.compile(rf"(?<=\d[{_ONE}])\s*[-~～–]\s*(?=\d)"), lambda _: "到"),
    (re.compile(r"(?<=\d)-(?=\d)"), lambda _: "杠"),
    (re.compile(r"(?<=\d[%％℃度])\s*[-~～–]\s*(?=\d)"), lambda _: "到"),
    # A dash within words joins them; before a lone number it is its sign.
    (re.compile(r"(?:^|(?<=[\s(（\[［【:：,，、;；。]))[-−](?=\d)"), lambda _: "负"),
    (
        re.compile(
            rf"(?<![0-9A-Za-z])(?<!\d[%％℃度])[-−](?={_AMOUNT}\s*(?:[度%％℃]|°C))"
        ),
        lambda _: "负",
    ),
    (_MEASURED, _measured),
    (re.compile("±"), lambda _: "正负"),
    (
        re.compile(_NOT_IN + r"(\d+(?:\.\d+)?)\s*[%％]"),
        lambda found: f"百分之{_decimal(found[1])}",
    ),
    (
        re.compile(_NOT_IN + r"(\d+(?:\.\d+)?)\s*千伏"),
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
    (re.compile(rf"(\d+)\s*(?=[{_ONE}])"), lambda found: counted(found[1])),
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
