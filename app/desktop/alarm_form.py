"""Asks in place who has seen an alarm."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from app.desktop.pieces import button


class NameForm(QWidget):
    """Asks in place who has seen an alarm; the name is there, one press confirms.

    Signals:
        confirmed: Name and note.
        left: The operator thought better of it.
    """

    confirmed = Signal(str, str)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.name = QLineEdit()
        self.name.setPlaceholderText(self.tr("确认人姓名"))
        self.name.setAccessibleName(self.tr("确认人姓名"))
        self.name.setMaxLength(40)
        self.note = QLineEdit()
        self.note.setPlaceholderText(self.tr("备注，可不填"))
        self.note.setAccessibleName(self.tr("确认备注"))
        self.note.setMaxLength(200)
        for edit, width in ((self.name, 130), (self.note, 190)):
            edit.setMaximumWidth(width)
            edit.setMinimumWidth(90)
            row.addWidget(edit)
        self.confirm = button(self.tr("签名确认 Enter"), "primary")
        self.back = button(self.tr("返回 Esc"))
        for each in (self.confirm, self.back):
            row.addWidget(each)
        self.name.textChanged.connect(self._check)
        for enter in (
            self.name.returnPressed,
            self.note.returnPressed,
            self.confirm.clicked,
        ):
            enter.connect(self._confirm)
        self.back.clicked.connect(self.left)
        for widget in (self.name, self.note, self.confirm, self.back):
            widget.installEventFilter(self)

    def ask(self, name: str, *, signed_in: bool = False) -> None:
        """Begin, with a name that is probably his; signed in, it is nobody else's."""
        self.name.setText(name)
        self.name.setEnabled(not signed_in)
        self.note.clear()
        self._check()
        first = self.confirm if signed_in else self.name
        first.setFocus(Qt.FocusReason.ShortcutFocusReason)
        if not signed_in:
            self.name.selectAll()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take Esc before the window's own, which stops a query."""
        if event.type() == QEvent.Type.ShortcutOverride:
            assert isinstance(event, QKeyEvent)
            if event.key() == Qt.Key.Key_Escape:
                event.accept()
                return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave on Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    @Slot()
    def _check(self) -> None:
        self.confirm.setEnabled(bool(self.name.text().strip()))

    @Slot()
    def _confirm(self) -> None:
        if self.name.text().strip():
            self.confirmed.emit(self.name.text(), self.note.text())
