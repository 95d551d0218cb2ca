"""Filters that are kept by name: applied, saved, overwritten, deleted."""

from collections.abc import Callable, Mapping
from typing import Final

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from app.core.errors import UserFacingError
from app.core.filters import LogFilter, read, written
from app.desktop.pieces import button, caption, set_state
from app.desktop.review.choices import popup_below
from app.desktop.review.site_field import EscField

_LONGEST: Final = 40
_SAVE, _DELETE, _APPLY = "save", "delete", "apply"


class SavedFilters(QWidget):
    """The row that asks for a name; its button opens the menu of what is saved.

    Signals:
        picked: A saved filter is wanted.
        changed: The saved filters, name → line, to be kept.
        told: A sentence on what was done, or why not.
    """

    picked = Signal(object)
    changed = Signal(object)
    told = Signal(str)

    def __init__(self, current: Callable[[], LogFilter]) -> None:
        super().__init__()
        self._current = current
        self._kept: dict[str, str] = {}
        self.button = button("")
        self.button.clicked.connect(self.open)
        self.menu_shown: QMenu | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.name = EscField()
        self.name.setAccessibleName(self.tr("筛选的名称"))
        self.name.setPlaceholderText(self.tr("名称，例如 本周未结的告警"))
        self.name.setMaxLength(_LONGEST)
        self.name.setFixedWidth(260)
        self.name.textChanged.connect(self._name)
        self.name.returnPressed.connect(self._save)
        row.addWidget(self.name)
        self.save = button(self.tr("保存"), "primary")
        self.save.clicked.connect(self._save)
        row.addWidget(self.save)
        self.leave = button(self.tr("返回"), "quiet")
        self.leave.clicked.connect(self.hide)
        row.addWidget(self.leave)
        row.addStretch(1)
        self.show_current()

    @property
    def kept(self) -> Mapping[str, str]:
        """Name → line."""
        return self._kept

    def use(self, kept: Mapping[str, str]) -> None:
        """Take what is kept."""
        self._kept = dict(kept)
        self.show_current()

    def show_current(self) -> None:
        """Name the saved filter that is applied now."""
        name = self._applied()
        text = name or self.tr("常用筛选")
        short = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, 180)
        self.button.setText(f"★ {caption(short)} ▾")
        self.button.setAccessibleName(self.tr("常用筛选 {name}").format(name=name))
        set_state(self.button, "chosen", "true" if name else "")

    @Slot()
    def open(self) -> None:
        """Offer what is saved, and to save, overwrite or delete."""
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        applied = self._applied()
        for name in self._kept:
            action = menu.addAction(caption(name))
            action.setData((_APPLY, name))
            action.setCheckable(True)
            action.setChecked(name == applied)
        if self._kept:
            menu.addSeparator()
        save = menu.addAction(self.tr("保存当前筛选…"))
        save.setData((_SAVE, ""))
        save.setEnabled(self._current() != LogFilter())
        if self._kept:
            gone = menu.addMenu(self.tr("删除"))
            for name in self._kept:
                gone.addAction(caption(name)).setData((_DELETE, name))
        menu.triggered.connect(self._choose)
        self.menu_shown = menu
        popup_below(menu, self.button)

    def _applied(self) -> str:
        wanted = self._current()
        if wanted == LogFilter():
            return ""
        line = written(wanted)
        return next((name for name, kept in self._kept.items() if kept == line), "")

    @Slot(QAction)
    def _choose(self, action: QAction) -> None:
        what, name = action.data()
        if what == _SAVE:
            self.name.setText("")
            self._name()
            self.show()
            self.name.setFocus(Qt.FocusReason.OtherFocusReason)
        elif what == _DELETE:
            del self._kept[name]
            self._tell(self.tr("已删除常用筛选「{name}」。").format(name=name))
        else:
            self.apply(name)

    def apply(self, name: str) -> None:
        """Look for what is saved under this name."""
        try:
            wanted = read(self._kept[name])
        except UserFacingError as error:
            self.told.emit(str(error))
        else:
            self.picked.emit(wanted)

    @Slot()
    def _name(self) -> None:
        name = self.name.text().strip()
        there = name in self._kept
        self.save.setEnabled(bool(name))
        self.save.setText(self.tr("覆盖同名的") if there else self.tr("保存"))

    @Slot()
    def _save(self) -> None:
        name = self.name.text().strip()
        if name:
            self._kept[name] = written(self._current())
            self.hide()
            self.button.setFocus(Qt.FocusReason.OtherFocusReason)
            self._tell(self.tr("已保存常用筛选「{name}」。").format(name=name))

    def _tell(self, sentence: str) -> None:
        self.show_current()
        self.changed.emit(dict(self._kept))
        self.told.emit(sentence)
