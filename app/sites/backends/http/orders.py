"""Work orders from a system's list: one answer for a site and a time."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from app.core.errors import BackendDataError
from app.core.model import Site
from app.core.observation import WorkOrder
from app.sites.backends.http.fields import Reader
from app.sites.backends.http.options import OrderOptions
from app.sites.backends.http.times import DayMeans
from app.sites.backends.order_rows import OrderRow, together


def order_from(
    rows: Sequence[object],
    options: OrderOptions,
    reader: Reader,
    *,
    site: Site,
    at: datetime,
) -> WorkOrder:
    """Give what a list says of `site` at `at`.

    Raises:
        BackendDataError: The list makes no sense.
    """
    reader.check_objects("items", options.items, rows)
    for row in rows:
        # One of another site: the system did not heed what it was asked.
        reader.check_site(options.site, row, site)
    active = [row for row in rows if _is_active(row, options, reader)]
    orders = [_read(row, options, reader) for row in active]
    _check_each_once(active, orders, reader)
    if not orders:
        expected = 0 if options.empty == "none" else None
        return WorkOrder(expected=expected, source=reader.title)
    return together(orders, at, source=reader.title)


def _is_active(row: object, options: OrderOptions, reader: Reader) -> bool:
    return options.active is None or reader.flag("active", options.active, row)


def _read(row: object, options: OrderOptions, reader: Reader) -> OrderRow:
    order = OrderRow(
        expected=reader.count("expected", options.expected, row),
        ticket=reader.words("ticket", options.ticket, row),
        leader=reader.words("leader", options.leader, row),
        valid_from=reader.moment(
            "valid_from", options.valid_from, row, day=DayMeans.START
        ),
        valid_until=reader.moment(
            "valid_until", options.valid_until, row, day=DayMeans.END
        ),
    )
    since, until = order.valid_from, order.valid_until
    if since is not None and until is not None and until < since:
        ticket = order.ticket[:20]
        raise BackendDataError(f"{reader.title}给出的工单 {ticket} 在开始之前就结束了")
    return order


def _check_each_once(
    rows: Iterable[object], orders: Iterable[OrderRow], reader: Reader
) -> None:
    """Refuse the same row twice: its people would be counted twice.

    Rows that share a ticket but differ are crews of one order, and do add up.
    """
    seen = set()
    for row, order in zip(rows, orders, strict=True):
        written = json.dumps(row, sort_keys=True)
        if order.ticket and written in seen:
            raise BackendDataError(
                f"{reader.title}把同一张工单 {order.ticket:.20} 给了两次"
            )
        seen.add(written)
