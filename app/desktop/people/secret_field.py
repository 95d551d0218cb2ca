"""A field for a password: nothing of it stays, and no input method reads it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit

_LONGEST = 256
_TALL = 44


class SecretField(QLineEdit):
    """Takes a password.

    Signals:
        caps_changed: Whether capitals seem to be locked. Qt does not know the key's
            state: it shows in the letters that come.
    """

    caps_changed = Signal(bool)

    def __init__(self, name: str) -> None:
        super().__init__()
        self._caps = False
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self.setAccessibleName(name)
        self.setMaxLength(_LONGEST)
        self.setMinimumHeight(_TALL)
        hints = Qt.InputMethodHint
        self.setInputMethodHints(
            hints.ImhHiddenText
            | hints.ImhSensitiveData
            | hints.ImhNoPredictiveText
            | hints.ImhNoAutoUppercase
            | hints.ImhLatinOnly
        )
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)

    def take(self) -> str:
        """Give what was typed; the field is empty after it."""
        typed = self.text()
        self.wipe()
        return typed

    def wipe(self) -> None:
        """Forget what was typed, and its history."""
        # Not `clear`, which can be undone.
        self.setText("")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See from a letter whether capitals are locked."""
        letter = event.text()
        if event.key() == Qt.Key.Key_CapsLock:
            self._tell(not self._caps)
        elif len(letter) == 1 and letter.isascii() and letter.isalpha():
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._tell(letter.isupper() is not shift)
        super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Say nothing of capitals while nobody types here."""
        self._tell(False)
        super().focusOutEvent(event)

    def _tell(self, caps: bool) -> None:
        if caps is not self._caps:
            self._caps = caps
            self.caps_changed.emit(caps)
