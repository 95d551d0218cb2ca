"""The accounts on disk: shared, counted, private, and never guessed at."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from app.core.errors import PeopleError, SignInError, UsageError
from app.core.people import Person, Role
from app.people.lockout import LONGEST, TRIES, Lockout
from app.people.passwords import Passwords
from app.people.store import SqlitePeople
from tests.fakes import HeldClock

PASSWORD = "Xishan-qiuyue-77"
CHEAP = Passwords(rounds=1, memory_kib=8, lanes=1)
DEARER = Passwords(rounds=2, memory_kib=16, lanes=1)


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "people.sqlite"


@pytest.fixture
def people(path: Path, clock: HeldClock) -> SqlitePeople:
    store = opened(path, clock)
    store.add(Person(login="wang", name="王工", role=Role.INSTALLER), PASSWORD)
    store.add(Person(login="li", name="李明", role=Role.OPERATOR), PASSWORD)
    return store


def opened(
    path: Path, clock: HeldClock, *, passwords: Passwords = CHEAP, busy_s: float = 5
) -> SqlitePeople:
    return SqlitePeople(path, clock=clock, passwords=passwords, busy_s=busy_s)


def wrong(store: SqlitePeople, times: int) -> list[bool]:
    """Try a wrong password; say of each whether it shut the account."""
    said = []
    for _ in range(times):
        with pytest.raises(SignInError) as refused:
            store.sign_in("li", "not this one")
        said.append(refused.value.locks)
    return said


def sql(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement)
    connection.close()


def test_looking_makes_no_file(path: Path, clock: HeldClock) -> None:
    store = opened(path, clock)
    assert not store.configured()
    with pytest.raises(SignInError):
        store.sign_in("wang", PASSWORD)
    assert not path.exists()


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_only_its_owner_may_read_the_file(people: SqlitePeople, path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    assert people.configured()
    assert path.stat().st_mode & 0o777 == 0o600


def test_no_password_is_in_the_file(people: SqlitePeople, path: Path) -> None:
    assert PASSWORD.encode() not in path.read_bytes()


def test_a_restart_forgets_no_wrong_password(
    people: SqlitePeople, path: Path, clock: HeldClock
) -> None:
    wrong(people, 3)
    assert wrong(opened(path, clock), 2) == [False, True]
    with pytest.raises(SignInError, match="锁定"):
        people.sign_in("li", PASSWORD)


def test_two_processes_count_together(people: SqlitePeople, path: Path) -> None:
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from app.core.errors import SignInError\n"
        "from app.people.passwords import Passwords\n"
        "from app.people.store import SqlitePeople\n"
        "from tests.fakes import HeldClock\n"
        "cheap = Passwords(rounds=1, memory_kib=8, lanes=1)\n"
        "store = SqlitePeople(Path(sys.argv[1]), clock=HeldClock(), passwords=cheap)\n"
        "locks = 0\n"
        "for _ in range(4):\n"
        "    try:\n"
        "        store.sign_in('li', 'not this one')\n"
        "    except SignInError as error:\n"
        "        locks += error.locks\n"
        "print(locks)\n"
    )
    command = [sys.executable, "-c", script, str(path)]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    locked = [int(each.communicate(timeout=60)[0]) for each in both]
    # Eight tries: the fifth shuts the account, whoever makes it, and is the last.
    assert sum(locked) == 1
    with pytest.raises(SignInError, match="锁定"):
        people.sign_in("li", PASSWORD)


class Interrupted(Passwords):
    """Lets something else happen while a password is checked."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        super().__init__(rounds=1, memory_kib=8, lanes=1)
        self._meanwhile = meanwhile

    def fits(self, kept: str, password: str) -> bool:
        self._meanwhile()
        return super().fits(kept, password)


def test_no_password_is_tried_beside_one_that_is_not_counted_yet(
    people: SqlitePeople, path: Path, clock: HeldClock
) -> None:
    tried: list[str] = []

    def beside() -> None:
        passwords = Interrupted(lambda: tried.append("beside"))
        other = opened(path, clock, passwords=passwords, busy_s=0.01)
        with pytest.raises(PeopleError, match="一直被另一个程序占用"):
            other.sign_in("li", PASSWORD)

    wrong(opened(path, clock, passwords=Interrupted(beside)), 1)
    assert tried == []


def test_the_lock_doubles_up_to_a_day_and_no_further(clock: HeldClock) -> None:
    known, lasted = Lockout(), []
    for _ in range(TRIES * 10):
        known = known.failed(clock.now())
        if known.until is not None:
            lasted.append(known.until - clock.now())
            clock.advance(known.lasts.total_seconds())
            known = known.at(clock.now())
            assert known.until is None
    quarters = [1, 2, 4, 8, 16, 32, 64]
    assert lasted[:7] == [timedelta(minutes=15) * n for n in quarters]
    assert lasted[7:] == [LONGEST] * 3
    assert Lockout(failures=10**9, since=clock.now()).lasts == LONGEST


def test_a_clock_put_back_neither_opens_nor_shuts_for_years(
    people: SqlitePeople, clock: HeldClock
) -> None:
    wrong(people, 5)
    clock.advance(-3 * 365 * 86_400)
    with pytest.raises(SignInError, match="还有15分钟"):
        people.sign_in("li", PASSWORD)
    clock.advance(15 * 60 - 1)
    with pytest.raises(SignInError, match="还有1分钟"):
        people.sign_in("li", PASSWORD)
    clock.advance(1)
    people.sign_in("li", PASSWORD)


