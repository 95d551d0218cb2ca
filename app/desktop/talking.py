"""Connects talking with what shows it: command bar, status strip, list of devices."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from app.core.desk import SoundInput
from app.desktop.command_bar import CommandBar
from app.desktop.microphones import MicrophoneChooser, MicrophoneMenu
from app.desktop.session import DeskSession
from app.desktop.status_strip import StatusStrip


class MicrophonePicker(QObject):
    """Opens the list of microphones above the button that asked for it."""

    def __init__(self, chooser: MicrophoneChooser, strip: StatusStrip) -> None:
        super().__init__(strip)
        self._chooser, self._strip = chooser, strip
        self._anchor: QWidget = strip
        self._menu: MicrophoneMenu | None = None
        strip.microphones_wanted.connect(self._look)
        chooser.listed.connect(self._show)

    @property
    def menu(self) -> MicrophoneMenu | None:
        """The list on the screen, if any."""
        return self._menu

    @Slot(object)
    def _look(self, anchor: QWidget) -> None:
        self._anchor = anchor
        self._chooser.look()

    @Slot(object)
    def _show(self, inputs: Sequence[SoundInput]) -> None:
        menu = MicrophoneMenu(self._strip, inputs, self._chooser.in_use)
        menu.picked.connect(self._chooser.choose)
        menu.destroyed.connect(self._gone)
        self._menu = menu
        menu.show_above(self._anchor)

    @Slot()
    def _gone(self) -> None:
        self._menu = None


def wire_talking(
    session: DeskSession, bar: CommandBar, strip: StatusStrip
) -> MicrophonePicker:
    """Show hints, the last seconds, and the list of microphones; the strip owns it."""
    session.talk.hint_changed.connect(bar.show_hint)
    session.talk.time_ran_low.connect(bar.show_time_left)

    def show_hands_free() -> None:
        # Whether the end of speech can be heard may turn out later.
        bar.set_hands_free(session.desk.microphone.hands_free)

    show_hands_free()
    session.health_known.connect(show_hands_free)
    return MicrophonePicker(session.microphones, strip)
