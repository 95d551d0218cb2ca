"""`griddesk people`, and `--as` on a desk with accounts, on real files."""

import asyncio
import io
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from app.cli import app
from app.commands.acting import acting, read_password
from app.compose import House
from app.core.entries import DeskEvent, EventKind
from app.core.errors import (
    JournalUnwritableError,
    NotAllowedError,
    SignInError,
    UsageError,
)
from app.core.people import May, Person, Role
from app.house.health import of_people
from app.people.passwords import Passwords
from app.settings.declaration import DeskSettings, Settings
from app.settings.file import save

FIRST = "Nanhu-chunyu-33"
PASSWORD = "Xishan-qiuyue-77"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    cheap = partial(Passwords, rounds=1, memory_kib=8, lanes=1)
    monkeypatch.setattr("app.people.passwords.Passwords", cheap)
    monkeypatch.setenv("GRIDDESK_HOME", str(tmp_path))
    monkeypatch.delenv("GRIDDESK_LOGIN", raising=False)
    save(tmp_path / "settings.toml", Settings(desk=DeskSettings(operator="李明")))
    return tmp_path


def griddesk(*words: str, lines: Sequence[str] = (), status: int = 0) -> Result:
    typed = "".join(f"{line}\n" for line in lines)
    done = CliRunner().invoke(app, list(words), input=typed)
    assert done.exit_code == status, done.output
    for line in lines:
        assert line not in done.output
    return done


def add_keeper() -> None:
    griddesk("people", "add", "wang", "王工", "--role", "installer", lines=[FIRST])
    griddesk("people", "password", "--as", "wang", lines=[FIRST, PASSWORD])


def events() -> list[DeskEvent]:
    with House() as house:
        found = house.journal.review.events()
    return [each.event for each in reversed(found)]


def test_a_desk_without_accounts_says_in_whose_name_it_works() -> None:
    listed = griddesk("people", "list")
    assert "未设账户, 任何人都以「李明」的名义操作" in listed.stderr
    assert json.loads(griddesk("people", "list", "--json").stdout) == {"people": []}
    refused = griddesk("log", "export", "x.csv", "--as", "wang", status=2)
    assert "本席位没有账户" in refused.stderr
    refused = griddesk("people", "password", status=2)
    assert "没有密码可改" in refused.stderr


def test_the_first_account_is_an_installers_and_is_told_of() -> None:
    refused = griddesk("people", "add", "li", "李明", lines=[FIRST], status=2)
    assert "第一个账户必须是运维" in refused.stderr
    made = griddesk(
        "people", "add", "wang", "王工", "--role", "installer", "--json", lines=[FIRST]
    )
    assert json.loads(made.stdout) == {
        "login": "wang",
        "name": "王工",
        "role": "installer",
        "must_change": True,
        "disabled": False,
        "locked_until": None,
    }
    assert "使用值班台要先登录" in made.stderr
    (added,) = events()
    assert (added.kind.value, added.by, added.login) == ("person_added", "李明", "")
    assert (added.subject, added.detail) == ("wang", "王工, 运维")


def test_the_first_password_is_changed_before_anything_else() -> None:
    griddesk("people", "add", "wang", "王工", "--role", "installer", lines=[FIRST])
    words = ("people", "add", "li", "李明", "--as", "wang")
    refused = griddesk(*words, lines=[FIRST, FIRST], status=2)
    assert "griddesk people password --as wang" in refused.stderr
    griddesk("people", "password", "--as", "wang", lines=[FIRST, PASSWORD])
    assert "下次登录要改密码" in griddesk(*words, lines=[PASSWORD, FIRST]).stdout


def test_whoever_keeps_accounts_does_so_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_keeper()
    monkeypatch.setenv("GRIDDESK_LOGIN", "wang")
    griddesk("people", "add", "li", "李明", lines=[PASSWORD, FIRST])
    change = ("people", "change", "li", "--role", "supervisor", "--name", "李明明")
    assert "李明明\t安监" in griddesk(*change, lines=[PASSWORD]).stdout
    assert "已停用" in griddesk("people", "disable", "li", lines=[PASSWORD]).stdout
    assert "已停用" not in griddesk("people", "enable", "li", lines=[PASSWORD]).stdout
    for _ in range(5):
        griddesk("log", "export", "x.csv", "--as", "li", lines=["wrong one"], status=2)
    assert "锁定到" in griddesk("people", "list").stdout
    griddesk("people", "unlock", "li", lines=[PASSWORD])
    assert "锁定到" not in griddesk("people", "list").stdout
    griddesk("people", "reset-password", "li", lines=[PASSWORD, "Beiling-dongxue-55"])
    told = [e for e in events() if e.kind is not EventKind.SIGNED_IN]
    assert [(e.kind.value, e.by, e.subject) for e in told] == [
        ("person_added", "李明", "wang"),
        ("password_changed", "王工", "wang"),
        ("person_added", "王工", "li"),
        *([("person_changed", "王工", "li")] * 3),
        *([("sign_in_failed", "未登录", "li")] * 5),
        ("locked_out", "未登录", "li"),
        *([("person_changed", "王工", "li")] * 2),
    ]
    changes = [e.detail for e in told if e.kind is EventKind.PERSON_CHANGED]
    renamed = "姓名 李明 → 李明明; 角色 值班员 → 安监"
    assert changes == [renamed, "停用", "启用", "解除锁定", "重设密码"]
    assert PASSWORD not in repr(events())


