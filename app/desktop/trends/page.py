"""The page of trends: what is chosen, and what the log says to it."""

import logging
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from app.core.errors import UserFacingError
from app.core.model import Severity
from app.core.ports import SiteDirectory
from app.core.presence import Presence
from app.core.reviewing import Review
from app.core.trend_lines import Line, lines_of, worst_first
from app.core.workdays import desk_day
from app.desktop.look import Look
from app.desktop.pieces import Mark, button, set_state
from app.desktop.reader import Reader
from app.desktop.trends import headings
from app.desktop.trends.choices import MOST_SPANS, Last, TrendChoices, Wanted
from app.desktop.trends.choosing import LineChooser
from app.desktop.trends.keeping import ChartKeeper
from app.desktop.trends.measures import bucket_word
from app.desktop.trends.paragraph import Paragraph
from app.desktop.trends.view import TrendView

log = logging.getLogger(__name__)

_PATIENCE_MS: Final = 400
"""A shorter wait is not told of."""


class TrendsPage(QWidget):
    """Shows what weeks of answers say; every point leads to its records.

    It reads each time it is shown. With a presence a chart can be kept as a file.

    Signals:
        records_wanted: The records behind a point; a JournalQuery.
        loaded: What is chosen is on the page.
        failed: It could not be read; a sentence.
    """

    records_wanted = Signal(object)
    loaded = Signal()
    failed = Signal(str)

    def __init__(
        self,
        look: Look,
        reader: Reader,
        review: Review,
        directory: SiteDirectory,
        *,
        presence: Presence | None = None,
        today: Callable[[], date] = desk_day,
    ) -> None:
        super().__init__()
        self._reader, self._review = reader, review
        self._wanted: Wanted | None = None
        """What was chosen last, and can be read."""
        self._reading = False
        self._shown: Wanted | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        self.choices = TrendChoices(today)
        self.choices.changed.connect(self.reload)
        self.choices.zoom_changed.connect(self._zoom)
        column.addWidget(self.choices)
        self.title = Paragraph("lead")
        column.addWidget(self.title)
        self.how = Paragraph("caption")
        column.addWidget(self.how)
        told = QHBoxLayout()
        self._mark = Mark(look, Severity.ALARM, 20)
        told.addWidget(self._mark)
        self.state = Paragraph()
        self.state.hide()
        told.addWidget(self.state, 1)
        column.addLayout(told)
        self.remedy = button("")
        self.remedy.clicked.connect(self._help_out)
        self.remedy.hide()
        column.addWidget(self.remedy, 0, Qt.AlignmentFlag.AlignLeft)
        chooser = LineChooser(look, reader, directory.readings)
        self.view = TrendView(look, chooser, today)
        self.view.records_wanted.connect(self.records_wanted)
        column.addWidget(self.view, 1)
        self._spare = QWidget()
        column.addWidget(self._spare, 1)
        self.keeper: ChartKeeper | None = None
        self.view.bar.keep.setVisible(presence is not None)
        if presence is not None:
            self.keeper = ChartKeeper(reader, review, presence, self)
            self.keeper.refused.connect(self._refuse)
            self.keeper.kept.connect(self._kept)
            self.view.bar.keep_wanted.connect(self._keep)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_PATIENCE_MS)
        self._patience.timeout.connect(self._say_reading)
        self._show_view(there=False)

    @property
    def shown(self) -> Wanted | None:
        """The trend that is on the page; None: there is none."""
        return self._shown

    def showEvent(self, event: QShowEvent) -> None:
        """Read what the log has now."""
        super().showEvent(event)
        self.load()

    @Slot()
    def load(self) -> None:
        """Read what the log has now."""
        if not self._reading:
            self._reader.begin(self._ask_regions())
        self.reload()

    @Slot()
    def reload(self) -> None:
        """Read what is chosen; an older answer that is still to come is not shown."""
        wanted = self.choices.wanted
        if (points := len(wanted.starts)) > MOST_SPANS:
            self._wanted = None
            self._trouble(
                self.tr(
                    "时间太长：{bucket}有 {n} 个点，最多 {most} 个。"
                    "请把时间缩短，或选更粗的粒度。"
                ).format(bucket=bucket_word(wanted.bucket), n=points, most=MOST_SPANS)
            )
            return
        if self._reading and wanted == self._wanted:
            return
        self._wanted = wanted
        if not self._reading:
            self._reading = True
            self._patience.start()
            self._reader.begin(self._read())

    async def _read(self) -> None:
        # One at a time: whoever walks through a list of choices waits for the last.
        try:
            answered: Wanted | None = None
            while (wanted := self._wanted) is not None and wanted is not answered:
                answer, answered = await self._ask(wanted), wanted
                if not isValid(self):
                    return
                if wanted is self._wanted:
                    self._take(wanted, answer)
        finally:
            self._reading = False
            if isValid(self):
                self._patience.stop()

    async def _ask(self, wanted: Wanted) -> tuple[Line, ...] | str:
        """Read lines, the worst first; a sentence where they cannot be read."""
        query, shown = wanted.query(), wanted.shown

        def read() -> tuple[Line, ...]:
            points = self._review.trend(query)
            # Said here: an error while a chart is painted ends the program.
            if strange := {point.start for point in points}.difference(wanted.starts):
                raise ValueError(f"points of spans that nobody asked for: {strange}")
            lines = lines_of(points)
            return worst_first(lines, query.measure, by_number=shown.as_number)

        try:
            return await self._reader.run(read)
        except UserFacingError as error:
            return str(error)
        except Exception as error:
            log.exception("a trend could not be read")
            sentence = self.tr("趋势没有读出来（{name}）。请重试。")
            return sentence.format(name=type(error).__name__)

    async def _ask_regions(self) -> None:
        try:
            regions = await self._reader.run(self._review.regions)
        except Exception:
            # The chart itself says why the log cannot be read.
            log.warning("the regions could not be read", exc_info=True)
            return
        if isValid(self):
            self.choices.offer_regions(regions)

    def _take(self, wanted: Wanted, answer: tuple[Line, ...] | str) -> None:
        self._patience.stop()
        if isinstance(answer, str):
            self._trouble(answer, self.tr("重试"))
            self.failed.emit(answer)
            return
        self._shown = wanted
        self.title.say(headings.title(wanted))
        self.how.say(headings.subtitle(wanted))
        if answer:
            self._say("")
            zoomed = self.choices.zoom.isChecked()
            self.view.show_lines(wanted, answer, zoomed=zoomed)
        else:
            yearly = self.choices.last.currentData() == Last.MONTHS
            longer = "" if yearly else self.tr("看最近 12 个月")
            self._say(headings.nothing_there(wanted), longer)
        self._show_view(there=bool(answer))
        self.loaded.emit()

    @Slot()
    def _zoom(self) -> None:
        self.view.zoom(zoomed=self.choices.zoom.isChecked())

    @Slot()
    def _keep(self) -> None:
        if self.keeper is not None and self._shown is not None:
            titled = self.view.titled()
            self.keeper.ask(titled, f"{titled.title.replace('  ', '-')}.pdf")

    @Slot(str)
    def _refuse(self, sentence: str) -> None:
        self._say(sentence, "", Severity.ALARM)

    @Slot(object)
    def _kept(self, path: Path) -> None:
        self._say(self.tr("已存为 {path}").format(path=path), "", Severity.NORMAL)

    @Slot()
    def _say_reading(self) -> None:
        self._say(self.tr("正在读取日志…"))

    def _trouble(self, sentence: str, remedy: str = "") -> None:
        self._shown = None
        self.title.say("")
        self.how.say("")
        self._say(sentence, remedy, Severity.ALARM)
        self._show_view(there=False)

    def _say(
        self, sentence: str, remedy: str = "", tone: Severity | None = None
    ) -> None:
        self.state.say(sentence)
        self.state.setVisible(bool(sentence))
        set_state(self.state, "tone", tone.value if tone is not None else "")
        self._mark.set_severity(tone or Severity.UNKNOWN)
        self._mark.setVisible(bool(sentence) and tone is not None)
        self.remedy.setText(remedy)
        self.remedy.setVisible(bool(remedy))

    def _show_view(self, *, there: bool) -> None:
        self.view.setVisible(there)
        self._spare.setVisible(not there)

    @Slot()
    def _help_out(self) -> None:
        if self._shown is None:
            self.reload()
        else:
            self.choices.choose(last=Last.MONTHS)
