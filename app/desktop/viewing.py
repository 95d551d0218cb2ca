"""What opens beside the window: evidence in large, records in full."""

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from app.core.adapters import Adapters
from app.core.alarms import alarms_of
from app.core.desk import Desk
from app.core.entries import History
from app.core.model import Finding, RunRecord
from app.core.observation import Evidence
from app.core.ports import JournalEntry
from app.desktop.adapters import AdapterWindow
from app.desktop.evidence import EvidenceWindow
from app.desktop.finding_view import FindingView
from app.desktop.look import Look
from app.desktop.pieces import within_screen
from app.desktop.reader import Reader
from app.desktop.record_page import RecordPage
from app.desktop.record_view import RecordWindow
from app.desktop.review.course import CourseView


class Viewing(QObject):
    """Opens windows on findings and records; reads pictures off the UI thread."""

    def __init__(self, look: Look, reader: Reader, desk: Desk, window: QWidget) -> None:
        super().__init__(window)
        self._look, self._reader, self._window = look, reader, window
        self._recordings, self._review = desk.recordings, desk.review

    @Slot(object)
    def wire(self, view: FindingView) -> None:
        """Give a finding its thumbnail, and open the picture when it is clicked."""
        view.evidence_wanted.connect(self.show_evidence)
        pictures = view.finding.observation.evidence
        if pictures:
            self._reader.begin(self._fill(view, pictures[0]))

    @Slot(object)
    def show_evidence(self, finding: Finding) -> None:
        """Show a finding's pictures large."""
        if not finding.observation.evidence:
            return
        window = EvidenceWindow(finding, self._window)
        window.picture_wanted.connect(
            lambda evidence: self._reader.begin(self._turn(window, evidence))
        )
        window.begin()
        self._open(window)

    @Slot(object)
    def show_record(self, record: RunRecord) -> None:
        """Show the record of a card."""
        self._show(record, None)

    @Slot(object)
    def show_entry(self, entry: JournalEntry) -> None:
        """Show an entry of the journal, with its place in the chain."""
        self._show(entry.record, entry)

    def show_adapters(self, adapters: Adapters) -> None:
        """Show the adapters of the language model."""
        self._open(AdapterWindow(self._look, self._reader, adapters, self._window))

    def _show(self, record: RunRecord, entry: JournalEntry | None) -> None:
        window = RecordWindow(self._look, record, entry, self._window)
        self.furnish(window.page, record)
        self._reader.begin(self._tell_course(window.page, record))
        self._open(window)

    def furnish(self, page: RecordPage, record: RunRecord) -> None:
        """Give a page its pictures and its recording."""
        # Nobody could listen while the page was made; later ones are told of.
        for view in page.views:
            self.wire(view)
        page.finding_added.connect(self.wire)
        heard = record.utterance
        if heard is not None and heard.audio_sha256:
            self._reader.begin(self._find(page, heard.audio_sha256))

    def _open(self, window: QWidget) -> None:
        within_screen(window)
        window.show()

    async def _tell_course(self, page: RecordPage, record: RunRecord) -> None:
        """Say what came later, if anything did or was to."""
        runs = [record.run_id]
        (history,) = await self._reader.run(lambda: self._review.histories(runs))
        told = history != History(run_id=record.run_id)
        if isValid(page) and (told or any(alarms_of(record))):
            page.course.addWidget(CourseView(self._look, record, history))

    async def _find(self, page: RecordPage, sha256: str) -> None:
        recording = await self._reader.recording(self._recordings, sha256)
        if recording is not None and isValid(page):
            page.show_recording(recording)

    async def _fill(self, view: FindingView, evidence: Evidence) -> None:
        picture = await self._reader.picture(evidence)
        # Its window may have been closed while the picture was read.
        if isValid(view):
            view.show_picture(picture)

    async def _turn(self, window: EvidenceWindow, evidence: Evidence) -> None:
        picture = await self._reader.picture(evidence)
        if isValid(window):
            window.show_picture(evidence, picture)