def test_a_long_lock_is_told_in_hours(people: SqlitePeople, clock: HeldClock) -> None:
    for minutes in (15, 30, 60, 120):
        wrong(people, 5)
        clock.advance(minutes * 60)
    wrong(people, 5)
    with pytest.raises(SignInError, match="还有不到4小时"):
        people.sign_in("li", PASSWORD)
    clock.advance(121 * 60)
    with pytest.raises(SignInError, match="还有119分钟"):
        people.sign_in("li", PASSWORD)


def test_who_looks_at_a_clock_put_back_sees_no_lock_of_years(
    people: SqlitePeople, clock: HeldClock
) -> None:
    wrong(people, 5)
    clock.advance(-86_400)
    person = people.find("li")
    assert person is not None
    assert person.locked_until == clock.now() + timedelta(minutes=15)


def test_an_unknown_login_costs_as_much_as_a_wrong_password(
    people: SqlitePeople, monkeypatch: pytest.MonkeyPatch
) -> None:
    costs: list[str] = []
    hashed, fits = CHEAP.hashed, CHEAP.fits

    def counted_hash(password: str) -> str:
        costs.append("one")
        return hashed(password)

    def counted_fit(kept: str, password: str) -> bool:
        costs.append("one")
        return fits(kept, password)

    monkeypatch.setattr(CHEAP, "hashed", counted_hash)
    monkeypatch.setattr(CHEAP, "fits", counted_fit)
    with pytest.raises(SignInError):
        people.sign_in("nobody", "not this one")
    assert costs == ["one"]
    with pytest.raises(SignInError):
        people.sign_in("li", "not this one")
    assert costs == ["one", "one"]


def test_a_password_is_hashed_anew_when_that_costs_more_by_now(
    people: SqlitePeople, path: Path, clock: HeldClock
) -> None:
    def kept() -> str:
        connection = sqlite3.connect(path)
        (found,) = connection.execute(
            "SELECT password FROM people WHERE login = 'li'"
        ).fetchone()
        connection.close()
        return str(found)

    first = kept()
    dearer = opened(path, clock, passwords=DEARER)
    wrong(dearer, 1)
    assert kept() == first
    dearer.sign_in("li", PASSWORD)
    assert "m=16,t=2" in kept()
    second = kept()
    dearer.sign_in("li", PASSWORD)
    assert kept() == second


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE people SET role = 'root' WHERE login = 'li'", "角色 'root' 不存在"),
        ("UPDATE people SET locked_at = 'soon' WHERE login = 'li'", "锁定记录看不懂"),
        ("UPDATE people SET failures = 'few' WHERE login = 'li'", "锁定记录看不懂"),
        ("UPDATE people SET password = '' WHERE login = 'li'", "密码记录已损坏"),
        ("UPDATE people_meta SET value = '2'", "较新版本"),
        ("UPDATE people_meta SET value = 'x'", "没有格式版本"),
        ("DELETE FROM people_meta", "没有格式版本"),
        ("DROP TABLE people_meta", "别的程序的数据库"),
        ("ALTER TABLE people DROP COLUMN failures", "不能使用"),
    ],
)
def test_a_file_that_was_meddled_with_lets_nobody_in(
    people: SqlitePeople, path: Path, clock: HeldClock, statement: str, why: str
) -> None:
    sql(path, statement)
    with pytest.raises(PeopleError, match=why):
        opened(path, clock).sign_in("li", PASSWORD)


def test_a_damaged_password_is_set_anew_by_who_keeps_the_accounts(
    people: SqlitePeople, path: Path
) -> None:
    sql(path, "UPDATE people SET password = 'x' WHERE login = 'li'")
    with pytest.raises(PeopleError, match="已损坏") as refused:
        people.sign_in("li", PASSWORD)
    assert "重设" in refused.value.remedy
    people.reset_password("li", PASSWORD)
    assert people.sign_in("li", PASSWORD).must_change


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b"not a database, and long enough to be one" * 9),
        lambda path: path.write_bytes(path.read_bytes()[:5000]),
        lambda path: (path.unlink(), path.mkdir()),
    ],
    ids=["other", "cut", "folder"],
)
def test_a_damaged_file_is_no_desk_without_accounts(
    people: SqlitePeople, path: Path, clock: HeldClock, spoil: object
) -> None:
    spoil(path)  # type: ignore[operator]
    with pytest.raises(PeopleError) as refused:
        opened(path, clock).configured()
    assert "people add" in refused.value.remedy


def test_a_file_that_goes_while_the_desk_runs_lets_nobody_in(
    people: SqlitePeople, path: Path, clock: HeldClock
) -> None:
    path.unlink()
    with pytest.raises(PeopleError, match="在程序运行中被移走"):
        people.configured()
    assert not opened(path, clock).configured()


def test_a_file_that_another_holds_is_said_to_be_in_use(
    people: SqlitePeople, path: Path, clock: HeldClock
) -> None:
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(PeopleError, match="一直被另一个程序占用"):
        opened(path, clock, busy_s=0.01).sign_in("li", PASSWORD)
    holder.execute("ROLLBACK")
    holder.close()


def test_a_password_of_the_past_is_not_needed_to_refuse_a_name(
    people: SqlitePeople,
) -> None:
    with pytest.raises(UsageError, match="登录名「li ming」不能用"):
        people.add(Person(login="li ming", name="李", role=Role.TUNER), PASSWORD)
    with pytest.raises(UsageError, match="没有写姓名"):
        people.change("li", name=" ")
