"""The form that asks what is to be written to a file."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeAlias

from PySide6.QtCore import QStandardPaths, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.core.filters import SHIFT
from app.core.people import Actor
from app.core.ports import JournalQuery
from app.core.reporting import (
    REPORT_NAMES,
    TABLE_SUFFIXES,
    Beside,
    Exported,
    Progress,
    ReportKind,
    Reports,
    ShiftWanted,
)
from app.core.workdays import DESKS_ZONE, YEARS
from app.desktop.pieces import button, text_label
from app.desktop.words import breakable

MOMENT: Final = "%Y-%m-%d %H:%M"
_MONTH: Final = "%Y-%m"

Write: TypeAlias = Callable[[Path, Actor, Beside, Progress], Awaitable[Exported]]


class ReportForm(QWidget):
    """Of what, whose names, which form, where to.

    Signals:
        changed: Another kind, form or target is chosen.
        last_wanted: The shift is to begin where the last one was handed over.
        told: Why something that was typed is no good: a sentence.
    """

    changed = Signal()
    last_wanted = Signal()
    told = Signal(str)

    def __init__(self, query: JournalQuery, giving: str) -> None:
        super().__init__()
        self._query = query
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        self.kinds = self._choice(
            {
                ReportKind.SHIFT: self.tr("交接班报告"),
                ReportKind.MONTH: self.tr("月度汇总"),
                ReportKind.LOG: self.tr("筛选出的记录"),
            },
            self.tr("内容"),
        )
        self.forms = self._choice(
            {suffix: suffix[1:].upper() for suffix in TABLE_SUFFIXES}, self.tr("格式")
        )
        column.addLayout(self._row(self.kinds))
        self.about = text_label("", "muted", wrap=True)
        column.addWidget(self.about)
        column.addLayout(self._make_form())
        for group in (self.kinds, self.forms):
            group.buttonClicked.connect(self._choose)
        now = datetime.now(DESKS_ZONE)
        self.since.setText((now - SHIFT).strftime(MOMENT))
        self.until.setText(now.strftime(MOMENT))
        self.month.setText(now.strftime(_MONTH))
        self.giving.setText(giving)
        place = QStandardPaths.StandardLocation.DocumentsLocation
        self._folder = Path(QStandardPaths.writableLocation(place) or Path.home())
        self._suggested = ""
        self._choose()

    @property
    def kind(self) -> ReportKind:
        """What is to be written."""
        return ReportKind(self._key(self.kinds))

    @property
    def target(self) -> Path:
        """Where it is to be written."""
        typed = self.path.text().strip()
        suffix = self._key(self.forms)
        if not typed:
            return self._folder / self._name()
        path = self._folder / Path(typed).expanduser()
        if path.is_dir():
            return path / self._name()
        if path.suffix.lower() in TABLE_SUFFIXES:
            return path
        return path.with_name(f"{path.name}{suffix}")

    def _choice(self, words: dict[str, str], name: str) -> QButtonGroup:
        group = QButtonGroup(self)
        for key, word in words.items():
            made = button(word)
            made.setCheckable(True)
            made.setProperty("key", str(key))
            made.setAccessibleName(f"{name} {word}")
            group.addButton(made)
        group.buttons()[0].setChecked(True)
        return group

    def _row(self, group: QButtonGroup) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        for each in group.buttons():
            row.addWidget(each)
        row.addStretch(1)
        return row

    def _key(self, group: QButtonGroup) -> str:
        chosen = group.checkedButton()
        return str(chosen.property("key")) if chosen is not None else ""

    def _make_form(self) -> QFormLayout:
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        self._form = form
        self.since, self.until = QLineEdit(), QLineEdit()
        self.giving, self.taking = QLineEdit(), QLineEdit()
        self.month, self.path = QLineEdit(), QLineEdit()
        self.last = button(self.tr("从上次交接班起"))
        self.last.setToolTip(self.tr("开始时间接上一份交接班报告，不漏掉运行"))
        self.last.clicked.connect(self.last_wanted)
        self.browse = button(self.tr("浏览…"))
        self.browse.clicked.connect(self._browse)
        for field, word, beside in (
            (self.since, self.tr("开始时间"), self.last),
            (self.until, self.tr("结束时间"), None),
            (self.giving, self.tr("交班人"), None),
            (self.taking, self.tr("接班人"), None),
            (self.month, self.tr("月份"), None),
        ):
            self._add_field(field, word, beside)
        form.addRow(text_label(self.tr("格式")), self._row(self.forms))
        self._add_field(self.path, self.tr("保存到"), self.browse)
        for name in (self.giving, self.taking):
            name.setMaxLength(40)
        self.path.textChanged.connect(self._match_form)
        self.path.textChanged.connect(self.changed)
        self.month.textEdited.connect(self._suggest)
        return form

    def _add_field(
        self, field: QLineEdit, word: str, beside: QPushButton | None
    ) -> None:
        field.setAccessibleName(word)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(field, 1)
        if beside is not None:
            row.addWidget(beside)
        self._form.addRow(text_label(word), row)

    @Slot()
    def _choose(self) -> None:
        """Show what the chosen kind asks for, and suggest a name."""
        kind = self.kind
        told = {
            ReportKind.SHIFT: self.tr(
                "本班的发现和图片、未结、没有答复的工地、备注和更正，供双方签名。"
            ),
            ReportKind.MONTH: self.tr(
                "各地区和工地每周的比率、发现、确认和关闭用时；每个数都写明怎样统计。"
            ),
            ReportKind.LOG: self.tr("审阅窗口里现在筛选出的记录，和以后对它们的处置。"),
        }
        self.about.setText(breakable(told[kind]))
        shown = {
            ReportKind.SHIFT: (self.since, self.until, self.giving, self.taking),
            ReportKind.MONTH: (self.month,),
            ReportKind.LOG: (),
        }[kind]
        for place in range(5):
            field = (self.since, self.until, self.giving, self.taking, self.month)
            self._form.setRowVisible(place, field[place] in shown)
        self._suggest()
        self.changed.emit()

    def _name(self) -> str:
        when = datetime.now(DESKS_ZONE).strftime("%Y%m%d-%H%M")
        if self.kind is ReportKind.MONTH:
            when = self.month.text().strip().replace("/", "-")
        return f"{REPORT_NAMES[self.kind]}-{when}{self._key(self.forms)}"

    @Slot()
    def _suggest(self) -> None:
        """Name the file; what somebody typed stays, in the form that is chosen."""
        typed = self.path.text().strip()
        if typed in {"", self._suggested}:
            self._suggested = str(self._folder / self._name())
            self.path.setText(self._suggested)
            return
        path = Path(typed)
        if path.suffix.lower() in TABLE_SUFFIXES:
            self.path.setText(str(path.with_suffix(self._key(self.forms))))

    @Slot()
    def _match_form(self) -> None:
        """Show the form that the typed suffix means."""
        for each in self.forms.buttons():
            if each.property("key") == self.target.suffix.lower():
                each.setChecked(True)

    @Slot()
    def _browse(self) -> None:
        dialog = QFileDialog(self, self.tr("保存到"), str(self.target))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setDefaultSuffix(self._key(self.forms)[1:])
        dialog.fileSelected.connect(self.path.setText)
        dialog.open()

    def asked(self, reports: Reports) -> Write | None:
        """Read the fields; None: a sentence says which is no good."""
        if self.kind is ReportKind.LOG:
            query = self._query
            return lambda path, who, beside, progress: reports.log(
                path, query, who, beside=beside, progress=progress
            )
        if self.kind is ReportKind.MONTH:
            month = self._moment(self.month, _MONTH)
            if month is None:
                return None
            return lambda path, who, beside, progress: reports.month(
                path, month.date(), who, beside=beside, progress=progress
            )
        since = self._moment(self.since, MOMENT)
        until = self._moment(self.until, MOMENT)
        if since is None or until is None:
            return None
        if until.strftime(MOMENT) == datetime.now(DESKS_ZONE).strftime(MOMENT):
            # This minute is not over: what was asked in it is of this shift.
            until = until + timedelta(minutes=1)
        wanted = ShiftWanted(
            since=since.astimezone(UTC),
            until=until.astimezone(UTC),
            giving=self.giving.text(),
            taking=self.taking.text(),
        )
        return lambda path, who, beside, progress: reports.shift(
            path, wanted, who, beside=beside, progress=progress
        )

    def _moment(self, field: QLineEdit, form: str) -> datetime | None:
        try:
            typed = datetime.strptime(field.text().strip(), form)
            if typed.year not in YEARS:
                raise ValueError(typed)
        except ValueError:
            example = datetime.now(DESKS_ZONE).strftime(form)
            sentence = self.tr("「{typed}」看不懂，请写成 {example}。")
            self.told.emit(sentence.format(typed=field.text(), example=example))
            field.setFocus(Qt.FocusReason.OtherFocusReason)
            return None
        return typed.replace(tzinfo=DESKS_ZONE)
