"""The record that is looked at: in full, with its course, and what may be done."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.core.entries import History
from app.core.model import Finding
from app.core.ports import JournalEntry
from app.desktop import words
from app.desktop.look import Look
from app.desktop.pieces import ElidedLabel, button, empty_layout, text_label
from app.desktop.record_page import RecordPage
from app.desktop.review.course import CourseView
from app.desktop.review.disposing import DisposalBar
from app.desktop.viewing import Viewing


class Detail(QFrame):
    """Shows one record; what is chosen in the list is dealt with at its foot.

    Signals:
        correct_wanted: The record's words or calls are to be corrected; the entry.
        window_wanted: The record is wanted in a window of its own; the entry.
        left: Whoever looks wants the list back.
    """

    correct_wanted = Signal(object)
    window_wanted = Signal(object)
    left = Signal()

    def __init__(self, look: Look, viewing: Viewing) -> None:
        super().__init__()
        self._look, self._viewing = look, viewing
        self._entry: JournalEntry | None = None
        self._told: tuple[QVBoxLayout, History] | None = None
        """What was said later as it is shown, and where."""
        self._first: int | None = None
        """Which of several findings is shown by itself."""
        self.page: RecordPage | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(10, 0, 4, 6)
        head.setSpacing(8)
        self.back = button(self.tr("← 列表"), "quiet")
        self.back.clicked.connect(self.left)
        self.back.hide()
        head.addWidget(self.back)
        self.title = ElidedLabel("muted")
        head.addWidget(self.title, 1)
        self.correct = button(self.tr("更正…"))
        self.correct.setToolTip(self.tr("听错了或理解错了：写出实际说的话或应查的检查"))
        self.correct.clicked.connect(self._want_correct)
        head.addWidget(self.correct)
        self.apart = button(self.tr("单独打开"))
        self.apart.setToolTip(self.tr("在单独的窗口里打开这条记录"))
        self.apart.clicked.connect(self._want_window)
        head.addWidget(self.apart)
        column.addLayout(head)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setAccessibleName(self.tr("记录详情"))
        column.addWidget(self._area, 1)
        self.disposal = DisposalBar(look)
        column.addWidget(self.disposal)
        self.clear()

    @property
    def entry(self) -> JournalEntry | None:
        """What is shown."""
        return self._entry

    def clear(self) -> None:
        """Show no record."""
        self._entry = self.page = None
        self.title.setText("")
        hint = text_label(self.tr("选一条记录，这里显示它的全部内容。"), "muted")
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._put(hint)
        self.correct.setEnabled(False)
        self.apart.setEnabled(False)
        self.disposal.show_targets(())
        self.disposal.hide()

    def show_entry(
        self, entry: JournalEntry, history: History, index: int | None = None
    ) -> None:
        """Show a record, and what was said later; of several, one finding first."""
        self.disposal.show()
        if self._entry is None or self._entry.seq != entry.seq:
            self._lay_out(entry)
        several = len(entry.record.findings) > 1
        if several and self.page is not None and index is not None:
            self._lead(self.page, entry.record.findings[index], index)
        self.show_history(history)

    def _lead(self, page: RecordPage, finding: Finding, index: int) -> None:
        if index != self._first:
            # What was said later is of this finding, and told anew.
            self._first, self._told = index, None
            self._viewing.wire(page.show_lead(finding))
            self._area.verticalScrollBar().setValue(0)

    def _lay_out(self, entry: JournalEntry) -> None:
        self._entry, self._first = entry, None
        record = entry.record
        page = RecordPage(self._look, record, entry)
        page.setContentsMargins(2, 0, 2, 0)
        self._viewing.furnish(page, record)
        self.page = page
        self._put(page)
        when = words.full_time(record.started_at)
        self.title.setText(
            self.tr("第 {seq} 条　{time}").format(seq=entry.seq, time=when)
        )
        self.correct.setEnabled(
            record.utterance is not None or record.understanding is not None
        )
        self.apart.setEnabled(True)

    def show_history(self, history: History) -> None:
        """Show anew what was said later."""
        if self.page is None or self._entry is None:
            return
        told = (self.page.course, history)
        if told != self._told:
            self._told = told
            empty_layout(self.page.course)
            self.page.course.addWidget(
                CourseView(self._look, self._entry.record, history, self._first)
            )

    def _put(self, page: QWidget) -> None:
        former = self._area.takeWidget()
        if former is not None:
            former.hide()
            former.deleteLater()
        self._area.setWidget(page)
        self._area.verticalScrollBar().setValue(0)

    @Slot()
    def _want_correct(self) -> None:
        if self._entry is not None:
            self.correct_wanted.emit(self._entry)

    @Slot()
    def _want_window(self) -> None:
        if self._entry is not None:
            self.window_wanted.emit(self._entry)
