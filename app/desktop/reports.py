"""Writes exports and reports beside the window, and says what became of them."""

import asyncio
import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QUrl, Signal, Slot
from PySide6.QtGui import QCloseEvent, QDesktopServices
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from app.core.desk import Desk
from app.core.errors import Cancelled, NotAllowedError, UserFacingError
from app.core.model import Severity
from app.core.people import May
from app.core.ports import JournalQuery
from app.core.reporting import ReportKind
from app.core.workdays import DESKS_ZONE
from app.desktop.look import Look
from app.desktop.pieces import Mark, button, set_state, text_label, within_screen
from app.desktop.report_form import MOMENT, ReportForm, Write
from app.desktop.session import DeskSession
from app.desktop.words import breakable
from app.system.worker import InferenceWorker

if TYPE_CHECKING:
    from app.desktop.review.window import ReviewWindow
    from app.desktop.review.wiring import Reviewing

log = logging.getLogger(__name__)

_NEEDED: Final = {
    ReportKind.LOG: May.EXPORT,
    ReportKind.SHIFT: May.HAND_OVER,
    ReportKind.MONTH: May.EXPORT,
}


class ReportWindow(QDialog):
    """One export or report.

    Signals:
        settled: The file is written, or a sentence says why it is not.
    """

    settled = Signal()
    _advanced = Signal(int)

    def __init__(
        self,
        look: Look,
        session: DeskSession,
        query: JournalQuery,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("报表和导出"))
        self.resize(760, 520)
        self._desk: Desk = session.desk
        self._reader = session.reader
        self._stop: threading.Event | None = None
        self._written: Path | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        actor = self._desk.presence.actor
        self.form = ReportForm(query, actor.name if actor is not None else "")
        column.addWidget(self.form)
        column.addStretch(1)
        said = QHBoxLayout()
        self._mark = Mark(look, Severity.NORMAL, 20)
        self._mark.hide()
        said.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        self.notice = text_label("", wrap=True)
        said.addWidget(self.notice, 1)
        column.addLayout(said)
        column.addLayout(self._make_foot())
        self._advanced.connect(self._advance)
        self.form.changed.connect(self._look_at_form)
        self.form.last_wanted.connect(self._since_last)
        self.form.told.connect(self._warn)
        self._look_at_form()

    def _make_foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        self.folder = button(self.tr("打开所在文件夹"))
        self.folder.clicked.connect(self._open_folder)
        self.folder.hide()
        foot.addWidget(self.folder)
        foot.addStretch(1)
        self.leave = button(self.tr("关闭"))
        self.leave.clicked.connect(self.close)
        foot.addWidget(self.leave)
        self.stop = button(self.tr("停止"))
        self.stop.clicked.connect(self._cancel)
        self.stop.hide()
        foot.addWidget(self.stop)
        self.begin = button(self.tr("生成"), "primary")
        self.begin.clicked.connect(self._begin)
        foot.addWidget(self.begin)
        return foot

    def _refused(self) -> str:
        try:
            self._desk.presence.acting().require(_NEEDED[self.form.kind])
        except NotAllowedError as error:
            return str(error)
        return ""

    @Slot()
    def _look_at_form(self) -> None:
        """Say what pressing the button would do, or why it may not be pressed."""
        self._written = None
        self.folder.hide()
        there = self.form.target.is_file()
        self.begin.setText(self.tr("替换原有文件") if there else self.tr("生成"))
        refused = self._refused()
        self.begin.setEnabled(not refused and self._stop is None)
        if refused:
            self._say(refused, Severity.ATTENTION)
        elif self._stop is None:
            self._mark.hide()
            self.notice.setText("")

    @Slot(str)
    def _warn(self, sentence: str) -> None:
        self._say(sentence, Severity.ATTENTION)

    @Slot()
    def _since_last(self) -> None:
        self._reader.begin(self._find_last())

    async def _find_last(self) -> None:
        try:
            found = await self._reader.run(self._desk.reports.last_shift)
        except UserFacingError as error:
            self._say(str(error), Severity.ALARM)
            return
        if not isValid(self):
            return
        if found is None:
            sentence = self.tr("日志里没有最近的交接班报告，请填写开始时间。")
            self._say(sentence, Severity.ATTENTION)
        else:
            moment = found.astimezone(DESKS_ZONE)
            self.form.since.setText(moment.strftime(MOMENT))

    @Slot()
    def _begin(self) -> None:
        write = self.form.asked(self._desk.reports)
        if write is None or self._stop is not None:
            return
        self._stop = threading.Event()
        self.begin.setEnabled(False)
        self.stop.show()
        self._say(self.tr("正在读取日志…"), Severity.UNKNOWN)
        self._reader.begin(self._write(write, self.form.target, self._stop))

    async def _write(self, write: Write, path: Path, stop: threading.Event) -> None:
        def progress(done: int) -> None:
            if stop.is_set():
                raise Cancelled
            self._advanced.emit(done)

        # A thread of its own: a long export holds up nobody who reads.
        worker = InferenceWorker("reports")
        try:
            actor = self._desk.presence.acting()
            made = await write(path, actor, worker.run, progress)
        except Cancelled:
            self._done(self.tr("已停止，没有写出文件。"), Severity.ATTENTION)
        except UserFacingError as error:
            self._done(str(error), Severity.ALARM)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.exception("a report could not be written")
            text = self.tr("程序内部故障（{name}）。请重试，或把日志文件交给维护人员。")
            self._done(text.format(name=type(error).__name__), Severity.ALARM)
        else:
            text = self.tr("已写入 {path}，共 {n} 条记录。")
            said = text.format(path=made.path, n=made.records)
            self._done(said, Severity.NORMAL, made.path)
        finally:
            stop.set()
            worker.close()

    def _done(
        self, sentence: str, severity: Severity, written: Path | None = None
    ) -> None:
        if not isValid(self):
            return
        self._stop = None
        self.stop.hide()
        self._look_at_form()
        self._written = written
        self.folder.setVisible(written is not None)
        self._say(sentence, severity)
        self.settled.emit()

    def _say(self, sentence: str, severity: Severity) -> None:
        self._mark.set_severity(severity)
        self._mark.show()
        set_state(self.notice, "tone", severity.value)
        self.notice.setText(breakable(sentence))

    @Slot(int)
    def _advance(self, done: int) -> None:
        if self._stop is not None:
            text = self.tr("已读取 {n} 条记录…")
            self._say(text.format(n=done), Severity.UNKNOWN)

    @Slot()
    def _cancel(self) -> None:
        if self._stop is not None:
            self._stop.set()

    @Slot()
    def _open_folder(self) -> None:
        if self._written is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._written.parent)))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop what is under way; half a file is none."""
        self._cancel()
        super().closeEvent(event)


def wire_reports(reviewing: "Reviewing", look: Look, session: DeskSession) -> None:
    """Let the review window open reports and exports."""

    def add(window: "ReviewWindow") -> None:
        def ask(query: JournalQuery) -> None:
            made = ReportWindow(look, session, query, window)
            within_screen(made)
            made.show()

        window.reports_wanted.connect(ask)
        window.reports.show()

    reviewing.extend(add)
