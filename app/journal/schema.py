"""The tables: one that is the truth, and those derived from it for finding things.

`journal_entries` is the chain. An entry has a kind: a run, or what is later said about
one: an acknowledgement, a disposition, a correction; or something that happened at the
desk. It is another entry of the same chain, never a change of the run's. Every other
table is derived from the entries' bodies and can be made anew from them; `verify`
compares.

Here are the tables of versions 1 and 2; those of version 3 are in `journal.derived`,
and `journal.versions` makes one of the other.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    column,
    table,
)

# SQLite makes only an INTEGER primary key an alias of its row number.
Seq = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()

meta = Table(
    "journal_meta",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("value", Text, nullable=False),
)

entries = Table(
    "journal_entries",
    metadata,
    Column("seq", Seq, primary_key=True, autoincrement=False),
    Column("kind", String(32), nullable=False),
    Column("entry_id", String(64), nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("kind", "entry_id"),
)

# Narrow on purpose: filters walk this table and not the bodies.
runs = Table(
    "journal_runs",
    metadata,
    Column("seq", Seq, ForeignKey(entries.c.seq), primary_key=True),
    Column("started_us", BigInteger, nullable=False),
    Column("finished_us", BigInteger, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("operator", Text, nullable=False),
)
Index("journal_runs_by_outcome", runs.c.outcome, runs.c.seq)

sites = Table(
    "journal_sites",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("site_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    UniqueConstraint("site_id", "name"),
)

# One row for each call of a run; severity and verdict are empty until it has a finding.
calls = Table(
    "journal_calls",
    metadata,
    Column("seq", Seq, ForeignKey(runs.c.seq), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("site_key", Integer, ForeignKey(sites.c.key), nullable=False),
    Column("check_name", String(32), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("verdict", String(32), nullable=False),
    sqlite_with_rowid=False,
)
# Each covers the other filters, so that a walk newest first needs no other table.
for _name, _first in (
    ("site", calls.c.site_key),
    ("check", calls.c.check_name),
    ("severity", calls.c.severity),
):
    _rest = (calls.c.site_key, calls.c.check_name, calls.c.severity)
    Index(
        f"journal_calls_by_{_name}",
        _first,
        calls.c.seq,
        *(c for c in _rest if c is not _first),
    )

# The findings that somebody has acknowledged, each once.
acknowledgements = Table(
    "journal_acknowledgements",
    metadata,
    Column("seq", Seq, ForeignKey(entries.c.seq), primary_key=True),
    Column("run_seq", Seq, ForeignKey(runs.c.seq), nullable=False),
    Column("position", Integer, nullable=False),
    UniqueConstraint("run_seq", "position"),
)

# The findings that are alarms, less those acknowledged: few among millions of calls.
open_alarms = Table(
    "journal_open_alarms",
    metadata,
    Column("seq", Seq, ForeignKey(runs.c.seq), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

words = table("journal_words", column("rowid", Integer), column("journal_words", Text))
"""The text index; a virtual table, so known to SQLAlchemy by name only."""

_WORDS: Final = """
CREATE VIRTUAL TABLE journal_words USING fts5(
    words, content='', columnsize=0, tokenize="unicode61 remove_diacritics 0")
"""

# REPLACE deletes without asking the delete trigger; the insert trigger stops it.
_ONLY_NEXT: Final = """
CREATE TRIGGER journal_entries_only_next BEFORE INSERT ON journal_entries
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM journal_entries)
  OR NEW.previous_hash IS NOT coalesce(
       (SELECT hash FROM journal_entries ORDER BY seq DESC LIMIT 1),
       '0000000000000000000000000000000000000000000000000000000000000000')
  OR EXISTS (SELECT 1 FROM journal_entries
             WHERE kind = NEW.kind AND entry_id = NEW.entry_id)
BEGIN SELECT RAISE(ABORT, 'the journal only takes the next entry'); END
"""


def guard(guarded: str, verb: str) -> str:
    """Give the trigger that refuses a change of a table."""
    return (
        f"CREATE TRIGGER {guarded}_no_{verb.lower()} BEFORE {verb} ON {guarded} "
        "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
    )


_OPENS: Final = """
CREATE TRIGGER journal_calls_open_alarm AFTER INSERT ON journal_calls
WHEN NEW.severity = 'alarm'
BEGIN INSERT INTO journal_open_alarms (seq, position) VALUES (NEW.seq, NEW.position);
END
"""

_CLOSES: Final = """
CREATE TRIGGER journal_acknowledgements_close_alarm
AFTER INSERT ON journal_acknowledgements
BEGIN DELETE FROM journal_open_alarms
      WHERE seq = NEW.run_seq AND position = NEW.position;
END
"""

_ONLY_ACKNOWLEDGED: Final = """
CREATE TRIGGER journal_open_alarms_no_delete BEFORE DELETE ON journal_open_alarms
WHEN NOT EXISTS (SELECT 1 FROM journal_acknowledgements
                 WHERE run_seq = OLD.seq AND position = OLD.position)
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
"""

TRIGGERS: Final = (
    _WORDS,
    _ONLY_NEXT,
    *(
        guard(guarded.name, verb)
        for guarded in (entries, runs, sites, calls)
        for verb in ("UPDATE", "DELETE")
    ),
)
TRIGGERS_2: Final = (
    _OPENS,
    _CLOSES,
    _ONLY_ACKNOWLEDGED,
    guard(open_alarms.name, "UPDATE"),
    guard(acknowledgements.name, "UPDATE"),
    guard(acknowledgements.name, "DELETE"),
)
"""What came with version 2 of the tables."""
