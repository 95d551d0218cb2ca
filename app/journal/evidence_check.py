"""Compares the pictures on the disk with the hashes in the records that name them.

A picture that several records name is read once. What is compared is noted in a
temporary table of the connection and not in memory: a million records may name as
many pictures.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, func, select

from app.core.errors import JournalBrokenError
from app.core.reviewing import EvidenceReport
from app.journal import canonical, schema
from app.journal.index import storable
from app.journal.noting import Progress, noted_in, spans
from app.system.files import sha256_of

_COLUMNS: Final = (
    "number INTEGER PRIMARY KEY, path TEXT NOT NULL, sha256 TEXT NOT NULL, "
    "UNIQUE (path, sha256)"
)
_NAMES_PICTURES: Final = ('"evidence":[{', '"evidence":{')
"""What the text of a record that names a picture holds, in any of its layouts. Within
a text of an operator the quotation marks would be escaped."""


def check_evidence(
    connection: Connection | None, folder: Path, progress: Progress | None = None
) -> EvidenceReport:
    """Compare every picture that a record names; no connection: there is no journal.

    `progress` gets (pictures checked, pictures known so far), from the first records
    on; what it raises ends the check.

    Raises:
        JournalBrokenError: A record cannot be read.
    """
    if connection is None:
        return EvidenceReport(checked=0)
    tell = progress or (lambda done, total: None)
    with noted_in(connection, "named_pictures", _COLUMNS):
        for total in _collect(connection):
            tell(0, total)
        return _compare(connection, folder, tell)


def _collect(connection: Connection) -> Iterator[int]:
    """Note every picture once; give how many there are, again and again."""
    entries = schema.entries.c
    found = 0
    for span in spans(connection):
        held = [func.instr(entries.body, text) > 0 for text in _NAMES_PICTURES]
        rows = connection.execute(
            select(entries.seq, entries.body).where(
                entries.seq.between(*span),
                entries.kind == canonical.KIND_RUN,
                held[0] | held[1],
            )
        )
        for named in dict.fromkeys(
            pair for seq, body in rows for pair in _named(seq, body)
        ):
            added = connection.exec_driver_sql(
                "INSERT OR IGNORE INTO temp.named_pictures (path, sha256) "
                "VALUES (?, ?)",
                named,
            )
            found += added.rowcount
        yield found


def _named(seq: int, body: str) -> Iterator[tuple[str, str]]:
    try:
        record = canonical.decode(body).record
    except canonical.NotCanonicalError as error:
        raise JournalBrokenError(f"巡检日志第{seq}条记录读不出来: {error}") from error
    for finding in record.findings:
        for picture in finding.observation.evidence:
            yield storable(picture.path), storable(picture.sha256)


def _compare(connection: Connection, folder: Path, tell: Progress) -> EvidenceReport:
    root = folder.resolve()
    missing: list[str] = []
    swapped: list[str] = []
    ask = connection.exec_driver_sql
    total = ask("SELECT count(*) FROM temp.named_pictures").scalar_one()
    named = "SELECT path, sha256 FROM temp.named_pictures ORDER BY number"
    with closing(ask(named)) as rows:
        for done, (path, sha256) in enumerate(rows, start=1):
            found = _hash_of(root, path)
            if found is None:
                missing.append(path)
            elif found != sha256:
                swapped.append(path)
            tell(done, total)
    return EvidenceReport(checked=total, missing=tuple(missing), swapped=tuple(swapped))


def _hash_of(root: Path, path: str) -> str | None:
    """Give the hash of a picture; None: there is no such file in the folder."""
    try:
        real = (root / path).resolve()
        # Whoever swaps a picture for a pipe must not stop the check.
        if not real.is_relative_to(root) or not real.is_file():
            return None
        return sha256_of(real)
    except (OSError, ValueError):
        return None
