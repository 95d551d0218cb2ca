"""Lets whoever is signed in choose another password."""

from typing import Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from app.desktop.look import Look
from app.desktop.people.password_form import PasswordForm
from app.desktop.people.rules import password_rules
from app.desktop.pieces import button


class PasswordWindow(QDialog):
    """The form in a window of its own; not modal, work goes on beside it."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("修改密码"))
        self.resize(560, 340)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 18, 24, 18)
        column.setSpacing(12)
        self.form: Final = PasswordForm(look, password_rules())
        column.addWidget(self.form)
        column.addStretch(1)
        self.leave: Final = button(self.tr("取消"))
        self.leave.setMinimumHeight(48)
        self.leave.setAutoDefault(False)
        self.leave.clicked.connect(self.close)
        self.form.foot.addWidget(self.leave)
        # Else Enter in a field would press it as well.
        self.form.button.setAutoDefault(False)
        self.form.begin()
        self.form.take_focus()
        self.finished.connect(self._forget)

    @Slot()
    def _forget(self) -> None:
        self.form.rest()
