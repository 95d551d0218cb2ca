"""Who is at the desk: let in by a password, kept in the journal first."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from app.core.entries import DeskEvent, EventKind
from app.core.errors import (
    JournalUnwritableError,
    NotAllowedError,
    PeopleError,
    SignInError,
    UsageError,
)
from app.core.people import Actor, Before, Person, Role
from app.house.presence import HousePresence
from tests.fake_people import PASSWORD, FakePeople, Noted, presence_over
from tests.fakes import HeldClock

OTHER = "Nanhu-chunyu-33"


class Scene:
    """A desk with accounts in memory; 王工 keeps them, 李明 asks."""

    def __init__(self) -> None:
        self.clock = HeldClock()
        self.people = FakePeople(self.clock)
        self.noted = Noted()
        self.presence = presence_over(self.people, self.noted, clock=self.clock)
        self.changes = 0
        self.presence.watch(self._changed)

    def _changed(self) -> None:
        self.changes += 1

    def staff(self) -> HousePresence:
        self.people.put("wang", "王工", Role.INSTALLER)
        self.people.put("li", "李明", Role.OPERATOR)
        return self.presence

    @property
    def last(self) -> DeskEvent:
        return self.noted.events[-1]


@pytest.fixture
def scene() -> Iterator[Scene]:
    made = Scene()
    yield made
    made.presence.close()


def refusal(presence: HousePresence) -> str:
    with pytest.raises(NotAllowedError) as refused:
        presence.acting()
    return str(refused.value)


async def test_a_desk_without_accounts_acts_as_the_settings_operator(
    scene: Scene,
) -> None:
    presence = scene.presence
    assert not presence.configured
    assert presence.acting() == Actor(name="李明", workstation="济南调控 3 号席")
    assert presence.acting().role is None
    assert presence.lock_after_s == 0
    await presence.lock()
    assert not presence.locked
    assert scene.noted.events == []


async def test_with_accounts_nobody_acts_until_somebody_signs_in(scene: Scene) -> None:
    presence = scene.staff()
    assert presence.configured
    assert presence.actor is None
    assert "还没有人登录" in refusal(presence)
    await presence.sign_in("LI", PASSWORD)
    assert presence.acting() == Actor(
        name="李明", workstation="济南调控 3 号席", login="li", role=Role.OPERATOR
    )
    assert presence.person == scene.people.find("li")
    assert presence.lock_after_s == 600
    assert scene.changes == 1


async def test_every_step_is_an_entry_with_who_and_where(scene: Scene) -> None:
    presence = scene.staff()
    await presence.sign_in("li", PASSWORD)
    await presence.lock(idle=True)
    await presence.unlock("li", PASSWORD)
    await presence.lock()
    await presence.change_password(PASSWORD, OTHER)
    await presence.sign_out()
    assert scene.noted.kinds == [
        "signed_in",
        "locked",
        "unlocked",
        "locked",
        "password_changed",
        "signed_out",
    ]
    assert [event.detail for event in scene.noted.events] == [
        "",
        "无人操作",
        "",
        "",
        "",
        "",
    ]
    for event in scene.noted.events:
        assert (event.by, event.login, event.role) == ("李明", "li", "operator")
        assert (event.subject, event.workstation) == ("li", "济南调控 3 号席")
        assert event.at == scene.clock.now()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("Li", "li"), ("Nanhu-chunyu-33", "Na…"), ("ab", "ab"), ("  x y z ", "x …")],
)
async def test_a_failed_sign_in_is_kept_and_never_a_password(
    scene: Scene, typed: str, kept: str
) -> None:
    presence = scene.staff()
    with pytest.raises(SignInError):
        await presence.sign_in(typed, "秘密-秘密-秘密")
    assert presence.actor is None
    assert scene.noted.kinds == ["sign_in_failed"]
    # Somebody may have typed his password where the login belongs.
    assert (scene.last.subject, scene.last.login) == (kept, "")
    assert scene.last.by == "未登录"
    assert "秘密" not in repr(scene.noted.events)


async def test_a_wrong_password_too_many_is_an_entry_of_its_own(scene: Scene) -> None:
    presence = scene.staff()
    for _ in range(6):
        with pytest.raises(SignInError):
            await presence.sign_in("li", "not this one")
    assert scene.noted.kinds == ["sign_in_failed"] * 5 + [
        "locked_out",
        "sign_in_failed",
    ]
    assert scene.noted.events[5].subject == "li"


async def test_nobody_is_let_in_whom_the_journal_does_not_know(scene: Scene) -> None:
    presence = scene.staff()
    scene.noted.full = True
    with pytest.raises(JournalUnwritableError):
        await presence.sign_in("li", PASSWORD)
    assert presence.actor is None
    scene.noted.full = False
    await presence.sign_in("li", PASSWORD)
    await presence.lock()
    scene.noted.full = True
    with pytest.raises(JournalUnwritableError):
        await presence.unlock("li", PASSWORD)
    assert presence.locked
    with pytest.raises(JournalUnwritableError):
        await presence.unlock("wang", PASSWORD)
    assert presence.locked
    assert presence.actor is not None
    assert presence.actor.login == "li"


async def test_whom_the_journal_saw_leaving_is_gone_where_the_next_fails(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    presence = scene.staff()
    await presence.sign_in("li", PASSWORD)
    await presence.lock()

    async def leaving_only(event: DeskEvent) -> DeskEvent:
        scene.noted.full = event.kind is EventKind.SIGNED_IN
        return await scene.noted(event)

    monkeypatch.setattr(presence, "_note", leaving_only)
    with pytest.raises(JournalUnwritableError):
        await presence.unlock("wang", PASSWORD)
    assert scene.noted.kinds == ["signed_in", "locked", "signed_out"]
    assert presence.person is None
    assert not presence.locked
    assert "还没有人登录" in refusal(presence)
    assert scene.changes == 3


async def test_who_leaves_while_his_password_is_changed_stays_out(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    presence = scene.staff()
    scene.people.put("an", "安然", Role.TUNER, OTHER, must_change=True)
    await presence.sign_in("an", OTHER)
    began, left = threading.Event(), threading.Event()
    change = scene.people.change_password

    def slowly(
        login: str, old: str, new: str, *, before: Before | None = None
    ) -> Person:
        began.set()
        assert left.wait(5)
        return change(login, old, new, before=before)

    monkeypatch.setattr(scene.people, "change_password", slowly)
    changing = asyncio.create_task(presence.change_password(OTHER, PASSWORD))
    await asyncio.to_thread(began.wait, 5)
    await presence.sign_out()
    left.set()
    assert not (await changing).must_change
    assert presence.actor is None
    assert "还没有人登录" in refusal(presence)


async def test_the_entry_is_durable_before_anybody_is_in(scene: Scene) -> None:
    presence = scene.staff()
    scene.noted.hold = asyncio.Event()
    coming = asyncio.create_task(presence.sign_in("li", PASSWORD))
    await scene.noted.asked.wait()
    assert presence.actor is None
    scene.noted.hold.set()
    await coming
    assert presence.actor is not None


async def test_the_screen_is_locked_even_where_no_entry_can_be_made(
    scene: Scene,
) -> None:
    presence = scene.staff()
    await presence.sign_in("li", PASSWORD)
    scene.noted.full = True
    with pytest.raises(JournalUnwritableError):
        await presence.lock()
    assert presence.locked
    with pytest.raises(JournalUnwritableError):
        await presence.sign_out()
    assert presence.actor is None
    assert not presence.locked


async def test_a_locked_screen_still_says_who_was_there(scene: Scene) -> None:
    presence = scene.staff()
    await presence.sign_in("li", PASSWORD)
    await presence.lock()
    assert "屏幕已锁定" in refusal(presence)
    assert presence.actor is not None
    assert presence.actor.name == "李明"
    await presence.lock()
    assert scene.noted.kinds == ["signed_in", "locked"]
    with pytest.raises(SignInError):
        await presence.unlock("li", "not this one")
    assert presence.locked
    await presence.unlock("li", PASSWORD)
    assert presence.acting().name == "李明"


async def test_another_person_who_unlocks_signs_in(scene: Scene) -> None:
    presence = scene.staff()
    await presence.sign_in("li", PASSWORD)
    await presence.lock()
    await presence.unlock("wang", PASSWORD)
    assert presence.acting().name == "王工"
    assert scene.noted.kinds[2:] == ["signed_out", "signed_in"]
    assert (scene.noted.events[2].by, scene.noted.events[2].detail) == (
        "李明",
        "由王工接替",
    )


async def test_who_was_given_a_password_changes_it_first(scene: Scene) -> None:
    scene.people.put("li", "李明", Role.OPERATOR, OTHER, must_change=True)
    presence = scene.presence
    await presence.sign_in("li", OTHER)
    assert "还没有更换" in refusal(presence)
    with pytest.raises(UsageError):
        await presence.change_password(OTHER, "short")
    with pytest.raises(SignInError):
        await presence.change_password("not this one", PASSWORD)
    assert scene.noted.kinds == ["signed_in", "sign_in_failed"]
    scene.noted.full = True
    with pytest.raises(JournalUnwritableError):
        await presence.change_password(OTHER, PASSWORD)
    assert "还没有更换" in refusal(presence)
    scene.noted.full = False
    await presence.change_password(OTHER, PASSWORD)
    assert presence.acting().name == "李明"
    assert scene.last.kind.value == "password_changed"


async def test_who_is_disabled_elsewhere_is_signed_out(scene: Scene) -> None:
    presence = scene.staff()
    await presence.sign_in("li", PASSWORD)
    scene.people.change("li", name="李明明", role=Role.SUPERVISOR)
    await presence.refresh()
    assert presence.acting().name == "李明明"
    assert presence.acting().role is Role.SUPERVISOR
    scene.people.change("li", disabled=True)
    await presence.refresh()
    assert presence.actor is None
    assert (scene.last.kind.value, scene.last.detail) == ("signed_out", "账户已停用")


async def test_the_first_account_ends_the_time_of_one_user(scene: Scene) -> None:
    presence = scene.presence
    assert presence.acting().role is None
    wang = Person(login="wang", name="王工", role=Role.INSTALLER)
    await asyncio.to_thread(presence.people.add, wang, PASSWORD)
    await presence.refresh()
    assert "还没有人登录" in refusal(presence)
    assert scene.changes == 1
    assert (scene.last.kind.value, scene.last.by) == ("person_added", "李明")
    assert (scene.last.subject, scene.last.detail) == ("wang", "王工, 运维")


async def test_accounts_that_cannot_be_read_let_nobody_in(scene: Scene) -> None:
    scene.people.error = PeopleError("账户文件已损坏", "请找运维人员。")
    presence = scene.presence
    assert presence.configured
    assert presence.actor is None
    assert refusal(presence) == "账户文件已损坏。请找运维人员。"
    with pytest.raises(PeopleError):
        await presence.refresh()
    with pytest.raises(PeopleError):
        await presence.sign_in("li", PASSWORD)
    scene.people.error = None
    await presence.refresh()
    assert presence.acting().role is None


async def test_who_is_in_stays_out_while_the_accounts_cannot_be_read(
    scene: Scene,
) -> None:
    presence = scene.staff()
    await presence.sign_in("li", PASSWORD)
    scene.people.error = PeopleError("账户文件不见了")
    with pytest.raises(PeopleError):
        await presence.refresh()
    assert "账户文件不见了" in refusal(presence)


async def test_two_who_sign_in_at_once_come_one_after_the_other(scene: Scene) -> None:
    presence = scene.staff()
    await asyncio.gather(
        presence.sign_in("li", PASSWORD), presence.sign_in("wang", PASSWORD)
    )
    assert scene.noted.kinds == ["signed_in", "signed_out", "signed_in"]
    assert presence.acting().name == "王工"


async def test_only_who_keeps_accounts_changes_them(scene: Scene) -> None:
    presence = scene.staff()
    people = presence.people
    new = Person(login="an", name="安然", role=Role.TUNER)
    changes = (
        lambda: people.add(new, PASSWORD),
        lambda: people.change("li", role=Role.SUPERVISOR, disabled=True),
        lambda: people.reset_password("li", OTHER),
        lambda: people.unlock("li"),
    )
    before = people.everybody()
    for sign_in in (None, "li"):
        if sign_in is not None:
            await presence.sign_in(sign_in, PASSWORD)
        for change in changes:
            with pytest.raises(NotAllowedError):
                await asyncio.to_thread(change)
    assert people.everybody() == before
    await presence.sign_in("wang", PASSWORD)
    scene.noted.events.clear()
    for change in changes:
        await asyncio.to_thread(change)
    assert [(e.kind.value, e.by, e.subject, e.detail) for e in scene.noted.events] == [
        ("person_added", "王工", "an", "安然, 调优"),
        ("person_changed", "王工", "li", "角色 值班员 → 安监; 停用"),
        ("person_changed", "王工", "li", "重设密码"),
        ("person_changed", "王工", "li", "解除锁定"),
    ]


async def test_accounts_that_were_made_elsewhere_end_the_right_of_everybody(
    scene: Scene,
) -> None:
    presence = scene.presence
    await presence.refresh()
    # Another process makes the first one; this desk has not looked since.
    scene.people.put("wang", "王工", Role.INSTALLER)
    assert presence.acting().role is None
    stranger = Person(login="x", name="无名", role=Role.INSTALLER)
    with pytest.raises(NotAllowedError, match="已经有账户"):
        await asyncio.to_thread(presence.people.add, stranger, PASSWORD)
    assert scene.people.find("x") is None
    assert scene.noted.events == []


async def test_no_account_is_changed_that_the_journal_does_not_take(
    scene: Scene,
) -> None:
    presence = scene.staff()
    await presence.sign_in("wang", PASSWORD)
    before = presence.people.everybody()
    scene.noted.full = True
    for change in (
        lambda: presence.people.change("li", disabled=True),
        lambda: presence.people.reset_password("li", OTHER),
    ):
        with pytest.raises(JournalUnwritableError):
            await asyncio.to_thread(change)
    assert presence.people.everybody() == before
