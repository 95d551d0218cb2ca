"""The newest answer to each check at each site, found by the index of each site.

One short walk for each pair, newest first, so that a journal of a million records
answers as quickly as a small one.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from app.core.model import Check, Outcome, Verdict
from app.core.standing import Standing, standing_findings
from app.journal import queries, schema
from app.journal.held import Held
from app.journal.index import storable

_AT_ONCE: Final = 200


def latest(connection: Connection, held: Held, *, after: int) -> Sequence[Standing]:
    """Give the newest answers from entries after the one numbered `after`."""
    newest = dict(_newer(connection, after) if after else _newest(connection))
    wanted: dict[int, set[tuple[str, str]]] = {}
    for key, seq in newest.items():
        wanted.setdefault(seq, set()).add(key)
    found: list[Standing] = []
    numbers = sorted(wanted)
    for start in range(0, len(numbers), _AT_ONCE):
        some = numbers[start : start + _AT_ONCE]
        for entry in queries.by_seq(connection, held, some):
            of_record: dict[tuple[str, str], Standing] = {}
            for finding in standing_findings(entry.record):
                call = finding.call
                of_record[storable(call.site.id), call.check.value] = Standing(
                    seq=entry.seq,
                    run_id=entry.record.run_id,
                    answered_at=entry.record.finished_at,
                    finding=finding,
                )
            found += (of_record[key] for key in wanted[entry.seq] if key in of_record)
    return found


_Newest = Iterator[tuple[tuple[str, str], int]]


def _newest(connection: Connection) -> _Newest:
    calls, sites = schema.calls.c, schema.sites.c
    newest: dict[tuple[str, str], int] = {}
    for check in Check:
        # Joined to nothing, the name of the check cannot lead the walk: by it alone
        # the index runs through every record of every site.
        asked = calls.check_name + ""
        seq = (
            select(calls.seq)
            .where(calls.site_key == sites.key, asked == check.value, _stands())
            .order_by(calls.seq.desc())
            .limit(1)
            .scalar_subquery()
        )
        for site_id, found in connection.execute(select(sites.site_id, seq)):
            # A site that was renamed has a row for each of its names.
            key = str(site_id), check.value
            if found is not None and found > newest.get(key, 0):
                newest[key] = found
    yield from newest.items()


def _newer(connection: Connection, after: int) -> _Newest:
    calls, sites = schema.calls.c, schema.sites.c
    rows = connection.execute(
        select(sites.site_id, calls.check_name, func.max(calls.seq))
        .join(schema.sites, sites.key == calls.site_key)
        .where(calls.seq > after, _stands())
        .group_by(sites.site_id, calls.check_name)
    )
    yield from (((str(site), str(check)), int(seq)) for site, check, seq in rows)


def _stands() -> ColumnElement[bool]:
    """Say the same as `standing_findings` says of a record."""
    calls, runs = schema.calls.c, schema.runs.c

    def ended(outcome: Outcome) -> ColumnElement[bool]:
        return exists().where(runs.seq == calls.seq, runs.outcome == outcome.value)

    answered = and_(calls.verdict != "", calls.verdict != Verdict.DATA_MISSING.value)
    return or_(
        and_(answered, ended(Outcome.CANCELLED)),
        and_(calls.verdict != "", ended(Outcome.ANSWERED)),
    )
