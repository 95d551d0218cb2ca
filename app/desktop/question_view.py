"""A question to the operator: at most three candidates, as buttons and as keys."""

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout

from app.core.model import Question, QuestionKind, Severity
from app.desktop.look import Look
from app.desktop.pieces import Mark, button, set_state, text_label
from app.desktop.words import breakable


class _Choice(QPushButton):
    """A button whose text wraps: a long name is told apart by its end."""

    def __init__(self, number: int, label: str) -> None:
        super().__init__()
        self.setProperty("kind", "choice")
        self.setAutoDefault(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(f"{number} {label}")
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 10, 16, 10)
        row.setSpacing(14)
        for text, stretch in ((str(number), 0), (label, 1)):
            part = text_label(text, "choice", wrap=stretch == 1)
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            row.addWidget(part, stretch, Qt.AlignmentFlag.AlignTop)
        self._row = row
        policy = self.sizePolicy()
        policy.setVerticalPolicy(QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def sizeHint(self) -> QSize:
        return self._row.totalSizeHint()

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 44)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._row.totalHeightForWidth(width)


class QuestionView(QFrame):
    """Shows a question; nothing is preselected, so no stray Enter answers it.

    Signals:
        picked: The candidate the operator chose.
        edit_wanted: The operator wants to change what was heard.
        ended: The question was answered or is outdated, for good.
    """

    picked = Signal(object)
    edit_wanted = Signal()
    ended = Signal()

    def __init__(
        self,
        look: Look,
        question: Question,
        *,
        editable: bool = False,
        by_setting: bool = False,
    ) -> None:
        super().__init__()
        self.setObjectName("finding")
        self.setProperty("severity", Severity.ATTENTION.value)
        self.setAccessibleName(question.sentence)
        # The frame takes the focus, not a button: keys 1 to 3 answer, Enter does not.
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._question = question
        self._editable = editable
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(Mark(look, Severity.ATTENTION, 28))
        head.addWidget(text_label(question.sentence, "row-sentence", wrap=True), 1)
        column.addLayout(head)
        self._buttons: list[QPushButton] = []
        for number, candidate in enumerate(question.candidates, start=1):
            choice = _Choice(number, candidate.label)
            choice.clicked.connect(self._click)
            self._buttons.append(choice)
            column.addWidget(choice)
        if question.kind is QuestionKind.CONFIRM and len(question.candidates) == 1:
            hint = self.tr("说「是」或按 1 就查；说「不是」就不查。")
            if by_setting:
                # Or it looks as if the desk had not understood.
                hint = self.tr("设置为每条口头指令先确认：") + hint
        elif question.candidates:
            hint = self.tr("按数字键选定，或重新说一遍。没有选定之前不会查询。")
        elif editable:
            hint = self.tr("请再说一遍，或点「修改」，改好后再发送。")
        else:
            hint = self.tr("也可以点「改写」，改好后再发送。")
        self._hint = text_label(hint, "caption", wrap=True)
        foot = QHBoxLayout()
        foot.addWidget(self._hint, 1)
        self.edit = button(self.tr("修改"), "quiet")
        """Puts the heard text into the text box, where it can be changed."""
        self.edit.setToolTip(self.tr("把听到的话放进输入框，改好后按回车发送"))
        self.edit.clicked.connect(self.edit_wanted)
        self.edit.setVisible(editable)
        foot.addWidget(self.edit)
        column.addLayout(foot)
        self._settled = False

    @property
    def question(self) -> Question:
        """What is asked."""
        return self._question

    @property
    def buttons(self) -> list[QPushButton]:
        """One for each candidate."""
        return self._buttons

    @property
    def editable(self) -> bool:
        """Whether it offers to change what was heard."""
        return self._editable

    @property
    def settled(self) -> bool:
        """Whether the question was answered or is outdated, for good."""
        return self._settled

    def rest(self) -> None:
        """Take no answer while another command is heard."""
        self.setEnabled(False)

    def reopen(self) -> None:
        """Take answers again: what was heard meanwhile was nothing."""
        self.setEnabled(not self._settled)

    def settle(self, how: str) -> None:
        """Take no answer any more, and say how the question ended."""
        self._settled = True
        self.setEnabled(False)
        self._hint.setText(breakable(how))
        set_state(self._hint, "role", "muted")
        self.ended.emit()

    def pick(self, number: int) -> bool:
        """Choose candidate 1 … 3; say whether there was such a one."""
        if not 1 <= number <= len(self._buttons) or not self.isEnabled():
            return False
        self.picked.emit(self._question.candidates[number - 1])
        return True

    @Slot()
    def _click(self) -> None:
        self.pick(self._buttons.index(self.sender()) + 1)  # type: ignore[arg-type]
