"""The rows that are derived from a record, for filters and text search."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeAlias

from sqlalchemy import Connection, insert, select

from app.core.model import Finding, RunRecord, Verdict
from app.journal import schema
from app.journal.canonical import microseconds
from app.journal.derived import MOST_PEOPLE
from app.journal.form import escaped
from app.journal.words import indexed

_MANY: Final = 500
"""Sites in one question; SQLite takes no more than some thousands."""

# What a database's text column cannot hold; the record itself keeps it escaped.
_UNSTORABLE: Final = dict.fromkeys((0, *range(0xD800, 0xE000)), "\ufffd")


@dataclass(frozen=True, slots=True)
class CallRow:
    """What is filtered by of one call."""

    site_id: str
    site_name: str
    check_name: str
    severity: str
    verdict: str


@dataclass(frozen=True, slots=True)
class RunRow:
    """What is filtered by of one run."""

    started_us: int
    finished_us: int
    outcome: str
    operator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexRows:
    """Everything that this program itself derives from one record."""

    run: RunRow
    calls: tuple[CallRow, ...]
    words: str


Figures: TypeAlias = tuple[int | str | None, ...]
"""Start, whether there is an answer, region, the four counts of people, whether a model
wrote, and whether it differed."""


def figures_of(record: RunRecord) -> Iterator[Figures]:
    """Give what the triggers derive of each call, to compare with what they did."""
    started_us = microseconds(record.started_at)
    for finding in record.findings:
        seen = finding.observation
        yield (
            started_us,
            int(finding.verdict is not Verdict.DATA_MISSING),
            escaped(finding.call.site.region),
            *map(_figure, (seen.expected, seen.actual, seen.wearing, seen.carrying)),
            int(finding.model_sentence != ""),
            int(finding.model_differed),
        )
    if not record.findings:
        for call in record.understanding.calls if record.understanding else ():
            yield started_us, 0, escaped(call.site.region), None, None, None, None, 0, 0


def ears_of(record: RunRecord) -> tuple[int, int] | None:
    """Give start and whether the two readings differ; None: there are not two."""
    heard = record.utterance
    if heard is None or heard.agreement is None:
        return None
    return microseconds(record.started_at), int(not heard.agreed)


def _figure(people: int | None) -> int | None:
    stated = people is not None and 0 <= people <= MOST_PEOPLE
    return people if stated else None


def derive(record: RunRecord) -> IndexRows:
    """Give the rows that belong to a record."""
    return IndexRows(
        run=RunRow(
            microseconds(record.started_at),
            microseconds(record.finished_at),
            record.outcome.value,
            storable(record.operator),
        ),
        calls=tuple(_calls(record)),
        words=indexed(record),
    )


def storable(text: str) -> str:
    """Replace what a text column cannot hold."""
    return text.translate(_UNSTORABLE)


def write(connection: Connection, seq: int, rows: IndexRows) -> None:
    """Insert the derived rows of the entry `seq`."""
    run = rows.run
    connection.execute(
        insert(schema.runs),
        {
            "seq": seq,
            "started_us": run.started_us,
            "finished_us": run.finished_us,
            "outcome": run.outcome,
            "operator": run.operator,
        },
    )
    if rows.calls:
        keys = _site_keys(connection, rows.calls)
        connection.execute(
            insert(schema.calls),
            [
                {
                    "seq": seq,
                    "position": position,
                    "site_key": keys[call.site_id, call.site_name],
                    "check_name": call.check_name,
                    "severity": call.severity,
                    "verdict": call.verdict,
                }
                for position, call in enumerate(rows.calls)
            ],
        )
    connection.exec_driver_sql(
        "INSERT INTO journal_words (rowid, words) VALUES (?, ?)", (seq, rows.words)
    )


def write_later(connection: Connection, seq: int, words: str) -> None:
    """Insert the words of what was said later; below zero, where no run is."""
    if words:
        connection.exec_driver_sql(
            "INSERT INTO journal_words (rowid, words) VALUES (?, ?)", (-seq, words)
        )


def _site_keys(
    connection: Connection, calls: Iterable[CallRow]
) -> dict[tuple[str, str], int]:
    """Give the keys of sites by id and name; a site that is new gets one."""
    wanted = dict.fromkeys((call.site_id, call.site_name) for call in calls)
    known = _known_keys(connection, wanted)
    new = [
        {"site_id": site_id, "name": name}
        for site_id, name in wanted
        if (site_id, name) not in known
    ]
    if new:
        connection.execute(insert(schema.sites), new)
        known = _known_keys(connection, wanted)
    return known


def _known_keys(
    connection: Connection, wanted: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], int]:
    """Look for many at once: two thousand questions would take two seconds."""
    sites = schema.sites.c
    known: dict[tuple[str, str], int] = {}
    rest = iter(dict.fromkeys(site_id for site_id, _ in wanted))
    while some := list(islice(rest, _MANY)):
        asked = select(sites.site_id, sites.name, sites.key)
        for site_id, name, key in connection.execute(
            asked.where(sites.site_id.in_(some))
        ):
            known[site_id, name] = key
    return known


def _calls(record: RunRecord) -> Iterable[CallRow]:
    """Give a row for each finding; for each call where there is none."""
    if record.findings:
        yield from (_found(finding) for finding in record.findings)
        return
    for call in record.understanding.calls if record.understanding else ():
        site = call.site
        yield CallRow(storable(site.id), storable(site.name), call.check.value, "", "")


def _found(finding: Finding) -> CallRow:
    site = finding.call.site
    return CallRow(
        storable(site.id),
        storable(site.name),
        finding.call.check.value,
        finding.severity.value,
        finding.verdict.value,
    )
