"""The first steps: they notice what was done, and never stand in the way."""

import asyncio

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from app.core.model import Call, Check
from app.desktop.first_run import COMMANDS, Guide, Step
from tests.gui.conftest import Play, Stage
from tests.gui.support import (
    JINAN,
    SPOKEN,
    DeskForTests,
    Expect,
    key,
    said,
    seen,
    texts,
)


def knows_jinan(desk: DeskForTests) -> None:
    desk.knows(SPOKEN, {Call(JINAN, Check.HEADCOUNT): seen(expected=47, actual=34)})


def guided(stage: Stage) -> Guide:
    stage.window.aids.begin((), guided=True)
    guide = stage.window.aids.guide
    assert guide is not None
    return guide


def test_a_desk_that_was_guided_shows_no_guide(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        stage.window.aids.begin((), guided=False)
        assert stage.window.aids.guide is None

    play(scene)


def test_three_steps_from_the_microphone_to_the_real_systems(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        guide = guided(stage)
        assert "第 1 步，共 3 步" in texts(guide)
        assert "按住 F8" in texts(guide)
        async with Expect(stage.session.talk.level_changed, lambda level: level > 0):
            stage.session.press_talk()
        assert "听到声音了" in guide.result
        stage.window._escape()
        guide.next.click()
        assert guide.step is Step.COMMAND
        assert "演示数据" in texts(guide)
        guide.example.click()
        assert "济南工地" in stage.window.bar.text.text()
        await said(stage.session, SPOKEN)
        assert guide.step is Step.CONNECT
        assert "第一条指令已经答复" in guide.result
        shown = texts(guide)
        assert all(command in shown for command in COMMANDS)
        async with Expect(stage.window.aids.guide_ended):
            guide.next.click()
        assert stage.window.aids.guide is None
        assert stage.window.conversation.viewportMargins().top() == 0

    play(scene, prepare=knows_jinan)


def test_silence_does_not_count_as_a_voice(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        guide = guided(stage)
        guide.show_level(0.01)
        assert guide.result == ""

    play(scene)


def test_only_an_answer_ends_the_second_step(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        guide = guided(stage)
        guide.next.click()
        await said(stage.session, "拉闸")
        assert guide.step is Step.COMMAND
        await said(stage.session, SPOKEN)
        assert guide.step is Step.CONNECT

    play(scene, prepare=knows_jinan)


def test_it_can_be_skipped_at_once_and_opened_again_from_the_help(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        aids = stage.window.aids
        guide = guided(stage)
        async with Expect(aids.guide_ended):
            guide.skip.click()
        assert aids.guide is None
        aids.toggle_help()
        assert aids.help is not None
        aids.help.guide.click()
        assert aids.help is None
        assert aids.guide is not None
        assert aids.guide.step is Step.MICROPHONE

    play(scene)


def test_it_hides_no_card_and_takes_no_key(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        guide = guided(stage)
        conversation = stage.window.conversation
        async with Expect(stage.session.talk.take_ready):
            key(stage.window, Qt.Key.Key_F8, down=True)
        async with Expect(stage.session.bridge.run_finished):
            key(stage.window, Qt.Key.Key_F8, down=False)
        (card,) = conversation.cards
        top = card.mapTo(stage.window, card.rect().topLeft()).y()
        bottom = guide.mapTo(stage.window, guide.rect().bottomLeft()).y()
        assert card.isVisible()
        assert top > bottom, "the card stands below the guide"

    play(scene, prepare=knows_jinan)


def test_it_makes_room_for_what_it_says_now(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        guide = guided(stage)
        conversation = stage.window.conversation

        def fits() -> bool:
            margin = conversation.viewportMargins().top()
            layout = guide.layout()
            assert layout is not None
            return margin >= layout.totalHeightForWidth(guide.width())

        assert fits()
        QApplication.sendPostedEvents()
        stage.window.resize(1900, 900)
        QApplication.sendPostedEvents()
        assert guide.width() > conversation.width() - 40, "as wide as there is room"
        stage.window.resize(760, 512)
        QApplication.sendPostedEvents()
        assert guide.width() < conversation.width() <= 760
        assert fits()
        guide.next.click()
        for _ in range(5):
            await asyncio.sleep(0)
        assert fits()

    play(scene)


def test_another_microphone_is_offered_from_the_guide(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        guide = guided(stage)
        async with Expect(stage.session.microphones.listed) as listed:
            guide.other.click()
        assert len(listed.args[0]) == 2

    play(scene)


def test_hands_free_is_said_in_the_guide_and_on_the_start_page(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        guide = guided(stage)
        assert "按住 F8 说话" in texts(stage.window.conversation)
        stage.desk.microphone.hands_free = True
        async with Expect(stage.session.health_known):
            stage.session._recheck.set()
        assert "按一下 F8 说句话" in texts(guide)
        start = texts(stage.window.conversation)
        assert "按一下 F8 说话" in start
        assert "按住 F8" not in start
        assert "说完自动结束" in start

    play(scene)


def test_the_start_page_says_hands_free_from_the_start(play: Play) -> None:
    def prepare(desk: DeskForTests) -> None:
        desk.microphone.hands_free = True

    async def scene(stage: Stage) -> None:
        assert "按一下 F8 说话" in texts(stage.window.conversation)

    play(scene, prepare=prepare)
