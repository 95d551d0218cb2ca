"""Lets a control be used only by whoever may; says who may where he may not."""

from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.core.people import Actor, May
from app.desktop.people.naming import refusal
from app.desktop.pieces import tip


@dataclass(slots=True, kw_only=True)
class _Guarded:
    widget: QWidget
    what: May
    own_tip: str = ""
    refused: bool = False


class Rights(QObject):
    """Switches controls; the core refuses what is asked for all the same."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._guarded: list[_Guarded] = []

    def guard(self, widget: QWidget, what: May) -> None:
        """Let only whoever may do this use a control."""
        self._guarded.append(_Guarded(widget=widget, what=what))

    def show(self, actor: Actor | None) -> None:
        """Switch every control for whoever is there."""
        for each in self._guarded:
            why = refusal(actor, each.what)
            if not each.refused:
                each.own_tip = each.widget.toolTip()
            if why or each.refused:
                each.widget.setToolTip(tip(why) if why else each.own_tip)
                each.widget.setEnabled(not why)
            each.refused = bool(why)
