"""One setting on the page: what it is, what it says, and what of that is new."""

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from app.core.configuring import Kind, Setting, SettingChange, Value
from app.core.model import Severity
from app.desktop.look import Look
from app.desktop.people.told import Told
from app.desktop.pieces import button, set_state, text_label
from app.desktop.settings.fields import field_for
from app.desktop.settings.words import said, value_word

_FIELD: Final = 280
"""Width of a field that stands beside its description."""

FaultOf = Callable[[str, Value], str]
"""Says why a setting cannot be a value; empty: it can."""


class SettingRow(QFrame):
    """Edits one setting; nothing is kept by it.

    Signals:
        edited: What it holds is another, or its state.
    """

    edited = Signal()

    def __init__(
        self,
        look: Look,
        setting: Setting,
        fault_of: FaultOf,
        *,
        section: str,
        at_once: bool,
    ) -> None:
        """Take the name of the section, which it is found by as well."""
        super().__init__()
        self.setObjectName("card")
        self._fault_of = fault_of
        self._refused = ""
        self.setting = setting
        self.name: Final = said(setting.name)
        about = said(setting.about)
        self.field: Final = field_for(setting, self.name)
        self.field.edited.connect(self._edited)
        focused = self.field.focusProxy()
        if focused is not None:
            focused.setAccessibleDescription(about)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 14, 10)
        column.setSpacing(4)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(text_label(self.name, "lead"))
        self.state: Final = text_label("", "caption")
        head.addWidget(self.state, 1)
        self.restore: Final = button(self.tr("恢复默认"), "quiet")
        self.restore.setAccessibleName(
            self.tr("恢复默认：{name}").format(name=self.name)
        )
        self.restore.clicked.connect(self._restore)
        policy = self.restore.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.restore.setSizePolicy(policy)
        head.addWidget(self.restore)
        column.addLayout(head)
        line = QHBoxLayout()
        line.setSpacing(16)
        told = QVBoxLayout()
        told.setSpacing(2)
        told.addWidget(text_label(about, wrap=True))
        facts = self.tr("默认 {default}　{when}").format(
            default=value_word(setting, setting.default),
            when=self.tr("保存后立即生效") if at_once else self.tr("下次启动时生效"),
        )
        told.addWidget(text_label(facts, "caption", wrap=True))
        self.key: Final = text_label(setting.key, "caption")
        self.key.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.key.setCursor(Qt.CursorShape.IBeamCursor)
        told.addWidget(self.key)
        told.addStretch(1)
        line.addLayout(told, 1)
        many = setting.kind in (Kind.LIST, Kind.TABLE)
        if not many:
            self.field.setFixedWidth(_FIELD)
            line.addWidget(self.field, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(line)
        if many:
            column.addWidget(self.field)
        self.told: Final = Told(look)
        column.addWidget(self.told)
        self._searched = "\n".join(
            (
                *(section, setting.key, setting.name, setting.about),
                *(self.name, about),
                *(f"{word} {said(word)}" for word in setting.words),
            )
        ).casefold()
        self._tell()

    @property
    def value(self) -> Value:
        """What it holds."""
        return self.field.value()

    @property
    def change(self) -> SettingChange | None:
        """What it would change; None: nothing."""
        before, after = self.setting.value, self.value
        if before == after:
            return None
        return SettingChange(key=self.setting.key, before=before, after=after)

    @property
    def fault(self) -> str:
        """Why it cannot be kept; empty: it can."""
        return self._refused

    @property
    def unsaved(self) -> bool:
        """Whether something was edited; what cannot be may come to no change."""
        return bool(self._refused) or self.change is not None

    @property
    def differs(self) -> bool:
        """Whether it is not the default."""
        return self.value != self.setting.default

    def meant_by(self, words: Sequence[str]) -> bool:
        """Say whether all words stand in its name, key, section or description."""
        return all(word.casefold() in self._searched for word in words)

    def rebase(self, setting: Setting) -> None:
        """Take what the file says now; what was edited and is not kept stays."""
        edited = self.unsaved
        self.setting = setting
        if not edited:
            self.field.put(setting.value)
        self._edited()

    def lock(self, *, locked: bool) -> None:
        """Let it be read alone, or edited as well."""
        self.field.setEnabled(not locked)
        self.restore.setEnabled(not locked)

    @Slot()
    def _restore(self) -> None:
        self.field.put(self.setting.default)
        self._edited()
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _edited(self) -> None:
        self._refused = self.field.fault()
        if not self._refused and self.change is not None:
            self._refused = self._fault_of(self.setting.key, self.value)
        if self._refused and not str(self.value).strip():
            self._refused = self.tr("不能留空。")
        self._tell()
        self.edited.emit()

    def _tell(self) -> None:
        """Say in shape and words what is new, what differs, and what is wrong."""
        marks = []
        if self.change is not None:
            marks.append(self.tr("▲ 未保存"))
        if self.differs:
            marks.append(self.tr("● 与默认值不同"))
        self.state.setText("　".join(marks))
        new = self.change is not None
        set_state(self.state, "tone", Severity.ATTENTION.value if new else "")
        self.restore.setVisible(self.differs)
        self.told.say(self._refused, Severity.ATTENTION)
        self.setAccessibleName(" ".join((self.name, *marks, self._refused)))
