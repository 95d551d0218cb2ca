"""F1: what can be said here, what cannot, the keys, and what the colours mean."""

from functools import partial

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from app.core.model import Severity, Site
from app.desktop.help import examples, keys
from app.desktop.pieces import Mark
from app.desktop.talk import TalkState
from app.desktop.window import DeskWindow
from tests.gui import conftest
from tests.gui.conftest import Play, Stage
from tests.gui.support import JINAN, LONG, SPOKEN, YANTAI, Expect, key, said, texts


async def active(top: QWidget) -> None:
    """Wait until a window has the keyboard."""
    while not top.isActiveWindow():
        async with Expect(QApplication.instance().focusChanged):
            top.activateWindow()


def test_the_button_opens_it_and_f1_closes_it(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        aids = stage.window.aids
        stage.window.bar.quick.help.click()
        assert aids.help is not None
        assert aids.help.isVisible()
        assert not aids.help.isModal()
        aids.toggle_help()
        assert aids.help is None

    play(scene)


def test_f1_opens_it_f1_and_esc_close_it(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        aids, window = stage.window.aids, stage.window
        for leave in (Qt.Key.Key_F1, Qt.Key.Key_Escape):
            await active(window)
            QTest.keyClick(window, Qt.Key.Key_F1)
            page = aids.help
            assert page is not None
            await active(page)
            QTest.keyClick(page, leave)
            assert aids.help is None

    play(scene)


def test_it_says_what_can_be_said_what_cannot_and_what_the_marks_mean(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        stage.window.aids.toggle_help()
        page = stage.window.aids.help
        assert page is not None
        shown = texts(page)
        for word in ("拉闸", "昨天", "正常", "注意", "告警", "数据缺失", "不要当作零"):
            assert word in shown, word
        for name, _ in keys("F8"):
            assert name in shown, name
        for name in ("F8", "Esc", "Ctrl+L", "F7", "F9", "Ctrl+E", "Ctrl+M", "Ctrl+K"):
            assert name in dict(keys("F8")), name
        marks = [mark.severity for mark in page.findChildren(Mark)]
        assert marks == list(Severity)

    play(scene)


def test_an_example_goes_into_the_text_box(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        stage.window.aids.toggle_help()
        page = stage.window.aids.help
        assert page is not None
        assert "济南工地" in page.examples[0].text()
        wanted = page.examples[0].text()
        page.examples[0].click()
        assert stage.window.aids.help is None
        assert stage.window.bar.text.text() == wanted
        assert stage.window.focusWidget() is stage.window.bar.text

    play(scene)


def test_the_desk_goes_on_while_it_is_open(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        stage.window.aids.toggle_help()
        page = stage.window.aids.help
        assert page is not None
        await said(stage.session, SPOKEN)
        assert len(stage.window.conversation.cards) == 1
        # The page has the focus now: the talk key talks from there, too.
        async with Expect(stage.session.talk.take_ready):
            key(page, Qt.Key.Key_F8, down=True)
        assert page.isVisible()
        async with Expect(stage.session.talk.state_changed) as state:
            key(page, Qt.Key.Key_F8, down=False)
        assert state.args == (TalkState.IDLE,)
        assert stage.desk.microphone.takes

    play(scene)


@pytest.mark.parametrize("name", ["F1", "F7", "F9"])
def test_a_talk_key_talks_and_opens_nothing(
    play: Play, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(conftest, "DeskWindow", partial(DeskWindow, talk_key=name))
    code = Qt.Key[f"Key_{name}"]

    async def scene(stage: Stage) -> None:
        window = stage.window
        await active(window)
        shown = window.board_button.isChecked()
        async with Expect(window.keys.talk_pressed):
            QTest.keyPress(window.bar.talk, code)
        async with Expect(window.keys.talk_released):
            QTest.keyRelease(window.bar.talk, code)
        assert window.board_button.isChecked() is shown
        assert window.aids.help is None
        assert ("F1" in window.bar.quick.help.text()) is (name != "F1")
        assert ("F7" in window.board_button.text()) is (name != "F7")
        assert ("F9" in window.journal_button.text()) is (name != "F9")
        window.bar.quick.help.click()
        page = window.aids.help
        assert page is not None
        await active(page)
        async with Expect(window.keys.talk_pressed):
            QTest.keyPress(page, code)
        assert page.isVisible()
        async with Expect(window.keys.talk_released):
            QTest.keyRelease(page, code)

    play(scene)
    assert [key for key, _ in keys(name)].count(name) == 1


def test_nothing_opens_over_the_veil(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window = stage.window
        await active(window)
        window.show_closing()
        QTest.keyClick(window, Qt.Key.Key_F1)
        assert window.aids.help is None

    play(scene)


def test_examples_keep_the_name_as_it_is(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        name = "A&B<s>站</s>"
        stage.desk.directory._sites = (Site(id="x", name=name),)
        window = stage.window
        window.conversation.greet(stage.desk.directory.sites(), "F8")
        window.aids.toggle_help()
        page = window.aids.help
        assert page is not None
        assert "A&amp;B&lt;s&gt;" in page.examples[0].toolTip()
        greeting = [
            each
            for each in window.conversation.findChildren(QPushButton)
            if name.replace("&", "&&") in each.text()
        ]
        assert len(greeting) == 3
        for each in (page.examples[0], greeting[0]):
            assert "A&&B" in each.text()
            assert each.shortcut().isEmpty()
            window.bar.text.clear()
            each.click()
            assert window.bar.text.text() == f"查一下{name}的人数"

    play(scene)


def test_it_scrolls_in_a_low_window_and_stays_on_the_screen(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        stage.window.resize(910, 512)
        stage.window.aids.toggle_help()
        page = stage.window.aids.help
        assert page is not None
        QApplication.sendPostedEvents()
        bar = page.area.verticalScrollBar()
        inner = page.area.widget()
        assert inner is not None
        assert bar.maximum() > 0
        # As high as its text: no empty page at the end.
        assert inner.height() == inner.heightForWidth(inner.width())
        assert not page.area.horizontalScrollBar().isVisible()
        assert page.width() <= 910
        screen = page.screen().availableGeometry()
        assert page.height() <= screen.height()

    play(scene)


def test_examples_take_names_that_a_person_would_say() -> None:
    said = examples((LONG, JINAN, YANTAI))
    assert not any(LONG.name in each for each in said)
    assert any("济南工地" in each for each in said)
    assert any("烟台工地" in each for each in said)
    region = examples((Site(id="x", name="历城", region="济南"),))
    assert "济南所有工地的人数" in region
    assert examples(()) == ()
    assert LONG.name in examples((LONG,))[0]


def test_without_a_directory_it_says_how_to_get_one(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        stage.desk.directory._sites = ()
        stage.window.aids.toggle_help()
        assert stage.window.aids.help is not None
        assert "griddesk sites import" in texts(stage.window.aids.help)

    play(scene)
