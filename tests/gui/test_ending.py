"""Beginning and end of the program: window first, visible shutdown, nothing left."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.core.desk import Desk
from app.core.errors import DisplayMissingError, ModelMissingError
from app.core.model import Call, Check, Outcome
from app.desktop import main
from app.desktop.window import DeskWindow
from tests.gui.conftest import Play, Stage
from tests.gui.support import JINAN, SPOKEN, DeskForTests, Expect, seen, texts

HEAD = Call(JINAN, Check.HEADCOUNT)


def the_window() -> DeskWindow:
    found = [
        top
        for top in QApplication.topLevelWidgets()
        if isinstance(top, DeskWindow) and top.isVisible()
    ]
    (window,) = found
    return window


def run(make: main.MakeDesk | Desk) -> int:
    """Run the program; a test that never closes the window fails instead of hanging."""
    late: list[str] = []

    def give_up() -> None:
        late.append("nobody closed the window")
        for top in QApplication.topLevelWidgets():
            top.close()

    watchdog = QTimer()
    watchdog.setSingleShot(True)
    watchdog.timeout.connect(give_up)
    watchdog.start(8000)
    try:
        status = main.run_window(make)
    finally:
        watchdog.stop()
    assert not late
    return status


def soon(action: Callable[[], object]) -> None:
    QTimer.singleShot(0, action)


@pytest.mark.parametrize("deaf", [False, True])
def test_closing_while_a_run_hangs_cancels_records_and_ends(
    play: Play, caplog: pytest.LogCaptureFixture, deaf: bool
) -> None:
    def prepare(desk: DeskForTests) -> None:
        desk.knows(SPOKEN, {HEAD: seen(expected=1, actual=1)})
        desk.dispatcher.gate = asyncio.Event()
        desk.dispatcher.deaf = deaf

    async def scene(stage: Stage) -> None:
        async with Expect(stage.session.bridge.call_started):
            stage.session.submit_text(SPOKEN)
        steps: list[str] = []
        stage.session.closing_advanced.connect(steps.append)
        stage.window.show_closing()
        assert stage.window.veil.isVisible()
        assert "正在结束…" in texts(stage.window.veil)
        await stage.session.close()
        (entry,) = stage.desk.journal.entries
        assert entry.record.outcome is Outcome.CANCELLED
        assert steps[0] == "正在取消查询…"
        assert stage.desk.closed
        stage.session.submit_text(SPOKEN)
        assert stage.session.bridge.running == ()

    play(scene, prepare=prepare)
    caplog.clear()


def test_the_window_is_there_before_the_desk_and_closing_ends_it(
    clean_qt: QApplication, tmp_path: Path
) -> None:
    seen_first: list[bool] = []
    desks: list[DeskForTests] = []

    async def make() -> Desk:
        seen_first.append(the_window().isVisible())
        desk = DeskForTests(tmp_path)
        desks.append(desk)
        soon(lambda: the_window().close())
        return desk

    assert run(make) == 0
    assert seen_first == [True]
    assert desks[0].closed


def test_models_load_after_the_window_and_closing_does_not_wait_for_a_command(
    clean_qt: QApplication, tmp_path: Path
) -> None:
    async def make() -> Desk:
        desk = DeskForTests(tmp_path)
        desk.warm_gate = asyncio.Event()
        soon(lambda: the_window().close())
        return desk

    assert run(make) == 0


def test_a_desk_that_cannot_be_made_is_explained_and_gives_its_status(
    clean_qt: QApplication, caplog: pytest.LogCaptureFixture
) -> None:
    shown: list[str] = []

    async def make() -> Desk:
        async def look() -> None:
            while not the_window().veil.isVisible():
                await asyncio.sleep(0)
            shown.append(texts(the_window().veil))
            the_window().close()

        looking.append(asyncio.ensure_future(look()))
        raise ModelMissingError("没有识别模型")

    looking: list[asyncio.Task[None]] = []
    assert run(make) == 3
    assert "没有识别模型" in shown[0]
    assert "models fetch" in shown[0]
    caplog.clear()


def test_a_system_without_chinese_font_is_told_in_english_too(
    clean_qt: QApplication,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(main, "chinese_family", lambda: "")
    shown: list[str] = []

    def look() -> None:
        shown.append(texts(the_window().veil))
        the_window().close()

    original = main._serve

    async def serve(*args: object) -> int:
        soon(look)
        return await original(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(main, "_serve", serve)
    assert run(DeskForTests(tmp_path)) == 3
    assert "No Chinese font" in shown[0]
    assert "fonts-wqy-microhei" in shown[0]
    caplog.clear()


def test_a_request_to_terminate_ends_in_order(
    clean_qt: QApplication, tmp_path: Path
) -> None:
    desk = DeskForTests(tmp_path)

    async def make() -> Desk:
        soon(lambda: os.kill(os.getpid(), signal.SIGTERM))
        return desk

    before = signal.getsignal(signal.SIGTERM)
    assert run(make) == 0
    assert desk.closed
    assert signal.getsignal(signal.SIGTERM) is before


def test_what_nobody_caught_is_logged_and_told(
    clean_qt: QApplication, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []

    async def make() -> Desk:
        def look() -> None:
            told.append(the_window().bar.line.text().replace("\u200b", ""))
            the_window().close()

        def go_wrong() -> None:
            soon(look)
            raise LookupError("nobody")

        asyncio.get_running_loop().call_later(0.2, go_wrong)
        return DeskForTests(tmp_path)

    assert run(make) == 0
    assert "程序内部故障（LookupError）" in told[0]
    assert any(record.exc_info for record in caplog.records)
    caplog.clear()


def test_without_a_screen_there_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    with pytest.raises(DisplayMissingError):
        run(DeskForTests(tmp_path))
