"""Choosing the microphone: the list behind the status strip's button."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Final

from PySide6.QtCore import QObject, QPoint, Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from app.core.desk import Microphone, SoundInput
from app.core.errors import UserFacingError
from app.desktop.pieces import button, caption, text_label, tip

log = logging.getLogger(__name__)

_WIDTH: Final = 420
_ROW: Final = 52
"""Height of a choice: a glove hits it."""
_MOST: Final = 8
"""Choices that are shown; a desk with more has them in its settings."""


class MicrophoneChooser(QObject):
    """Asks the desk's microphone what there is, and has it use another.

    Signals:
        listed: The microphones that there are, a sequence of `SoundInput`.
        chosen: Another is in use now; what to call it.
        failed: Why not: a sentence for the operator.
    """

    listed = Signal(object)
    chosen = Signal(str)
    failed = Signal(str)

    def __init__(self, microphone: Microphone) -> None:
        super().__init__()
        self._microphone = microphone
        self._task: asyncio.Task[None] | None = None

    @property
    def in_use(self) -> str:
        """Name that was chosen; empty: the system's default."""
        return self._microphone.chosen

    @Slot()
    def look(self) -> None:
        """Look for microphones; `listed` gives them."""
        self._begin(self._look)

    def choose(self, name: str) -> None:
        """Use this one from now on; empty: the system's default."""
        self._begin(lambda: self._choose(name))

    async def close(self) -> None:
        """Wait for what is under way."""
        if self._task is not None:
            await asyncio.wait([self._task])

    def _begin(self, work: Callable[[], Coroutine[None, None, None]]) -> None:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._guarded(work))

    async def _guarded(self, work: Callable[[], Coroutine[None, None, None]]) -> None:
        try:
            await work()
        except UserFacingError as error:
            self.failed.emit(str(error))
        except Exception as error:
            log.exception("choosing a microphone failed")
            self.failed.emit(
                self.tr("麦克风没有换成（{name}）。请重新插拔后再试。").format(
                    name=type(error).__name__
                )
            )
        finally:
            self._task = None

    async def _look(self) -> None:
        self.listed.emit(await self._microphone.inputs())

    async def _choose(self, name: str) -> None:
        await self._microphone.choose(name)
        self.chosen.emit(name or self.tr("系统默认的麦克风"))


class MicrophoneMenu(QFrame):
    """One big button for each microphone; the one in use is marked.

    Signals:
        picked: Name of the one that was pressed; empty: the system's default.
    """

    picked = Signal(str)

    def __init__(
        self, parent: QWidget, inputs: Sequence[SoundInput], in_use: str
    ) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("popup")
        self.setFixedWidth(_WIDTH)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 14)
        column.setSpacing(8)
        title = self.tr("用哪个麦克风？") if inputs else self.tr("没有找到麦克风")
        column.addWidget(text_label(title, "lead"))
        default = next((each.name for each in inputs if each.is_default), "")
        self._names: dict[QPushButton, str] = {}
        self._add(self.tr("系统默认"), default, "", chosen=not in_use)
        for each in inputs[:_MOST]:
            self._add(each.name, "", each.name, chosen=each.name == in_use)

    @property
    def choices(self) -> list[QPushButton]:
        """The buttons, the system's default first."""
        return list(self._names)

    def show_above(self, widget: QWidget) -> None:
        """Open above a widget, as far as the screen allows."""
        self.adjustSize()
        screen = self.screen().availableGeometry()
        corner = widget.mapToGlobal(QPoint(0, -self.height() - 6))
        corner.setX(min(corner.x(), screen.right() - self.width()))
        corner.setY(max(corner.y(), screen.top()))
        self.move(corner)
        self.show()

    def _add(self, text: str, aside: str, name: str, *, chosen: bool) -> None:
        shown = self.tr("{name}（{aside}）").format(name=text, aside=aside)
        made = button(caption(shown if aside else text))
        made.setCheckable(True)
        made.setChecked(chosen)
        if chosen:
            made.setText(self.tr("✓ {name}").format(name=made.text()))
        made.setMinimumHeight(_ROW)
        made.setToolTip(tip(text))
        made.clicked.connect(self._pick)
        self._names[made] = name
        column = self.layout()
        assert column is not None
        column.addWidget(made)

    @Slot()
    def _pick(self) -> None:
        sender = self.sender()
        name = next(name for made, name in self._names.items() if made is sender)
        self.picked.emit(name)
        self.close()
