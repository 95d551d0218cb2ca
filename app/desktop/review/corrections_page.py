"""Corrections that wait for somebody to say whether they are learnt from."""

import logging
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.core.desk import Desk
from app.core.errors import NotAllowedError, UserFacingError
from app.core.model import Severity
from app.core.people import Actor, May
from app.core.reviewing import ProposedCorrection
from app.desktop import words
from app.desktop.line_model import LineModel
from app.desktop.look import Look
from app.desktop.pieces import Mark, button, set_state, text_label
from app.desktop.reader import Reader
from app.desktop.review.course import corrected
from app.desktop.review.doing import Doing
from app.desktop.review.site_field import EscField
from app.desktop.tables import choose_line, set_up
from app.desktop.words import breakable

log = logging.getLogger(__name__)

_WIDTHS: Final = (96, 90, 240, 260, 120)
SHOWN: Final = 512
"""Corrections that are read at once."""


class CorrectionModel(LineModel):
    """Corrections, newest first."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: Sequence[ProposedCorrection] = ()

    def show_all(self, rows: Sequence[ProposedCorrection]) -> None:
        """Show these."""
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def row(self, line: int) -> ProposedCorrection:
        """Give the correction of a line."""
        return self._rows[line]

    def _titles(self) -> tuple[str, ...]:
        return (
            self.tr("时间"),
            self.tr("提出人"),
            self.tr("听到的"),
            self.tr("更正"),
            self.tr("审批"),
        )

    def _cell(self, line: int, column: int) -> str:
        row = self._rows[line]
        heard = row.entry.record.utterance
        return (
            words.full_time(row.correction.at)[2:].replace(" ", "\n"),
            row.correction.by,
            words.quoted(heard.text) if heard is not None else "",
            corrected(row.correction),
            self._decided(row),
        )[column]

    def _decided(self, row: ProposedCorrection) -> str:
        if row.decision is None:
            return self.tr("待审批")
        said = self.tr("采纳") if row.decision.approved else self.tr("不采纳")
        return f"{said}\n{row.decision.by}"


class CorrectionsPage(QWidget):
    """Approves corrections or turns them down.

    Signals:
        waiting: How many wait, up to as many as are read at once.
        settled: A decision was taken, or refused.
        entry_wanted: The record of a correction is wanted.
    """

    waiting = Signal(int)
    settled = Signal()
    entry_wanted = Signal(object)

    def __init__(self, look: Look, desk: Desk, reader: Reader, doing: Doing) -> None:
        super().__init__()
        self._desk, self._reader, self._doing = desk, reader, doing
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 10)
        column.setSpacing(8)
        head = QHBoxLayout()
        about = self.tr("采纳的更正会进入调优数据；记录本身不变。")
        head.addWidget(text_label(about, "muted", wrap=True), 1)
        self.all = QCheckBox(self.tr("也显示已审批的"))
        self.all.toggled.connect(self.load)
        head.addWidget(self.all)
        column.addLayout(head)
        self.model = CorrectionModel()
        self.model.setParent(self)
        self.table = QTableView()
        set_up(self.table, self.model, self.tr("更正"), _WIDTHS, 3)
        self.table.setSelectionMode(QTableView.SelectionMode.ExtendedSelection)
        self.table.selectionModel().selectionChanged.connect(self._lay_out)
        self.table.activated.connect(self._open)
        column.addWidget(self.table, 1)
        self.empty = text_label("", "muted")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.hide()
        column.addWidget(self.empty, 1)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.note = EscField()
        self.note.setAccessibleName(self.tr("审批说明"))
        self.note.setPlaceholderText(self.tr("审批说明，可不填"))
        self.note.setMaxLength(400)
        row.addWidget(self.note, 1)
        self.approve = button(self.tr("采纳"), "primary")
        self.approve.clicked.connect(self._approve)
        self.reject = button(self.tr("不采纳"))
        self.reject.clicked.connect(self._reject)
        self.record = button(self.tr("查看记录"))
        self.record.clicked.connect(self._show_record)
        for made in (self.approve, self.reject, self.record):
            row.addWidget(made)
        column.addLayout(row)
        line = QHBoxLayout()
        self._mark = Mark(look, Severity.NORMAL, 20)
        self._mark.hide()
        line.addWidget(self._mark)
        self.told = text_label("", wrap=True)
        line.addWidget(self.told, 1)
        column.addLayout(line)
        self._lay_out()

    @Slot()
    def load(self) -> None:
        """Read the corrections."""
        self._reader.begin(self._read(chosen=True))

    async def _read(self, *, chosen: bool) -> None:
        """Show them; where nothing is `chosen` yet it is the first one, or none."""
        review = self._desk.review
        shown_all = self.all.isChecked()

        def read() -> tuple[Sequence[ProposedCorrection], int]:
            waiting = review.corrections(decided=False, limit=SHOWN)
            found = review.corrections(limit=SHOWN) if shown_all else waiting
            return found, len(waiting)

        try:
            found, waiting = await self._reader.run(read)
        except UserFacingError as error:
            self.model.show_all(())
            self.empty.hide()
            self.table.show()
            self.say(str(error), Severity.ALARM)
            return
        before = self._chosen
        self.model.show_all(found)
        self.waiting.emit(waiting)
        none = self.tr("还没有更正。") if shown_all else self.tr("没有待审批的更正。")
        self.empty.setText(none)
        self.empty.setVisible(not found)
        self.table.setVisible(bool(found))
        self._choose(before)
        if found and chosen and not self.selected:
            choose_line(self.table, 0)
        self._lay_out()

    @property
    def _chosen(self) -> frozenset[str]:
        return frozenset(each.correction.entry_id for each in self.selected)

    def _choose(self, chosen: frozenset[str]) -> None:
        """Choose again what was chosen: a decision is about nothing else."""
        flags = QItemSelectionModel.SelectionFlag.Select
        flags |= QItemSelectionModel.SelectionFlag.Rows
        for line in range(self.model.rowCount()):
            if self.model.row(line).correction.entry_id in chosen:
                index = self.model.index(line, 0)
                self.table.selectionModel().select(index, flags)

    @property
    def selected(self) -> list[ProposedCorrection]:
        """The chosen corrections."""
        lines = {index.row() for index in self.table.selectionModel().selectedRows()}
        return [self.model.row(line) for line in sorted(lines)]

    def say(self, sentence: str, severity: Severity) -> None:
        """Say what became of a decision."""
        self._mark.set_severity(severity)
        self._mark.setVisible(bool(sentence))
        set_state(self.told, "tone", severity.value if sentence else "")
        self.told.setText(breakable(sentence))

    @Slot()
    def _lay_out(self) -> None:
        chosen = len(self.selected)
        for made in (self.approve, self.reject):
            made.setEnabled(chosen > 0)
        self.record.setEnabled(chosen == 1)

    @Slot()
    def _approve(self) -> None:
        self._begin(approved=True)

    @Slot()
    def _reject(self) -> None:
        self._begin(approved=False)

    def _begin(self, *, approved: bool) -> None:
        try:
            actor = self._doing.acting(May.APPROVE)
        except NotAllowedError as error:
            self.say(str(error), Severity.ATTENTION)
            return
        note = self.note.text().strip()
        ids = list(self._chosen)
        # A second click must not fall on what stands there afterwards.
        self.table.clearSelection()
        self._reader.begin(self._decide(ids, actor, approved=approved, note=note))

    async def _decide(
        self, ids: Sequence[str], actor: Actor, *, approved: bool, note: str
    ) -> None:
        severity, sentence = Severity.NORMAL, ""
        for each in ids:
            done = await self._doing.decide(each, actor, approved=approved, note=note)
            sentence = done.sentence
            if not done.ok:
                severity = Severity.ALARM
                break
        else:
            self.note.clear()
        await self._read(chosen=False)
        self.say(sentence, severity)
        if not self.note.hasFocus():
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)
        self.settled.emit()

    @Slot(QModelIndex)
    def _open(self, index: QModelIndex) -> None:
        self.entry_wanted.emit(self.model.row(index.row()).entry)

    @Slot()
    def _show_record(self) -> None:
        if self.selected:
            self.entry_wanted.emit(self.selected[0].entry)
