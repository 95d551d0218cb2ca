"""What came later: who acknowledged, dispatched, corrected and decided, in order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout

from app.core.alarms import Acknowledgement
from app.core.entries import Correction, Decision, Disposition, History
from app.core.model import RunRecord, Severity
from app.desktop import words
from app.desktop.look import Look
from app.desktop.pieces import Mark, set_state, text_label
from app.desktop.review.terms import step_word

_NEWEST: Final = 60
"""Lines at most: of a sweep thousands are kept, and each of its findings has few."""
_NAMED: Final = 6
"""Alarms that are named one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """A line of the course."""

    at: datetime
    by: str
    what: str


def _tr(text: str) -> str:
    return QCoreApplication.translate("review", text)


def course_of(
    record: RunRecord, history: History, index: int | None = None
) -> list[Happening]:
    """Give what was said later about a run, or one of its findings; the first first."""
    about = {index, *(range(len(record.findings)) if index is None else ())}
    lines = [
        *_acknowledged(
            record, [s for s in history.acknowledgements if s.index in about]
        ),
        *(_step(record, s) for s in history.dispositions if s.index in about),
        *(_corrected(each) for each in history.corrections),
        *(_decided(each, history) for each in history.decisions),
    ]
    return sorted(lines, key=lambda line: line.at)


def _of(record: RunRecord, index: int, what: str) -> str:
    """Name the finding too, where there are several."""
    if len(record.findings) <= 1 or index >= len(record.findings):
        return what
    call = words.call_word(record.findings[index].call)
    return _tr("{finding}：{what}").format(finding=call, what=what)


def _acknowledged(
    record: RunRecord, said: Sequence[Acknowledgement]
) -> Iterator[Happening]:
    for each in said:
        parts = [_tr("确认告警"), each.note]
        what = _of(record, each.index, "　".join(filter(None, parts)))
        yield Happening(at=each.at, by=_who(each.by, each.workstation), what=what)


def _step(record: RunRecord, each: Disposition) -> Happening:
    parts = [step_word(each.step)]
    if each.responsible:
        parts.append(_tr("责任人 {name}").format(name=each.responsible))
    if each.recheck_run:
        parts.append(_tr("依据运行 {id}").format(id=each.recheck_run[:8]))
    parts.append(each.note)
    what = _of(record, each.index, "　".join(filter(None, parts)))
    return Happening(at=each.at, by=_who(each.by, each.workstation), what=what)


def corrected(each: Correction) -> str:
    """Say what a correction says was said, or meant."""
    parts = []
    if each.text:
        parts.append(_tr("原话应为「{text}」").format(text=each.text))
    if each.calls:
        calls = words.listed(map(words.call_word, each.calls))
        parts.append(_tr("应查 {calls}").format(calls=calls))
    return "　".join(filter(None, (*parts, each.note)))


def _corrected(each: Correction) -> Happening:
    what = _tr("更正：{what}").format(what=corrected(each))
    return Happening(at=each.at, by=_who(each.by, each.workstation), what=what)


def _decided(each: Decision, history: History) -> Happening:
    known = {c.entry_id: c for c in history.corrections}
    what = _tr("采纳更正") if each.approved else _tr("不采纳更正")
    about = known.get(each.correction_id)
    if about is not None and len(known) > 1:
        what += words.quoted(corrected(about))
    what = "　".join(filter(None, (what, each.note)))
    return Happening(at=each.at, by=_who(each.by, each.workstation), what=what)


def _who(by: str, workstation: str) -> str:
    return "　".join(filter(None, (by, workstation)))


class CourseView(QFrame):
    """The course of a run, a line each: when, what, who."""

    def __init__(
        self,
        look: Look,
        record: RunRecord,
        history: History,
        index: int | None = None,
    ) -> None:
        super().__init__()
        self.setObjectName("reasons")
        self.setAccessibleName(self.tr("后续"))
        grid = QGridLayout(self)
        grid.setContentsMargins(12, 8, 12, 8)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        lines = course_of(record, history, index)
        seen = {each.index for each in history.acknowledgements}
        unseen = [
            at
            for at, finding in enumerate(record.findings)
            if index in {None, at}
            and finding.severity is Severity.ALARM
            and at not in seen
        ]
        grid.addWidget(text_label(self.tr("后续"), "lead"), 0, 0, 1, 2)
        row = 1
        if len(lines) > _NEWEST:
            text = self.tr("较早的 {n} 条不在这里，选中一项结果即可看到它的全部经过。")
            earlier = text_label(
                text.format(n=len(lines) - _NEWEST), "muted", wrap=True
            )
            grid.addWidget(earlier, row, 0, 1, 2)
            row += 1
        for line in lines[-_NEWEST:]:
            when = text_label(words.full_time(line.at), "muted")
            grid.addWidget(when, row, 0, Qt.AlignmentFlag.AlignTop)
            said = text_label(f"{line.what}\n{line.by}", wrap=True)
            said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(said, row, 1)
            row += 1
        if unseen:
            text = self.tr("有 {n} 条告警还没有人确认：{calls}")
            named = unseen[:_NAMED]
            calls = words.listed(
                words.call_word(record.findings[at].call) for at in named
            )
            if len(unseen) > _NAMED:
                calls += self.tr(" 等")
            sentence = text.format(n=len(unseen), calls=calls)
            if index is not None or len(record.findings) == 1:
                sentence = self.tr("告警还没有人确认")
            told = text_label(sentence, wrap=True)
            set_state(told, "tone", Severity.ALARM.value)
            beside = QHBoxLayout()
            beside.setSpacing(8)
            beside.addWidget(Mark(look, Severity.ALARM, 20))
            beside.addWidget(told, 1)
            grid.addLayout(beside, row, 0, 1, 2)
        elif not lines:
            grid.addWidget(text_label(self.tr("还没有人处理。"), "muted"), row, 0, 1, 2)
