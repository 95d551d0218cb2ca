"""Spans that were not surely heard, editing them, and the kept audio of a record."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QImage
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from app.core import events
from app.core.explanation import Reason, ReasonKind
from app.core.model import (
    Call,
    Check,
    Intent,
    Origin,
    Question,
    Span,
    Understanding,
    Utterance,
)
from app.core.recording import Recording
from app.desktop.card import RunCard
from app.desktop.heard import heard_words
from app.desktop.look import Look
from app.desktop.marked import MarkedLabel
from app.desktop.record_view import RecordWindow
from tests.gui.support import JINAN, WHICH_SITE, finding_of, past_record, seen, texts

HEARD = Utterance(
    text="查一下技能工地的人数",
    origin=Origin.MICROPHONE,
    uncertain=(Span(start=3, end=5), Span(start=8, end=10)),
)


def marked_text(label: MarkedLabel) -> list[str]:
    return [label.text()[span.start : span.end] for span in label.spans]


def card_with(
    qtbot: QtBot, utterance: Utterance, understanding: Understanding | None = None
) -> RunCard:
    look = Look()
    look.apply()
    card = RunCard(look, "r" * 32)
    qtbot.addWidget(card)
    card.resize(700, 400)
    card.show_event(events.Heard(run_id=card.run_id, utterance=utterance))
    if understanding is not None:
        card.show_event(
            events.Understood(run_id=card.run_id, understanding=understanding)
        )
        if understanding.question is not None:
            card.show_event(
                events.Asked(run_id=card.run_id, question=understanding.question)
            )
    return card


def ended(card: RunCard) -> None:
    record = replace(past_record(1, None), run_id=card.run_id)
    card.show_event(events.RunFinished(run_id=card.run_id, record=record))


def heard_label(card: RunCard) -> MarkedLabel:
    return card.findChildren(MarkedLabel)[0]


def test_what_is_not_sure_is_marked_and_named_in_words(qtbot: QtBot) -> None:
    card = card_with(qtbot, HEARD)
    label = heard_label(card)
    assert marked_text(label) == ["技能", "人数"]
    assert "虚线处两种识别不一致：「技能」「人数」" in texts(card)
    assert "「技能」" in label.accessibleDescription()
    ended(card)


def test_marks_stay_on_their_characters_beside_brackets(qtbot: QtBot) -> None:
    repaired = Reason(kind=ReasonKind.REPAIR, words="技能", start=3, meaning="同音")
    shown = heard_words(HEARD, [repaired])
    assert "〔技能〕" in shown.text
    assert [shown.text[s.start : s.end] for s in shown.spans] == ["技能", "人数"]


def test_a_long_mark_without_blanks_is_moved_with_its_breaks(qtbot: QtBot) -> None:
    label = MarkedLabel("heard")
    qtbot.addWidget(label)
    label.show_marked("A" * 40 + "技能", [Span(start=40, end=42)], "")
    assert marked_text(label) == ["技能"]
    label.show_marked("技能", [Span(start=0, end=9)], "")
    assert label.spans == ()


@pytest.mark.parametrize("width", [60, 160, 600])
def test_the_dots_are_painted_under_the_text_at_every_width(
    qtbot: QtBot, width: int
) -> None:
    def painted(spans: tuple[Span, ...]) -> QImage:
        label = MarkedLabel("heard")
        qtbot.addWidget(label)
        label.show_marked("查一下技能工地的人数" * 2, spans, "")
        label.ensurePolished()
        label.resize(width, label.heightForWidth(width))
        return label.grab().toImage()

    plain = painted((Span(start=0, end=1),))
    assert painted((Span(start=3, end=5),)) != plain


def test_without_doubt_nothing_is_marked(qtbot: QtBot) -> None:
    card = card_with(qtbot, replace(HEARD, uncertain=()))
    assert heard_label(card).spans == ()
    assert heard_label(card).accessibleDescription() == ""
    assert "虚线" not in texts(card)
    ended(card)


def test_a_spoken_question_offers_to_edit_at_the_first_doubt(qtbot: QtBot) -> None:
    card = card_with(qtbot, HEARD, WHICH_SITE)
    ended(card)
    question = card.question
    assert question is not None
    assert question.edit.isVisibleTo(card)
    assert not card._edit.isVisibleTo(card)
    texts_wanted: list[str] = []
    card.edit_wanted.connect(lambda _run, text: texts_wanted.append(text))
    with qtbot.waitSignal(card.edit_at) as at:
        question.edit.click()
    assert texts_wanted == [HEARD.text]
    assert at.args == [3]
    question.settle("已取消")
    assert card._edit.isVisibleTo(card)


def test_a_typed_question_is_edited_from_the_foot_alone(qtbot: QtBot) -> None:
    typed = Utterance(text="查一下技能", origin=Origin.TYPED)
    card = card_with(qtbot, typed, WHICH_SITE)
    ended(card)
    assert card.question is not None
    assert not card.question.edit.isVisibleTo(card)
    assert card._edit.isVisibleTo(card)
    with qtbot.waitSignal(card.edit_at) as at:
        card._edit.click()
    assert at.args == [len(typed.text)]


def test_a_question_to_say_it_again_points_at_the_button(qtbot: QtBot) -> None:
    assert WHICH_SITE.question is not None
    again = Question(kind=WHICH_SITE.question.kind, sentence="请再说一遍")
    card = card_with(qtbot, HEARD, Understanding(intent=Intent.UNCLEAR, question=again))
    ended(card)
    assert "点「修改」" in texts(card)


class Opener(QObject):
    """Stands for the system's programs."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.opened.append(url.toLocalFile())


def record_window(qtbot: QtBot) -> RecordWindow:
    look = Look()
    look.apply()
    finding = finding_of(Call(JINAN, Check.HEADCOUNT), seen(expected=47, actual=34))
    heard = replace(HEARD, audio_s=1.5, audio_sha256="a" * 64)
    record = replace(past_record(1, finding), utterance=heard)
    window = RecordWindow(look, record)
    qtbot.addWidget(window)
    return window


def test_a_record_plays_its_recording_or_opens_the_folder(
    qtbot: QtBot, tmp_path: Path
) -> None:
    window = record_window(qtbot)
    assert "SHA-256 " + "a" * 64 in texts(window)
    path = tmp_path / "2026-11-22" / f"{'a' * 64}.flac"
    window.page.show_recording(Recording(path=path))
    assert "一致" in texts(window)
    assert path.name in texts(window)
    opener = Opener()
    QDesktopServices.setUrlHandler("file", opener, "open")
    try:
        window.page.play.click()
        window.page.folder.click()
    finally:
        QDesktopServices.unsetUrlHandler("file")
    assert opener.opened == [str(path), str(path.parent)]


def test_a_changed_recording_is_an_alarm_and_is_not_played(
    qtbot: QtBot, tmp_path: Path
) -> None:
    window = record_window(qtbot)
    window.page.show_recording(Recording(path=tmp_path / "x.flac", problem="被改动"))
    assert "录音文件不可作为依据：被改动" in texts(window)
    assert not hasattr(window.page, "play")
    tones = [each.property("tone") for each in window.findChildren(QLabel)]
    assert "alarm" in tones
    assert QApplication.instance() is not None
