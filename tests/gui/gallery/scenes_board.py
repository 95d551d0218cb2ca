"""Scenes of the site board and of open alarms."""

import asyncio

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication

from app.core.errors import JournalUnwritableError
from app.desktop.alarm_bar import AlarmBar
from app.desktop.board.model import Region
from app.desktop.board.panel import BoardPanel
from tests.gui.gallery.furniture import ALARMING, SWEEP
from tests.gui.gallery.scene import EVERY, HUGE, SCALED, SMALL, USUAL, Scene, Stage
from tests.gui.gallery.scenes_runs import begin, half_way, holding
from tests.gui.support import DeskForTests, Expect, said


def board_of(stage: Stage) -> BoardPanel:
    """Give the board, and make sure that it is shown."""
    board = stage.window.board
    assert board is not None
    stage.window.board_button.setChecked(True)
    return board


async def board(stage: Stage) -> None:
    board_of(stage)


async def board_filtered(stage: Stage) -> None:
    board_of(stage).filter.setText("济 变电")


async def board_nothing(stage: Stage) -> None:
    board_of(stage).filter.setText("没有这样的工地")


async def board_asking(stage: Stage) -> None:
    await begin(stage, SWEEP)
    board_of(stage)


async def board_plan(stage: Stage) -> None:
    shown = board_of(stage)
    rows = range(shown.model.rowCount())
    first = next(row for row in rows if isinstance(shown.model.line(row), Region))
    shown.table.asked.emit(shown.model.index(first, 2))


async def board_menu(stage: Stage) -> None:
    shown = board_of(stage)
    index = shown.model.index(1, 1)
    place = shown.table.visualRect(index).center()
    shown.table.choices_wanted.emit(
        index, shown.table.viewport().mapToGlobal(QPoint(place))
    )


def unreadable(desk: DeskForTests) -> None:
    desk.journal.unreadable = JournalUnwritableError("日志文件打不开")


async def board_swept(stage: Stage) -> None:
    await said(stage.session, SWEEP)
    board_of(stage)


def bar_of(stage: Stage) -> AlarmBar:
    """Give the bar of open alarms."""
    (found,) = stage.window.findChildren(AlarmBar)
    return found


async def alarms_open(stage: Stage) -> None:
    bar_of(stage)


async def alarm_fresh(stage: Stage) -> None:
    await said(stage.session, ALARMING)


async def alarm_signed(stage: Stage) -> None:
    bar_of(stage).ask()


async def alarm_list(stage: Stage) -> None:
    bar_of(stage).show_list()


async def alarm_list_signed(stage: Stage) -> None:
    bar = bar_of(stage)
    bar.show_list()
    assert bar.list is not None
    bar.list.table.selectAll()
    bar.list.ask()


async def alarm_done(stage: Stage) -> None:
    bar = bar_of(stage)
    bar.ask()
    async with Expect(stage.session.noticed):
        bar.form.confirm.click()
    while QApplication.activePopupWidget() is not None:
        await asyncio.sleep(0)


async def alarm_refused(stage: Stage) -> None:
    stage.desk.journal.full = True
    await alarm_done(stage)


BOARD = (
    Scene(name="board", act=board, settings=EVERY, records=120),
    Scene(name="board-filtered", act=board_filtered, settings=(SMALL,), records=120),
    Scene(name="board-nothing-found", act=board_nothing, settings=(SMALL,)),
    Scene(name="board-asking", act=board_asking, prepare=holding),
    Scene(name="board-half-way", act=board_asking, prepare=half_way, settings=(SMALL,)),
    Scene(name="board-swept", act=board_swept, settings=(SMALL, HUGE)),
    Scene(name="board-region-confirm", act=board_plan, settings=(SMALL, SCALED)),
    Scene(name="board-menu", act=board_menu, settings=(SMALL,), records=120),
    Scene(
        name="board-unreadable",
        act=board,
        prepare=unreadable,
        settings=(SMALL,),
        logged=True,
    ),
    Scene(name="alarms", act=alarms_open, alarms=10, settings=EVERY),
    Scene(name="alarm-one", act=alarm_fresh, settings=(SMALL, SCALED)),
    Scene(name="alarm-sign", act=alarm_signed, alarms=3),
    Scene(name="alarm-acknowledged", act=alarm_done, alarms=3, settings=(SMALL,)),
    Scene(
        name="alarm-refused",
        act=alarm_refused,
        alarms=3,
        settings=(SMALL, SCALED),
        logged=True,
    ),
    Scene(name="alarm-list", act=alarm_list, alarms=10),
    Scene(name="alarm-list-sign", act=alarm_list_signed, alarms=10, settings=USUAL),
)
