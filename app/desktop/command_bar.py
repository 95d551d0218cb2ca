"""The bar at the bottom: hold to talk, what is being heard, and the text box."""

from typing import Final

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QVBoxLayout,
)

from app.core.model import Severity
from app.core.request import MAX_TEXT
from app.desktop.follow_up import FollowUp
from app.desktop.look import Look
from app.desktop.pieces import Level, Mark, button, set_state, text_label, tip
from app.desktop.quick import QuickRow
from app.desktop.talk import TalkState
from app.desktop.words import breakable

ROOMY: Final = 1060
"""From this width on, a sentence and the tag of follow-ups stand side by side."""
LEVEL_WIDTH: Final = 150


class CommandBar(QFrame):
    """Where commands come from.

    Signals:
        talk_pressed: The talk button went down.
        talk_released: The talk button went up.
        text_entered: The operator sent a typed command; the run whose words it was made
            of by changing them, empty: none.
    """

    talk_pressed = Signal()
    talk_released = Signal()
    text_entered = Signal(str, str)

    def __init__(self, look: Look, key: str) -> None:
        super().__init__()
        self.setObjectName("bar")
        self._key = key
        self._once = False
        grid = QGridLayout(self)
        grid.setContentsMargins(16, 10, 16, 10)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        self.talk = button("")
        self.talk.setObjectName("talk")
        self.talk.setAutoDefault(False)
        self.talk.setFixedWidth(208)
        self.talk.setMinimumHeight(76)
        self.talk.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.talk.pressed.connect(self.talk_pressed)
        self.talk.released.connect(self.talk_released)
        grid.addWidget(self.talk, 0, 0, 3, 1)
        # Room for a hint under the meter: the bar does not jump when it comes.
        grid.setRowMinimumHeight(0, 30)
        line = QHBoxLayout()
        line.setSpacing(8)
        self.level = Level(look)
        self.level.setFixedWidth(LEVEL_WIDTH)
        self.hint = text_label("", "caption", wrap=True)
        self.hint.setFixedWidth(LEVEL_WIDTH)
        set_state(self.hint, "tone", Severity.ATTENTION.value)
        self.hint.hide()
        meter = QVBoxLayout()
        meter.setSpacing(2)
        meter.addWidget(self.level)
        meter.addWidget(self.hint)
        line.addLayout(meter)
        self._mark = Mark(look, Severity.NORMAL, 20)
        self._mark.hide()
        line.addWidget(self._mark)
        self.line = text_label("", "muted", wrap=True)
        self.line.setMaximumHeight(48)
        line.addWidget(self.line, 1)
        self.follow_up = FollowUp()
        line.addWidget(self.follow_up, 0, Qt.AlignmentFlag.AlignVCenter)
        grid.addLayout(line, 0, 1)
        self.text = QLineEdit()
        self.text.setObjectName("command")
        self.text.setAccessibleName(self.tr("指令"))
        # Longer text is refused with a sentence, not cut behind the operator's back.
        self.text.setMaxLength(MAX_TEXT * 4)
        self.text.setPlaceholderText(self.tr("也可以在这里输入，按回车发送"))
        self._entered = ""
        self._edits = self._heard = ""
        """The run whose words are being changed, and these words."""
        self._typed = False
        self.text.textEdited.connect(self._type)
        self.text.textChanged.connect(self._forget_edited)
        self.text.returnPressed.connect(self._enter)
        self._entry = QHBoxLayout()
        self._entry.setSpacing(12)
        self._entry.addWidget(self.text, 1)
        self.send = button(self.tr("发送"), "primary")
        self.send.clicked.connect(self._enter)
        self.send.setMinimumHeight(38)
        self._entry.addWidget(self.send)
        grid.addLayout(self._entry, 1, 1)
        self.quick = QuickRow()
        grid.addWidget(self.quick, 2, 1)
        grid.setColumnStretch(1, 1)
        self._grid, self._low = grid, False
        self.show_talk_state(TalkState.IDLE)

    def set_low(self, *, low: bool) -> None:
        """Take less height: the quick buttons stand beside the text box."""
        if low is self._low:
            return
        self._low = low
        if low:
            self._grid.removeWidget(self.quick)
            self._entry.addWidget(self.quick)
        else:
            self._entry.removeWidget(self.quick)
            self._grid.addWidget(self.quick, 2, 1)
        self.quick.set_compact(compact=low)

    @Slot(str)
    def show_talk_state(self, state: str) -> None:
        """Show what the talk key is doing."""
        once = self._once
        self.talk.setText(
            {
                TalkState.IDLE: (
                    self.tr("按一下说话\n{key}") if once else self.tr("按住说话\n{key}")
                ).format(key=self._key),
                TalkState.OPENING: self.tr("正在打开\n麦克风…"),
                TalkState.LISTENING: self._ending(),
            }[TalkState(state)]
        )
        set_state(self.talk, "state", state)
        if state == TalkState.LISTENING:
            self.quiet()

    def set_hands_free(self, once: bool) -> None:
        """Say that one press is enough, where the end of the speech is heard."""
        self._once = once
        self.show_talk_state(self.talk.property("state"))

    @Slot(int)
    def show_time_left(self, seconds: int) -> None:
        """Count the last seconds of a take down, where the operator looks."""
        left = self.tr("还剩 {seconds} 秒").format(seconds=seconds)
        self.talk.setText(left + "\n" + self._ending().partition("\n")[2])

    @Slot(str)
    def show_hint(self, sentence: str) -> None:
        """Say what is wrong with the loudness; empty: nothing."""
        self.hint.setText(breakable(sentence))
        self.hint.setVisible(bool(sentence))

    def _ending(self) -> str:
        if self._once:
            return self.tr("正在听\n说完自动结束")
        return self.tr("正在听\n松开结束")

    def show_partial(self, text: str) -> None:
        """Show what was heard so far; it is not confirmed."""
        self._mark.hide()
        set_state(self.line, "tone", "")
        set_state(self.line, "role", "partial")
        self._say(self.tr("未确认：{text}").format(text=text))

    def notice(self, sentence: str, severity: Severity) -> None:
        """Show a sentence that stays until the next command."""
        self._mark.set_severity(severity)
        self._mark.show()
        set_state(self.line, "role", "")
        set_state(self.line, "tone", severity.value)
        self._say(sentence)
        self.line.setToolTip(tip(sentence))

    @Slot(str)
    def withdraw(self, sentence: str) -> None:
        """Take this sentence away; another stays."""
        if self.line.text() == breakable(sentence):
            self.quiet()

    def quiet(self) -> None:
        """Take the sentence away."""
        self._mark.hide()
        self._say("")
        self.line.setToolTip("")

    def quiet_partial(self) -> None:
        """Take an unconfirmed transcript away; a notice stays."""
        if self.line.property("role") == "partial":
            self.quiet()

    @Slot(str)
    def set_text(self, text: str) -> None:
        """Put a text into the box, ready to be changed."""
        self.text.setText(text)
        self.text.setFocus(Qt.FocusReason.OtherFocusReason)
        self.text.end(False)

    @Slot(str, str)
    def edit(self, run_id: str, text: str) -> None:
        """Put the words of a run into the box, to be changed and sent again."""
        self.set_text(text)
        self._edits, self._heard = run_id, text

    @Slot()
    def _type(self) -> None:
        # Qt says this right before it says that the text is another.
        self._typed = True

    @Slot(str)
    def _forget_edited(self, text: str) -> None:
        """Keep the run only while its own words are changed by hand."""
        if not self._typed or not text:
            self._edits = ""
        self._typed = False

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Make room for the width."""
        super().resizeEvent(event)
        self._make_room()

    def _say(self, sentence: str) -> None:
        self.line.setText(breakable(sentence))
        self._make_room()

    def _make_room(self) -> None:
        wide = self.width() >= ROOMY
        self.follow_up.set_room(room=wide or not self.line.text())

    @Slot()
    def _enter(self) -> None:
        self._entered = self.text.text()
        changed = self._entered.strip() != self._heard.strip()
        self.text_entered.emit(self._entered, self._edits if changed else "")

    def clear_entered(self) -> None:
        """Empty the box if what was entered is still in it.

        What was half typed when a spoken command came is not lost.
        """
        if self.text.text() == self._entered:
            self.text.clear()
