"""Words that were changed by hand name the run that they came from."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.core.model import Call, Check, RunRecord
from app.desktop.card import RunCard
from app.desktop.speaker import VoiceOptions
from app.desktop.voice import Voice
from tests.gui.conftest import Play, Stage
from tests.gui.support import JINAN, SPOKEN, DeskForTests, Expect, compose, said, seen

MORE = f"{SPOKEN}啊"


def knows(desk: DeskForTests) -> None:
    answers = {Call(JINAN, Check.HEADCOUNT): seen(expected=9, actual=9)}
    desk.knows(SPOKEN, answers)
    desk.knows(MORE, answers)
    desk.knows("别的", answers)


async def edited(stage: Stage) -> RunCard:
    """Say something and take its words into the box."""
    await said(stage.session, SPOKEN)
    card = stage.window.conversation.cards[-1]
    card._edit.click()
    return card


async def sent(stage: Stage) -> RunRecord:
    async with Expect(stage.session.bridge.run_finished) as ended:
        QTest.keyClick(stage.window.bar.text, Qt.Key.Key_Return)
    record: RunRecord = ended.args[0].record
    return record


def test_changed_words_name_the_run_whose_words_they_were(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        card = await edited(stage)
        compose(stage.window.bar.text, "啊")
        assert (await sent(stage)).edits_run == card.run_id
        # Once: what is typed next is nobody's words.
        compose(stage.window.bar.text, "别的")
        assert (await sent(stage)).edits_run == ""

    play(scene, prepare=knows)


def test_words_that_were_not_changed_name_no_run(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await edited(stage)
        assert (await sent(stage)).edits_run == ""

    play(scene, prepare=knows)


def test_a_box_that_was_emptied_or_filled_otherwise_forgets_the_run(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        box = stage.window.bar.text
        await edited(stage)
        box.selectAll()
        QTest.keyClick(box, Qt.Key.Key_Backspace)
        compose(box, MORE)
        assert (await sent(stage)).edits_run == ""
        await edited(stage)
        stage.window.conversation.example_wanted.emit("别")
        compose(box, "的")
        assert (await sent(stage)).edits_run == ""

    play(scene, prepare=knows)


def test_words_that_could_not_be_sent_keep_their_run(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        card = await edited(stage)
        compose(stage.window.bar.text, "啊")
        stage.session._closed = True
        QTest.keyClick(stage.window.bar.text, Qt.Key.Key_Return)
        stage.session._closed = False
        assert stage.window.bar.text.text() == MORE
        assert (await sent(stage)).edits_run == card.run_id

    play(scene, prepare=knows)


def test_a_record_says_whether_its_answer_was_to_be_read_aloud(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        session, bridge = stage.session, stage.session.bridge
        call = Call(JINAN, Check.HEADCOUNT)

        async def recorded() -> list[str]:
            told: list[str] = []
            for begin in (
                lambda: session.submit_text(SPOKEN),
                lambda: session.ask((call,), "济南"),
            ):
                async with Expect(bridge.run_finished) as ended:
                    begin()
                told.append(ended.args[0].record.read_aloud)
            return told

        assert await recorded() == ["", ""]
        for options, expected in (
            (VoiceOptions(read_back="off"), "off"),
            (VoiceOptions(read_back="all", muted=True), "muted"),
        ):
            voice = Voice(options, stage.desk.microphone)
            voice.setParent(stage.window)
            session.read_aloud = voice.reads_aloud
            assert await recorded() == [expected, expected]
        voice._muted = False
        assert await recorded() == ["on", "on"]

    play(scene, prepare=knows)
