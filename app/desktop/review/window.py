"""The supervisor's window; the desk goes on beside it."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.core.model import Severity
from app.core.ports import JournalQuery
from app.desktop.entry_model import PAGE
from app.desktop.look import Look
from app.desktop.pieces import Chip, button, caption, set_state
from app.desktop.review.chain import ChainPage
from app.desktop.review.corrections_page import SHOWN, CorrectionsPage
from app.desktop.review.events_page import EventsPage
from app.desktop.review.records_page import RecordsPage
from app.desktop.review.wiring import REVIEW_KEY
from app.desktop.session import DeskSession
from app.desktop.viewing import Viewing


class ReviewWindow(QWidget):
    """Records, corrections, events and the chain, one page each.

    Signals:
        reports_wanted: A report or an export of what is looked for; the query.
        filters_changed: The saved filters, name → line, to be kept.
        desk_wanted: Whoever looks wants to go back to the desk.
    """

    reports_wanted = Signal(object)
    filters_changed = Signal(object)
    desk_wanted = Signal()

    def __init__(
        self,
        look: Look,
        session: DeskSession,
        *,
        filters: Mapping[str, str] | None = None,
        talk_key: str = "F8",
        page: int = PAGE,
    ) -> None:
        super().__init__(None, Qt.WindowType.Window)
        desk, reader = session.desk, session.reader
        viewing = Viewing(look, reader, desk, self)
        self.setWindowTitle(self.tr("GridDesk 审阅"))
        self.setObjectName("page")
        self.resize(1366, 740)
        self.setMinimumSize(640, 420)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QFrame()
        head.setObjectName("header")
        self._row = QHBoxLayout(head)
        self._row.setContentsMargins(16, 6, 12, 6)
        self._row.setSpacing(8)
        column.addWidget(head)
        self._pages = QStackedWidget()
        column.addWidget(self._pages, 1)
        self._choices: list[QPushButton] = []
        self._loads: dict[QWidget, Callable[[], None]] = {}
        self._tabs = QHBoxLayout()
        self._tabs.setSpacing(6)
        self._row.addLayout(self._tabs)
        self.count = Chip(look, "")
        self._row.addWidget(self.count)
        self._row.addStretch(1)
        self.reports = button(self.tr("报表和导出…"))
        self.reports.setToolTip(self.tr("把现在筛选出的记录做成报表或导出文件"))
        self.reports.clicked.connect(self._want_reports)
        self.reports.hide()
        self._row.addWidget(self.reports)
        self._key = REVIEW_KEY if talk_key != REVIEW_KEY else ""
        self.back = button("")
        self.back.clicked.connect(self.desk_wanted)
        self.show_alarms(0)
        self._row.addWidget(self.back)
        self.records = RecordsPage(look, desk, reader, viewing, page)
        self.records.filters.saved.use(filters or {})
        self.records.filters.filters_changed.connect(self.filters_changed)
        self.records.counted.connect(self._show_count)
        doing = self.records.dealing.doing
        self.corrections = CorrectionsPage(look, desk, reader, doing)
        self.corrections.waiting.connect(self._show_waiting)
        self.corrections.entry_wanted.connect(viewing.show_entry)
        self.events = EventsPage(look, reader, desk.review, page)
        self.chain = ChainPage(look, desk, reader)
        self.records_tab = self.add_page(self.tr("记录"), self.records)
        self.corrections_tab = self.add_page(
            self.tr("更正"), self.corrections, self.corrections.load
        )
        self.events_tab = self.add_page(self.tr("事件"), self.events, self.events.load)
        self.chain_tab = self.add_page(self.tr("校验"), self.chain, self.chain.load)
        self.records.dealing.settled.connect(self.corrections.load)
        self._make_keys(talk_key)
        self._show_count(None)
        self.records_tab.setChecked(True)

    def _make_keys(self, talk_key: str) -> None:
        for keys, slot in (
            (REVIEW_KEY, self.desk_wanted.emit),
            ("Esc", self._escape),
            ("F5", self.reload),
            ("Ctrl+F", self._focus_text),
        ):
            # A shortcut would take the key before anybody could talk with it.
            if keys != talk_key:
                QShortcut(QKeySequence(keys), self).activated.connect(slot)

    def add_page(
        self, title: str, page: QWidget, load: Callable[[], None] | None = None
    ) -> QPushButton:
        """Add a page and give the button that shows it.

        `load` is called whenever the page is shown.
        """
        choice = button(caption(title))
        choice.setCheckable(True)
        self._choices.append(choice)
        self._tabs.addWidget(choice)
        self._pages.addWidget(page)
        if load is not None:
            self._loads[page] = load
        choice.toggled.connect(self._toggled)
        # Pressed once more it stays down, and its page is read anew.
        choice.clicked.connect(self._keep_down)
        choice.setProperty("page", self._pages.indexOf(page))
        return choice

    def show_alarms(self, count: int) -> None:
        """Say that alarms wait at the desk, which this window may cover."""
        text = self.tr("回值班台  {key}")
        if count:
            text = self.tr("{n} 条告警待确认，回值班台  {key}")
        self.back.setText(text.format(n=count, key=self._key).rstrip())
        set_state(self.back, "kind", "primary" if count else "")

    def open(self) -> None:
        """Show the window and read what is new."""
        first = not self.isVisible()
        self.show()
        self.raise_()
        self.activateWindow()
        if first:
            self.records.load()
            self.corrections.load()
            self.records.table.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(object)
    def show_query(self, query: JournalQuery) -> None:
        """Show the records that a query means."""
        self.records_tab.setChecked(True)
        self.open()
        self.records.show_query(query)

    def show_record(self, query: JournalQuery, run_id: str, index: int) -> None:
        """Show a finding among the records that a query means."""
        self.records.show_record(run_id, index)
        self.show_query(query)

    @Slot()
    def reload(self) -> None:
        """Read the shown page anew, and put every line in its place."""
        page = self._pages.currentWidget()
        if page is self.records:
            self.records.search()
        elif page in self._loads:
            self._loads[page]()

    def rest(self) -> None:
        """Do nothing more by itself: the program ends."""
        self.records.rest()
        self.chain.halt()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Read nothing while nobody looks; a verification goes on."""
        self.records.rest()
        super().closeEvent(event)

    @Slot()
    def _keep_down(self) -> None:
        choice = self.sender()
        assert isinstance(choice, QPushButton)
        choice.setChecked(True)

    @Slot(bool)
    def _toggled(self, shown: bool) -> None:
        if not shown:
            return
        # Of a QButtonGroup the Tab key would only reach the one that is down.
        for choice in self._choices:
            if choice is not self.sender():
                choice.setChecked(False)
        self._pages.setCurrentIndex(int(self.sender().property("page")))
        page = self._pages.currentWidget()
        if page in self._loads and self.isVisible():
            self._loads[page]()

    @Slot(object)
    def _show_count(self, count: int | None) -> None:
        if count is None:
            self.count.say(self.tr("未结 ？ 条"), Severity.UNKNOWN)
        elif count:
            text = self.tr("未结 {n} 条").format(n=count)
            self.count.say(text, Severity.ALARM)
        else:
            self.count.say(self.tr("没有未结的发现"), Severity.NORMAL)

    @Slot(int)
    def _show_waiting(self, count: int) -> None:
        n = f"{count}+" if count >= SHOWN else count
        text = self.tr("更正（{n} 待审）").format(n=n) if count else self.tr("更正")
        self.corrections_tab.setText(text)

    @Slot()
    def _want_reports(self) -> None:
        self.reports_wanted.emit(self.records.query)

    @Slot()
    def _escape(self) -> None:
        if self._pages.currentWidget() is self.records:
            self.records.leave_detail()

    @Slot()
    def _focus_text(self) -> None:
        self.records_tab.setChecked(True)
        field = self.records.filters.text
        field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        field.selectAll()
