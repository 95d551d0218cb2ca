"""The self-test in the window: every finding, what to do, and an archive to send."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from app.core.doctoring import Doctor
from app.core.errors import UserFacingError
from app.core.model import Severity
from app.core.ports import Health
from app.desktop import words
from app.desktop.asking import ask_for_archive
from app.desktop.look import Look
from app.desktop.pieces import (
    Mark,
    button,
    empty_layout,
    set_state,
    text_label,
    within_screen,
)
from app.desktop.reader import Reader
from app.desktop.scrolling import scrolling
from app.desktop.window import DeskWindow
from app.desktop.words import breakable

log = logging.getLogger(__name__)

KEY: Final = "Ctrl+Shift+D"
_LEVEL: Final = "microphone-level"


class DoctorPage(QDialog):
    """Examines when it opens; the desk goes on beside it.

    Signals:
        settled: What was asked for is done; nothing is under way.
    """

    settled = Signal()

    def __init__(
        self, look: Look, reader: Reader, doctor: Doctor, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(False)
        self.setWindowTitle(self.tr("自检"))
        self.resize(860, 640)
        self._look, self._reader, self._doctor = look, reader, doctor
        self.found: Sequence[Health] = ()
        outer = QVBoxLayout(self)
        outer.setSpacing(10)
        self.summary: Final = text_label("", "lead", wrap=True)
        outer.addWidget(self.summary)
        scroll, self._column = scrolling(self.windowTitle())
        outer.addWidget(scroll, 1)
        self.verbose: Final = QCheckBox(self.tr("详细日志，直到程序退出"))
        self.verbose.setToolTip(self.tr("也会记下说的话；诊断包里不含这些"))
        self.verbose.setChecked(doctor.verbose)
        self.verbose.toggled.connect(self._be_verbose)
        outer.addWidget(self.verbose)
        self.notice: Final = text_label("", wrap=True)
        outer.addWidget(self.notice)
        foot = QHBoxLayout()
        self.again: Final = button(self.tr("重新检查"))
        self.again.clicked.connect(self.examine)
        self.listen: Final = button(self.tr("试听麦克风"))
        self.listen.clicked.connect(self._listen)
        self.save: Final = button(self.tr("保存诊断包…"))
        self.save.clicked.connect(self.ask_where)
        for made in (self.again, self.listen, self.save):
            foot.addWidget(made)
        foot.addStretch(1)
        close = button(self.tr("关闭  Esc"), "primary")
        close.clicked.connect(self.close)
        foot.addWidget(close)
        outer.addLayout(foot)
        within_screen(self)
        close.setFocus(Qt.FocusReason.OtherFocusReason)
        self.examine()

    @Slot()
    def examine(self) -> None:
        """Look at everything once more."""
        self._begin(self.tr("正在检查…"), self._examine)

    @Slot()
    def ask_where(self) -> QFileDialog:
        """Ask where the archive goes."""
        return ask_for_archive(self, self.save_to)

    @Slot(str)
    def save_to(self, path: str) -> None:
        """Write the archive there."""
        self._begin(self.tr("正在保存诊断包…"), lambda: self._save(Path(path)))

    @Slot()
    def _listen(self) -> None:
        self._begin(self.tr("请说话，正在听…"), self._hear)

    @Slot(bool)
    def _be_verbose(self, wanted: bool) -> None:
        self._doctor.be_verbose(wanted)

    def _begin(self, words: str, work: Callable[[], Awaitable[str]]) -> None:
        for made in (self.again, self.listen, self.save):
            made.setEnabled(False)
        self._say(words, Severity.UNKNOWN)
        self._reader.begin(self._do(work))

    async def _do(self, work: Callable[[], Awaitable[str]]) -> None:
        said, severity = "", Severity.NORMAL
        try:
            said = await work()
        except UserFacingError as error:
            said, severity = str(error), Severity.ATTENTION
        except Exception as error:
            log.exception("the self-test failed")
            sentence = self.tr("没有完成（{name}）。请重试，或把日志交给维护人员。")
            said = sentence.format(name=type(error).__name__)
            severity = Severity.ATTENTION
        # The window may have been closed meanwhile.
        if not isValid(self):
            return
        for made in (self.again, self.listen, self.save):
            made.setEnabled(True)
        self._say(said, severity)
        self.settled.emit()

    async def _examine(self) -> str:
        found = await self._doctor.examine()
        if isValid(self):
            self._show(found)
        return ""

    async def _hear(self) -> str:
        level = await self._doctor.listen()
        if isValid(self):
            others = [each for each in self.found if each.key != _LEVEL]
            self._show([*others, level])
        return self.tr("{name}：{detail}").format(
            name=words.part_word(level), detail=level.detail
        )

    async def _save(self, path: Path) -> str:
        saved = await self._doctor.save(path, self.found)
        return self.tr(
            "已保存 {path}。里面没有密钥、图片和说过的话，可以交给维护人员。"
        ).format(path=saved.path)

    def _show(self, found: Sequence[Health]) -> None:
        self.found = found
        empty_layout(self._column)
        ill = [each for each in found if not each.ok]
        for each in (*ill, *(each for each in found if each.ok)):
            self._column.addWidget(self._row(each))
        self._column.addStretch(1)
        said = self.tr("{n}项都正常").format(n=len(found))
        if ill:
            said = self.tr("{ill}项要处理，{well}项正常").format(
                ill=len(ill), well=len(found) - len(ill)
            )
        self.summary.setText(said)

    def _row(self, health: Health) -> QFrame:
        row = QFrame()
        row.setObjectName("card")
        severity = Severity.NORMAL if health.ok else Severity.ATTENTION
        line = QHBoxLayout(row)
        line.setContentsMargins(14, 10, 14, 10)
        line.setSpacing(12)
        line.addWidget(Mark(self._look, severity, 24), 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        name = words.part_word(health)
        column.addWidget(text_label(name, "lead", wrap=True))
        column.addWidget(text_label(breakable(health.detail), wrap=True))
        if health.remedy:
            column.addWidget(text_label(breakable(health.remedy), "muted", wrap=True))
        line.addLayout(column, 1)
        state = self.tr("正常") if health.ok else self.tr("要处理")
        row.setAccessibleName(
            self.tr("{name}：{detail}").format(name=name, detail=state)
        )
        return row

    def _say(self, sentence: str, severity: Severity) -> None:
        self.notice.setText(sentence)
        set_state(self.notice, "tone", severity.value if sentence else "")


class DoctorDoor(QObject):
    """Opens the page, once."""

    def __init__(
        self, window: DeskWindow, look: Look, reader: Reader, doctor: Doctor
    ) -> None:
        super().__init__(window)
        self._window, self._look = window, look
        self._reader, self._doctor = reader, doctor
        self.page: DoctorPage | None = None

    @Slot()
    def open(self) -> None:
        """Open it, or bring it to the front."""
        if self.page is None:
            self.page = DoctorPage(self._look, self._reader, self._doctor, self._window)
            self.page.destroyed.connect(self._gone)
        self.page.show()
        self.page.raise_()
        self.page.activateWindow()

    @Slot()
    def _gone(self) -> None:
        self.page = None


def wire_doctor(
    window: DeskWindow, look: Look, reader: Reader, doctor: Doctor, talk_key: str = ""
) -> DoctorDoor:
    """Let the key, and what explains the status, open the self-test."""
    door = DoctorDoor(window, look, reader, doctor)
    if talk_key != KEY:
        QShortcut(QKeySequence(KEY), window).activated.connect(door.open)
    window.strip.offer_doctor()
    window.strip.doctor_wanted.connect(door.open)
    return door
