"""A trend that was read: its chart, the lines to choose from, its values as a table."""

from collections.abc import Callable
from datetime import date
from typing import Final

from PySide6.QtCore import QModelIndex, Qt, Signal, Slot
from PySide6.QtWidgets import QSplitter, QTableView, QVBoxLayout, QWidget

from app.core.model import Severity
from app.core.trend_lines import Line, records_of
from app.core.trends import GroupBy, TrendPoint
from app.desktop.look import Look
from app.desktop.tables import set_up
from app.desktop.trends import headings
from app.desktop.trends.chart import TrendChart
from app.desktop.trends.choices import Wanted
from app.desktop.trends.choosing import LineChooser
from app.desktop.trends.measures import (
    label_word,
    opened_besides,
    sentence,
    span_word,
)
from app.desktop.trends.paragraph import Paragraph
from app.desktop.trends.plot import Drawn, Plot
from app.desktop.trends.point_bar import PointBar
from app.desktop.trends.saving import Titled
from app.desktop.trends.table import NAME, WIDTHS, TrendTable

_ROW: Final = 30


class TrendView(QWidget):
    """Shows the lines of a trend; chart and table are on the same point.

    Signals:
        records_wanted: The records behind a point; a JournalQuery.
    """

    records_wanted = Signal(object)

    def __init__(
        self, look: Look, chooser: LineChooser, today: Callable[[], date]
    ) -> None:
        super().__init__()
        self._today = today
        self._shown: Wanted | None = None
        self._lines: tuple[Line, ...] = ()
        self._zoomed = True
        self.chart = TrendChart(look, self._said)
        self.chart.current_changed.connect(self._point_at)
        self.chart.opened.connect(self._open_point)
        self.chooser = chooser
        self.chooser.changed.connect(self._draw)
        above = QSplitter(Qt.Orientation.Horizontal)
        above.setChildrenCollapsible(False)
        above.addWidget(self.chart)
        above.addWidget(self.chooser)
        above.setStretchFactor(0, 1)
        above.setSizes([900, 270])
        self.model = TrendTable(look, today)
        self.model.setParent(self)
        self.table = self._make_table()
        below = QWidget()
        lower = QVBoxLayout(below)
        lower.setContentsMargins(0, 4, 0, 0)
        lower.setSpacing(6)
        self.note = Paragraph("caption")
        lower.addWidget(self.note)
        self.bar = PointBar()
        self.bar.records_wanted.connect(self._open_current)
        lower.addWidget(self.bar)
        lower.addWidget(self.table, 1)
        whole = QSplitter(Qt.Orientation.Vertical)
        whole.setChildrenCollapsible(False)
        whole.addWidget(above)
        whole.addWidget(below)
        whole.setStretchFactor(0, 3)
        whole.setStretchFactor(1, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(whole)

    def _make_table(self) -> QTableView:
        table = QTableView()
        set_up(table, self.model, self.tr("趋势的数值"), WIDTHS, NAME)
        table.setWordWrap(False)
        table.verticalHeader().setDefaultSectionSize(_ROW)
        table.setMinimumHeight(3 * _ROW)
        table.activated.connect(self._open_row)
        table.selectionModel().currentRowChanged.connect(self._row_changed)
        return table

    def show_lines(
        self, wanted: Wanted, lines: tuple[Line, ...], *, zoomed: bool
    ) -> None:
        """Show the lines of a trend, the worst first."""
        if self._shown is None or self._shown.by is not wanted.by:
            self.chooser.forget()
        self._shown, self._lines, self._zoomed = wanted, lines, zoomed
        names = {line.group: label_word(line.label, wanted.by) for line in lines}
        self.chooser.take(lines, names, as_number=wanted.shown.as_number)
        self.chooser.setVisible(wanted.by is not GroupBy.ALL)
        self.bar.offer(wanted.shown.measure)
        self._draw()

    def zoom(self, *, zoomed: bool) -> None:
        """Draw the upright axis zoomed, or whole."""
        self._zoomed = zoomed
        self._draw()

    def titled(self) -> Titled:
        """Give what is shown as it goes into a file."""
        assert self._shown is not None
        said = self._notes(self.chart.plot)
        return Titled(
            plot=self.chart.plot,
            title=headings.title(self._shown),
            lines=(headings.subtitle(self._shown),),
            notes=(said,) if said else (),
        )

    @Slot()
    def _draw(self) -> None:
        if self._shown is None:
            return
        by = {line.group: line for line in self._lines}
        plot = Plot(
            lines=tuple(
                Drawn(by[group], slot, label_word(by[group].label, self._shown.by))
                for group, slot in self.chooser.slots.items()
            ),
            starts=self._shown.starts,
            bucket=self._shown.bucket,
            as_number=self._shown.shown.as_number,
            zoomed=self._zoomed,
        )
        self.model.show_plot(plot, self.devicePixelRatioF())
        self.chart.show_plot(plot)
        said = self._notes(plot)
        self.note.say(said)
        self.note.setVisible(bool(said))
        current = self.chart.current
        if current is None:
            self.bar.ask()
        else:
            self._point_at(current[0].line.group, current[1])

    def _notes(self, plot: Plot) -> str:
        return headings.notes(plot, len(self._lines), self._today())

    def _said(self, drawn: Drawn, point: TrendPoint) -> str:
        assert self._shown is not None
        bucket, shown = self._shown.bucket, self._shown.shown
        today = self._today()
        return sentence(drawn.name, point.start, bucket, point, shown, today)

    @Slot(str, object)
    def _point_at(self, group: str, point: TrendPoint) -> None:
        current = self.chart.current
        assert current is not None
        assert self._shown is not None
        besides = opened_besides(self._shown.shown.measure, self._shown.by, group)
        self.bar.say(f"{self._said(*current)}  {besides}", opens=True)
        row = self.model.place(group, point.start)
        if row is not None and row != self.table.currentIndex().row():
            self.table.setCurrentIndex(self.model.index(row, 0))

    @Slot(QModelIndex)
    def _row_changed(self, index: QModelIndex) -> None:
        if not index.isValid():
            return
        row = self.model.row(index.row())
        if row.point is not None:
            self.chart.go_to(row.drawn.line.group, row.point)
            return
        self.chart.leave()
        span = span_word(row.start, self.chart.plot.bucket)
        nothing = self.tr("{span}  {name}  没有计数")
        said = nothing.format(span=span, name=row.drawn.name)
        self.bar.say(said, opens=False)

    @Slot(QModelIndex)
    def _open_row(self, index: QModelIndex) -> None:
        row = self.model.row(index.row())
        if row.point is not None:
            self._open_point(row.drawn.line.group, row.point)

    @Slot(str, object)
    def _open_point(self, group: str, point: TrendPoint) -> None:
        self._open(group, point, None)

    @Slot(object)
    def _open_current(self, severity: Severity | None) -> None:
        current = self.chart.current
        if current is not None:
            self._open(current[0].line.group, current[1], severity)

    def _open(self, group: str, point: TrendPoint, severity: Severity | None) -> None:
        assert self._shown is not None
        query = self._shown.query()
        self.records_wanted.emit(records_of(query, point.start, group, severity))
