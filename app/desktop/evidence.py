"""The pictures behind a count: read, checked against their hashes, shown large."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal, Slot
from PySide6.QtGui import QImage, QKeySequence, QPixmap, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.core.model import Finding
from app.core.observation import Evidence
from app.desktop import words
from app.desktop.pieces import button, text_label

_MOST_BYTES: Final = 64 * 1024 * 1024
"""Of a file that is read to be shown; no picture that is kept is nearly as large."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidencePicture:
    """A picture, or a sentence on why there is none."""

    image: QImage | None = None
    problem: str = ""


def _tr(text: str) -> str:
    return QCoreApplication.translate("evidence", text)


def picture_size(size: QSize, within: QSize) -> QSize:
    """Give the size of a picture that fits, never larger than it is."""
    if size.width() <= within.width() and size.height() <= within.height():
        return size
    return size.scaled(within, Qt.AspectRatioMode.KeepAspectRatio)


def read_evidence(folder: Path, evidence: Evidence) -> EvidencePicture:
    """Read a picture and compare its hash; runs on the reader's thread."""
    root = folder.resolve()
    path = (root / evidence.path).resolve()
    if not path.is_relative_to(root):
        return EvidencePicture(
            problem=_tr("证据图的路径不在证据文件夹内，没有打开。请报告安监人员。")
        )
    try:
        with path.open("rb") as file:
            # What was put in its place may be of any size.
            data = file.read(_MOST_BYTES)
    except OSError:
        return EvidencePicture(
            problem=_tr(
                "找不到证据图 {path}，可能已被移走或删除。"
                "请从备份里找回；下面的指纹能核对找回的是不是原来那一张。"
            ).format(path=evidence.path)
        )
    if hashlib.sha256(data).hexdigest() != evidence.sha256:
        return EvidencePicture(
            problem=_tr(
                "证据图 {path} 与记录的指纹不符，可能被改动过。"
                "它不能作证据；请报告安监人员，并从备份里找回原图。"
            ).format(path=evidence.path)
        )
    image = QImage.fromData(data)
    if image.isNull():
        return EvidencePicture(
            problem=_tr(
                "证据图 {path} 的格式无法显示，指纹相符。请把这个文件交给维护人员。"
            ).format(path=evidence.path)
        )
    return EvidencePicture(image=image)


def picture_kind(evidence: Evidence, *, alone: bool) -> str:
    """Say which kind of picture it is; one that stands alone may be either."""
    if evidence.annotated:
        return _tr("标注图")
    return _tr("证据图") if alone else _tr("原图")


def picture_facts(evidence: Evidence) -> list[str]:
    """Give camera and time of a picture, and that they are not known."""
    camera = _tr("摄像头 {name}").format(name=evidence.camera)
    taken = _tr("拍摄时间未注明")
    if evidence.taken_at is not None:
        when = words.full_time(evidence.taken_at)
        taken = _tr("拍摄 {time}").format(time=when)
    return [camera if evidence.camera else _tr("摄像头未注明"), taken]


class EvidenceWindow(QDialog):
    """A finding's pictures, one at a time, as large as the window.

    Signals:
        picture_wanted: A picture is to be read; it is given to `show_picture`.
    """

    picture_wanted = Signal(object)

    def __init__(self, finding: Finding, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(
            self.tr("证据图 · {site} · {check}").format(
                site=finding.call.site.name, check=words.check_word(finding.call.check)
            )
        )
        self._finding = finding
        self._pictures = finding.observation.evidence
        self._index = 0
        column = QVBoxLayout(self)
        self._canvas = _Canvas()
        column.addWidget(self._canvas, 1)
        column.addLayout(self._steps())
        column.addWidget(text_label(finding.summary, "lead", wrap=True))
        self._facts = text_label("", "caption", wrap=True)
        column.addWidget(self._facts)
        # Not breakable: a fingerprint that is copied must be the fingerprint.
        self._hash = text_label("", "caption")
        self._hash.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        column.addWidget(self._hash)
        self.resize(880, 640)

    @property
    def shown(self) -> Evidence:
        """The picture that is looked at."""
        return self._pictures[self._index]

    @property
    def canvas(self) -> QLabel:
        """Where the picture is, or the sentence on why there is none."""
        return self._canvas

    def begin(self) -> None:
        """Turn to the first picture."""
        self._turn_to(0)

    @Slot()
    def step_back(self) -> None:
        """Turn to the picture before."""
        self._turn_to(self._index - 1)

    @Slot()
    def step_on(self) -> None:
        """Turn to the next picture."""
        self._turn_to(self._index + 1)

    def show_picture(self, evidence: Evidence, picture: EvidencePicture) -> None:
        """Show what was read, unless another picture is looked at by now."""
        if evidence is not self.shown:
            return
        self._canvas.show_picture(picture)
        self._canvas.setAccessibleDescription(picture.problem)

    def _steps(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self._back = button(self.tr("← 上一张"))
        self._back.setAccessibleName(self.tr("上一张证据图"))
        self._back.clicked.connect(self.step_back)
        self._place = text_label("", "muted")
        self._on = button(self.tr("下一张 →"))
        self._on.setAccessibleName(self.tr("下一张证据图"))
        self._on.clicked.connect(self.step_on)
        row.addStretch(1)
        for widget in (self._back, self._place, self._on):
            widget.setVisible(len(self._pictures) > 1)
            row.addWidget(widget)
        row.addStretch(1)
        for key, step in (
            (Qt.Key.Key_Left, self.step_back),
            (Qt.Key.Key_Right, self.step_on),
        ):
            QShortcut(QKeySequence(key), self).activated.connect(step)
        return row

    def _turn_to(self, index: int) -> None:
        if not 0 <= index < len(self._pictures):
            return
        self._index = index
        picture, count = self.shown, len(self._pictures)
        kind = picture_kind(picture, alone=count == 1)
        place = self.tr("第 {i} 张，共 {n} 张").format(i=index + 1, n=count)
        self._place.setText(place)
        self._back.setEnabled(index > 0)
        self._on.setEnabled(index < count - 1)
        facts = [words.severity_word(self._finding.severity), kind]
        facts += picture_facts(picture)
        if self._finding.observation.detector:
            name = self._finding.observation.detector
            facts.append(self.tr("检测 {name}").format(name=name))
        self._facts.setText(words.breakable("　".join(map(words.kept, facts))))
        self._hash.setText(f"SHA-256 {picture.sha256[:64]}")
        self._canvas.setAccessibleName(words.clauses([place, kind, *facts[2:]]))
        self._canvas.show_picture(EvidencePicture(problem=self.tr("正在读取证据图…")))
        self.picture_wanted.emit(picture)


class _Canvas(QLabel):
    """A picture as large as there is room, or words in its place."""

    def __init__(self) -> None:
        super().__init__()
        self._image: QImage | None = None
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setMinimumSize(320, 200)
        # Else the picture shown would say how large the window must be.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)

    def show_picture(self, picture: EvidencePicture) -> None:
        """Show a picture, or the sentence on why there is none."""
        self._image = picture.image
        if picture.image is None:
            self.setText(picture.problem)
        else:
            self._fit(picture.image)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the picture to the room."""
        super().resizeEvent(event)
        if self._image is not None:
            self._fit(self._image)

    def _fit(self, image: QImage) -> None:
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap.fromImage(
            image.scaled(
                self.size() * ratio,
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
        )
        pixmap.setDevicePixelRatio(ratio)
        self.setPixmap(pixmap)
