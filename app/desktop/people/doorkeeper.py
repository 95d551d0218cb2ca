"""Opens and closes the desk for whoever is there."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from shiboken6 import isValid

from app.core import events
from app.core.errors import PeopleError
from app.core.model import Severity
from app.core.people import May
from app.core.ports import Health
from app.desktop.people.accounts import AccountsWindow
from app.desktop.people.badge import LOCK_KEY, PersonButton
from app.desktop.people.cover import Cover
from app.desktop.people.gate import Door, Gate
from app.desktop.people.idle import IdleWatch
from app.desktop.people.naming import person_word
from app.desktop.people.open_alarms import OpenAlarmsLine
from app.desktop.people.password_window import PasswordWindow
from app.desktop.people.rights import Rights
from app.desktop.people.trying import refusal_of
from app.desktop.pieces import within_screen
from app.desktop.talk import TalkState

if TYPE_CHECKING:
    from app.desktop.alarm_bar import AlarmBar
    from app.desktop.look import Look
    from app.desktop.session import DeskSession
    from app.desktop.window import DeskWindow

_ACCOUNTS: Final = "people"
"""Key of the desk's part for its accounts."""


class Doorkeeper(QObject):
    """Shows the gate or the desk, as the desk's presence says.

    Signals:
        settled: What was asked for is done, or was refused; nothing is under way.
        changed: Somebody else is there, or he may do something else.
    """

    settled = Signal()
    changed = Signal()

    def __init__(
        self,
        session: "DeskSession",
        window: "DeskWindow",
        look: "Look",
        alarm_bar: "AlarmBar",
    ) -> None:
        super().__init__(window)
        self._session, self._window, self._look = session, window, look
        self._alarm_bar = alarm_bar
        self._presence: Final = session.desk.presence
        self._owner: str | None = None
        """Login of the person whose desk it is; empty: nobody's."""
        self._former: set[str] = set()
        """Runs that whoever was there before had begun."""
        self._fault = ""
        self._expected = ""
        """Login of whoever will probably sign in; empty: nobody knows."""
        self._asking = self._locking = self._ended = False
        info = session.desk.info
        line = OpenAlarmsLine(look, alarm_bar.alarms)
        self.gate: Final = Gate(window, look, info.workstation, line)
        self.gate.submitted.connect(self._submit)
        self.gate.new_password.connect(self._change_first)
        self.gate.sign_out_wanted.connect(self.sign_out)
        self.gate.retry_wanted.connect(self.refresh)
        self.cover: Final = Cover(window)
        self.rights: Final = Rights(self)
        bar = window.bar
        for widget in (bar.talk, bar.text, bar.send, bar.quick):
            self.rights.guard(widget, May.ASK)
        self.rights.guard(alarm_bar.acknowledge, May.ACKNOWLEDGE)
        self.rights.guard(window.adapters_button, May.TUNE)
        self.badge: Final = PersonButton(self._presence, info.operator)
        self.badge.lock_wanted.connect(self.lock)
        self.badge.sign_out_wanted.connect(self.sign_out)
        self.badge.change_wanted.connect(self.show_password)
        self.badge.accounts_wanted.connect(self.show_accounts)
        window.header.seat(self.badge)
        window.installEventFilter(self)
        self.badge.make_room(window.width())
        key = QShortcut(QKeySequence(LOCK_KEY), window)
        key.setContext(Qt.ShortcutContext.ApplicationShortcut)
        key.activated.connect(self.lock)
        self.idle: Final = IdleWatch(self)
        self.idle.idle.connect(self._nobody_there)
        session.accepted.connect(self.idle.touch)
        session.talk.state_changed.connect(self.idle.touch)
        bar.text.textEdited.connect(self.idle.touch)
        session.bridge.run_finished.connect(self._run_ended)
        session.health_known.connect(self.refresh)
        session.closing_advanced.connect(self.rest)
        self._presence.watch(self._look_again)
        self._owner = self._login
        self._look_again()
        self.refresh()

    @property
    def _login(self) -> str | None:
        person = self._presence.person
        return person.login if person is not None else None

    def among(self, parts: Sequence[Health]) -> Sequence[Health]:
        """Put who is there after the desk's parts; accounts that are well are told."""
        wanted = [part for part in parts if part.key != _ACCOUNTS or not part.ok]
        return [*wanted, self.health()]

    def health(self) -> Health:
        """Say who is there, as a part of the desk."""
        person = self._presence.person
        if person is not None:
            who = person_word(person)
            return self._part(self._fault or who, ok=not self._fault)
        if self._presence.configured:
            return self._part(self.tr("没有人登录"))
        name = self._session.desk.info.operator
        said = self.tr("未设账户，任何人都以「{name}」的名义操作").format(name=name)
        remedy = self.tr("要各人登录，请点右上角「未设账户」，设置第一个账户。")
        return self._part(said, remedy=remedy)

    def _part(self, detail: str, *, ok: bool = True, remedy: str = "") -> Health:
        name = self.tr("值班人员")
        return Health(key="user", name=name, ok=ok, detail=detail, remedy=remedy)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Give a name the room that the window has."""
        if event.type() == QEvent.Type.Resize and watched is self._window:
            self.badge.make_room(self._window.width())
        return False

    @Slot()
    def rest(self) -> None:
        """Do nothing more: the window ends."""
        if not self._ended:
            self._ended = True
            self.idle.close()
            self.gate.rest()

    @Slot()
    def refresh(self) -> None:
        """Look whether accounts were made or changed elsewhere."""
        if self._ended:
            return
        self.cover.sweep()
        if not self._asking:
            self._asking = True
            self._session.reader.begin(self._refresh())

    @Slot()
    def lock(self) -> None:
        """Lock the screen."""
        if not self._presence.configured:
            sentence = self.tr("未设账户的值班台不能锁定：没有密码可以解锁。")
            self._session.noticed.emit(sentence, Severity.ATTENTION.value)
            return
        self._begin_lock(idle=False)

    @Slot()
    def sign_out(self) -> None:
        """Let nobody be there."""
        self._session.reader.begin(self._sign_out())

    @Slot()
    def show_password(self) -> None:
        """Let whoever is there choose another password."""
        opened = PasswordWindow(self._look, self._window)
        opened.form.submitted.connect(
            lambda old, new: self._session.reader.begin(
                self._change_beside(opened, old, new)
            )
        )
        within_screen(opened)
        opened.show()

    @Slot()
    def show_accounts(self) -> None:
        """Show every account; or make the first one."""
        opened = AccountsWindow(
            self._look, self._session.reader, self._presence, self._window
        )
        opened.first_made.connect(self._first_made)
        within_screen(opened)
        opened.show()

    @Slot(str)
    def _first_made(self, login: str) -> None:
        self._expected = login
        self.refresh()

    @Slot(str, str)
    def _submit(self, login: str, password: str) -> None:
        self._session.reader.begin(self._let_in(login, password))

    @Slot(str, str)
    def _change_first(self, old: str, new: str) -> None:
        self._session.reader.begin(self._change_at_gate(old, new))

    @Slot()
    def _nobody_there(self) -> None:
        if self._session.talk.state is not TalkState.IDLE:
            self.idle.begin(self._presence.lock_after_s)
        else:
            self._begin_lock(idle=True)

    def _begin_lock(self, *, idle: bool) -> None:
        if not self._locking:
            self._locking = True
            self._session.reader.begin(self._lock(idle=idle))

    async def _lock(self, *, idle: bool) -> None:
        try:
            why = await refusal_of(self._presence.lock(idle=idle))
        finally:
            self._locking = False
        if why:
            self._say_unwritten(self.tr("锁屏没有写入日志：{why}").format(why=why))
        self.settled.emit()

    async def _sign_out(self) -> None:
        if why := await refusal_of(self._presence.sign_out()):
            sentence = self.tr("退出登录没有写入日志：{why}")
            self._say_unwritten(sentence.format(why=why))
        self.settled.emit()

    def _say_unwritten(self, sentence: str) -> None:
        """Say it where it is seen: the desk is covered all the same."""
        self.gate.form.refuse(sentence)
        self._session.noticed.emit(sentence, Severity.ALARM.value)

    async def _let_in(self, login: str, password: str) -> None:
        presence = self._presence
        enter = presence.unlock if presence.locked else presence.sign_in
        if why := await refusal_of(enter(login, password)):
            # Said at once: who reads the log may keep the thread for a while.
            self.gate.form.refuse(why)
            self.gate.form.wait_until(login, await self._locked_until(login))
        self.settled.emit()

    async def _locked_until(self, login: str) -> datetime | None:
        """Look until when an account is locked, to count down; None: it is not."""
        try:
            found = await self._session.reader.run(
                lambda: self._presence.people.find(login)
            )
        except PeopleError:
            return None
        until = found.locked_until if found is not None else None
        return until if until is not None and until > datetime.now(UTC) else None

    async def _change_at_gate(self, old: str, new: str) -> None:
        if why := await refusal_of(self._presence.change_password(old, new)):
            self.gate.change.refuse(why)
        self.settled.emit()

    async def _change_beside(self, opened: PasswordWindow, old: str, new: str) -> None:
        why = await refusal_of(self._presence.change_password(old, new))
        if isValid(opened):
            opened.form.refuse(why) if why else opened.close()
        if not why:
            sentence = self.tr("密码已修改。")
            self._session.noticed.emit(sentence, Severity.NORMAL.value)
        self.settled.emit()

    async def _refresh(self) -> None:
        try:
            self._fault = await refusal_of(self._presence.refresh())
            form = self.gate.form
            if login := form.waiting:
                # Whoever keeps the accounts may have unlocked it elsewhere.
                form.wait_until(login, await self._locked_until(login))
        finally:
            self._asking = False
        self._look_again()

    def _wanted(self) -> Door:
        presence = self._presence
        if presence.locked:
            return Door.LOCKED
        if self._fault and presence.person is None:
            return Door.FAULT
        if presence.actor is None:
            return Door.SIGN_IN
        if presence.person is not None and presence.person.must_change:
            return Door.CHANGE
        return Door.OPEN

    def _look_again(self) -> None:
        """Show what is to be shown now."""
        # Whoever calls may have outlived the window.
        if not isValid(self) or self._ended:
            return
        self.badge.tell()
        self.rights.show(self._presence.actor)
        self._window.header.say_who(
            self._session.desk.info, signed_in=self._presence.configured
        )
        door = self._wanted()
        if door is Door.OPEN:
            self._open()
        elif door is not self.gate.door:
            self._close(door)
        self.changed.emit()

    def _open(self) -> None:
        same = self._login == self._owner
        if not same:
            self._hand_over()
        self._owner = self._login
        if self.cover.closed:
            self.gate.open()
            self.cover.open(back=same)
            self.idle.begin(self._lock_after())
        elif not self.idle.counts(self._lock_after()):
            self.idle.begin(self._lock_after())

    def _lock_after(self) -> float:
        return self._presence.lock_after_s if self._presence.configured else 0.0

    def _close(self, door: Door) -> None:
        presence = self._presence
        talk = self._session.talk
        if not talk.cancel():
            talk.let_go()
        self.idle.pause()
        self.cover.close()
        if door is Door.LOCKED:
            person = presence.person
            self.gate.ask_unlock(
                person.login if person is not None else "",
                person_word(person) if person is not None else "",
                datetime.now(UTC),
                len(self._session.bridge.running),
            )
            return
        if door is Door.FAULT:
            self.gate.show_fault(self._fault)
        elif door is Door.CHANGE and presence.person is not None:
            self.gate.ask_change(presence.person.name)
        else:
            # Who signs in again after he left finds nothing that lies open.
            self._owner = ""
            self.gate.ask_sign_in(self._expected)
            self._expected = ""

    def _hand_over(self) -> None:
        """Let nothing that one person left unsaid be meant by the next."""
        window = self._window
        self._former.update(self._session.bridge.running)
        # Not `clear`, which can be undone.
        window.bar.text.setText("")
        window.bar.quiet()
        window.bar.follow_up.refresh()
        window.conversation.close_questions()
        self._alarm_bar.leave()
        if (person := self._presence.person) is not None:
            sentence = self.tr("{who}已登录。").format(who=person_word(person))
            self._session.noticed.emit(sentence, Severity.NORMAL.value)

    @Slot(object)
    def _run_ended(self, event: events.TerminalEvent) -> None:
        if event.run_id in self._former:
            self._former.discard(event.run_id)
            self._window.conversation.close_questions()


def wire_people(
    session: "DeskSession", window: "DeskWindow", look: "Look", alarm_bar: "AlarmBar"
) -> Doorkeeper:
    """Put the gate before the desk; the window owns it."""
    return Doorkeeper(session, window, look, alarm_bar)
