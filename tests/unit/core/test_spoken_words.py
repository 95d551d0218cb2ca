"""What is said is what is shown: the same numbers, in Mandarin, and no others."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import spoken_words
from app.core.draft import finding_by_rule
from app.core.model import (
    Call,
    Candidate,
    Check,
    Question,
    QuestionKind,
    Severity,
    Site,
)
from app.core.observation import Missing, MissingReason, Observation
from app.core.spoken_words import findings_said, question_said, said

DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2, "幺": 1}
POWERS = {"十": 10, "百": 100, "千": 1000}
GROUPS = {"万": 10**4, "亿": 10**8}
NUMERAL = re.compile("[零一二两三四五六七八九幺十百千万亿]+")


def read(numeral: str) -> int:
    """Read a Chinese numeral, by a way of its own: not that of the program."""
    if not any(c in POWERS or c in GROUPS for c in numeral):
        return int("".join(str(DIGITS[c]) for c in numeral))
    for word, size in (("亿", 10**8), ("万", 10**4)):
        if word in numeral:
            high, _, low = numeral.rpartition(word)
            return read(high) * size + (read(low.lstrip("零")) if low else 0)
    total = digit = 0
    for c in numeral:
        if c in POWERS:
            total += (digit or 1) * POWERS[c]
            digit = 0
        else:
            digit = DIGITS[c]
    return total + digit


def numbers_said(text: str) -> list[int]:
    # 千伏 and 百分之 are a unit and a share, no numbers.
    text = re.sub("千(?=[伏瓦安])|百分之", "", text)
    return [read(found) for found in NUMERAL.findall(text)]


def numbers_shown(text: str) -> list[int]:
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    return [int(found) for found in re.findall(r"\d+", text)]


COUNTS = st.one_of(
    st.none(),
    st.integers(-3, 130),
    st.integers(0, 10**12),
    st.sampled_from([2, 12, 20]),
)
OBSERVATIONS = st.builds(
    Observation, expected=COUNTS, actual=COUNTS, wearing=COUNTS, carrying=COUNTS
)
NAMES = st.from_regex(
    r"(0\.4kV|10kV|±800kV|110kV/35kV|220kV#[1-9]|3\.5MW|1\.2A/5A)?"
    r"[济南历城微山湖输变电工程]{1,6}"
    r"( ?[1-9][0-9]{0,3}号楼|-[1-9][0-9]?标段|#[1-9]主变|[1-9]#/[1-9]#塔吊"
    r"|[1-9][AB]标段|T[1-9]-[AB]|[1-9],[0-9]{3}米|[1-9](\.[0-9])?%|[1-9]人-[1-9]人)?",
    fullmatch=True,
)


@given(NAMES, st.sampled_from(Check), OBSERVATIONS)
def test_the_numbers_said_are_the_numbers_shown(
    name: str, check: Check, seen: Observation
) -> None:
    finding = finding_by_rule(Call(Site(id="s", name=name), check), seen)
    (saying,) = findings_said([finding])
    assert numbers_said(saying.text) == numbers_shown(f"{name} {finding.summary}")
    assert not re.search(r"\d", saying.text)
    assert not re.search("(?<![正为])负(?!责)", saying.text)
    assert saying.severity is finding.severity


@given(
    st.lists(st.tuples(st.sampled_from(Check), OBSERVATIONS), min_size=4, max_size=30)
)
def test_of_many_findings_the_tally_and_the_first_alarms_are_said(
    many: list[tuple[Check, Observation]],
) -> None:
    findings = [
        finding_by_rule(Call(Site(id="s", name="济南"), check), seen)
        for check, seen in many
    ]
    whole, *alarms = findings_said(findings)
    tally = numbers_said(whole.text)
    assert tally[0] == len(findings) == sum(tally[1:])
    of_alarm = [f for f in findings if f.severity is Severity.ALARM]
    assert len(alarms) == min(3, len(of_alarm))
    for saying, finding in zip(alarms, of_alarm, strict=False):
        assert numbers_said(saying.text) == numbers_shown(finding.summary)


@given(
    st.text(
        alphabet="济南人数0123456789-[](){}《》「」<>&#%:.,/ kVAB年号台", max_size=40
    )
)
def test_whatever_is_shown_no_digit_and_no_sign_is_left_to_the_engine(
    shown: str,
) -> None:
    assert not re.search(r"[\d\[\](){}<>&#%/_\"'《》「」]", said(shown))


def test_alarms_are_said_before_the_rest() -> None:
    calm = finding_by_rule(
        Call(Site(id="a", name="济南"), Check.HEADCOUNT),
        Observation(expected=2, actual=2),
    )
    alarm = finding_by_rule(
        Call(Site(id="b", name="烟台"), Check.HEADCOUNT),
        Observation(expected=0, actual=2),
    )
    assert [each.text for each in findings_said([calm, alarm])] == [
        "告警, 烟台, 人数检测: 应到零人, 实到两人, 无工单出工, 可能存在非法进入",
        "济南, 人数检测: 应到两人, 实到两人, 无人缺勤, 正常出工",
    ]


def test_a_missing_number_is_said_with_its_reason() -> None:
    finding = finding_by_rule(
        Call(Site(id="a", name="济南"), Check.HEADCOUNT),
        Observation(
            missing=Missing(reason=MissingReason.TIMEOUT, detail="3 秒内没有答复")
        ),
    )
    (saying,) = findings_said([finding])
    assert saying.text == "济南, 人数检测: 数据缺失, 超时未答复: 三秒内没有答复"


@pytest.mark.parametrize(
    ("shown", "heard"),
    [
        (
            "[人数检测] 应到47人, 实到34人, 有人缺勤",
            "人数检测: 应到四十七人, 实到三十四人, 有人缺勤",
        ),
        ("实到2人", "实到两人"),
        ("12人, 22人, 102人, 200人", "十二人, 二十二人, 一百零二人, 二百人"),
        ("2000人, 20002人", "两千人, 两万零二人"),
        ("第2标段, 2号楼, 2月", "第二标段, 二号楼, 二月"),
        ("110千伏历城变1101开关", "一百一十千伏历城变幺幺零幺开关"),
        ("220kV微山湖（线路侧）", "二百二十千伏微山湖, 线路侧"),
        ("±800千伏", "正负八百千伏"),
        ("1#塔吊", "一号塔吊"),
        ("工单 GD-20261121-017, 负责人王建国", "工单, 负责人王建国"),
        ("10.0.0.7:8080 没有答复", "没有答复"),
        ("08:05 到 14:00", "八点零五分 到 十四点"),
        ("2026-11-21 02:30:00", "二零二六年十一月二十一日 两点三十分零秒"),
        ("93%, 0.5%", "百分之九十三, 百分之零点五"),
        ("3-5人, 3人-5人, 3%-5%", "三到五人, 三人到五人, 百分之三到百分之五"),
        ("0.4kV线路", "零点四千伏线路"),
        ("500kV#2主变", "五百千伏二号主变"),
        ("500kV#3主变", "五百千伏三号主变"),
        ("110kV/35kV变电站", "一百一十千伏, 三十五千伏变电站"),
        ("3.5MW, 1.2A, 5m/s", "三点五兆瓦, 一点二安, 五米每秒"),
        ("2A标段, T2-A, 1101-2开关", "二A标段, T二, A, 幺幺零幺杠二开关"),
        ("济南-2标段", "济南, 二标段"),
        ("温度-5℃, 偏差: -3.5MW", "温度负五摄氏度, 偏差: 负三点五兆瓦"),
        ("3℃-5℃, -5~3℃, 3-5kV", "三摄氏度到五摄氏度, 负五到三摄氏度, 三到五千伏"),
        ("1,234人, 10 000人, 3 000m", "一千二百三十四人, 一万人, 三千米"),
        ("101,102开关, 2，345人", "一百零一, 幺零二开关, 二, 三百四十五人"),
        ("比例1:20, 1:500", "比例一比二十, 一: 五百"),
        ("时间8:05, 9:30-11:00", "时间八点零五分, 九点三十分, 十一点"),
        ("2026-11", "二零二六年十一月"),
        ("听到「技能」, 您要查的是?", "听到, 技能, 您要查的是?"),
        ("<speak>济南&amp;</speak>", "speak, 济南, amp; speak"),
    ],
)
def test_it_is_said_as_the_trade_says_it(shown: str, heard: str) -> None:
    assert said(shown) == heard


def test_the_candidates_of_a_question_are_said_with_their_numbers() -> None:
    question = Question(
        kind=QuestionKind.WHICH_SITE,
        sentence="听到「历程」, 您要查的是?",
        candidates=tuple(
            Candidate(label=f"{name} 人数检测", calls=()) for name in ("历城", "历下")
        ),
    )
    assert question_said(question).text == (
        "听到, 历程, 您要查的是?. 第一, 历城 人数检测. 第二, 历下 人数检测"
    )


def test_one_candidate_that_the_question_names_is_not_said_twice() -> None:
    question = Question(
        kind=QuestionKind.CONFIRM,
        sentence="要查的是: 济南 人数检测, 请确认",
        candidates=(Candidate(label="济南 人数检测", calls=()),),
    )
    assert question_said(question).text == "要查的是: 济南 人数检测, 请确认"


def test_many_calls_are_named_by_the_first_and_their_number() -> None:
    calls = [Call(Site(id=str(n), name="济南"), Check.HEADCOUNT) for n in range(12)]
    assert spoken_words.calls_said(calls) == "济南, 人数检测, 等十二项"
    assert spoken_words.calls_said(calls[:1]) == "济南, 人数检测"
