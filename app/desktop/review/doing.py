"""What a supervisor writes into the log, in his name, and what became of it."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from PySide6.QtCore import QObject

from app.core.desk import Desk
from app.core.entries import Correction, Decision, Disposition
from app.core.errors import NotAllowedError, UserFacingError
from app.core.model import Call
from app.core.people import Actor, May
from app.core.ports import JournalEntry, JournalQuery
from app.desktop import words
from app.desktop.people.naming import refusal
from app.desktop.reader import Reader
from app.desktop.review.disposing import Target, Wanted
from app.desktop.review.terms import step_word

log = logging.getLogger(__name__)

LOOKED_UP: Final = 50
"""Findings whose newest answer is looked for at once."""
_NAMED: Final = 5
"""Failures that are told one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of something that was asked for."""

    ok: bool
    sentence: str


class Doing(QObject):
    """Takes steps, corrects and decides; refuses in a sentence what may not be."""

    def __init__(self, desk: Desk, reader: Reader) -> None:
        super().__init__()
        self._desk, self._reader = desk, reader

    def refused(self, what: May) -> str:
        """Say why whoever is at the desk may not do it now; empty: he may."""
        presence = self._desk.presence
        try:
            actor = presence.acting()
        except NotAllowedError as error:
            return str(error)
        return refusal(actor, what)

    def acting(self, what: May) -> Actor:
        """Give who acts.

        Raises:
            NotAllowedError: Nobody does, or he may not.
        """
        actor = self._desk.presence.acting()
        actor.require(what)
        return actor

    async def take(
        self, wanted: Wanted, rechecks: Mapping[tuple[str, int], str] | None = None
    ) -> Done:
        """Take a step with each finding; those that fail do not stop the others.

        `rechecks` names for a finding the run that looked again, as it was shown.
        """
        try:
            # Who began it is named, whoever signs in while it is written.
            actor = self.acting(May.DISPOSE)
        except UserFacingError as error:
            text = self.tr("没有登记。{cause}")
            return Done(ok=False, sentence=text.format(cause=error))
        failures: list[str] = []
        causes: list[str] = []
        for target in wanted.targets:
            cause = await self._take(target, wanted, actor, rechecks or {})
            if cause:
                causes.append(cause)
                name = words.call_word(target.call)
                text = self.tr("{finding}：{cause}")
                failures.append(text.format(finding=name, cause=cause))
        done = len(wanted.targets) - len(failures)
        word = step_word(wanted.step)
        if not failures:
            text = self.tr("已登记「{step}」{n} 条。").format(step=word, n=done)
            return Done(ok=True, sentence=text)
        if len(wanted.targets) == 1:
            text = self.tr("没有登记。{cause}")
            return Done(ok=False, sentence=text.format(cause=causes[0]))
        text = self.tr("「{step}」登记了 {n} 条，{m} 条没有登记：")
        parts = [text.format(step=word, n=done, m=len(failures)), *failures[:_NAMED]]
        if len(failures) > _NAMED:
            more = self.tr("另有 {n} 条。").format(n=len(failures) - _NAMED)
            parts.append(more)
        return Done(ok=False, sentence="\n".join(parts))

    async def _take(
        self,
        target: Target,
        wanted: Wanted,
        actor: Actor,
        rechecks: Mapping[tuple[str, int], str],
    ) -> str:
        """Take the step with one finding; give why it was not taken."""
        try:
            await self._desk.review.dispose(
                Disposition(
                    run_id=target.run_id,
                    index=target.index,
                    step=wanted.step,
                    at=datetime.now(UTC),
                    by=actor.name,
                    login=actor.login,
                    role=actor.role or "",
                    workstation=actor.workstation,
                    responsible=wanted.responsible,
                    note=wanted.note,
                    recheck_run=rechecks.get((target.run_id, target.index), ""),
                )
            )
        except UserFacingError as error:
            log.info("a step was refused: %s", error)
            return str(error)
        except Exception as error:
            log.exception("a step could not be written")
            return self._fault(error)
        return ""

    async def rechecks(self, targets: Sequence[Target]) -> dict[tuple[str, int], str]:
        """Find for each of the first findings the newest run that asked it since."""
        found = {}
        for target in targets[:LOOKED_UP]:
            entry = await self.newest(target.run_id, target.call)
            if entry is not None:
                found[target.run_id, target.index] = entry.record.run_id
        return found

    async def newest(self, run_id: str, call: Call) -> JournalEntry | None:
        """Find the newest answer to a call that came after a run."""
        own = await self._reader.entry(run_id)
        if own is None:
            return None
        query = JournalQuery(
            site=call.site.id, check=call.check, since=own.record.started_at
        )
        entries = await self._reader.page(query, before=None, limit=4)
        later = (
            entry
            for entry in entries
            if entry.seq > own.seq
            and any(finding.call == call for finding in entry.record.findings)
        )
        return next(later, None)

    async def correct(
        self, run_id: str, text: str, calls: Sequence[Call], note: str
    ) -> Done:
        """Say what was really said or meant."""
        try:
            actor = self.acting(May.CORRECT)
            await self._desk.review.correct(
                Correction(
                    run_id=run_id,
                    at=datetime.now(UTC),
                    by=actor.name,
                    login=actor.login,
                    role=actor.role or "",
                    workstation=actor.workstation,
                    text=text,
                    calls=tuple(calls),
                    note=note,
                )
            )
        except UserFacingError as error:
            return Done(ok=False, sentence=str(error))
        except Exception as error:
            log.exception("a correction could not be written")
            return Done(ok=False, sentence=self._fault(error))
        return Done(ok=True, sentence=self.tr("更正已登记，等安监审批。"))

    async def decide(
        self, correction_id: str, actor: Actor, *, approved: bool, note: str
    ) -> Done:
        """Say whether a correction is learnt from, in the name of who began that."""
        try:
            actor.require(May.APPROVE)
            await self._desk.review.decide(
                Decision(
                    correction_id=correction_id,
                    at=datetime.now(UTC),
                    by=actor.name,
                    login=actor.login,
                    role=actor.role or "",
                    workstation=actor.workstation,
                    approved=approved,
                    note=note,
                )
            )
        except UserFacingError as error:
            return Done(ok=False, sentence=str(error))
        except Exception as error:
            log.exception("a decision could not be written")
            return Done(ok=False, sentence=self._fault(error))
        said = (
            self.tr("已采纳，调优时可以学习。")
            if approved
            else self.tr("已标为不采纳。")
        )
        return Done(ok=True, sentence=said)

    def _fault(self, error: Exception) -> str:
        text = self.tr("程序内部故障（{name}）。请重试，或把日志文件交给维护人员。")
        return text.format(name=type(error).__name__)
