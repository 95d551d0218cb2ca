"""The picture behind a count: read, checked against its hash, shown large."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtGui import QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import QDialog, QLabel, QVBoxLayout, QWidget

from app.core import checks
from app.core.model import Evidence, Finding
from app.desktop import words
from app.desktop.pieces import text_label


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
        return EvidencePicture(problem=_tr("证据图的路径不在证据文件夹内，没有打开。"))
    try:
        data = path.read_bytes()
    except OSError:
        return EvidencePicture(
            problem=_tr("找不到证据图 {path}，可能已被移走或删除。").format(
                path=evidence.path
            )
        )
    if hashlib.sha256(data).hexdigest() != evidence.sha256:
        return EvidencePicture(
            problem=_tr("证据图 {path} 与记录的指纹不符，可能被改动过。").format(
                path=evidence.path
            )
        )
    image = QImage.fromData(data)
    if image.isNull():
        return EvidencePicture(
            problem=_tr("证据图 {path} 的格式无法显示。").format(path=evidence.path)
        )
    return EvidencePicture(image=image)


class EvidenceWindow(QDialog):
    """A finding's picture, as large as the window."""

    def __init__(
        self, finding: Finding, picture: EvidencePicture, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(
            self.tr("证据图 · {site} · {check}").format(
                site=finding.call.site.name, check=checks.label(finding.call.check)
            )
        )
        self._image = picture.image
        column = QVBoxLayout(self)
        self._canvas = QLabel()
        self._canvas.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._canvas.setMinimumSize(320, 200)
        self._canvas.setWordWrap(True)
        self._canvas.setTextFormat(Qt.TextFormat.PlainText)
        self._canvas.setText(picture.problem)
        column.addWidget(self._canvas, 1)
        column.addWidget(text_label(finding.summary, "lead", wrap=True))
        seen = finding.observation
        facts = [words.severity_word(finding.severity)]
        if seen.taken_at is not None:
            facts.append(words.full_time(seen.taken_at))
        if seen.evidence is not None:
            facts.append(f"SHA-256 {seen.evidence.sha256[:16]}…")
        column.addWidget(text_label("　".join(facts), "caption", wrap=True))
        self.resize(880, 640)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the picture to the window."""
        super().resizeEvent(event)
        if self._image is None:
            return
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap.fromImage(
            self._image.scaled(
                self._canvas.size() * ratio,
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
        )
        pixmap.setDevicePixelRatio(ratio)
        self._canvas.setPixmap(pixmap)
