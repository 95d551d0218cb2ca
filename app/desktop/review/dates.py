"""Two dates that somebody types."""

import re
from datetime import date, datetime, time, timedelta
from typing import Final

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.core.workdays import DESKS_ZONE, desk_day
from app.desktop.pieces import button, text_label
from app.desktop.review.site_field import EscField

_FIGURES: Final = re.compile(r"(?:(\d{4})\D+)?(\d{1,2})\D+(\d{1,2})\D*")
_FIRST_YEAR, _LAST_YEAR = 1970, 2999
"""Beyond these there are no moments that every part of the program can count."""


def day_of(typed: str, today: date) -> date | None:
    """Read `2026-11-22`, `11-22`, `11.22` or `20261122`; None: it is no date.

    Without a year it is the last such day.
    """
    typed = typed.strip()
    if re.fullmatch(r"\d{8}", typed):
        typed = f"{typed[:4]}-{typed[4:6]}-{typed[6:]}"
    found = _FIGURES.fullmatch(typed)
    if found is None:
        return None
    year, month, day = found.groups()
    try:
        if year:
            named = date(int(year), int(month), int(day))
            return named if _FIRST_YEAR <= named.year <= _LAST_YEAR else None
        this = date(today.year, int(month), int(day))
        return this if this <= today else this.replace(year=today.year - 1)
    except ValueError:
        return None


def midnight(day: date) -> datetime:
    """Give the moment at which a day of the desk begins."""
    return datetime.combine(day, time(), DESKS_ZONE)


class DatesRow(QWidget):
    """Asks from which day to which.

    Signals:
        given: The first moment, and the first moment that is past; None: open.
        told: Why what was typed is no date: a sentence.
    """

    given = Signal(object, object)
    told = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.since, self.until = EscField(), EscField()
        for field, word, name in (
            (self.since, self.tr("从"), self.tr("第一天")),
            (self.until, self.tr("到"), self.tr("最后一天")),
        ):
            row.addWidget(text_label(word, "muted"))
            field.setAccessibleName(name)
            field.setPlaceholderText(self.tr("如 2026-11-01 或 11-01"))
            field.setFixedWidth(190)
            field.returnPressed.connect(self._give)
            row.addWidget(field)
        self.apply = button(self.tr("应用"), "primary")
        self.apply.clicked.connect(self._give)
        row.addWidget(self.apply)
        self.leave = button(self.tr("收起"), "quiet")
        self.leave.clicked.connect(self.hide)
        row.addWidget(self.leave)
        row.addStretch(1)

    def open(self, since: datetime | None, until: datetime | None) -> None:
        """Ask, with what is looked for now."""
        first = since.astimezone(DESKS_ZONE).date().isoformat() if since else ""
        last = ""
        if until is not None:
            last_day = (until - timedelta(microseconds=1)).astimezone(DESKS_ZONE)
            last = last_day.date().isoformat()
        self.since.setText(first)
        self.until.setText(last)
        self.show()
        self.since.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _give(self) -> None:
        today = desk_day()
        days: list[date | None] = []
        for field in (self.since, self.until):
            typed = field.text().strip()
            day = day_of(typed, today) if typed else None
            if typed and day is None:
                sentence = self.tr("「{typed}」不是日期，请写成 2026-11-01 或 11-01。")
                self.told.emit(sentence.format(typed=typed))
                field.setFocus(Qt.FocusReason.OtherFocusReason)
                return
            days.append(day)
        first, last = days
        if first is not None and last is not None and first > last:
            self.told.emit(self.tr("第一天在最后一天之后，请对调。"))
            return
        self.hide()
        self.given.emit(
            midnight(first) if first else None,
            midnight(last + timedelta(days=1)) if last else None,
        )