def test_the_last_keeper_stays_and_a_change_needs_something_to_change() -> None:
    add_keeper()
    words = ("people", "disable", "wang", "--as", "wang")
    assert (
        "最后一个能管理账户的人" in griddesk(*words, lines=[PASSWORD], status=2).stderr
    )
    assert "没有说要改什么" in griddesk("people", "change", "wang", status=2).stderr
    nobody = ("people", "enable", "nobody", "--as", "wang")
    assert (
        "没有登录名为「nobody」" in griddesk(*nobody, lines=[PASSWORD], status=2).stderr
    )


def test_a_password_that_is_not_given_is_asked_for_in_a_sentence() -> None:
    add_keeper()
    refused = griddesk("people", "unlock", "wang", "--as", "wang", status=2)
    assert "没有输入wang 的密码" in refused.stderr


@pytest.mark.parametrize(
    "typed", [b"\xff\xfe-not-text\n", b"\n"], ids=["bytes", "none"]
)
@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])
def test_a_password_that_is_no_text_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, typed: bytes, errors: str
) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(typed), encoding="utf-8", errors=errors)
    monkeypatch.setattr("sys.stdin", stdin)
    with House() as house:
        house.presence.people.add(
            Person(login="wang", name="王工", role=Role.INSTALLER), PASSWORD
        )
        with pytest.raises((UsageError, SignInError)) as refused:
            acting(house, May.ASK, "wang")
    assert "not-text" not in repr(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_who_types_the_end_of_input_gave_no_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def ended(prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", ended)
    with pytest.raises(UsageError, match="没有输入wang 的密码"):
        read_password("wang 的密码")


def test_a_damaged_file_refuses_everybody_who_acts_and_says_the_way_back(
    home: Path,
) -> None:
    add_keeper()
    (home / "people.sqlite").write_bytes(b"no database at all, but some bytes" * 50)
    for words in (
        ("people", "list"),
        ("log", "export", "x.csv"),
        ("log", "export", "x.csv", "--as", "wang"),
    ):
        refused = griddesk(*words, lines=[PASSWORD], status=1)
        assert "[people]" in refused.stderr
        assert "重新启动后用 griddesk people add" in refused.stderr


def health(house: House) -> tuple[bool, str, str]:
    found = asyncio.run(of_people(house))
    return found.ok, found.detail, found.remedy


def test_the_health_counts_accounts_and_misses_them_when_they_are_gone(
    home: Path,
) -> None:
    alone = "未设账户, 任何人都以「李明」的名义操作"
    with House() as house:
        assert health(house) == (True, alone, "")
    add_keeper()
    with House() as house:
        assert health(house) == (True, "1个账户: 运维1人", "")
        kept = (home / "people.sqlite").read_bytes()
        (home / "people.sqlite").write_bytes(b"?" * 5000)
        assert health(house)[0] is False
        with pytest.raises(NotAllowedError):
            house.desk.request(text="查一下济南工地的人数")
        (home / "people.sqlite").write_bytes(kept)
        assert health(house)[0] is True
    (home / "people.sqlite").unlink()
    with House() as house:
        ok, detail, remedy = health(house)
        assert not ok
        assert detail == f"巡检日志里有账户的记录, 但账户文件已不在; {alone}"
        assert "griddesk people add" in remedy
        assert house.desk.request(text="查").operator == "李明"


def test_nobody_signs_in_while_the_journal_cannot_be_written(home: Path) -> None:
    add_keeper()
    with House() as house:
        presence = house.presence
        (home / "journal.sqlite").rename(home / "elsewhere")
        (home / "journal.sqlite").mkdir()
        with pytest.raises(JournalUnwritableError):
            asyncio.run(presence.sign_in("wang", PASSWORD))
        assert presence.actor is None


def test_who_works_when_the_desk_closes_is_signed_out_in_the_log() -> None:
    add_keeper()

    async def work() -> None:
        with House() as house:
            await house.desk.presence.sign_in("wang", PASSWORD)
            await house.desk.close()

    asyncio.run(work())
    assert [e.kind.value for e in events()][-2:] == ["signed_in", "signed_out"]
