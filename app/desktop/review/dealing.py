"""Deals with what is chosen in the list: steps and corrections, each in a name."""

import logging
from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from app.core.desk import Desk
from app.core.entries import Step
from app.core.errors import UserFacingError
from app.core.model import Call, Severity
from app.core.people import May
from app.core.ports import JournalEntry
from app.desktop import words
from app.desktop.journal_rows import Row
from app.desktop.look import Look
from app.desktop.pieces import within_screen
from app.desktop.reader import Reader
from app.desktop.review.correcting import CorrectionForm
from app.desktop.review.detail import Detail
from app.desktop.review.disposing import Target, Wanted
from app.desktop.review.doing import LOOKED_UP, Doing, Done
from app.desktop.review.model import ReviewModel

log = logging.getLogger(__name__)


class Dealing(QObject):
    """Shows what may be done with the chosen lines, does it, and shows the outcome.

    Signals:
        settled: A step or a correction was taken, or refused.
        told: A sentence for whoever looks, and its severity.
    """

    settled = Signal()
    told = Signal(str, object)

    def __init__(
        self,
        look: Look,
        desk: Desk,
        reader: Reader,
        model: ReviewModel,
        detail: Detail,
        selected: Callable[[], Sequence[Row]],
        page: QWidget,
    ) -> None:
        super().__init__(page)
        self._look, self._desk, self._reader = look, desk, reader
        self._model, self._detail, self._selected = model, detail, selected
        self._page = page
        self._login = ""
        self._rechecks: Mapping[tuple[str, int], str] = {}
        """The runs that are shown as having looked again."""
        self.doing = Doing(desk, reader)
        self.doing.setParent(self)
        detail.disposal.wanted.connect(self._begin)
        detail.disposal.asked.connect(self._asked)
        detail.correct_wanted.connect(self.ask_correction)
        desk.presence.watch(self._look_who)
        self._look_who()

    def _look_who(self) -> None:
        """Say at once where whoever is at the desk may take no step."""
        if isValid(self):
            person = self._desk.presence.person
            login = person.login if person is not None else ""
            if login != self._login:
                # What somebody began to fill in is not for the next one to confirm.
                self._login = login
                self._detail.disposal.leave()
            self._detail.disposal.forbid(self.doing.refused(May.DISPOSE))

    def show_targets(self) -> None:
        """Show what may be done with the chosen lines."""
        rows = self._selected()
        targets = [t for row in rows if (t := self._target(row)) is not None]
        self._detail.disposal.show_targets(targets, more=self._no_targets(rows))

    def _no_targets(self, rows: Sequence[Row]) -> str:
        if any(row.entry.record.findings for row in rows):
            return self.tr("这是一次批量查询。按 Enter 逐项列出，再选要处置的发现。")
        return self.tr("这条记录没有检查结果，不用处置。")

    def _target(self, row: Row) -> Target | None:
        state = self._model.state(row)
        if row.finding is None or row.index is None or state is None:
            return None
        run_id = row.entry.record.run_id
        named = [s.responsible for s in self._model.steps(row) if s.responsible]
        return Target(
            run_id=run_id,
            index=row.index,
            call=row.finding.call,
            severity=row.finding.severity,
            state=state,
            responsible=named[-1] if named else "",
        )

    @Slot(object)
    def _begin(self, wanted: Wanted) -> None:
        rechecks = self._rechecks if wanted.rechecked else {}
        self._reader.begin(self._take(wanted, rechecks))

    async def _take(
        self, wanted: Wanted, rechecks: Mapping[tuple[str, int], str]
    ) -> None:
        done = await self.doing.take(wanted, rechecks)
        runs = list(dict.fromkeys(target.run_id for target in wanted.targets))
        await self._look_at(runs, done)
        self.settled.emit()

    async def _look_at(self, runs: Sequence[str], done: Done) -> None:
        """Show what stands in the log now: another desk may have been first."""
        try:
            await self._model.look_at(runs)
        except UserFacingError as error:
            log.warning("what was said later could not be read: %s", error)
        entry = self._detail.entry
        if entry is not None and entry.record.run_id in runs:
            self._detail.show_history(self._model.history(entry.record.run_id))
        self.show_targets()
        severity = Severity.NORMAL if done.ok else Severity.ALARM
        self._detail.disposal.say(done.sentence, severity)

    @Slot(object, object)
    def _asked(self, step: Step, targets: Sequence[Target]) -> None:
        if step is Step.RECHECKED:
            self._reader.begin(self._find_rechecks(tuple(targets)))

    async def _find_rechecks(self, targets: tuple[Target, ...]) -> None:
        disposal = self._detail.disposal
        found: Mapping[tuple[str, int], str] = {}
        try:
            if len(targets) == 1:
                (target,) = targets
                entry = await self.doing.newest(target.run_id, target.call)
                text = self._recheck_text(entry, target.call)
                if entry is not None:
                    found = {(target.run_id, target.index): entry.record.run_id}
            else:
                found = await self.doing.rechecks(targets)
                text = self.tr("其中 {n} 条之后又查过，以最新的一次为复查依据")
                if len(targets) > LOOKED_UP:
                    text = self.tr(
                        "前 {most} 条中有 {n} 条之后又查过，以最新的一次为复查依据；"
                        "其余的不附查询结果"
                    )
                text = text.format(n=len(found), most=LOOKED_UP)
        except UserFacingError as error:
            text = str(error)
        if disposal.step is Step.RECHECKED and disposal.targets == targets:
            self._rechecks = found
            disposal.show_recheck(text, there=bool(found))

    def _recheck_text(self, entry: JournalEntry | None, call: Call) -> str:
        if entry is None:
            return self.tr("之后没有再查过这一项，复查不附查询结果")
        said = next(f.summary for f in entry.record.findings if f.call == call)
        when = words.full_time(entry.record.started_at)
        return self.tr("复查依据：{time} 的查询　{said}").format(time=when, said=said)

    @Slot(object)
    def ask_correction(self, entry: JournalEntry) -> None:
        """Ask what was really said or meant."""
        refused = self.doing.refused(May.CORRECT)
        if refused:
            self.told.emit(refused, Severity.ATTENTION)
            return
        form = CorrectionForm(
            self._look,
            entry.record,
            self._desk.directory,
            self._reader,
            self._page.window(),
        )
        form.given.connect(
            lambda text, calls, note: self._reader.begin(
                self._correct(form, entry.record.run_id, text, calls, note)
            )
        )
        within_screen(form)
        form.show()

    async def _correct(
        self,
        form: CorrectionForm,
        run_id: str,
        text: str,
        calls: Sequence[Call],
        note: str,
    ) -> None:
        done = await self.doing.correct(run_id, text, calls, note)
        if done.ok:
            form.close()
            await self._look_at([run_id], done)
        else:
            form.say(done.sentence)
        self.settled.emit()
