"""Walks the chain and says which entry is the first that does not fit, and why.

The bodies are compared with their hashes, the hashes with each other, and the derived
tables with the bodies: an entry that filters and search would no longer find is as
good as deleted.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from sqlalchemy import Connection, Row, func, select

from app.core.alarms import Acknowledgement, alarms_of
from app.core.model import RunRecord
from app.core.ports import ChainReport
from app.journal import canonical, schema
from app.journal.canonical import GENESIS, NotCanonicalError, chain_hash
from app.journal.database import Database
from app.journal.index import CallRow, IndexRows, RunRow, derive

Progress = Callable[[int, int], None]

_CHUNK: Final = 1000
_KINDS: Final = (canonical.KIND_RUN, canonical.KIND_ACKNOWLEDGEMENT)
_Row = Row[int, str, str, str, str, str]

Place: TypeAlias = tuple[int, int]
"""Entry of a run, and which of its findings."""


class _BrokenError(Exception):
    """The walk ends here."""

    def __init__(self, seq: int, why: str) -> None:
        super().__init__(why)
        self.seq, self.why = seq, why


class Alarms:
    """Which alarms are open after the entries walked so far."""

    def __init__(self) -> None:
        """Begin with none."""
        self.open: set[Place] = set()
        self._entries: dict[str, int] = {}
        """Run id → entry, of runs with an alarm."""

    def raise_all(self, seq: int, record: RunRecord) -> None:
        """Open the alarms of a run."""
        for alarm in alarms_of(record):
            self._entries[alarm.run_id] = seq
            self.open.add((seq, alarm.index))

    def close(self, run_id: str, index: int) -> Place | None:
        """Close one; None: there is no such alarm, or it is closed already."""
        place = (self._entries.get(run_id, 0), index)
        if place not in self.open:
            return None
        self.open.remove(place)
        return place


class Walk:
    """One walk over the chain, in one read transaction."""

    def __init__(self, connection: Connection, expected_head: str = "") -> None:
        """Take the moment to look at, and a head that was noted outside."""
        self._connection = connection
        self._expected_head = expected_head.strip().lower()
        self._checked = 0
        self._head = GENESIS
        self._met = self._expected_head in {"", GENESIS}
        self._words: Counter[str] = Counter()
        self._known = Database.has_alarms(connection)
        self._alarms = Alarms()

    def run(self, progress: Progress | None) -> ChainReport:
        """Walk to the end, or to the first entry that does not fit."""
        total = self._connection.execute(
            select(func.count()).select_from(schema.entries)
        ).scalar_one()
        try:
            for rows in self._chunks():
                self._check_chunk(rows)
                if progress is not None:
                    progress(self._checked, total)
            self._check_end()
        except _BrokenError as broken:
            return ChainReport(
                checked=self._checked,
                ok=False,
                head=self._head,
                first_broken=broken.seq,
                detail=broken.why,
            )
        return ChainReport(
            checked=self._checked,
            ok=True,
            head=self._head,
            detail=f"共{self._checked}条记录, 哈希链完整, 索引与记录一致",
        )

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
        while True:
            statement = select(*columns).order_by(entries.seq).limit(_CHUNK)
            if last is not None:
                statement = statement.where(entries.seq > last)
            rows = list(self._connection.execute(statement))
            if not rows:
                return
            yield rows
            last = rows[-1][0]

    def _check_chunk(self, rows: list[_Row]) -> None:
        low, high = rows[0][0], rows[-1][0]
        runs, calls = self._runs(low, high), self._calls(low, high)
        acknowledged = self._acknowledged(low, high)
        for row in rows:
            seq, kind, entry_id, _, digest, body = row
            self._check_link(row)
            wanted, about = self._derived(seq, kind, entry_id, body)
            if wanted is not None:
                self._words.update(wanted.words.split())
            if runs.get(seq) != (wanted.run if wanted else None):
                raise _BrokenError(seq, f"第{seq}条的检索索引 (时间等) 与记录不符")
            if tuple(calls.get(seq, ())) != (wanted.calls if wanted else ()):
                raise _BrokenError(seq, f"第{seq}条的检索索引 (工地或结论) 与记录不符")
            if acknowledged.get(seq) != about:
                raise _BrokenError(seq, f"第{seq}条的告警确认索引与记录不符")
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

    def _check_end(self) -> None:
        due = self._checked + 1
        if not self._met:
            raise _BrokenError(
                due, f"没有找到给定的链头, 第{due}条起的记录已被截掉或整链被替换"
            )
        derived_tables = [schema.runs, schema.calls]
        if self._known:
            derived_tables += [schema.acknowledgements, schema.open_alarms]
        for derived in derived_tables:
            highest = self._connection.execute(select(func.max(derived.c.seq))).scalar()
            if highest is not None and highest >= due:
                raise _BrokenError(
                    due, f"第{due}条起的记录已被截掉, 索引中还有第{highest}条"
                )
        if self._known and self._open() != self._alarms.open:
            raise _BrokenError(
                due, "记录完整, 但未确认告警的清单与记录不符, 可能漏列或多列告警"
            )
        if self._indexed_words() != self._words:
            raise _BrokenError(
                due, "记录完整, 但文字检索索引与记录不符, 按文字查找的结果不可信"
            )

    def _derived(
        self, seq: int, kind: str, entry_id: str, body: str
    ) -> tuple[IndexRows | None, Place | None]:
        """Give the rows of a run, or which alarm an acknowledgement is about."""
        try:
            if kind == canonical.KIND_ACKNOWLEDGEMENT:
                said = canonical.decode_as(body, Acknowledgement)
                own_id, wanted = said.entry_id, None
                about = self._alarms.close(said.run_id, said.index)
            else:
                record = canonical.decode(body).record
                own_id, wanted, about = record.run_id, derive(record), None
                self._alarms.raise_all(seq, record)
        except NotCanonicalError as error:
            raise _BrokenError(
                seq, f"第{seq}条不是本程序写成的记录: {error}"
            ) from error
        if entry_id != own_id or kind not in _KINDS:
            raise _BrokenError(seq, f"第{seq}条的运行编号与记录内容不符, 已被改动")
        if wanted is None and about is None:
            raise _BrokenError(seq, f"第{seq}条确认的告警不存在, 或在它之前已确认过")
        return wanted, about

    def _acknowledged(self, low: int, high: int) -> dict[int, Place]:
        if not self._known:
            return {}
        table = schema.acknowledgements.c
        rows = self._connection.execute(
            select(table.seq, table.run_seq, table.position).where(
                table.seq.between(low, high)
            )
        )
        return {seq: (run_seq, position) for seq, run_seq, position in rows}

    def _open(self) -> set[Place]:
        table = schema.open_alarms.c
        rows = self._connection.execute(select(table.seq, table.position))
        return {(seq, position) for seq, position in rows}

    def _runs(self, low: int, high: int) -> dict[int, RunRow]:
        runs = schema.runs.c
        rows = self._connection.execute(
            select(
                runs.seq,
                runs.started_us,
                runs.finished_us,
                runs.outcome,
                runs.operator,
            ).where(runs.seq.between(low, high))
        )
        return {seq: RunRow(*rest) for seq, *rest in rows}

    def _calls(self, low: int, high: int) -> dict[int, list[CallRow]]:
        calls, sites = schema.calls, schema.sites
        rows = self._connection.execute(
            select(
                calls.c.seq,
                sites.c.site_id,
                sites.c.name,
                calls.c.check_name,
                calls.c.severity,
                calls.c.verdict,
            )
            .join(sites, sites.c.key == calls.c.site_key)
            .where(calls.c.seq.between(low, high))
            .order_by(calls.c.seq, calls.c.position)
        )
        found: defaultdict[int, list[CallRow]] = defaultdict(list)
        for seq, *rest in rows:
            found[seq].append(CallRow(*rest))
        return found

    def _indexed_words(self) -> Counter[str]:
        """Count every token of the text index; one pass, no write lock."""
        ask = self._connection.exec_driver_sql
        ask(
            "CREATE VIRTUAL TABLE IF NOT EXISTS temp.journal_vocabulary "
            "USING fts5vocab('main', 'journal_words', 'row')"
        )
        found = ask("SELECT term, cnt FROM temp.journal_vocabulary").all()
        ask("DROP TABLE temp.journal_vocabulary")
        return Counter({str(row.term): int(row.cnt) for row in found})
