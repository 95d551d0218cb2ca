"""A tag beside the command bar: what was said before may still be meant, until when."""

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout

from app.core.dialogue import Context
from app.core.model import QuestionKind
from app.desktop.pieces import text_label

EVERY_MS: Final = 1000


class FollowUp(QFrame):
    """Counts down while something may be followed up; else it is not there."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__()
        self.setObjectName("chip")
        self._now = now
        self._read: Callable[[], Context] | None = None
        self._room = True
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 3, 12, 3)
        self._text = text_label("", "caption")
        row.addWidget(self._text)
        self.timer = QTimer(self)
        self.timer.setInterval(EVERY_MS)
        self.timer.timeout.connect(self.refresh)
        self.hide()

    @property
    def text(self) -> str:
        """What the tag says; empty when it is not there."""
        return "" if self.isHidden() else self._text.text()

    def watch(self, read: Callable[[], Context]) -> None:
        """Take what gives the context of the desk."""
        self._read = read
        self.refresh()

    def set_room(self, *, room: bool) -> None:
        """Say whether there is room for it: what else is said counts more."""
        if room is not self._room:
            self._room = room
            self.refresh()

    def rest(self) -> None:
        """The window ends: look no more."""
        self._read = None
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Look at the context; keep looking only while there is something to show."""
        said = self._said() if self._room else ""
        self.setVisible(bool(said))
        if not said:
            self.timer.stop()
            return
        self._text.setText(said)
        if not self.timer.isActive():
            self.timer.start()

    def _said(self) -> str:
        context = self._read() if self._read is not None else None
        if context is None or context.expires_at is None:
            return ""
        left = math.ceil((context.expires_at - self._now()).total_seconds())
        hint = self._hint(context)
        if left <= 0 or not hint:
            return ""
        return self.tr("{hint}（还有 {time}）").format(hint=hint, time=self._time(left))

    def _hint(self, context: Context) -> str:
        question = context.question
        if question is not None and question.candidates:
            if len(question.candidates) > 1:
                # 是 would not say which.
                return self.tr("可直接回答：第一个、第二个…")
            if question.kind is QuestionKind.CONFIRM:
                return self.tr("可直接回答：是、不是")
            return self.tr("可直接回答：第一个")
        return self.tr("可接着说：那…呢") if context.calls else ""

    def _time(self, seconds: int) -> str:
        minutes, rest = divmod(seconds, 60)
        if not minutes:
            return self.tr("{n} 秒").format(n=rest)
        return self.tr("{m} 分 {n} 秒").format(m=minutes, n=rest)
