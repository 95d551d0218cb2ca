"""What a picture must not show: nothing at all, or words that are cut off."""

from collections.abc import Iterator

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QApplication,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from app.desktop.pieces import ElidedLabel

_COLOURS = 24
"""A picture with fewer is a ground without anything on it."""


def blank(picture: QPixmap) -> bool:
    """Say whether there is nothing to see."""
    image = picture.toImage().scaled(160, 90)
    seen = {image.pixel(x, y) for x in range(image.width()) for y in range(90)}
    return len(seen) < _COLOURS


def cut_off(window: QWidget) -> list[str]:
    """Name every text of the windows on the screen that is not wholly seen."""
    others = (top for top in QApplication.topLevelWidgets() if top is not window)
    windows = [window, *others]
    return [
        fault
        for top in windows
        if top.isVisible()
        for widget in (*top.findChildren(QLabel), *top.findChildren(QPushButton))
        if widget.isVisible() and widget.window() is top
        for fault in _faults(widget, top)
    ]


def _faults(widget: QLabel | QPushButton, top: QWidget) -> Iterator[str]:
    text = widget.text().replace("\n", " ")
    if not text or _belongs_to_a_line(widget):
        return
    told = f"{type(widget).__name__} in {type(widget.parent()).__name__}: {text!r}"
    size, wanted = widget.size(), widget.sizeHint()
    if isinstance(widget, QLabel) and widget.wordWrap():
        needed = widget.heightForWidth(size.width())
        if needed > size.height() + 1:
            yield f"{told} needs {needed} lines of pixels, has {size.height()}"
    elif isinstance(widget, ElidedLabel):
        pass
    elif wanted.width() > size.width() + 1:
        yield f"{told} is {wanted.width()} wide, has {size.width()}"
    elif wanted.height() > size.height() + 1:
        yield f"{told} is {wanted.height()} high, has {size.height()}"
    if not _scrolled(widget):
        place = QRect(widget.mapTo(top, QPoint(0, 0)), size)
        if not top.rect().contains(place):
            yield f"{told} lies at {place.getRect()}, outside of its window"


def _belongs_to_a_line(widget: QWidget) -> bool:
    return isinstance(widget.parent(), QLineEdit)


def _scrolled(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QAbstractScrollArea):
            return True
        parent = parent.parentWidget()
    return False
