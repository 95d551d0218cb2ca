"""Verifying the log: progress, stop, what was found, and the head of the chain."""

import logging
import threading

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.core.desk import Desk
from app.core.errors import Cancelled, UserFacingError
from app.core.model import Severity
from app.core.ports import ChainReport
from app.core.reviewing import ChainHead, EvidenceReport, RecordingsReport
from app.desktop import words
from app.desktop.look import Look
from app.desktop.pieces import Mark, button, set_state, text_label
from app.desktop.reader import Reader
from app.desktop.words import breakable

log = logging.getLogger(__name__)

_NAMED = 3
"""Pictures and recordings that are named one by one."""


class ChainPage(QWidget):
    """Whether the log is whole, and the head that proves it to somebody else.

    Signals:
        verified: Chain, pictures and recordings have been gone through; whether all
            is sound.
        stopped: It was ended before that.
    """

    verified = Signal(bool)
    stopped = Signal()

    def __init__(self, look: Look, desk: Desk, reader: Reader) -> None:
        super().__init__()
        self._desk, self._reader = desk, reader
        self._stop: threading.Event | None = None
        self._doing = ""
        self._head: ChainHead | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 14)
        column.setSpacing(12)
        column.addWidget(text_label(self.tr("校验日志"), "title"))
        about = self.tr(
            "逐条核对全部记录、证据图和录音，确认没有被改动、删减或调换。"
            "记录多时要几分钟，期间可以照常工作。"
        )
        column.addWidget(text_label(about, "muted", wrap=True))
        row = QHBoxLayout()
        row.setSpacing(10)
        self.start = button(self.tr("开始校验"), "primary")
        self.start.clicked.connect(self.verify)
        self.stop = button(self.tr("停止"))
        self.stop.clicked.connect(self.halt)
        self.stop.setEnabled(False)
        for made in (self.start, self.stop):
            row.addWidget(made)
        row.addStretch(1)
        column.addLayout(row)
        line = QHBoxLayout()
        line.setSpacing(10)
        self._mark = Mark(look, Severity.NORMAL, 24)
        self._mark.hide()
        line.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        self.result = text_label("", wrap=True)
        line.addWidget(self.result, 1)
        column.addLayout(line)
        column.addSpacing(12)
        column.addWidget(text_label(self.tr("链头"), "title"))
        why = self.tr(
            "链头是最后一条的指纹。抄下或打印后存在别处，"
            "以后用它就能证明之前的记录一条没有少、一字没有改。"
        )
        column.addWidget(text_label(why, "muted", wrap=True))
        self.head = text_label("", wrap=True)
        self.head.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.head.setAccessibleName(self.tr("链头"))
        column.addWidget(self.head)
        copies = QHBoxLayout()
        self.copy = button(self.tr("复制链头"))
        self.copy.clicked.connect(self._copy)
        copies.addWidget(self.copy)
        copies.addStretch(1)
        column.addLayout(copies)
        column.addStretch(1)
        reader.verify_advanced.connect(self._advance)

    @property
    def under_way(self) -> bool:
        """Whether the log is being verified."""
        return self._stop is not None

    def load(self) -> None:
        """Read the head of the chain."""
        self._reader.begin(self._read_head())

    @Slot()
    def verify(self) -> None:
        """Go through chain, pictures and recordings, and say what was found."""
        if self._stop is None:
            self._stop = threading.Event()
            self._lay_out()
            self._doing = self.tr("正在核对记录… {done} / {total}")
            self._say(self.tr("正在核对记录…"), Severity.UNKNOWN)
            self._reader.begin(self._verify(self._stop))

    @Slot()
    def halt(self) -> None:
        """End the verification."""
        if self._stop is not None:
            self._stop.set()

    async def _verify(self, stop: threading.Event) -> None:
        review, folder = self._desk.review, self._desk.info.evidence_dir
        try:
            chain = await self._reader.verify(stop)
            self._doing = self.tr("正在核对证据图… {done} / {total}")
            pictures = await self._reader.walk(
                lambda advance: review.check_evidence(folder, advance), stop
            )
            self._doing = self.tr("正在核对录音… {done} / {total}")
            recordings = self._desk.recordings
            audio = await self._reader.walk(
                lambda advance: review.check_recordings(recordings, advance), stop
            )
        except Cancelled:
            sentence = self.tr("校验中途停止，没有结论。")
            self._say(sentence, Severity.ATTENTION)
            self.stopped.emit()
        except UserFacingError as error:
            self._say(str(error), Severity.ALARM)
            self.verified.emit(False)
        except Exception as error:
            log.exception("the journal could not be verified")
            sentence = self.tr("校验没有完成（{name}）。请重试，或把日志交给维护人员。")
            self._say(sentence.format(name=type(error).__name__), Severity.ALARM)
            self.verified.emit(False)
        else:
            self._report(chain, pictures, audio)
            self.verified.emit(chain.ok and pictures.ok and audio.ok)
        finally:
            self._stop = None
            self._lay_out()
        await self._read_head()

    def _report(
        self, chain: ChainReport, pictures: EvidenceReport, audio: RecordingsReport
    ) -> None:
        lines = []
        if chain.ok:
            text = self.tr("{n} 条记录链条完整，未发现改动。")
            lines.append(text.format(n=chain.checked))
        else:
            text = self.tr(
                "第 {seq} 条记录对不上：{detail}。"
                "请立即备份日志文件并报告，不要继续修改。"
            )
            detail = chain.detail.rstrip("。") or self.tr("内容与指纹不符")
            lines.append(text.format(seq=chain.first_broken, detail=detail))
        if pictures.ok and pictures.checked:
            text = self.tr("{n} 张证据图与记录一致。")
            lines.append(text.format(n=pictures.checked))
        for paths, text in (
            (pictures.swapped, self.tr("{n} 张证据图被换过：{names}。")),
            (pictures.missing, self.tr("{n} 张证据图不见了：{names}。")),
        ):
            if paths:
                names = words.listed(paths[:_NAMED])
                if len(paths) > _NAMED:
                    names += self.tr(" 等")
                lines.append(text.format(n=len(paths), names=names))
        lines += self._of_recordings(audio)
        sound = chain.ok and pictures.ok and audio.ok
        self._say("\n".join(lines), Severity.NORMAL if sound else Severity.ALARM)

    def _of_recordings(self, audio: RecordingsReport) -> list[str]:
        told = [
            (audio.checked if audio.ok else 0, self.tr("{n} 个录音与记录一致。")),
            (audio.expired, self.tr("{n} 个录音已按保留天数删除，日志里有记载。")),
            (
                audio.unstated,
                self.tr(
                    "{n} 个录音不在，旧版本写的记录没有说明是否保存过，不能据此判断。"
                ),
            ),
        ]
        lines = [text.format(n=count) for count, text in told if count]
        for seqs, text in (
            (audio.swapped, self.tr("{n} 个录音被换过或损坏：第 {names} 条记录。")),
            (
                audio.missing,
                self.tr(
                    "{n} 个录音不见了，日志里没有到期删除的记载：第 {names} 条记录。"
                ),
            ),
            (
                audio.unread,
                self.tr("{n} 个录音读不出来，没有核对：第 {names} 条记录。"),
            ),
        ):
            if seqs:
                names = words.listed(map(str, seqs[:_NAMED]))
                if len(seqs) > _NAMED:
                    names += self.tr(" 等")
                lines.append(text.format(n=len(seqs), names=names))
        return lines

    async def _read_head(self) -> None:
        try:
            self._head = await self._reader.run(self._desk.review.head)
        except UserFacingError as error:
            self._head = None
            self.head.setText(breakable(str(error)))
        else:
            empty = self.tr("日志还是空的。")
            text = self.tr("第 {seq} 条　{hash}")
            seq, groups = self._head.seq, grouped(self._head.hash)
            self.head.setText(text.format(seq=seq, hash=groups) if seq else empty)
        self.copy.setEnabled(self._head is not None and self._head.seq > 0)

    @Slot()
    def _copy(self) -> None:
        if self._head is not None:
            text = f"{self._head.seq} {self._head.hash}"
            QGuiApplication.clipboard().setText(text)

    @Slot(int, int)
    def _advance(self, done: int, total: int) -> None:
        if self._stop is not None:
            text = self._doing.format(done=done, total=total)
            self._say(text, Severity.UNKNOWN)

    def _lay_out(self) -> None:
        self.start.setEnabled(self._stop is None)
        self.stop.setEnabled(self._stop is not None)

    def _say(self, sentence: str, severity: Severity) -> None:
        self._mark.set_severity(severity)
        self._mark.setVisible(severity is not Severity.UNKNOWN)
        tone = "" if severity is Severity.UNKNOWN else severity.value
        set_state(self.result, "tone", tone)
        self.result.setText(breakable(sentence))


def grouped(hash_: str) -> str:
    """Write a hash in groups of four, so that two can be compared by eye."""
    return " ".join(hash_[start : start + 4] for start in range(0, len(hash_), 4))
