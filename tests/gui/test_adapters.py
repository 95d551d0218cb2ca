"""The adapters in the window: evaluation first, then one click, and a way back."""

import threading
from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtWidgets import QApplication

from app.core.adapters import SHIPPED, AdapterFigure, AdapterSheet, Task, Trust
from app.core.errors import ModelCorruptError, UsageError
from app.desktop.adapters import AdapterView, AdapterWindow
from tests.gui.conftest import Play, Stage
from tests.gui.support import Expect, texts


def figure(share: float) -> AdapterFigure:
    return AdapterFigure(
        key="closed_clean",
        name="指令全对 (无噪声)",
        right=round(share * 300),
        total=300,
        share=share,
        low=share - 0.02,
        high=min(1.0, share + 0.01),
    )


SHIPPED_SHEET = AdapterSheet(
    name=SHIPPED,
    title="随程序附带",
    base="glm-mini",
    base_sha256="ab" * 32,
    trust=Trust.SHIPPED,
    figures=(figure(0.95),),
)
NEW = replace(
    SHIPPED_SHEET,
    name="shandong",
    title="山东 2026",
    trust=Trust.KNOWN,
    signer="1234-5678",
    figures=(figure(0.98),),
)
UNKNOWN = replace(NEW, name="plain", title="未评测", trust=Trust.UNSIGNED, figures=())
BROKEN = replace(NEW, name="other", title="别的", fault="它为模型 glm-big 训练")


class ShelfInMemory:
    """Adapters that lie nowhere; remembers on which thread it was asked."""

    override = ""

    def __init__(self) -> None:
        self.names = {one.name: one for one in (SHIPPED_SHEET, NEW, UNKNOWN, BROKEN)}
        self.active = [SHIPPED]
        self.threads: set[int] = set()
        self.harmed = False

    def sheets(self) -> Sequence[AdapterSheet]:
        self.threads.add(threading.get_ident())
        return [
            replace(one, active=used, tasks=tuple(Task) if used else ())
            for one in self.names.values()
            for used in [one.name == self.active[-1]]
        ]

    def activate(self, name: str) -> AdapterSheet:
        self.threads.add(threading.get_ident())
        if self.harmed:
            raise ModelCorruptError("适配器 shandong 的文件已被改动", "请重新导入。")
        self.active.append(name)
        return self.names[name]

    def rollback(self) -> AdapterSheet:
        self.threads.add(threading.get_ident())
        if len(self.active) < 2:
            raise UsageError("没有可以回退的适配器", "请先启用一个。")
        self.active.pop()
        return self.names[self.active[-1]]


def window_of() -> AdapterWindow:
    found = [w for w in QApplication.topLevelWidgets() if isinstance(w, AdapterWindow)]
    assert len(found) == 1
    return found[0]


def view_of(window: AdapterWindow, name: str) -> AdapterView:
    return next(view for view in window.views if view.sheet.name == name)


async def opened(stage: Stage, shelf: ShelfInMemory) -> AdapterWindow:
    stage.window.offer(shelf)
    assert stage.window.adapters_button.isVisible()
    stage.window.adapters_button.click()
    window = window_of()
    async with Expect(window.settled):
        pass
    return window


def test_a_desk_without_adapters_offers_none(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        assert not stage.window.adapters_button.isVisible()
        stage.window.offer(None)
        assert not stage.window.adapters_button.isVisible()

    play(scene)


def test_the_evaluation_stands_before_the_button(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window = await opened(stage, ShelfInMemory())
        shown = texts(view_of(window, "shandong"))
        for part in (
            "山东 2026",
            "98.0%　294/300",
            "96.0% – 99.0%",
            "使用中的",
            "95.0%",
            "签名可信 1234-5678",
            "glm-mini（abababababababab…）",
        ):
            assert part in shown
        assert view_of(window, "shandong").button.isEnabled()
        shipped = view_of(window, SHIPPED)
        assert "使用中" in texts(shipped)
        assert not shipped.button.isEnabled()
        assert "没有评测结果" in texts(view_of(window, "plain"))
        broken = view_of(window, "other")
        assert "不能使用" in texts(broken)
        assert "它为模型 glm-big 训练" in texts(broken)
        assert not broken.button.isEnabled()

    play(scene)


def test_one_click_activates_and_one_goes_back(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        shelf = ShelfInMemory()
        window = await opened(stage, shelf)
        async with Expect(window.settled):
            view_of(window, "shandong").button.click()
            # Nothing else can be asked for meanwhile.
            assert not any(view.button.isEnabled() for view in window.views)
            assert not window.back.isEnabled()
        assert shelf.active == [SHIPPED, "shandong"]
        assert "已启用「山东 2026」，从下一条指令起生效" in texts(window)
        assert not view_of(window, "shandong").button.isEnabled()
        assert view_of(window, SHIPPED).button.isEnabled()
        async with Expect(window.settled):
            window.back.click()
        assert shelf.active == [SHIPPED]
        assert "已启用「随程序附带」" in texts(window)
        async with Expect(window.settled):
            window.back.click()
        assert "没有可以回退的适配器。请先启用一个。" in texts(window)
        assert window.notice.property("tone") == "attention"
        assert threading.get_ident() not in shelf.threads

    play(scene)


def test_what_cannot_be_activated_is_said_and_changes_nothing(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        shelf = ShelfInMemory()
        window = await opened(stage, shelf)
        shelf.harmed = True
        async with Expect(window.settled):
            view_of(window, "shandong").button.click()
        assert "已被改动。请重新导入。" in texts(window)
        assert "使用中" in texts(view_of(window, SHIPPED))
        assert view_of(window, "shandong").button.isEnabled()

    play(scene)


def test_an_adapter_of_some_tasks_says_which_and_can_be_given_the_others(
    play: Play,
) -> None:
    class Parted(ShelfInMemory):
        def sheets(self) -> Sequence[AdapterSheet]:
            shipped = replace(SHIPPED_SHEET, active=True, tasks=(Task.UNDERSTANDING,))
            return [shipped, replace(NEW, tasks=(Task.SUMMARY, Task.GREETING))]

    async def course(stage: Stage) -> None:
        window = await opened(stage, Parted())
        assert "用于理解" in texts(view_of(window, SHIPPED))
        other = view_of(window, "shandong")
        assert "用于总结、问候" in texts(other)
        assert other.button.isEnabled()

    play(course)


def test_an_adapter_that_the_settings_insist_on_is_said(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        shelf = ShelfInMemory()
        shelf.override = "fixed"
        window = await opened(stage, shelf)
        assert "「fixed」，它优先于" in texts(window)
        async with Expect(window.settled):
            view_of(window, "shandong").button.click()
        said = window.notice.text()
        assert "已启用「山东 2026」" in said
        assert "下一条指令" not in said
        assert "「fixed」，它优先于" in said

    play(scene)


def test_closing_it_while_it_reads_harms_nothing(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        stage.window.offer(ShelfInMemory())
        stage.window.adapters_button.click()
        window_of().close()

    play(scene)
