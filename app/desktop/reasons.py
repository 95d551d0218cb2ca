"""Why a command was understood as it was, and what it leans on, in words."""

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QFrame, QGridLayout

from app.core.explanation import Reason, ReasonKind
from app.core.model import RunRecord
from app.desktop import words
from app.desktop.pieces import text_label


def _tr(text: str) -> str:
    return QCoreApplication.translate("reasons", text)


def said(reason: Reason) -> str:
    """Say what words were taken for what, once; many a meaning names its words."""
    if not reason.words or f"「{reason.words}」" in reason.meaning:
        return reason.meaning
    return _tr("「{words}」　{meaning}").format(
        words=reason.words, meaning=reason.meaning
    )


def repairs(text: str, reasons: Sequence[Reason]) -> list[Reason]:
    """Give the reasons whose words were repaired, in order, none over another."""
    found: list[Reason] = []
    reach = 0
    for reason in sorted(reasons, key=_start):
        start = _start(reason)
        if reason.kind is not ReasonKind.REPAIR or not reason.words or start < reach:
            continue
        if text.startswith(reason.words, start):
            found.append(reason)
            reach = start + len(reason.words)
    return found


def continued(run_id: str, before: RunRecord | None) -> str:
    """Say what a run goes on from; `before` is its record, if it is at hand."""
    reading = before.understanding if before is not None else None
    if reading is not None and reading.question is not None:
        asked = reading.question.sentence
        return _tr("回答刚才的提问：{question}").format(question=asked)
    if reading is not None and reading.calls:
        first = reading.calls[0]
        what = f"{first.site.name} {words.check_word(first.check)}"
        if len(reading.calls) > 1:
            what = _tr("{call} 等 {n} 项").format(call=what, n=len(reading.calls))
        return _tr("接着刚才的 {what}").format(what=what)
    return _tr("接着运行 {id}").format(id=run_id[:8])


def repeated(run_id: str, before: RunRecord | None) -> str:
    """Say that an answer is an old one, and how old."""
    if before is None:
        return _tr("没有重新查询，这是运行 {id} 的答复。").format(id=run_id[:8])
    when = words.clock_time(before.finished_at)
    return _tr("没有重新查询，这是 {time} 的答复。").format(time=when)


def _start(reason: Reason) -> int:
    return -1 if reason.start is None else reason.start


class ReasonList(QFrame):
    """A line for each reason: what kind it is, and what it says."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__()
        self.setObjectName("reasons")
        self.setAccessibleName(self.tr("理解依据"))
        grid = QGridLayout(self)
        grid.setContentsMargins(12, 8, 12, 8)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        top = Qt.AlignmentFlag.AlignTop
        for row, reason in enumerate(reasons):
            kind = text_label(words.reason_word(reason.kind), "muted")
            grid.addWidget(kind, row, 0, top)
            line = text_label(said(reason), wrap=True)
            line.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(line, row, 1)
