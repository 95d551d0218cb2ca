"""One finding as the operator sees it: verdict large, counts as figures, evidence."""

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.core.model import Finding, Severity
from app.desktop import words
from app.desktop.evidence import EvidencePicture, picture_size
from app.desktop.look import Look
from app.desktop.measured import MeasuredColumn
from app.desktop.pieces import Mark, button, text_label, tip


class FindingView(QFrame):
    """A finding of a durable record.

    Signals:
        evidence_wanted: The operator wants to see the pictures large; the finding.
    """

    evidence_wanted = Signal(object)

    def __init__(self, look: Look, finding: Finding, *, compact: bool = False) -> None:
        super().__init__()
        self.setObjectName("finding")
        self.setProperty("severity", finding.severity.value)
        self._look, self._finding = look, finding
        self._thumbnail: QPushButton | None = None
        column = MeasuredColumn(self)
        column.setContentsMargins(0, 0, 0, 0)
        row = QHBoxLayout()
        column.addLayout(row)
        row.setContentsMargins(14, 8 if compact else 12, 12, 8 if compact else 12)
        row.setSpacing(14)
        body = QVBoxLayout()
        body.setSpacing(4 if compact else 8)
        row.addLayout(body, 1)
        below = self._fill(body, compact=compact)
        if pictures := finding.observation.evidence:
            self._thumbnail = button(self.tr("正在读取\n证据图…"))
            hint = self.tr("查看证据图")
            if len(pictures) > 1:
                hint = self.tr("查看证据图（共 {n} 张）").format(n=len(pictures))
            self._thumbnail.setToolTip(hint)
            self._thumbnail.setAccessibleName(hint)
            self._thumbnail.setFixedSize(*((92, 56) if compact else (176, 112)))
            self._thumbnail.clicked.connect(self._want_evidence)
            side = below if below is not None else row
            side.addWidget(self._thumbnail, 0, Qt.AlignmentFlag.AlignTop)

    @property
    def finding(self) -> Finding:
        """What is shown."""
        return self._finding

    @property
    def thumbnail(self) -> QPushButton | None:
        """The button that opens the evidence; None when there is none."""
        return self._thumbnail

    def show_picture(self, picture: EvidencePicture) -> None:
        """Put the loaded picture, or why there is none, on the thumbnail."""
        if self._thumbnail is None:
            return
        if picture.image is None:
            self._thumbnail.setText(self.tr("证据图\n不可用"))
            self._thumbnail.setToolTip(tip(picture.problem))
            self._thumbnail.setAccessibleDescription(picture.problem)
            return
        inner = self._thumbnail.size() - QSize(8, 8)
        ratio = self.devicePixelRatioF()
        size = picture_size(picture.image.size(), inner)
        pixmap = QPixmap.fromImage(
            picture.image.scaled(
                size * ratio,
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
        )
        pixmap.setDevicePixelRatio(ratio)
        self._thumbnail.setText("")
        self._thumbnail.setIconSize(size)
        self._thumbnail.setIcon(pixmap)

    def _fill(self, body: QVBoxLayout, *, compact: bool) -> QHBoxLayout | None:
        """Lay out the finding; give the row of figures, where there is one."""
        finding = self._finding
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(Mark(self._look, finding.severity, 24 if compact else 32))
        badge = text_label(words.severity_word(finding.severity))
        badge.setProperty("badge", finding.severity.value)
        # Else a name of three lines makes it three lines high.
        head.addWidget(badge, 0, Qt.AlignmentFlag.AlignVCenter)
        title = words.call_word(finding.call)
        head.addWidget(text_label(title, "lead", wrap=True), 1)
        body.addLayout(head)
        below: QHBoxLayout | None = None
        role = "row-sentence" if compact else "sentence"
        sentence = text_label(words.together(finding.summary), role, wrap=True)
        sentence.setAccessibleName(finding.summary)
        body.addWidget(sentence)
        if finding.severity is Severity.UNKNOWN:
            hint = self.tr("没有可用的数字，不代表现场无人。请稍后重试或人工核实。")
            body.addWidget(text_label(hint, "muted", wrap=True))
        elif not compact:
            below = QHBoxLayout()
            below.addWidget(self._figures(), 1)
            body.addLayout(below)
        facts = self._facts()
        if facts:
            body.addWidget(
                text_label("　".join(map(words.kept, facts)), "caption", wrap=True)
            )
        if finding.model_differed:
            note = self.tr("模型的措辞与规则不一致，已采用规则结论。")
            body.addWidget(text_label(note, "caption", wrap=True))
        body.addStretch(1)
        return below

    def _figures(self) -> QWidget:
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(36)
        grid.setVerticalSpacing(0)
        seen = self._finding.observation
        # A check names the counts it judges; others say nothing about the verdict.
        for column, (name, caption) in enumerate(
            words.figure_words(self._finding.call.check)
        ):
            count = {
                "expected": seen.expected,
                "actual": seen.actual,
                "wearing": seen.wearing,
                "carrying": seen.carrying,
            }[name]
            grid.addWidget(text_label(caption, "muted"), 0, column)
            figure = text_label("—" if count is None else str(count), "figure")
            figure.setObjectName(name)
            grid.addWidget(figure, 1, column)
        grid.setRowStretch(2, 1)
        grid.setColumnStretch(grid.columnCount(), 1)
        return box

    def _facts(self) -> list[str]:
        seen = self._finding.observation
        facts: list[str] = []
        if seen.ticket:
            facts.append(self.tr("工单 {ticket}").format(ticket=seen.ticket))
        if seen.leader:
            facts.append(self.tr("负责人 {leader}").format(leader=seen.leader))
        if seen.sources:
            facts.append(
                self.tr("来源 {names}").format(names=words.listed(seen.sources))
            )
        if seen.taken_at is not None:
            when = words.clock_time(seen.taken_at)
            facts.append(self.tr("拍摄 {time}").format(time=when))
        if seen.frames:
            facts.append(self.tr("{n} 帧").format(n=seen.frames))
        if len(seen.evidence) > 1:
            facts.append(self.tr("证据图 {n} 张").format(n=len(seen.evidence)))
        if seen.detector:
            facts.append(self.tr("检测 {name}").format(name=seen.detector))
        if seen.detector_confidence is not None:
            share = words.share(seen.detector_confidence)
            facts.append(self.tr("置信度 {share}").format(share=share))
        if seen.latency_ms:
            took = words.duration(seen.latency_ms)
            facts.append(self.tr("答复用时 {took}").format(took=took))
        if seen.attempts > 1:
            facts.append(self.tr("第 {n} 次才答复").format(n=seen.attempts))
        return facts

    @Slot()
    def _want_evidence(self) -> None:
        self.evidence_wanted.emit(self._finding)
