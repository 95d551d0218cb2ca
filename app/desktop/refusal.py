"""A window that says why the desk cannot be opened, where nobody sees a console."""

import asyncio
import logging
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import QCloseEvent, QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QVBoxLayout, QWidget

from app.core.errors import UserFacingError
from app.core.model import Severity
from app.desktop.look import Look
from app.desktop.pieces import Mark, button, text_label
from app.system.redaction import redacted

log = logging.getLogger(__name__)


class RefusalWindow(QMainWindow):
    """Says what is wrong, in which file, and what to do.

    Signals:
        left: The operator has read it.
    """

    left = Signal()

    def __init__(self, look: Look, error: UserFacingError, file: Path) -> None:
        super().__init__()
        self._folder = file.parent
        self.setWindowTitle(self.tr("GridDesk 无法启动"))
        self.setMinimumSize(520, 320)
        self.resize(760, 420)
        page = QWidget()
        page.setObjectName("page")
        column = QVBoxLayout(page)
        column.setContentsMargins(32, 24, 32, 24)
        column.setSpacing(14)
        head = QHBoxLayout()
        head.setSpacing(14)
        head.addWidget(Mark(look, Severity.ALARM, 40))
        title = self.tr("设置有误，无法启动")
        head.addWidget(text_label(title, "hero", wrap=True), 1)
        column.addLayout(head)
        column.addWidget(text_label(redacted(error.message), "row-sentence", wrap=True))
        column.addWidget(text_label(self.tr("怎么办"), "caption"))
        column.addWidget(text_label(error.remedy, wrap=True))
        column.addWidget(text_label(self.tr("设置文件"), "caption"))
        self.file = text_label(str(file), wrap=True)
        self.file.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        column.addWidget(self.file)
        column.addWidget(
            text_label(self.tr("改好并保存后，请重新启动 GridDesk。"), wrap=True)
        )
        column.addStretch(1)
        foot = QHBoxLayout()
        foot.setSpacing(12)
        foot.addStretch(1)
        self.folder = button(self.tr("打开设置文件所在文件夹"))
        self.folder.clicked.connect(self._show_folder)
        self.leave = button(self.tr("退出"), "primary")
        self.leave.clicked.connect(self.close)
        for made in (self.folder, self.leave):
            made.setMinimumHeight(44)
            foot.addWidget(made)
        column.addLayout(foot)
        self.setCentralWidget(page)
        self.folder.setFocus(Qt.FocusReason.OtherFocusReason)
        # Lets Python look at signals (Ctrl+C, the system's request to end).
        self._pulse = QTimer(self)
        self._pulse.timeout.connect(self._breathe)
        self._pulse.start(500)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Tell that it was read."""
        self._pulse.stop()
        super().closeEvent(event)
        self.left.emit()

    @Slot()
    def _breathe(self) -> None:
        """Do nothing, in Python."""

    @Slot()
    def _show_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))


async def show_refusal(look: Look, error: UserFacingError, file: Path) -> None:
    """Show the window until it is closed, or this task is cancelled."""
    window = RefusalWindow(look, error, file)
    left = asyncio.Event()
    window.left.connect(left.set)
    window.show()
    log.info("the reason why the desk does not open is shown")
    try:
        await left.wait()
    finally:
        window.close()
        window.deleteLater()
