"""What every keeper of accounts does, the one for tests too."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from app.core.errors import JournalUnwritableError, SignInError, UsageError
from app.core.people import People, Person, Role
from app.people.passwords import Passwords
from app.people.store import SqlitePeople
from tests.fake_people import PASSWORD, FakePeople
from tests.fakes import HeldClock

OTHER = "Nanhu-chunyu-33"
CHEAP = Passwords(rounds=1, memory_kib=8, lanes=1)


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture(params=["sqlite", "memory"])
def people(request: pytest.FixtureRequest, tmp_path: Path, clock: HeldClock) -> People:
    if request.param == "memory":
        return FakePeople(clock)
    return SqlitePeople(tmp_path / "people.sqlite", clock=clock, passwords=CHEAP)


@pytest.fixture
def kept(people: People) -> People:
    """王工 keeps the accounts, 李明 is an operator; both changed their passwords."""
    for login, name, role in (
        ("wang", "王工", Role.INSTALLER),
        ("Li.Ming", "李明", Role.OPERATOR),
    ):
        people.add(Person(login=login, name=name, role=role), OTHER)
        people.change_password(login, OTHER, PASSWORD)
    return people


def wrong(people: People, times: int, login: str = "li.ming") -> list[SignInError]:
    said = []
    for _ in range(times):
        with pytest.raises(SignInError) as refused:
            people.sign_in(login, "not this one")
        said.append(refused.value)
    return said


def test_a_desk_has_no_accounts_until_one_is_made(people: People) -> None:
    assert not people.configured()
    assert list(people.everybody()) == []
    assert people.find("wang") is None
    with pytest.raises(SignInError):
        people.sign_in("wang", PASSWORD)
    people.add(Person(login="wang", name="王工", role=Role.INSTALLER), PASSWORD)
    assert people.configured()


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.INSTALLER])
def test_the_first_account_keeps_the_others(people: People, role: Role) -> None:
    with pytest.raises(UsageError, match="第一个账户必须是运维"):
        people.add(Person(login="li", name="李明", role=role), PASSWORD)
    assert not people.configured()


def test_who_is_added_must_change_the_password_first(people: People) -> None:
    made = people.add(Person(login="wang", name="王工", role=Role.INSTALLER), OTHER)
    assert made.must_change
    assert people.sign_in("wang", OTHER).must_change
    assert not people.change_password("wang", OTHER, PASSWORD).must_change
    assert not people.sign_in("wang", PASSWORD).must_change
    with pytest.raises(SignInError):
        people.sign_in("wang", OTHER)


def test_a_login_is_the_same_in_capitals(kept: People) -> None:
    assert kept.sign_in("LI.MING", PASSWORD).login == "Li.Ming"
    assert kept.find("li.ming") == kept.find("Li.Ming")
    with pytest.raises(UsageError, match=r"已经有登录名为「lI\.mIng」的账户"):
        kept.add(Person(login="lI.mIng", name="李鸣", role=Role.TUNER), PASSWORD)


def test_a_login_may_be_chinese(kept: People) -> None:
    kept.add(Person(login="安监-陈", name="陈静", role=Role.SUPERVISOR), PASSWORD)
    assert kept.sign_in("安监-陈", PASSWORD).name == "陈静"


def test_everybody_comes_in_the_order_of_the_logins(kept: People) -> None:
    kept.add(Person(login="an", name="安然", role=Role.TUNER), PASSWORD)
    assert [each.login for each in kept.everybody()] == ["an", "Li.Ming", "wang"]


def test_an_unknown_login_and_a_wrong_password_sound_the_same(kept: People) -> None:
    (unknown,) = wrong(kept, 1, "nobody")
    (mistaken,) = wrong(kept, 1)
    assert str(unknown) == str(mistaken)
    assert not unknown.locks
    assert not mistaken.locks


def test_the_fifth_wrong_password_shuts_the_account(
    kept: People, clock: HeldClock
) -> None:
    said = wrong(kept, 5)
    assert [each.locks for each in said] == [False] * 4 + [True]
    person = kept.find("li.ming")
    assert person is not None
    assert person.locked_until == clock.now() + timedelta(minutes=15)
    with pytest.raises(SignInError, match="锁定") as refused:
        kept.sign_in("li.ming", PASSWORD)
    assert not refused.value.locks
    kept.sign_in("wang", PASSWORD)
    clock.advance(15 * 60 - 1)
    wrong(kept, 1)
    clock.advance(1)
    assert kept.sign_in("li.ming", PASSWORD).locked_until is None


def test_every_fifth_one_shuts_it_for_twice_as_long(
    kept: People, clock: HeldClock
) -> None:
    wrong(kept, 5)
    clock.advance(15 * 60)
    assert [each.locks for each in wrong(kept, 5)] == [False] * 4 + [True]
    clock.advance(30 * 60 - 1)
    wrong(kept, 1)
    clock.advance(1)
    kept.sign_in("li.ming", PASSWORD)


def test_the_right_password_begins_the_count_anew(
    kept: People, clock: HeldClock
) -> None:
    wrong(kept, 4)
    kept.sign_in("li.ming", PASSWORD)
    assert not any(each.locks for each in wrong(kept, 4))
    kept.sign_in("li.ming", PASSWORD)


def test_an_account_is_unlocked_by_hand(kept: People) -> None:
    wrong(kept, 5)
    assert kept.unlock("li.ming").locked_until is None
    assert not any(each.locks for each in wrong(kept, 4))
    kept.sign_in("li.ming", PASSWORD)


def test_a_new_password_from_somebody_else_unlocks_and_must_be_changed(
    kept: People,
) -> None:
    wrong(kept, 5)
    assert kept.reset_password("li.ming", OTHER).must_change
    assert kept.sign_in("li.ming", OTHER).must_change


def test_wrong_old_passwords_count_as_well(kept: People) -> None:
    for _ in range(4):
        with pytest.raises(SignInError):
            kept.change_password("li.ming", "not this one", OTHER)
    (last,) = wrong(kept, 1)
    assert last.locks


def test_who_is_disabled_does_not_come_in_and_a_stranger_does_not_learn_it(
    kept: People,
) -> None:
    assert kept.change("li.ming", disabled=True).disabled
    (mistaken,) = wrong(kept, 1)
    assert "停用" not in str(mistaken)
    with pytest.raises(SignInError, match="停用"):
        kept.sign_in("li.ming", PASSWORD)
    kept.change("li.ming", disabled=False)
    kept.sign_in("li.ming", PASSWORD)


@pytest.mark.parametrize(
    "change", [{"role": Role.OPERATOR}, {"disabled": True}], ids=["role", "disabled"]
)
def test_somebody_who_keeps_accounts_is_always_left(
    kept: People, change: dict[str, object]
) -> None:
    with pytest.raises(UsageError, match="最后一个能管理账户的人"):
        kept.change("wang", **change)  # type: ignore[arg-type]
    kept.sign_in("wang", PASSWORD)
    kept.change("li.ming", role=Role.INSTALLER)
    kept.change("wang", **change)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="最后一个能管理账户的人"):
        kept.change("li.ming", role=Role.SUPERVISOR)


def test_an_account_gets_another_name_and_role(kept: People) -> None:
    changed = kept.change("li.ming", name="李明明", role=Role.SUPERVISOR)
    assert (changed.name, changed.role) == ("李明明", Role.SUPERVISOR)
    assert kept.find("li.ming") == changed
    kept.sign_in("li.ming", PASSWORD)


@pytest.mark.parametrize(
    "password", ["short-7", "Li.Ming", "12345678"], ids=["short", "login", "common"]
)
def test_a_password_that_is_guessed_soon_is_refused(
    kept: People, password: str
) -> None:
    with pytest.raises(UsageError):
        kept.change_password("li.ming", PASSWORD, password)
    with pytest.raises(UsageError):
        kept.reset_password("li.ming", password)
    kept.sign_in("li.ming", PASSWORD)


def test_the_old_password_is_not_a_new_one(kept: People) -> None:
    with pytest.raises(UsageError, match="原来的一样"):
        kept.change_password("li.ming", PASSWORD, PASSWORD)


def test_two_people_of_one_name_are_told_apart(kept: People) -> None:
    before = kept.everybody()
    for login, name in (("li2", "李明"), ("li3", " 李　明 ")):
        with pytest.raises(UsageError, match=r"「Li\.Ming」的姓名也是李明"):
            kept.add(Person(login=login, name=name, role=Role.OPERATOR), OTHER)
    with pytest.raises(UsageError, match="分不清是谁"):
        kept.change("wang", name="李明")
    assert kept.everybody() == before
    kept.change("li.ming", name="李 明", disabled=True)
    with pytest.raises(UsageError, match="分不清是谁"):
        kept.change("wang", name="李明")
    kept.add(Person(login="li2", name="李明(二班)", role=Role.OPERATOR), OTHER)


def test_what_is_no_account_cannot_be_changed(kept: People) -> None:
    for change in (
        lambda: kept.change("nobody", name="无名"),
        lambda: kept.reset_password("nobody", PASSWORD),
        lambda: kept.unlock("nobody"),
    ):
        with pytest.raises(UsageError, match="没有登录名为「nobody」的账户"):
            change()


Change = Callable[[People, Callable[[Person], None]], Person]
CHANGES: dict[str, Change] = {
    "add": lambda people, before: people.add(
        Person(login="an", name="安然", role=Role.TUNER), OTHER, before=before
    ),
    "change": lambda people, before: people.change(
        "li.ming", name="李四", disabled=True, before=before
    ),
    "reset": lambda people, before: people.reset_password(
        "li.ming", OTHER, before=before
    ),
    "unlock": lambda people, before: people.unlock("li.ming", before=before),
    "password": lambda people, before: people.change_password(
        "wang", PASSWORD, OTHER, before=before
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_nothing_is_changed_that_the_journal_does_not_take(
    kept: People, change: Change
) -> None:
    wrong(kept, 5)
    before = kept.everybody()

    def refuse(person: Person) -> None:
        raise JournalUnwritableError("磁盘已满, 日志没有写入")

    with pytest.raises(JournalUnwritableError):
        change(kept, refuse)
    assert kept.everybody() == before
    kept.sign_in("wang", PASSWORD)
    wrong(kept, 1)

    announced: list[Person] = []
    done = change(kept, announced.append)
    assert announced == [done]
    assert done in kept.everybody()
