"""Paints the cells of the board: shape, figures, word and age."""

from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Slot,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPixmap
from PySide6.QtWidgets import (
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.core import checks
from app.core.model import Severity, Site
from app.desktop import words
from app.desktop.board.ages import age_text, is_old
from app.desktop.board.answers import Answer
from app.desktop.board.figures import figures, short
from app.desktop.board.model import CHECKS, BoardModel, Region
from app.desktop.board.sentences import asking_word, region_title
from app.desktop.look import CAPTION, Look, blend
from app.desktop.pieces import mark_pixmap

HEIGHT: Final = 40
REGION_HEIGHT: Final = 32
FADED: Final = 0.8
"""How much is left of an old answer's ink; still legible on both themes."""
_MARK: Final = 20
_SMALL_MARK: Final = 15
_EDGE: Final = 7
_GAP: Final = 6
_MIDDLE: Final = Qt.TextElideMode.ElideMiddle
_BOTH = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class _Words:
    """Two lines of a cell."""

    first: str
    second: str


class BoardDelegate(QStyledItemDelegate):
    """Paints; keeps nothing but its pictures.

    Attributes:
        painted: Cells painted so far, for tests.
    """

    def __init__(self, look: Look, model: BoardModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._look, self._model = look, model
        self._marks: dict[tuple[Severity, int, float], QPixmap] = {}
        self._fonts: dict[tuple[bool, int], QFont] = {}
        self.painted = 0
        look.changed.connect(self._forget)

    @Slot()
    def _forget(self) -> None:
        self._marks.clear()
        self._fonts.clear()

    def sizeHint(
        self,
        _option: QStyleOptionViewItem,
        _index: QModelIndex | QPersistentModelIndex,
    ) -> QSize:
        """Be as high as every other cell."""
        return QSize(80, HEIGHT)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint a cell."""
        self.painted += 1
        painter.save()
        painter.setClipRect(option.rect)
        line = self._model.line(index.row())
        self._ground(painter, option, line)
        box = option.rect.adjusted(_EDGE, 0, -_EDGE, -1)
        if isinstance(line, Region):
            if index.column() == 0:
                self._region(painter, option, box, line)
            else:
                self._tally(painter, option, box, line, index.column())
        elif index.column() == 0:
            self._site(painter, option, box, line)
        else:
            self._cell(painter, option, box, line, index.column())
        painter.restore()

    def _ground(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        line: Region | Site,
    ) -> None:
        theme = self._look.theme
        ground = theme.raised if isinstance(line, Region) else theme.surface
        state = option.state
        if state & QStyle.StateFlag.State_MouseOver:
            ground = blend(theme.accent, ground, 0.14)
        painter.fillRect(option.rect, QColor(ground))
        painter.setPen(QColor(theme.line))
        painter.drawLine(option.rect.bottomLeft(), option.rect.bottomRight())
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.drawRect(option.rect.adjusted(1, 1, -1, -1))

    def _region(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        box: QRect,
        region: Region,
    ) -> None:
        theme = self._look.theme
        bold = self._font(option, bold=True)
        count = self.tr("{n} 个").format(n=len(region.sites))
        small = self._font(option, size=CAPTION)
        room = QFontMetrics(small).horizontalAdvance(count) + _GAP
        name = _elided(region_title(region), bold, box.width() - room)
        _text(painter, box, name, bold, theme.text)
        after = QFontMetrics(bold).horizontalAdvance(name) + _GAP
        _text(painter, box.adjusted(after, 0, 0, 0), count, small, theme.muted)

    def _tally(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        box: QRect,
        region: Region,
        column: int,
    ) -> None:
        """Show what has to be looked at; where there is nothing, what is right."""
        theme = self._look.theme
        tally = self._model.tally(region, CHECKS[column - 1])
        present = [s for s in checks.URGENCY if tally[s]]
        worse = [s for s in present if s is not Severity.NORMAL]
        font = self._font(option, bold=True)
        letters = QFontMetrics(font)
        left = box.left()
        for severity in worse or present:
            count = str(tally[severity])
            width = _SMALL_MARK + 3 + letters.horizontalAdvance(count)
            if left + width > box.right() + _EDGE:
                break
            self._mark(painter, box, left, severity, _SMALL_MARK)
            place = QRect(left + _SMALL_MARK + 3, box.top(), width, box.height())
            _text(painter, place, count, font, theme.of(severity).name())
            left += width + 8
        if not present:
            _text(painter, box, self._model.nothing, font, theme.line)

    def _site(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        box: QRect,
        site: Site,
    ) -> None:
        theme, font = self._look.theme, self._font(option)
        box = box.adjusted(8, 0, 0, 0)
        if self._model.works(site):
            said = _folded(site.name, font, box.width())
            self._lines(painter, box, said, font, font, theme.text, theme.text)
            return
        painter.setOpacity(FADED)
        idle = self.tr("不在工期")
        small = self._font(option, size=CAPTION)
        name = _elided(site.name, font, box.width(), _MIDDLE)
        self._lines(painter, box, _Words(name, idle), font, small)

    def _cell(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        box: QRect,
        site: Site,
        column: int,
    ) -> None:
        theme = self._look.theme
        check = CHECKS[column - 1]
        answer, asking = (
            self._model.answer(site, check),
            self._model.asking(site, check),
        )
        bold, small = self._font(option, bold=True), self._font(option, size=CAPTION)
        beside = box.adjusted(_MARK + _GAP, 0, 0, 0)
        if asking is not None:
            _dots(painter, box, QColor(theme.accent))
            before = ""
            if answer is not None:
                before = self.tr("上次 {answer}").format(answer=short(answer.finding))
            said = _Words(asking_word(asking), before)
            self._lines(painter, beside, said, bold, small, theme.accent)
            return
        if answer is None:
            painter.setOpacity(FADED)
            _text(painter, box, self._model.nothing, bold, theme.muted)
            return
        if is_old(answer.answered_at, self._model.now) or not self._model.works(site):
            painter.setOpacity(FADED)
        severity = answer.finding.severity
        self._mark(painter, box, box.left(), severity, _MARK)
        said = self._said(answer, beside.width(), bold, small)
        self._lines(painter, beside, said, bold, small, theme.of(severity).name())

    def _said(self, answer: Answer, width: int, first: QFont, second: QFont) -> _Words:
        """Put the word where there is room for it: it must be there."""
        shown = figures(answer.finding)
        word = words.severity_word(answer.finding.severity)
        age = age_text(answer.answered_at, self._model.now)
        if word == shown or not shown:
            return _Words(word, age)
        both = f"{shown} {word}"
        if QFontMetrics(first).horizontalAdvance(both) <= width:
            return _Words(both, age)
        below = f"{word} {age}"
        if QFontMetrics(second).horizontalAdvance(below) > width:
            below = below.removesuffix(self.tr("前"))
        return _Words(shown, below)

    def _lines(
        self,
        painter: QPainter,
        box: QRect,
        said: _Words,
        first: QFont,
        second: QFont,
        colour: str = "",
        below_colour: str = "",
    ) -> None:
        theme = self._look.theme
        if not said.second:
            text = _elided(said.first, first, box.width())
            _text(painter, box, text, first, colour or theme.text)
            return
        half = box.height() // 2
        upper = QRect(box.left(), box.top() + 2, box.width(), half - 1)
        lower = QRect(box.left(), box.top() + half, box.width(), half - 1)
        above = _elided(said.first, first, box.width())
        below = _elided(said.second, second, box.width())
        _text(painter, upper, above, first, colour or theme.text)
        _text(painter, lower, below, second, below_colour or theme.muted)

    def _font(
        self, option: QStyleOptionViewItem, *, bold: bool = False, size: int = 0
    ) -> QFont:
        """Give a font of the table; making one for each cell takes longer than text."""
        key = bold, size
        if key not in self._fonts:
            font = QFont(option.font)
            font.setBold(bold)
            if size:
                font.setPixelSize(size)
            self._fonts[key] = font
        return self._fonts[key]

    def _mark(
        self, painter: QPainter, box: QRect, left: int, severity: Severity, size: int
    ) -> None:
        ratio = painter.device().devicePixelRatioF()
        key = severity, size, ratio
        if key not in self._marks:
            self._marks[key] = mark_pixmap(severity, self._look.theme, size, ratio)
        painter.drawPixmap(
            QPoint(left, box.center().y() - size // 2 + 1), self._marks[key]
        )


def _elided(
    text: str,
    font: QFont,
    width: int,
    mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
) -> str:
    return QFontMetrics(font).elidedText(text, mode, max(0, width))


def _folded(name: str, font: QFont, width: int) -> _Words:
    """Break a name that is too long: many begin alike, and differ at the end."""
    advance = QFontMetrics(font).horizontalAdvance
    whole = advance(name)
    if whole <= width:
        return _Words(name, "")
    # Two lines as long as each other, if that is enough.
    line = width if whole > 2 * width else min(width, whole // 2 + font.pixelSize())
    fits = bisect_right(range(1, len(name)), line, key=lambda n: advance(name[:n]))
    cut = fits = max(1, fits)
    # No number is torn apart, unless it fills the line.
    while cut > 1 and name[cut - 1].isascii() and name[cut : cut + 1].isascii():
        cut -= 1
    cut = cut if cut > 1 else fits
    rest = name[cut:].strip()
    return _Words(name[:cut].strip(), _elided(rest, font, width, _MIDDLE))


def _text(painter: QPainter, box: QRect, text: str, font: QFont, colour: str) -> None:
    painter.setFont(font)
    painter.setPen(QColor(colour))
    painter.drawText(box, _BOTH, text)


def _dots(painter: QPainter, box: QRect, colour: QColor) -> None:
    """Three dots: something is under way, and it is none of the four shapes."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    middle = box.center().y() + 1
    for number in range(3):
        painter.drawEllipse(QPoint(box.left() + 3 + number * 7, middle), 2, 2)
