"""A field for a site: type characters, pinyin or initials, and pick one."""

from collections.abc import Mapping, Sequence
from typing import Final

from PySide6.QtCore import QEvent, QStringListModel, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCompleter, QLineEdit
from shiboken6 import isValid

from app.core.model import Site
from app.core.ports import SiteDirectory
from app.desktop.board.finding_sites import SiteFinder, folded, in_letters
from app.desktop.reader import Reader

_OFFERED: Final = 12


def name_popup(completer: QCompleter, name: str) -> None:
    """Tell a screen reader what the list of a completer is."""
    popup = completer.popup()
    if popup is not None:
        popup.setAccessibleName(name)


class EscField(QLineEdit):
    """A field that Esc empties, before Esc means anything in the window."""

    def event(self, event: QEvent) -> bool:
        """Take Esc while there is something to empty."""
        if event.type() == QEvent.Type.ShortcutOverride and self.text():
            assert isinstance(event, QKeyEvent)
            if event.key() == Qt.Key.Key_Escape:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Empty on Esc."""
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
            return
        super().keyPressEvent(event)


class SiteField(EscField):
    """Offers the sites that the typed words may mean.

    Signals:
        picked: A site was picked, or words that a name holds; id or words, never empty.
    """

    picked = Signal(str)

    def __init__(self, directory: SiteDirectory, reader: Reader) -> None:
        super().__init__()
        self._directory, self._reader = directory, reader
        self._sites_given: Sequence[Site] = ()
        self._sites: Mapping[str, Site] = {}
        self._finder = SiteFinder(())
        self._learning = False
        self._names = QStringListModel(self)
        self._shown: dict[str, str] = {}
        """What is offered → the site's id."""
        completer = QCompleter(self._names, self)
        completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        completer.setMaxVisibleItems(_OFFERED)
        name_popup(completer, self.tr("符合的工地"))
        completer.activated.connect(self._activate)
        self.setCompleter(completer)
        self.setAccessibleName(self.tr("工地"))
        self.setPlaceholderText(self.tr("工地：名称或拼音"))
        self.textEdited.connect(self._type)
        self.returnPressed.connect(self._enter)

    def use(self, sites: Sequence[Site]) -> None:
        """Take the sites of the desk."""
        if sites == self._sites_given:
            return
        self._sites_given = sites
        self._sites = {site.id: site for site in sites}
        self._finder = SiteFinder(sites)

    def name_of(self, site: str) -> str:
        """Name a site; words that are no id are given back."""
        found = self._sites.get(site)
        return found.name if found is not None else site

    @property
    def site(self) -> Site | None:
        """The one site that the text names; None: none, or several."""
        typed = self.text().strip()
        if typed in self._shown:
            return self._sites.get(self._shown[typed])
        named = [each for each in self._sites.values() if each.name == typed]
        if len(named) == 1:
            return named[0]
        found = self._finder.find(typed) if typed else ()
        return self._sites[next(iter(found))] if len(found) == 1 else None

    @Slot()
    def _type(self) -> None:
        typed = self.text().strip()
        if any(map(in_letters, folded(typed).split())) and not self._finder.reads:
            self._learn()
        self._offer()

    def _offer(self) -> None:
        typed = self.text().strip()
        found = self._finder.find(typed) if typed else frozenset()
        sites = [each for each in self._sites.values() if each.id in found][:_OFFERED]
        names = [each.name for each in sites]
        self._shown = {
            site.name if names.count(site.name) == 1 else f"{site.name} {site.id}": (
                site.id
            )
            for site in sites
        }
        self._names.setStringList(list(self._shown))

    def _learn(self) -> None:
        if not self._learning:
            self._learning = True
            self._reader.begin(self._read_aloud())

    async def _read_aloud(self) -> None:
        """Read the names aloud: the first letters typed wait for it, not the start."""
        finder = self._finder
        try:
            await self._reader.run(lambda: finder.learn(self._directory.readings))
        finally:
            self._learning = False
        if not isValid(self):
            return
        self._offer()
        if self.hasFocus() and self.text().strip():
            self.completer().complete()

    @Slot(str)
    def _activate(self, name: str) -> None:
        self.picked.emit(self._shown.get(name, name))

    @Slot()
    def _enter(self) -> None:
        typed = self.text().strip()
        popup = self.completer().popup()
        if typed and (popup is None or not popup.isVisible()):
            site = self.site
            self.picked.emit(typed if site is None else site.id)
