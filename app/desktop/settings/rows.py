"""The settings by sections: one section, or whatever a word finds in all of them."""

from collections import Counter
from collections.abc import Sequence, Set
from typing import Final

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QWidget,
)

from app.core.configuring import Section
from app.desktop.look import Look
from app.desktop.pieces import text_label
from app.desktop.scrolling import scrolling
from app.desktop.settings.row import FaultOf, SettingRow
from app.desktop.settings.words import said

_LIST: Final = 176


class Rows(QWidget):
    """Shows the rows of the chosen section, or those that the filter finds.

    Signals:
        edited: A row holds something else than before.
    """

    edited = Signal()

    def __init__(self, look: Look, fault_of: FaultOf, at_once: Set[str]) -> None:
        super().__init__()
        self._look, self._fault_of, self._at_once = look, fault_of, at_once
        self._rows: dict[str, SettingRow] = {}
        self._heads: dict[str, QLabel] = {}
        self._advanced = self._taking = self._locked = False
        self.filter: Final = QLineEdit()
        self.filter.setPlaceholderText(self.tr("筛选：名称、键或说明  Ctrl+F"))
        self.filter.setAccessibleName(self.tr("筛选设置"))
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._choose)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(12)
        self.sections: Final = QListWidget()
        self.sections.setAccessibleName(self.tr("设置的各部分"))
        self.sections.setFixedWidth(_LIST)
        never = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.sections.setHorizontalScrollBarPolicy(never)
        self.sections.currentRowChanged.connect(self._pick)
        self.sections.clicked.connect(self._pick)
        line.addWidget(self.sections)
        self._scroll, self._column = scrolling(self.tr("设置"))
        self.nothing: Final = text_label(
            self.tr("没有这样的设置。可以按名称、键或说明里的字找。"),
            "muted",
            wrap=True,
        )
        self._column.addWidget(self.nothing)
        self._column.addStretch(1)
        line.addWidget(self._scroll, 1)

    @property
    def all(self) -> Sequence[SettingRow]:
        """Every row, in the order of the file."""
        return tuple(self._rows.values())

    @property
    def faulty(self) -> Sequence[SettingRow]:
        """The rows that cannot be kept."""
        return tuple(row for row in self.all if row.fault)

    @property
    def unsaved(self) -> Sequence[SettingRow]:
        """The rows that were edited and are not kept."""
        return tuple(row for row in self.all if row.unsaved)

    def row(self, key: str) -> SettingRow:
        """Give the row of a setting."""
        return self._rows[key]

    def name_of(self, key: str) -> str:
        """Name a setting."""
        return self._rows[key].name if key in self._rows else key

    def show_section(self, section: Section) -> None:
        """Show what the file says; what was edited and is not kept stays."""
        if section.key not in self._heads:
            self._add(section)
        self._taking = True
        for setting in section.settings:
            self._rows[setting.key].rebase(setting)
        self._taking = False
        # What is no longer the default may have been hidden till now.
        self._see()
        self._edited()
        if self.sections.currentRow() < 0:
            self.sections.setCurrentRow(0)

    def show_row(self, row: SettingRow) -> None:
        """Bring a row on the screen and go to its field."""
        self.sections.setCurrentRow(list(self._heads).index(row.setting.section))
        self._pick()
        self._scroll.ensureWidgetVisible(row)
        row.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def lock(self, *, locked: bool) -> None:
        """Let settings be read alone, or edited as well."""
        if locked is not self._locked:
            self._locked = locked
            for row in self.all:
                row.lock(locked=locked)

    @Slot(bool)
    def show_advanced(self, wanted: bool) -> None:
        """Show also what is rarely changed."""
        self._advanced = wanted
        self._choose()

    def _add(self, section: Section) -> None:
        place = self._column.count() - 2
        head = text_label(said(section.name), "title")
        self._heads[section.key] = head
        self._column.insertWidget(place, head)
        self.sections.addItem(said(section.name))
        for setting in section.settings:
            made = SettingRow(
                self._look,
                setting,
                self._fault_of,
                section=f"{section.name} {head.text()}",
                at_once=setting.key in self._at_once,
            )
            made.edited.connect(self._edited)
            made.lock(locked=self._locked)
            self._rows[setting.key] = made
            place += 1
            self._column.insertWidget(place, made)
        self._choose()

    @Slot()
    def _pick(self) -> None:
        """Show the chosen section, whatever was looked for."""
        self.filter.clear()
        self._choose()

    @Slot()
    def _choose(self) -> None:
        """Show what is wanted from its beginning."""
        self._see()
        self._scroll.verticalScrollBar().setValue(0)

    def _see(self) -> None:
        """Show a section, or what the filter finds."""
        wanted = self.filter.text().split()
        chosen = self.sections.currentRow()
        keys = list(self._heads)
        found: set[str] = set()
        for row in self.all:
            section = row.setting.section
            here = keys.index(section) == chosen
            seen = row.meant_by(wanted) if wanted else here and self._open(row)
            row.setVisible(seen)
            if seen:
                found.add(section)
        for key, head in self._heads.items():
            head.setVisible(key in found)
        self.nothing.setVisible(bool(wanted) and not found)

    def _open(self, row: SettingRow) -> bool:
        """Say whether a row is seen without being looked for."""
        rare = row.setting.advanced and not row.differs and not row.unsaved
        return self._advanced or not rare

    @Slot()
    def _edited(self) -> None:
        if self._taking:
            return
        new = Counter(row.setting.section for row in self.all if row.change is not None)
        for place, (key, head) in enumerate(self._heads.items()):
            text = f"{head.text()}  ▲{new[key]}" if new[key] else head.text()
            item = self.sections.item(place)
            if item.text() != text:
                item.setText(text)
        self.edited.emit()
