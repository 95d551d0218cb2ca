"""The status strip with several site systems."""

from app.core.ports import Health
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
        assert len(strip.buttons) == 5
        assert strip.buttons[3].text() == "现场系统  异常  2/8 个"
        assert strip.buttons[4].text().startswith("日志")
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
        assert len(strip.buttons) == 7

    shown_with(play, parts, look)
