"""Cells of databases and spreadsheets become moments, or are refused."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.core.errors import BackendDataError
from app.sites.answers import order_problem
from app.sites.backends.order_rows import OrderRow, check_each_once, moment_of, together

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 21, 12, tzinfo=ZONE)


def test_an_order_without_an_end_in_sight_holds() -> None:
    # 9999-12-31 is how many systems write that there is none.
    end = moment_of(date(9999, 12, 31), ZONE, end=True)
    assert moment_of("9999-12-31", ZONE, end=True) == end
    row = OrderRow(expected=8, ticket="GD-1", valid_until=end)
    order = together([row], NOON, source="表")
    assert order.expected == 8
    assert order_problem(order, NOON) is None


def test_a_day_is_in_force_to_its_last_moment() -> None:
    end = moment_of("2026-11-21", ZONE, end=True)
    assert end is not None
    assert end.date() == date(2026, 11, 21)
    assert end + timedelta(microseconds=1) == moment_of("2026-11-22", ZONE)


@pytest.mark.parametrize("text", ["2026112108", "20261121xx", "2026-11-2", "2026-W47"])
def test_what_is_nearly_a_day_is_not_taken_for_one(text: str) -> None:
    whole_day = moment_of("2026-11-21", ZONE)
    try:
        assert moment_of(text, ZONE) != whole_day
    except ValueError:
        return


def test_the_same_ticket_said_twice_over_is_refused() -> None:
    row = OrderRow(expected=8, ticket="GD-1", leader="王工")
    with pytest.raises(BackendDataError, match="GD-1 给了两次"):
        check_each_once([row, row], title="工单表")
    # Without a ticket, or with another leader, they are two.
    for other in (OrderRow(expected=8), OrderRow(expected=8, ticket="GD-1")):
        check_each_once([row, other], title="工单表")
    check_each_once([OrderRow(expected=8)] * 2, title="工单表")
    assert together([row, row], NOON, source="表").expected == 16
