"""Opening the window."""

import os
import sys

import typer

from app.commands.errors import told
from app.compose import House
from app.core.errors import DisplayMissingError, SettingsError
from app.house.window import show_refusal


def desk() -> None:
    """Open the window."""
    refused: SettingsError | None = None
    try:
        with told():
            if not has_display():
                raise DisplayMissingError("这里没有图形界面, 不能打开窗口")
            with House() as house:
                try:
                    _ = house.loaded_settings
                except SettingsError as error:
                    refused = error
                    raise
                status = house.open_window()
    except typer.Exit:
        if refused is not None:
            # Whoever clicked an icon sees no console.
            show_refusal(refused, house.settings_path)
        raise
    raise typer.Exit(status)


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
