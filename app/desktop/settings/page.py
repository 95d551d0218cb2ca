"""Every setting, edited and kept; nothing is kept before somebody says so."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from app.core.configuring import (
    Configuration,
    SettingChange,
    SettingsImport,
    SettingsNow,
)
from app.core.model import Severity
from app.core.people import May
from app.core.presence import Presence
from app.desktop import words
from app.desktop.asking import ask_where, ask_which
from app.desktop.look import Look
from app.desktop.people.naming import refusal
from app.desktop.people.told import Told
from app.desktop.people.trying import refusal_of
from app.desktop.pieces import button, text_label, within_screen
from app.desktop.reader import Reader
from app.desktop.settings.rows import Rows
from app.desktop.settings.showing import ChangesDialog
from app.desktop.settings.words import change_word, said

AtOnce = Mapping[str, Callable[[object], None]]
"""Key of a setting → what applies it."""


class SettingsPage(QDialog):
    """Edits the settings file; the desk goes on beside it.

    Signals:
        settled: What was asked for is done, or was refused; nothing is under way.
    """

    settled = Signal()

    def __init__(
        self,
        look: Look,
        reader: Reader,
        configuration: Configuration,
        presence: Presence,
        at_once: AtOnce,
        parent: QWidget | None = None,
    ) -> None:
        """Take what applies a setting at once; it outlives the page."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(False)
        self.setWindowTitle(self.tr("设置"))
        self.resize(940, 660)
        self._reader, self._configuration = reader, configuration
        self._presence, self._at_once = presence, at_once
        self._leaving = self._busy = self._sound = False
        self._closing = False
        """Whether it is to close as soon as nothing is under way."""
        column = QVBoxLayout(self)
        column.setSpacing(10)
        self.about_file: Final = Told(look)
        column.addWidget(self.about_file)
        self.about_rights: Final = Told(look)
        column.addWidget(self.about_rights)
        self.rows: Final = Rows(look, configuration.fault, at_once.keys())
        self.rows.edited.connect(self._tell)
        top = QHBoxLayout()
        top.addWidget(self.rows.filter, 1)
        self.advanced: Final = QCheckBox(self.tr("高级设置"))
        self.advanced.setToolTip(self.tr("也显示很少需要改的设置"))
        self.advanced.toggled.connect(self.rows.show_advanced)
        top.addWidget(self.advanced)
        column.addLayout(top)
        column.addWidget(self.rows, 1)
        self.notice: Final = Told(look)
        column.addWidget(self.notice)
        column.addLayout(self._make_foot())
        for keys, slot in (
            (QKeySequence.StandardKey.Save, self.ask_save),
            (QKeySequence.StandardKey.Find, self.seek),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(slot)
        within_screen(self)
        self.rows.filter.setFocus(Qt.FocusReason.OtherFocusReason)
        self._tell()
        self._begin(self._load)

    def _make_foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        self.take = button(self.tr("导入…"))
        self.take.setToolTip(self.tr("采用另一个席位导出的设置，先看会改什么"))
        self.take.clicked.connect(self.ask_import)
        self.give = button(self.tr("导出…"))
        self.give.setToolTip(self.tr("写成文件，给另一个席位；没有密钥和本席位的名字"))
        self.give.clicked.connect(self.ask_export)
        for made in (self.take, self.give):
            foot.addWidget(made)
        foot.addStretch(1)
        self.count = text_label("", "muted")
        foot.addWidget(self.count)
        self.save = button(self.tr("保存…  Ctrl+S"), "primary")
        self.save.clicked.connect(self.ask_save)
        foot.addWidget(self.save)
        close = button(self.tr("关闭  Esc"))
        close.clicked.connect(self.close)
        foot.addWidget(close)
        return foot

    @property
    def changes(self) -> tuple[SettingChange, ...]:
        """What was edited and is not kept."""
        return tuple(row.change for row in self.rows.all if row.change is not None)

    @property
    def unsaved(self) -> bool:
        """Whether something would be lost, were it closed now."""
        return bool(self.rows.unsaved)

    @Slot()
    def seek(self) -> None:
        """Go to the filter."""
        self.rows.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.rows.filter.selectAll()

    @Slot()
    def look_who(self) -> None:
        """Let whoever is there now change settings, or only read them."""
        self._tell()

    @Slot()
    def ask_save(self) -> ChangesDialog | None:
        """Show what will change, and ask; say so where nothing can be kept."""
        if not self.save.isEnabled():
            return None
        if faulty := self.rows.faulty:
            self.rows.show_row(faulty[0])
            self._say(self._why_not(), Severity.ATTENTION)
            return None
        asked = ChangesDialog(
            self.tr("保存这{n}项改动吗？").format(n=len(self.changes)),
            self._lines(self.changes),
            self,
            make=self.tr("保存"),
        )
        asked.wanted.connect(self._save)
        asked.open()
        return asked

    @Slot()
    def ask_export(self) -> None:
        """Ask where the settings for another desk go."""
        proposed = str(Path.home() / "griddesk-settings.toml")
        kind = self.tr("设置文件 (*.toml)")
        title = self.tr("导出设置")
        write = self.export_to
        ask_where(self, title, proposed, kind, "toml", write, replaces=False)

    @Slot()
    def ask_import(self) -> None:
        """Ask which file of another desk is to be taken."""
        kind = self.tr("设置文件 (*.toml)")
        ask_which(self, self.tr("导入设置"), kind, self.import_from)

    @Slot(str)
    def export_to(self, path: str) -> None:
        """Write the settings there."""
        self._begin(lambda: self._export(Path(path)))

    @Slot(str)
    def import_from(self, path: str) -> None:
        """Show what a file would change, and ask."""
        self._begin(lambda: self._plan(Path(path)))

    def reject(self) -> None:
        """Close; ask first where something is not kept."""
        unsaved = self.rows.unsaved
        if self._leaving or not unsaved:
            super().reject()
            return
        if self._busy:
            # What is being saved can no longer be left unsaved.
            self._closing = True
            self._say(self.tr("还在处理，完成后关闭本页。"), Severity.UNKNOWN)
            return
        why_not = self._why_not()
        keepable = self.save.isEnabled() and not why_not
        wrong = [(row.name, row.fault) for row in unsaved if row.change is None]
        asked = ChangesDialog(
            self.tr("有{n}项改动没有保存").format(n=len(unsaved)),
            [*self._lines(self.changes), *wrong],
            self,
            notes=[why_not] if why_not else [],
            make=self.tr("保存") if keepable else "",
            drop=self.tr("不保存"),
        )
        asked.dropped.connect(self.leave)
        asked.wanted.connect(self._save_and_leave)
        asked.open()

    @Slot()
    def leave(self) -> None:
        """Close, whatever was edited."""
        self._leaving = True
        self.close()

    @Slot()
    def _save(self) -> None:
        self._begin(self._change)

    @Slot()
    def _save_and_leave(self) -> None:
        self._begin(self._change_and_leave)

    def _begin(self, work: Callable[[], Awaitable[None]]) -> None:
        if self._busy:
            return
        self._busy = True
        self._tell()
        self._reader.begin(self._do(work))

    async def _do(self, work: Callable[[], Awaitable[None]]) -> None:
        why = await refusal_of(work())
        # The window may have been closed meanwhile.
        if not isValid(self):
            return
        if why:
            self._say(why, Severity.ATTENTION)
            # What somebody else changed meanwhile is seen at once.
            await self._load()
        if isValid(self):
            self._busy = False
            self._tell()
            closing, self._closing = self._closing, False
            if closing:
                self.reject()
            self.settled.emit()

    async def _load(self) -> None:
        found: list[SettingsNow] = []
        reading = self._reader.run(lambda: found.append(self._configuration.look()))
        why = await refusal_of(reading)
        if not isValid(self):
            return
        self._sound = not why
        self.about_file.say(why, Severity.ATTENTION)
        for now in found:
            await self._show(now)

    async def _change(self) -> None:
        made = await self._configuration.change(self.changes)
        self._apply(made)
        if isValid(self):
            await self._told(made, self.tr("已保存。"))

    async def _change_and_leave(self) -> None:
        await self._change()
        if isValid(self):
            self.leave()

    def _apply(self, made: Sequence[SettingChange]) -> None:
        """Apply what can be; the page may have been closed meanwhile."""
        for each in made:
            if each.key in self._at_once:
                self._at_once[each.key](each.after)

    async def _told(self, made: Sequence[SettingChange], sentence: str) -> None:
        """Read anew and say what waits for the next start."""
        await self._load()
        later = [each.key for each in made if each.key not in self._at_once]
        if later and isValid(self):
            names = words.listed(self.rows.name_of(key) for key in later)
            waiting = self.tr("下次启动时生效：{names}。").format(names=names)
            sentence = f"{sentence} {waiting}"
        if isValid(self):
            self._say(sentence, Severity.NORMAL)

    async def _export(self, path: Path) -> None:
        left = await self._reader.run(lambda: self._configuration.export(path))
        if isValid(self):
            names = words.listed(map(self.rows.name_of, left))
            sentence = self.tr(
                "已导出到 {path}。没有导出本席位自己的：{names}。密钥不在设置里。"
            )
            self._say(sentence.format(path=path, names=names), Severity.NORMAL)

    async def _plan(self, path: Path) -> None:
        planned = await self._reader.run(lambda: self._configuration.plan(path))
        if not isValid(self) or self._closing:
            return
        notes = list(planned.warnings)
        if planned.left:
            names = words.listed(map(self.rows.name_of, planned.left))
            left = self.tr("属于另一个席位，不导入：{names}。")
            notes.append(left.format(names=names))
        if not planned.changes:
            nothing = self.tr("「{name}」里没有不同的设置，没有改动。")
            said_of = [nothing.format(name=path.name), *notes]
            self._say(" ".join(said_of), Severity.NORMAL)
            return
        title = self.tr("导入「{name}」，修改这{n}项吗？")
        asked = ChangesDialog(
            title.format(name=path.name, n=len(planned.changes)),
            self._lines(planned.changes),
            self,
            notes=notes,
            make=self.tr("导入"),
        )
        asked.wanted.connect(lambda: self._begin(lambda: self._take(planned)))
        asked.open()

    async def _take(self, planned: SettingsImport) -> None:
        taken = await self._configuration.take(planned)
        self._apply(taken.made)
        if not isValid(self):
            return
        sentence = self.tr("已导入{n}项。").format(n=len(taken.made))
        if taken.previous is not None:
            kept = self.tr("原来的设置保存为 {name}。")
            sentence = f"{sentence} {kept.format(name=taken.previous.name)}"
        await self._told(taken.made, sentence)

    async def _show(self, now: SettingsNow) -> None:
        self._sound = not now.broken
        told = list(now.warnings)
        if now.broken:
            mend = self.tr("请先改正「{path}」，或把它移走，再打开本页。")
            told.append(mend.format(path=now.path))
        self.about_file.say("\n".join(told), Severity.ATTENTION)
        for section in now.sections:
            self.rows.show_section(section)
            # So many fields at once would hold up the window.
            await asyncio.sleep(0)
            if not isValid(self):
                return
        self._tell()

    @Slot()
    def _tell(self) -> None:
        """Let only be done what can be, and say what is not kept."""
        why = refusal(self._presence.actor, May.CONFIGURE)
        self.about_rights.say(why, Severity.UNKNOWN)
        free = self._sound and not why and not self._busy
        changes = self.changes
        self.rows.lock(locked=bool(why) or not self._sound)
        faulty = len(self.rows.faulty)
        # What cannot be kept is said by it, too.
        self.save.setEnabled(free and self.unsaved)
        for each in (self.take, self.give):
            each.setEnabled(free)
        said_of = [
            sentence.format(n=number)
            for sentence, number in (
                (self.tr("{n}项没有保存"), len(changes)),
                (self.tr("{n}项不可用"), faulty),
            )
            if number
        ]
        self.count.setText("　".join(said_of))

    def _why_not(self) -> str:
        """Say why nothing can be kept; empty: nothing is wrong with any row."""
        number = len(self.rows.faulty)
        sentence = self.tr("{n}项不可用，没有保存。请先改正。")
        return sentence.format(n=number) if number else ""

    def _lines(self, changes: Sequence[SettingChange]) -> list[tuple[str, str]]:
        lines = []
        for each in changes:
            setting = self.rows.row(each.key).setting
            name = self.tr("{name}（{key}）").format(
                name=said(setting.name), key=each.key
            )
            lines.append((name, change_word(setting, each)))
        return lines

    def _say(self, sentence: str, severity: Severity) -> None:
        self.notice.say(sentence, severity)
