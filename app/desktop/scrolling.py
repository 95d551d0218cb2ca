"""A column that scrolls up and down."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget


class _Page(QWidget):
    """Has the height that its text needs at its width, and not its least width's."""

    def minimumSizeHint(self) -> QSize:
        return QSize(320, 0)


def scrolling(name: str) -> tuple[QScrollArea, QVBoxLayout]:
    """Make an area that scrolls up and down, and the column of what is in it."""
    area = QScrollArea()
    area.setAccessibleName(name)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    page = _Page()
    page.setObjectName("page")
    column = QVBoxLayout(page)
    column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)
    column.setSpacing(10)
    area.setWidget(page)
    return area, column
