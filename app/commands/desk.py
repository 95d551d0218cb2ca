"""Opening the window."""

import os
import sys

from app.commands.output import note
from app.compose import House
from app.core.errors import (
    DisplayMissingError,
    LibraryMissingError,
    SettingsError,
    UserFacingError,
)
from app.house.window import show_refusal
from app.system.redaction import redacted


def open_desk() -> int:
    """Show the window until it is closed; give the exit status.

    Needs nothing of the command line: the window is to be there within a second.
    """
    try:
        return _opened()
    except UserFacingError as error:
        _tell(error)
        return error.exit_status
    except KeyboardInterrupt:
        note("已取消。")
        return 1


def _opened() -> int:
    if not has_display():
        raise DisplayMissingError("这里没有图形界面, 不能打开窗口")
    with House() as house:
        try:
            _ = house.loaded_settings
        except SettingsError as error:
            _tell(error)
            # Whoever clicked an icon sees no console.
            show_refusal(error, house.settings_path)
            return error.exit_status
        try:
            return house.open_window()
        except ImportError as error:
            raise LibraryMissingError(
                f"界面没有打开: {error}",
                "请运行 griddesk doctor, 它列出缺少的系统库和安装办法。",
            ) from error


def _tell(error: UserFacingError) -> None:
    note(redacted(f"错误 [{error.code}] {error}"))


def has_display() -> bool:
    """Say whether a window could be opened here."""
    if sys.platform in ("win32", "darwin"):
        return True
    # "offscreen" and "minimal" are for tests: a window that nobody sees.
    return bool(
        os.environ.get("DISPLAY")
        or os.environ.get("WAYLAND_DISPLAY")
        or os.environ.get("QT_QPA_PLATFORM")
    )
