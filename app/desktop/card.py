"""The card of one run: heard, understood, asked of the backends, answered."""

import time
from typing import Final

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from app.core import events
from app.core.confirming import NOTE
from app.core.model import (
    Finding,
    Origin,
    Question,
    RunRecord,
    Severity,
    Understanding,
    Utterance,
)
from app.core.observation import MissingReason
from app.desktop import words
from app.desktop.calls_view import CallsView
from app.desktop.finding_list import FindingList
from app.desktop.finding_view import FindingView
from app.desktop.footing import footing, number_of
from app.desktop.heard import heard_words
from app.desktop.look import Look
from app.desktop.marked import MarkedLabel
from app.desktop.measured import MeasuredColumn
from app.desktop.pieces import Mark, button, set_state, text_label
from app.desktop.question_view import QuestionView
from app.desktop.reasons import ReasonList, continued, repeated

_SPOKEN: Final = (Origin.MICROPHONE, Origin.FILE)


class RunCard(QFrame):
    """Shows a run as its events come; numbers only from `Summarised`.

    Signals:
        cancel_wanted: The operator stops the run; run id.
        chosen: The operator answers the question; run id, candidate.
        edit_wanted: The operator wants to say it otherwise; run id, text heard.
        edit_at: Right after `edit_wanted`: where in it the cursor belongs.
        details_wanted: The operator wants the record; the record.
        finding_added: A finding is on the card; its view.
        reasons_opened: The operator wants to see the reasons; their list.
    """

    cancel_wanted = Signal(str)
    chosen = Signal(str, object)
    edit_wanted = Signal(str, str)
    edit_at = Signal(int)
    details_wanted = Signal(object)
    finding_added = Signal(object)
    reasons_opened = Signal(object)

    def __init__(self, look: Look, run_id: str) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setProperty("running", "true")
        self._look, self._run_id = look, run_id
        self._record: RunRecord | None = None
        self._before: RunRecord | None = None
        """The run that this one goes on from, if it is still on the screen."""
        self._utterance: Utterance | None = None
        self._understanding: Understanding | None = None
        self._findings: list[Finding] = []
        self._question: QuestionView | None = None
        self._reasons: ReasonList | None = None
        self._began = time.monotonic()
        column = MeasuredColumn(self)
        column.setContentsMargins(16, 12, 16, 10)
        column.setSpacing(8)
        self._build_head(column)
        self._readings = text_label("", "caption", wrap=True)
        self._readings.hide()
        column.addWidget(self._readings)
        self._link = text_label("", "caption", wrap=True)
        self._link.hide()
        column.addWidget(self._link)
        self._calls = CallsView(look)
        column.addWidget(self._calls)
        self._body = QVBoxLayout()
        self._body.setSpacing(8)
        column.addLayout(self._body)
        self._why = QVBoxLayout()
        column.addLayout(self._why)
        self._build_foot(column)
        self._ticker = QTimer(self)
        self._ticker.setInterval(200)
        self._ticker.timeout.connect(self._tick)
        self._ticker.start()
        self._say_hearing(self.tr("正在听…"))

    def _build_head(self, column: QVBoxLayout) -> None:
        head = QHBoxLayout()
        head.setSpacing(10)
        self._heard = MarkedLabel("heard")
        head.addWidget(self._heard, 1)
        self._cancel = button(self.tr("取消 (Esc)"))
        self._cancel.clicked.connect(self._want_cancel)
        head.addWidget(self._cancel)
        column.addLayout(head)

    def _build_foot(self, column: QVBoxLayout) -> None:
        foot = QHBoxLayout()
        foot.setSpacing(4)
        self._foot = text_label("", "caption", wrap=True)
        foot.addWidget(self._foot, 1)
        self.why = button(self.tr("依据"), "quiet")
        """Opens and closes the reasons."""
        self.why.setCheckable(True)
        self.why.setToolTip(self.tr("为什么这样理解（最新一条也可按 Ctrl+E）"))
        self.why.toggled.connect(self._show_reasons)
        self.why.hide()
        foot.addWidget(self.why)
        self._edit = button(self.tr("改写"), "quiet")
        self._edit.setToolTip(self.tr("把这句话放进输入框，改好后再发送"))
        self._edit.clicked.connect(self._want_edit)
        self._edit.hide()
        foot.addWidget(self._edit)
        self._details = button(self.tr("详情"), "quiet")
        self._details.clicked.connect(self._want_details)
        self._details.hide()
        foot.addWidget(self._details)
        column.addLayout(foot)

    @property
    def run_id(self) -> str:
        """The run shown."""
        return self._run_id

    @property
    def running(self) -> bool:
        """Whether the run goes on."""
        return self._ticker.isActive()

    @property
    def record(self) -> RunRecord | None:
        """The record of the run; None while it goes on."""
        return self._record

    @property
    def question(self) -> QuestionView | None:
        """The open question; None when there is none, or it is answered."""
        open_one = self._question is not None and self._question.isEnabled()
        return self._question if open_one else None

    @property
    def unsettled(self) -> QuestionView | None:
        """The question that was neither answered nor outdated, open or at rest."""
        asked = self._question
        return asked if asked is not None and not asked.settled else None

    @property
    def finding_views(self) -> list[FindingView]:
        """The findings shown, from top to bottom."""
        return self.findChildren(FindingView)

    def show_event(self, event: events.RunEvent) -> None:
        """Show what has happened."""
        match event:
            case events.RunStarted():
                pass
            case events.PartialHeard():
                self._say_progress(self._hearing)
            case events.Heard():
                self._show_heard(event.utterance)
            case events.Understood():
                self._show_understood(event.understanding)
            case events.CallStarted():
                self._calls.show_call(event.index, event.call)
                self._say_progress(self.tr("正在查询…"))
            case events.Observed():
                self._calls.show_observed(event)
            case events.Summarised():
                self._add_finding(event.finding)
            case events.Asked():
                self._show_question(event.question)
            case events.Declined():
                self._add_message(event.sentence)
                self._add_repeat_note()
            case events.TerminalEvent():
                self._end(event)

    def show_break(self, sentence: str) -> None:
        """Show that the run ended without a terminal event."""
        remedy = self.tr("请重试；若再次出现，请把运行编号和日志文件交给维护人员。")
        self._finish()
        self._add_fault(sentence, remedy, self.tr("失败"), Severity.ALARM)
        self._foot.setText(number_of(self._run_id))

    def answer(self, number: int) -> bool:
        """Pick a candidate, 1 … 3; say whether there was such a one."""
        question = self.question
        return question is not None and question.pick(number)

    def continue_from(self, record: RunRecord | None) -> None:
        """Learn of the run that this one goes on from, before it is understood."""
        self._before = record

    def _show_heard(self, utterance: Utterance) -> None:
        self._utterance = utterance
        self._say_heard()
        self._say_progress(self.tr("正在理解…"))

    def _say_heard(self) -> None:
        """Say what was heard; once it is understood, also what was repaired."""
        utterance, reading = self._utterance, self._understanding
        if utterance is None:
            return
        shown = heard_words(utterance, reading.reasons if reading else ())
        self._heard.show_marked(shown.text, shown.spans, shown.doubt)
        self._readings.setText(words.breakable("　".join(shown.notes)))
        self._readings.setVisible(bool(shown.notes))

    def _show_understood(self, understanding: Understanding) -> None:
        self._understanding = understanding
        self._calls.show_understood(understanding)
        if self._calls.counting:
            self._cancel.setText(self.tr("停止 (Esc)"))
        self._say_heard()
        self.why.setVisible(bool(understanding.reasons))
        if understanding.continues and not understanding.repeats:
            link = continued(understanding.continues, self._before)
            self._link.setText(words.breakable(link))
            self._link.show()

    def _add_repeat_note(self) -> None:
        """Say that an answer is an old one, and how old."""
        reading = self._understanding
        if reading is None or not reading.repeats:
            return
        note = repeated(reading.continues, self._before)
        self._body.addWidget(text_label(note, "muted", wrap=True))

    @Slot(bool)
    def _show_reasons(self, wanted: bool) -> None:
        reading = self._understanding
        if self._reasons is None and reading is not None:
            self._reasons = ReasonList(reading.reasons)
            self._why.addWidget(self._reasons)
        self.why.setText(self.tr("收起依据") if wanted else self.tr("依据"))
        if self._reasons is not None:
            self._reasons.setVisible(wanted)
            if wanted:
                self.reasons_opened.emit(self._reasons)

    def _add_finding(self, finding: Finding) -> None:
        """Keep a finding; the terminal event lays them out together."""
        self._findings.append(finding)

    def _lay_out_findings(self) -> None:
        self._calls.give_way(to_findings=bool(self._findings))
        if not self._findings:
            return
        shown = FindingList(self._look, self._findings)
        shown.finding_added.connect(self.finding_added)
        shown.fill(gently=True)
        self._body.addWidget(shown)

    def _show_question(self, question: Question) -> None:
        heard = self._utterance
        spoken = heard is not None and heard.origin in _SPOKEN
        reading = self._understanding
        self._question = QuestionView(
            self._look,
            question,
            editable=spoken,
            by_setting=reading is not None and NOTE in reading.notes,
        )
        self._question.picked.connect(self._pick)
        self._question.edit_wanted.connect(self._want_edit)
        self._question.ended.connect(self._offer_edit)
        self._body.addWidget(self._question)

    def _add_message(self, sentence: str) -> None:
        self._body.addWidget(text_label(sentence, "row-sentence", wrap=True))

    def _add_fault(
        self, message: str, remedy: str, word: str, severity: Severity
    ) -> None:
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(Mark(self._look, severity, 28))
        label = text_label(
            self.tr("{word}：{what}").format(word=word, what=message),
            "row-sentence",
            wrap=True,
        )
        label.setProperty("tone", severity.value)
        row.addWidget(label, 1)
        self._body.addLayout(row)
        if remedy:
            self._body.addWidget(text_label(remedy, wrap=True))

    def _end(self, event: events.TerminalEvent) -> None:
        self._record = event.record
        self._finish()
        self._lay_out_findings()
        if isinstance(event, events.RunFailed):
            fault = event.fault
            word = self.tr("失败") if event.journalled else self.tr("没有写入日志")
            self._add_fault(fault.message, fault.remedy, word, Severity.ALARM)
        elif isinstance(event, events.RunCancelled):
            self._add_fault(self._stopped(), "", self.tr("已取消"), Severity.UNKNOWN)
        self._foot.setText(footing(event.record))
        self._offer_edit()
        self._details.show()

    @Slot()
    def _offer_edit(self) -> None:
        """Offer to edit what was heard, once: an open question offers it itself."""
        asked = self._question
        there = asked is not None and asked.editable and not asked.settled
        self._edit.setVisible(bool(self._heard_text()) and not there)

    def _stopped(self) -> str:
        """Say how far a run had come when it was stopped."""
        if not self._findings:
            return self.tr("没有查询结果。")
        reasons = [finding.observation.missing for finding in self._findings]
        unasked = sum(
            missing is not None and missing.reason is MissingReason.CANCELLED
            for missing in reasons
        )
        total = len(self._findings)
        return self.tr("停止前已答复 {n} / {total}，其余没有结果。").format(
            n=total - unasked, total=total
        )

    def _finish(self) -> None:
        self._ticker.stop()
        self._cancel.hide()
        self._calls.finish()
        set_state(self, "running", "false")
        if not self._heard_text():
            record = self._record
            typed = record is not None and record.origin is Origin.TYPED
            nothing = self.tr("没有听到内容")
            self._heard.setText(self.tr("键入的内容未受理") if typed else nothing)

    def _heard_text(self) -> str:
        return self._utterance.text if self._utterance is not None else ""

    def end_listening(self) -> None:
        """Show that the key was let go: what was recorded is still recognised."""
        if self.running and self._utterance is None:
            self._say_hearing(self.tr("正在识别…"))

    def _say_hearing(self, hearing: str) -> None:
        self._hearing = hearing
        self._heard.setText(hearing)
        self._say_progress(hearing)

    def _say_progress(self, progress: str) -> None:
        self._progress = progress
        self._tick()

    @Slot()
    def _tick(self) -> None:
        passed = words.duration((time.monotonic() - self._began) * 1000 // 100 * 100)
        self._foot.setText(f"{self._progress}　{passed}")

    @Slot(object)
    def _pick(self, candidate: object) -> None:
        self.chosen.emit(self._run_id, candidate)

    @Slot()
    def _want_cancel(self) -> None:
        self._cancel.setEnabled(False)
        self._say_progress(self.tr("正在取消…"))
        self.cancel_wanted.emit(self._run_id)

    @Slot()
    def _want_edit(self) -> None:
        text = self._heard_text()
        unsure = self._utterance.uncertain if self._utterance is not None else ()
        self.edit_wanted.emit(self._run_id, text)
        self.edit_at.emit(unsure[0].start if unsure else len(text))

    @Slot()
    def _want_details(self) -> None:
        self.details_wanted.emit(self._record)
