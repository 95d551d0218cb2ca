"""Everything of one run on a page: findings, facts, and what is kept beside it."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.core.model import Finding, RunRecord, Severity
from app.core.ports import JournalEntry
from app.core.recording import Recording
from app.desktop.finding_list import FindingList
from app.desktop.finding_view import FindingView
from app.desktop.look import Look
from app.desktop.pieces import Mark, button, empty_layout, text_label
from app.desktop.record_facts import Fact, facts_of, facts_of_finding


def scrolled(page: QWidget, name: str) -> QScrollArea:
    """Put a page into an area that scrolls; `name` is for a screen reader."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setAccessibleName(name)
    area.setWidget(page)
    return area


class RecordPage(QWidget):
    """A record in full.

    Signals:
        finding_added: A finding is laid out after the page was made; its view.
    """

    finding_added = Signal(object)

    def __init__(
        self, look: Look, record: RunRecord, entry: JournalEntry | None = None
    ) -> None:
        super().__init__()
        self._look = look
        self.setObjectName("page")
        column = QVBoxLayout(self)
        column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)
        column.setSpacing(10)
        self._lead = QVBoxLayout()
        self._lead.setSpacing(6)
        column.addLayout(self._lead)
        self._above = QVBoxLayout()
        column.addLayout(self._above)
        self._all = text_label("", "lead")
        self._all.hide()
        column.addWidget(self._all)
        self._shown = FindingList(look, record.findings)
        self._shown.finding_added.connect(self.finding_added)
        self._shown.fill()
        column.addWidget(self._shown)
        self.course = QVBoxLayout()
        """What was said later stands here."""
        column.addLayout(self.course)
        laid_out = [view.finding for view in self.views]
        self._facts = facts_of(record, entry, laid_out)
        column.addLayout(_grid(self._facts))
        self._kept = QVBoxLayout()
        column.addLayout(self._kept)
        self.copy = button(self.tr("复制全部内容"), "quiet")
        self.copy.clicked.connect(self._copy)
        column.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        self._recording: Recording | None = None

    def minimumSizeHint(self) -> QSize:
        """Have the height of the lines at this width, not at the least one."""
        return QSize(320, 0)

    @property
    def views(self) -> list[FindingView]:
        """The findings that are laid out so far."""
        return self._shown.views

    def show_recording(self, recording: Recording) -> None:
        """Show where the audio is kept, and whether it is what was heard."""
        self._recording = recording
        head = QHBoxLayout()
        head.setSpacing(10)
        if recording.problem:
            head.addWidget(Mark(self._look, Severity.ALARM, 24))
            text = self.tr("录音文件不可作为依据：{problem}")
            line = text_label(text.format(problem=recording.problem), wrap=True)
            line.setProperty("tone", Severity.ALARM.value)
        else:
            text = self.tr("录音文件与本条的 SHA-256 一致")
            line = text_label(text, "muted", wrap=True)
        head.addWidget(line, 1)
        if not recording.problem:
            self.play = button(self.tr("播放"))
            self.play.setToolTip(self.tr("用系统的播放器打开"))
            self.play.clicked.connect(self._play)
            head.addWidget(self.play)
        self.folder = button(self.tr("打开所在文件夹"))
        self.folder.clicked.connect(self._open_folder)
        head.addWidget(self.folder)
        self._kept.addLayout(head)
        path = text_label(str(recording.path), "caption", wrap=True)
        path.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._kept.addWidget(path)

    @Slot()
    def _play(self) -> None:
        if self._recording is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._recording.path)))

    @Slot()
    def _open_folder(self) -> None:
        if self._recording is not None:
            folder = self._recording.path.parent
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def show_lead(self, finding: Finding) -> FindingView:
        """Show one of several findings by itself, above the others."""
        empty_layout(self._lead)
        empty_layout(self.course)
        # What was said of it is not to be looked for below all the others.
        self.course = self._above
        view = FindingView(self._look, finding)
        self._lead.addWidget(view)
        facts = QWidget()
        facts.setLayout(_grid(facts_of_finding(finding, alone=True)))
        self._lead.addWidget(facts)
        all_of_it = self.tr("同一次查询的全部结果")
        self._all.setText(all_of_it)
        self._all.show()
        return view

    @Slot()
    def _copy(self) -> None:
        lines = [view.finding.summary for view in self.views]
        lines += [f"{title}\t{value}" for title, value in self._facts]
        QGuiApplication.clipboard().setText("\n".join(lines))


def _grid(facts: Sequence[Fact]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(20)
    grid.setVerticalSpacing(6)
    grid.setColumnStretch(1, 1)
    for row, (title, value) in enumerate(facts):
        top = Qt.AlignmentFlag.AlignTop
        grid.addWidget(text_label(title, "muted"), row, 0, top)
        shown = text_label(value, wrap=True)
        shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        grid.addWidget(shown, row, 1)
    return grid
