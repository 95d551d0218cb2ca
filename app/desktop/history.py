"""The commands of this desk, walked through with the arrow keys of the text box."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit

from app.core import events
from app.core.model import Origin, Utterance
from app.core.ports import JournalEntry

KEPT: Final = 200
"""Commands that can be walked back to; older ones are in the journal."""


class CommandHistory(QObject):
    """What was typed and said, the newest first; arrow up fetches it into the box.

    What was being typed is kept, and arrow down past the newest gives it back.
    """

    def __init__(self, box: QLineEdit) -> None:
        super().__init__(box)
        self._box = box
        self._texts: list[str] = []
        self._steps = 0
        """How far back the box shows; 0: what is being typed."""
        self._draft = ""
        self._walking = False
        box.installEventFilter(self)
        box.textChanged.connect(self._changed)

    @property
    def texts(self) -> Sequence[str]:
        """The commands, oldest first."""
        return self._texts

    def take_journal(self, entries: Sequence[JournalEntry]) -> None:
        """Put what the journal holds, newest first, before what came since."""
        since, self._texts = self._texts, []
        for entry in reversed(entries):
            if entry.record.utterance is not None:
                self._add(entry.record.utterance)
        for text in since:
            self._append(text)

    @Slot(events.Heard)
    def take_heard(self, event: events.Heard) -> None:
        """Take what was just typed or said."""
        self._add(event.utterance)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take arrow up and down from the text box."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if not plain or event.key() not in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            return False
        self._walk(1 if event.key() == Qt.Key.Key_Up else -1)
        return True

    def _add(self, heard: Utterance) -> None:
        # What was clicked has a label for people, which nobody could say.
        if heard.origin is not Origin.CHOSEN:
            self._append(heard.text)

    def _append(self, text: str) -> None:
        if not text or (self._texts and self._texts[-1] == text):
            return
        self._texts.append(text)
        del self._texts[:-KEPT]
        if self._steps:
            # What the box shows stays where it is, one step further back.
            self._steps = min(self._steps + 1, len(self._texts))

    def _walk(self, by: int) -> None:
        steps = self._steps + by
        if not 0 <= steps <= len(self._texts):
            return
        if self._steps == 0:
            self._draft = self._box.text()
        self._steps = steps
        self._walking = True
        self._box.setText(self._texts[-steps] if steps else self._draft)
        self._walking = False

    @Slot()
    def _changed(self) -> None:
        if not self._walking:
            # Sent, changed, or put there by a click: it is what is being typed now.
            self._steps = 0
