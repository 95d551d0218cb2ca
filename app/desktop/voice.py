"""Reads aloud what is shown: alarms first, silent as soon as the operator talks."""

import logging
from collections.abc import Sequence
from typing import Final, Protocol

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QPushButton
from shiboken6 import isValid

from app.core import events, spoken_words
from app.core.model import Outcome, RunRecord, Severity
from app.core.ports import Health
from app.core.presence import Presence
from app.core.spoken_words import BEHIND_THE_GATE, Saying
from app.desktop.bridge import RunBridge
from app.desktop.pieces import button
from app.desktop.speaker import Speaker, VoiceOptions
from app.desktop.talk import HoldToTalk, TalkState

log = logging.getLogger(__name__)

MOST_WAITING: Final = 12
"""Sentences that wait to be said; older ones that are no alarm give way."""
QUIET_MS: Final = 300
"""How long the microphone waits at most for an engine that was stopped."""
MUTE_KEY: Final = "Ctrl+M"


class Ears(Protocol):
    """A microphone that must not hear the desk itself."""

    def hush(self) -> None:
        """Hear nothing until `resume`."""
        ...

    def resume(self) -> None:
        """Hear again."""
        ...


class Voice(QObject):
    """Says what a run's durable record holds, through a `Speaker`.

    Signals:
        saying: A sentence is handed to the engine; its text.
        muted_changed: Whether nothing is said, by the operator's wish.
        changed: `health` is another.
    """

    saying = Signal(str)
    muted_changed = Signal(bool)
    changed = Signal()

    def __init__(self, options: VoiceOptions, ears: Ears) -> None:
        super().__init__()
        self._options, self._ears = options, ears
        self._muted = options.muted
        self._waiting: list[Saying] = []
        self._now: tuple[int, Saying, bool] | None = None
        """Number, sentence, and whether an answer may break in."""
        self._listening = False
        self._hushed = False
        self._closed = False
        self._presence: Presence | None = None
        self.speaker: Final = Speaker(options)
        self.speaker.setParent(self)
        self.speaker.ended.connect(self._ended)
        self.speaker.changed.connect(self.changed)
        self.speaker.stopped.connect(self._fell_silent)
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(QUIET_MS)
        self._quiet.timeout.connect(self._hear_again)
        if self.wanted and not self._muted:
            # Not before the window is on the screen.
            QTimer.singleShot(0, self.speaker, self.speaker.start)

    @property
    def wanted(self) -> bool:
        """Whether the settings want anything read aloud."""
        return self._options.read_back != "off"

    @property
    def muted(self) -> bool:
        """Whether the operator wants silence."""
        return self._muted

    def reads_aloud(self) -> str:
        """Say for the record whether an answer is read aloud now."""
        if not self.wanted:
            return "off"
        return "muted" if self._muted else "on"

    @property
    def speaking(self) -> bool:
        """Whether a sentence is being said."""
        return self._now is not None

    def attach(self, bridge: RunBridge, talk: HoldToTalk, presence: Presence) -> None:
        """Listen to the runs of a desk, to its talk key, and who is there."""
        self._presence = presence
        presence.watch(self._look_who)
        # What was asked before is no longer what the operator waits for.
        bridge.run_started.connect(self.silence)
        bridge.understood.connect(self._understood)
        bridge.asked.connect(self._asked)
        bridge.declined.connect(self._declined)
        bridge.run_finished.connect(self._run_finished)
        bridge.run_failed.connect(self._run_failed)
        bridge.run_cancelled.connect(self._run_cancelled)
        # Before the microphone opens: it opens for nobody who is hushed.
        talk.about_to_listen.connect(self.silence)
        talk.state_changed.connect(self._talk_changed)

    def health(self) -> Health | None:
        """Say how the voice is; None where none is wanted."""
        if not self.wanted:
            return None
        if self._muted:
            return Health(
                key="voice",
                name=self.tr("朗读"),
                ok=True,
                detail=self.tr("已静音（{key}）").format(key=MUTE_KEY),
            )
        return self.speaker.health()

    @Slot(bool)
    def set_muted(self, muted: bool) -> None:
        """Be silent from now on, or speak again."""
        if muted is self._muted:
            return
        self._muted = muted
        if muted:
            self._waiting.clear()
            self._hold()
        elif self.wanted:
            self.speaker.start()
        self.muted_changed.emit(muted)
        self.changed.emit()

    @Slot()
    def silence(self) -> None:
        """Stop at once, and forget what waits, but for alarms.

        Those are said after the command; so is one that was broken off.
        """
        if self._now is not None:
            self._waiting.insert(0, self._now[1])
        self._waiting = [w for w in self._waiting if w.severity is Severity.ALARM]
        self._hold()

    def _hold(self) -> None:
        """Stop what is being said; the microphone hears when it is over."""
        stopping = self._now is not None and self.speaker.stop()
        self._now = None
        if stopping:
            self._quiet.start()
        elif not self._quiet.isActive():
            self._hear_again()

    @Slot()
    def _fell_silent(self) -> None:
        if self._quiet.isActive():
            self._hear_again()

    def close(self) -> None:
        """Be silent for good, and end what speaks."""
        self._closed = True
        self._waiting.clear()
        self._hold()
        self.speaker.close()
        self._hear_again()

    def say(self, sentences: Sequence[Saying], *, passing: bool = False) -> None:
        """Say sentences after those that wait; an alarm goes before all others.

        `passing`: any other sentence breaks it off, and it is not said again.
        """
        if not self.wanted or self._muted or self._closed:
            return
        if self._behind_gate:
            sentences = self._without_content(sentences)
            if not sentences:
                return
        if self._now is not None and self._now[2]:
            self._break_off(again=False)
        alarms = [each for each in sentences if each.severity is Severity.ALARM]
        now = self._now[1].severity if self._now is not None else Severity.ALARM
        if alarms and now is not Severity.ALARM:
            self._break_off(again=True)
        ahead = sum(each.severity is Severity.ALARM for each in self._waiting)
        self._waiting[ahead:ahead] = alarms
        self._waiting += [each for each in sentences if each not in alarms]
        while len(self._waiting) > MOST_WAITING:
            calm = (
                index
                for index, each in enumerate(self._waiting)
                if each.severity is not Severity.ALARM
            )
            self._waiting.pop(next(calm, 0))
        self._go_on(passing=passing)

    @property
    def _behind_gate(self) -> bool:
        """Whether nobody is there: the desk is not on the screen either."""
        presence = self._presence
        if presence is None:
            return False
        person = presence.person
        must = person is not None and person.must_change
        return presence.locked or presence.actor is None or must

    def _without_content(self, sentences: Sequence[Saying]) -> Sequence[Saying]:
        """Leave only that there is an alarm, once; which one, the desk shows."""
        said = [*self._waiting, self._now[1] if self._now is not None else None]
        alarm = any(each.severity is Severity.ALARM for each in sentences)
        return () if BEHIND_THE_GATE in said or not alarm else (BEHIND_THE_GATE,)

    def _look_who(self) -> None:
        """Break off what is being said to whoever leaves or locks."""
        # Whoever calls may have outlived the window.
        if not isValid(self) or self._closed or not self._behind_gate:
            return
        if self._now is not None or self._waiting:
            self.silence()
            alarms, self._waiting = self._waiting, []
            self.say(alarms)

    def _break_off(self, *, again: bool) -> None:
        if self._now is None:
            return
        _, saying, _ = self._now
        self._now = None
        self.speaker.stop()
        if again:
            self._waiting.insert(0, saying)

    def _go_on(self, *, passing: bool = False) -> None:
        if self._now is not None or self._listening or self._closed:
            return
        if not self._waiting:
            if not self._quiet.isActive():
                self._hear_again()
            return
        saying = self._waiting.pop(0)
        # What is said now is as loud as what was stopped.
        self._quiet.stop()
        if not self._hushed:
            self._hushed = True
            self._ears.hush()
        number = self.speaker.say(saying.text)
        self._now = (number, saying, passing)
        self.saying.emit(saying.text)

    @Slot()
    def _hear_again(self) -> None:
        self._quiet.stop()
        if self._hushed:
            self._hushed = False
            self._ears.resume()

    @Slot(int)
    def _ended(self, number: int) -> None:
        if self._now is not None and self._now[0] == number:
            self._now = None
            self._go_on()

    @Slot(str)
    def _talk_changed(self, state: str) -> None:
        """Say nothing into a command; what came meanwhile is said after it."""
        self._listening = state != TalkState.IDLE
        if not self._listening:
            self._go_on()

    @Slot(events.Understood)
    def _understood(self, event: events.Understood) -> None:
        calls = event.understanding.calls
        if calls and self._options.read_back == "all":
            text = spoken_words.calls_said(calls)
            self.say([Saying(text=text)], passing=True)

    @Slot(events.Asked)
    def _asked(self, event: events.Asked) -> None:
        self.say([spoken_words.question_said(event.question)])

    @Slot(events.Declined)
    def _declined(self, event: events.Declined) -> None:
        if self._options.read_back == "all":
            self.say([Saying(text=spoken_words.said(event.sentence))])

    @Slot(object)
    def _run_finished(self, event: events.RunFinished) -> None:
        record = event.record
        self.say(spoken_words.findings_said(record.findings))
        if _repeated(record) and self._options.read_back == "answers":
            # 再说一遍 is an answer, not mere politeness.
            reply = record.understanding.reply if record.understanding else ""
            self.say([Saying(text=spoken_words.said(reply))])

    @Slot(object)
    def _run_failed(self, event: events.RunFailed) -> None:
        self.say([spoken_words.fault_said(event.fault)])

    @Slot(object)
    def _run_cancelled(self, event: events.RunCancelled) -> None:
        """The operator stopped it; an alarm that was found by then is said."""
        said = spoken_words.findings_said(event.record.findings)
        self.say([each for each in said if each.severity is Severity.ALARM])


