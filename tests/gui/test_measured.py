"""A card is measured once for each width, and anew when something in it changes."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import ClassVar

import pytest
from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QSizePolicy,
    QSpacerItem,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.core import events
from app.core.model import Call, Check, Finding, Site
from app.desktop import pieces
from app.desktop.conversation import Conversation
from app.desktop.finding_list import SHOWN, FindingList
from app.desktop.finding_view import FindingView
from app.desktop.look import Look
from app.desktop.measured import MeasuredColumn
from app.desktop.pieces import text_label
from tests.gui.support import finding_of, past_record, seen

LONG = "济南东部工地出勤五人，作业票登记六人，少一人，请联系现场负责人核实。" * 3
_Policy = QSizePolicy.Policy
WIDTHS = (600, 200, 40, 150, 600, 320, 90, 200, 151)


class _Counted(QLabel):
    """Notes who is asked for its height."""

    asked: ClassVar[Counter[QLabel]] = Counter()

    def heightForWidth(self, width: int) -> int:
        self.asked[self] += 1
        return super().heightForWidth(width)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[QLabel]]:
    """How often each text is measured."""
    monkeypatch.setattr(pieces, "QLabel", _Counted)
    yield _Counted.asked
    _Counted.asked.clear()


def a_finding(number: int) -> Finding:
    call = Call(Site(id=f"S{number}", name=f"第{number}标段"), Check.HEADCOUNT)
    return finding_of(call, seen(expected=9, actual=8))


def column_of(qtbot: QtBot, kind: type[QVBoxLayout]) -> tuple[QWidget, QLabel]:
    box = QWidget()
    qtbot.addWidget(box)
    column = kind(box)
    label = text_label(LONG, wrap=True)
    column.addWidget(label)
    column.addWidget(text_label(LONG[:40], "caption", wrap=True))
    # What it would like to have, and need not.
    column.addSpacerItem(QSpacerItem(0, 40, _Policy.Minimum, _Policy.Preferred))
    column.addStretch(1)
    return box, label


def heights(box: QWidget) -> list[tuple[int, int]]:
    layout = box.layout()
    assert layout is not None
    return [
        (layout.heightForWidth(width), layout.minimumHeightForWidth(width))
        for width in WIDTHS
    ]


def test_a_measured_column_is_as_high_as_any_other(
    qtbot: QtBot, clean_qt: QApplication
) -> None:
    plain, _ = column_of(qtbot, QVBoxLayout)
    measured, _ = column_of(qtbot, MeasuredColumn)
    assert heights(measured) == heights(plain)
    # Least first: what was measured before must not be given for another width.
    layouts = plain.layout(), measured.layout()
    least = [[each.minimumHeightForWidth(w) for w in WIDTHS] for each in layouts]  # type: ignore[union-attr]
    assert least[0] == least[1]
    assert len(set(least[0])) > 3


def test_a_text_that_changes_is_measured_anew(
    qtbot: QtBot, clean_qt: QApplication
) -> None:
    plain, text = column_of(qtbot, QVBoxLayout)
    measured, other = column_of(qtbot, MeasuredColumn)
    before = heights(measured)
    for label in (text, other):
        label.setText(LONG * 2)
    assert heights(measured) == heights(plain)
    assert heights(measured) != before


def nested_of(qtbot: QtBot, kind: type[QVBoxLayout]) -> tuple[QWidget, QLabel]:
    """Give a column inside a column inside a window, and the innermost text."""
    window = QWidget()
    qtbot.addWidget(window)
    outer = kind(window)
    outer.addWidget(text_label(LONG[:60], wrap=True))
    box = QWidget()
    inner = kind(box)
    label = text_label(LONG, wrap=True)
    inner.addWidget(label)
    inner.addWidget(text_label(LONG[:40], "caption", wrap=True))
    outer.addWidget(box)
    outer.addStretch(1)
    return window, label


def hide(label: QLabel) -> None:
    label.hide()


def show(label: QLabel) -> None:
    label.show()


def hide_what_holds(label: QLabel) -> None:
    label.parentWidget().hide()


def show_what_holds(label: QLabel) -> None:
    label.parentWidget().show()


def lengthen(label: QLabel) -> None:
    label.setText(LONG * 3)


def enlarge(label: QLabel) -> None:
    font = label.font()
    font.setPointSize(font.pointSize() + 9)
    label.setFont(font)


def put_another_in(label: QLabel) -> None:
    layout = label.parentWidget().layout()
    assert layout is not None
    layout.addWidget(text_label(LONG, wrap=True))


def style(label: QLabel) -> None:
    label.setStyleSheet("font-size: 30px; padding: 11px")


@pytest.mark.parametrize("how", [column_of, nested_of])
def test_whatever_changes_in_a_shown_column_is_measured_anew(
    how: Callable[[QtBot, type[QVBoxLayout]], tuple[QWidget, QLabel]],
    qtbot: QtBot,
    clean_qt: QApplication,
) -> None:
    made = [how(qtbot, kind) for kind in (QVBoxLayout, MeasuredColumn)]
    for box, _ in made:
        box.resize(300, 400)
        box.show()
    settle(clean_qt)
    former = heights(made[0][0])
    changes: tuple[Callable[[QLabel], None], ...] = (
        *(lengthen, hide, show, enlarge, put_another_in, style),
        *((hide_what_holds, show_what_holds) if how is nested_of else ()),
    )
    for change in changes:
        for box, label in made:
            # Measured before, so that there is something to be stale.
            heights(box)
            change(label)
        settle(clean_qt)
        plain, measured = (heights(box) for box, _ in made)
        assert measured == plain, change.__name__
        assert plain != former, change.__name__
        former = plain


def test_a_card_that_grows_grows_on_the_screen(
    qtbot: QtBot, clean_qt: QApplication
) -> None:
    look = Look()
    look.apply()
    talk = Conversation(look)
    qtbot.addWidget(talk)
    talk.resize(700, 700)
    talk.show()
    talk.show_event(events.RunStarted(run_id="r" * 32))
    card = talk.card("r" * 32)
    assert card is not None
    clean_qt.processEvents()
    before = card.height()
    card.show_break(LONG)
    clean_qt.processEvents()
    assert card.height() > before
    narrow_from = card.height()
    talk.resize(360, 700)
    clean_qt.processEvents()
    assert card.height() > narrow_from


def test_what_has_not_changed_is_not_measured_when_something_is_added(
    qtbot: QtBot, clean_qt: QApplication, asked: Counter[QLabel]
) -> None:
    look = Look()
    look.apply()
    talk = Conversation(look)
    qtbot.addWidget(talk)
    talk.resize(700, 700)
    talk.show()
    record = past_record(1, None)
    talk.show_event(events.RunStarted(run_id=record.run_id))
    for index in range(SHOWN + 1):
        talk.show_event(
            events.Summarised(
                run_id=record.run_id, index=index, finding=a_finding(index)
            )
        )
    talk.show_event(events.RunFinished(run_id=record.run_id, record=record))
    shown = talk.findChild(FindingList)
    assert isinstance(shown, FindingList)
    pace = shown.findChild(QTimer, options=Qt.FindChildOption.FindDirectChildrenOnly)
    assert pace is not None
    pace.stop()
    settle(clean_qt)
    # Where the page begins to scroll everything becomes narrower.
    while len(shown.views) < SHOWN - 1:
        pace.timeout.emit()
        settle(clean_qt)
    earlier = texts_of(shown.views)
    asked.clear()
    pace.timeout.emit()
    settle(clean_qt)
    added = texts_of(shown.views) - earlier
    assert added & asked.keys()
    assert not earlier & asked.keys()
    # Nor when another command follows.
    asked.clear()
    talk.show_event(events.RunStarted(run_id="f" * 32))
    settle(clean_qt)
    card = talk.card(record.run_id)
    assert card is not None
    assert asked
    assert not set(card.findChildren(QLabel)) & asked.keys()


def settle(app: QApplication) -> None:
    """Have everything laid out that was asked for."""
    for _ in range(3):
        app.sendPostedEvents(None, QEvent.Type.LayoutRequest)
        app.processEvents()


def texts_of(views: list[FindingView]) -> set[QLabel]:
    return {label for view in views for label in view.findChildren(QLabel)}
