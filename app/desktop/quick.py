"""Quick buttons: a favourite site, then one of its three checks; no typing."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from app.core import events
from app.core.labels import asked_label
from app.core.model import Call, Check, RunRecord, Site
from app.core.ports import JournalEntry
from app.desktop.pieces import button, caption, text_label, tip

SHOWN: Final = 4
"""Sites in the row: each is found with one look."""
FEW: Final = 6
"""Calls of one command; a sweep over many sites says nothing about favourites."""
_TALL: Final = 40
_CHOICE: Final = 56
"""Height of a check's button: a glove hits it."""
_NAME: Final = 132
"""Width of a site's name on its button; the tooltip has it in full."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("quick", text)


def short_check(check: Check) -> str:
    """Say a check in as few words as fit on a big button."""
    return {
        Check.HEADCOUNT: _tr("人数"),
        Check.HELMET: _tr("安全帽"),
        Check.EQUIPMENT: _tr("电笔"),
    }[check]


class QuickPopup(QFrame):
    """The checks of one site, or a grid of site and check; one press asks.

    Signals:
        picked: The call that is wanted.
        toggled: A site becomes a favourite, or is none any more; its id.
    """

    picked = Signal(object)
    toggled = Signal(str)

    def __init__(
        self, parent: QWidget, sites: Sequence[Site], favourites: Iterable[str]
    ) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("popup")
        self.setAccessibleName(_tr("选择要查的项目"))
        self._calls: dict[QPushButton, Call] = {}
        self._sites = tuple(sites)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 14)
        column.setSpacing(10)
        if len(sites) == 1:
            self._fill_one(column, sites[0], favourite=sites[0].id in favourites)
        else:
            self._fill_grid(column)

    @property
    def choices(self) -> list[QPushButton]:
        """The buttons that ask, site by site."""
        return list(self._calls)

    def show_above(self, widget: QWidget) -> None:
        """Open above a widget, as far as the screen allows."""
        self.adjustSize()
        screen = self.screen().availableGeometry()
        corner = widget.mapToGlobal(QPoint(0, -self.height() - 6))
        corner.setX(max(screen.left(), min(corner.x(), screen.right() - self.width())))
        corner.setY(max(corner.y(), screen.top()))
        self.move(corner)
        self.show()
        self.choices[0].setFocus(Qt.FocusReason.PopupFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take 1 to 3 for the checks of a single site."""
        number = event.key() - Qt.Key.Key_0
        if len(self._sites) == 1 and 1 <= number <= len(self._calls):
            self.choices[number - 1].click()
            return
        super().keyPressEvent(event)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Keep Space, which talks everywhere else, from pressing a button."""
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Space:
            # Ignored, it goes on to the popup, where nothing takes it.
            event.ignore()
            return True
        return False

    def _fill_one(self, column: QVBoxLayout, site: Site, *, favourite: bool) -> None:
        title = text_label(site.name, "lead", wrap=True)
        title.setMinimumWidth(3 * 132)
        column.addWidget(title)
        row = QHBoxLayout()
        row.setSpacing(10)
        for number, check in enumerate(Check, start=1):
            text = _tr("{n}  {check}").format(n=number, check=short_check(check))
            row.addWidget(self._choice(Call(site, check), text, _CHOICE), 1)
        column.addLayout(row)
        keep = button(_tr("移出常用") if favourite else _tr("设为常用"), "quiet")
        keep.setMinimumHeight(36)
        keep.installEventFilter(self)
        keep.clicked.connect(self._toggle)
        column.addWidget(keep, 0, Qt.AlignmentFlag.AlignRight)

    def _fill_grid(self, column: QVBoxLayout) -> None:
        grid = QGridLayout()
        grid.setSpacing(8)
        for line, site in enumerate(self._sites):
            name = text_label(site.name, "lead", wrap=True)
            name.setMinimumWidth(180)
            grid.addWidget(name, line, 0)
            for place, check in enumerate(Check, start=1):
                made = self._choice(Call(site, check), short_check(check), 48)
                grid.addWidget(made, line, place)
        grid.setColumnStretch(0, 1)
        column.addLayout(grid)

    def _choice(self, call: Call, text: str, height: int) -> QPushButton:
        made = button(text)
        made.setMinimumSize(96, height)
        made.setAccessibleName(asked_label(call.site, (call.check,)))
        made.installEventFilter(self)
        made.clicked.connect(self._pick)
        self._calls[made] = call
        return made

    @Slot()
    def _pick(self) -> None:
        sender = self.sender()
        call = next(call for made, call in self._calls.items() if made is sender)
        self.close()
        self.picked.emit(call)

    @Slot()
    def _toggle(self) -> None:
        self.close()
        self.toggled.emit(self._sites[0].id)


class _SiteButton(QPushButton):
    """A site of the row; its menu makes it a favourite or takes it away."""

    menu_wanted = Signal(str, QPoint)

    def __init__(self, site: Site, *, favourite: bool) -> None:
        super().__init__()
        self.site, self.favourite = site, favourite
        self.setAutoDefault(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMinimumHeight(_TALL)
        short = self.fontMetrics().elidedText(
            site.name, Qt.TextElideMode.ElideMiddle, _NAME
        )
        shown = _tr("★ {name}").format(name=short) if favourite else short
        self.setText(caption(shown))
        self.setToolTip(tip(_tr("{name}：选一项来查").format(name=site.name)))
        self.setAccessibleName(_tr("查 {name}").format(name=site.name))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer to keep the site, or to take it away."""
        self.menu_wanted.emit(self.site.id, event.globalPos())


