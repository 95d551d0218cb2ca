"""The strip that always says how every part of the desk is."""

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QIcon, QResizeEvent
from PySide6.QtWidgets import QFrame, QPushButton, QWidget

from app.core.model import Severity
from app.core.ports import Health
from app.desktop import words
from app.desktop.look import Look
from app.desktop.pieces import mark_pixmap, text_label, tip
from app.desktop.status_popup import StatusPopup, Told
from app.desktop.strip_room import Wish, allot

_MICROPHONE: Final = "microphone"
_SYSTEMS: Final = "backend"
"""Family of the keys of site systems: several of them share one button."""
_ROOMY: Final = 1200
"""From this width on, the strip says in full what is waited for."""
_SIDE: Final = 10
_EDGE: Final = 3
_GAP: Final = 4
_PIXMAP: Final = 18
_BETWEEN: Final = "  "
"""Between name, word and detail."""


class _PartButton(QPushButton):
    """Says name, word and as much of the detail as there is room for."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        # Enter presses it; Space may be the talk key.
        self.setAutoDefault(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setProperty("kind", "health")
        self.setIconSize(QSize(_PIXMAP, _PIXMAP))
        self._least = self._full = ""

    def say(self, name: str, word: str, detail: str) -> None:
        """Take what to say."""
        self._least = _BETWEEN.join((name, word))
        self._full = _BETWEEN.join((self._least, detail)) if detail else self._least
        self.setAccessibleName(self.tr("{a}：{b}").format(a=name, b=word))
        self.setAccessibleDescription(detail)

    def wish(self, *, bad: bool) -> Wish:
        """Say how much room it would like."""
        least, full = self._width(self._least), self._width(self._full)
        return Wish(least=least + _GAP, full=full + _GAP, bad=bad)

    def place(self, left: int, width: int, height: int) -> None:
        """Show it there, with what goes into the width."""
        around = self._width(self._least) - self._advance(self._least)
        letters = self.fontMetrics()
        self.setText(
            self._full
            if self._width(self._full) <= width
            else letters.elidedText(
                self._full, Qt.TextElideMode.ElideRight, width - around
            )
            if width - self._width(self._least) > letters.height()
            else self._least
        )
        self.setGeometry(left, _EDGE + 1, width, height)
        self.show()

    def put_away(self) -> None:
        """Show it not: there is no room."""
        self.setText(self._full)
        self.hide()

    def _width(self, text: str) -> int:
        self.setText(text)
        return self.sizeHint().width()

    def _advance(self, text: str) -> int:
        return self.fontMetrics().horizontalAdvance(text)


class StatusStrip(QFrame):
    """One button a part: shape, colour and word; a click gives cause and remedy.

    One line, always as high: what is wrong stands first, and what has no room stands
    behind a button that counts it. All site systems are one part, in the worst state
    that any of them has.

    Signals:
        microphones_wanted: The operator wants to use another microphone; the button
            of the one in use.
        doctor_wanted: The operator wants everything examined.
        settings_wanted: The operator wants to look at the settings.
    """

    microphones_wanted = Signal(object)
    doctor_wanted = Signal()
    settings_wanted = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("strip")
        self._look = look
        self._entries: list[tuple[Health, ...]] = []
        self._warming = False
        self._doctor = self._settings = False
        self._popup: StatusPopup | None = None
        self._buttons: list[_PartButton] = []
        self._behind: list[int] = []
        """Which parts have no room."""
        self._pending = text_label("", "caption")
        self._pending.setParent(self)
        self._more = _PartButton(self)
        # The line is as high as a button with a shape, before there is any.
        self._more.setIcon(self._icon(Severity.NORMAL))
        self._more.clicked.connect(self._explain_rest)
        self._more.hide()
        look.changed.connect(self._paint)
        self._paint()

    @property
    def buttons(self) -> Sequence[QPushButton]:
        """One for each part, in the desk's order; hidden where there is no room."""
        return self._buttons

    @property
    def more(self) -> QPushButton:
        """Stands for the parts that have no room."""
        return self._more

    @property
    def popup(self) -> StatusPopup | None:
        """The explanation on the screen, if any."""
        return self._popup

    def offer_doctor(self) -> None:
        """Let an explanation open the self-test."""
        self._doctor = True

    def offer_settings(self) -> None:
        """Let an explanation open the settings."""
        self._settings = True

    @Slot(object)
    def show_health(self, parts: Sequence[Health]) -> None:
        """Show how the parts are."""
        self._entries = [
            tuple(members) for _, members in groupby(parts, key=_family_or_own)
        ]
        while len(self._buttons) > len(self._entries):
            gone = self._buttons.pop()
            gone.hide()
            gone.deleteLater()
        while len(self._buttons) < len(self._entries):
            made = _PartButton(self)
            made.clicked.connect(self._explain)
            self._buttons.append(made)
        self._paint()

    @Slot(bool)
    def show_warming(self, warming: bool) -> None:
        """Show that models are being loaded."""
        self._warming = warming
        self._paint()

    def sizeHint(self) -> QSize:
        """Be one line high, whatever there is to say."""
        return QSize(0, self._line() + 2 * _EDGE + 1)

    def minimumSizeHint(self) -> QSize:
        """Never make the window wider."""
        return self.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say as much as there is room for."""
        super().resizeEvent(event)
        self._paint()

    def changeEvent(self, event: QEvent) -> None:
        """Measure again where the letters are others."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._paint()

    def _line(self) -> int:
        return self._more.sizeHint().height()

    @Slot()
    def _paint(self) -> None:
        """Dress the buttons, give the worst parts their room, then the others."""
        height = self._line()
        self.setFixedHeight(self.sizeHint().height())
        left = _SIDE + self._show_pending(height)
        order = sorted(range(len(self._entries)), key=self._well)
        wishes = [self._dress(index) for index in order]
        most = self._dress_rest(range(len(order))) if order else 0
        widths = allot(wishes, self.width() - _SIDE - left, most)
        before: QWidget = self._more
        for index, width in zip(order, widths, strict=False):
            shown = self._buttons[index]
            shown.place(left, width - _GAP, height)
            QWidget.setTabOrder(before, shown)
            before = shown
            left += width
        self._behind = order[len(widths) :]
        for index in self._behind:
            self._buttons[index].put_away()
        self._more.setVisible(bool(self._behind))
        if self._behind:
            width = self._dress_rest(self._behind)
            self._more.place(left, width - _GAP, height)
            QWidget.setTabOrder(before, self._more)

    def _show_pending(self, height: int) -> int:
        """Say what is being waited for; give the width that it takes."""
        if not self._entries:
            sentence = self.tr("正在检查各部分的状态…")
        elif self.width() < _ROOMY:
            sentence = self.tr("正在载入模型…")
        else:
            sentence = self.tr("正在载入模型，可以先输入文字…")
        self._pending.setText(sentence)
        wanted = self._warming or not self._entries
        self._pending.setVisible(wanted)
        width = self._pending.sizeHint().width() + 2 * _GAP
        self._pending.setGeometry(_SIDE, _EDGE + 1, width, height)
        return width if wanted else 0

    def _dress(self, index: int) -> Wish:
        """Give a button its shape, words and hint; say what room it wants."""
        entry, shown = self._entries[index], self._buttons[index]
        told = self._told(entry)
        shown.setIcon(self._icon(told[0].severity))
        name, detail = self._summary(entry)
        shown.say(name, told[0].word, detail)
        lines = [
            self.tr("{a}：{b}").format(a=words.part_word(part), b=part.detail)
            if len(entry) > 1
            else part.detail
            for part in (each.health for each in told)
        ]
        if len(entry) == 1 and entry[0].remedy:
            lines.append(entry[0].remedy)
        shown.setToolTip(tip("\n".join(lines)))
        return shown.wish(bad=self._well(index) == 0)

    def _dress_rest(self, indices: Sequence[int]) -> int:
        """Let the last button stand for these parts; give the width it needs."""
        told = [self._told(self._entries[index])[0] for index in indices]
        worst = next((part for part in told if not part.health.ok), told[0])
        self._more.setIcon(self._icon(worst.severity))
        self._more.say(self.tr("+{n}").format(n=len(told)), worst.word, "")
        names = self.tr("、").join(self._summary(self._entries[i])[0] for i in indices)
        self._more.setAccessibleDescription(names)
        self._more.setToolTip(tip(names))
        return self._more.wish(bad=False).least

    def _icon(self, severity: Severity) -> QIcon:
        ratio = self.devicePixelRatioF()
        return QIcon(mark_pixmap(severity, self._look.theme, _PIXMAP, ratio))

    def _well(self, index: int) -> int:
        """Sort parts: 0 for one that is not well, 1 for one that is."""
        return int(all(part.ok for part in self._entries[index]))

    def _summary(self, entry: tuple[Health, ...]) -> tuple[str, str]:
        """Give name and detail of what one button stands for."""
        if len(entry) == 1:
            return words.part_word(entry[0]), entry[0].detail
        bad = sum(not part.ok for part in entry)
        detail = self.tr("{bad}/{all} 个").format(bad=bad, all=len(entry))
        if not bad:
            detail = self.tr("{all} 个").format(all=len(entry))
        return self.tr("现场系统"), detail

    def _told(self, entry: Sequence[Health]) -> list[Told]:
        """Say how the parts of one button are, the worst first."""
        told = []
        for part in sorted(entry, key=lambda part: part.ok):
            severity, word = self._state(part)
            told.append(Told(health=part, severity=severity, word=word))
        return told

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
                self._pop_up(self._told(entry), shown)

    @Slot()
    def _explain_rest(self) -> None:
        told = [part for i in self._behind for part in self._told(self._entries[i])]
        self._pop_up(told, self._more)

    def _pop_up(self, parts: Sequence[Told], above: QWidget) -> None:
        popup = StatusPopup(
            self._look, parts, self, doctor=self._doctor, settings=self._settings
        )
        popup.doctor_wanted.connect(self.doctor_wanted)
        popup.settings_wanted.connect(self.settings_wanted)
        popup.microphones_wanted.connect(self._want_microphones)
        popup.destroyed.connect(self._popup_gone)
        self._popup = popup
        popup.show_above(above)

    @Slot()
    def _want_microphones(self) -> None:
        for shown, entry in zip(self._buttons, self._entries, strict=True):
            if entry[0].key == _MICROPHONE:
                visible = shown.isVisibleTo(self)
                self.microphones_wanted.emit(shown if visible else self._more)

    @Slot()
    def _popup_gone(self) -> None:
        self._popup = None


def _family_or_own(part: Health) -> object:
    """Give what the parts of one button have in common."""
    return _SYSTEMS if part.key.partition(":")[0] == _SYSTEMS else id(part)
