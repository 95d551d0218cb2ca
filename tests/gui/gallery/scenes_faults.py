"""Scenes of what goes wrong: what happened, why, what to do."""

from dataclasses import replace
from pathlib import Path

from app.core.errors import AudioDeviceError, SettingsError
from app.core.ports import Health
from app.desktop.main import NO_FONT
from app.desktop.refusal import RefusalWindow
from tests.gui.gallery.furniture import LACKING
from tests.gui.gallery.scene import SCALED, SMALL, Scene, Stage
from tests.gui.gallery.scenes_runs import start
from tests.gui.support import SPOKEN, DeskForTests, Expect, FakeDirectory, said

NO_MICROPHONE = Health(
    name="麦克风",
    key="microphone",
    ok=False,
    detail="没有找到麦克风",
    remedy="请插好麦克风，程序会自动认出它。期间可以直接输入文字。",
)
NO_MODEL = Health(
    name="语言模型",
    ok=False,
    detail="没有找到模型 GLM-mini，只用规则理解",
    remedy="请运行 griddesk models list 查看，再用 models import 取得。",
)
BACKEND_DOWN = Health(
    name="现场系统 work-tickets",
    key="backend",
    ok=False,
    detail="连不上 10.20.3.11:8080：连接被拒绝",
    remedy="请确认系统在运行、网络连通，再联系系统管理员。",
)
JOURNAL_FULL = Health(
    name="巡检日志",
    ok=False,
    detail="磁盘已满, 日志没有写入",
    remedy="请清理磁盘；在此之前不会给出任何结果。",
)
SETTINGS_WRONG = Health(
    name="设置文件",
    key="settings",
    ok=False,
    detail="第 3 行 voice.read_back 应是 off、answers 或 all；已使用默认值",
    remedy="请检查 /home/li/.local/share/griddesk/settings.toml。",
)


async def recheck(stage: Stage) -> None:
    async with Expect(stage.session.health_known):
        stage.session._recheck.set()


async def pop_up(stage: Stage, name: str) -> None:
    """Click on a part of the strip."""
    await recheck(stage)
    names = [part.name for part in stage.desk.parts]
    place = next(n for n, each in enumerate(names) if each.startswith(name))
    stage.window.strip.buttons[place].click()


def no_microphone(desk: DeskForTests) -> None:
    desk.microphone.error = AudioDeviceError("没有找到麦克风")
    desk.parts[0] = NO_MICROPHONE


async def press(stage: Stage) -> None:
    async with Expect(stage.session.noticed):
        stage.session.press_talk()
    await pop_up(stage, "麦克风")


def no_model(desk: DeskForTests) -> None:
    desk.parts[2] = NO_MODEL


async def rules_only(stage: Stage) -> None:
    await said(stage.session, SPOKEN)
    await pop_up(stage, "语言模型")


def backend_down(desk: DeskForTests) -> None:
    desk.parts[3] = BACKEND_DOWN


async def unreachable(stage: Stage) -> None:
    await said(stage.session, LACKING)
    await pop_up(stage, "现场系统")


def journal_full(desk: DeskForTests) -> None:
    desk.journal.full = True
    desk.parts[4] = JOURNAL_FULL


async def not_written(stage: Stage) -> None:
    stage.desk.journal.full = True
    stage.desk.parts[4] = JOURNAL_FULL
    await said(stage.session, SPOKEN)
    await recheck(stage)


def settings_wrong(desk: DeskForTests) -> None:
    desk.parts.insert(0, SETTINGS_WRONG)


async def settings(stage: Stage) -> None:
    await pop_up(stage, "设置文件")


def everything_wrong(desk: DeskForTests) -> None:
    desk.parts[:] = [
        SETTINGS_WRONG,
        NO_MICROPHONE,
        NO_MODEL,
        BACKEND_DOWN,
        replace(BACKEND_DOWN, name="现场系统 cameras", key="backend:cameras"),
        JOURNAL_FULL,
        Health(name="语音识别", ok=True, detail="vosk-small-cn 0.22"),
        Health(name="录音保存", ok=True, detail="保存 30 天，12 段"),
        Health(name="朗读", key="voice", ok=True, detail="中文语音 Yating"),
    ]


async def the_rest(stage: Stage) -> None:
    await recheck(stage)
    if stage.window.strip.more.isVisible():
        stage.window.strip.more.click()


async def warming(stage: Stage) -> None:
    stage.session.warming_changed.emit(True)


def not_yet(desk: DeskForTests) -> None:
    desk.parts[2] = replace(NO_MODEL, detail="还没有载入")


def no_sites(desk: DeskForTests) -> None:
    desk.directory = FakeDirectory(())


async def refused(stage: Stage) -> None:
    error = SettingsError(
        'interface.theme = "pink" 不是 dark / light 之一',
        "请改成 dark 或 light，或删除这一行以使用默认值。",
    )
    window = RefusalWindow(stage.look, error, Path("/home/li/griddesk/settings.toml"))
    window.show()
    stage.others.append(window)


async def not_started(stage: Stage) -> None:
    stage.window.show_start_failure("PermissionError")


async def no_font(stage: Stage) -> None:
    stage.window.veil.cover(*NO_FONT, alarm=True)


async def ending(stage: Stage) -> None:
    await said(stage.session, SPOKEN)
    stage.window.show_closing()
    stage.window.veil.step("正在等待模型和识别器停下…")


FAULTS = (
    Scene(name="no-microphone", act=press, prepare=no_microphone),
    Scene(name="no-model", act=rules_only, prepare=no_model),
    Scene(name="backend-down", act=unreachable, prepare=backend_down),
    Scene(name="journal-unwritable", act=not_written),
    Scene(name="settings-wrong", act=settings, prepare=settings_wrong),
    Scene(name="everything-wrong", act=the_rest, prepare=everything_wrong),
    Scene(name="warming", act=warming, prepare=not_yet, settings=(SMALL, SCALED)),
    Scene(name="no-directory", act=start, prepare=no_sites, settings=(SMALL,)),
    Scene(name="not-started", act=not_started, attached=False, settings=(SMALL,)),
    Scene(name="no-font", act=no_font, attached=False, settings=(SMALL,)),
    Scene(name="settings-refused", act=refused, settings=(SMALL, SCALED)),
    Scene(name="ending", act=ending, settings=(SMALL,)),
)
