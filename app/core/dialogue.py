"""What was said before, as far as it may still be meant: 那青岛呢, 第二个, 再说一遍.

One desk has one dialogue. It holds what the newest run asked and what the newest
dispatched run asked for, for a short while only: an hour later 那青岛呢 is a riddle,
and the desk asks instead.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.core.model import Call, Finding, Mention, Outcome, Question, RunRecord

KEPT_S: Final = 120.0
"""Seconds after a run ended in which it may be followed up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a command may lean on. Empty: nothing was said lately."""

    calls_run: str = ""
    """The newest run that put calls to the backends."""
    calls: tuple[Call, ...] = ()
    """What it asked for."""
    findings: tuple[Finding, ...] = ()
    """What it was answered; fewer than calls where it was cancelled."""
    answered_at: datetime | None = None
    question_run: str = ""
    """The newest run, if it ended in a question."""
    question: Question | None = None
    mentions: tuple[Mention, ...] = ()
    """What had been understood when it asked."""
    expires_at: datetime | None = None
    """When the first part of this is forgotten; None: it is empty."""


NOTHING: Final = Context()


class Dialogue:
    """Remembers runs of one desk; not for two threads at a time."""

    def __init__(self, now: Callable[[], datetime], kept_s: float = KEPT_S) -> None:
        """Take what gives the time as aware UTC, and how long a run is remembered."""
        self._now = now
        self._kept = timedelta(seconds=kept_s)
        self._dispatched: RunRecord | None = None
        self._asked: RunRecord | None = None
        self._newest: datetime | None = None

    def remember(self, record: RunRecord) -> None:
        """Take in a run that has ended and was recorded.

        A run that failed or was cancelled counts as well: what was asked for last is
        what 那青岛呢 means, answered or not.
        """
        if record.utterance is None:
            # Nothing was heard, so nothing was answered: an open question stays.
            return
        if self._newest is not None and record.started_at < self._newest:
            # It took longer than one that was asked for after it.
            return
        self._newest = record.started_at
        understood = record.understanding
        if understood is None:
            # Something was said, nobody knows what; the next words may belong to it.
            self.forget()
            return
        self._asked = record if record.outcome is Outcome.ASKED else None
        if understood.calls:
            self._dispatched = record

    def forget(self) -> None:
        """Start afresh: something was lost."""
        self._dispatched = self._asked = None

    def begin_anew(self) -> None:
        """Start afresh for another person, whose words mean nothing asked before."""
        self.forget()
        # What is still under way is remembered no more when it ends.
        self._newest = self._now()

    def context(self) -> Context:
        """Give what may still be meant now."""
        dispatched, asked = self._fresh(self._dispatched), self._fresh(self._asked)
        ends = [one.finished_at + self._kept for one in (dispatched, asked) if one]
        if not ends:
            return NOTHING
        before = dispatched.understanding if dispatched else None
        open_ = asked.understanding if asked else None
        return Context(
            calls_run=dispatched.run_id if dispatched else "",
            calls=before.calls if before else (),
            findings=dispatched.findings if dispatched else (),
            answered_at=dispatched.finished_at if dispatched else None,
            question_run=asked.run_id if asked else "",
            question=open_.question if open_ else None,
            mentions=open_.mentions if open_ else (),
            expires_at=min(ends),
        )

    def _fresh(self, record: RunRecord | None) -> RunRecord | None:
        if record is None:
            return None
        age = self._now() - record.finished_at
        # A clock that was set back must not keep a run alive for ever.
        return record if timedelta(0) <= age <= self._kept else None
