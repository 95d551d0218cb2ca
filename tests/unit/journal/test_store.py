"""The journal as the desk uses it: append, page, filter, search, share, refuse."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from app.core.errors import (
    JournalBrokenError,
    JournalError,
    JournalUnwritableError,
    UsageError,
)
from app.core.model import (
    Check,
    Fault,
    Intent,
    Origin,
    Outcome,
    Question,
    QuestionKind,
    RunRecord,
    Severity,
    Understanding,
    Utterance,
)
from app.core.ports import JournalEntry, JournalQuery
from app.journal.store import SqliteJournal
from tests.fakes import HeldClock
from tests.unit.journal.conftest import OpenJournal, fill
from tests.unit.journal.records import START, record


def matches(query: JournalQuery, made: RunRecord) -> bool:
    """The meaning of a query, said without SQL."""
    call_fits = any(
        query.site in {"", found.call.site.id}
        or (query.site in found.call.site.name and not query.site.startswith("S"))
        for found in made.findings
        if query.check in {None, found.call.check}
        and query.severity in {None, found.severity}
    )
    words = [made.findings[0].call.site.name, made.findings[0].summary]
    words.append(made.utterance.text if made.utterance else "")
    return (
        call_fits
        and (query.since is None or made.started_at >= query.since)
        and (query.until is None or made.started_at < query.until)
        and query.outcome in {None, made.outcome}
        and query.operator in made.operator
        and all(any(part in text for text in words) for part in query.text.split())
    )


def seqs(entries: "list[JournalEntry]") -> list[int]:
    return [entry.seq for entry in entries]


@pytest.mark.parametrize(
    "query",
    [
        JournalQuery(),
        JournalQuery(site="S07"),
        JournalQuery(site="青岛"),
        JournalQuery(site="工地"),
        JournalQuery(site="%"),
        JournalQuery(site="没有这里"),
        JournalQuery(check=Check.HELMET),
        JournalQuery(severity=Severity.ALARM),
        JournalQuery(severity=Severity.UNKNOWN),
        JournalQuery(site="青岛", check=Check.HEADCOUNT, severity=Severity.ATTENTION),
        JournalQuery(outcome=Outcome.ANSWERED),
        JournalQuery(outcome=Outcome.FAILED),
        JournalQuery(operator="李"),
        JournalQuery(operator="李明", site="S02", text="人数"),
        JournalQuery(since=START + timedelta(minutes=10)),
        JournalQuery(until=START + timedelta(minutes=10)),
        JournalQuery(
            since=START + timedelta(minutes=10),
            until=START + timedelta(minutes=20),
            severity=Severity.NORMAL,
        ),
        JournalQuery(text="南"),
        JournalQuery(text="济南"),
        JournalQuery(text="号工地的"),
        JournalQuery(text="潍坊 缺勤"),
        JournalQuery(text="可能存在非法进入", check=Check.HEADCOUNT),
        JournalQuery(text="安全帽", severity=Severity.ALARM, operator="王芳"),
        JournalQuery(text="南济"),
    ],
)
def test_pages_hold_what_matches_newest_first(
    filled: SqliteJournal, query: JournalQuery
) -> None:
    wanted = [n for n in range(60, 0, -1) if matches(query, record(n))]
    assert seqs(list(filled.page(query))) == wanted
    assert seqs(list(filled.entries(query))) == wanted[::-1]
    paged: list[int] = []
    while page := filled.page(query, before=paged[-1] if paged else None, limit=4):
        paged += seqs(list(page))
    assert paged == wanted


def test_a_record_comes_back_as_it_was(filled: SqliteJournal) -> None:
    (entry,) = filled.page(JournalQuery(), limit=1)
    assert entry.record == record(60)
    assert filled.get(entry.record.run_id) == entry


def test_search_finds_everything_said_and_shown(open_journal: OpenJournal) -> None:
    journal = open_journal()
    question = Question(kind=QuestionKind.WHICH_SITE, sentence="您指的是哪个工地?")
    asked = record(
        1,
        outcome=Outcome.ASKED,
        findings=(),
        utterance=Utterance(
            text="查清安",
            free_text="查青岸",
            lexicon_text="ＡＢ12 Ünder𠮷😀,电笔",
            origin=Origin.MICROPHONE,
        ),
        understanding=Understanding(
            intent=Intent.UNCLEAR, question=question, reply="再说"
        ),
        fault=Fault(code="x", message="麦克风没有声音", remedy=""),
    )
    asyncio.run(journal.append(asked))

    def found(text: str) -> bool:
        return bool(journal.page(JournalQuery(text=text)))

    for text in (
        "清安",
        "青岸",
        "哪个工地",
        "再说",
        "没有声音",
        "ab12",
        "AB1",
        "ünder",
    ):
        assert found(text), text
    for text in ("𠮷", "😀", "𠮷😀", "ab12 电笔", "查", " 查 ", "工地?"):
        assert found(text), text
    for text in (
        "安查",
        "安青",
        "2",
        "b12",
        "ω",
        "zz",
        '"',
        "*",
        "查 鱼",
        "NEAR(",
        "#",
    ):
        assert not found(text), text
    assert found("  "), "nothing asked: everything"


def test_a_run_without_findings_is_found_by_its_calls(
    open_journal: OpenJournal,
) -> None:
    journal = open_journal()
    cancelled = record(3, outcome=Outcome.CANCELLED, findings=())
    asyncio.run(journal.append(cancelled))
    assert len(journal.page(JournalQuery(site="S03", check=Check.HEADCOUNT))) == 1
    assert not journal.page(JournalQuery(site="S03", severity=Severity.NORMAL))


def test_get_takes_a_unique_prefix(filled: SqliteJournal) -> None:
    asyncio.run(filled.append(record(1, run_id="abc123")))
    asyncio.run(filled.append(record(1, run_id="abc1234")))
    exact = filled.get("abc123")
    assert exact is not None
    assert exact.seq == 61, "the exact id wins over a longer one"
    assert filled.get("nope") is None
    assert filled.get("") is None
    assert filled.get("%") is None
    with pytest.raises(UsageError, match="abc"):
        filled.get("abc")


def test_a_run_gets_one_record(open_journal: OpenJournal) -> None:
    journal = open_journal()
    fill(journal, 1)
    with pytest.raises(JournalUnwritableError, match="已有日志记录"):
        asyncio.run(journal.append(record(1)))
    fill(journal, 1, start=2)
    assert journal.verify().checked == 2


def test_strange_text_is_kept_and_found(open_journal: OpenJournal) -> None:
    journal = open_journal()
    strange = record(1, operator="\ud800\x00李", workstation="\udfff")
    asyncio.run(journal.append(strange))
    (entry,) = journal.page(JournalQuery(operator="李"))
    assert entry.record == strange
    assert journal.verify().ok


def test_reading_makes_no_file(open_journal: OpenJournal, path: Path) -> None:
    journal = open_journal()
    assert journal.page(JournalQuery()) == []
    assert journal.get("x") is None
    assert journal.verify().ok
    assert not path.parent.exists()


def test_closing_leaves_one_file_and_the_reserve(
    filled: SqliteJournal, path: Path
) -> None:
    filled.page(JournalQuery())
    filled.close()
    filled.close()
    names = {p.name for p in path.parent.iterdir()}
    assert names == {"journal.db", "journal.db.reserve"}
    with pytest.raises(JournalUnwritableError, match="已经关闭"):
        asyncio.run(filled.append(record(99)))


def test_one_thread_writes_and_the_loop_stays_free(open_journal: OpenJournal) -> None:
    journal = open_journal()

    async def course() -> int:
        ticks = 0
        appends = asyncio.gather(*(journal.append(record(n)) for n in range(1, 30)))
        while not appends.done():
            ticks += 1
            await asyncio.sleep(0)
        entries = await appends
        assert [e.seq for e in entries] == list(range(1, 30))
        return ticks

    assert asyncio.run(course()) > 30
    writers = [t for t in threading.enumerate() if t.name == "journal-writer"]
    assert len(writers) == 1


def test_two_windows_make_one_chain(open_journal: OpenJournal) -> None:
    windows = [open_journal(), open_journal()]

    async def course() -> None:
        await asyncio.gather(*(windows[n % 2].append(record(n)) for n in range(1, 41)))

    asyncio.run(course())
    assert windows[0].verify().checked == 40
    assert windows[1].head() == windows[0].page(JournalQuery())[0].hash


def test_a_lock_held_too_long_is_a_sentence(
    open_journal: OpenJournal, path: Path
) -> None:
    journal = open_journal(busy_s=0.05)
    fill(journal, 1)
    other = sqlite3.connect(path, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalUnwritableError, match="另一个程序占用"):
            asyncio.run(journal.append(record(2)))
        assert not asyncio.run(journal.health()).ok
        assert len(journal.page(JournalQuery())) == 1, "reading goes on"
        other.execute("ROLLBACK")
    finally:
        other.close()
    fill(journal, 1, start=2)
    assert journal.verify().checked == 2


def not_sqlite(path: Path) -> None:
    path.write_bytes(b"this is a letter and no database" * 200)


def another_database(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE songs (name)")
    other.close()


def newer_tables(path: Path) -> None:
    _set_meta(path, "tables")


def newer_records(path: Path) -> None:
    _set_meta(path, "records")


def _set_meta(path: Path, key: str) -> None:
    journal = SqliteJournal(path, clock=HeldClock())
    fill(journal, 1)
    journal.close()
    with sqlite3.connect(path) as other:
        other.execute("UPDATE journal_meta SET value = '12' WHERE key = ?", (key,))
    other.close()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (not_sqlite, "不是巡检日志"),
        (another_database, "别的程序的数据库"),
        (newer_tables, "较新版本"),
        (newer_records, "较新版本"),
    ],
)
def test_a_file_that_is_not_ours_is_refused_and_left_alone(
    open_journal: OpenJournal,
    path: Path,
    make: Callable[[Path], None],
    said: str,
) -> None:
    path.parent.mkdir()
    make(path)
    before = path.read_bytes()
    journal = open_journal()
    with pytest.raises(JournalUnwritableError, match=said):
        asyncio.run(journal.append(record(9)))
    with pytest.raises(JournalError, match=said) as caught:
        journal.page(JournalQuery())
    assert isinstance(caught.value, JournalBrokenError) == (make is not_sqlite)
    health = asyncio.run(journal.health())
    assert not health.ok
    assert said in health.detail
    assert health.remedy
    journal.close()
    assert path.read_bytes() == before


def test_a_journal_taken_away_is_not_begun_anew(
    open_journal: OpenJournal, path: Path
) -> None:
    journal = open_journal()
    fill(journal, 2)
    moved = path.with_name("moved.db")
    path.rename(moved)
    for _ in range(2):
        with pytest.raises(JournalUnwritableError, match="移走或替换"):
            asyncio.run(journal.append(record(3)))
    assert not path.exists()
    moved.rename(path)
    fill(journal, 1, start=3)
    assert journal.verify().checked == 3


def test_a_folder_that_cannot_be_made_is_a_sentence(
    open_journal: OpenJournal, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    journal = open_journal(tmp_path / "file" / "journal.db")
    with pytest.raises(JournalUnwritableError, match="只读"):
        asyncio.run(journal.append(record(1)))
    assert not asyncio.run(journal.health()).ok


def test_health_of_a_good_journal(filled: SqliteJournal) -> None:
    health = asyncio.run(filled.health())
    assert (health.name, health.ok) == ("journal", True)
    assert "60条" in health.detail


def test_the_tables_refuse_every_change_but_the_next_entry(
    filled: SqliteJournal, path: Path
) -> None:
    other = sqlite3.connect(path)
    same = "SELECT {} kind, entry_id || 'x', previous_hash, hash, body FROM"
    same += " journal_entries WHERE seq = 60"
    statements = [
        f"{verb} {table}" if verb == "DELETE FROM" else f"UPDATE {table} SET seq = seq"
        for verb in ("DELETE FROM", "UPDATE")
        for table in ("journal_entries", "journal_runs", "journal_calls")
    ]
    statements += [
        "UPDATE journal_sites SET name = 'x'",
        "DELETE FROM journal_sites",
        f"INSERT INTO journal_entries {same.format('62,')}",
        f"INSERT INTO journal_entries {same.format('61,')}",
        "INSERT OR REPLACE INTO journal_entries SELECT * FROM journal_entries"
        " WHERE seq = 60",
        "REPLACE INTO journal_entries SELECT 61, kind, entry_id, hash, hash, body"
        " FROM journal_entries WHERE seq = 60",
    ]
    try:
        for statement in statements:
            with pytest.raises(sqlite3.IntegrityError, match=r"append-only|next entry"):
                other.execute(statement)
    finally:
        other.close()
    assert filled.verify().ok
