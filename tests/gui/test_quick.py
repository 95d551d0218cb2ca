"""Quick buttons: a site, then a check; and which sites stand in the row."""

import asyncio
from dataclasses import replace

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QPushButton, QWidget
from shiboken6 import isValid

from app.core.desk import SoundInput
from app.core.model import Call, Check, Origin, Outcome, Site
from app.core.ports import JournalEntry
from app.desktop.board.plans import at_site
from app.desktop.microphones import MicrophoneMenu
from app.desktop.quick import SHOWN, QuickPopup, QuickRow
from tests.gui.conftest import Play, Stage
from tests.gui.support import (
    JINAN,
    LONG,
    SPOKEN,
    YANTAI,
    DeskForTests,
    Expect,
    inspect,
    key,
    past_record,
    said,
    seen,
)

MORE = tuple(Site(id=f"m{n}", name=f"第{n}标段") for n in range(6))


def entry(number: int, *calls: Call) -> JournalEntry:
    record = replace(past_record(number, None), understanding=inspect(*calls))
    return JournalEntry(seq=number, record=record, previous_hash="", hash="")


def asked(*sites: Site) -> list[JournalEntry]:
    """Entries of the journal, the newest first."""
    return [
        entry(number, Call(site, Check.HELMET)) for number, site in enumerate(sites)
    ]


def row(sites: tuple[Site, ...] = (JINAN, YANTAI, LONG, *MORE)) -> QuickRow:
    made = QuickRow()
    made.use(sites, ())
    return made


def names(row: QuickRow) -> list[str]:
    return [shown.text() for shown in row.buttons]


def knows_yantai(desk: DeskForTests) -> None:
    desk.dispatcher.answers[Call(YANTAI, Check.HELMET)] = seen(actual=9, wearing=9)
    desk.knows(SPOKEN, {Call(JINAN, Check.HEADCOUNT): seen(expected=9, actual=9)})


