"""The strip that always says how every part of the desk is."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPoint, QSize, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.core.model import Severity
from app.core.ports import Health
from app.desktop.look import Look
from app.desktop.pieces import FlowLayout, Mark, button, mark_pixmap, text_label
from app.desktop.words import breakable

_DETAIL: Final = ((1600, 30), (1200, 12), (0, 8))
"""From this width on, that many characters of a detail; the click shows it all."""


class StatusStrip(QFrame):
    """One button a part: shape, colour and word; a click gives cause and remedy."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("strip")
        self._look = look
        self._parts: list[Health] = []
        self._warming = False
        self._popup: QFrame | None = None
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._flow = FlowLayout(4)
        self._flow.setContentsMargins(0, 0, 0, 0)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(10, 3, 10, 3)
        outer.addLayout(self._flow)
        self._buttons: list[QPushButton] = []
        look.changed.connect(self._paint)
        self._pending = text_label(self.tr("正在检查各部分的状态…"), "caption")
        self._flow.addWidget(self._pending)

    @property
    def buttons(self) -> list[QPushButton]:
        """One for each part, in the desk's order."""
        return self._buttons

    @property
    def popup(self) -> QFrame | None:
        """The explanation on the screen, if any."""
        return self._popup

    @Slot(object)
    def show_health(self, parts: Sequence[Health]) -> None:
        """Show how the parts are."""
        self._parts = list(parts)
        while len(self._buttons) > len(self._parts):
            self._buttons.pop().deleteLater()
        while len(self._buttons) < len(self._parts):
            made = button("", "health")
            made.setIconSize(QSize(18, 18))
            made.clicked.connect(self._explain)
            self._buttons.append(made)
            self._flow.addWidget(made)
        self._paint()

    @Slot(bool)
    def show_warming(self, warming: bool) -> None:
        """Show that models are being loaded."""
        self._warming = warming
        self._paint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say as much as there is room for."""
        super().resizeEvent(event)
        self._paint()

    @Slot()
    def _paint(self) -> None:
        loading = self.tr("正在载入模型，可以先输入文字…")
        if self._parts:
            self._pending.setText(loading)
            self._pending.setVisible(self._warming)
        most = next(most for width, most in _DETAIL if self.width() >= width)
        for shown, part in zip(self._buttons, self._parts, strict=True):
            severity, word = self._state(part)
            pixmap = mark_pixmap(
                severity, self._look.theme, 18, self.devicePixelRatioF()
            )
            shown.setIcon(pixmap)
            detail = part.detail
            if len(detail) > most:
                detail = detail[:most].rstrip() + "…"
            shown.setText(
                "  ".join(piece for piece in (part.name, word, detail) if piece)
            )
            shown.setToolTip(f"{part.detail}\n{part.remedy}".strip())
        self._flow.invalidate()
        self.updateGeometry()

    def _state(self, part: Health) -> tuple[Severity, str]:
        if part.ok:
            return Severity.NORMAL, self.tr("正常")
        if self._warming:
            return Severity.UNKNOWN, self.tr("准备中")
        return Severity.ATTENTION, self.tr("异常")

    @Slot()
    def _explain(self) -> None:
        sender = self.sender()
        for shown, part in zip(self._buttons, self._parts, strict=True):
            if shown is sender:
                self._pop_up(part, shown)

    def _pop_up(self, part: Health, above: QWidget) -> None:
        popup = QFrame(self, Qt.WindowType.Popup)
        popup.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        popup.setObjectName("popup")
        popup.setFixedWidth(420)
        column = QVBoxLayout(popup)
        column.setContentsMargins(16, 12, 16, 14)
        severity, word = self._state(part)
        head = QHBoxLayout()
        head.addWidget(Mark(self._look, severity, 24))
        title = text_label(f"{part.name}：{word}", "lead", wrap=True)
        head.addWidget(title, 1)
        column.addLayout(head)
        column.addWidget(text_label(part.detail, wrap=True))
        if part.remedy:
            column.addWidget(text_label(self.tr("怎么办"), "caption"))
            column.addWidget(text_label(breakable(part.remedy), wrap=True))
        popup.destroyed.connect(self._popup_gone)
        self._popup = popup
        popup.setFixedHeight(column.totalHeightForWidth(popup.width()))
        corner = above.mapToGlobal(QPoint(0, -popup.height() - 6))
        screen = self.screen().availableGeometry()
        corner.setX(min(corner.x(), screen.right() - popup.width()))
        popup.move(corner)
        popup.show()

    @Slot()
    def _popup_gone(self) -> None:
        self._popup = None
