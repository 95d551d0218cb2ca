"""The accounts as a table: login, name, role, and whether one can sign in."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QIcon

from app.core.model import Severity
from app.core.people import Person
from app.desktop import words
from app.desktop.look import Look
from app.desktop.people.naming import role_word
from app.desktop.pieces import mark_pixmap, tip

_Index = QModelIndex | QPersistentModelIndex
_Role = Qt.ItemDataRole
COLUMNS: Final = 4
STATE: Final = 3


class AccountsModel(QAbstractTableModel):
    """Every account, in the order of the logins."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._people: tuple[Person, ...] = ()

    def show(self, people: Sequence[Person]) -> None:
        """Show these accounts."""
        self.beginResetModel()
        self._people = tuple(people)
        self.endResetModel()

    def person(self, row: int) -> Person | None:
        """Give the account of a line."""
        return self._people[row] if 0 <= row < len(self._people) else None

    def row_of(self, login: str) -> int:
        """Give the line of an account; -1: there is none."""
        logins = [each.login for each in self._people]
        return logins.index(login) if login in logins else -1

    def rowCount(self, parent: _Index | None = None) -> int:
        """Give the number of lines."""
        return 0 if parent is not None and parent.isValid() else len(self._people)

    def columnCount(self, parent: _Index | None = None) -> int:
        """Give the number of columns."""
        return 0 if parent is not None and parent.isValid() else COLUMNS

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = _Role.DisplayRole,
    ) -> object:
        """Give the title of a column."""
        across = orientation == Qt.Orientation.Horizontal
        if across and role == _Role.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        if across and role == _Role.DisplayRole:
            titles = (
                self.tr("登录名"),
                self.tr("姓名"),
                self.tr("角色"),
                self.tr("状态"),
            )
            return titles[section]
        return None

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> object:
        """Give text or mark of a cell."""
        person = self._people[index.row()]
        severity, state = self._state(person)
        if role in (_Role.DisplayRole, _Role.ToolTipRole):
            cells = (person.login, person.name, role_word(person.role), state)
            text = cells[index.column()]
            return text if role == _Role.DisplayRole else tip(text)
        decorated = index.column() == STATE and not person.disabled
        if role == _Role.DecorationRole and decorated:
            mark = mark_pixmap(severity, self._look.theme, 18, 2.0)
            icon = QIcon(mark)
            icon.addPixmap(mark, QIcon.Mode.Selected)
            return icon
        return None

    def _state(self, person: Person) -> tuple[Severity, str]:
        if person.disabled:
            return Severity.UNKNOWN, self.tr("已停用")
        if is_locked(person):
            assert person.locked_until is not None
            until = words.clock_time(person.locked_until)
            return Severity.ATTENTION, self.tr("锁定到 {time}").format(time=until)
        if person.must_change:
            return Severity.NORMAL, self.tr("可登录，须先改密码")
        return Severity.NORMAL, self.tr("可登录")


def is_locked(person: Person) -> bool:
    """Say whether wrong passwords keep a person out now."""
    until = person.locked_until
    return until is not None and until > datetime.now(UTC)
