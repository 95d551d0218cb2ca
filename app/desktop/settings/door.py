"""Opens the settings, and lets what can change at once do so."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, Slot
from PySide6.QtGui import QKeySequence, QShortcut

from app.core.configuring import Configuration
from app.desktop.look import Look, ThemeName
from app.desktop.session import DeskSession
from app.desktop.settings.page import AtOnce, SettingsPage
from app.desktop.window import DeskWindow

if TYPE_CHECKING:
    from app.desktop.voice import Voice

KEY: Final = "Ctrl+,"


class SettingsDoor(QObject):
    """Opens the page, once."""

    def __init__(
        self,
        window: DeskWindow,
        look: Look,
        session: DeskSession,
        configuration: Configuration,
        at_once: AtOnce,
    ) -> None:
        super().__init__(window)
        self._window, self._look, self._session = window, look, session
        self._configuration, self._at_once = configuration, at_once
        self.page: SettingsPage | None = None
        window.installEventFilter(self)

    @Slot()
    def open(self) -> None:
        """Open it, or bring it to the front."""
        if self.page is None:
            self.page = SettingsPage(
                self._look,
                self._session.reader,
                self._configuration,
                self._session.desk.presence,
                self._at_once,
                self._window,
            )
            self.page.destroyed.connect(self._gone)
            if self._window.door is not None:
                self._window.door.changed.connect(self.page.look_who)
        self.page.show()
        self.page.raise_()
        self.page.activateWindow()

    def close(self) -> None:
        """Hold up nobody who ends the program."""
        self._window.removeEventFilter(self)
        if self.page is not None:
            self.page.leave()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Ask before the program ends with something that is not kept."""
        if event.type() != QEvent.Type.Close or self.page is None:
            return False
        if not self.page.isVisible() or not self.page.unsaved:
            return False
        event.ignore()
        self.open()
        self.page.reject()
        return True

    @Slot()
    def _gone(self) -> None:
        self.page = None


def wire_settings(
    window: DeskWindow,
    look: Look,
    session: DeskSession,
    configuration: Configuration,
    voice: "Voice | None" = None,
) -> SettingsDoor:
    """Let the key, and what explains the status, open the settings."""

    def wear(theme: object) -> None:
        look.wear(ThemeName(str(theme)))

    def keep_sites(ids: object) -> None:
        if isinstance(ids, tuple):
            window.aids.quick.keep(ids)

    def keep_filters(filters: object) -> None:
        if isinstance(filters, Mapping):
            window.review.keep(filters)

    # What the window itself keeps would otherwise be written back as it was.
    at_once: dict[str, Callable[[object], None]] = {
        "interface.theme": wear,
        "window.favourites": keep_sites,
        "review.filters": keep_filters,
    }
    if voice is not None:
        at_once["voice.muted"] = lambda muted: voice.set_muted(muted == "on")
    door = SettingsDoor(window, look, session, configuration, at_once)
    QShortcut(QKeySequence(KEY), window).activated.connect(door.open)
    window.strip.offer_settings()
    window.strip.settings_wanted.connect(door.open)
    return door
