"""A column that is measured once for each width."""

from PySide6.QtWidgets import QVBoxLayout, QWidget


class MeasuredColumn(QVBoxLayout):
    """The layout of a card, or of a part of it, that rarely changes.

    Qt keeps one width of a layout and three of a text, and asks for four: it measures
    every text of the conversation many times over whenever one card grows by a line.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._heights: dict[int, tuple[int, int]] = {}
        """Width → height and least height, until something in it is another."""

    def invalidate(self) -> None:
        """Measure anew."""
        self._heights.clear()
        super().invalidate()

    def heightForWidth(self, width: int) -> int:
        """Give the height at a width."""
        return self._measured(width)[0]

    def minimumHeightForWidth(self, width: int) -> int:
        """Give the least height at a width."""
        return self._measured(width)[1]

    def _measured(self, width: int) -> tuple[int, int]:
        if width not in self._heights:
            height = super().heightForWidth(width)
            # Qt asks for the height again, from which the least follows.
            self._heights[width] = height, height
            self._heights[width] = height, super().minimumHeightForWidth(width)
        return self._heights[width]
