"""A failure of the program is a dialog beside the desk, with an archive to send."""

import asyncio
import logging
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import qWarning

from app.desktop.crash import CrashDialog, CrashTeller
from app.desktop.look import Look
from app.system import crash
from app.system.crash import CrashGuard
from tests.fake_doctor import FakeDoctor
from tests.gui.conftest import Play, Stage
from tests.gui.support import Expect


async def shown(teller: CrashTeller) -> CrashDialog:
    """Wait for what was told in a queue; the scene has its own limit."""
    while teller.dialog is None:
        await asyncio.sleep(0)
    return teller.dialog


async def _turn() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


def told_by(stage: Stage) -> tuple[CrashTeller, FakeDoctor]:
    doctor = FakeDoctor()
    return CrashTeller(Look(), stage.session.reader, doctor, stage.window), doctor


def test_an_archive_that_fails_unforeseen_says_so_and_can_be_tried_again(
    play: Play, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(stage: Stage) -> None:
        doctor = FakeDoctor()
        dialog = CrashDialog(Look(), "x", stage.session.reader, doctor, stage.window)
        where = dialog.ask_where()
        assert where.selectedFiles()[0].endswith(".zip")
        where.reject()
        doctor.saved = None  # type: ignore[assignment]
        async with Expect(dialog.settled):
            dialog.save_to(str(tmp_path / "a.zip"))
        assert "没有完成（AttributeError）" in dialog.notice.text()
        assert dialog.save.isEnabled()
        doctor.saved = []
        async with Expect(dialog.settled):
            dialog.save_to(str(tmp_path / "a.zip"))
        assert "已保存" in dialog.notice.text()

    play(scene)
    assert "an archive was not saved" in caplog.text
    caplog.clear()


@pytest.mark.parametrize("in_thread", [False, True])
def test_a_bug_is_told_in_a_dialog_and_the_archive_is_saved(
    in_thread: bool, play: Play, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(stage: Stage) -> None:
        teller, doctor = told_by(stage)
        guard = CrashGuard(tmp_path / "logs")
        async with Expect(teller._told):
            if in_thread:
                thread = threading.Thread(target=guard.report, args=(ValueError("x"),))
                thread.start()
                thread.join()
            else:
                guard.report(ValueError("x"))
        dialog = await shown(teller)
        assert "ValueError" in dialog.sentence.text()
        guard.report(KeyError("y"))
        await _turn()
        # One dialog, however often it fails.
        assert "KeyError" in teller.dialog.sentence.text()
        assert len(stage.window.findChildren(CrashDialog)) == 1
        async with Expect(teller.dialog.settled):
            teller.dialog.save_to(str(tmp_path / "a.zip"))
        assert doctor.saved == [(tmp_path / "a.zip", 0)]
        assert "a.zip" in teller.dialog.notice.text()
        doctor.refusal = "U 盘已满"
        async with Expect(teller.dialog.settled):
            teller.dialog.save_to(str(tmp_path / "b.zip"))
        assert "U 盘已满" in teller.dialog.notice.text()
        assert doctor.examined == 0
        teller.close()
        guard._tell("nobody is there any more")
        await _turn()
        assert "KeyError" in teller.dialog.sentence.text()

    play(scene)
    assert [r.levelname for r in caplog.records if "unhandled" in r.message] == [
        "CRITICAL",
        "CRITICAL",
    ]
    caplog.clear()


def test_a_start_after_a_death_in_foreign_code_names_the_stacks(
    play: Play, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / crash.FAULT_FILE).write_text("Fatal Python error: Segmentation fault\n")
    guard = CrashGuard(tmp_path)
    guard.install()

    async def scene(stage: Stage) -> None:
        teller, _ = told_by(stage)
        dialog = await shown(teller)
        told = dialog.sentence.text().replace("\u200b", "")
        assert "上次程序异常退出" in told
        assert "fault-" in told
        teller.close()

    try:
        play(scene)
    finally:
        guard.close()
    assert crash.previous_fault() is None
    caplog.clear()


def test_what_qt_says_is_in_the_log(
    play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(stage: Stage) -> None:
        teller, _ = told_by(stage)
        qWarning("the plugin is not there")
        teller.close()

    with caplog.at_level(logging.WARNING, "qt"):
        play(scene)
    assert "the plugin is not there" in caplog.text
    caplog.clear()