def _repeated(record: RunRecord) -> bool:
    return record.outcome is Outcome.REPEATED


class MuteButton(QPushButton):
    """Says whether the desk speaks, and switches it; there only if it may speak."""

    def __init__(self, voice: Voice) -> None:
        super().__init__()
        self._voice = voice
        like = button("")
        self.setAutoDefault(like.autoDefault())
        self.setCursor(like.cursor())
        like.deleteLater()
        self.setCheckable(True)
        # Not the button's own shortcut: that clicks a tenth of a second later.
        self.key: Final = QShortcut(QKeySequence(MUTE_KEY), self)
        self.key.setAutoRepeat(False)
        self.key.setEnabled(voice.wanted)
        self.key.activated.connect(self.toggle)
        if not voice.wanted:
            # Shown, it would be a window of its own until it has a parent.
            self.hide()
        self.toggled.connect(voice.set_muted)
        voice.muted_changed.connect(self._show)
        self._show(voice.muted)

    @Slot(bool)
    def _show(self, muted: bool) -> None:
        self.setChecked(muted)
        self.setText(self.tr("朗读：静音") if muted else self.tr("朗读：开"))
        hint = self.tr("恢复朗读（{key}）") if muted else self.tr("静音（{key}）")
        self.setToolTip(hint.format(key=MUTE_KEY))
        self.setAccessibleName(self.text())
