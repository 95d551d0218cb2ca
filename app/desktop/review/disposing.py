"""Takes a step with the chosen findings: what may be done now, and a small form."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QStringListModel, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QCompleter,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.core.disposing import NEEDS_NOTE
from app.core.entries import FindingState, Step, steps_from
from app.core.model import Call, Severity
from app.desktop import words
from app.desktop.look import Look
from app.desktop.pieces import FlowLayout, Mark, button, set_state, text_label
from app.desktop.review.site_field import EscField, name_popup
from app.desktop.review.terms import state_word, step_word
from app.desktop.words import breakable

_FORWARD: Final = (
    Step.DISPATCHED,
    Step.RECTIFIED,
    Step.RECHECKED,
    Step.CLOSED,
    Step.REOPENED,
    Step.FALSE_ALARM,
    Step.NOTED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A finding with which a step may be taken."""

    run_id: str
    index: int
    call: Call
    severity: Severity
    state: FindingState
    responsible: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A step as it was filled in."""

    targets: tuple[Target, ...]
    step: Step
    responsible: str = ""
    note: str = ""
    rechecked: bool = False
    """Whether the newest answer since is named as the one that looked again."""


class DisposalBar(QFrame):
    """Buttons for the steps that may be taken now; one opens a form in their place.

    Signals:
        wanted: A step is to be taken with findings.
        asked: A form was opened; its step and its targets.
    """

    wanted = Signal(object)
    asked = Signal(object, object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("bar")
        self._targets: tuple[Target, ...] = ()
        self._step: Step | None = None
        self._refused = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 14, 10)
        column.setSpacing(8)
        self.title = text_label("", "lead", wrap=True)
        column.addWidget(self.title)
        self.steps = QWidget()
        flow = FlowLayout(8)
        self.steps.setLayout(flow)
        self.buttons: dict[Step, QPushButton] = {}
        for step in _FORWARD:
            made = button(step_word(step))
            made.clicked.connect(self._press)
            self.buttons[step] = made
        flow.add_all(self.buttons.values())
        column.addWidget(self.steps)
        self.form = self._make_form()
        self.form.hide()
        column.addWidget(self.form)
        line = QHBoxLayout()
        line.setSpacing(8)
        self._mark = Mark(look, Severity.NORMAL, 20)
        self._mark.hide()
        line.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        self.told = text_label("", wrap=True)
        self.told.hide()
        line.addWidget(self.told, 1)
        column.addLayout(line)
        self.show_targets(())

    def _make_form(self) -> QWidget:
        form = QWidget()
        column = QVBoxLayout(form)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        fields = QHBoxLayout()
        fields.setSpacing(8)
        self.responsible = EscField()
        self.responsible.setAccessibleName(self.tr("责任人"))
        self.responsible.setPlaceholderText(self.tr("责任人"))
        self.responsible.setMaxLength(40)
        self.responsible.setMaximumWidth(180)
        self._people = QStringListModel(self)
        completer = QCompleter(self._people, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        name_popup(completer, self.tr("以前的责任人"))
        self.responsible.setCompleter(completer)
        self.note = EscField()
        self.note.setMaxLength(400)
        fields.addWidget(self.responsible)
        fields.addWidget(self.note, 1)
        column.addLayout(fields)
        self.recheck = QCheckBox("")
        column.addWidget(self.recheck)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.confirm = button("", "primary")
        self.confirm.clicked.connect(self._confirm)
        row.addWidget(self.confirm)
        self.back = button(self.tr("返回 Esc"))
        self.back.clicked.connect(self.leave)
        row.addWidget(self.back)
        row.addStretch(1)
        column.addLayout(row)
        for field in (self.responsible, self.note):
            field.textChanged.connect(self._check)
            field.returnPressed.connect(self._confirm)
        return form

    @property
    def targets(self) -> tuple[Target, ...]:
        """The findings that a step is taken with."""
        return self._targets

    @property
    def step(self) -> Step | None:
        """The step whose form is open; None: none is."""
        return self._step

    def forbid(self, sentence: str) -> None:
        """Say why whoever is at the desk may take no step; empty: he may."""
        if self._refused and not sentence:
            self.say("", Severity.NORMAL)
        self._refused = sentence
        self._lay_out()

    def offer(self, people: Sequence[str]) -> None:
        """Complete the name of whoever is made responsible with these."""
        self._people.setStringList(list(people))

    def show_targets(self, targets: Sequence[Target], *, more: str = "") -> None:
        """Show what may be done with these; `more` says why there are none.

        A form that is being filled in stays, as long as it is about the same.
        """
        fresh = tuple(targets)
        same = [_place(t) for t in fresh] == [_place(t) for t in self._targets]
        if not same:
            self.say("", Severity.NORMAL)
        self._targets, self._more = fresh, more
        if not same or (self._step is not None and self._step not in self._allowed()):
            self._step = None
        self._lay_out()

    def say(self, sentence: str, severity: Severity) -> None:
        """Say what became of a step."""
        self._mark.set_severity(severity)
        self._mark.setVisible(bool(sentence))
        set_state(self.told, "tone", severity.value if sentence else "")
        self.told.setText(breakable(sentence))
        self.told.setVisible(bool(sentence))

    def show_recheck(self, text: str, *, there: bool) -> None:
        """Offer the newest answer since as the one that looked again."""
        self.recheck.setText(text)
        self.recheck.setEnabled(there)
        self.recheck.setChecked(there)

    @Slot()
    def leave(self) -> None:
        """Think better of it."""
        step, self._step = self._step, None
        self._lay_out()
        if step is not None:
            self.buttons[step].setFocus(Qt.FocusReason.OtherFocusReason)

    def press(self, step: Step) -> None:
        """Open the form of a step."""
        if step not in self._allowed() or self._refused:
            return
        self._step = step
        self.say("", Severity.NORMAL)
        known = {target.responsible for target in self._targets}
        self.responsible.setText(known.pop() if len(known) == 1 else "")
        self.note.clear()
        needed = self.tr("原因，必填")
        if step is Step.NOTED:
            needed = self.tr("备注，必填")
        optional = self.tr("说明，可不填")
        named = needed if step in NEEDS_NOTE else optional
        self.note.setPlaceholderText(named)
        self.note.setAccessibleName(named)
        self.show_recheck(self.tr("正在找之后的查询…"), there=False)
        self._lay_out()
        first = self.responsible if step is Step.DISPATCHED else self.note
        first.setFocus(Qt.FocusReason.OtherFocusReason)
        self.asked.emit(step, self._targets)

    def _allowed(self) -> frozenset[Step]:
        if not self._targets:
            return frozenset()
        return frozenset.intersection(
            *(steps_from(target.state) for target in self._targets)
        )

    def _lay_out(self) -> None:
        allowed = self._allowed()
        asking = self._step is not None and not self._refused
        for step, made in self.buttons.items():
            made.setVisible(step in allowed)
            made.setEnabled(not self._refused)
        self.steps.setVisible(bool(allowed) and not asking)
        self.form.setVisible(asking)
        self.title.setText(breakable(self._about()))
        if self._refused and self._targets:
            self.say(self._refused, Severity.ATTENTION)
        if asking and self._step is not None:
            dispatching = self._step is Step.DISPATCHED
            self.responsible.setVisible(dispatching)
            self.recheck.setVisible(self._step is Step.RECHECKED)
            word = step_word(self._step)
            n = len(self._targets)
            self.confirm.setText(
                self.tr("{step} {n} 条").format(step=word, n=n) if n > 1 else word
            )
            self._check()

    def _about(self) -> str:
        if not self._targets:
            return self._more
        states = dict.fromkeys(target.state for target in self._targets)
        said = words.listed(map(state_word, states))
        if len(self._targets) == 1:
            call = words.call_word(self._targets[0].call)
            return self.tr("处置：{call}　{state}").format(call=call, state=said)
        text = self.tr("处置所选 {n} 条　{state}")
        return text.format(n=len(self._targets), state=said)

    @Slot()
    def _press(self) -> None:
        sender = self.sender()
        self.press(next(step for step, b in self.buttons.items() if b is sender))

    @Slot()
    def _check(self) -> None:
        ready = bool(self.note.text().strip()) or self._step not in NEEDS_NOTE
        if self._step is Step.DISPATCHED:
            ready = bool(self.responsible.text().strip())
        self.confirm.setEnabled(ready)

    @Slot()
    def _confirm(self) -> None:
        if self._step is None or not self.confirm.isEnabled():
            return
        dispatching = self._step is Step.DISPATCHED
        wanted = Wanted(
            targets=self._targets,
            step=self._step,
            responsible=self.responsible.text().strip() if dispatching else "",
            note=self.note.text().strip(),
            rechecked=self._step is Step.RECHECKED and self.recheck.isChecked(),
        )
        self._step = None
        self._lay_out()
        self.wanted.emit(wanted)


def _place(target: Target) -> tuple[str, int]:
    return target.run_id, target.index
