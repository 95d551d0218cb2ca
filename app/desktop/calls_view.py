"""What a run asks of the backends while it goes on: a chip a call, or a count."""

from typing import Final

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.core import events
from app.core.model import Call, Mention, Severity, Understanding
from app.desktop import words
from app.desktop.look import Look
from app.desktop.pieces import Chip, FlowLayout, empty_layout, text_label

CHIPS: Final = 12
"""More calls than this are counted instead of shown one by one while they are out."""


class CallsView(QWidget):
    """Shows what was understood, then each call and whether it was answered."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._chips: dict[int, Chip] = {}
        self._calls: dict[int, Call] = {}
        """Calls without an answer yet."""
        self._total = self._answered = self._lost = 0
        """Calls of a sweep, those that were answered, those of them without data."""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self._chip_box = QWidget()
        self._flow = FlowLayout()
        self._chip_box.setLayout(self._flow)
        self._chip_box.hide()
        column.addWidget(self._chip_box)
        self._count = text_label("", "lead")
        self._count.hide()
        column.addWidget(self._count)
        self.hide()

    @property
    def counting(self) -> bool:
        """Whether there are too many calls to show each."""
        return self._total > 0

    def show_understood(self, understanding: Understanding) -> None:
        """Show what the command was taken to mean."""
        if len(understanding.calls) <= CHIPS:
            self._show_mentions(understanding.mentions[:CHIPS])
            return
        self._total = len(understanding.calls)
        self._count.show()
        self.show()
        self._say_count()

    def show_call(self, index: int, call: Call) -> None:
        """Show that a call is out."""
        if self.counting:
            return
        if not self._chips:
            # From here on the chips are the calls, which say more than the mentions.
            empty_layout(self._flow)
            self._show_chips(shown=True)
        chip = Chip(
            self._look, self.tr("{call}　查询中…").format(call=words.call_word(call))
        )
        self._chips[index] = chip
        self._calls[index] = call
        self._flow.addWidget(chip)

    def show_observed(self, event: events.Observed) -> None:
        """Show that a call was answered, or why there is no data."""
        if self.counting:
            self._answered += 1
            self._lost += event.missing is not None
            self._say_count()
            return
        chip = self._chips.get(event.index)
        if chip is None:
            return
        self._calls.pop(event.index, None)
        took = words.duration(event.latency_ms)
        state, mark = self.tr("已答复 {took}").format(took=took), None
        if event.missing is not None:
            state, mark = words.missing_word(event.missing), Severity.UNKNOWN
        chip.say(f"{words.call_word(event.call)}　{state}", mark)
        self._flow.invalidate()

    def finish(self) -> None:
        """The run is over: nothing is counted, or waited for, any more."""
        self._count.hide()
        for index, call in self._calls.items():
            self._chips[index].say(words.call_word(call))

    def give_way(self, *, to_findings: bool) -> None:
        """Leave the room to the findings, which say more; else keep the calls."""
        self._show_chips(shown=bool(self._chips) and not to_findings)

    def _show_mentions(self, mentions: tuple[Mention, ...]) -> None:
        for mention in mentions:
            place = mention.site.name if mention.site else mention.place
            check = words.check_word(mention.check) if mention.check else ""
            place = place or self.tr("地点？")
            check = check or self.tr("检查项目？")
            self._flow.addWidget(Chip(self._look, f"{place} · {check}"))
        self._show_chips(shown=bool(mentions))

    def _show_chips(self, *, shown: bool) -> None:
        self._chip_box.setVisible(shown)
        self.setVisible(shown or self._count.isVisibleTo(self))

    def _say_count(self) -> None:
        said = self.tr("已答复 {n} / {total}").format(
            n=self._answered, total=self._total
        )
        lost = self.tr("，数据缺失 {n}").format(n=self._lost) if self._lost else ""
        self._count.setText(said + lost)
