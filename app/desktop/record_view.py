"""Everything of one run, as the journal keeps it."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.core.alarms import Acknowledgement, alarms_of, of_finding
from app.core.explanation import Reason
from app.core.model import Finding, RunRecord, Severity, Timings, Utterance
from app.core.ports import JournalEntry
from app.core.recording import Recording
from app.desktop import words
from app.desktop.evidence import picture_facts, picture_kind
from app.desktop.finding_list import SHOWN, FindingList
from app.desktop.finding_view import FindingView
from app.desktop.look import Look
from app.desktop.pieces import Mark, button, text_label
from app.desktop.reasons import said


class _Page(QWidget):
    """Has the height that its lines need at its width, and not their least width's."""

    def minimumSizeHint(self) -> QSize:
        return QSize(320, 0)


class RecordWindow(QDialog):
    """A record in full; not modal, several may stand side by side.

    Signals:
        finding_added: A finding is laid out after the window was made; its view.
    """

    finding_added = Signal(object)

    def __init__(
        self,
        look: Look,
        record: RunRecord,
        entry: JournalEntry | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._look = look
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("巡检记录 {id}").format(id=record.run_id[:8]))
        self.resize(820, 640)
        outer = QVBoxLayout(self)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setAccessibleName(self.windowTitle())
        page = _Page()
        page.setObjectName("page")
        column = QVBoxLayout(page)
        column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)
        column.setSpacing(10)
        scroll.setWidget(page)
        outer.addWidget(scroll, 1)
        close = button(self.tr("关闭"))
        close.clicked.connect(self.close)
        outer.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
        self._shown = FindingList(look, record.findings)
        self._shown.finding_added.connect(self.finding_added)
        self._shown.fill()
        column.addWidget(self._shown)
        self._acknowledged = QVBoxLayout()
        column.addLayout(self._acknowledged)
        column.addLayout(self._facts(record, entry))
        self._kept = QVBoxLayout()
        column.addLayout(self._kept)
        column.addStretch(1)
        self._recording: Recording | None = None

    def show_acknowledged(
        self, record: RunRecord, acknowledged: Sequence[Acknowledgement]
    ) -> None:
        """Say of each alarm who has acknowledged it, and when; or that nobody has."""
        alarms = tuple(alarms_of(record))
        if len(alarms) > SHOWN:
            text = self.tr("告警 {n} 条，已确认 {seen} 条，以下是其中 {shown} 条")
            counts = {"n": len(alarms), "seen": len(acknowledged), "shown": SHOWN}
            self._acknowledged.addWidget(text_label(text.format(**counts), "muted"))
        for alarm in alarms[:SHOWN]:
            said = of_finding(acknowledged, alarm.run_id, alarm.index)
            finding = alarm.finding
            name = f"{finding.call.site.name} · {words.check_word(finding.call.check)}"
            if said is None:
                text = self.tr("{alarm}：告警未确认").format(alarm=name)
            else:
                text = self.tr("{alarm}：告警已由{name}确认，{time}").format(
                    alarm=name, name=said.by, time=words.full_time(said.at)
                )
                text += f"　{said.workstation}" + (
                    f"　{said.note}" if said.note else ""
                )
            line = QHBoxLayout()
            line.setSpacing(10)
            mark = Severity.ALARM if said is None else Severity.NORMAL
            line.addWidget(Mark(self._look, mark, 20))
            line.addWidget(text_label(text, wrap=True), 1)
            self._acknowledged.addLayout(line)

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

    @property
    def views(self) -> list[FindingView]:
        """The findings that are laid out so far."""
        return self._shown.views

    def _facts(self, record: RunRecord, entry: JournalEntry | None) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(20)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for title, value in self._rows(record, entry):
            row = grid.rowCount()
            top = Qt.AlignmentFlag.AlignTop
            grid.addWidget(text_label(title, "muted"), row, 0, top)
            shown = text_label(value, wrap=True)
            shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(shown, row, 1)
        return grid

    def _rows(
        self, record: RunRecord, entry: JournalEntry | None
    ) -> list[tuple[str, str]]:
        rows = [
            (self.tr("时间"), words.full_time(record.started_at)),
            (self.tr("结果"), words.outcome_word(record.outcome)),
            (self.tr("值班员"), f"{record.operator}　{record.workstation}"),
            (self.tr("方式"), words.origin_word(record.origin)),
        ]
        if record.fault is not None:
            rows.append((self.tr("原因"), record.fault.message))
            rows.append((self.tr("怎么办"), record.fault.remedy))
        if record.utterance is not None:
            rows.extend(self._heard(record.utterance))
        reading = record.understanding
        if reading is not None:
            rows.append((self.tr("读法"), words.source_word(reading.source)))
            rows.append((self.tr("把握"), f"{reading.confidence:.0%}"))
            rows.append((self.tr("模型"), reading.model))
            rows.append((self.tr("说明"), "；".join(reading.notes)))
            rows.extend(self._reasons(reading.reasons))
            rows.append((self.tr("接着的运行"), reading.continues[:8]))
            if reading.question is not None:
                rows.append((self.tr("提问"), reading.question.sentence))
            rows.append((self.tr("答复"), reading.reply))
        laid_out = [view.finding for view in self.views]
        for finding in laid_out:
            if finding.model_differed:
                rows.append((self.tr("模型原句"), finding.model_sentence))
            rows.extend(self._pictures(finding, alone=len(record.findings) == 1))
        more = sum(len(finding.observation.evidence) for finding in record.findings)
        more -= sum(len(finding.observation.evidence) for finding in laid_out)
        if more:
            text = self.tr("其余结果另有 {n} 张，展开后点开一项即可查看。")
            rows.append((self.tr("证据图"), text.format(n=more)))
        rows.append((self.tr("用时"), self._times(record.timings)))
        rows.append((self.tr("运行编号"), record.run_id))
        rows.append((self.tr("答复的提问"), record.answers_run[:8]))
        rows.append((self.tr("程序"), record.program))
        if entry is not None:
            rows.append((self.tr("日志序号"), str(entry.seq)))
            rows.append((self.tr("本条指纹"), entry.hash))
            rows.append((self.tr("前条指纹"), entry.previous_hash))
        return [(title, value) for title, value in rows if value.strip()]

    def _pictures(self, finding: Finding, *, alone: bool) -> list[tuple[str, str]]:
        rows = []
        check = words.check_word(finding.call.check)
        of = [] if alone else [finding.call.site.name, check]
        pictures = finding.observation.evidence
        for number, picture in enumerate(pictures, 1):
            title = self.tr("证据图")
            if len(pictures) > 1:
                title = self.tr("证据图 {i}/{n}").format(i=number, n=len(pictures))
            kind = picture_kind(picture, alone=len(pictures) == 1)
            about = "　".join([*of, kind, *picture_facts(picture)])
            rows.append((title, f"{about}\n{picture.path}　SHA-256 {picture.sha256}"))
        return rows

    def _reasons(self, reasons: Sequence[Reason]) -> list[tuple[str, str]]:
        title = self.tr("依据 · {kind}")
        return [
            (title.format(kind=words.reason_word(reason.kind)), said(reason))
            for reason in reasons
        ]

    def _heard(self, heard: Utterance) -> list[tuple[str, str]]:
        rows = [
            (self.tr("原话"), heard.text),
            (self.tr("自由识别"), heard.free_text),
            (self.tr("词表识别"), heard.lexicon_text),
            (self.tr("其他听法"), "；".join(heard.alternatives)),
            (self.tr("识别器"), heard.recognizer),
        ]
        if heard.confidence is not None:
            rows.append((self.tr("识别把握"), f"{heard.confidence:.0%}"))
        if heard.audio_s:
            text = self.tr("{n} 秒").format(n=f"{heard.audio_s:.1f}")
            if heard.audio_sha256:
                text += f"　SHA-256 {heard.audio_sha256}"
            rows.append((self.tr("录音"), text))
        return rows

    def _times(self, times: Timings) -> str:
        stages = (
            (self.tr("听"), times.hear_ms),
            (self.tr("理解"), times.understand_ms),
            (self.tr("查询"), times.query_ms),
            (self.tr("总结"), times.summarise_ms),
            (self.tr("共"), times.total_ms),
        )
        return "　".join(f"{name} {words.duration(ms)}" for name, ms in stages if ms)
