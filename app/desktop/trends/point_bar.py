"""The bar below a chart: what the point is that one is on, and what can be opened."""

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from app.core.model import Severity
from app.core.trends import Measure
from app.desktop.pieces import ElidedLabel, button, tip
from app.desktop.trends.measures import PARTS, opened_what
from app.desktop.words import severity_word


class PointBar(QWidget):
    """Says what a point is, and opens its records.

    Signals:
        records_wanted: The records of the point; a Severity, or None for all of them.
        keep_wanted: The chart is to be kept as a file.
    """

    records_wanted = Signal(object)
    keep_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._opens = ""
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.said = ElidedLabel()
        self.said.setMinimumHeight(24)
        row.addWidget(self.said, 1)
        self.open_all = button(self.tr("查看记录"))
        self.open_all.clicked.connect(self._open)
        row.addWidget(self.open_all)
        self.parts: dict[Severity, QPushButton] = {}
        for severity in (Severity.ALARM, Severity.ATTENTION, Severity.UNKNOWN):
            word = severity_word(severity)
            part = button(self.tr("只看{severity}").format(severity=word))
            part.clicked.connect(self._open)
            self.parts[severity] = part
            row.addWidget(part)
        self.keep = button(self.tr("存为 PDF 或图片…"))
        self.keep.clicked.connect(self.keep_wanted)
        row.addWidget(self.keep)

    def offer(self, measure: Measure) -> None:
        """Offer what can be opened of a measure."""
        self._opens = opened_what(measure)
        self.open_all.setToolTip(tip(self._opens))
        self.open_all.setAccessibleDescription(self._opens)
        for severity, part in self.parts.items():
            part.setVisible(severity in PARTS.get(measure, ()))

    def ask(self) -> None:
        """Say what a point would open: one is on none."""
        ask = self.tr("选一个点：{opens}").format(opens=self._opens)
        self.say(ask, opens=False)

    def say(self, text: str, *, opens: bool) -> None:
        """Say what one is on, and whether there is anything to open."""
        self.said.setText(text)
        for made in (self.open_all, *self.parts.values()):
            made.setEnabled(opens)

    @Slot()
    def _open(self) -> None:
        sender: QObject = self.sender()
        severity = next((s for s, part in self.parts.items() if part is sender), None)
        self.records_wanted.emit(severity)
