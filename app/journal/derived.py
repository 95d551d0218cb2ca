"""The tables of version 3: figures of each call, findings to deal with, later entries.

What is derived from a run is derived by SQL from its body, in one place: by a trigger
when a run is inserted, by one statement when older tables are brought up to date, and
by a view where an older journal is only read. So a program of version 2 that still has
the file open keeps them too. `verify` derives the same once more, in Python.

A region stands as in the canonical text, between its quotation marks: see
`form.escaped`.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from app.core.entries import Step, state_after
from app.core.model import Severity, Verdict
from app.journal import canonical
from app.journal.schema import Seq, entries, guard, metadata, runs, sites

MOST_PEOPLE: Final = 1_000_000_000
"""A greater count, or one below zero, is no figure: it counts as unknown."""

# Yes and no are 1 and 0, compared as numbers: what is counted must be one of the two.

# One row for each call of a run, in the order in which trends walk them.
figures = Table(
    "journal_figures",
    metadata,
    Column("started_us", BigInteger, primary_key=True),
    Column("seq", Seq, ForeignKey(runs.c.seq), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    # Of the call's row, which comes after the run's.
    Column("site_key", Integer, ForeignKey(sites.c.key)),
    Column("check_name", String(32), nullable=False, server_default=""),
    Column("severity", String(16), nullable=False, server_default=""),
    Column("answered", Integer, nullable=False, server_default="0"),
    Column("region", Text, nullable=False),
    Column("expected", BigInteger),
    Column("actual", BigInteger),
    Column("wearing", BigInteger),
    Column("carrying", BigInteger),
    Column("written", Integer, nullable=False),
    Column("differed", Integer, nullable=False),
    UniqueConstraint("seq", "position"),
    sqlite_with_rowid=False,
)
Index(
    "journal_figures_by_region",
    *(figures.c.region, figures.c.seq, figures.c.position),
    *(figures.c.site_key, figures.c.check_name, figures.c.severity),
)
Index(
    "journal_figures_by_region_severity",
    *(figures.c.region, figures.c.severity, figures.c.seq, figures.c.position),
    *(figures.c.site_key, figures.c.check_name),
)

# The commands that were read twice from their sound.
ears = Table(
    "journal_ears",
    metadata,
    Column("started_us", BigInteger, primary_key=True),
    Column("seq", Seq, ForeignKey(runs.c.seq), primary_key=True, autoincrement=False),
    Column("apart", Integer, nullable=False),
    UniqueConstraint("seq"),
    sqlite_with_rowid=False,
)

# Every alarm, and every finding that somebody has taken a step with.
states = Table(
    "journal_states",
    metadata,
    Column("seq", Seq, ForeignKey(runs.c.seq), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("is_open", Integer, nullable=False),
    Column("site_key", Integer, ForeignKey(sites.c.key), nullable=False),
    Column("region", Text, nullable=False),
    sqlite_with_rowid=False,
)
Index(
    "journal_states_by_open",
    *(states.c.is_open, states.c.seq, states.c.position),
    *(states.c.region, states.c.site_key, states.c.state),
)
Index("journal_states_by_state", states.c.state, states.c.seq, states.c.position)

# What was said later about a run; `about` is the correction of a decision.
said = Table(
    "journal_said",
    metadata,
    Column("seq", Seq, ForeignKey(entries.c.seq), primary_key=True),
    Column("run_seq", Seq, ForeignKey(runs.c.seq), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("position", Integer),
    Column("step", String(16), nullable=False, server_default=""),
    Column("about", Seq, ForeignKey(entries.c.seq)),
)
Index("journal_said_by_run", said.c.run_seq, said.c.position)
Index("journal_said_by_kind", said.c.kind, said.c.seq)
Index("journal_said_by_about", said.c.about, sqlite_where=said.c.about.is_not(None))

events = Table(
    "journal_events",
    metadata,
    Column("seq", Seq, ForeignKey(entries.c.seq), primary_key=True),
    Column("event", String(32), nullable=False),
    Column("at_us", BigInteger, nullable=False),
)
Index("journal_events_by_event", events.c.event, events.c.seq)

by_operator = Index("journal_runs_by_operator", runs.c.operator)

TABLES: Final = (figures, ears, states, said, events)
INDEXES: Final = tuple(index for table in TABLES for index in table.indexes)


def _extracted(text: str, call: str, finding: str) -> str:
    """Give everything of one call as a small array, looked up in a text once.

    `call` and `finding` say where in it they stand; one of them may be missing.
    """
    people = (f".observation.{each}" for each in _PEOPLE)
    members = (".call.site.region", *people, ".model_sentence", ".model_differed")
    paths = (f"{call}.site.region'", *(f"{finding}{each}'" for each in members))
    return f"json_extract({text}, {', '.join(paths)})"


def _count(place: int) -> str:
    stated = f"x.found ->> {place}"
    return f"CASE WHEN {stated} BETWEEN 0 AND {MOST_PEOPLE} THEN {stated} END"


def _unquoted(text: str) -> str:
    return f"substr({text}, 2, length({text}) - 2)"


_PEOPLE: Final = ("expected", "actual", "wearing", "carrying")

_IN_BODY: Final = _extracted(
    "e.body",
    "'$.run.understanding.calls[' || c.position || ']",
    "'$.run.findings[' || c.position || ']",
)
_IN_ITSELF: Final = _extracted("f.value", "'$", "'$")
"""Of a sweep of thousands, to go through the body for each takes seconds."""

# Where a finding is missing the array holds null, and every member but the first.
_REGION: Final = _unquoted("coalesce(nullif(x.found -> 1, 'null'), x.found -> 0)")
_OF_FINDING: Final = ", ".join(
    (
        *(_count(2 + place) for place in range(len(_PEOPLE))),
        """x.found -> 6 NOT IN ('null', '""')""",
        "coalesce(x.found ->> 7, 0)",
    )
)
_ANSWERED: Final = f"verdict NOT IN ('', '{Verdict.DATA_MISSING}')"
_APART: Final = "NOT (e.body ->> '$.run.utterance.agreed')"
_TWICE: Final = "e.body ->> '$.run.utterance.agreement' IS NOT NULL"

_FIGURES: Final = f"""
SELECT x.started_us AS started_us, x.seq AS seq, x.position AS position,
    x.site_key AS site_key, x.check_name AS check_name, x.severity AS severity,
    x.{_ANSWERED} AS answered, {_REGION} AS region, {_OF_FINDING}