class QuickRow(QFrame):
    """The favourite sites of a desk, and the way to what can be said.

    Signals:
        asked: The calls that are wanted, and what to call them.
        favourites_changed: The ids of the favourites, to be kept.
        refused: Why a site did not become a favourite: a sentence.
        help_wanted: The operator wants to know what can be said.
    """

    asked = Signal(object, str)
    favourites_changed = Signal(object)
    refused = Signal(str)
    help_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._sites: Mapping[str, Site] = {}
        self._favourites: tuple[str, ...] = ()
        self._asked: list[str] = []
        """Sites that were asked about, in the order of the row."""
        self._compact = False
        self._keyed = True
        self._popup: QuickPopup | None = None
        self._buttons: list[_SiteButton] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self._caption = text_label(self.tr("常用"), "muted")
        row.addWidget(self._caption)
        self._places = QHBoxLayout()
        self._places.setSpacing(8)
        row.addLayout(self._places)
        self.all_sites = button(self.tr("常用站点"))
        """Opens the grid of site and check, where there is no room for the row."""
        self.all_sites.setToolTip(self.tr("常用站点的三项检查"))
        self.all_sites.clicked.connect(self._open_all)
        row.addWidget(self.all_sites)
        row.addStretch(1)
        self.help = button(self.tr("能说什么  F1"))
        self.help.setToolTip(self.tr("能说什么、按键和颜色的意思"))
        self.help.clicked.connect(self.help_wanted)
        row.addWidget(self.help)
        for made in (self.all_sites, self.help):
            made.setMinimumHeight(_TALL)
        self._lay_out()

    @property
    def buttons(self) -> list[QPushButton]:
        """One for each site shown."""
        return list(self._buttons)

    @property
    def favourites(self) -> tuple[str, ...]:
        """Ids of the sites that the operator keeps here."""
        return self._favourites

    @property
    def popup(self) -> QuickPopup | None:
        """The checks on the screen, if any."""
        return self._popup

    def use(self, sites: Iterable[Site], favourites: Sequence[str] | None) -> None:
        """Take the sites of the desk, and the favourites that are kept for it."""
        self._sites = {site.id: site for site in sites}
        if favourites is not None:
            self._favourites = tuple(dict.fromkeys(favourites))
        self._lay_out()

    def keep(self, favourites: Sequence[str]) -> None:
        """Take the favourites that are kept for this desk."""
        self.use(self._sites.values(), favourites)

    def set_compact(self, *, compact: bool) -> None:
        """Be one button where the window is low."""
        if compact is not self._compact:
            self._compact = compact
            self._lay_out()

    def forget_help_key(self) -> None:
        """Promise no key for the help: it is the one to talk."""
        self._keyed = False
        self._lay_out()

    def take_journal(self, entries: Sequence[JournalEntry]) -> None:
        """Fill up with the sites asked most often of late, then last."""
        times: Counter[str] = Counter()
        for entry in entries:
            times.update(_asked_of(entry.record))
        found = [site for site, _ in times.most_common()]
        self._asked = list(dict.fromkeys([*self._asked, *found]))
        self._lay_out()

    @Slot(object)
    def take_run(self, event: events.TerminalEvent) -> None:
        """Take a site that was asked about, while there is room for one more.

        Nothing moves: a button must not be another one when the finger comes down.
        """
        for site in _asked_of(event.record):
            if site not in self._asked:
                self._asked.append(site)
        if len(self._buttons) < SHOWN:
            self._lay_out()

    def is_favourite(self, site: str) -> bool:
        """Say whether the operator keeps this site here."""
        return site in self._favourites

    @Slot(str)
    def toggle(self, site: str) -> None:
        """Make a site a favourite, or none any more."""
        if self.is_favourite(site):
            self._favourites = tuple(one for one in self._favourites if one != site)
            # Taken away on purpose: it does not come back as one often asked.
            self._asked = [one for one in self._asked if one != site]
        elif sum(one in self._sites for one in self._favourites) >= SHOWN:
            self.refused.emit(
                self.tr("常用站点最多 {n} 个，请先把一个移出常用。").format(n=SHOWN)
            )
            return
        else:
            self._favourites = (*self._favourites, site)
        self._lay_out()
        self.favourites_changed.emit(self._favourites)

    @Slot(str, QPoint)
    def offer(self, site: str, where: QPoint) -> QMenu:
        """Open the menu of a site."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        kept = self.is_favourite(site)
        action = menu.addAction(self.tr("移出常用") if kept else self.tr("设为常用"))
        action.setData(site)
        action.triggered.connect(self._toggle_from_menu)
        menu.popup(where)
        return menu

    def _lay_out(self) -> None:
        wanted = dict.fromkeys((*self._favourites, *self._asked))
        there = [self._sites[one] for one in wanted if one in self._sites][:SHOWN]
        shown = [(made.site, made.favourite) for made in self._buttons]
        planned = [(site, self.is_favourite(site.id)) for site in there]
        if planned[: len(shown)] != shown:
            for stale in self._buttons:
                self._places.removeWidget(stale)
                stale.hide()
                stale.deleteLater()
            self._buttons, shown = [], []
        # What stands there stays: it may have the focus, or a finger on it.
        for site, favourite in planned[len(shown) :]:
            made = _SiteButton(site, favourite=favourite)
            made.clicked.connect(self._open_one)
            made.menu_wanted.connect(self.offer)
            self._places.addWidget(made)
            self._buttons.append(made)
        for made in self._buttons:
            made.setVisible(not self._compact)
        self._caption.setVisible(bool(there) and not self._compact)
        self.all_sites.setVisible(bool(there) and self._compact)
        self.help.setText(
            self.tr("能说什么  F1")
            if self._keyed and not self._compact
            else self.tr("能说什么")
        )

    def _open(self, sites: Sequence[Site], above: QWidget) -> None:
        popup = QuickPopup(self, sites, self._favourites)
        popup.picked.connect(self._ask)
        popup.toggled.connect(self.toggle)
        popup.destroyed.connect(self._gone)
        self._popup = popup
        popup.show_above(above)

    @Slot()
    def _open_one(self) -> None:
        sender = self.sender()
        for made in self._buttons:
            if made is sender:
                self._open((made.site,), made)

    @Slot()
    def _open_all(self) -> None:
        self._open([made.site for made in self._buttons], self.all_sites)

    @Slot(object)
    def _ask(self, call: Call) -> None:
        self.asked.emit((call,), asked_label(call.site, (call.check,)))

    @Slot()
    def _toggle_from_menu(self) -> None:
        sender = self.sender()
        data = getattr(sender, "data", None)
        if callable(data):
            self.toggle(str(data()))

    @Slot()
    def _gone(self) -> None:
        # The one that went late may be another than the one on the screen.
        if self._popup is not None and not isValid(self._popup):
            self._popup = None


def _asked_of(record: RunRecord) -> list[str]:
    """Give the sites of a command for a few of them."""
    reading = record.understanding
    calls = reading.calls if reading is not None else ()
    if not 0 < len(calls) <= FEW:
        return []
    return list(dict.fromkeys(call.site.id for call in calls))
