"""The first steps at a new desk: hear, ask once, connect the real systems.

A strip above the conversation that never stands in the way: whatever it explains can be
done beside it, and it notices when it was done.
"""

from enum import IntEnum
from typing import Final

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout

from app.core import events
from app.core.model import Outcome
from app.desktop.look import Look
from app.desktop.pieces import FlowLayout, Level, button, set_state, text_label
from app.desktop.words import breakable

HEARD: Final = 0.05
"""Peak that nobody takes for silence."""
COMMANDS: Final = (
    "griddesk sites import sites.csv",
    "griddesk sites connect tickets.toml --default",
    "griddesk doctor",
)


class Step(IntEnum):
    """What is to be done."""

    MICROPHONE = 1
    COMMAND = 2
    CONNECT = 3


class Guide(QFrame):
    """Explains one step at a time.

    Signals:
        ended: The operator is through, or skips the rest.
        microphones_wanted: The operator wants another microphone; the button pressed.
        example_wanted: A command for the text box.
    """

    ended = Signal()
    microphones_wanted = Signal(object)
    example_wanted = Signal(str)

    def __init__(self, look: Look, talk_key: str, example: str) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setAccessibleName(self.tr("入门引导"))
        self._key, self._example = talk_key, example
        self._once = False
        self._step = Step.MICROPHONE
        self._done: set[Step] = set()
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 12)
        column.setSpacing(8)
        head = QHBoxLayout()
        self._title = text_label("", "lead", wrap=True)
        head.addWidget(self._title, 1)
        self.skip = button(self.tr("跳过"), "quiet")
        self.skip.setToolTip(self.tr("不再显示；在「能说什么」里可以重新打开"))
        self.skip.clicked.connect(self.ended)
        head.addWidget(self.skip, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(head)
        self._text = text_label("", wrap=True)
        column.addWidget(self._text)
        self.commands: list[QLabel] = []
        lines = FlowLayout(24)
        column.addLayout(lines)
        for command in COMMANDS:
            line = text_label(command)
            # To be copied into a console.
            line.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse
                | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            self.commands.append(line)
            lines.addWidget(line)
        foot = QHBoxLayout()
        foot.setSpacing(10)
        self.level = Level(look)
        self.level.setFixedWidth(160)
        foot.addWidget(self.level)
        self._result = text_label("", wrap=True)
        foot.addWidget(self._result, 1)
        self.other = button(self.tr("换一个麦克风…"))
        self.other.clicked.connect(self._want_microphones)
        foot.addWidget(self.other)
        self.example = button(self.tr("把例句放进输入框"))
        self.example.clicked.connect(self._want_example)
        foot.addWidget(self.example)
        self.next = button(self.tr("下一步"), "primary")
        self.next.clicked.connect(self._go_on)
        foot.addWidget(self.next)
        column.addLayout(foot)
        self._show_step()

    @property
    def step(self) -> Step:
        """What is explained now."""
        return self._step

    @property
    def result(self) -> str:
        """What the guide has noticed."""
        return self._result.text()

    @Slot(bool)
    def set_hands_free(self, once: bool) -> None:
        """Say that one press is enough."""
        if once is not self._once:
            self._once = once
            self._show_step()

    @Slot(float)
    def show_level(self, level: float) -> None:
        """Show how loud it is; a voice settles the first step."""
        self.level.set_level(level)
        if level >= HEARD and Step.MICROPHONE not in self._done:
            self._done.add(Step.MICROPHONE)
            self._show_step()

    @Slot(object)
    def show_run(self, event: events.TerminalEvent) -> None:
        """Take a command that was answered: the second step is done."""
        if event.record.outcome is not Outcome.ANSWERED or not event.journalled:
            return
        self._done.add(Step.COMMAND)
        if self._step < Step.CONNECT:
            self._step = Step.CONNECT
        self._show_step()

    def _show_step(self) -> None:
        step = self._step
        hold = self.tr("按一下") if self._once else self.tr("按住")
        title, text = {
            Step.MICROPHONE: (
                self.tr("试一试麦克风"),
                self.tr("{hold} {key} 说句话，下面的音量条会动。不动就换一个麦克风。"),
            ),
            Step.COMMAND: (
                self.tr("说或输入一条指令"),
                self.tr(
                    "{hold} {key} 说「{example}」，或在下方输入后按回车。"
                    "没有接入本单位系统之前，答复来自演示数据。"
                ),
            ),
            Step.CONNECT: (
                self.tr("连接本单位系统"),
                self.tr("由安装人员在命令行里做：导入工地目录，接入系统，然后检查。"),
            ),
        }[step]
        count = self.tr("第 {n} 步，共 {all} 步：{title}")
        self._title.setText(count.format(n=step.value, all=len(Step), title=title))
        said = text.format(hold=hold, key=self._key, example=self._example)
        self._text.setText(breakable(said))
        for line in self.commands:
            line.setVisible(step is Step.CONNECT)
        self.level.setVisible(step is Step.MICROPHONE)
        self.other.setVisible(step is Step.MICROPHONE)
        self.example.setVisible(step is Step.COMMAND and bool(self._example))
        last = step is Step.CONNECT
        self.next.setText(self.tr("完成") if last else self.tr("下一步"))
        self.skip.setVisible(not last)
        self._result.setText(self._noticed())
        set_state(self._result, "tone", "normal")
        self.updateGeometry()

    def _noticed(self) -> str:
        if self._step is Step.MICROPHONE and Step.MICROPHONE in self._done:
            return self.tr("✓ 听到声音了")
        if self._step is Step.CONNECT and Step.COMMAND in self._done:
            return self.tr("✓ 第一条指令已经答复")
        return ""

    @Slot()
    def _go_on(self) -> None:
        if self._step is Step.CONNECT:
            self.ended.emit()
            return
        self._step = Step(self._step + 1)
        self._show_step()

    @Slot()
    def _want_microphones(self) -> None:
        self.microphones_wanted.emit(self.other)

    @Slot()
    def _want_example(self) -> None:
        self.example_wanted.emit(self._example)
