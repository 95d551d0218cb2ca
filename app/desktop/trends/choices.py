"""What trend is wanted: measure, spans, time, lines; and what can be chosen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, TypeVar

from PySide6.QtCore import QCoreApplication, QDate, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDateEdit,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from app.core.model import Check
from app.core.trend_lines import WITH_CHECK, starts
from app.core.trends import (
    Bucket,
    GroupBy,
    TrendQuery,
    first_day,
    midnight,
    next_start,
)
from app.desktop.pieces import FlowLayout, text_label
from app.desktop.trends.measures import (
    SHOWN,
    Shown,
    bucket_word,
    group_word,
    name_of,
)
from app.desktop.words import check_word

MOST_SPANS: Final = 1200
"""Points of a line at most: more are not to be seen on any screen."""
_TALL: Final = 36
_EARLIEST: Final = QDate(2000, 1, 1)
_T = TypeVar("_T")


class Last(StrEnum):
    """A time that ends today."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    OWN = "own"
    """From one day to another."""


_SUITS: Final = {
    Last.DAYS: Bucket.DAY,
    Last.WEEKS: Bucket.WEEK,
    Last.MONTHS: Bucket.MONTH,
}


def _tr(text: str) -> str:
    return QCoreApplication.translate("trends", text)


def last_word(last: Last) -> str:
    """Name a time."""
    return {
        Last.DAYS: _tr("最近 30 天"),
        Last.WEEKS: _tr("最近 12 周"),
        Last.MONTHS: _tr("最近 12 个月"),
        Last.OWN: _tr("从…到…"),
    }[last]


