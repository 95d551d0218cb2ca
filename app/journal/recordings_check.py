"""Compares kept recordings with the hashes in the records that name them.

A record says whether its audio was kept. What was kept and is not there any more was
removed, unless an entry of the journal says that the desk itself deleted what was as
old as that. Records of before layout 7 do not say whether anything was kept: of those
only what is there can be judged.
"""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, select
from sqlalchemy.exc import OperationalError

from app.core.entries import DeskEvent, EventKind
from app.core.errors import JournalBrokenError
from app.core.recording import Recordings
from app.core.reviewing import RecordingsReport
from app.journal import canonical, derived, later, schema
from app.journal.noting import Progress, noted_in, spans

_COLUMNS: Final = (
    "sha256 TEXT PRIMARY KEY, seq INTEGER NOT NULL, started TEXT NOT NULL, "
    "kept INTEGER NOT NULL"
)
_NAMES_AUDIO: Final = (
    f"kind = '{canonical.KIND_RUN}' AND seq BETWEEN ? AND ? "
    """AND instr(body, '"audio_sha256":"') > 0 """
    """AND instr(body, '"audio_sha256":""') = 0"""
)
_COLLECT: Final = f"""
INSERT INTO temp.named_recordings (sha256, seq, started, kept)
SELECT found ->> 0, seq, found ->> 1, coalesce(found ->> 2, {{unstated}})
FROM (SELECT seq, json_extract(body, '$.run.utterance.audio_sha256',
        '$.run.started_at', '$.run.utterance.audio_kept') AS found
    FROM journal_entries WHERE {_NAMES_AUDIO} LIMIT -1)
WHERE true
ON CONFLICT (sha256) DO UPDATE
SET seq = excluded.seq, started = excluded.started, kept = excluded.kept
WHERE (excluded.kept, excluded.started) > (kept, started)"""
"""Of several runs that heard the same, the newest one that kept it is asked about."""
_UNSTATED: Final = -1


def check_recordings(
    connection: Connection | None,
    recordings: Recordings,
    progress: Progress | None = None,
) -> RecordingsReport:
    """Compare every recording that a record names; no connection: no journal.

    `progress` gets (recordings looked at, recordings known so far); what it raises
    ends the check.

    Raises:
        JournalBrokenError: A record cannot be read.
    """
    if connection is None:
        return RecordingsReport()
    tell = progress or (lambda done, total: None)
    with noted_in(connection, "named_recordings", _COLUMNS):
        for total in _collect(connection):
            tell(0, total)
        return _compare(connection, recordings, tell)


def _collect(connection: Connection) -> Iterator[int]:
    """Note every recording once; give how many there are, again and again."""
    collect = _COLLECT.format(unstated=_UNSTATED)
    count = "SELECT count(*) FROM temp.named_recordings"
    for span in spans(connection):
        try:
            connection.exec_driver_sql(collect, span)
        except OperationalError as error:
            raise _broken(connection, span) or error from error
        yield connection.exec_driver_sql(count).scalar_one()


def _broken(connection: Connection, span: tuple[int, int]) -> JournalBrokenError | None:
    """Name the record that SQLite could not take apart, if that was it."""
    asked = f"SELECT min(seq) FROM journal_entries WHERE {_NAMES_AUDIO}"
    found = connection.exec_driver_sql(f"{asked} AND NOT json_valid(body)", span)
    seq = found.scalar()
    return JournalBrokenError(f"巡检日志第{seq}条记录读不出来") if seq else None


def _compare(
    connection: Connection, recordings: Recordings, tell: Progress
) -> RecordingsReport:
    missing, swapped, unread = list[int](), list[int](), list[int]()
    checked = expired = unstated = 0
    deleted = _deleted_before(connection)
    ask = connection.exec_driver_sql
    total = ask("SELECT count(*) FROM temp.named_recordings").scalar_one()
    named = "SELECT sha256, seq, started, kept FROM temp.named_recordings ORDER BY seq"
    with closing(ask(named)) as rows:
        for done, (sha256, seq, started, kept) in enumerate(rows, start=1):
            found = recordings.find(sha256)
            if found is not None:
                checked += 1
                if not found.readable:
                    unread.append(seq)
                elif found.problem:
                    swapped.append(seq)
            elif kept == _UNSTATED:
                unstated += 1
            elif kept:
                if started < deleted:
                    expired += 1
                else:
                    missing.append(seq)
            tell(done, total)
    return RecordingsReport(
        checked=checked,
        missing=tuple(missing),
        swapped=tuple(swapped),
        unread=tuple(unread),
        expired=expired,
        unstated=unstated,
    )


def _deleted_before(connection: Connection) -> str:
    """Give until when the desk has deleted recordings, in the form of records."""
    events, entries = derived.events.c, schema.entries.c
    rows = connection.execute(
        select(events.seq, entries.body)
        .join(schema.entries, entries.seq == events.seq)
        .where(events.event == EventKind.RECORDINGS_EXPIRED.value)
    )
    told = (later.read(seq, body, DeskEvent).subject for seq, body in rows)
    return max(map(_as_recorded, told), default="")


def _as_recorded(subject: str) -> str:
    try:
        at = datetime.fromisoformat(subject)
    except ValueError:
        return ""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
