"""What must be read in a narrow window, of a long name, and where there is nothing."""

import asyncio
from dataclasses import replace

import pytest
from PySide6.QtCore import QModelIndex
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QPushButton

from app.core.model import Call, Check, Severity, Site
from app.desktop import words
from app.desktop.alarm_bar import AlarmBar
from app.desktop.board.delegate import _folded
from app.desktop.board.panel import BoardPanel
from app.desktop.journal_panel import JournalPanel
from app.desktop.look import Look, ThemeName
from app.desktop.speaker import VoiceOptions
from app.desktop.voice import Voice
from app.system import paths
from tests.gui.conftest import Play, Stage
from tests.gui.gallery.faults import cut_off
from tests.gui.support import (
    JINAN,
    LONG,
    SITES,
    SPOKEN,
    YANTAI,
    DeskForTests,
    Expect,
    finding_of,
    past_record,
    said,
    seen,
    texts,
)
from tests.gui.test_adapters import ShelfInMemory

NARROW = (910, 512)
"""A screen of 1366×768 at 150 %, in the pixels Qt counts."""


def board_of(stage: Stage) -> BoardPanel:
    assert stage.window.board is not None
    stage.window.board_button.setChecked(True)
    return stage.window.board


def bar_of(stage: Stage) -> AlarmBar:
    (bar,) = stage.window.findChildren(AlarmBar)
    return bar


async def sized(stage: Stage, width: int, height: int) -> None:
    """Make the window as large, and wait until it is laid out."""
    stage.window.resize(width, height)
    for _ in range(4):
        # Texts that are other ones make the layout ask again.
        await asyncio.sleep(0.01)


def named(stage: Stage) -> list[str]:
    """Give what stands in the header, from the left."""
    row = stage.window.header.layout()
    assert row is not None
    found = (row.itemAt(place).widget() for place in range(row.count()))
    return [
        each.text()
        for each in found
        if each is not None and each.isVisible() and isinstance(each, QPushButton)
    ]


def test_a_crowded_header_leaves_out_its_keys_before_it_cuts_a_word(play: Play) -> None:
    def prepare(desk: DeskForTests) -> None:
        desk.info = replace(desk.info, workstation="国网济南供电公司调度中心 12 号席")

    async def scene(stage: Stage) -> None:
        await sized(stage, 1366, 768)
        assert {"站点 F7", "日志 F9", "审阅 F6"} < set(named(stage))
        muted = VoiceOptions(read_back="answers", engine="mock", muted=True)
        voice = Voice(muted, stage.desk.microphone)
        stage.window.give_voice(voice)
        stage.window.offer(ShelfInMemory())
        await sized(stage, *NARROW)
        assert {"站点", "日志", "审阅", "朗读：静音"} < set(named(stage))
        assert cut_off(stage.window) == []
        # What the key is stays known to whoever cannot see it.
        assert stage.window.board_button.accessibleName() == "站点 F7"
        await sized(stage, 1366, 768)
        assert {"站点 F7", "日志 F9", "审阅 F6"} < set(named(stage))
        voice.close()

    play(scene, prepare=prepare)


def test_the_verdict_of_an_alarm_is_whole_beside_the_form_of_a_narrow_bar(
    play: Play,
) -> None:
    def prepare(desk: DeskForTests) -> None:
        view = seen(actual=34, wearing=30)
        desk.knows(SPOKEN, {Call(YANTAI, Check.HELMET): view})

    async def scene(stage: Stage) -> None:
        await said(stage.session, SPOKEN)
        bar = bar_of(stage)
        await sized(stage, *NARROW)
        assert bar.sentence.text.startswith("[安全检查] 实到34人")
        bar.ask()
        await sized(stage, NARROW[0] - 1, NARROW[1])
        assert bar.sentence.text == "实到34人, 30人佩戴安全帽, 存在安全隐患"
        assert bar.sentence._label.text() == bar.sentence.text
        await sized(stage, 1366, 768)
        assert bar.sentence.text.startswith("[安全检查] ")

    play(scene, prepare=prepare)


