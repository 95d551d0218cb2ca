"""One row to say what is looked for, and a chip for each thing that is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from app.core.entries import FindingState
from app.core.filters import LogFilter, Span
from app.core.model import Check, Outcome, Severity, Site
from app.core.ports import SiteDirectory
from app.core.workdays import DESKS_ZONE
from app.desktop import words
from app.desktop.pieces import FlowLayout, button, caption, empty_layout
from app.desktop.reader import Reader
from app.desktop.review.choices import ANY, Chooser
from app.desktop.review.dates import DatesRow
from app.desktop.review.saved import SavedFilters
from app.desktop.review.site_field import EscField, SiteField
from app.desktop.review.terms import span_word, state_word

DATES: Final = "dates"
"""Key of the choice to give two dates."""
OPEN: Final = "still_open"
"""Key of the choice of everything that is still open."""
_RESTING_MS: Final = 300


def _now() -> datetime:
    return datetime.now(UTC)


class FilterBar(QFrame):
    """Keeps what is looked for.

    Signals:
        changed: Something else is looked for.
        filters_changed: The saved filters, name → line, to be kept.
        told: A sentence for whoever looks.
    """

    changed = Signal()
    filters_changed = Signal(object)
    told = Signal(str)

    def __init__(
        self,
        directory: SiteDirectory,
        reader: Reader,
        now: Callable[[], datetime] = _now,
    ) -> None:
        super().__init__()
        self._now = now
        self.wanted = LogFilter()
        self._without: dict[QPushButton, Mapping[str, object]] = {}
        """What each chip takes away."""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        controls = QWidget()
        flow = FlowLayout(6)
        controls.setLayout(flow)
        self.span = Chooser(self.tr("时间"))
        self.state = Chooser(self.tr("处置"))
        self.severity = Chooser(self.tr("级别"))
        self.check = Chooser(self.tr("检查"))
        self.region = Chooser(self.tr("片区"))
        self.operator = Chooser(self.tr("值班员"))
        self.outcome = Chooser(self.tr("结果"))
        self.site = SiteField(directory, reader)
        self.site.setFixedWidth(168)
        self.text = EscField()
        self.text.setPlaceholderText(self.tr("原话或结论里的字"))
        self.text.setAccessibleName(self.tr("文字"))
        self.text.setClearButtonEnabled(True)
        self.text.setFixedWidth(176)
        self.saved = SavedFilters(self._current)
        self.choosers = (
            self.span,
            self.state,
            self.severity,
            self.check,
            self.region,
            self.operator,
            self.outcome,
        )
        flow.add_all((*self.choosers, self.site, self.text, self.saved.button))
        column.addWidget(controls)
        self.dates = DatesRow()
        self.dates.hide()
        column.addWidget(self.dates)
        column.addWidget(self.saved)
        self.saved.hide()
        self.chips = QWidget()
        self._chips = FlowLayout(6)
        self.chips.setLayout(self._chips)
        column.addWidget(self.chips)
        self._fill()
        for chooser in self.choosers:
            chooser.chosen.connect(self._choose)
        self.site.picked.connect(self._pick_site)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_RESTING_MS)
        self._typing.timeout.connect(self._search)
        self.text.textChanged.connect(self._typing.start)
        self.text.returnPressed.connect(self._search)
        self.dates.given.connect(self._take_dates)
        self.dates.told.connect(self.told)
        self.saved.picked.connect(self.show_filter)
        self.saved.changed.connect(self.filters_changed)
        self.saved.told.connect(self.told)
        self._show()

    def use(
        self,
        sites: Sequence[Site],
        regions: Sequence[str] = (),
        operators: Sequence[str] = (),
    ) -> None:
        """Take what there is to choose from."""
        self.site.use(sites)
        named = dict.fromkeys((*regions, *(s.region for s in sites if s.region)))
        everything = (ANY, self.tr("全部"))
        self.region.offer((everything, *((name, name) for name in named)))
        self.operator.offer((everything, *((name, name) for name in operators)))

    def rest(self) -> None:
        """Search no more: the window ends."""
        self._typing.stop()

    @Slot(object)
    def show_filter(self, wanted: LogFilter) -> None:
        """Look for something else altogether."""
        self.wanted = wanted
        self._typing.stop()
        self.text.blockSignals(True)
        self.text.setText(wanted.text)
        self.text.blockSignals(False)
        self.dates.hide()
        self._show()
        self.changed.emit()

    @Slot()
    def clear(self) -> None:
        """Look for everything again."""
        self.show_filter(LogFilter())

    def moment(self) -> datetime:
        """Give the time that moving spans end at."""
        return self._now()

    def _fill(self) -> None:
        everything = (ANY, self.tr("全部"))
        self.span.offer(
            (
                everything,
                *((span.value, span_word(span)) for span in Span),
                (DATES, self.tr("自选日期…")),
            )
        )
        still = (OPEN, self.tr("所有未结的"))
        self.state.offer(
            (everything, still, *((s.value, state_word(s)) for s in FindingState))
        )
        self.severity.offer(
            (everything, *((s.value, words.severity_word(s)) for s in Severity))
        )
        self.check.offer((everything, *((c.value, words.check_word(c)) for c in Check)))
        self.outcome.offer(
            (everything, *((o.value, words.outcome_word(o)) for o in Outcome))
        )
        self.region.offer((everything,))
        self.operator.offer((everything,))

    @Slot(str)
    def _choose(self, key: str) -> None:
        chooser = self.sender()
        value = None if key == ANY else key
        if chooser is self.span:
            if key == DATES:
                self.dates.open(self.wanted.since, self.wanted.until)
                return
            span = Span(key) if value else None
            self._want(span=span, since=None, until=None)
        elif chooser is self.state:
            still = True if key == OPEN else None
            state = FindingState(key) if value and not still else None
            self._want(state=state, open=still)
        elif chooser is self.severity:
            self._want(severity=Severity(key) if value else None)
        elif chooser is self.check:
            self._want(check=Check(key) if value else None)
        elif chooser is self.outcome:
            self._want(outcome=Outcome(key) if value else None)
        elif chooser is self.region:
            self._want(region=value or "")
        elif chooser is self.operator:
            self._want(operator=value or "")

    @Slot(str)
    def _pick_site(self, site: str) -> None:
        self._want(site=site)
        # The completer writes the name into the field after this.
        QTimer.singleShot(0, self.site, self.site.clear)

    @Slot()
    def _search(self) -> None:
        self._typing.stop()
        text = " ".join(self.text.text().split())
        if text != self.wanted.text:
            self._want(text=text)

    @Slot(object, object)
    def _take_dates(self, since: datetime | None, until: datetime | None) -> None:
        self._want(span=None, since=since, until=until)

    def _want(self, **changes: object) -> None:
        self.wanted = replace(self.wanted, **changes)  # type: ignore[arg-type]
        self._show()
        self.changed.emit()

    def _current(self) -> LogFilter:
        return self.wanted

    def _parts(self) -> list[tuple[str, str, Mapping[str, object]]]:
        """Give (title, word, what takes it away) of everything that is looked for."""
        it = self.wanted
        times = {"span": None, "since": None, "until": None}
        dealt = {"state": None, "open": None}
        states = [state_word(it.state)] if it.state is not None else []
        if it.open is not None:
            still = self.tr("所有未结的") if it.open else self.tr("没有未结的")
            states.append(still)
        span = span_word(it.span) if it.span is not None else self._dates()
        parts: list[tuple[str, str, Mapping[str, object]]] = [
            (self.tr("时间"), span, times),
            (self.tr("处置"), words.listed(states), dealt),
        ]
        if it.severity is not None:
            word = words.severity_word(it.severity)
            parts.append((self.tr("级别"), word, {"severity": None}))
        if it.check is not None:
            word = words.check_word(it.check)
            parts.append((self.tr("检查"), word, {"check": None}))
        site = self.site.name_of(it.site) if it.site else ""
        parts.append((self.tr("工地"), site, {"site": ""}))
        parts.append((self.tr("片区"), it.region, {"region": ""}))
        parts.append((self.tr("值班员"), it.operator, {"operator": ""}))
        if it.outcome is not None:
            word = words.outcome_word(it.outcome)
            parts.append((self.tr("结果"), word, {"outcome": None}))
        parts.append((self.tr("文字"), it.text, {"text": ""}))
        return [part for part in parts if part[1]]

    def _dates(self) -> str:
        since, until = self.wanted.since, self.wanted.until
        if since is None and until is None:
            return ""
        begin = _day(since) if since is not None else self.tr("最早")
        end = _last_day(until) if until is not None else self.tr("现在")
        return begin if begin == end else f"{begin} – {end}"

    def _show(self) -> None:
        """Show a chip for each thing, and mark it where it is chosen."""
        it = self.wanted
        dated = it.since is not None or it.until is not None
        span = it.span.value if it.span else (DATES if dated else ANY)
        self.span.point_at(span)
        self.state.point_at(it.state.value if it.state else (OPEN if it.open else ANY))
        self.severity.point_at(it.severity.value if it.severity else ANY)
        self.check.point_at(it.check.value if it.check else ANY)
        self.outcome.point_at(it.outcome.value if it.outcome else ANY)
        self.region.point_at(it.region or ANY)
        self.operator.point_at(it.operator or ANY)
        had_focus = any(each.hasFocus() for each in self._without)
        empty_layout(self._chips)
        self._without.clear()
        parts = self._parts()
        for title, word, without in parts:
            chip = self._chip(self.tr("{title}：{word}").format(title=title, word=word))
            chip.clicked.connect(self._take_away)
            self._without[chip] = without
            self._chips.addWidget(chip)
        if parts:
            everything = button(self.tr("清除筛选"), "quiet")
            everything.clicked.connect(self.clear)
            self._chips.addWidget(everything)
        self.chips.setVisible(bool(parts))
        self.saved.show_current()
        if had_focus:
            self.span.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _take_away(self) -> None:
        sender = self.sender()
        without = next(w for chip, w in self._without.items() if chip is sender)
        self.show_filter(replace(self.wanted, **without))  # type: ignore[arg-type]

    def _chip(self, said: str) -> QPushButton:
        letters = self.fontMetrics()
        short = letters.elidedText(said, Qt.TextElideMode.ElideMiddle, 300)
        chip = button(f"{caption(short)}  ✕", "chip")
        name = self.tr("去掉筛选 {what}").format(what=said)
        chip.setAccessibleName(name)
        chip.setToolTip(name)
        return chip


def _day(moment: datetime) -> str:
    local = moment.astimezone(DESKS_ZONE)
    pattern = "%Y-%m-%d" if (local.hour, local.minute) == (0, 0) else "%Y-%m-%d %H:%M"
    return local.strftime(pattern)


def _last_day(until: datetime) -> str:
    """Name the last day that is included; a moment within a day by itself."""
    local = until.astimezone(DESKS_ZONE)
    if (local.hour, local.minute, local.second) == (0, 0, 0):
        return (local - timedelta(days=1)).strftime("%Y-%m-%d")
    return local.strftime("%Y-%m-%d %H:%M")
