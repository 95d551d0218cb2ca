"""The status strip with several site systems."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QPushButton

from app.core.ports import Health
from app.desktop.status_strip import StatusStrip
from app.desktop.strip_room import Wish, allot
from tests.gui.conftest import Play, Stage
from tests.gui.support import DeskForTests, Expect, texts

NARROW = 1366


def systems(count: int, *bad: int) -> list[Health]:
    return [
        Health(
            key=f"backend:s{index}" if index else "backend",
            name=f"现场系统 s{index}",
            ok=index not in bad,
            detail=f"第{index}个",
            remedy=f"联系{index}" if index in bad else "",
        )
        for index in range(count)
    ]


def shown_with(play: Play, parts: list[Health], look) -> None:
    def prepare(desk: DeskForTests) -> None:
        desk.parts[3:4] = parts

    async def scene(stage: Stage) -> None:
        stage.window.resize(NARROW, 768)
        async with Expect(stage.session.health_known):
            stage.session._recheck.set()
        await look(stage.window.strip)

    play(scene, prepare=prepare)


def test_one_system_is_shown_as_itself(play: Play) -> None:
    async def look(strip) -> None:
        assert strip.buttons[3].text() == "现场系统 s0  正常  第0个"

    shown_with(play, systems(1), look)


def test_eight_systems_share_one_button_in_the_worst_state(play: Play) -> None:
    async def look(strip) -> None:
        assert len(strip.buttons) == 6
        assert strip.buttons[3].text() == "现场系统  异常  2/8 个"
        assert strip.buttons[4].text().startswith("巡检日志")
        right = max(shown.geometry().right() for shown in strip.buttons)
        assert right < NARROW
        assert len({shown.geometry().top() for shown in strip.buttons}) == 1
        strip.buttons[3].click()
        said = texts(strip.popup)
        for index in range(8):
            assert f"现场系统 s{index}：" in said
        assert said.index("s5：异常") < said.index("s0：正常"), "what is wrong first"
        assert "联系2" in said
        assert strip.popup.height() < strip.screen().availableGeometry().height()
        strip.popup.close()

    shown_with(play, systems(8, 2, 5), look)


def test_systems_that_are_all_well_are_counted(play: Play) -> None:
    async def look(strip) -> None:
        assert strip.buttons[3].text() == "现场系统  正常  3 个"

    shown_with(play, systems(3), look)


def test_parts_without_a_key_keep_their_own_buttons(play: Play) -> None:
    parts = [Health(name=f"部分{index}", ok=True, detail="好") for index in range(3)]

    async def look(strip) -> None:
        assert len(strip.buttons) == 8

    shown_with(play, parts, look)


MANY = [
    Health(name="设置文件", ok=False, detail="第 3 行读不懂，" * 8, remedy="请改正"),
    Health(name="麦克风", key="microphone", ok=True, detail="USB Audio Device"),
    Health(name="语音识别", ok=True, detail="vosk-small-cn 0.22，531 个短语"),
    Health(name="语言模型", ok=False, detail="没有找到模型，只用规则", remedy="请取得"),
    Health(name="现场系统 demo", key="backend", ok=True, detail="演示数据"),
    Health(name="巡检日志", ok=True, detail="1204 条记录"),
    Health(name="录音保存", ok=True, detail="30 天"),
    Health(name="朗读", ok=True, detail="中文语音"),
]


async def told(stage: Stage, parts: list[Health], width: int) -> StatusStrip:
    stage.desk.parts = parts
    stage.window.resize(width, 512)
    async with Expect(stage.session.health_known):
        stage.session._recheck.set()
    return stage.window.strip


def from_the_left(strip: StatusStrip) -> list[QPushButton]:
    shown = [each for each in (*strip.buttons, strip.more) if each.isVisible()]
    return sorted(shown, key=lambda each: each.x())


@pytest.mark.parametrize("width", [720, 911, 1366, 2560])
def test_what_is_wrong_stands_first_and_is_never_cut(play: Play, width: int) -> None:
    async def scene(stage: Stage) -> None:
        strip = await told(stage, MANY, width)
        shown = from_the_left(strip)
        assert shown[0].text().startswith("设置文件  异常")
        assert shown[1].text().startswith("语言模型  异常")
        for each in shown:
            assert not each.icon().isNull(), "every part has its shape"
            assert each.text().split("  ")[1] in ("正常", "异常"), "and its word"
            assert each.sizeHint().width() <= each.width(), "and neither is cut"
        right = [each.geometry().right() for each in shown]
        left = [each.geometry().left() for each in shown]
        assert all(a < b for a, b in zip(right, left[1:], strict=False))
        assert right[-1] < strip.width()

    play(scene)


def test_the_strip_is_always_one_line_high(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        strip = stage.window.strip
        heights = set()
        for width in (720, 911, 1366):
            for parts in (MANY[1:3], MANY, [replace(p, ok=False) for p in MANY]):
                await told(stage, parts, width)
                heights.add(strip.height())
                strip.show_warming(True)
                heights.add(strip.height())
                strip.show_warming(False)
        assert len(heights) == 1
        assert heights.pop() < 40

    play(scene)


def test_what_has_no_room_is_counted_and_one_click_away(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        strip = await told(stage, MANY, 911)
        hidden = [each for each in strip.buttons if not each.isVisible()]
        assert hidden
        assert strip.more.text() == f"+{len(hidden)}  正常"
        assert "巡检日志" in strip.more.accessibleDescription()
        strip.more.click()
        assert strip.popup is not None
        said = texts(strip.popup)
        assert "巡检日志：正常" in said
        assert "1204 条记录" in said
        strip.popup.close()
        wide = await told(stage, MANY[1:3], 1366)
        assert not wide.more.isVisible()

    play(scene)


def test_where_even_the_bad_do_not_fit_the_count_says_so(play: Play) -> None:
    bad = [replace(MANY[0], name=f"出了问题的部分{n}") for n in range(9)]

    async def scene(stage: Stage) -> None:
        strip = await told(stage, [*bad, MANY[1]], 720)
        count = sum(not each.isVisible() for each in strip.buttons)
        assert 0 < count < 10
        assert strip.more.text() == f"+{count}  异常"

    play(scene)


def test_another_microphone_can_be_chosen_from_behind_the_count(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        bad = [replace(MANY[0], name=f"坏了{n}") for n in range(5)]
        strip = await told(stage, [*bad, MANY[1]], 720)
        strip.more.click()
        assert strip.popup is not None
        (other,) = strip.popup.findChildren(QPushButton)
        async with Expect(strip.microphones_wanted) as wanted:
            other.click()
        assert wanted.args == (strip.more,)

    play(scene)


@given(
    parts=st.lists(
        st.tuples(st.integers(60, 200), st.integers(0, 600), st.booleans()),
        max_size=10,
    ),
    room=st.integers(100, 2500),
)
def test_the_room_is_never_overdrawn_and_bad_parts_go_first(
    parts: list[tuple[int, int, bool]], room: int
) -> None:
    wishes = [
        Wish(least=least, full=least + more, bad=bad)
        for least, more, bad in sorted(parts, key=lambda part: not part[2])
    ]
    widths = allot(wishes, room, 90)
    rest = 90 if len(widths) < len(wishes) else 0
    assert not widths or sum(widths) + rest <= room
    for width, wish in zip(widths, wishes, strict=False):
        assert wish.least <= width <= wish.full
    if len(widths) < len(wishes):
        least = [wish.least for wish in wishes[: len(widths) + 1]]
        bad = wishes[len(widths)].bad
        assert not bad or sum(least) + rest > room, "a bad part fits and is not shown"
