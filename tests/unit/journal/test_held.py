"""What somebody holds in memory is not read again, and nothing is kept alive for it."""

import json
import weakref
from collections.abc import Callable
from dataclasses import replace

import pytest

from app.core.checks import judge
from app.core.model import Call, Check, Finding, RunRecord, Severity, Site
from app.core.observation import Observation
from app.core.ports import JournalQuery
from app.journal import canonical
from app.journal.form import parsed, written
from app.journal.store import SqliteJournal
from tests.unit.journal.conftest import OpenJournal, fill
from tests.unit.journal.records import record
from tests.unit.journal.test_verify import tamper

_SITES = 40


def swept() -> RunRecord:
    """A sweep, all of it alarms."""
    findings = []
    for number in range(_SITES):
        call = Call(Site(id=f"S{number}", name=f"{number}号工地"), Check.HELMET)
        seen = Observation(actual=20, wearing=15)
        said = judge(call, seen)
        findings.append(
            Finding(
                call=call,
                observation=seen,
                verdict=said.verdict,
                severity=said.severity,
                summary=said.sentence,
            )
        )
    assert findings[0].severity is Severity.ALARM
    return record(7, findings=tuple(findings))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were read while the test ran."""
    texts: list[str] = []
    decode = canonical.decode

    def noted(text: str) -> canonical.Recorded:
        texts.append(text)
        return decode(text)

    monkeypatch.setattr(canonical, "decode", noted)
    return texts


async def test_a_record_that_was_just_written_is_given_back_and_not_read(
    open_journal: OpenJournal, read: list[str]
) -> None:
    journal, sweep = open_journal(), swept()
    entry = await journal.append(sweep)
    ways: list[Callable[[SqliteJournal], object]] = [
        lambda at: at.page(JournalQuery())[0].record,
        lambda at: at.page(JournalQuery(text="号工地"))[0].record,
        lambda at: getattr(at.get(sweep.run_id[:8]), "record", None),
    ]
    for way in ways:
        assert way(journal) is sweep
    assert journal.page(JournalQuery())[0] == entry
    assert {one.finding for one in journal.latest()} == set(sweep.findings)
    alarms = journal.open_alarms(limit=100)
    assert [alarm.finding for alarm in alarms.newest] == list(sweep.findings)
    left = journal.review.open_findings()
    assert [each.finding for each in left.newest] == list(sweep.findings)
    assert read == []


async def test_what_nobody_holds_any_more_is_read_once_for_all_who_show_it(
    open_journal: OpenJournal, read: list[str]
) -> None:
    journal = open_journal()
    sweep = swept()
    await journal.append(sweep)
    # What the writer's thread did last, it holds until it does something else.
    await journal.health()
    gone, meant = weakref.ref(sweep), replace(sweep)
    del sweep
    assert gone() is None, "the journal keeps no record alive"
    (first,) = journal.page(JournalQuery())
    assert first.record == meant
    assert len(read) == 1
    (second,) = journal.page(JournalQuery())
    assert second.record is first.record
    assert len(read) == 1


def test_of_a_page_only_what_is_new_is_read(
    open_journal: OpenJournal, read: list[str]
) -> None:
    journal = open_journal()
    fill(journal, 20)
    shown = journal.page(JournalQuery(), limit=20)
    assert len(read) == 20
    # Another desk on the same file.
    fill(open_journal(), 2, start=21)
    again = journal.page(JournalQuery(), limit=20)
    assert [entry.seq for entry in again] == list(range(22, 2, -1))
    assert [entry.record for entry in again] == [
        record(number) for number in range(22, 2, -1)
    ]
    assert again[2].record is shown[0].record
    assert len(read) == 22


def test_an_entry_in_pieces_is_the_text_that_it_is_in_one() -> None:
    value = json.loads(canonical.encode(swept(), recorded_at=record(1).started_at))
    deep = {"c": {"d": {"e": [1, 0.5, None, {"z": {}, "a": True}]}}}
    odd = {"": [], "乙": {"b": deep}}
    for each in (value, odd, [], {}, [[value], odd], "字", None):
        text = json.dumps(
            each, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )
        assert written(each) == text
        assert parsed(text) == each


async def test_what_is_verified_and_exported_is_read_from_the_file(
    open_journal: OpenJournal,
) -> None:
    journal, shown = open_journal(), record(1, operator="李明")
    await journal.append(shown)
    tamper(
        journal.path,
        lambda db: db.execute(
            "UPDATE journal_entries SET body = replace(body, '李明', '王芳')"
        ),
    )
    report = journal.verify()
    assert (report.ok, report.first_broken) == (False, 1)
    (exported,) = journal.entries(JournalQuery())
    assert exported.record.operator == "王芳"
    with journal.review.moment():
        (told,) = journal.page(JournalQuery())
    assert told.record.operator == "王芳"
    (page,) = journal.page(JournalQuery())
    assert page.record is shown, "what is shown is what was written"


async def test_within_a_moment_nothing_appears_and_a_nested_one_ends_nothing(
    open_journal: OpenJournal,
) -> None:
    journal = open_journal()
    with journal.review.moment():
        assert journal.head() == canonical.GENESIS
        # The writer's thread makes the file meanwhile.
        entry = await journal.append(record(1))
        assert journal.page(JournalQuery()) == []
        with journal.review.moment():
            assert journal.page(JournalQuery()) == []
        assert journal.head() == canonical.GENESIS
    with journal.review.moment():
        with journal.review.moment():
            assert journal.head() == entry.hash
        await journal.append(record(2))
        assert journal.head() == entry.hash
    assert len(journal.page(JournalQuery())) == 2
