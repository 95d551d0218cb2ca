"""Asks what was really said, or what should have been asked."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.core.model import Call, Check, RunRecord, Severity, Site
from app.core.ports import SiteDirectory
from app.desktop import words
from app.desktop.look import Look
from app.desktop.pieces import Mark, button, empty_layout, set_state, text_label
from app.desktop.reader import Reader
from app.desktop.review.choices import Chooser
from app.desktop.review.site_field import EscField, SiteField
from app.desktop.words import breakable


class CorrectionForm(QDialog):
    """What was heard and understood, and fields for what is right; not modal.

    Signals:
        given: The true words, the right calls and a remark; empty: that was right.
    """

    given = Signal(str, object, str)

    def __init__(
        self,
        look: Look,
        record: RunRecord,
        directory: SiteDirectory,
        reader: Reader,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("更正 {id}").format(id=record.run_id[:8]))
        self.resize(680, 440)
        self._sites: Sequence[Site] = directory.sites()
        self._calls: list[Call] = []
        self._heard = record.utterance.text if record.utterance is not None else ""
        column = QVBoxLayout(self)
        column.setSpacing(12)
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        grid.addWidget(text_label(self.tr("听到的"), "muted"), 0, 0)
        grid.addWidget(text_label(self._heard or "—", "heard", wrap=True), 0, 1)
        grid.addWidget(text_label(self.tr("实际说的"), "muted"), 1, 0)
        self.text = EscField()
        self.text.setAccessibleName(self.tr("实际说的话"))
        self.text.setText(self._heard)
        grid.addWidget(self.text, 1, 1)
        reading = record.understanding
        understood = reading.calls if reading is not None else ()
        said = words.listed(map(words.call_word, understood[:6])) or "—"
        if len(understood) > 6:
            said += self.tr(" 等 {n} 项").format(n=len(understood))
        grid.addWidget(text_label(self.tr("理解为"), "muted"), 2, 0)
        grid.addWidget(text_label(said, wrap=True), 2, 1)
        grid.addWidget(text_label(self.tr("应当查"), "muted"), 3, 0)
        grid.addLayout(self._make_adder(directory, reader), 3, 1)
        self._listed = QVBoxLayout()
        grid.addLayout(self._listed, 4, 1)
        grid.addWidget(text_label(self.tr("说明"), "muted"), 5, 0)
        self.note = EscField()
        self.note.setAccessibleName(self.tr("说明"))
        self.note.setPlaceholderText(self.tr("可不填"))
        self.note.setMaxLength(400)
        grid.addWidget(self.note, 5, 1)
        column.addLayout(grid)
        hint = self.tr("只改错的一项，另一项保持原样。安监采纳后，调优时才会学习。")
        column.addWidget(text_label(hint, "caption", wrap=True))
        line = QHBoxLayout()
        self._mark = Mark(look, Severity.ATTENTION, 20)
        self._mark.hide()
        line.addWidget(self._mark)
        self.told = text_label("", wrap=True)
        set_state(self.told, "tone", Severity.ATTENTION.value)
        line.addWidget(self.told, 1)
        column.addLayout(line)
        column.addStretch(1)
        row = QHBoxLayout()
        row.addStretch(1)
        self.leave = button(self.tr("返回"))
        self.leave.clicked.connect(self.close)
        row.addWidget(self.leave)
        self.submit = button(self.tr("登记更正"), "primary")
        self.submit.clicked.connect(self._submit)
        row.addWidget(self.submit)
        column.addLayout(row)
        for made in (self.submit, self.leave, self.add, self.check):
            # Else Enter in a field would press one of them.
            made.setAutoDefault(False)
        self.text.setFocus()

    def _make_adder(self, directory: SiteDirectory, reader: Reader) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.site = SiteField(directory, reader)
        self.site.use(self._sites)
        row.addWidget(self.site, 1)
        self.check = Chooser(self.tr("检查"))
        self.check.offer([(c.value, words.check_word(c)) for c in Check])
        self._check = Check.HEADCOUNT
        self.check.chosen.connect(self._choose_check)
        self._choose_check(self._check.value)
        row.addWidget(self.check)
        self.add = button(self.tr("加入"))
        self.add.clicked.connect(self._add)
        row.addWidget(self.add)
        return row

    @property
    def calls(self) -> tuple[Call, ...]:
        """What should have been asked, as far as it was given."""
        return tuple(self._calls)

    def say(self, sentence: str) -> None:
        """Say why it was not taken."""
        self._mark.setVisible(bool(sentence))
        self.told.setText(breakable(sentence))

    @Slot(str)
    def _choose_check(self, key: str) -> None:
        self._check = Check(key)
        self.check.point_at(key)
        self.check.setText(f"{words.check_word(self._check)} ▾")

    @Slot()
    def _add(self) -> None:
        if self._take_site():
            self.site.clear()
            self.site.setFocus(Qt.FocusReason.OtherFocusReason)

    def _take_site(self) -> bool:
        """Take the call that stands in the fields; say why not."""
        site = self.site.site
        if site is None:
            typed = self.site.text().strip()
            sentence = self.tr("没有认出「{typed}」是哪个工地，请从列出的里选一个。")
            self.say(sentence.format(typed=typed))
            return False
        call = Call(site, self._check)
        if call not in self._calls:
            self._calls.append(call)
        self.say("")
        self._list()
        return True

    def _list(self) -> None:
        empty_layout(self._listed)
        for call in self._calls:
            gone = button(f"{words.call_word(call)}  ✕", "chip")
            gone.setAutoDefault(False)
            name = self.tr("去掉 {call}").format(call=words.call_word(call))
            gone.setAccessibleName(name)
            gone.setProperty("call", self._calls.index(call))
            gone.clicked.connect(self._remove)
            self._listed.addWidget(gone, 0, Qt.AlignmentFlag.AlignLeft)

    @Slot()
    def _remove(self) -> None:
        del self._calls[int(self.sender().property("call"))]
        self._list()

    @Slot()
    def _submit(self) -> None:
        if self.site.text().strip() and not self._take_site():
            return
        text = self.text.text().strip()
        true = "" if text == self._heard.strip() else text
        self.given.emit(true, self.calls, self.note.text().strip())
