"""What a setting is edited with: one field for each kind, none for one setting."""

from collections.abc import Callable, Mapping
from typing import Final

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.core.configuring import Kind, Setting, Value
from app.desktop.pieces import button
from app.desktop.settings.words import said

TALL: Final = 36
"""Pixels: a glove finds it."""
_PLACES: Final = 3
"""After the point; no setting is given more precisely by hand."""
_STEPS: Final = 20
"""Steps of a fraction from the least to the greatest."""


class Field(QWidget):
    """Edits one setting.

    Signals:
        edited: What it holds is another.
    """

    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)

    def value(self) -> Value:
        """Give what it holds."""
        raise NotImplementedError

    def put(self, value: Value) -> None:
        """Hold this."""
        raise NotImplementedError

    def fault(self) -> str:
        """Say what of it can be no value at all; empty: nothing."""
        return ""

    def _hold(self, box: QWidget) -> None:
        box.setMinimumHeight(TALL)
        self._row.addWidget(box)
        self.setFocusProxy(box)


class SwitchField(Field):
    """On or off, with a word."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.box: Final = QCheckBox()
        self.box.setAccessibleName(name)
        self.box.toggled.connect(self._toggled)
        self._hold(self.box)
        self._tell()

    def value(self) -> Value:
        """Give `on` or `off`."""
        return "on" if self.box.isChecked() else "off"

    def put(self, value: Value) -> None:
        """Be on or off."""
        self.box.setChecked(value == "on")

    @Slot()
    def _toggled(self) -> None:
        self._tell()
        self.edited.emit()

    def _tell(self) -> None:
        self.box.setText(self.tr("开") if self.box.isChecked() else self.tr("关"))


class _Combo(QComboBox):
    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let whoever scrolls past it change nothing."""
        super().wheelEvent(event) if self.hasFocus() else event.ignore()


class ChoiceField(Field):
    """One of some values, each with its word."""

    def __init__(self, setting: Setting, name: str) -> None:
        super().__init__()
        self.box: Final = _Combo()
        self.box.setAccessibleName(name)
        self.box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.box.setMinimumContentsLength(8)
        adjust = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        self.box.setSizeAdjustPolicy(adjust)
        for code, word in zip(
            setting.choices, setting.words or setting.choices, strict=True
        ):
            self.box.addItem(said(word), code)
        self.box.currentIndexChanged.connect(self.edited)
        self._hold(self.box)

    def value(self) -> Value:
        """Give what is chosen."""
        return str(self.box.currentData())

    def put(self, value: Value) -> None:
        """Choose this."""
        self.box.setCurrentIndex(self.box.findData(value))


class _Spin(QDoubleSpinBox):
    def textFromValue(self, value: float) -> str:
        """Write no zeros that say nothing."""
        return f"{round(value, self.decimals()):.10g}"

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let whoever scrolls past it change nothing."""
        super().wheelEvent(event) if self.hasFocus() else event.ignore()


class NumberField(Field):
    """A number with its unit, inside its range."""

    def __init__(self, setting: Setting, name: str) -> None:
        super().__init__()
        self._whole = setting.kind is Kind.WHOLE
        self._given = self._shown = 0.0
        self.box: Final = _Spin()
        # The style sheet leaves no room before the digits.
        self.box.lineEdit().setTextMargins(8, 0, 0, 0)
        self.box.setAccessibleName(name)
        self.box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.box.setDecimals(0 if self._whole else _PLACES)
        self.box.setRange(setting.low, setting.high)
        span = setting.high - setting.low
        self.box.setSingleStep(1.0 if self._whole or span > _STEPS else 0.1)
        if setting.unit:
            self.box.setSuffix(f" {said(setting.unit)}")
        self.box.valueChanged.connect(self.edited)
        self._hold(self.box)

    def value(self) -> Value:
        """Give the number; one that is not touched as precisely as it was given."""
        number = self.box.value()
        if number == self._shown:
            number = self._given
        return round(number) if self._whole else number

    def put(self, value: Value) -> None:
        """Show this number."""
        if isinstance(value, (int, float)):
            self.box.setValue(value)
            self._given, self._shown = float(value), self.box.value()


class TextField(Field):
    """A line of text."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.box: Final = QLineEdit()
        self.box.setAccessibleName(name)
        self.box.setPlaceholderText(self.tr("（空）"))
        self.box.textChanged.connect(self.edited)
        self._hold(self.box)

    def value(self) -> Value:
        """Give the text."""
        return self.box.text()

    def put(self, value: Value) -> None:
        """Show this text from its beginning."""
        self.box.setText(str(value))
        self.box.setCursorPosition(0)


