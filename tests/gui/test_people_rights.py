"""What a role may not do is switched off, with who may; the name is the person's."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.core.model import Call, Check
from app.core.people import ROLE_MAY, ROLE_NAMES, May, Person, Role
from app.core.ports import Health
from app.desktop.alarm_bar import AlarmBar
from app.desktop.people.naming import may_word, refusal, role_word
from tests.fake_people import PASSWORD
from tests.gui.conftest import Play, Stage
from tests.gui.people_scenes import (
    NEW,
    WRONG,
    beside,
    door_of,
    enter,
    leave,
    lock,
    staffed,
)
from tests.gui.support import YANTAI, DeskForTests, Expect, said, seen, texts
from tests.gui.test_accessible import active, check
from tests.gui.test_adapters import ShelfInMemory

ALARMING = "检测烟台工地的安全帽"


def furnished(desk: DeskForTests) -> None:
    staffed(desk)
    desk.knows(ALARMING, {Call(YANTAI, Check.HELMET): seen(actual=34, wearing=30)})


def bar_of(stage: Stage) -> AlarmBar:
    (bar,) = stage.window.findChildren(AlarmBar)
    return bar


def test_the_names_of_roles_and_rights_are_those_of_the_core() -> None:
    assert {role: role_word(role) for role in Role} == dict(ROLE_NAMES)
    assert all(may_word(what) for what in May)


def test_an_alarm_is_acknowledged_in_the_name_of_whoever_is_signed_in(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        bar = bar_of(stage)
        await enter(stage.window, "wangjg")
        await said(stage.session, ALARMING)
        bar.acknowledge.click()
        assert bar.form.name.text() == "王建国"
        assert not bar.form.name.isEnabled()
        assert stage.window.focusWidget() is bar.form.confirm
        bar.form.name.setText("别人")
        async with Expect(bar.alarms.acknowledged):
            bar.form.confirm.click()
        (acknowledged,) = stage.desk.journal.alarms.said
        assert acknowledged.by == "王建国"

    play(scene, prepare=furnished)


def test_without_accounts_whoever_acknowledges_gives_his_name(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        bar = bar_of(stage)
        await said(stage.session, ALARMING)
        bar.acknowledge.click()
        assert bar.form.name.isEnabled()
        bar.form.name.setText("王建国")
        async with Expect(bar.alarms.acknowledged):
            bar.form.confirm.click()
        (acknowledged,) = stage.desk.journal.alarms.said
        assert acknowledged.by == "王建国"

    def prepare(desk: DeskForTests) -> None:
        desk.knows(ALARMING, {Call(YANTAI, Check.HELMET): seen(actual=34, wearing=30)})

    play(scene, prepare=prepare)


def test_whoever_keeps_accounts_does_not_acknowledge(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window, bar = stage.window, bar_of(stage)
        await enter(window, "zhaoyw")
        await said(stage.session, ALARMING)
        assert not bar.acknowledge.isEnabled()
        why = "运维不能确认告警，请由值班员、安监登录后操作。"
        assert bar.acknowledge.toolTip() == why
        await active(window)
        QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
        assert bar.form.isHidden()
        assert bar.sentence.text == why
        bar.show_list()
        assert bar.list is not None
        assert not bar.list.chosen.isEnabled()
        bar.list.ask()
        assert bar.list.form.isHidden()
        bar.list.close()
        async with Expect(bar.alarms.refused):
            bar.alarms.acknowledge(bar.alarms.newest, "赵运维", "")
        assert bar.alarms.count == 1
        await leave(window)
        await enter(window, "wangjg")
        assert bar.sentence.text == bar.alarms.newest[0].finding.summary
        bar.ask()
        assert bar.form.isVisible()
        assert bar.form.name.text() == "王建国"
        await lock(window)
        await enter(window, "lixm")
        assert bar.form.isHidden(), "what one began, the next does not sign"
        assert bar.acknowledge.isEnabled()
        assert "确认" in bar.acknowledge.toolTip()
        assert bar.acknowledge.toolTip() != why

    play(scene, prepare=furnished)


def test_only_who_may_tune_looks_at_adapters(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window = stage.window
        window.offer(ShelfInMemory())
        await enter(window, "wangjg")
        assert not window.adapters_button.isEnabled()
        assert "运维、调优" in window.adapters_button.toolTip()
        assert window.bar.talk.isEnabled()
        await leave(window)
        await enter(window, "sunty")
        assert window.adapters_button.isEnabled()
        assert "评测" in window.adapters_button.toolTip()

    play(scene, prepare=furnished)


def test_a_refusal_names_everybody_who_may() -> None:
    person = Person(login="a", name="甲", role=Role.TUNER)
    from app.core.people import Actor

    actor = Actor(name=person.name, workstation="", login="a", role=person.role)
    for what in May:
        sentence = refusal(actor, what)
        assert bool(sentence) is (what not in ROLE_MAY[Role.TUNER])
        for role in Role:
            named = role_word(role) in sentence.partition("，")[2]
            assert named is (bool(sentence) and what in ROLE_MAY[role])
    assert refusal(None, May.TUNE) == ""


def test_the_status_strip_says_who_is_there(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window = stage.window
        async with Expect(stage.session.health_known):
            stage.session._recheck.set()
        await enter(window, "wangjg")
        who = window.strip.buttons[-1]
        assert who.accessibleName() == "值班人员：正常"
        assert who.accessibleDescription() == "王建国（值班员）"
        who.click()
        assert window.strip.popup is not None
        assert "王建国（值班员）" in texts(window.strip.popup)
        window.strip.popup.close()

    play(scene, prepare=furnished)


def test_the_status_strip_says_that_nobody_signs_in_and_how_to_change_it(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        async with Expect(stage.session.health_known):
            stage.session._recheck.set()
        who = stage.window.strip.buttons[-1]
        assert who.accessibleDescription() == "未设账户，任何人都以「李明」的名义操作"
        assert "设置第一个账户" in who.toolTip()

    play(scene)


def test_accounts_that_are_well_have_no_button_of_their_own(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        well = Health(key="people", name="账户", ok=True, detail="2个账户")
        bad = Health(key="people", name="账户", ok=False, detail="账户文件已不在")
        for part, shown in ((well, []), (bad, ["账户：异常"])):
            stage.desk.parts = [part]
            async with Expect(stage.session.health_known):
                stage.session._recheck.set()
            names = [each.accessibleName() for each in stage.window.strip.buttons]
            assert names == [*shown, "值班人员：正常"]

    play(scene)


def test_a_long_name_is_shortened_and_its_tooltip_has_it(play: Play) -> None:
    long = "阿布都热合曼·买买提吐尔逊江·依明诺夫"

    def prepare(desk: DeskForTests) -> None:
        desk.people.put("abu", long, Role.SUPERVISOR)

    async def scene(stage: Stage) -> None:
        window, badge = stage.window, door_of(stage.window).badge
        await enter(window, "abu")
        for size in ((1366, 768), (911, 512)):
            window.resize(*size)
            assert "…" in badge.text()
            assert badge.text().endswith("安监")
            assert long in badge.toolTip()
            assert long in badge.accessibleDescription()
            assert badge.width() < 240

    play(scene, prepare=prepare)


def test_whoever_is_signed_in_changes_his_password_beside_his_work(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window, door = stage.window, door_of(stage.window)
        await enter(window, "wangjg")
        door.show_password()
        (opened,) = beside(window)
        check(opened)
        form = opened.form
        for old, new, said_ in (
            (WRONG, NEW, "登录名或密码不对"),
            (PASSWORD, "kurz", "至少要8个字符"),
            (PASSWORD, NEW, ""),
        ):
            form.old.setText(old)
            form.new.setText(new)
            form.again.setText(new)
            async with Expect(door.settled):
                form.submit()
            if said_:
                assert said_ in form.told.text
        assert beside(window) == []
        assert "密码已修改" in window.bar.line.text()
        await leave(window)
        await enter(window, "wangjg", NEW)
        assert window.page.isVisible()

    play(scene, prepare=furnished)
