"""The window of a house: its options are settings, and what is chosen in it is kept."""

import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from app.core.adapters import Adapters
from app.core.configuring import Configuration
from app.core.desk import Desk
from app.core.doctoring import Doctor
from app.core.errors import UserFacingError
from app.settings.declaration import Settings

if TYPE_CHECKING:
    from app.desktop.main import WindowOptions

log = logging.getLogger(__name__)


def show_refusal(error: UserFacingError, path: Path) -> None:
    """Show in a window why the desk cannot be opened, until it is closed."""
    from app.desktop.main import run_refusal

    run_refusal(error, path)


def open_window(
    settings: Settings,
    keep: Callable[[str, object], None],
    make_desk: Callable[[], Awaitable[Desk]],
    adapters: Adapters,
    doctor: Doctor | None = None,
    configuration: Configuration | None = None,
) -> int:
    """Show the window until it is closed; give the exit status.

    `keep` keeps a setting that was chosen in the window.
    """
    from app.desktop.main import run_window

    if settings.interface.scale != 1:
        # Qt reads it once, before the application is made.
        os.environ.setdefault("QT_SCALE_FACTOR", str(settings.interface.scale))

    def chosen(key: str, value: object) -> None:
        try:
            keep(key, value)
        except UserFacingError as error:
            log.warning("%s could not be kept: %s", key, error)

    return run_window(
        make_desk,
        _options(settings),
        on_theme_chosen=lambda theme: chosen("interface.theme", theme),
        on_muted=lambda muted: chosen("voice.muted", "on" if muted else "off"),
        on_favourites=lambda ids: chosen("window.favourites", ids),
        on_guided=lambda: chosen("window.guide", "off"),
        on_filters=lambda filters: chosen("review.filters", filters),
        adapters=adapters,
        doctor=doctor,
        configuration=configuration,
    )


def _options(settings: Settings) -> "WindowOptions":
    from app.desktop.languages import Language
    from app.desktop.look import ThemeName
    from app.desktop.main import WindowOptions
    from app.desktop.speaker import VoiceOptions

    voice = settings.voice
    return WindowOptions(
        theme=ThemeName(settings.interface.theme),
        talk_key=settings.interface.hold_key,
        language=Language(settings.window.language),
        favourites=settings.window.favourites,
        filters=settings.review.filters,
        guided=settings.window.guide == "on",
        voice=VoiceOptions(
            read_back=voice.read_back,
            muted=voice.muted == "on",
            rate=voice.rate,
            volume=voice.volume,
            voice=voice.voice,
        ),
    )