class RowsField(Field):
    """Texts, or names with a text each, one below the other."""

    def __init__(self, name: str, *, named: bool) -> None:
        super().__init__()
        self._name, self._named = name, named
        self.rows: list[tuple[QWidget, tuple[QLineEdit, ...]]] = []
        self._given: dict[QWidget, tuple[tuple[str, ...], tuple[str, ...]]] = {}
        """Row → what was put in it, and what its boxes made of that."""
        whole = QWidget()
        self._column = QVBoxLayout(whole)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self.more: Final = button(self.tr("添加一行"))
        self.more.setAccessibleName(self.tr("{name}：添加一行").format(name=name))
        self.more.setMinimumHeight(TALL)
        self.more.clicked.connect(self._add_empty)
        self._column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        self._row.addWidget(whole)
        self.setFocusProxy(self.more)

    def value(self) -> Value:
        """Give what stands there; a row without a word is none.

        A row that nobody touched is given as it was put, with its spaces.
        """
        rows = self._written()
        if self._named:
            return {row[0]: row[1] for row in rows}
        return tuple(row[0] for row in rows)

    def put(self, value: Value) -> None:
        """Show these texts."""
        while self.rows:
            self._drop(self.rows[-1][0])
        if isinstance(value, Mapping):
            for pair in value.items():
                self._add(*pair)
        elif isinstance(value, tuple):
            for text in value:
                self._add(text)

    def fault(self) -> str:
        """Say where a name is missing or there twice."""
        if not self._named:
            return ""
        names = [row[0] for row in self._written()]
        if "" in names:
            return self.tr("有一行没有名称。")
        for name in names:
            if names.count(name) > 1:
                return self.tr("名称「{name}」有两行。").format(name=name)
        return ""

    def _written(self) -> list[tuple[str, ...]]:
        written = []
        for holder, boxes in self.rows:
            texts = tuple(box.text() for box in boxes)
            given, shown = self._given.get(holder, ((), ()))
            if given and texts == shown:
                written.append(given)
            elif any(row := tuple(text.strip() for text in texts)):
                written.append(row)
        return written

    @Slot()
    def _add_empty(self) -> None:
        self._add()
        self.rows[-1][1][0].setFocus(Qt.FocusReason.OtherFocusReason)

    def _add(self, *texts: str) -> None:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        titles = (self.tr("名称"), self.tr("内容")) if self._named else ("",)
        boxes = []
        for place, title in enumerate(titles):
            box = QLineEdit()
            box.setMinimumHeight(TALL)
            box.setPlaceholderText(title)
            box.setAccessibleName(f"{self._name} {title}".strip())
            box.setText(texts[place] if place < len(texts) else "")
            box.setCursorPosition(0)
            box.textChanged.connect(self.edited)
            row.addWidget(box, 1 + place)
            boxes.append(box)
        out = button(self.tr("移除"), "quiet")
        out.setMinimumHeight(TALL)
        out.setAccessibleName(self.tr("{name}：移除这一行").format(name=self._name))
        out.clicked.connect(self._remove)
        row.addWidget(out)
        self.rows.append((holder, tuple(boxes)))
        if texts:
            self._given[holder] = texts, tuple(box.text() for box in boxes)
        self._column.insertWidget(self._column.count() - 1, holder)
        self.edited.emit()

    @Slot()
    def _remove(self) -> None:
        sender = self.sender()
        if isinstance(sender, QPushButton):
            holder = sender.parentWidget()
            if holder is not None:
                self._drop(holder)
        self.more.setFocus(Qt.FocusReason.OtherFocusReason)

    def _drop(self, holder: QWidget) -> None:
        self.rows = [row for row in self.rows if row[0] is not holder]
        self._given.pop(holder, None)
        holder.hide()
        holder.deleteLater()
        self.edited.emit()


def field_for(setting: Setting, name: str) -> Field:
    """Make the field that a setting's kind calls for."""
    makers: dict[Kind, Callable[[], Field]] = {
        Kind.SWITCH: lambda: SwitchField(name),
        Kind.CHOICE: lambda: ChoiceField(setting, name),
        Kind.TEXT: lambda: TextField(name),
        Kind.WHOLE: lambda: NumberField(setting, name),
        Kind.NUMBER: lambda: NumberField(setting, name),
        Kind.LIST: lambda: RowsField(name, named=False),
        Kind.TABLE: lambda: RowsField(name, named=True),
    }
    made = makers[setting.kind]()
    made.put(setting.value)
    return made
