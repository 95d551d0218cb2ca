"""The menu of a cell: each check, all of them, and the record of the last answer."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QModelIndex, Qt
from PySide6.QtWidgets import QMenu

from app.core.model import Check
from app.desktop import words
from app.desktop.board.model import CHECKS, Line, Region

if TYPE_CHECKING:
    from app.desktop.board.panel import BoardPanel


def _tr(text: str) -> str:
    return QCoreApplication.translate("board", text)


def choices_at(panel: "BoardPanel", index: QModelIndex) -> QMenu:
    """Make the menu; it deletes itself when it closes."""
    menu = QMenu(panel)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    line, column = panel.model.line(index.row()), index.column()
    offers: list[tuple[str, Sequence[Check]]] = [
        (_tr("查询{check}").format(check=words.check_word(check)), (check,))
        for check in CHECKS
    ]
    offers.append((_tr("三项都查"), CHECKS))
    for text, wanted in offers:
        action = menu.addAction(text)
        action.triggered.connect(partial(_ask, panel, line, wanted))
        if not isinstance(line, Region):
            free = (c for c in wanted if panel.model.asking(line, c) is None)
            action.setEnabled(any(True for _ in free))
    if isinstance(line, Region) or column == 0:
        return menu
    answer = panel.model.answer(line, CHECKS[column - 1])
    if answer is not None:
        menu.addSeparator()
        action = menu.addAction(_tr("查看这次记录"))
        action.triggered.connect(partial(_show, panel, answer.run_id))
    return menu


def _ask(panel: "BoardPanel", line: Line, wanted: Sequence[Check], *_: object) -> None:
    """Ask; Qt adds whether the action is checked."""
    panel.ask(line, wanted)


def _show(panel: "BoardPanel", run_id: str, *_: object) -> None:
    panel.show_record(run_id)
