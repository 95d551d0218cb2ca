"""The journal as the supervisor works with it: `core.reviewing.Review` on SQLite."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import ColumnElement, Connection, func, select

from app.core.disposing import require_complete, require_corrects, require_decides
from app.core.entries import (
    Correction,
    Decision,
    DeskEvent,
    Disposition,
    EventKind,
    FindingState,
    History,
    OpenFinding,
)
from app.core.recording import Recordings
from app.core.reviewing import (
    ChainHead,
    EvidenceReport,
    LoggedEvent,
    OpenFindings,
    ProposedCorrection,
    RecordingsReport,
)
from app.core.trends import TrendPoint, TrendQuery
from app.journal import derived, form, later, queries, schema, trends
from app.journal.canonical import GENESIS, microseconds
from app.journal.chain import Chain, last
from app.journal.held import Held

_LIMIT: Final = 256
_NOTHING_OPEN: Final = OpenFindings()


class SqliteReview:
    """What is said later about runs, and what happened at the desk."""

    def __init__(self, chain: Chain) -> None:
        """Share the file, and the thread that writes it, with the journal."""
        self._chain = chain
        self._database = chain.database

    async def dispose(self, disposition: Disposition) -> Disposition:
        """Take a step with a finding.

        Raises:
            UsageError: No such finding, a step that cannot follow, or a reason or a
                responsible person is missing.
            JournalUnwritableError: As for `Journal.append`.
        """
        require_complete(disposition)
        return await self._chain.say(
            disposition, lambda at: later.take_disposition(at, disposition)
        )

    async def correct(self, correction: Correction) -> Correction:
        """Say what was really said or meant.

        Raises:
            UsageError: No such run, or nothing is corrected.
            JournalUnwritableError: As for `Journal.append`.
        """
        require_corrects(correction)
        return await self._chain.say(
            correction, lambda at: later.take_correction(at, correction)
        )

    async def decide(self, decision: Decision) -> Decision:
        """Say whether a correction is learnt from; a later decision takes its place.

        Raises:
            UsageError: No such correction.
            JournalUnwritableError: As for `Journal.append`.
        """
        require_decides(decision)
        return await self._chain.say(
            decision, lambda at: later.take_decision(at, decision)
        )

    async def note(self, event: DeskEvent) -> DeskEvent:
        """Keep something that happened at the desk.

        Raises:
            JournalUnwritableError: As for `Journal.append`.
        """
        return await self._chain.say(event, lambda _: later.take_event(event))

    def histories(self, run_ids: Sequence[str]) -> Sequence[History]:
        """Give what was said later about these runs, in their order, one for each.

        Raises:
            JournalError: As for `Journal.page`.
        """
        with self._database.reading() as at:
            return tuple(later.histories(at, run_ids))

    def open_findings(
        self, *, region: str = "", site: str = "", limit: int = _LIMIT
    ) -> OpenFindings:
        """Count the findings with which somebody still has to do something.

        `site` is an id, or else part of a name.

        Raises:
            JournalError: As for `Journal.page`.
        """
        with self._database.reading() as at:
            if at is None:
                return _NOTHING_OPEN
            wanted = queries.open_filters(at, region=region, site=site)
            return _open_findings(at, self._chain.held, wanted, limit)

    def events(
        self,
        *,
        kinds: Sequence[EventKind] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        before: int | None = None,
        limit: int | None = _LIMIT,
    ) -> Sequence[LoggedEvent]:
        """Give what happened at the desk, newest first; no kinds or limit: all.

        Raises:
            JournalError: As for `Journal.page`.
        """
        events, entries = derived.events.c, schema.entries.c
        wanted = select(events.seq, entries.body).join(
            schema.entries, entries.seq == events.seq
        )
        if kinds:
            wanted = wanted.where(events.event.in_([kind.value for kind in kinds]))
        if since is not None:
            wanted = wanted.where(events.at_us >= microseconds(since))
        if until is not None:
            wanted = wanted.where(events.at_us < microseconds(until))
        if before is not None:
            wanted = wanted.where(events.seq < before)
        with self._database.reading() as at:
            if at is None:
                return ()
            rows = at.execute(wanted.order_by(events.seq.desc()).limit(limit))
            return tuple(
                LoggedEvent(seq=seq, event=later.read(seq, body, DeskEvent))
                for seq, body in rows
            )

    def corrections(
        self, *, decided: bool | None = None, limit: int | None = _LIMIT
    ) -> Sequence[ProposedCorrection]:
        """Give corrections, newest first; `decided` chooses those with a decision.

        No limit: all of them.

        Raises:
            JournalError: As for `Journal.page`.
        """
        with self._database.reading() as at:
            if at is None:
                return ()
            found = later.corrections(at, decided=decided, limit=limit)
            held = self._chain.held
            runs = queries.by_seq(at, held, {seq for seq, _, _ in found})
        entries = {entry.seq: entry for entry in runs}
        return tuple(
            ProposedCorrection(
                correction=correction, entry=entries[seq], decision=decision
            )
            for seq, correction, decision in found
        )

    def regions(self) -> Sequence[str]:
        """Give every region that records name, in order.

        Raises:
            JournalError: As for `Journal.page`.
        """
        found = self._distinct("region", "journal_figures")
        return tuple(sorted(form.unescaped(region) for region in found))

    def operators(self) -> Sequence[str]:
        """Give everybody who asked, in order.

        Raises:
            JournalError: As for `Journal.page`.
        """
        return tuple(sorted(self._distinct("operator", "journal_runs")))

    def trend(self, query: TrendQuery) -> Sequence[TrendPoint]:
        """Give the points of a trend, by group and then by time.

        Raises:
            JournalError: As for `Journal.page`.
        """
        with self._database.reading() as at:
            return () if at is None else trends.trend(at, query)

    def moment(self) -> AbstractContextManager[None]:
        """Let everything that this thread reads within be of one moment.

        That is so for the journal too. Whatever is written meanwhile is not seen.

        Raises:
            JournalError: As for `Journal.page`.
        """
        return self._database.moment()

    def head(self) -> ChainHead:
        """Give the last entry.

        Raises:
            JournalError: As for `Journal.page`.
        """
        with self._database.reading() as at:
            seq, digest = (0, GENESIS) if at is None else last(at)
        return ChainHead(seq=seq, hash=digest, at=self._chain.clock.now())

    def check_evidence(
        self, folder: Path, progress: Callable[[int, int], None] | None = None
    ) -> EvidenceReport:
        """Compare every picture that records name with its hash.

        Raises:
            JournalError: As for `Journal.page`.
        """
        from app.journal.evidence_check import check_evidence

        with self._database.reading() as at:
            return check_evidence(at, folder, progress)

    def check_recordings(
        self,
        recordings: Recordings,
        progress: Callable[[int, int], None] | None = None,
    ) -> RecordingsReport:
        """Compare the kept audio of every record with its hash.

        Raises:
            JournalError: As for `Journal.page`.
        """
        from app.journal.recordings_check import check_recordings

        with self._database.reading() as at:
            return check_recordings(at, recordings, progress)

    def _distinct(self, column: str, table: str) -> list[str]:
        """Give the different values of a column that an index begins with."""
        with self._database.reading() as at:
            if at is None:
                return []
            asked = f"SELECT DISTINCT {column} FROM {table} WHERE {column} > ''"
            if self._database.is_current(at):
                # From each to the next, and not through a million rows.
                following = f"SELECT min({column}) FROM {table} WHERE {column} > "
                asked = (
                    f"WITH RECURSIVE named(name) AS ({following} '' UNION ALL "
                    f"SELECT ({following} name) FROM named WHERE name IS NOT NULL) "
                    "SELECT name FROM named WHERE name IS NOT NULL"
                )
            return list(at.exec_driver_sql(asked).scalars())


def _open_findings(
    connection: Connection,
    held: Held,
    wanted: Sequence[ColumnElement[bool]],
    limit: int,
) -> OpenFindings:
    states = derived.states.c
    counted = select(func.count()).select_from(derived.states).where(*wanted)
    count = connection.execute(counted).scalar_one()
    rows = connection.execute(
        select(states.seq, states.position, states.state)
        .where(*wanted)
        .order_by(states.seq.desc(), states.position)
        .limit(limit)
    ).all()
    entries = {
        entry.seq: entry
        for entry in queries.by_seq(connection, held, {seq for seq, _, _ in rows})
    }
    named = later.responsible(connection, [(seq, place) for seq, place, _ in rows])
    newest = []
    for seq, position, state in rows:
        record = entries[seq].record
        newest.append(
            OpenFinding(
                run_id=record.run_id,
                index=position,
                finding=record.findings[position],
                state=FindingState(state),
                at=record.finished_at,
                operator=record.operator,
                responsible=named.get((seq, position), ""),
            )
        )
    return OpenFindings(count=count, newest=tuple(newest))