def first_of(last: Last, today: date) -> date:
    """Give the first day of a time that ends today."""
    if last is Last.DAYS:
        return today - timedelta(days=29)
    if last is Last.WEEKS:
        return first_day(today, Bucket.WEEK) - timedelta(weeks=11)
    month = today.year * 12 + today.month - 1 - 11
    return date(month // 12, month % 12 + 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which trend is wanted, by whole spans."""

    shown: Shown
    bucket: Bucket
    by: GroupBy
    first: date
    last: date
    region: str = ""
    check: Check | None = None

    @property
    def starts(self) -> tuple[date, ...]:
        """The first day of each span, the one with the last day included."""
        return starts(self.first, self.last, self.bucket)

    def query(self) -> TrendQuery:
        """Ask for it, from the begin of the first span to the end of the last one."""
        return TrendQuery(
            measure=self.shown.measure,
            bucket=self.bucket,
            by=self.by,
            since=midnight(first_day(self.first, self.bucket)),
            until=midnight(next_start(self.last, self.bucket)),
            region=self.region,
            check=self.check if self.shown.measure in WITH_CHECK else None,
        )


class TrendChoices(QWidget):
    """The row of choices.

    Signals:
        changed: Another trend is wanted.
        zoom_changed: The upright axis is to be drawn otherwise.
    """

    changed = Signal()
    zoom_changed = Signal()

    def __init__(self, today: Callable[[], date]) -> None:
        super().__init__()
        self._today = today
        self._setting = False
        flow = FlowLayout(10)
        self.measure = _combo(self.tr("指标"), SHOWN, name_of)
        self.last = _combo(self.tr("时间"), tuple(Last), last_word)
        self.bucket = _combo(self.tr("粒度"), tuple(Bucket), bucket_word)
        self.by = _combo(self.tr("分线"), tuple(GroupBy), group_word)
        self.region = _combo(self.tr("片区"), ("",), lambda _: _tr("全部片区"))
        checks: tuple[Check | None, ...] = (None, *Check)
        self.check = _combo(
            self.tr("检查"),
            checks,
            lambda one: check_word(one) if one is not None else _tr("全部检查"),
        )
        self.since = _day(self.tr("从"))
        self.until = _day(self.tr("到"))
        self.own = _beside(
            text_label(self.tr("从"), "muted"),
            self.since,
            text_label(self.tr("到"), "muted"),
            self.until,
        )
        self.zoom = QCheckBox(self.tr("放大纵轴"))
        self.zoom.setToolTip(
            self.tr("只画数值所在的一段；不从 0 开始时，纵轴画成断开的")
        )
        self.zoom.setChecked(True)
        self.zoom.setMinimumHeight(_TALL)
        self._captioned = {
            box: _beside(text_label(box.accessibleName(), "muted"), box)
            for box in (self.measure, self.last, self.bucket, self.by, self.region)
        }
        self._checked = _beside(text_label(self.tr("检查"), "muted"), self.check)
        flow.add_all(
            (
                *(self._captioned[box] for box in (self.measure, self.last)),
                self.own,
                *(self._captioned[box] for box in (self.bucket, self.by, self.region)),
                self._checked,
                self.zoom,
            )
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(flow)
        self._put(self.last, Last.WEEKS)
        self._put(self.bucket, Bucket.WEEK)
        self._set_days(first_of(Last.WEEKS, today()), today())
        self._lay_out()
        self._captioned[self.region].hide()
        for box in (self.measure, self.bucket, self.by, self.region, self.check):
            box.currentIndexChanged.connect(self._change)
        self.last.currentIndexChanged.connect(self._take_last)
        for day in (self.since, self.until):
            day.dateChanged.connect(self._change)
        self.zoom.toggled.connect(self.zoom_changed)

    @property
    def wanted(self) -> Wanted:
        """What is chosen now."""
        today, last = self._today(), Last(self.last.currentData())
        first, until = first_of(last, today), today
        if last is Last.OWN:
            first, until = sorted((_date(self.since), _date(self.until)))
        bucket = Bucket(self.bucket.currentData())
        # A span that is past is counted to its end, and the title says so.
        whole = next_start(until, bucket) - timedelta(days=1)
        until = max(until, min(whole, today))
        return Wanted(
            shown=SHOWN[self.measure.currentIndex()],
            bucket=bucket,
            by=GroupBy(self.by.currentData()),
            first=first,
            last=until,
            region=str(self.region.currentData()),
            check=(None, *Check)[self.check.currentIndex()],
        )

    def choose(
        self,
        *,
        shown: Shown | None = None,
        last: Last | None = None,
        bucket: Bucket | None = None,
        by: GroupBy | None = None,
    ) -> None:
        """Choose as if by hand."""
        if shown is not None:
            self.measure.setCurrentIndex(SHOWN.index(shown))
        if last is not None:
            self.last.setCurrentIndex(tuple(Last).index(last))
        if bucket is not None:
            self.bucket.setCurrentIndex(tuple(Bucket).index(bucket))
        if by is not None:
            self.by.setCurrentIndex(tuple(GroupBy).index(by))

    def choose_days(self, first: date, last: date) -> None:
        """Choose the time from one day to another."""
        self._setting = True
        self.choose(last=Last.OWN)
        self._set_days(first, last)
        self._setting = False
        self._change()

    def offer_regions(self, regions: Sequence[str]) -> None:
        """Let one of these regions be chosen; what is chosen stays so."""
        chosen = self.region.currentData()
        named = [region for region in regions if region]
        self._setting = True
        self.region.clear()
        for region in ("", *named):
            self.region.addItem(region or _tr("全部片区"), region)
        self.region.setCurrentIndex(max(0, self.region.findData(chosen)))
        self._setting = False
        self._captioned[self.region].setVisible(bool(named))
        if self.region.currentData() != chosen:
            self._change()

    @Slot()
    def _take_last(self) -> None:
        before, self._setting = self._setting, True
        last = Last(self.last.currentData())
        if last in _SUITS:
            self._put(self.bucket, _SUITS[last])
            self._set_days(first_of(last, self._today()), self._today())
        self._setting = before
        self._change()

    @Slot()
    def _change(self) -> None:
        self._lay_out()
        if not self._setting:
            self.changed.emit()

    def _lay_out(self) -> None:
        shown = SHOWN[self.measure.currentIndex()]
        self.own.setVisible(self.last.currentData() == Last.OWN)
        self._checked.setVisible(shown.measure in WITH_CHECK)
        self.zoom.setVisible(not shown.as_number)

    def _set_days(self, first: date, last: date) -> None:
        for box, day in ((self.since, first), (self.until, last)):
            box.setDate(QDate(day.year, day.month, day.day))

    @staticmethod
    def _put(box: QComboBox, data: str) -> None:
        box.setCurrentIndex(box.findData(data))


def _combo(name: str, members: Sequence[_T], said: Callable[[_T], str]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    box.setMinimumHeight(_TALL)
    box.setMaxVisibleItems(20)
    for member in members:
        box.addItem(said(member), member if isinstance(member, str) else None)
    return box


def _day(name: str) -> QDateEdit:
    box = QDateEdit()
    box.setAccessibleName(name)
    box.setCalendarPopup(True)
    box.setDisplayFormat("yyyy-MM-dd")
    box.setMinimumDate(_EARLIEST)
    box.setMinimumHeight(_TALL)
    return box


def _beside(*widgets: QWidget) -> QWidget:
    whole = QWidget()
    row = QHBoxLayout(whole)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(6)
    for widget in widgets:
        row.addWidget(widget)
    return whole


def _date(box: QDateEdit) -> date:
    chosen = box.date()
    return date(chosen.year(), chosen.month(), chosen.day())
