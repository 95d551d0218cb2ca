"""A desk with wrong settings opens a window that says which, where and what to do."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QWidget

from app.commands import desk as desk_command
from app.core.errors import SettingsError
from app.desktop import main
from app.desktop.look import Look
from app.desktop.refusal import RefusalWindow
from app.settings.file import load
from tests.gui.support import texts

ROOT = Path(__file__).parents[2]
WRONG = '[interface]\ntheme = "pink"\n'


def refused(file: Path) -> SettingsError:
    file.write_text(WRONG, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load(file)
    return caught.value


def opened() -> list[RefusalWindow]:
    return [
        top
        for top in QApplication.topLevelWidgets()
        if isinstance(top, RefusalWindow) and top.isVisible()
    ]


def test_it_names_the_key_the_value_the_file_and_the_remedy(
    clean_qt: QApplication, tmp_path: Path
) -> None:
    file = tmp_path / "settings.toml"
    error = refused(file)
    shown: list[str] = []

    def look() -> None:
        for window in opened():
            shown.append(texts(window))
            window.leave.click()

    looking = QTimer()
    looking.timeout.connect(look)
    looking.start(20)
    main.run_refusal(error, file)
    looking.stop()
    assert "interface.theme" in shown[0]
    assert "pink" in shown[0]
    assert "dark / light" in shown[0]
    assert "删除这一行" in shown[0]
    assert str(file) in shown[0]
    assert opened() == []


def test_the_folder_is_one_press_away(
    qtbot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    went: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", went.append)
    file = tmp_path / "settings.toml"
    window = RefusalWindow(Look(), refused(file), file)
    qtbot.addWidget(window)
    window.folder.click()
    assert [url.toLocalFile() for url in went] == [str(tmp_path)]
    assert window.folder.text() == "打开设置文件所在文件夹"
    assert window.leave.text() == "退出"
    window.close()


def test_the_console_says_it_first_and_the_status_is_two(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    own_home: Path,
) -> None:
    own_home.mkdir(parents=True, exist_ok=True)
    file = own_home / "settings.toml"
    file.write_text(WRONG, encoding="utf-8")
    monkeypatch.setattr(desk_command, "has_display", lambda: True)
    shown: list[tuple[str, Path, str]] = []

    def show(error: SettingsError, path: Path) -> None:
        shown.append((error.message, path, capsys.readouterr().err))

    monkeypatch.setattr(desk_command, "show_refusal", show)
    assert desk_command.open_desk() == 2
    ((message, path, console),) = shown
    assert "interface.theme" in message
    assert path == file
    assert "错误 [settings.invalid]" in console
    assert "interface.theme" in console


def test_the_command_shows_the_window_and_ends_when_it_is_asked_to(
    tmp_path: Path,
) -> None:
    (tmp_path / "settings.toml").write_text(WRONG, encoding="utf-8")
    desk = subprocess.Popen(
        [sys.executable, "-m", "app", "desk"],
        cwd=ROOT,
        env={
            **os.environ,
            "GRIDDESK_HOME": str(tmp_path),
            "QT_QPA_PLATFORM": "offscreen",
        },
        stderr=subprocess.PIPE,
        text=True,
    )
    assert desk.stderr is not None
    assert "settings.invalid" in desk.stderr.readline(), "before the window"
    log, end = tmp_path / "logs" / "griddesk.log", time.monotonic() + 60
    while "is shown" not in log.read_text("utf-8"):
        assert time.monotonic() < end
        assert desk.poll() is None, "the window waits for its reader"
        threading.Event().wait(0.1)
    desk.terminate()
    _, rest = desk.communicate(timeout=30)
    assert desk.returncode == 2, rest
    assert "Traceback" not in rest


def test_a_window_is_no_larger_than_its_screen(qtbot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    room = window.screen().availableGeometry()
    window.resize(room.width() + 400, room.height() - 50)
    main.fit(window)
    assert window.width() == room.width()
    assert window.height() == room.height() - 50
    window.resize(400, 300)
    main.fit(window)
    assert (window.width(), window.height()) == (400, 300)
