"""The site board as a table: a line for each region and site, a column a check."""

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Final, TypeAlias

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
    Slot,
)

from app.core import checks
from app.core.model import Call, Check, RunRecord, Severity, Site
from app.core.standing import Standing
from app.core.workdays import is_worked
from app.desktop import words
from app.desktop.board.answers import Answer, Answers, Asking
from app.desktop.board.figures import counted_words
from app.desktop.board.plans import Key
from app.desktop.board.sentences import Sentences
from app.desktop.pieces import tip

CHECKS: Final = tuple(checks.SPECS)
"""The checks in the order of their columns; column 0 is the site."""
_FLUSH_MS: Final = 40
_Index = QModelIndex | QPersistentModelIndex
_Role = Qt.ItemDataRole


@dataclass(frozen=True, slots=True)
class Region:
    """A line that stands above the sites of a region."""

    name: str
    """As the directory writes it; empty: the sites that have none."""
    sites: tuple[Site, ...]
    """All of them, shown or not."""
    only: bool
    """Whether there is no other."""


Line: TypeAlias = Region | Site


class BoardModel(QAbstractTableModel):
    """Keeps the lines that are shown, and says what stands in a cell.

    Signals:
        counted: How many answers of each severity there are may have changed.
    """

    counted = Signal()

    def __init__(self, now: Callable[[], datetime], today: Callable[[], date]) -> None:
        super().__init__()
        self._now, self._today = now, today
        self.day = today()
        self.answers = Answers()
        self._said = Sentences(self)
        self._regions: tuple[Region, ...] = ()
        self._lines: list[Line] = []
        self._row_of: dict[str, int] = {}
        self._region_row_of: dict[str, int] = {}
        self._region_of: dict[str, Region] = {}
        self._tallies: dict[tuple[str, Check], Counter[Severity]] = {}
        self._changed: set[Key] = set()
        self._endings: deque[Iterator[set[Key]]] = deque()
        """Runs that have ended and are not yet all on the board, in their order."""
        self._ending = QTimer(self)
        self._ending.setInterval(0)
        self._ending.timeout.connect(self._end_on)
        self._recounted = False
        """Whether `counted` is still to be told."""
        # A sweep of hundreds says hundreds of things at once: one repaint for all.
        self._flushing = QTimer(self)
        self._flushing.setSingleShot(True)
        self._flushing.setInterval(_FLUSH_MS)
        self._flushing.timeout.connect(self.flush)

    @property
    def now(self) -> datetime:
        """The time by which ages are told."""
        return self._now()

    @property
    def nothing(self) -> str:
        """What stands where there is no answer: none, or none read yet."""
        return "—" if self.answers.known else "…"

    @property
    def sites(self) -> tuple[Site, ...]:
        """Every site, shown or not."""
        return tuple(site for region in self._regions for site in region.sites)

    def set_sites(self, sites: Sequence[Site]) -> None:
        """Show these sites, region by region as they come."""
        members: dict[str, list[Site]] = {}
        for site in sites:
            members.setdefault(site.region.strip(), []).append(site)
        # Sites without a region stand at the end: most desks have none.
        names = sorted(members, key=lambda name: not name)
        self._regions = tuple(
            Region(name, tuple(members[name]), len(members) == 1) for name in names
        )
        self._region_of = {
            site.id: region for region in self._regions for site in region.sites
        }
        self._tallies.clear()
        self.show_only(None)
        self.counted.emit()

    def show_only(self, wanted: Collection[str] | None) -> None:
        """Show the sites with these ids, all where it is None."""
        self.beginResetModel()
        self._lines = []
        for region in self._regions:
            shown = [s for s in region.sites if wanted is None or s.id in wanted]
            if shown:
                self._lines += (region, *shown)
        self._row_of, self._region_row_of = {}, {}
        for row, line in enumerate(self._lines):
            if isinstance(line, Region):
                self._region_row_of[line.name] = row
            else:
                self._row_of[line.id] = row
        self.endResetModel()

    def line(self, row: int) -> Line:
        """Give a line."""
        return self._lines[row]

    def region_rows(self) -> Iterable[int]:
        """Give the rows of the regions that are shown."""
        return self._region_row_of.values()

    def row_of(self, site_id: str) -> int | None:
        """Give the row of a site; None when it is not shown."""
        return self._row_of.get(site_id)

    def answer(self, site: Site, check: Check) -> Answer | None:
        """Give the newest answer."""
        return self.answers.answer((site.id, check))

    def asking(self, site: Site, check: Check) -> Asking | None:
        """Say whether this is being asked."""
        return self.answers.asking((site.id, check))

    def works(self, site: Site) -> bool:
        """Say whether there is work at a site today."""
        return is_worked(site, self.day)

    def tally(self, region: Region, check: Check) -> Counter[Severity]:
        """Count the answers of a region."""
        found = self._tallies.get((region.name, check))
        if found is None:
            found = self.answers.tally(region.sites, (check,))
            self._tallies[region.name, check] = found
        return found

    def total(self) -> Counter[Severity]:
        """Count the answers of the whole desk."""
        return sum(
            (self.tally(region, check) for region in self._regions for check in CHECKS),
            Counter(),
        )

    def with_severity(self, wanted: Collection[Severity]) -> frozenset[str]:
        """Give the ids of the sites that have such an answer."""
        return frozenset(
            site_id
            for site_id in self._region_of
            for check in CHECKS
            if (answer := self.answers.answer((site_id, check))) is not None
            and answer.finding.severity in wanted
        )

    def ask(self, run_id: str, calls: Iterable[Call]) -> None:
        """Note that a run puts these calls."""
        for call in calls:
            self.answers.ask(run_id, call)
            self._touch({(call.site.id, call.check)})

    def heard(self, run_id: str, call: Call) -> None:
        """Note that a system has answered a call."""
        self.answers.heard(run_id, call)
        self._touch({(call.site.id, call.check)})

    def end(self, run_id: str, record: RunRecord | None) -> None:
        """Note that a run has ended; with `record` where it is durable."""
        self._endings.append(self.answers.end(run_id, record))
        self._end_on()

    def take(self, found: Iterable[Standing], turn: int) -> None:
        """Take what the journal had; see `Answers.take`."""
        while self._endings:
            # What was read is newer, or the same.
            self._end_on()
        first = not self.answers.known
        self._answered(self.answers.take(found, turn))
        if first:
            # Cells without an answer say so only now, and so do counts.
            self._repaint()
            self.counted.emit()

    def grow_older(self) -> bool:
        """Look at the calendar; say whether it is another day."""
        day, self.day = self.day, self._today()
        if day == self.day:
            return False
        self._repaint()
        return True

    def rest(self) -> None:
        """Tell nothing more by itself."""
        self._flushing.stop()
        self._ending.stop()

    @Slot()
    def _end_on(self) -> None:
        """Bring the next cells of a run that has ended up to date."""
        while self._endings:
            cells = next(self._endings[0], None)
            if cells is not None:
                self._answered(cells)
                break
            self._endings.popleft()
        if self._endings and not self._ending.isActive():
            self._ending.start()
        elif not self._endings:
            self._ending.stop()

    def _answered(self, cells: set[Key]) -> None:
        """Note that there are other answers: what counts them counts again."""
        # By name: to compare two regions is to compare all of their sites.
        counted = {
            (region.name, check)
            for site_id, check in cells
            if (region := self._region_of.get(site_id)) is not None
        }
        for each in counted:
            self._tallies.pop(each, None)
        self._recounted = self._recounted or bool(counted)
        self._touch(cells)

    def _touch(self, cells: set[Key]) -> None:
        if cells:
            self._changed |= cells
            if not self._flushing.isActive():
                self._flushing.start()

    @Slot()
    def flush(self) -> None:
        """Tell of every cell that has changed since the last time."""
        self._flushing.stop()
        rows = set()
        for site_id, _check in self._changed:
            region = self._region_of.get(site_id)
            if region is not None:
                rows.add(self._region_row_of.get(region.name))
                rows.add(self._row_of.get(site_id))
        self._changed.clear()
        shown = sorted(row for row in rows if row is not None)
        # Lines that stand together are told of together, and others not at all: what
        # happens out of sight must paint nothing.
        last = len(CHECKS)
        for _, run in groupby(enumerate(shown), lambda each: each[1] - each[0]):
            together = [row for _, row in run]
            self.dataChanged.emit(
                self.index(together[0], 0), self.index(together[-1], last)
            )
        if self._recounted:
            self._recounted = False
            self.counted.emit()

    def _repaint(self) -> None:
        if self._lines:
            last = self.index(len(self._lines) - 1, len(CHECKS))
            self.dataChanged.emit(self.index(0, 0), last)

    def rowCount(self, parent: _Index | None = None) -> int:
        """Give the number of lines that are shown."""
        return 0 if parent is not None and parent.isValid() else len(self._lines)

    def columnCount(self, parent: _Index | None = None) -> int:
        """Give the number of columns."""
        return 0 if parent is not None and parent.isValid() else 1 + len(CHECKS)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = _Role.DisplayRole,
    ) -> object:
        """Give the title of a column, and what its figures count."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == _Role.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        if role != _Role.DisplayRole:
            return None
        if section == 0:
            return self.tr("工地")
        check = CHECKS[section - 1]
        return f"{words.check_word(check)}\n{counted_words(check)}"

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> object:
        """Give the words of a cell; what is painted says the delegate."""
        if role not in (_Role.DisplayRole, _Role.AccessibleTextRole, _Role.ToolTipRole):
            return None
        line, column = self._lines[index.row()], index.column()
        if role == _Role.ToolTipRole:
            return tip(self._said.tip(line, column))
        return self._said.text(line, column)