def test_counts_stand_beside_the_filter_where_there_is_room(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await sized(stage, *NARROW)
        board = board_of(stage)
        await sized(stage, *NARROW)
        beside = board.counts.geometry().center().y()
        assert abs(beside - board.filter.geometry().center().y()) < 4
        await sized(stage, 1366, 768)
        assert board.counts.y() > board.filter.geometry().bottom()

    play(scene)


@pytest.mark.parametrize("width", [100, 140, 200])
def test_a_long_name_shows_its_end_in_two_lines(
    clean_qt: QApplication, width: int
) -> None:
    font = QFont()
    font.setPixelSize(14)
    letters = QFontMetrics(font)
    shown = _folded(LONG.name, font, width)
    for line in (shown.first, shown.second):
        assert letters.horizontalAdvance(line) <= width
    assert LONG.name.startswith(shown.first)
    assert shown.second.endswith("）")
    assert shown.first


def test_a_name_is_broken_in_the_middle_and_no_number_is_torn_apart(
    clean_qt: QApplication,
) -> None:
    font = QFont()
    font.setPixelSize(14)
    advance = QFontMetrics(font).horizontalAdvance
    name = "施工现场第 2026091 号东"
    # Wherever the line ends, it does not end in the number.
    for short in range(1, len(name)):
        shown = _folded(name, font, advance(name[:-short]))
        if "…" not in shown.second and short < 5:
            assert "2026091" in shown.first or "2026091" in shown.second
            assert len(shown.second) > 2
    assert _folded(name, font, advance(name)).second == ""


def test_a_board_that_nobody_asked_says_how_to_ask(play: Play) -> None:
    def prepare(desk: DeskForTests) -> None:
        desk.knows(SPOKEN, {Call(JINAN, Check.HEADCOUNT): seen(expected=1, actual=1)})

    async def scene(stage: Stage) -> None:
        board = board_of(stage)
        async with Expect(board.loaded):
            board.refresh()
        assert board.hint.isVisibleTo(board)
        assert "点一格就查" in board.hint.text()
        await said(stage.session, SPOKEN)
        async with Expect(board.loaded):
            board.refresh()
        assert not board.hint.isVisibleTo(board)

    play(scene, prepare=prepare)


def test_a_log_where_the_filter_finds_nothing_offers_to_clear_it(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        call = Call(JINAN, Check.HELMET)
        view = seen(actual=4, wearing=4)
        await stage.desk.journal.append(past_record(1, finding_of(call, view)))
        stage.window.journal_button.setChecked(True)
        panel = stage.window.journal
        assert isinstance(panel, JournalPanel)
        async with Expect(panel.model.loaded):
            panel.model.reload()
        assert not panel.nothing.isVisibleTo(panel)
        async with Expect(panel.model.loaded):
            panel.filter.setText("没有这个地方")
        assert panel.show_all.isVisibleTo(panel)
        async with Expect(panel.model.loaded):
            panel.show_all.click()
        assert panel.filter.text() == ""
        assert panel.table.isVisibleTo(panel)

    play(scene)


def test_an_empty_log_says_what_fills_it_and_offers_no_filter(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        stage.window.journal_button.setChecked(True)
        panel = stage.window.journal
        assert panel is not None
        async with Expect(panel.model.loaded):
            panel.model.reload()
        assert "说一条指令" in panel.empty.text()
        assert not panel.show_all.isVisibleTo(panel)

    play(scene)


def test_a_site_has_more_room_in_a_wide_log(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        stage.window.journal_button.setChecked(True)
        panel = stage.window.journal
        assert panel is not None
        await sized(stage, 1366, 768)
        narrow = panel.table.columnWidth(2)
        assert panel.table.isColumnHidden(5)
        await sized(stage, 2560, 1440)
        assert panel.table.columnWidth(2) > narrow + 40
        assert not panel.table.isColumnHidden(5)

    play(scene)


def test_a_desk_that_does_not_start_says_where_its_log_is(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        stage.window.show_start_failure("PermissionError")
        told = texts(stage.window.veil)
        assert "PermissionError" in told
        assert str(paths.home() / "logs") in told.replace("\u2060", "")

    play(scene)


@pytest.mark.parametrize("theme", ThemeName)
def test_a_box_that_is_ticked_shows_a_tick(
    clean_qt: QApplication, theme: ThemeName
) -> None:
    Look(theme).apply()
    box = QCheckBox("放大纵轴")
    box.show()
    box.setChecked(True)
    QTest.qWait(0)
    picture = box.grab().toImage()
    # Across the box there are its frame, its ground, and the ink of the tick.
    middle = picture.height() // 2
    seen_there = {picture.pixelColor(x, middle).name() for x in range(3, 21)}
    look = Look(theme).theme
    assert look.accent in seen_there
    assert any(
        abs(int(each[1:3], 16) - int(look.on_accent[1:3], 16)) < 40
        and abs(int(each[5:7], 16) - int(look.on_accent[5:7], 16)) < 40
        for each in seen_there - {look.text}
    )
    box.close()


def test_every_site_of_a_board_is_named_as_it_is(play: Play) -> None:
    odd = Site(id="o", name="A&B #3 <b>站</b>")

    def prepare(desk: DeskForTests) -> None:
        desk.directory = type(desk.directory)((odd, *SITES))
        desk.knows(SPOKEN, {Call(odd, Check.HELMET): seen(actual=9, wearing=8)})

    async def scene(stage: Stage) -> None:
        board = board_of(stage)
        names = [
            board.model.data(board.model.index(row, 0))
            for row in range(board.model.rowCount(QModelIndex()))
        ]
        assert odd.name in names
        await said(stage.session, SPOKEN)
        bar = bar_of(stage)
        assert bar.site.text.endswith(odd.name)
        assert odd.name in texts(stage.window.conversation)

    play(scene, prepare=prepare)


def test_words_are_quoted_as_the_language_does(clean_qt: QApplication) -> None:
    assert words.quoted("济南") == "「济南」"
    assert words.severity_word(Severity.ALARM) == "告警"
