"""The findings of one command: the worst in full, hundreds more behind a button.

A view of a finding is a dozen widgets, and five hundred of them hold up the window for
a minute. So only the first are laid out; the rest is a list that paints what is in
sight and opens one finding at a time.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QFrame, QListView, QVBoxLayout, QWidget

from app.core import checks
from app.core.model import Finding, Severity
from app.desktop import words
from app.desktop.finding_view import FindingView
from app.desktop.look import Look
from app.desktop.pieces import (
    Chip,
    FlowLayout,
    button,
    empty_layout,
    mark_pixmap,
    tip,
)

MANY: Final = 3
"""More findings than this are shown compact, worst first, with a tally."""
SHOWN: Final = 12
"""Findings that are laid out at once."""
AT_ONCE: Final = 2
"""Of those, how many are laid out when a run ends; the others follow one by one.

Qt takes a tenth of a second to measure and paint a dozen, and keys wait as long.
"""
_PACE_MS: Final = 32
"""Between two of them: keys, clicks and frames have their turn."""
_ROWS: Final = 10
"""Lines of the list that are in sight."""
_MARK: Final = 16
_ROOT: Final = QModelIndex()


class FindingList(QWidget):
    """A few findings as they were asked for; many with a tally, the worst first.

    Signals:
        finding_added: A finding is laid out; its view.
    """

    finding_added = Signal(object)

    def __init__(self, look: Look, findings: Sequence[Finding]) -> None:
        super().__init__()
        self._look, self._many = look, len(findings) > MANY
        if self._many:
            findings = _by_urgency(findings)
        self._findings = findings
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        rest = findings[SHOWN:]
        self._model = FindingModel(look, rest, self)
        text = self.tr("展开全部（另有 {n} 项）").format(n=len(rest))
        self.more = button(text, "quiet")
        self.more.clicked.connect(self._expand)
        self.rest = QListView()
        self.rest.hide()
        self._shown = QVBoxLayout()
        self._shown.setSpacing(8)
        self._opened = QVBoxLayout()
        self._waiting = list(findings[:SHOWN])
        """Findings that are to be laid out, and are not yet."""
        self._next = QTimer(self)
        self._next.setInterval(_PACE_MS)
        self._next.timeout.connect(self._add_next)

    @property
    def views(self) -> list[FindingView]:
        """The findings that are laid out, from top to bottom."""
        return self.findChildren(FindingView)

    def fill(self, *, gently: bool = False) -> None:
        """Lay out the first findings; once, when somebody listens to the signal.

        Gently: where keys must be served meanwhile; most follow one by one.
        """
        if self._many:
            self._column.addWidget(self._tally())
        self._column.addLayout(self._shown)
        if self._model.rowCount():
            self._column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
            self._column.addWidget(self.rest)
            self._column.addLayout(self._opened)
        at_once = AT_ONCE if gently and self._many else SHOWN
        for _ in self._findings[:at_once]:
            self._add_next()
        if self._waiting:
            self._next.start()

    def _add(self, finding: Finding, column: QVBoxLayout) -> None:
        view = FindingView(self._look, finding, compact=self._many)
        column.addWidget(view)
        self.finding_added.emit(view)

    def _tally(self) -> QWidget:
        box = QWidget()
        flow = FlowLayout()
        box.setLayout(flow)
        total = self.tr("共 {n} 项").format(n=len(self._findings))
        flow.addWidget(Chip(self._look, total))
        counts = Counter(finding.severity for finding in self._findings)
        for severity in checks.URGENCY:
            if counts[severity]:
                text = f"{words.severity_word(severity)} {counts[severity]}"
                flow.addWidget(Chip(self._look, text, severity))
        return box

    @Slot()
    def _add_next(self) -> None:
        """Lay out the next finding."""
        if self._waiting:
            self._add(self._waiting.pop(0), self._shown)
        if not self._waiting:
            self._next.stop()

    @Slot()
    def _expand(self) -> None:
        self.more.hide()
        # Not before it is wanted: a list asks for each of its thousand lines.
        self.rest.setUniformItemSizes(True)
        self.rest.setFrameShape(QFrame.Shape.NoFrame)
        self.rest.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.rest.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.rest.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.rest.setAccessibleName(self.tr("其余结果"))
        self.rest.clicked.connect(self._open)
        self.rest.activated.connect(self._open)
        self.rest.setModel(self._model)
        line = max(self.rest.sizeHintForRow(0), _MARK) + 2
        self.rest.setFixedHeight(line * min(_ROWS, self._model.rowCount()))
        self.rest.show()
        self.rest.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(QModelIndex)
    def _open(self, index: QModelIndex) -> None:
        """Show one finding of the list in full, in the place of the last."""
        finding = self._model.finding(index)
        if any(view.finding is finding for view in self.views):
            return
        empty_layout(self._opened)
        self._add(finding, self._opened)


def _by_urgency(findings: Sequence[Finding]) -> Sequence[Finding]:
    place = {severity: number for number, severity in enumerate(checks.URGENCY)}
    return sorted(findings, key=lambda finding: place[finding.severity])


class FindingModel(QAbstractListModel):
    """Findings as one line each."""

    def __init__(
        self, look: Look, findings: Sequence[Finding], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._look, self._findings = look, findings
        self._marks: dict[tuple[str, Severity], QPixmap] = {}

    def finding(self, index: QModelIndex) -> Finding:
        """Give the finding of a line."""
        return self._findings[index.row()]

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _ROOT) -> int:
        """Give the number of findings."""
        return 0 if parent.isValid() else len(self._findings)

    def data(
        self,
        index: QModelIndex | QPersistentModelIndex,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        """Give the line of a finding, or its mark."""
        if not index.isValid():
            return None
        finding = self._findings[index.row()]
        if role == Qt.ItemDataRole.DecorationRole:
            return self._mark(finding.severity)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            text = "　".join(
                (
                    words.severity_word(finding.severity),
                    words.call_word(finding.call),
                    finding.summary,
                )
            )
            return text if role == Qt.ItemDataRole.DisplayRole else tip(text)
        return None

    def _mark(self, severity: Severity) -> QPixmap:
        theme = self._look.theme
        key = (theme.name, severity)
        if key not in self._marks:
            self._marks[key] = mark_pixmap(severity, theme, _MARK, 1.0)
        return self._marks[key]
