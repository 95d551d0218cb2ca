"""The self-test in the window: what is wrong first, and an archive to send."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton

from app.desktop.doctor import DoctorDoor, DoctorPage, wire_doctor
from app.desktop.look import Look
from tests.fake_doctor import FOUND, FakeDoctor
from tests.gui.conftest import Play, Stage
from tests.gui.support import Expect, texts
from tests.gui.test_help import active


def wired(stage: Stage) -> tuple[DoctorDoor, FakeDoctor]:
    doctor = FakeDoctor()
    return wire_doctor(stage.window, Look(), stage.session.reader, doctor), doctor


async def opened(stage: Stage) -> tuple[DoctorPage, FakeDoctor]:
    door, doctor = wired(stage)
    door.open()
    assert door.page is not None
    async with Expect(door.page.settled):
        pass
    return door.page, doctor


def test_what_is_wrong_stands_first_with_what_to_do(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        page, _ = await opened(stage)
        leads = [
            each.text().replace("\u200b", "")
            for each in page.findChildren(QLabel)
            if each.property("role") == "lead"
        ]
        assert leads[:2] == ["1项要处理，5项正常", "麦克风"]
        shown = texts(page).replace("\u200b", "")
        for health in FOUND:
            assert health.detail in shown
            assert health.remedy in shown

    play(scene)


def test_the_level_of_the_microphone_is_one_more_finding_each_time_anew(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        page, _ = await opened(stage)
        for _ in range(2):
            async with Expect(page.settled):
                page.listen.click()
        assert [each.key for each in page.found].count("microphone-level") == 1
        assert "-12 dBFS" in page.notice.text()

    play(scene)


def test_an_archive_is_saved_with_what_was_found_or_says_why_not(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        page, doctor = await opened(stage)
        dialog = page.ask_where()
        assert dialog.selectedFiles()[0].endswith(".zip")
        dialog.reject()
        async with Expect(page.settled):
            page.save_to("/media/stick/a.zip")
        assert doctor.saved == [(Path("/media/stick/a.zip"), len(FOUND))]
        assert "/media/stick/a.zip" in page.notice.text()
        doctor.refusal = "U 盘已满"
        async with Expect(page.settled):
            page.save_to("/media/stick/b.zip")
        assert "U 盘已满" in page.notice.text()
        assert page.save.isEnabled()

    play(scene)


def test_the_key_opens_it_once_and_the_log_is_verbose_while_wanted(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        door, doctor = wired(stage)
        await active(stage.window)
        control, shift = (
            Qt.KeyboardModifier.ControlModifier,
            Qt.KeyboardModifier.ShiftModifier,
        )
        QTest.keyClick(stage.window, Qt.Key.Key_D, control | shift)
        page = door.page
        assert page is not None
        async with Expect(page.settled):
            pass
        door.open()
        assert door.page is page
        page.verbose.click()
        assert doctor.verbose
        page.verbose.click()
        assert not doctor.verbose
        async with Expect(page.settled):
            page.again.click()
        assert doctor.examined == 2

    play(scene)


def test_the_explanation_of_a_part_leads_to_it(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        door, _ = wired(stage)
        if not stage.window.strip.buttons:
            async with Expect(stage.session.health_known):
                pass
        stage.window.strip.buttons[0].click()
        popup = stage.window.strip.popup
        assert popup is not None
        (every,) = (
            each for each in popup.findChildren(QPushButton) if "自检" in each.text()
        )
        every.click()
        assert door.page is not None
        async with Expect(door.page.settled):
            pass

    play(scene)


def test_without_a_doctor_nothing_leads_there(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        if not stage.window.strip.buttons:
            async with Expect(stage.session.health_known):
                pass
        stage.window.strip.buttons[0].click()
        popup = stage.window.strip.popup
        assert popup is not None
        assert "自检" not in texts(popup)
        popup.close()

    play(scene)


def test_a_self_test_that_fails_says_so_and_can_be_done_again(
    play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(stage: Stage) -> None:
        page, doctor = await opened(stage)
        doctor.found = None  # type: ignore[assignment]
        async with Expect(page.settled):
            page.again.click()
        assert "没有完成（TypeError）" in page.notice.text()
        assert page.again.isEnabled()

    play(scene)
    assert "the self-test failed" in caplog.text
    caplog.clear()
