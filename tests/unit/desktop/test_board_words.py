"""What a cell of the site board says, and what a click on it would ask."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.core.draft import finding_by_rule
from app.core.model import Call, Check, Finding, Site
from app.core.observation import Missing, MissingReason, Observation
from app.desktop.board.ages import age_text, is_old
from app.desktop.board.figures import figures
from app.desktop.board.plans import at_site, in_region

NOON = datetime(2026, 11, 21, 12, 0).astimezone()
EAST, WEST = Site(id="e", name="东站"), Site(id="w", name="西站")
OVER = Site(id="o", name="老站", valid_until=date(2026, 11, 20))
TODAY = date(2026, 11, 21)
HEAD, HELMET, GEAR = Check.HEADCOUNT, Check.HELMET, Check.EQUIPMENT


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(seconds=0), "刚刚"),
        (timedelta(seconds=59), "刚刚"),
        (timedelta(minutes=1), "1分钟前"),
        (timedelta(minutes=59), "59分钟前"),
        (timedelta(hours=1), "1小时前"),
        (timedelta(hours=11, minutes=59), "11小时前"),
        (timedelta(hours=13), "昨天"),
        (timedelta(days=1), "昨天"),
        (timedelta(days=2), "2天前"),
        (timedelta(days=6), "6天前"),
        (timedelta(days=7), "11-14"),
        (timedelta(days=400), "2025-10-17"),
        (-timedelta(seconds=30), "刚刚"),
        (-timedelta(hours=2), "11-21 14:00"),
    ],
)
def test_an_age_is_said_as_a_person_says_it(ago: timedelta, said: str) -> None:
    assert age_text((NOON - ago).astimezone(UTC), NOON.astimezone(UTC)) == said


def test_an_answer_of_this_morning_is_of_today() -> None:
    late = NOON + timedelta(hours=11)
    assert age_text(NOON - timedelta(hours=3), late) == "14小时前"
    assert age_text(NOON - timedelta(hours=13), late) == "昨天"


def test_what_was_answered_an_hour_ago_is_old() -> None:
    assert not is_old(NOON - timedelta(minutes=59), NOON)
    assert is_old(NOON - timedelta(minutes=60), NOON)
    # The clock was put back: nobody knows how old it is.
    assert is_old(NOON + timedelta(hours=1), NOON)


def found(check: Check, **counts: object) -> Finding:
    return finding_by_rule(Call(EAST, check), Observation(**counts))  # type: ignore[arg-type]


def test_figures_are_those_of_the_observation() -> None:
    assert figures(found(HEAD, expected=47, actual=34)) == "34/47"
    assert figures(found(HEAD, expected=0, actual=4)) == "4/0"
    assert figures(found(HELMET, actual=19, wearing=16)) == "16/19"
    assert figures(found(GEAR, actual=19, carrying=19)) == "19/19"


def test_where_a_count_is_missing_no_number_is_shown() -> None:
    lost = Missing(reason=MissingReason.TIMEOUT, detail="没有答复")
    for finding in (
        found(HEAD, actual=34),
        found(HEAD, expected=47),
        found(HELMET, actual=19),
        found(HELMET, actual=3, wearing=5),
        found(GEAR, actual=19, carrying=19, missing=lost),
    ):
        assert figures(finding) == "数据缺失"
    assert figures(found(HEAD, expected=0, actual=0)) == "无工单"
    assert figures(found(HELMET, actual=0)) == "无人施工"


def test_a_site_is_asked_for_what_is_not_being_asked() -> None:
    plan = at_site(EAST, (HEAD, HELMET, GEAR), {("e", HELMET), ("w", HEAD)})
    assert plan.calls == (Call(EAST, HEAD), Call(EAST, GEAR))
    assert plan.label == "东站 · 人数检测、设备检查"
    assert plan.under_way == 1
    assert at_site(EAST, (HELMET,), {("e", HELMET)}).calls == ()


def test_a_region_is_asked_where_there_is_work() -> None:
    sites = (EAST, WEST, OVER)
    plan = in_region("济南", sites, (HEAD,), (), TODAY)
    assert plan.calls == (Call(EAST, HEAD), Call(WEST, HEAD))
    assert plan.idle == 1
    assert plan.label == "济南的 2 个工地 人数检测"
    whole = in_region("济南", sites[:2], (HEAD, GEAR), (), TODAY)
    assert whole.label == "济南的全部 2 个工地 人数检测、设备检查"
    assert len(whole.calls) == 4
    busy = in_region("济南", sites, (HEAD,), {("e", HEAD)}, TODAY)
    assert (busy.calls, busy.under_way) == ((Call(WEST, HEAD),), 1)
    assert in_region("", (EAST,), (HEAD,), (), TODAY).label == "全部 1 个工地 人数检测"