def test_a_site_and_a_check_are_asked_with_two_presses(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        quick = stage.window.aids.quick
        quick.keep(("s2",))
        (site,) = quick.buttons
        assert site.height() >= 40
        site.click()
        popup = quick.popup
        assert isinstance(popup, QuickPopup)
        assert [each.text() for each in popup.choices] == [
            "1  人数",
            "2  安全帽",
            "3  电笔",
        ]
        assert popup.choices[1].accessibleName() == "烟台工地 · 安全检查"
        assert all(each.height() >= 56 for each in popup.choices)
        async with Expect(stage.session.bridge.run_finished) as ended:
            popup.choices[1].click()
        record = ended.args[0].record
        assert record.origin is Origin.CHOSEN
        assert record.outcome is Outcome.ANSWERED
        assert [finding.call for finding in record.findings] == [
            Call(YANTAI, Check.HELMET)
        ]
        (card,) = stage.window.conversation.cards
        assert len(card.finding_views) == 1

    play(scene, prepare=knows_yantai)


def test_number_keys_choose_the_check(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        quick = stage.window.aids.quick
        quick.keep(("s2",))
        quick.buttons[0].click()
        assert quick.popup is not None
        async with Expect(stage.session.bridge.run_finished) as ended:
            key(quick.popup, Qt.Key.Key_2, down=True)
        (finding,) = ended.args[0].record.findings
        assert finding.call == Call(YANTAI, Check.HELMET)

    play(scene, prepare=knows_yantai)


def test_a_popup_that_goes_late_does_not_take_the_next_one_with_it(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        quick = stage.window.aids.quick
        quick.keep(("s1", "s2"))
        quick.buttons[0].click()
        first = quick.popup
        assert first is not None
        first.close()
        quick.buttons[1].click()
        second = quick.popup
        while isValid(first):
            await asyncio.sleep(0)
        assert second is not None
        assert quick.popup is second
        second.close()
        while isValid(second):
            await asyncio.sleep(0)
        assert quick.popup is None

    play(scene)


def test_while_a_command_is_heard_a_quick_button_waits_its_turn(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        stage.desk.agent.gate = asyncio.Event()
        quick = stage.window.aids.quick
        quick.keep(("s2",))
        async with Expect(stage.session.bridge.heard):
            stage.session.submit_text(SPOKEN)
        quick.buttons[0].click()
        assert quick.popup is not None
        async with Expect(stage.session.noticed) as notice:
            quick.popup.choices[0].click()
        assert "请稍候" in notice.args[0]
        async with Expect(stage.session.bridge.run_finished):
            stage.desk.agent.gate.set()
        assert len(stage.window.conversation.cards) == 1

    play(scene, prepare=knows_yantai)


def test_without_favourites_the_sites_asked_most_often_stand_there(qtbot) -> None:
    made = row()
    qtbot.addWidget(made)
    assert names(made) == []
    made.take_journal(
        asked(MORE[0], YANTAI, JINAN, YANTAI, MORE[1], JINAN, YANTAI, MORE[2], MORE[3])
    )
    assert names(made) == ["烟台工地", "济南工地", "第0标段", "第1标段"]


def test_a_sweep_says_nothing_about_favourites(qtbot) -> None:
    made = row()
    qtbot.addWidget(made)
    sweep = entry(1, *(Call(site, Check.HELMET) for site in (*MORE, JINAN)))
    made.take_journal([sweep, *asked(YANTAI)])
    assert names(made) == ["烟台工地"]


def test_favourites_come_first_and_the_rest_is_filled_up(qtbot) -> None:
    made = row()
    qtbot.addWidget(made)
    made.take_journal(asked(YANTAI, JINAN, MORE[0], MORE[1], MORE[2]))
    made.keep(("m5", "gone", "s1"))
    assert names(made) == ["★ 第5标段", "★ 济南工地", "烟台工地", "第0标段"]
    assert made.favourites == ("m5", "gone", "s1"), "what is not there is not forgotten"


def test_a_button_never_becomes_another_one(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        quick = stage.window.aids.quick
        quick.take_journal(asked(YANTAI))
        assert names(quick) == ["烟台工地"]
        for _ in range(3):
            await said(stage.session, SPOKEN)
        assert names(quick) == ["烟台工地", "济南工地"]
        # A button without a parent would be a window of its own, for a moment.
        assert stage.window.isActiveWindow()

    play(scene, prepare=knows_yantai)


def test_the_menu_of_a_button_keeps_the_site_and_takes_it_away(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        quick = stage.window.aids.quick
        quick.take_journal(asked(YANTAI, JINAN))

        def menu_of(index: int) -> QMenu:
            where = quick.buttons[index].mapToGlobal(QPoint(5, 5))
            QApplication.sendEvent(
                quick.buttons[index],
                QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(5, 5), where),
            )
            menu = QApplication.activePopupWidget()
            assert isinstance(menu, QMenu)
            return menu

        menu = menu_of(1)
        assert [each.text() for each in menu.actions()] == ["设为常用"]
        async with Expect(stage.window.aids.favourites_changed) as kept:
            menu.actions()[0].trigger()
        menu.close()
        assert kept.args == (("s1",),)
        assert names(quick) == ["★ 济南工地", "烟台工地"]
        menu = menu_of(0)
        assert [each.text() for each in menu.actions()] == ["移出常用"]
        async with Expect(stage.window.aids.favourites_changed) as kept:
            menu.actions()[0].trigger()
        menu.close()
        assert kept.args == ((),)
        assert names(quick) == ["烟台工地"], "taken away, and not back at once"

    play(scene)


def test_the_popup_keeps_the_site_too_for_whoever_has_no_right_button(qtbot) -> None:
    made = row()
    qtbot.addWidget(made)
    popup = QuickPopup(made, (YANTAI,), ())
    popup.toggled.connect(made.toggle)
    popup._toggle()
    assert made.favourites == ("s2",)


def test_a_finding_on_a_card_offers_to_keep_its_site(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await said(stage.session, SPOKEN)
        (view,) = stage.window.conversation.cards[0].finding_views
        view.customContextMenuRequested.emit(QPoint(10, 10))
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        async with Expect(stage.window.aids.favourites_changed) as kept:
            menu.actions()[0].trigger()
        menu.close()
        assert kept.args == (("s1",),)

    play(scene, prepare=knows_yantai)


def test_a_fifth_favourite_is_refused_with_a_sentence(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        quick = stage.window.aids.quick
        quick.use(MORE, tuple(site.id for site in MORE[:SHOWN]))
        quick.toggle(MORE[4].id)
        assert len(quick.favourites) == SHOWN
        assert "最多 4 个" in stage.window.bar.line.text()

    play(scene)


def test_a_run_that_ends_leaves_the_buttons_where_the_finger_is(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        quick = stage.window.aids.quick
        quick.take_journal(asked(YANTAI))
        (button,) = quick.buttons
        button.setFocus()
        QTest.mousePress(button, Qt.MouseButton.LeftButton)
        # The first run adds a button, the second changes nothing.
        for _ in range(2):
            await said(stage.session, SPOKEN)
            assert quick.buttons[0] is button
            assert stage.window.focusWidget() is button
        assert names(quick) == ["烟台工地", "济南工地"]
        assert quick.popup is None
        QTest.mouseRelease(button, Qt.MouseButton.LeftButton)
        assert quick.popup is not None

    play(scene, prepare=knows_yantai)


def test_space_asks_no_check(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        quick = stage.window.aids.quick
        quick.keep(("s2",))
        quick.buttons[0].click()
        popup = quick.popup
        assert popup is not None
        for each in popup.findChildren(QPushButton):
            QTest.keyClick(each, Qt.Key.Key_Space)
        assert popup.isVisible()
        assert quick.favourites == ("s2",)
        assert not stage.session.bridge.running
        async with Expect(stage.session.bridge.run_finished) as ended:
            QTest.keyClick(popup.choices[1], Qt.Key.Key_Return)
        (finding,) = ended.args[0].record.findings
        assert finding.call == Call(YANTAI, Check.HELMET)

    play(scene, prepare=knows_yantai)


def test_a_name_is_neither_markup_nor_a_key(qtbot) -> None:
    made = row((Site(id="x", name="A&B<s>站</s>"),))
    qtbot.addWidget(made)
    made.keep(("x",))
    (shown,) = made.buttons
    assert shown.text() == "★ A&&B<s>站</s>"
    assert shown.shortcut().isEmpty()
    assert "A&amp;B&lt;s&gt;站&lt;/s&gt;" in shown.toolTip()
    assert "A&B<s>站</s>" in shown.accessibleName()


def test_a_microphone_is_shown_with_its_own_name(qtbot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    menu = MicrophoneMenu(parent, (SoundInput(name="R&D 耳机"),), "R&D 耳机")
    default, shown = menu.choices
    assert shown.text() == "✓ R&&D 耳机"
    assert shown.shortcut().isEmpty()
    assert default.text() == "系统默认"


def test_a_pointed_at_call_has_one_name_wherever_it_is_pressed() -> None:
    call = Call(JINAN, Check.HEADCOUNT)
    pressed: list[str] = []
    made = row()
    made.asked.connect(lambda _calls, label: pressed.append(label))
    made._ask(call)
    assert pressed == [at_site(JINAN, (Check.HEADCOUNT,), ()).label]


def test_a_low_window_has_one_button_for_the_grid_of_site_and_check(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        quick, window = stage.window.aids.quick, stage.window
        quick.keep(("s1", "s2"))
        window.resize(910, 512)
        assert not any(each.isVisibleTo(window) for each in quick.buttons)
        assert quick.all_sites.isVisibleTo(window)
        assert quick.help.isVisibleTo(window)
        quick.all_sites.click()
        assert quick.popup is not None
        labels = [each.accessibleName() for each in quick.popup.choices]
        assert len(labels) == 6
        assert labels[4] == "烟台工地 · 安全检查"
        async with Expect(stage.session.bridge.run_finished) as ended:
            quick.popup.choices[4].click()
        (finding,) = ended.args[0].record.findings
        assert finding.call == Call(YANTAI, Check.HELMET)
        window.resize(1366, 768)
        assert all(each.isVisibleTo(window) for each in quick.buttons)
        assert not quick.all_sites.isVisibleTo(window)

    play(scene, prepare=knows_yantai)


def test_long_names_are_cut_in_the_middle_and_whole_in_the_hint(qtbot) -> None:
    made = row()
    qtbot.addWidget(made)
    made.keep(("s3",))
    (shown,) = made.buttons
    assert shown.text().endswith("）")
    assert "…" in shown.text()
    assert LONG.name in shown.toolTip()
    assert LONG.name in shown.accessibleName()
    assert shown.sizeHint().width() < 200
