"""The inspection log beside the conversation: table, filter, verify."""

import logging
from typing import Final

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.core.errors import UserFacingError
from app.core.model import Severity
from app.core.ports import ChainReport, JournalQuery
from app.desktop.entry_model import PAGE
from app.desktop.journal_model import JournalModel
from app.desktop.look import Look
from app.desktop.pieces import Mark, button, set_state, text_label
from app.desktop.reader import Reader
from app.desktop.tables import set_up
from app.desktop.words import breakable

log = logging.getLogger(__name__)

NEWS_EVERY_MS: Final = 20_000
_WIDTHS = (100, 84, 92, 74, 150, 60)
_SITE, _OPERATOR = 2, 5
_ROOMY: Final = 640
"""From this width on, there is room for the operator beside a whole verdict."""
_LONG_SITE: Final = 300


class JournalPanel(QWidget):
    """Shows the journal, newest first.

    Signals:
        entry_wanted: The operator wants to see a record; the entry.
        verified: The chain has been walked; whether it is sound.
    """

    entry_wanted = Signal(object)
    verified = Signal(bool)

    def __init__(self, look: Look, reader: Reader, page: int = PAGE) -> None:
        super().__init__()
        self._reader = reader
        self.model = JournalModel(look, reader, page)
        self.model.setParent(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 16, 16, 12)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.addWidget(text_label(self.tr("巡检日志"), "title"))
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(self.tr("筛选：地点、原话或结论"))
        self.filter.setAccessibleName(self.tr("筛选日志"))
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._type)
        head.addWidget(self.filter, 1)
        self.verify_button = button(self.tr("校验"))
        self.verify_button.setToolTip(self.tr("逐条核对日志，确认没有被改动或删减"))
        self.verify_button.clicked.connect(self.verify)
        head.addWidget(self.verify_button)
        column.addLayout(head)
        result = QHBoxLayout()
        self._mark = Mark(look, Severity.NORMAL, 20)
        self._mark.hide()
        result.addWidget(self._mark)
        self.result = text_label("", wrap=True)
        self.result.hide()
        result.addWidget(self.result, 1)
        column.addLayout(result)
        self.table = self._make_table()
        column.addWidget(self.table, 1)
        self.nothing = QWidget()
        middle = QVBoxLayout(self.nothing)
        middle.addStretch(1)
        self.empty = text_label("", "muted", wrap=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        middle.addWidget(self.empty)
        self.show_all = button(self.tr("清除筛选"))
        self.show_all.clicked.connect(self.filter.clear)
        middle.addWidget(self.show_all, 0, Qt.AlignmentFlag.AlignHCenter)
        middle.addStretch(1)
        self.nothing.hide()
        column.addWidget(self.nothing, 1)
        # The operator is still typing: one search when the keys rest.
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(250)
        self._typing.timeout.connect(self._search)
        # Another window on the same journal writes too, and tells nobody.
        self.news = QTimer(self)
        self.news.setInterval(NEWS_EVERY_MS)
        self.news.timeout.connect(self.model.refresh)
        self._unread = False
        self.model.loaded.connect(self._loaded)
        self.model.failed.connect(self._not_read)
        reader.verify_advanced.connect(self._advance)

    def _make_table(self) -> QTableView:
        table = QTableView()
        set_up(table, self.model, self.tr("巡检日志"), _WIDTHS, 4)
        table.activated.connect(self._open)
        return table

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the operator out where the verdict would have no room."""
        super().resizeEvent(event)
        self.table.setColumnHidden(_OPERATOR, self.width() < _ROOMY)
        spare = max(0, self.width() - _ROOMY) // 2
        self.table.setColumnWidth(_SITE, min(_WIDTHS[_SITE] + spare, _LONG_SITE))

    def load(self) -> None:
        """Read the newest page."""
        self.model.set_ratio(self.devicePixelRatioF())
        self.model.reload()
        self.news.start()

    def rest(self) -> None:
        """Read nothing more by itself: the window ends."""
        self.news.stop()
        self._typing.stop()

    @Slot()
    def verify(self) -> None:
        """Walk the chain and say what was found."""
        self.verify_button.setEnabled(False)
        self._unread = False
        self._say(self.tr("正在校验…"), Severity.UNKNOWN)
        self._reader.begin(self._verify())

    async def _verify(self) -> None:
        try:
            report = await self._reader.verify()
        except UserFacingError as error:
            self._say(str(error), Severity.ALARM)
        except Exception as error:
            log.exception("the journal could not be verified")
            sentence = self.tr("校验没有完成（{name}）。请重试，或把日志交给维护人员。")
            self._say(sentence.format(name=type(error).__name__), Severity.ALARM)
        else:
            self._report(report)
            self.verified.emit(report.ok)
        finally:
            self.verify_button.setEnabled(True)

    def _report(self, report: ChainReport) -> None:
        if report.ok:
            sentence = self.tr(
                "已校验 {n} 条记录，链条完整，未发现改动。末条指纹 {head}"
            )
            head = report.head[:12]
            self._say(sentence.format(n=report.checked, head=head), Severity.NORMAL)
            return
        sentence = self.tr(
            "第 {seq} 条记录对不上：{detail}。"
            "请立即备份日志文件并报告安监人员，不要继续修改。"
        )
        detail = report.detail.rstrip("。") or self.tr("内容与指纹不符")
        self._say(
            sentence.format(seq=report.first_broken, detail=detail), Severity.ALARM
        )

    def _say(self, sentence: str, severity: Severity) -> None:
        self._mark.set_severity(severity)
        self._mark.show()
        set_state(self.result, "tone", severity.value)
        self.result.setText(breakable(sentence))
        self.result.show()

    @Slot(int, int)
    def _advance(self, checked: int, total: int) -> None:
        if not self.verify_button.isEnabled():
            sentence = self.tr("正在校验… {done} / {total}")
            self._say(sentence.format(done=checked, total=total), Severity.UNKNOWN)

    @Slot()
    def _type(self) -> None:
        self._typing.start()

    @Slot()
    def _search(self) -> None:
        self.model.set_query(JournalQuery(text=self.filter.text().strip()))

    @Slot(str)
    def _not_read(self, sentence: str) -> None:
        self._unread = True
        self._say(sentence, Severity.ALARM)
        # No rows and no "nothing there yet": it is not known what is there.
        self.nothing.hide()
        self.table.show()

    @Slot()
    def _loaded(self) -> None:
        if self._unread:
            self._unread = False
            self._mark.hide()
            self.result.hide()
        nothing = self.model.rowCount() == 0
        found = self.tr("没有符合筛选的记录。")
        none = self.tr("还没有巡检记录。说一条指令，答复就记在这里。")
        filtered = bool(self.filter.text().strip())
        self.empty.setText(found if filtered else none)
        self.show_all.setVisible(filtered)
        self.nothing.setVisible(nothing)
        self.table.setVisible(not nothing)

    @Slot(QModelIndex)
    def _open(self, index: QModelIndex) -> None:
        self.entry_wanted.emit(self.model.row(index.row()).entry)
