"""Asks back before many calls are made at once, inside the window."""

from PySide6.QtCore import QElapsedTimer, QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from app.desktop.board.plans import Plan
from app.desktop.board.table import TREMBLE_MS
from app.desktop.pieces import button, text_label
from app.desktop.words import breakable


class AskingBar(QFrame):
    """Shows a plan until the operator says yes or no.

    Signals:
        agreed: The operator wants it; the plan.
        left: The operator does not.
    """

    agreed = Signal(object)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("popup")
        self._plan: Plan | None = None
        self._since = QElapsedTimer()
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(8)
        column = QVBoxLayout()
        column.setSpacing(2)
        self.sentence = text_label("", "lead", wrap=True)
        column.addWidget(self.sentence)
        self.left_out = text_label("", "muted", wrap=True)
        column.addWidget(self.left_out)
        row.addLayout(column, 1)
        self.no = button(self.tr("不查 Esc"))
        self.no.clicked.connect(self.leave)
        row.addWidget(self.no)
        self.yes = button("", "primary")
        self.yes.clicked.connect(self._agree)
        self.yes.installEventFilter(self)
        row.addWidget(self.yes)
        self.hide()

    @property
    def plan(self) -> Plan | None:
        """What is being asked about."""
        return self._plan

    def show_plan(self, plan: Plan, hidden: int) -> None:
        """Ask; `hidden` sites of the plan are not shown by the filter."""
        self._plan = plan
        count = len(plan.calls)
        sentence = self.tr("查询「{label}」，共 {n} 项？")
        self.sentence.setText(breakable(sentence.format(label=plan.label, n=count)))
        parts = []
        if hidden:
            said = self.tr("其中 {n} 个工地被筛选隐藏，也会查询。")
            parts.append(said.format(n=hidden))
        if plan.idle:
            said = self.tr("{n} 个工地今天不在工期内，不查。")
            parts.append(said.format(n=plan.idle))
        if plan.under_way:
            parts.append(self.tr("{n} 项正在查，不重复。").format(n=plan.under_way))
        self.left_out.setText(breakable("".join(parts)))
        self.left_out.setVisible(bool(parts))
        self.yes.setText(self.tr("查询 {n} 项").format(n=count))
        self._since.start()
        self.show()
        self.yes.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def leave(self) -> None:
        """Ask for nothing."""
        if self._plan is not None:
            self._plan = None
            self.hide()
            self.left.emit()

    @Slot()
    def _agree(self) -> None:
        plan, self._plan = self._plan, None
        self.hide()
        if plan is not None:
            self.agreed.emit(plan)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Let Enter that is held down since before not say yes."""
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        if event.isAutoRepeat():
            return True
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            return False
        # Some X servers send each repeat as a press of its own (see `keys.py`).
        soon = self._since.isValid() and self._since.elapsed() < TREMBLE_MS
        if soon:
            self._since.restart()
        return soon

    def event(self, event: QEvent) -> bool:
        """Keep Esc from what it does in the window: it is an answer here."""
        if event.type() == QEvent.Type.ShortcutOverride:
            assert isinstance(event, QKeyEvent)
            if event.key() == Qt.Key.Key_Escape:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take Esc for no."""
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
            return
        super().keyPressEvent(event)
