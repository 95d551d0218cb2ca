"""The alarms that are open: known at once, listed until somebody acknowledges them."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from app.core import events
from app.core.alarms import Acknowledgement, OpenAlarm, alarms_of
from app.core.desk import Desk
from app.core.errors import NotAllowedError, UserFacingError
from app.core.labels import UNNAMED
from app.core.model import Severity
from app.core.people import May
from app.desktop import words
from app.desktop.people.naming import refusal
from app.desktop.reader import Reader
from app.desktop.voice import Voice

if TYPE_CHECKING:
    from app.desktop.alarm_bar import AlarmBar
    from app.desktop.look import Look
    from app.desktop.session import DeskSession
    from app.desktop.window import DeskWindow

log = logging.getLogger(__name__)

MOST: Final = 100
"""Alarms that are held in full; more are counted."""
NEWS_EVERY_MS: Final = 5_000
"""Other desks on the same journal raise and acknowledge alarms, and tell nobody."""


class Alarms(QObject):
    """What nobody has acknowledged yet, of all desks and shifts of this journal.

    Signals:
        changed: `newest`, `count` or `problem` is another.
        raised: Alarms that were not known before, newest first.
        acknowledged: An alarm is closed; the `Acknowledgement` that stands, and whether
            it is the one that was asked for here.
        refused: Why an acknowledgement was not written: a sentence for the operator.
    """

    changed = Signal()
    raised = Signal(object)
    acknowledged = Signal(object, bool)
    refused = Signal(str)

    def __init__(self, desk: Desk, reader: Reader) -> None:
        super().__init__()
        self._desk, self._reader = desk, reader
        self._newest: tuple[OpenAlarm, ...] = ()
        self._count = 0
        self._problem = ""
        self._latest: datetime | None = None
        """When the newest alarm ended that was ever known here."""
        self._signed = ""
        """The last name that was given here."""
        self._reading = False
        self._stale = False
        """Whether what is being read was overtaken by something that happened here."""
        self._news = QTimer(self)
        self._news.setInterval(NEWS_EVERY_MS)
        self._news.timeout.connect(self.refresh)

    @property
    def newest(self) -> tuple[OpenAlarm, ...]:
        """The open alarms, newest first; at most `MOST`."""
        return self._newest

    @property
    def count(self) -> int:
        """How many are open."""
        return self._count

    @property
    def problem(self) -> str:
        """Why the journal's open alarms are not known; empty: they are."""
        return self._problem

    @property
    def signed_in(self) -> bool:
        """Whether only the person signs who is signed in."""
        return self._desk.presence.configured

    @property
    def refusal(self) -> str:
        """Why whoever is there may not acknowledge; empty: he may."""
        return refusal(self._desk.presence.actor, May.ACKNOWLEDGE)

    @property
    def signer(self) -> str:
        """Who probably signs; empty: the settings name nobody who could."""
        if (person := self._desk.presence.person) is not None:
            return person.name
        operator = self._desk.info.operator.strip()
        return "" if operator == UNNAMED else self._signed or operator

    def begin(self) -> None:
        """Read what is open, and go on to look for news."""
        self._news.start()
        self.refresh()

    @Slot()
    def rest(self) -> None:
        """Look no more: the window ends."""
        self._news.stop()

    @Slot()
    def refresh(self) -> None:
        """Look what is open by now."""
        if not self._reading:
            self._reading = True
            self._reader.begin(self._read())

    @Slot(object)
    def take(self, event: events.TerminalEvent) -> None:
        """Open the alarms of a run whose record is durable."""
        if not event.journalled:
            return
        alarms = tuple(alarms_of(event.record))
        fresh = self._unknown(alarms)
        if len(fresh) < len(alarms):
            # Read already, and all of them counted, also those without a place.
            self.refresh()
        elif fresh:
            self._stale = True
            self._remember(fresh)
            self._newest = (*fresh, *self._newest)[:MOST]
            self._count += len(fresh)
            self.raised.emit(fresh)
            self.changed.emit()

    def acknowledge(self, alarms: Sequence[OpenAlarm], by: str, note: str) -> None:
        """Write that somebody has seen these; each is closed when that is durable.

        On a desk with accounts it is whoever is signed in, not `by`.
        """
        try:
            actor = self._desk.presence.acting()
            actor.require(May.ACKNOWLEDGE)
        except NotAllowedError as error:
            self.refused.emit(self._not_written(error.message, error.remedy))
            return
        by = actor.name if actor.login else by
        self._signed = by.strip() or self._signed
        self._reader.begin(self._acknowledge(tuple(alarms), by.strip(), note.strip()))

    async def _acknowledge(
        self, alarms: tuple[OpenAlarm, ...], by: str, note: str
    ) -> None:
        for alarm in alarms:
            mine = Acknowledgement(
                run_id=alarm.run_id,
                index=alarm.index,
                at=datetime.now(UTC),
                by=by,
                workstation=self._desk.info.workstation,
                note=note,
            )
            try:
                standing = await self._desk.journal.acknowledge(mine)
            except UserFacingError as error:
                log.error("an alarm could not be acknowledged: %s", error)
                self.refused.emit(self._not_written(error.message, error.remedy))
                return
            except Exception as error:
                log.exception("an alarm could not be acknowledged")
                cause = self.tr("程序内部故障（{name}）")
                remedy = self.tr("请重试；若再次出现，请把日志文件交给维护人员。")
                name = type(error).__name__
                self.refused.emit(self._not_written(cause.format(name=name), remedy))
                return
            self._close(alarm)
            own = standing.entry_id == mine.entry_id
            self.acknowledged.emit(standing, own)

    def _not_written(self, cause: str, remedy: str) -> str:
        sentence = self.tr("确认没有写入日志，告警仍未确认：{cause}。{remedy}")
        return sentence.format(cause=cause.rstrip("。"), remedy=remedy)

    def _close(self, alarm: OpenAlarm) -> None:
        self._stale = True
        left = tuple(each for each in self._newest if _place(each) != _place(alarm))
        self._count -= len(self._newest) - len(left)
        self._newest = left
        self.changed.emit()
        if self._count > len(left):
            # Of the older ones, which were only counted, the next has a place now.
            self.refresh()

    def _unknown(self, alarms: Sequence[OpenAlarm]) -> tuple[OpenAlarm, ...]:
        known = {_place(each) for each in self._newest}
        return tuple(each for each in alarms if _place(each) not in known)

    def _remember(self, alarms: Sequence[OpenAlarm]) -> None:
        ends = [alarm.at for alarm in alarms]
        if self._latest is not None:
            ends.append(self._latest)
        self._latest = max(ends, default=None)

    def _raised(self, found: Sequence[OpenAlarm]) -> tuple[OpenAlarm, ...]:
        """Give what was not open before: not what was counted and has a place now.

        Such an alarm comes up at the end of the list. By its time alone it could not
        be told: the clock of another desk may be slow.
        """
        known = {_place(each) for each in self._newest}
        places = [_place(each) for each in found]
        last = max((n for n, each in enumerate(places) if each in known), default=-1)
        counted = max(0, self._count - len(self._newest))
        old = max(last + 1, len(found) - counted)
        return tuple(
            alarm
            for n, alarm in enumerate(found)
            if places[n] not in known
            and (n < old or self._latest is None or alarm.at > self._latest)
        )

    async def _read(self) -> None:
        try:
            while True:
                self._stale = False
                found = await self._reader.open_alarms(MOST)
                if not self._stale:
                    break
        except UserFacingError as error:
            self._know_nothing(str(error))
            return
        except Exception as error:
            log.exception("the open alarms could not be read")
            cause = self.tr("程序内部故障（{name}）")
            self._know_nothing(cause.format(name=type(error).__name__))
            return
        finally:
            self._reading = False
        before = (self._newest, self._count, self._problem)
        fresh = self._raised(found.newest)
        self._remember(found.newest)
        self._newest, self._count, self._problem = found.newest, found.count, ""
        if fresh:
            self.raised.emit(fresh)
        if before != (self._newest, self._count, self._problem):
            self.changed.emit()

    def _know_nothing(self, why: str) -> None:
        """What is shown stays; that there may be more is said."""
        if why != self._problem:
            log.error("the open alarms are not known: %s", why)
            self._problem = why
            self.changed.emit()


