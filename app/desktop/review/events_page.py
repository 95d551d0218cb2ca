"""What happened at the desk and was no run: signing in, exporting, backing up."""

import logging
from collections.abc import Mapping, Sequence
from typing import Final

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtWidgets import QHBoxLayout, QTableView, QVBoxLayout, QWidget

from app.core.entries import EventKind
from app.core.errors import UserFacingError
from app.core.model import Severity
from app.core.people import Role
from app.core.reviewing import LoggedEvent, Review
from app.desktop import words
from app.desktop.line_model import LineModel
from app.desktop.look import Look
from app.desktop.people.naming import role_word
from app.desktop.pieces import Mark, set_state, text_label
from app.desktop.reader import Reader
from app.desktop.review.choices import ANY, Chooser
from app.desktop.review.terms import event_word
from app.desktop.tables import set_up
from app.desktop.words import breakable

log = logging.getLogger(__name__)

PAGE: Final = 256
_Index = QModelIndex | QPersistentModelIndex
_WIDTHS: Final = (96, 110, 150, 150, 220, 260)
_ACCESS: Final = (
    EventKind.SIGNED_IN,
    EventKind.SIGN_IN_FAILED,
    EventKind.LOCKED_OUT,
    EventKind.SIGNED_OUT,
    EventKind.LOCKED,
    EventKind.UNLOCKED,
)
_PEOPLE: Final = (
    EventKind.PASSWORD_CHANGED,
    EventKind.PERSON_ADDED,
    EventKind.PERSON_CHANGED,
)
_LOG: Final = (
    EventKind.EXPORTED,
    EventKind.VERIFIED,
    EventKind.HEAD_EXPORTED,
    EventKind.BACKED_UP,
    EventKind.RESTORED,
    EventKind.SIGNING_KEY_MADE,
    EventKind.RECORDINGS_EXPIRED,
)
_DESK: Final = (EventKind.SETTINGS_CHANGED, EventKind.DIAGNOSED)
_GROUPS: Final[Mapping[str, Sequence[EventKind]]] = {
    ANY: (),
    "access": _ACCESS,
    "people": _PEOPLE,
    "log": _LOG,
    "desk": _DESK,
    "notes": (EventKind.SHIFT_NOTE,),
}


class EventModel(LineModel):
    """Events page by page, newest first.

    Signals:
        loaded: A page is in the table.
        failed: Why the journal could not be read.
    """

    loaded = Signal()
    failed = Signal(str)

    def __init__(self, reader: Reader, review: Review, page: int = PAGE) -> None:
        super().__init__()
        self._reader, self._review, self._page = reader, review, page
        self._rows: list[LoggedEvent] = []
        self._kinds: Sequence[EventKind] = ()
        self._whole, self._loading, self._turn = True, False, 0

    def show_kinds(self, kinds: Sequence[EventKind]) -> None:
        """Show events of these kinds, from the newest on; none: all of them."""
        self._kinds = kinds
        self._turn += 1
        self._loading = True
        self._reader.begin(self._read(None, self._turn))

    async def _read(self, before: int | None, turn: int) -> None:
        kinds, review, limit = self._kinds, self._review, self._page
        try:
            found = await self._reader.run(
                lambda: review.events(kinds=kinds, before=before, limit=limit)
            )
        except UserFacingError as error:
            log.error("events could not be read: %s", error)
            if turn == self._turn:
                self._loading, self._whole = False, True
                if before is None:
                    # They are of kinds that are not asked for any more.
                    self.beginResetModel()
                    self._rows = []
                    self.endResetModel()
                self.failed.emit(str(error))
            return
        if turn != self._turn:
            return
        if before is None:
            self.beginResetModel()
            self._rows = list(found)
            self.endResetModel()
        elif found:
            first = len(self._rows)
            self.beginInsertRows(QModelIndex(), first, first + len(found) - 1)
            self._rows += found
            self.endInsertRows()
        self._whole, self._loading = len(found) < self._page, False
        self.loaded.emit()

    def canFetchMore(self, _parent: _Index) -> bool:
        """Say whether older events are left to read."""
        return not self._whole and not self._loading and bool(self._rows)

    def fetchMore(self, _parent: _Index) -> None:
        """Begin to read the next page."""
        self._loading = True
        self._reader.begin(self._read(self._rows[-1].seq, self._turn))

    def _titles(self) -> tuple[str, ...]:
        return (
            self.tr("时间"),
            self.tr("事件"),
            self.tr("人员"),
            self.tr("席位"),
            self.tr("对象"),
            self.tr("说明"),
        )

    def _cell(self, line: int, column: int) -> str:
        event = self._rows[line].event
        named = event.role in set(Role)
        who = "\n".join(
            filter(None, (event.by, role_word(Role(event.role)) if named else ""))
        )
        return (
            words.full_time(event.at)[2:].replace(" ", "\n"),
            event_word(event.kind),
            who,
            event.workstation,
            event.subject,
            event.detail,
        )[column]


class EventsPage(QWidget):
    """The table of events, and which of them are wanted."""

    def __init__(
        self, look: Look, reader: Reader, review: Review, page: int = PAGE
    ) -> None:
        super().__init__()
        self._kind = ANY
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 10)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.setSpacing(10)
        self.kinds = Chooser(self.tr("哪些事件"))
        self.kinds.offer(
            (
                (ANY, self.tr("全部事件")),
                ("access", self.tr("登录和锁屏")),
                ("people", self.tr("账户")),
                ("log", self.tr("导出、校验和备份")),
                ("desk", self.tr("设置和诊断")),
                ("notes", self.tr("值班备注")),
            )
        )
        self.kinds.chosen.connect(self._choose)
        head.addWidget(self.kinds)
        self._mark = Mark(look, Severity.ALARM, 20)
        self._mark.hide()
        head.addWidget(self._mark)
        self.told = text_label("", wrap=True)
        set_state(self.told, "tone", Severity.ALARM.value)
        head.addWidget(self.told, 1)
        column.addLayout(head)
        self.model = EventModel(reader, review, page)
        self.model.setParent(self)
        self.model.loaded.connect(self._loaded)
        self.model.failed.connect(self._failed)
        self.table = QTableView()
        set_up(self.table, self.model, self.tr("事件"), _WIDTHS, 5)
        column.addWidget(self.table, 1)
        self.empty = text_label(self.tr("还没有这样的事件。"), "muted")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.hide()
        column.addWidget(self.empty, 1)
        self._name()

    def load(self) -> None:
        """Read the newest page."""
        self.model.show_kinds(_GROUPS[self._kind])

    def _name(self) -> None:
        self.kinds.point_at(self._kind)
        self.kinds.setText(f"{self.kinds.word(self._kind)} ▾")

    @Slot(str)
    def _choose(self, key: str) -> None:
        self._kind = key
        self._name()
        self.load()

    @Slot()
    def _loaded(self) -> None:
        nothing = self.model.rowCount() == 0
        self._tell("")
        self.empty.setVisible(nothing)
        self.table.setVisible(not nothing)

    @Slot(str)
    def _failed(self, sentence: str) -> None:
        self._tell(sentence)
        self.empty.hide()
        self.table.show()

    def _tell(self, sentence: str) -> None:
        self._mark.setVisible(bool(sentence))
        self.told.setText(breakable(sentence))
