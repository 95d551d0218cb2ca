"""The bar of open alarms under the header: the newest, how many, and who saw it."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QKeySequence,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.core import checks
from app.core.alarms import OpenAlarm
from app.core.model import Severity
from app.desktop import words
from app.desktop.alarm_form import NameForm
from app.desktop.alarm_list import AlarmList
from app.desktop.alarms import Alarms
from app.desktop.look import Look
from app.desktop.pieces import button, paint_mark, text_label, tip, within_screen

KEY: Final = "Ctrl+K"
HEIGHT: Final = 68
"""Whatever happens: ten alarms of one sweep must not push the desk off the screen."""
_MARK: Final = 34
_ROOMY: Final = 960
_LINE: Final = 90


class AlarmBar(QFrame):
    """There while an alarm is open, always of the same height.

    Signals:
        record_wanted: The operator wants to see the record of an alarm; its run id.
        list_opened: The list of all is a window now; the list.
    """

    record_wanted = Signal(str)
    list_opened = Signal(object)

    def __init__(self, look: Look, alarms: Alarms) -> None:
        super().__init__()
        self._look, self._alarms = look, alarms
        self._target: OpenAlarm | None = None
        """The alarm that is being acknowledged: another that comes does not take its
        place under the operator's finger."""
        self._refusal = ""
        self._list: AlarmList | None = None
        self.setFixedHeight(HEIGHT)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 12, 6)
        row.setSpacing(12)
        row.addWidget(_OnRed(look))
        row.addWidget(_on_red(words.severity_word(Severity.ALARM)))
        lines = QVBoxLayout()
        lines.setSpacing(0)
        self.site, self.sentence = _Line(), _Line()
        lines.addWidget(self.site)
        lines.addWidget(self.sentence)
        row.addLayout(lines, 1)
        self.number = _on_red("")
        row.addWidget(self.number)
        self.acknowledge = button(self.tr("确认 {key}").format(key=KEY), "urgent")
        self.acknowledge.setToolTip(self.tr("签名确认最新的这一条告警"))
        self.acknowledge.clicked.connect(self.ask)
        self.all = button("")
        self.all.clicked.connect(self.show_list)
        self.form = NameForm()
        self.form.confirmed.connect(self._confirm)
        self.form.left.connect(self.leave)
        for each in (self.acknowledge, self.all, self.form):
            row.addWidget(each)
        # Not the button's own shortcut: that clicks a tenth of a second later.
        self.key: Final = QShortcut(QKeySequence(KEY), self)
        self.key.setContext(Qt.ShortcutContext.WindowShortcut)
        self.key.setAutoRepeat(False)
        self.key.activated.connect(self.ask)
        alarms.changed.connect(self._show)
        alarms.refused.connect(self._refused)
        alarms.raised.connect(self._forget_refusal)
        alarms.acknowledged.connect(self._forget_refusal)
        look.changed.connect(self.update)
        self._show()

    @property
    def alarms(self) -> Alarms:
        """What it is about."""
        return self._alarms

    @property
    def list(self) -> AlarmList | None:
        """The list on the screen, if any."""
        return self._list

    @property
    def shown(self) -> OpenAlarm | None:
        """The alarm that the bar is about."""
        newest = self._alarms.newest
        return self._target or (newest[0] if newest else None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for no note where there is room for the name only."""
        super().resizeEvent(event)
        self.form.note.setVisible(self.width() >= _ROOMY)
        self._say_sentence()
        self._show_number()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the ground red."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._look.theme.of(Severity.ALARM))
        painter.end()

    @Slot()
    def ask(self) -> None:
        """Ask for the name of whoever has seen the newest alarm."""
        if why := self._alarms.refusal:
            self._refused(why)
        elif self._target is None and self._alarms.newest:
            self._target = self._alarms.newest[0]
            self._refusal = ""
            self._show()
            self.form.ask(self._alarms.signer, signed_in=self._alarms.signed_in)

    @Slot()
    def show_list(self) -> None:
        """Open the list of all that are open."""
        if self._list is None:
            self._list = AlarmList(self._look, self._alarms, NameForm(), self.window())
            self._list.record_wanted.connect(self.record_wanted)
            self._list.destroyed.connect(self._list_gone)
            within_screen(self._list)
            self.list_opened.emit(self._list)
        self._list.show()
        self._list.raise_()
        self._list.activateWindow()

    @Slot()
    def _list_gone(self) -> None:
        self._list = None

    @Slot(str, str)
    def _confirm(self, name: str, note: str) -> None:
        if (target := self._target) is not None:
            self.leave()
            self._alarms.acknowledge([target], name, note)

    @Slot()
    def leave(self) -> None:
        """Ask for no name any more, and refuse nobody who comes next."""
        self._target = None
        self._refusal = ""
        self._show()

    @Slot(str)
    def _refused(self, sentence: str) -> None:
        self._refusal = sentence
        self._show()

    @Slot()
    def _forget_refusal(self) -> None:
        self._refusal = ""
        self._show()

    @Slot()
    def _show(self) -> None:
        alarms, alarm = self._alarms, self.shown
        asking = self._target is not None
        self.setVisible(alarm is not None or bool(alarms.problem))
        self.acknowledge.setVisible(alarm is not None and not asking)
        self.all.setVisible(alarm is not None and not asking)
        self.form.setVisible(asking)
        if alarm is None:
            self._refusal = ""
            self.site.say(self.tr("未确认的告警读不出来，可能有告警没有列出"))
            self.sentence.say(alarms.problem)
            self._show_number()
            return
        finding = alarm.finding
        # The time in front: where there is little room, the end is what is cut off.
        self.site.say(f"{_when(alarm.at)}　{finding.call.site.name}")
        self._say_sentence()
        self._show_number()
        number = self.tr("未确认 {n} 条").format(n=alarms.count)
        if alarms.problem:
            number = self.tr("未确认 {n} 条以上").format(n=alarms.count)
        self.number.setText(number)
        self.all.setText(self.tr("全部 {n} 条").format(n=alarms.count))
        self.all.setAccessibleName(
            self.tr("列出全部 {n} 条未确认的告警").format(n=alarms.count)
        )
        self.setAccessibleName(
            self.tr("{word}：{site}，{sentence}，{number}").format(
                word=words.severity_word(Severity.ALARM),
                site=finding.call.site.name,
                sentence=finding.summary,
                number=number,
            )
        )

    def _say_sentence(self) -> None:
        """Say the verdict; beside the form of a narrow bar, without its check.

        The counts say which check it was, and what is wrong stands at the end.
        """
        if (alarm := self.shown) is None:
            return
        finding = alarm.finding
        said = finding.summary
        if self._target is not None and self.width() < _ROOMY:
            said = said.removeprefix(f"[{checks.label(finding.call.check)}]").lstrip()
        self.sentence.say(self._refusal or said)

    def _show_number(self) -> None:
        """Count them where there is room for it: the button for all does it too."""
        alarms = self._alarms
        wanted = self.shown is not None and (alarms.count > 1 or bool(alarms.problem))
        self.number.setVisible(wanted and self.width() >= _ROOMY)


def _when(moment: datetime) -> str:
    """Give the time of day; the day as well where it is not today."""
    today = moment.astimezone().date() == datetime.now().astimezone().date()
    return words.clock_time(moment) if today else words.full_time(moment)


def _on_red(text: str) -> QLabel:
    """Make a label in the ink for a field that is filled with red."""
    label = text_label(text)
    label.setProperty("badge", Severity.ALARM.value)
    return label


class _Line(QWidget):
    """One line of ink on red, as much of it as there is room for."""

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self._label = _on_red("")
        self._label.setSizePolicy(
            QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._label)
        self.setMinimumWidth(_LINE)

    @property
    def text(self) -> str:
        """All of it."""
        return self._text

    def say(self, text: str) -> None:
        """Show another text."""
        self._text = text
        self.setToolTip(tip(text))
        self._label.setAccessibleName(text)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as much as there is room for."""
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(_LINE, self._label.sizeHint().height())

    def _fit(self) -> None:
        room = self.width() - 28
        elided = self._label.fontMetrics().elidedText(
            self._text, Qt.TextElideMode.ElideRight, max(0, room)
        )
        self._label.setText(elided)


class _OnRed(QWidget):
    """The shape of an alarm, on a field that is filled with its colour."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.setFixedSize(_MARK, _MARK)
        look.changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint."""
        theme = self._look.theme
        turned = replace(theme, alarm=theme.on_severity, on_severity=theme.alarm)
        painter = QPainter(self)
        paint_mark(painter, QRectF(self.rect()), Severity.ALARM, turned)
        painter.end()
