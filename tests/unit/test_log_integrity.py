"""The log from the command line: verify, chain head, backup and restore."""

import asyncio
import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from app.cli import app
from app.core.entries import DeskEvent, EventKind
from app.core.people import Person, Role
from app.journal.store import SqliteJournal
from app.people.store import SqlitePeople
from tests.fakes import HeldClock
from tests.unit.journal.records import record
from tests.unit.journal.test_verify import tamper, truncated_everywhere


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    journal = SqliteJournal(folder / "journal.sqlite", clock=HeldClock())

    async def append_all() -> None:
        for number in range(1, 61):
            await journal.append(record(number))

    asyncio.run(append_all())
    journal.close()
    return folder / "journal.sqlite"


@pytest.fixture
def home(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "席位"
    home.mkdir()
    shutil.copy(template, home)
    monkeypatch.setenv("GRIDDESK_HOME", str(home))
    return home


def griddesk(*words: object, status: int = 0, typed: str = "") -> Result:
    done = CliRunner().invoke(app, ["log", *map(str, words)], input=typed)
    assert done.exit_code == status, done.output
    return done


def events(home: Path) -> list[DeskEvent]:
    journal = SqliteJournal(home / "journal.sqlite", clock=HeldClock())
    try:
        return [each.event for each in reversed(journal.review.events())]
    finally:
        journal.close()


def test_verify_is_kept_in_the_log(home: Path) -> None:
    said = json.loads(griddesk("verify", "--json").stdout)
    assert (said["ok"], said["checked"]) == (True, 60)
    (event,) = events(home)
    assert event.kind is EventKind.VERIFIED
    assert event.subject == said["head"]
    assert "60条" in event.detail


def test_a_broken_log_is_not_written_to_by_verifying_it(home: Path) -> None:
    tamper(
        home / "journal.sqlite",
        lambda db: db.execute("UPDATE journal_entries SET body = 'x' WHERE seq = 30"),
    )
    done = griddesk("verify", status=1)
    assert "第 30 条记录" in done.stderr
    assert "不要继续修改" in done.stderr
    assert done.stdout == ""
    other = sqlite3.connect(home / "journal.sqlite")
    assert other.execute("SELECT max(seq) FROM journal_entries").fetchone() == (60,)
    other.close()


def test_a_head_on_paper_finds_an_end_that_was_cut_off(home: Path) -> None:
    printed = griddesk("head").stdout
    short = next(x.split()[1] for x in printed.splitlines() if x.startswith("短码"))
    assert short.startswith("60-")
    assert "链头相符: 第60条" in griddesk("verify", "--head", short).stdout
    kinds = [event.kind for event in events(home)]
    assert kinds == [EventKind.HEAD_EXPORTED, EventKind.VERIFIED]
    tamper(home / "journal.sqlite", truncated_everywhere)
    done = griddesk("verify", "--head", short, status=1)
    assert "第51条起的记录已被截掉" in done.stderr
    said = json.loads(griddesk("verify", "--head", short, "--json", status=1).stdout)
    assert (said["ok"], said["noted_head"]["state"]) == (False, "truncated")
    assert said["first_broken"] is None, "the chain itself hangs together"


def test_a_signed_head_file_shows_who_exported_it_and_a_forged_one(
    home: Path, tmp_path: Path
) -> None:
    made = json.loads(griddesk("key", "new", "--json").stdout)
    assert made["fingerprint"] in griddesk("key", "show").stdout
    file = tmp_path / "U 盘" / "链头.json"
    griddesk("head", "--sign", "--out", file)
    stated = json.loads(file.read_text(encoding="utf-8"))
    assert stated["seq"] == 61, "the key is an entry of its own"
    for key in (made["public_key"], made["fingerprint"], made["fingerprint"].upper()):
        done = griddesk("verify", "--head-file", file, "--public-key", key)
        assert "链头相符" in done.stdout
    # Anybody may have signed it: whose key it is must be looked at.
    assert made["fingerprint"] in griddesk("verify", "--head-file", file).stdout
    griddesk("head", "--sign", "--out", file, status=2)
    other = json.loads(
        griddesk("key", "new", "--key", tmp_path / "other.pem", "--json").stdout
    )
    wrong = other["fingerprint"]
    done = griddesk("verify", "--head-file", file, "--public-key", wrong, status=1)
    assert "另一把私钥" in done.stderr
    file.write_text(json.dumps({**stated, "seq": 50}), encoding="utf-8")
    done = griddesk("verify", "--head-file", file, status=1)
    assert "伪造" in done.stderr
    griddesk("key", "new", status=2)


def test_a_key_that_the_log_does_not_know_of_is_not_made(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = json.loads(griddesk("key", "new", "--json").stdout)
    (event,) = events(home)
    assert event.kind is EventKind.SIGNING_KEY_MADE
    assert event.subject == made["fingerprint"]
    other = home / "keys" / "other.pem"
    read_only = sqlite3.connect(home / "journal.sqlite")
    read_only.execute("BEGIN IMMEDIATE")
    done = griddesk("key", "new", "--key", other, status=1)
    read_only.close()
    assert "日志" in done.stderr
    assert sorted(path.name for path in other.parent.iterdir()) == [
        "head.pem",
        "head.pub",
    ]


def test_asking_for_a_head_in_a_wrong_way_is_a_sentence(home: Path) -> None:
    assert "不是链头" in griddesk("verify", "--head", "60-12", status=2).stderr
    alone = griddesk("verify", "--public-key", "x", status=2)
    assert "--head-file" in alone.stderr
    both = ("--head", "0" * 64, "--head-file", "x")
    assert "只能给一个" in griddesk("verify", *both, status=2).stderr
    unsigned = griddesk("head", "--sign", status=3)
    assert "先生成一个" in unsigned.stderr
    (home / "journal.sqlite").unlink()
    assert "没有可导出的链头" in griddesk("head", status=2).stderr


def test_pictures_that_are_not_there_are_named(home: Path) -> None:
    from tests.unit.journal.test_tampering import with_picture

    journal = SqliteJournal(home / "journal.sqlite", clock=HeldClock())
    asyncio.run(journal.append(with_picture(99)))
    journal.close()
    shown = with_picture(99).findings[0].observation.evidence[0]
    done = griddesk("verify", "--evidence", status=1)
    assert "图片缺失 1 张" in done.stderr
    assert shown.path in done.stderr
    (home / "evidence" / shown.path).parent.mkdir(parents=True)
    (home / "evidence" / shown.path).write_bytes(b"another")
    said = json.loads(griddesk("verify", "--evidence", "--json", status=1).stdout)
    assert said["evidence"]["swapped"] == [shown.path]


def test_a_backup_is_made_restored_and_both_are_in_the_log(
    home: Path, tmp_path: Path
) -> None:
    stick = tmp_path / "U 盘"
    made = json.loads(griddesk("backup", stick, "--evidence", "--json").stdout)
    assert (made["ok"], made["records"]) == (True, 60)
    assert [e.kind for e in events(home)] == [EventKind.BACKED_UP]
    refused = griddesk("restore", made["folder"], status=1)
    assert "--replace" in refused.stderr
    done = griddesk("restore", made["folder"], "--replace", "--json")
    said = json.loads(done.stdout)
    assert (said["records"], said["before"]) == (60, 61)
    assert Path(said["kept"]).is_file()
    (event,) = events(home)
    assert event.kind is EventKind.RESTORED
    assert "恢复60条; 此前有61条" in event.detail
    assert json.loads(griddesk("verify", "--json").stdout)["checked"] == 61


def test_a_broken_log_is_copied_for_an_inquiry_and_never_restored(
    home: Path, tmp_path: Path
) -> None:
    tamper(
        home / "journal.sqlite",
        lambda db: db.execute("UPDATE journal_entries SET body = 'x' WHERE seq = 30"),
    )
    done = griddesk("backup", tmp_path / "b", status=1)
    assert "这不是备份" in done.stderr
    (folder,) = (tmp_path / "b").iterdir()
    assert "没有通过校验" in griddesk("restore", folder, status=1).stderr
    assert "日志自己的文件夹里" in griddesk("backup", home, status=2).stderr


PASSWORD = "Longer-than-usual-7"


def test_on_a_desk_with_accounts_roles_decide(home: Path, tmp_path: Path) -> None:
    people = SqlitePeople(home / "people.sqlite", clock=HeldClock())
    for login, role in (("wang", Role.INSTALLER), ("chen", Role.SUPERVISOR)):
        people.add(Person(login=login, name=login.title(), role=role), "First-pass-1!")
        people.change_password(login, "First-pass-1!", PASSWORD)
    stick = tmp_path / "stick"
    assert "由谁操作" in griddesk("backup", stick, status=2).stderr
    typed = PASSWORD + "\n"
    refused = griddesk("backup", stick, "--as", "chen", status=2, typed=typed)
    assert "不能备份" in refused.stderr
    griddesk("backup", stick, "--as", "wang", typed=typed)
    refused = griddesk("head", "--as", "wang", status=2, typed=typed)
    assert "不能签名链头" in refused.stderr
    griddesk("head", "--as", "chen", typed=typed)
    (folder,) = stick.iterdir()
    before = len(events(home))
    griddesk("verify")
    assert len(events(home)) == before, "nobody is named, so nothing is kept"
    griddesk("restore", folder, status=2)
    (home / "journal.sqlite").write_bytes(b"beyond reading" * 999)
    wrong = ("restore", folder, "--replace", "--as", "wang")
    griddesk(*wrong, status=2, typed="wrong\n")
    refused = ("restore", folder, "--replace", "--as", "chen")
    assert "不能备份" in griddesk(*refused, status=2, typed=typed).stderr
    griddesk(*wrong, typed=typed)
    restored = events(home)[-1]
    assert (restored.login, restored.role) == ("wang", "installer")
