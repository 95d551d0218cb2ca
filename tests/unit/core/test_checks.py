"""Every row of the verdict table, and that nothing falls between the rows."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.checks import SPECS, judge, judged_observation, label, missing_label
from app.core.model import Call, Check, Severity, Site, Verdict
from app.core.observation import Missing, MissingReason, Observation

SITE = Site(id="S1", name="济南")


def seen(**counts: int | None) -> Observation:
    return Observation(taken_at=datetime(2026, 11, 21, tzinfo=UTC), **counts)


ROWS = [
    # check, counts, verdict, severity, sentence
    ("headcount", {"expected": 47, "actual": 47}, "all_present", "normal",
     "[人数检测] 应到47人, 实到47人, 无人缺勤, 正常出工"),
    ("headcount", {"expected": 47, "actual": 34}, "some_absent", "attention",
     "[人数检测] 应到47人, 实到34人, 有人缺勤"),
    ("headcount", {"expected": 47, "actual": 0}, "some_absent", "attention",
     "[人数检测] 应到47人, 实到0人, 有人缺勤"),
    ("headcount", {"expected": 34, "actual": 47}, "too_many", "alarm",
     "[人数检测] 应到34人, 实到47人, 人数异常, 可能存在非法进入"),
    ("headcount", {"expected": 0, "actual": 3}, "no_order_but_people", "alarm",
     "[人数检测] 应到0人, 实到3人, 无工单出工, 可能存在非法进入"),
    ("headcount", {"expected": 0, "actual": 0}, "no_order_nobody", "normal",
     "[人数检测] 今日无工单, 现场无人"),
    ("helmet", {"actual": 0, "wearing": 0}, "nobody_at_work", "normal",
     "[安全检查] 现场无人施工"),
    ("helmet", {"actual": 0}, "nobody_at_work", "normal",
     "[安全检查] 现场无人施工"),
    ("helmet", {"actual": 9, "wearing": 9}, "all_helmeted", "normal",
     "[安全检查] 实到9人, 均佩戴安全帽"),
    ("helmet", {"actual": 9, "wearing": 7}, "some_bareheaded", "alarm",
     "[安全检查] 实到9人, 7人佩戴安全帽, 存在安全隐患"),
    ("helmet", {"actual": 9, "wearing": 0}, "some_bareheaded", "alarm",
     "[安全检查] 实到9人, 0人佩戴安全帽, 存在安全隐患"),
    ("equipment", {"actual": 0}, "nobody_at_work", "normal",
     "[设备检查] 现场无人施工"),
    ("equipment", {"actual": 5, "carrying": 5}, "all_equipped", "normal",
     "[设备检查] 实到5人, 均正常携带设备"),
    ("equipment", {"actual": 5, "carrying": 3}, "some_unequipped", "attention",
     "[设备检查] 实到5人, 2人未携带设备"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "counts", "verdict", "severity", "sentence"), ROWS)
def test_each_row_of_the_table_gives_its_sentence(
    check: str, counts: dict[str, int], verdict: str, severity: str, sentence: str
) -> None:
    judgement = judge(Call(SITE, Check(check)), seen(**counts))
    assert judgement.sentence == sentence
    assert judgement.verdict == verdict
    assert judgement.severity == severity


UNUSABLE = [
    ("headcount", {"expected": None, "actual": 4}, "not_counted"),
    ("headcount", {"expected": 4, "actual": None}, "not_counted"),
    ("headcount", {"expected": -1, "actual": 4}, "contradictory"),
    ("headcount", {"expected": 4, "actual": -1}, "contradictory"),
    ("helmet", {"actual": None, "wearing": 2}, "not_counted"),
    ("helmet", {"actual": 4, "wearing": None}, "not_counted"),
    ("helmet", {"actual": 4, "wearing": 5}, "contradictory"),
    ("helmet", {"actual": 0, "wearing": 1}, "contradictory"),
    ("equipment", {"actual": 4, "carrying": None}, "not_counted"),
    ("equipment", {"actual": 4, "carrying": 6}, "contradictory"),
    ("equipment", {"actual": None, "carrying": None}, "not_counted"),
]


@pytest.mark.parametrize(("check", "counts", "reason"), UNUSABLE)
def test_unknown_or_contradictory_counts_are_missing_data(
    check: str, counts: dict[str, int | None], reason: str
) -> None:
    call = Call(SITE, Check(check))
    judgement = judge(call, seen(**counts))
    assert judgement.verdict is Verdict.DATA_MISSING
    assert judgement.severity is Severity.UNKNOWN
    assert "数据缺失" in judgement.sentence
    assert missing_label(MissingReason(reason)) in judgement.sentence
    missing = judged_observation(call, seen(**counts)).missing
    assert missing is not None
    assert missing.reason == reason


@pytest.mark.parametrize("reason", list(MissingReason))
@pytest.mark.parametrize("check", list(Check))
def test_a_failed_backend_is_missing_data_even_beside_counts(
    check: Check, reason: MissingReason
) -> None:
    observation = Observation(
        expected=4,
        actual=4,
        wearing=4,
        carrying=4,
        missing=Missing(reason=reason, detail="测试"),
    )
    judgement = judge(Call(SITE, check), observation)
    assert judgement.verdict is Verdict.DATA_MISSING
    assert missing_label(reason) in judgement.sentence
    assert "4" not in judgement.sentence


counts = st.one_of(st.none(), st.integers(-3, 60))


@given(st.sampled_from(list(Check)), counts, counts, counts, counts)
def test_the_table_is_total_and_speaks_only_of_counts_it_was_given(
    check: Check, e: int | None, a: int | None, h: int | None, c: int | None
) -> None:
    observation = seen(expected=e, actual=a, wearing=h, carrying=c)
    judgement = judge(Call(SITE, check), observation)
    assert judgement.sentence.startswith(f"[{label(check)}] ")
    known = {str(n) for n in (e, a, h, c) if n is not None}
    if a is not None and c is not None:
        known.add(str(a - c))
    digits = "".join(ch if ch.isdigit() else " " for ch in judgement.sentence)
    assert set(digits.split()) <= {k.lstrip("-") for k in known}


def test_every_check_has_a_row() -> None:
    assert set(SPECS) == set(Check)
