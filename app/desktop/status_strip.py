"""The strip that always says how every part of the desk is."""

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from PySide6.QtCore import QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
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
_MICROPHONE: Final = "microphone"
_SYSTEMS: Final = "backend"
"""Family of the keys of site systems: several of them share one button."""
_POPUP_WIDTH: Final = 420
_POPUP_SHARE: Final = 0.7
"""Of the screen's height, that an explanation takes before it scrolls."""


class StatusStrip(QFrame):
    """One button a part: shape, colour and word; a click gives cause and remedy.

    All site systems are one part, in the worst state that any of them has.

    Signals:
        microphones_wanted: The operator wants to use another microphone; the button
            of the one in use.
    """

    microphones_wanted = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("strip")
        self._look = look
        self._entries: list[tuple[Health, ...]] = []
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
        self._entries = [
            tuple(members) for _, members in groupby(parts, key=_family_or_own)
        ]
        while len(self._buttons) > len(self._entries):
            self._buttons.pop().deleteLater()
        while len(self._buttons) < len(self._entries):
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
        if self._entries:
            self._pending.setText(loading)
            self._pending.setVisible(self._warming)
        most = next(most for width, most in _DETAIL if self.width() >= width)
        for shown, entry in zip(self._buttons, self._entries, strict=True):
            worst = _worst_first(entry)[0]
            severity, word = self._state(worst)
            pixmap = mark_pixmap(
                severity, self._look.theme, 18, self.devicePixelRatioF()
            )
            shown.setIcon(pixmap)
            name, detail = self._summary(entry)
            if len(detail) > most:
                detail = detail[:most].rstrip() + "…"
            shown.setText("  ".join(piece for piece in (name, word, detail) if piece))
            shown.setToolTip(
                "\n".join(
                    f"{part.name}：{part.detail}" if len(entry) > 1 else part.detail
                    for part in _worst_first(entry)
                )
                + (f"\n{worst.remedy}" if worst.remedy and len(entry) == 1 else "")
            )
        self._flow.invalidate()
        self.updateGeometry()

    def _summary(self, entry: tuple[Health, ...]) -> tuple[str, str]:
        """Give name and detail of what one button stands for."""
        if len(entry) == 1:
            return entry[0].name, entry[0].detail
        bad = sum(not part.ok for part in entry)
        detail = self.tr("{bad}/{all} 个").format(bad=bad, all=len(entry))
        if not bad:
            detail = self.tr("{all} 个").format(all=len(entry))
        return self.tr("现场系统"), detail

    def _state(self, part: Health) -> tuple[Severity, str]:
        if part.ok:
            return Severity.NORMAL, self.tr("正常")
        if self._warming:
            return Severity.UNKNOWN, self.tr("准备中")
        return Severity.ATTENTION, self.tr("异常")

    @Slot()
    def _explain(self) -> None:
        sender = self.sender()
        for shown, entry in zip(self._buttons, self._entries, strict=True):
            if shown is sender:
                self._pop_up(_worst_first(entry), shown)

    def _pop_up(self, parts: Sequence[Health], above: QWidget) -> None:
        popup = QFrame(self, Qt.WindowType.Popup)
        popup.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        popup.setObjectName("popup")
        popup.setFixedWidth(_POPUP_WIDTH)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(16, 12, 16, 14)
        for part in parts:
            self._describe(part, column)
        if any(part.key == _MICROPHONE for part in parts):
            other = button(self.tr("换一个麦克风…"))
            other.setMinimumHeight(44)
            other.clicked.connect(popup.close)
            other.clicked.connect(self._want_microphones)
            column.addWidget(other)
        popup.destroyed.connect(self._popup_gone)
        self._popup = popup
        screen = self.screen().availableGeometry()
        needed = column.totalHeightForWidth(popup.width())
        popup.setFixedHeight(min(needed, round(screen.height() * _POPUP_SHARE)))
        self._fill(popup, page, scrolls=needed > popup.height())
        corner = above.mapToGlobal(QPoint(0, -popup.height() - 6))
        corner.setX(min(corner.x(), screen.right() - popup.width()))
        popup.move(corner)
        popup.show()

    def _describe(self, part: Health, column: QVBoxLayout) -> None:
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

    def _fill(self, popup: QFrame, page: QWidget, *, scrolls: bool) -> None:
        outer = QVBoxLayout(popup)
        outer.setContentsMargins(0, 0, 0, 0)
        if not scrolls:
            outer.addWidget(page)
            return
        area = QScrollArea()
        layout = page.layout()
        bar = area.verticalScrollBar().sizeHint().width()
        if layout is not None:
            # In a scroll area, wrapped labels would else ask for their narrowest form.
            page.setFixedHeight(layout.totalHeightForWidth(popup.width() - bar))
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(page)
        outer.addWidget(area)

    @Slot()
    def _want_microphones(self) -> None:
        for shown, entry in zip(self._buttons, self._entries, strict=True):
            if entry[0].key == _MICROPHONE:
                self.microphones_wanted.emit(shown)

    @Slot()
    def _popup_gone(self) -> None:
        self._popup = None


def _family_or_own(part: Health) -> object:
    """Give what the parts of one button have in common."""
    return _SYSTEMS if part.key.partition(":")[0] == _SYSTEMS else id(part)


def _worst_first(entry: tuple[Health, ...]) -> list[Health]:
    return sorted(entry, key=lambda part: part.ok)
