"""What a locked desk still says: how many alarms are open, and since when."""

from typing import Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout

from app.core.model import Severity
from app.desktop import words
from app.desktop.alarms import Alarms
from app.desktop.look import Look
from app.desktop.people.naming import joined
from app.desktop.pieces import Mark, set_state, text_label
from app.desktop.words import breakable


class OpenAlarmsLine(QFrame):
    """Counts the open alarms; names neither site nor finding nor person."""

    def __init__(self, look: Look, alarms: Alarms) -> None:
        super().__init__()
        self._alarms = alarms
        self._locked = False
        self.setObjectName("finding")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(10)
        self._mark: Final = Mark(look, Severity.ALARM, 28)
        row.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignVCenter)
        self._label: Final = text_label("", "lead", wrap=True)
        row.addWidget(self._label, 1)
        alarms.changed.connect(self._show)
        self._show()

    @property
    def text(self) -> str:
        """What it says; empty: there is no open alarm."""
        return "" if self.isHidden() else self._label.text()

    def say_locked(self, *, locked: bool) -> None:
        """Say how one comes to the alarms: by unlocking, or by signing in."""
        self._locked = locked
        self._show()

    @Slot()
    def _show(self) -> None:
        alarms = self._alarms
        sentence = ""
        if alarms.count:
            oldest = words.full_time(min(each.at for each in alarms.newest))
            sentence = self.tr("未确认的告警 {n} 条，最早的从 {time} 起。")
            if alarms.count > len(alarms.newest):
                sentence = self.tr("未确认的告警 {n} 条，最早的在 {time} 之前。")
            sentence = sentence.format(n=alarms.count, time=oldest)
            then = self.tr("解锁后确认。") if self._locked else self.tr("登录后确认。")
            sentence = joined(sentence, then)
        if alarms.problem:
            lost = self.tr("日志里的告警读不出来，可能还有别的。")
            sentence = joined(sentence, lost)
        severity = Severity.ALARM if alarms.count else Severity.UNKNOWN
        self._mark.set_severity(severity)
        set_state(self, "severity", severity.value)
        self._label.setText(breakable(sentence))
        self.setVisible(bool(sentence))
