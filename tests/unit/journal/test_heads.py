"""The head of the chain: carried off, typed in again, and what it then shows."""

import json
import shutil
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.core.errors import UsageError
from app.core.people import Actor, Role
from app.journal.database import Database
from app.journal.head_check import (
    HeadFinding,
    HeadState,
    NotedHead,
    check_file,
    check_head,
    typed,
)
from app.journal.heads import (
    ExportedHead,
    head_json,
    load_head,
    paper,
    read_head,
    signed,
    write_head,
)
from app.journal.store import SqliteJournal
from app.system.signing import SigningKey, is_signed, load_public, new_key, write_public
from tests.fakes import HeldClock
from tests.unit.journal.conftest import OpenJournal, fill
from tests.unit.journal.records import record
from tests.unit.journal.test_verify import tamper, truncated_everywhere

AT = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
CHEN = Actor(name="陈静", login="chen", role=Role.SUPERVISOR, workstation="安监室")


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return new_key(tmp_path_factory.mktemp("keys") / "head.pem")


def exported(path: Path) -> ExportedHead:
    database = Database(path, busy_s=1)
    try:
        with database.reading() as at:
            return read_head(at, at=AT, actor=CHEN, program="griddesk 1")
    finally:
        database.close()


def compared(path: Path, noted: NotedHead | ExportedHead, **how: str) -> HeadFinding:
    database = Database(path, busy_s=1)
    try:
        with database.reading() as at:
            if isinstance(noted, ExportedHead):
                return check_file(at, noted, **how)
            return check_head(at, noted)
    finally:
        database.close()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed journal of sixty records."""
    path = tmp_path_factory.mktemp("template") / "journal.db"
    journal = SqliteJournal(path, clock=HeldClock())
    fill(journal, 60)
    journal.close()
    return path


@pytest.fixture
def path(template: Path, tmp_path: Path) -> Path:
    path = tmp_path / "巡检 日志#1?%41" / "journal.db"
    path.parent.mkdir()
    shutil.copy(template, path)
    return path


@pytest.fixture
def filled(path: Path, open_journal: OpenJournal) -> SqliteJournal:
    return open_journal(path)


@pytest.fixture
def head(path: Path) -> ExportedHead:
    return exported(path)


def test_a_head_file_says_which_entry_of_which_journal_and_who(
    filled: SqliteJournal, head: ExportedHead, tmp_path: Path
) -> None:
    file = tmp_path / "U 盘" / "链头.json"
    write_head(file, head)
    assert load_head(file) == head
    stated = json.loads(file.read_text(encoding="utf-8"))
    assert (stated["seq"], stated["hash"]) == (60, filled.head())
    assert (stated["by"], stated["login"]) == ("陈静", "chen")
    assert "signature" not in stated
    with pytest.raises(UsageError, match="没有覆盖"):
        write_head(file, head)


def test_the_paper_holds_the_whole_hash_and_a_short_form(head: ExportedHead) -> None:
    printed = "\n".join(paper(head))
    shown = "".join(printed[printed.index("哈希") + 2 : printed.index("短码")].split())
    assert shown == head.hash
    assert head.short in printed
    assert head.short.startswith("60-")
    assert head.short.replace("-", "")[2:] == head.hash[:32]


@pytest.mark.parametrize("grown", [0, 3])
def test_a_head_that_was_noted_is_found_again(
    filled: SqliteJournal, path: Path, head: ExportedHead, grown: int
) -> None:
    fill(filled, grown, start=61)
    wide = head.short.upper().replace("-", " ").translate({0x30: "0", 0x31: "1"})
    for words in (head.short, head.hash, head.hash[:32], wide, f"  60 {head.hash}"):
        assert compared(path, typed(words)).ok, words
    assert compared(path, head).ok


def test_letters_that_look_like_digits_are_the_digits(head: ExportedHead) -> None:
    misread = head.short.replace("0", "O").replace("1", "l")
    assert typed(misread.replace("6O", "60", 1)) == typed(head.short)


@pytest.mark.parametrize("words", ["", "60", "60-1234", "g" * 32, "1" * 31, "a" * 65])
def test_what_is_no_head_is_a_sentence_and_not_an_alarm(words: str) -> None:
    with pytest.raises(UsageError, match="不是链头"):
        typed(words)


def test_a_slip_of_the_pen_is_not_taken_for_tampering(
    path: Path, head: ExportedHead
) -> None:
    wrong = "a" if head.hash[5] != "a" else "b"
    slip = f"60-{head.hash[:5]}{wrong}{head.hash[6:32]}"
    found = compared(path, typed(slip))
    assert found.state is HeadState.MISTYPED
    assert "1位" in found.detail
    assert not found.ok
    other = f"60-{'0123456789abcdef' * 2}"
    assert compared(path, typed(other)).state is HeadState.REWRITTEN
    assert compared(path, typed(other[3:])).state is HeadState.UNKNOWN


def test_an_end_that_was_cut_off_shows(path: Path, head: ExportedHead) -> None:
    tamper(path, truncated_everywhere)
    for noted in (head, typed(head.short)):
        found = compared(path, noted)
        assert found.state is HeadState.TRUNCATED
        assert "第51条起的记录已被截掉" in found.detail
    assert compared(path, typed(head.hash)).state is HeadState.UNKNOWN


def test_a_chain_that_was_replaced_shows(
    path: Path, head: ExportedHead, open_journal: OpenJournal
) -> None:
    other = path.with_name("other.db")
    journal = open_journal(other)
    fill(journal, 61, start=500)
    assert journal.verify().ok, "a whole chain of its own"
    assert compared(other, head).state is HeadState.REPLACED
    assert compared(other, typed(head.short)).state is HeadState.REWRITTEN
    empty = open_journal(path.with_name("none.db"))
    assert empty.verify().ok
    assert compared(path.with_name("none.db"), head).state is HeadState.TRUNCATED


def test_a_chain_that_was_written_again_from_the_middle_shows(
    path: Path, head: ExportedHead, open_journal: OpenJournal
) -> None:
    other = path.with_name("other.db")
    journal = open_journal(other)
    fill(journal, 40)
    fill(journal, 1, start=900)
    fill(journal, 25, start=42)
    assert journal.verify().ok
    found = compared(other, head)
    assert found.state is HeadState.REWRITTEN
    assert "第60条或更早的记录被改写" in found.detail


def test_the_head_of_an_empty_journal_fits_every_journal(
    path: Path, head: ExportedHead, open_journal: OpenJournal
) -> None:
    before = exported(path.with_name("none.db"))
    assert (before.seq, before.hash, before.journal) == (0, "0" * 64, "")
    assert compared(path, before).ok
    assert compared(path, typed(before.hash)).ok


def test_a_signed_head_is_proved_by_its_key(
    path: Path, head: ExportedHead, key: SigningKey, tmp_path: Path
) -> None:
    mine = signed(head, key)
    file = tmp_path / "head.json"
    write_head(file, mine)
    read = load_head(file)
    assert read.sound
    assert compared(path, read, fingerprint=key.fingerprint).ok
    assert key.fingerprint in "\n".join(paper(read))
    other = new_key(tmp_path / "other.pem")
    found = compared(path, signed(head, other), fingerprint=key.fingerprint)
    assert found.state is HeadState.OTHER_KEY
    assert other.fingerprint in found.detail
    found = compared(path, head, fingerprint=key.fingerprint)
    assert found.state is HeadState.UNSIGNED


@pytest.mark.parametrize(
    "change",
    [
        {"seq": 50},
        {"hash": "ab" * 32},
        {"by": "李明"},
        {"at": "2026-11-23T07:00:00+00:00"},
        {"journal": "cd" * 32},
        {"program": "other"},
        {"signature": "00" * 64},
        {"public_key": "11" * 32},
    ],
)
def test_a_head_file_that_was_changed_after_it_was_signed_is_forged(
    path: Path,
    head: ExportedHead,
    key: SigningKey,
    tmp_path: Path,
    change: dict[str, object],
) -> None:
    stated = {**head_json(signed(head, key)), **change}
    file = tmp_path / "head.json"
    file.write_text(json.dumps(stated), encoding="utf-8")
    for how in ({}, {"fingerprint": key.fingerprint}):
        found = compared(path, load_head(file), **how)
        assert found.state is HeadState.FORGED


def test_a_third_party_checks_a_signature_with_the_documented_text(
    head: ExportedHead, key: SigningKey, tmp_path: Path
) -> None:
    write_public(tmp_path / "head.pub", key.public)
    stated = dict(head_json(signed(head, key)))
    signature = bytes.fromhex(str(stated.pop("signature")))
    text = json.dumps(
        stated, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    ).encode()
    assert is_signed(load_public(tmp_path / "head.pub"), signature, text)


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "[]",
        "{",
        '{"format": "other"}',
        '{"format": "griddesk-journal-head/1"}',
        b"\xff\xfe\x00",
    ],
)
def test_what_is_no_head_file_is_a_sentence(
    tmp_path: Path, damage: str | bytes
) -> None:
    file = tmp_path / "head.json"
    file.write_bytes(damage if isinstance(damage, bytes) else damage.encode())
    with pytest.raises(UsageError, match="不是链头文件"):
        load_head(file)
    with pytest.raises(UsageError, match="无法读取"):
        load_head(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("seq", "60"),
        ("seq", True),
        ("seq", -1),
        ("hash", "AB" * 32),
        ("by", 1),
        ("at", "2026-11-22T07:00:00"),
        ("more", "x"),
        ("signature", "00" * 64),
    ],
)
def test_a_head_file_with_a_wrong_member_is_refused(
    head: ExportedHead, tmp_path: Path, member: str, value: object
) -> None:
    file = tmp_path / "head.json"
    file.write_text(json.dumps({**head_json(head), member: value}), encoding="utf-8")
    with pytest.raises(UsageError, match="不是链头文件"):
        load_head(file)


def test_half_a_character_in_a_name_can_be_signed(
    head: ExportedHead, key: SigningKey
) -> None:
    assert signed(replace(head, by="李\ud800"), key).sound


def test_a_changed_entry_that_is_not_the_head_is_what_the_chain_is_for(
    filled: SqliteJournal, path: Path, head: ExportedHead
) -> None:
    def change(db: sqlite3.Connection) -> None:
        db.execute("UPDATE journal_entries SET body = 'x' WHERE seq = 30")

    tamper(path, change)
    assert compared(path, head).ok, "only the entry of the head is compared"
    assert filled.verify().first_broken == 30
    assert record(30).run_id == f"{30:032x}"
