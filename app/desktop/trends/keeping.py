"""Keeps a chart as a file, and says so in the log."""

import logging
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFileDialog, QWidget

from app.core.entries import EventKind, happened
from app.core.errors import UserFacingError
from app.core.people import Actor, May
from app.core.presence import Presence
from app.core.reviewing import Review
from app.core.workdays import DESKS_ZONE
from app.desktop.reader import Reader
from app.desktop.trends.saving import Titled, encoded

log = logging.getLogger(__name__)


class ChartKeeper(QObject):
    """Asks for a file, writes it; who did that is in the log before it is there.

    Signals:
        kept: A file was written; its path.
        refused: Why there is no file: a sentence.
    """

    kept = Signal(object)
    refused = Signal(str)

    def __init__(
        self, reader: Reader, review: Review, presence: Presence, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._reader, self._review, self._presence = reader, review, presence
        self._over = parent

    def ask(self, titled: Titled, name: str) -> QFileDialog | None:
        """Ask where to; `name` is proposed. None: whoever is here may not."""
        actor = self._allowed()
        if actor is None:
            return None
        dialog = QFileDialog(self._over, self.tr("保存趋势图"), name)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([self.tr("PDF 文件 (*.pdf)"), self.tr("图片 (*.png)")])
        dialog.setDefaultSuffix("pdf")
        dialog.filterSelected.connect(
            lambda chosen: dialog.setDefaultSuffix("png" if "png" in chosen else "pdf")
        )
        dialog.fileSelected.connect(lambda path: self.keep(titled, Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def keep(self, titled: Titled, path: Path) -> None:
        """Write the file."""
        actor = self._allowed()
        if actor is not None:
            font = QFont(self._over.font())
            self._reader.begin(self._keep(titled, path, actor, font))

    def _allowed(self) -> Actor | None:
        try:
            actor = self._presence.acting()
            actor.require(May.EXPORT)
        except UserFacingError as error:
            self.refused.emit(str(error))
            return None
        return actor

    async def _keep(
        self, titled: Titled, path: Path, actor: Actor, font: QFont
    ) -> None:
        unfinished = path.with_name(f"{path.name}.part")
        now = datetime.now(UTC)
        try:
            head = await self._reader.run(self._review.head)
            by = self.tr("{name} 于 {time} 生成；日志链头 {head}").format(
                name=actor.name,
                time=f"{now.astimezone(DESKS_ZONE):%Y-%m-%d %H:%M}",
                head=head.short,
            )
            signed = Titled(
                plot=titled.plot,
                title=titled.title,
                lines=titled.lines,
                notes=(*titled.notes, by),
            )
            data = encoded(signed, path, font)
            await self._reader.run(lambda: unfinished.write_bytes(data))
            done = happened(
                EventKind.EXPORTED,
                actor,
                now,
                subject=path.name,
                detail=titled.title,
            )
            await self._review.note(done)
            await self._reader.run(lambda: unfinished.replace(path))
        except UserFacingError as error:
            self._give_up(unfinished)
            self.refused.emit(str(error))
        except OSError as error:
            self._give_up(unfinished)
            sentence = self.tr(
                "趋势图没有存成：{why}。请检查磁盘空间，或换一个文件夹。"
            )
            self.refused.emit(sentence.format(why=error.strerror or error))
        else:
            self.kept.emit(path)

    @staticmethod
    def _give_up(unfinished: Path) -> None:
        try:
            unfinished.unlink(missing_ok=True)
        except OSError:
            log.warning("an unfinished picture stays at %s", unfinished, exc_info=True)