def _place(alarm: OpenAlarm) -> tuple[str, int]:
    return alarm.run_id, alarm.index


def wire_alarms(
    session: "DeskSession", window: "DeskWindow", look: "Look", voice: Voice | None
) -> "AlarmBar":
    """Put the bar of open alarms under the header, and let them be heard."""
    from app.desktop.alarm_bar import AlarmBar
    from app.desktop.alarm_bell import AlarmBell

    desk, bridge = session.desk, session.bridge
    alarms = Alarms(desk, session.reader)
    bar = AlarmBar(look, alarms)
    alarms.setParent(bar)
    window.above.addWidget(bar)
    for ended in (bridge.run_finished, bridge.run_failed, bridge.run_cancelled):
        ended.connect(alarms.take)
    session.closing_advanced.connect(alarms.rest)
    if desk.alarm_sound is not None:
        bell = AlarmBell(desk.alarm_sound, alarms, session.talk, desk.microphone, voice)
        bell.setParent(bar)
        session.closing_advanced.connect(bell.rest)
    bar.list_opened.connect(window.keys.watch_also)
    _Telling(session, window, alarms, bar)
    alarms.begin()
    return bar


class _Telling(QObject):
    """Passes on to the rest of the window what becomes of an alarm."""

    def __init__(
        self,
        session: "DeskSession",
        window: "DeskWindow",
        alarms: Alarms,
        bar: "AlarmBar",
    ) -> None:
        super().__init__(bar)
        self._session, self._window = session, window
        alarms.acknowledged.connect(self._acknowledged)
        alarms.refused.connect(self._refused)
        bar.record_wanted.connect(self._show_record)
        for ended in (bar.form.confirmed, bar.form.left):
            ended.connect(self._go_on)

    @Slot()
    def _go_on(self) -> None:
        """Give the focus back: Space and numbers mean what they did before."""
        self._window.bar.talk.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(object, bool)
    def _acknowledged(self, said: Acknowledgement, own: bool) -> None:
        sentence = self.tr("告警已确认：{name}，{time}")
        if not own:
            sentence = self.tr("这条告警已由{name}在 {time} 确认，不再重复记录")
        text = sentence.format(name=said.by, time=words.clock_time(said.at))
        self._session.noticed.emit(text, Severity.NORMAL.value)
        if self._window.journal is not None:
            self._window.journal.model.acknowledged(said)

    @Slot(str)
    def _refused(self, sentence: str) -> None:
        # The bar has one line for it.
        self._session.noticed.emit(sentence, Severity.ATTENTION.value)

    @Slot(str)
    def _show_record(self, run_id: str) -> None:
        self._session.reader.begin(self._open(run_id))

    async def _open(self, run_id: str) -> None:
        try:
            entry = await self._session.reader.entry(run_id)
        except UserFacingError as error:
            self._session.noticed.emit(str(error), Severity.ATTENTION.value)
            return
        if entry is not None and self._window.journal is not None:
            self._window.journal.entry_wanted.emit(entry)