FROM (
    SELECT r.started_us AS started_us, c.*, {_IN_BODY} AS found
    FROM journal_runs AS r
    CROSS JOIN journal_calls AS c ON c.seq = r.seq
    CROSS JOIN journal_entries AS e ON e.seq = r.seq"""
_AS_ONE: Final = ") AS x"
_ONCE: Final = " LIMIT -1) AS x"
"""Looks each body up once; SQLite would else do it for every column."""

_EARS: Final = f"""
SELECT r.started_us AS started_us, r.seq AS seq, {_APART} AS apart
FROM journal_runs AS r CROSS JOIN journal_entries AS e ON e.seq = r.seq
WHERE {_TWICE}"""

_ACKNOWLEDGED: Final = f"""
SELECT seq, run_seq, '{canonical.KIND_ACKNOWLEDGEMENT}' AS kind, position,
    '' AS step, NULL AS about FROM journal_acknowledgements"""

FROM_BODIES: Final = (
    f"INSERT INTO journal_figures {_FIGURES}{_ONCE}",
    f"INSERT INTO journal_ears {_EARS}",
    "INSERT INTO journal_states SELECT seq, position, 'open', 1, site_key, region "
    f"FROM journal_figures WHERE severity = '{Severity.ALARM}' ORDER BY 1, 2",
    f"INSERT INTO journal_said {_ACKNOWLEDGED}",
)
"""Fill the tables from what a journal of version 2 holds."""

_OPEN_ALARM: Final = f"severity = '{Severity.ALARM}'"

VIEWS: Final = {
    "journal_figures": "(started_us, seq, position, site_key, check_name, severity, "
    "answered, region, expected, actual, wearing, carrying, written, differed) AS "
    + _FIGURES
    + _AS_ONE,
    "journal_ears": "AS " + _EARS,
    # The region is asked for row by row, so that it costs nothing where nobody asks.
    "journal_states": f"""AS
        SELECT c.seq AS seq, c.position AS position, 'open' AS state, 1 AS is_open,
            c.site_key AS site_key, (
                SELECT {_unquoted("j.value")} FROM (
                    SELECT e.body -> ('$.run.findings[' || c.position
                        || '].call.site.region') AS value
                    FROM journal_entries AS e WHERE e.seq = c.seq) AS j) AS region
        FROM journal_calls AS c WHERE {_OPEN_ALARM}""",
    "journal_said": "AS " + _ACKNOWLEDGED,
    "journal_events": "AS SELECT 0 AS seq, '' AS event, 0 AS at_us WHERE 0",
}
"""What stands in for each table where a journal of version 1 or 2 is only read."""

VIEWS_1: Final = {
    "journal_acknowledgements": "AS SELECT 0 AS seq, 0 AS run_seq, 0 AS position "
    "WHERE 0",
    "journal_open_alarms": f"AS SELECT seq, position FROM journal_calls "
    f"WHERE {_OPEN_ALARM}",
}
"""The same for what came with version 2."""

_DERIVES: Final = f"""
CREATE TRIGGER journal_runs_figures AFTER INSERT ON journal_runs
BEGIN
    INSERT INTO journal_figures (started_us, seq, position, region, expected, actual,
        wearing, carrying, written, differed)
    SELECT NEW.started_us, NEW.seq, x.position, {_REGION}, {_OF_FINDING}
    FROM (SELECT f.key AS position, {_IN_ITSELF} AS found
        FROM journal_entries AS e CROSS JOIN json_each(e.body, CASE
            WHEN json_array_length(e.body, '$.run.findings') > 0
            THEN '$.run.findings' ELSE '$.run.understanding.calls' END) AS f
        WHERE e.seq = NEW.seq LIMIT -1) AS x;
    INSERT INTO journal_ears (started_us, seq, apart)
    SELECT NEW.started_us, NEW.seq, {_APART}
    FROM journal_entries AS e WHERE e.seq = NEW.seq AND {_TWICE};
END"""

_COMPLETES: Final = f"""
CREATE TRIGGER journal_calls_figures AFTER INSERT ON journal_calls
BEGIN
    UPDATE journal_figures SET site_key = NEW.site_key, check_name = NEW.check_name,
        severity = NEW.severity, answered = NEW.{_ANSWERED}
    WHERE seq = NEW.seq AND position = NEW.position;
    INSERT INTO journal_states (seq, position, state, is_open, site_key, region)
    SELECT seq, position, 'open', 1, site_key, region FROM journal_figures
    WHERE seq = NEW.seq AND position = NEW.position AND NEW.{_OPEN_ALARM};
END"""

_REPEATS: Final = f"""
CREATE TRIGGER journal_acknowledgements_said AFTER INSERT ON journal_acknowledgements
BEGIN
    INSERT INTO journal_said (seq, run_seq, kind, position)
    VALUES (NEW.seq, NEW.run_seq, '{canonical.KIND_ACKNOWLEDGEMENT}', NEW.position);
END"""

# Every step but a remark leads to one state, wherever it is taken from.
_LEADS: Final = {
    step: state_after(Severity.NORMAL, [step])
    for step in Step
    if step is not Step.NOTED
}
_STATE: Final = " ".join(f"WHEN '{a}' THEN '{b}'" for a, b in _LEADS.items())
_IS_OPEN: Final = " ".join(
    f"WHEN '{step}' THEN {int(state.is_open)}" for step, state in _LEADS.items()
)

_STEPS: Final = f"""
CREATE TRIGGER journal_said_state AFTER INSERT ON journal_said
WHEN NEW.kind = '{canonical.KIND_DISPOSITION}' AND NEW.step <> '{Step.NOTED}'
BEGIN
    INSERT INTO journal_states (seq, position, state, is_open, site_key, region)
    SELECT seq, position, CASE NEW.step {_STATE} END, CASE NEW.step {_IS_OPEN} END,
        site_key, region
    FROM journal_figures WHERE seq = NEW.run_seq AND position = NEW.position
    ON CONFLICT (seq, position) DO UPDATE
    SET state = excluded.state, is_open = excluded.is_open;
END"""

_ONLY_COMPLETED: Final = """
CREATE TRIGGER journal_figures_no_update BEFORE UPDATE ON journal_figures
WHEN OLD.site_key IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"""

_ONLY_BY_STEPS: Final = f"""
CREATE TRIGGER journal_states_no_update BEFORE UPDATE ON journal_states
WHEN (NEW.seq, NEW.position, NEW.site_key, NEW.region)
        IS NOT (OLD.seq, OLD.position, OLD.site_key, OLD.region)
    OR (NEW.state, NEW.is_open) IS NOT (
        SELECT CASE step {_STATE} END, CASE step {_IS_OPEN} END FROM journal_said
        WHERE run_seq = OLD.seq AND position = OLD.position
            AND kind = '{canonical.KIND_DISPOSITION}' AND step <> '{Step.NOTED}'
        ORDER BY seq DESC LIMIT 1)
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"""

TRIGGERS: Final = (
    _DERIVES,
    _COMPLETES,
    _REPEATS,
    _STEPS,
    _ONLY_COMPLETED,
    _ONLY_BY_STEPS,
    *(guard(table.name, "DELETE") for table in TABLES),
    *(guard(table.name, "UPDATE") for table in (ears, said, events)),
)
