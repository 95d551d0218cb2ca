"""When the program itself fails: a dialog that says so and can save an archive.

What Qt has to say goes into the log; so does everything that nobody handled.
"""

import logging
from contextlib import suppress
from pathlib import Path
from typing import Final

from PySide6.QtCore import (
    QMessageLogContext,
    QObject,
    Qt,
    QtMsgType,
    Signal,
    Slot,
    qInstallMessageHandler,
)
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from app.core.doctoring import Doctor
from app.core.errors import UserFacingError
from app.core.model import Severity
from app.desktop.asking import ask_for_archive
from app.desktop.look import Look
from app.desktop.pieces import Mark, button, set_state, text_label, within_screen
from app.desktop.reader import Reader
from app.system import crash

log = logging.getLogger(__name__)
qt_log = logging.getLogger("qt")

_LEVELS: Final = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class CrashDialog(QDialog):
    """Says what happened; the desk goes on beside it as far as it can.

    Signals:
        settled: The archive is written, or could not be.
    """

    settled = Signal()

    def __init__(
        self,
        look: Look,
        sentence: str,
        reader: Reader,
        doctor: Doctor,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(False)
        self.setWindowTitle(self.tr("程序出了故障"))
        self.resize(620, 300)
        self._reader, self._doctor = reader, doctor
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        head = QHBoxLayout()
        head.setSpacing(14)
        head.addWidget(Mark(look, Severity.ATTENTION, 36))
        head.addWidget(text_label(self.tr("程序出了故障"), "hero", wrap=True), 1)
        column.addLayout(head)
        self.sentence: Final = text_label(sentence, wrap=True)
        column.addWidget(self.sentence)
        told = self.tr(
            "诊断包里有日志和本机情况，没有密钥、图片和说过的话。"
            "请保存到 U 盘，交给维护人员。"
        )
        column.addWidget(text_label(told, "muted", wrap=True))
        self.notice: Final = text_label("", wrap=True)
        column.addWidget(self.notice)
        column.addStretch(1)
        foot = QHBoxLayout()
        foot.addStretch(1)
        self.save: Final = button(self.tr("保存诊断包…"))
        self.save.clicked.connect(self.ask_where)
        self.leave: Final = button(self.tr("关闭  Esc"), "primary")
        self.leave.clicked.connect(self.close)
        for made in (self.save, self.leave):
            made.setMinimumHeight(40)
            foot.addWidget(made)
        column.addLayout(foot)
        within_screen(self)

    @Slot()
    def ask_where(self) -> QFileDialog:
        """Ask where the archive goes."""
        return ask_for_archive(self, self.save_to)

    @Slot(str)
    def save_to(self, path: str) -> None:
        """Write the archive there."""
        self.save.setEnabled(False)
        self._reader.begin(self._save(Path(path)))

    async def _save(self, path: Path) -> None:
        try:
            # Without the self-test: what failed might fail again, or hang.
            saved = await self._doctor.save(path, ())
        except UserFacingError as error:
            said, severity = str(error), Severity.ATTENTION
        except Exception as error:
            log.exception("an archive was not saved")
            sentence = self.tr("没有完成（{name}）。请重试，或把日志交给维护人员。")
            said = sentence.format(name=type(error).__name__)
            severity = Severity.ATTENTION
        else:
            said = self.tr("已保存 {path}。").format(path=saved.path)
            severity = Severity.NORMAL
        # The window may have been closed meanwhile.
        if not isValid(self):
            return
        self.save.setEnabled(True)
        self.notice.setText(said)
        set_state(self.notice, "tone", severity.value)
        self.settled.emit()


class CrashTeller(QObject):
    """Shows each failure in the window's own thread, whichever thread failed.

    One dialog at a time: a failure that comes again and again changes its words.
    """

    _told = Signal(str)

    def __init__(
        self, look: Look, reader: Reader, doctor: Doctor, over: QWidget
    ) -> None:
        super().__init__(over)
        self._look, self._reader, self._doctor = look, reader, doctor
        self._over = over
        self.dialog: CrashDialog | None = None
        self._told.connect(self._show, Qt.ConnectionType.QueuedConnection)
        self._restore = crash.tell_with(self._told.emit)
        self._before = qInstallMessageHandler(_to_log)
        if (path := crash.previous_fault()) is not None:
            self._told.emit(
                self.tr("上次程序异常退出，崩溃记录在 {path}。").format(path=path)
            )

    def close(self) -> None:
        """Tell no more; Qt speaks as before."""
        self._restore()
        qInstallMessageHandler(self._before)

    @Slot(str)
    def _show(self, sentence: str) -> None:
        if self.dialog is not None:
            self.dialog.sentence.setText(sentence)
            return
        self.dialog = CrashDialog(
            self._look, sentence, self._reader, self._doctor, self._over
        )
        self.dialog.destroyed.connect(self._gone)
        self.dialog.show()

    @Slot()
    def _gone(self) -> None:
        self.dialog = None


def _to_log(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    # Qt calls it from anywhere: whatever it raises would end the process.
    with suppress(Exception):
        category = context.category or "default"
        qt_log.log(_LEVELS.get(kind, logging.WARNING), "%s: %s", category, message)
