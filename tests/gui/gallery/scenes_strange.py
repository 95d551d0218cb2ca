"""Scenes of what a desk meets sooner or later: odd names, thousands of sites, nothing.

The names hold what text of a window may be taken for: a key's mark, markup, a comment.
"""

from typing import Final

from app.core.errors import AudioEmptyError
from app.core.model import Call, Check, Intent, Site, Understanding
from tests.gui.gallery.furniture import SITES
from tests.gui.gallery.scene import ENGLISH, SCALED, SMALL, Scene, Stage
from tests.gui.gallery.scenes_board import board_of
from tests.gui.gallery.scenes_help import aids_of
from tests.gui.support import DeskForTests, Expect, FakeDirectory, said, seen

ODD: Final = (
    Site(id="o1", name="A&B #3 <b>变电站</b>"),
    Site(id="o2", name="R&D 线路 & 电缆 #12 & #13"),
    Site(
        id="o3",
        name="国网山东省电力公司烟台供电公司2026年第三批10千伏及以下配电网建设与改造工程"
        "莱山区初家街道施工标段(二)现场#2",
    ),
)
ASKED: Final = "三个工地都查"
ENGLISH_SENTENCE: Final = "How many people are at the Jinan site?"
MANY: Final = 10_000


def odd_names(desk: DeskForTests) -> None:
    desk.directory = FakeDirectory((*ODD, *SITES[3:9]))
    answers = {
        Call(site, Check.HELMET): seen(actual=9, wearing=9 - number)
        for number, site in enumerate(ODD)
    }
    desk.knows(ASKED, answers)


async def odd(stage: Stage) -> None:
    await said(stage.session, ASKED)
    aids_of(stage).quick.keep(("o1", "o2", "o3"))
    board_of(stage).filter.setText("#")


async def odd_plan(stage: Stage) -> None:
    board = board_of(stage)
    board.filter.setText("#")
    board.ask(board.model.line(0), (Check.HELMET,))


def thousands(desk: DeskForTests) -> None:
    desk.directory = FakeDirectory(
        tuple(
            Site(
                id=f"n{number}",
                name=f"第 {number:05} 号施工现场",
                region=f"片区 {number // 125 + 1:02}",
            )
            for number in range(MANY)
        )
    )


async def far_down(stage: Stage) -> None:
    table = board_of(stage).table
    table.scrollToBottom()


FOREIGN: Final = Understanding(
    intent=Intent.UNSUPPORTED,
    reply="本席只听得懂中文, 请用中文说或输入, 例如: 查一下某某工地的人数。 "
    "GridDesk understands Chinese only.",
)
"""What the desk answers to another language."""


def only_chinese(desk: DeskForTests) -> None:
    desk.agent.readings[ENGLISH_SENTENCE] = FOREIGN


async def foreign(stage: Stage) -> None:
    await said(stage.session, ENGLISH_SENTENCE)


def deaf(desk: DeskForTests) -> None:
    """Let the recogniser hear nothing in what was said."""

    async def nothing(*_audio: object, **_how: object) -> object:
        raise AudioEmptyError("没有听到声音")

    desk.recognizer.recognize = nothing  # type: ignore[assignment, method-assign]


async def unheard(stage: Stage) -> None:
    async with Expect(stage.session.bridge.run_failed):
        stage.session.press_talk()
    stage.session.release_talk()


STRANGE: Final = (
    Scene(name="odd-names", act=odd, prepare=odd_names, settings=(SMALL, SCALED)),
    Scene(name="odd-names-plan", act=odd_plan, prepare=odd_names, settings=(SMALL,)),
    Scene(name="ten-thousand-sites", act=far_down, prepare=thousands,
          settings=(SMALL, SCALED)),
    Scene(name="foreign-sentence", act=foreign, prepare=only_chinese,
          settings=(SMALL, ENGLISH)),
    Scene(name="heard-nothing", act=unheard, prepare=deaf, settings=(SMALL, ENGLISH)),
)  # fmt: skip
