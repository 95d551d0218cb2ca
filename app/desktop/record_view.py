"""A record in a window of its own."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from app.core.model import RunRecord
from app.core.ports import JournalEntry
from app.desktop.look import Look
from app.desktop.pieces import button
from app.desktop.record_page import RecordPage, scrolled


class RecordWindow(QDialog):
    """A record in full; not modal, several may stand side by side."""

    def __init__(
        self,
        look: Look,
        record: RunRecord,
        entry: JournalEntry | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("巡检记录 {id}").format(id=record.run_id[:8]))
        self.resize(820, 640)
        outer = QVBoxLayout(self)
        self.page = RecordPage(look, record, entry)
        outer.addWidget(scrolled(self.page, self.windowTitle()), 1)
        close = button(self.tr("关闭"))
        close.clicked.connect(self.close)
        outer.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
