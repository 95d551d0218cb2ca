"""Walks the chain and says which entry is the first that does not fit, and why.

The bodies are compared with their hashes, the hashes with each other, and the derived
tables and their indexes with the bodies: an entry that filters and search would no
longer find is as good as deleted. What the database cannot even read is named too.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection, Row, Table, exists, func, select

from app.core.alarms import Acknowledgement
from app.core.entries import FindingState
from app.core.model import RunRecord
from app.core.ports import ChainReport
from app.journal import canonical, failure, guards, rows, schema, word_places
from app.journal.canonical import GENESIS, NotCanonicalError, chain_hash
from app.journal.database import Database
from app.journal.expected import LATER, Expected, UnfitError
from app.journal.index import derive
from app.journal.word_places import WordPlaces

Progress = Callable[[int, int], None]

_CHUNK: Final = 1000
_KINDS: Final = (canonical.KIND_RUN, *LATER)
_STATES: Final = {state.value: int(state.is_open) for state in FindingState}
_Row = Row[int, str, str, str, str, str]


class _BrokenError(Exception):
    """The walk ends here."""

    def __init__(self, seq: int, why: str) -> None:
        super().__init__(why)
        self.seq, self.why = seq, why


class Walk:
    """One walk over the chain, in one read transaction."""

    def __init__(self, connection: Connection, expected_head: str = "") -> None:
        """Take the moment to look at, and a head that was noted outside."""
        self._connection = connection
        self._expected_head = expected_head.strip().lower()
        self._checked = 0
        self._head = GENESIS
        self._met = self._expected_head in {"", GENESIS}
        self._words = WordPlaces()
        self._version = Database.version(connection)
        self._expected = Expected(connection)

    def run(self, progress: Progress | None) -> ChainReport:
        """Walk to the end, or to the first entry that does not fit."""
        tell = progress or (lambda done, total: None)
        try:
            self._walk(tell)
        except _BrokenError as broken:
            return self._broken(broken.seq, broken.why)
        except failure.FAILURES as error:
            if not failure.is_strange(error):
                raise
            due = self._checked + 1
            why = f"第{due}条或它的索引被改动过, 读不出来: {failure.said(error)}"
            return self._broken(due, why)
        return ChainReport(
            checked=self._checked,
            ok=True,
            head=self._head,
            detail=f"共{self._checked}条记录, 哈希链完整, 索引与记录一致",
        )

    def _broken(self, seq: int, why: str) -> ChainReport:
        return ChainReport(
            checked=self._checked,
            ok=False,
            head=self._head,
            first_broken=seq,
            detail=why,
        )

    def _walk(self, tell: Progress) -> None:
        if wrong := guards.tables_trouble(self._connection, self._tables()):
            raise _BrokenError(1, f"日志的表被动过: {wrong}; 记录没有逐条校验")
        total = self._connection.execute(
            select(func.count()).select_from(schema.entries)
        ).scalar_one()
        for entries in self._chunks():
            self._check_chunk(entries)
            tell(self._checked, total)
        self._check_end(lambda: tell(self._checked, total))

    def _tables(self) -> tuple[Table, ...]:
        return (schema.entries, schema.sites, *rows.tables(self._version))

    def _chunks(self) -> Iterator[list[_Row]]:
        entries = schema.entries.c
        columns = (
            entries.seq,
            entries.kind,
            entries.entry_id,
            entries.previous_hash,
            entries.hash,
            entries.body,
        )
        last: int | None = None
        size = _CHUNK
        while True:
            statement = select(*columns).order_by(entries.seq).limit(size)
            if last is not None:
                statement = statement.where(entries.seq > last)
            try:
                found = list(self._connection.execute(statement))
            except failure.FAILURES as error:
                if size == 1 or not failure.is_strange(error):
                    raise
                # One of them cannot be read; those before it can.
                size = 1
                continue
            if not found:
                return
            yield found
            last = found[-1][0]

    def _check_chunk(self, entries: list[_Row]) -> None:
        low, high = entries[0][0], entries[-1][0]
        try:
            found = rows.Found(self._connection, self._version, low, high)
        except failure.FAILURES as error:
            if len(entries) == 1 or not failure.is_strange(error):
                raise
            for row in entries:
                self._check_chunk([row])
            return
        for row in entries:
            seq, kind, entry_id, _, digest, body = row
            self._check_link(row)
            wanted = self._wanted(seq, kind, entry_id, body)
            there = found.of(seq)
            if there != wanted:
                what = wanted.differs(there)
                raise _BrokenError(seq, f"第{seq}条的{what}与记录不符")
            self._checked, self._head = seq, digest
            self._met = self._met or digest == self._expected_head

    def _check_link(self, row: _Row) -> None:
        seq, _, _, previous, digest, body = row
        due = self._checked + 1
        if seq > due:
            gap = f"第{due}条" if seq == due + 1 else f"第{due}至{seq - 1}条"
            raise _BrokenError(due, f"{gap}记录缺失, 已被删除")
        if seq < due:
            raise _BrokenError(seq, f"编号{seq}的记录不应存在, 是插入的")
        if chain_hash(previous, seq, body) != digest:
            raise _BrokenError(seq, f"第{seq}条的内容或编号与它的哈希不符, 已被改动")
        if previous != self._head:
            before = f"与第{seq - 1}条不相连" if seq > 1 else "不是链的起点"
            why = f"第{seq}条{before}: 有记录被替换、调换或插入"
            raise _BrokenError(seq, why)

    def _check_end(self, tell: Callable[[], None]) -> None:
        due = self._checked + 1
        if not self._met:
            raise _BrokenError(
                due, f"没有找到给定的链头, 第{due}条起的记录已被截掉或整链被替换"
            )
        self._check_bounds(due)
        expected = self._expected
        if self._version > 1 and self._unseen() != expected.unseen:
            raise _BrokenError(
                due, "记录完整, 但未确认告警的清单与记录不符, 可能漏列或多列告警"
            )
        if self._version > 2 and self._states() != expected.states:
            raise _BrokenError(
                due, "记录完整, 但待处置结论的清单与记录不符, 可能漏列或多列结论"
            )
        if word_places.of_index(self._connection, self._checked) != self._words.sums:
            raise _BrokenError(
                due, "记录完整, 但文字检索索引与记录不符, 按文字查找的结果不可信"
            )
        if self._has_idle_site():
            raise _BrokenError(
                due, "记录完整, 但工地表里有记录没有提到的工地, 按工地查找的结果不可信"
            )
        for table in self._tables():
            tell()
            if wrong := guards.index_trouble(self._connection, table):
                raise _BrokenError(
                    due, f"记录完整, 但{table.name}的索引与表不符, 可能漏列: {wrong}"
                )
        if wrong := guards.trouble(self._connection, self._version):
            raise _BrokenError(
                due, f"记录完整, 但日志的保护被动过: {wrong}; 以后写入的记录不可信"
            )

    def _check_bounds(self, due: int) -> None:
        """Find rows that belong to no entry at all."""
        for table in rows.tables(self._version):
            seq = table.c.seq
            asked = select(func.min(seq), func.max(seq))
            lowest, highest = self._connection.execute(asked).one()
            if highest is not None and highest >= due:
                raise _BrokenError(
                    due, f"第{due}条起的记录已被截掉, 索引中还有第{highest}条"
                )
            if lowest is not None and lowest < 1:
                raise _BrokenError(
                    lowest, f"索引中的第{lowest}条不属于任何记录, 是插入的"
                )

    def _wanted(self, seq: int, kind: str, entry_id: str, body: str) -> rows.Rows:
        """Give what the tables must hold of an entry, and count its words."""
        later = LATER.get(kind)
        try:
            if later is None:
                record = canonical.decode_exactly(body, RunRecord)
                own_id, own = record.run_id, derive(record)
                words, wanted = own.words, rows.of_run(record, own, self._version)
                self._expected.run(seq, record)
                document = seq
            else:
                said = canonical.decode_exactly(body, later)
                own_id, words = said.entry_id, self._expected.words(said, body)
                wanted = self._expected.later(seq, said)
                document = -seq
        except NotCanonicalError as error:
            raise _BrokenError(
                seq, f"第{seq}条不是本程序写成的记录: {error}"
            ) from error
        except UnfitError as error:
            raise _BrokenError(seq, str(error)) from error
        if entry_id != own_id or kind not in _KINDS:
            raise _BrokenError(seq, f"第{seq}条的运行编号与记录内容不符, 已被改动")
        self._words.add(document, words)
        if later is Acknowledgement and self._version < 3:
            return replace(wanted, said=None)
        return wanted

    def _unseen(self) -> set[rows.Place]:
        table = schema.open_alarms.c
        rows = self._connection.execute(select(table.seq, table.position))
        return {(seq, position) for seq, position in rows}

    def _states(self) -> dict[rows.Place, FindingState | None]:
        """Give the states in the table; None for a row that contradicts itself."""
        rows = self._connection.exec_driver_sql(
            "SELECT s.seq, s.position, s.state, s.is_open, "
            "(s.site_key, s.region) IS (f.site_key, f.region) "
            "FROM journal_states AS s LEFT JOIN journal_figures AS f "
            "ON f.seq = s.seq AND f.position = s.position"
        )
        return {
            (seq, position): FindingState(state)
            if fits and state in _STATES and is_open == _STATES[state]
            else None
            for seq, position, state, is_open, fits in rows
        }

    def _has_idle_site(self) -> bool:
        """Say whether there is a site that no call is of: it may mislead a filter."""
        of_call = exists().where(schema.calls.c.site_key == schema.sites.c.key)
        idle = select(schema.sites.c.key).where(~of_call).limit(1)
        return self._connection.execute(idle).first() is not None
