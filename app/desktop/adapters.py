"""The adapters of the language model: how good each is, and which one reads."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from app.core.adapters import AdapterFigure, Adapters, AdapterSheet, Task, Trust
from app.core.errors import UserFacingError
from app.core.model import Severity
from app.desktop.look import Look
from app.desktop.pieces import Chip, button, empty_layout, set_state, text_label
from app.desktop.reader import Reader

_SHOWN: Final = 16
"""Characters of a hash that are shown; two people can read them out."""


class AdapterView(QFrame):
    """One adapter with its evaluation, beside that of the one in use.

    Signals:
        wanted: The adapter is to be activated; its name.
    """

    wanted = Signal(str)

    def __init__(
        self, look: Look, sheet: AdapterSheet, current: AdapterSheet | None
    ) -> None:
        super().__init__()
        self.setObjectName("card")
        self.sheet: Final = sheet
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.addWidget(text_label(sheet.title, "lead", wrap=True), 1)
        if sheet.tasks:
            head.addWidget(Chip(look, self._use(sheet), Severity.NORMAL))
        elif sheet.fault:
            head.addWidget(Chip(look, self.tr("不能使用"), Severity.ATTENTION))
        self.button: Final = button(self.tr("启用"), "primary")
        self.button.setAccessibleName(self.tr("启用 {name}").format(name=sheet.title))
        everything = len(sheet.tasks) == len(Task)
        self.button.setEnabled(not everything and not sheet.fault)
        self.button.clicked.connect(self._want)
        head.addWidget(self.button)
        column.addLayout(head)
        for line in self._facts(sheet):
            column.addWidget(text_label(line, "caption", wrap=True))
        if sheet.fault:
            column.addWidget(text_label(sheet.fault, wrap=True))
        if sheet.figures:
            column.addLayout(self._table(sheet, current))
        else:
            column.addWidget(text_label(self.tr("没有评测结果，好坏未知。"), wrap=True))

    def _use(self, sheet: AdapterSheet) -> str:
        """Say what an adapter is used for; nothing more where that is everything."""
        if len(sheet.tasks) == len(Task):
            return self.tr("使用中")
        names = {
            Task.UNDERSTANDING: self.tr("理解"),
            Task.SUMMARY: self.tr("总结"),
            Task.GREETING: self.tr("问候"),
        }
        used = "、".join(names[task] for task in sheet.tasks)
        return self.tr("用于{tasks}").format(tasks=used)

    def _facts(self, sheet: AdapterSheet) -> list[str]:
        trust = {
            Trust.SHIPPED: self.tr("随程序附带"),
            Trust.KNOWN: self.tr("签名可信 {signer}"),
            Trust.UNKNOWN: self.tr("签名人 {signer} 不在信任名单中"),
            Trust.UNSIGNED: self.tr("没有签名"),
        }[sheet.trust].format(signer=sheet.signer)
        base = self.tr("模型 {name}（{sum}…）").format(
            name=sheet.base, sum=sheet.base_sha256[:_SHOWN]
        )
        facts = [sheet.name, base, trust]
        if sheet.made_at:
            facts.append(self.tr("制作于 {time}").format(time=sheet.made_at))
        return ["　".join(facts)]

    def _table(self, sheet: AdapterSheet, current: AdapterSheet | None) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(20)
        grid.setColumnStretch(0, 1)
        titles = [self.tr("评测"), self.tr("本适配器"), self.tr("95% 区间")]
        known: dict[str, AdapterFigure] = {}
        if current is not None and current.name != sheet.name:
            known = {figure.key: figure for figure in current.figures}
            titles.append(self.tr("使用中的"))
        for place, title in enumerate(titles):
            grid.addWidget(text_label(title, "caption"), 0, place)
        for row, figure in enumerate(sheet.figures, start=1):
            cells = [
                figure.name,
                f"{figure.share:.1%}　{figure.right}/{figure.total}",
                f"{figure.low:.1%} – {figure.high:.1%}",
            ]
            if len(titles) > len(cells):
                other = known.get(figure.key)
                cells.append(f"{other.share:.1%}" if other else "–")
            for place, cell in enumerate(cells):
                grid.addWidget(text_label(cell), row, place)
        return grid

    @Slot()
    def _want(self) -> None:
        self.wanted.emit(self.sheet.name)


class AdapterWindow(QDialog):
    """Every adapter; one may be activated, and the choice taken back.

    Signals:
        settled: What was asked for is done, or was refused; nothing is under way.
    """

    settled = Signal()

    def __init__(
        self,
        look: Look,
        reader: Reader,
        adapters: Adapters,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("语言模型的适配器"))
        self.resize(860, 640)
        self._look, self._reader, self._adapters = look, reader, adapters
        outer = QVBoxLayout(self)
        outer.setSpacing(10)
        outer.addWidget(
            text_label(
                self.tr(
                    "适配器决定语言模型怎样理解指令。请先看评测再启用；"
                    "启用后从下一条指令起生效，随时可以回退。"
                ),
                "muted",
                wrap=True,
            )
        )
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setAccessibleName(self.windowTitle())
        page = QWidget()
        page.setObjectName("page")
        self._column = QVBoxLayout(page)
        self._column.setSpacing(10)
        scroll.setWidget(page)
        outer.addWidget(scroll, 1)
        self.notice: Final = text_label("", wrap=True)
        outer.addWidget(self.notice)
        foot = QHBoxLayout()
        self.back: Final = button(self.tr("回退"))
        self.back.setToolTip(self.tr("改回上一个启用的适配器"))
        self.back.clicked.connect(self._roll_back)
        foot.addWidget(self.back)
        foot.addStretch(1)
        close = button(self.tr("关闭"))
        close.clicked.connect(self.close)
        foot.addWidget(close)
        outer.addLayout(foot)
        self.views: list[AdapterView] = []
        self._hold()
        self._reader.begin(self._load())

    @Slot(str)
    def _activate(self, name: str) -> None:
        self._begin(lambda: self._adapters.activate(name))

    @Slot()
    def _roll_back(self) -> None:
        self._begin(self._adapters.rollback)

    def _begin(self, change: Callable[[], AdapterSheet]) -> None:
        self._hold()
        self._say(self.tr("正在核对文件…"), Severity.UNKNOWN)
        self._reader.begin(self._change(change))

    async def _change(self, change: Callable[[], AdapterSheet]) -> None:
        try:
            sheet = await asyncio.to_thread(change)
        except UserFacingError as error:
            said = f"{error.message}。{error.remedy}", Severity.ATTENTION
        else:
            sentence = self.tr("已启用「{name}」，从下一条指令起生效。")
            if self._adapters.override:
                sentence = self.tr("已启用「{name}」。")
            said = sentence.format(name=sheet.title), Severity.NORMAL
        await self._load(*said)

    async def _load(
        self, sentence: str = "", severity: Severity = Severity.NORMAL
    ) -> None:
        """Read the sheets and show them, then say what came of it."""
        sheets: Sequence[AdapterSheet] = ()
        try:
            sheets = await asyncio.to_thread(self._adapters.sheets)
        except UserFacingError as error:
            sentence, severity = f"{error.message}。{error.remedy}", Severity.ATTENTION
        # The window may have been closed meanwhile.
        if not isValid(self):
            return
        if not sheets and not sentence:
            sentence = self.tr("没有适配器：本机没有可用的语言模型。")
            severity = Severity.ATTENTION
        self._show(sheets)
        if override := self._adapters.override:
            sentence += self.tr(
                "设置 agent.adapter 指定了「{name}」，它优先于这里启用的适配器。"
            ).format(name=override)
            severity = Severity.ATTENTION
        self._say(sentence, severity)
        self.settled.emit()

    def _show(self, sheets: Sequence[AdapterSheet]) -> None:
        empty_layout(self._column)
        current = next((sheet for sheet in sheets if sheet.active), None)
        self.views = [AdapterView(self._look, sheet, current) for sheet in sheets]
        for view in self.views:
            view.wanted.connect(self._activate)
            self._column.addWidget(view)
        self._column.addStretch(1)
        self.back.setEnabled(True)

    def _hold(self) -> None:
        """Let nothing else be asked for while something is under way."""
        buttons: list[QPushButton] = [view.button for view in self.views]
        for one in (*buttons, self.back):
            one.setEnabled(False)

    def _say(self, sentence: str, severity: Severity) -> None:
        self.notice.setText(sentence)
        set_state(self.notice, "tone", severity.value if sentence else "")
