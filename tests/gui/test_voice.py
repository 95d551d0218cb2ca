"""Read-back with Qt's own silent engine: what is said, when, and when not."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QProcess, Qt, Signal
from PySide6.QtTextToSpeech import QTextToSpeech
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.core.model import Call, Check, Severity, Site
from app.core.observation import Observation
from app.core.spoken_words import Saying
from app.desktop import speaker as speaking
from app.desktop import speech_process
from app.desktop.speaker import Speaker, VoiceOptions
from app.desktop.speech_process import Mouth
from app.desktop.voice import MOST_WAITING, MUTE_KEY, MuteButton, Voice
from tests.gui.conftest import Play, Stage
from tests.gui.support import (
    JINAN,
    SPOKEN,
    WHICH_SITE,
    DeskForTests,
    Expect,
    key,
    said,
    seen,
)

SILENT = VoiceOptions(read_back="answers", engine="mock", voice="Kari")
JINAN_SAID = "济南工地, 人数检测: 应到四十七人, 实到三十四人, 有人缺勤"
LONG = Saying(text="word " * 30)
"""The silent engine takes 0.1 s a word, of Latin letters only."""
ALARM = Saying(text="alarm " * 3, severity=Severity.ALARM)
HEAD = Call(JINAN, Check.HEADCOUNT)


def knows(desk: DeskForTests) -> None:
    desk.knows(SPOKEN, {HEAD: seen(expected=47, actual=34)})
    desk.agent.readings["查一下技能"] = WHICH_SITE


Spoken = Callable[[Stage, Voice, list[str]], Awaitable[None]]


@pytest.fixture
def speak(play: Play) -> Callable[..., None]:
    """Play a scene on a desk that reads aloud; every sentence that is said is noted."""

    def start(scene: Spoken, options: VoiceOptions = SILENT) -> None:
        async def whole(stage: Stage) -> None:
            voice = Voice(options, stage.desk.microphone)
            session = stage.session
            voice.attach(session.bridge, session.talk, stage.desk.presence)
            told: list[str] = []
            voice.saying.connect(told.append)
            try:
                if voice.wanted and not voice.muted:
                    async with Expect(voice.changed):
                        pass
                await scene(stage, voice, told)
            finally:
                voice.close()
                voice.deleteLater()
            assert not stage.desk.microphone.hushed

        play(whole, prepare=knows)

    return start


async def quiet(voice: Voice) -> None:
    while voice.speaking:
        async with Expect(voice.speaker.ended):
            pass


def test_the_answer_is_said_while_the_microphone_is_closed(
    speak: Callable[..., None],
) -> None:
    async def scene(stage: Stage, voice: Voice, told: list[str]) -> None:
        hushed: list[bool] = []
        voice.saying.connect(lambda _: hushed.append(stage.desk.microphone.hushed))
        async with Expect(voice.speaker.ended):
            await said(stage.session, SPOKEN)
        assert told == [JINAN_SAID]
        assert hushed == [True]
        await quiet(voice)
        assert not stage.desk.microphone.hushed

    speak(scene)


def test_nothing_is_said_before_the_record_is_durable(
    speak: Callable[..., None],
) -> None:
    async def scene(stage: Stage, voice: Voice, told: list[str]) -> None:
        stage.desk.journal.full = True
        async with Expect(voice.speaker.ended):
            await said(stage.session, SPOKEN)
        assert told == ["磁盘已满, 日志没有写入"]

    speak(scene)


def test_the_talk_key_silences_the_desk_and_then_the_microphone_hears(
    speak: Callable[..., None],
) -> None:
    async def scene(stage: Stage, voice: Voice, told: list[str]) -> None:
        voice.say([LONG, LONG])
        assert stage.desk.microphone.hushed
        # The microphone waits for the silence before it opens.
        stage.desk.microphone.gate = asyncio.Event()
        async with Expect(voice.speaker.stopped):
            stage.session.press_talk()
            assert not voice.speaking
            # The engine may still sound: nobody is to record its tail.
            assert stage.desk.microphone.hushed
        assert not stage.desk.microphone.hushed
        async with Expect(stage.session.bridge.run_started):
            stage.desk.microphone.gate.set()
        # A result of an earlier run must not be spoken into the command.
        voice.say([Saying(text="早先的结论")])
        assert told == [LONG.text]
        async with Expect(voice.saying):
            stage.session.release_talk()
        assert told[1] == "早先的结论"

    speak(scene)


def test_an_engine_that_does_not_answer_a_stop_keeps_nobody_deaf(
    speak: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(stage: Stage, voice: Voice, told: list[str]) -> None:
        monkeypatch.setattr(voice.speaker, "stop", lambda: True)
        voice.say([LONG])
        async with Expect(voice._quiet.timeout):
            voice.silence()
            # A run that ends with nothing to say opens it no earlier.
            voice.say([])
            assert stage.desk.microphone.hushed
        assert not stage.desk.microphone.hushed
        # A new sentence needs the microphone closed until it is over itself.
        voice.say([LONG])
        voice.silence()
        voice.say([LONG])
        voice.speaker.stopped.emit()
        assert not voice._quiet.isActive()
        assert stage.desk.microphone.hushed

    speak(scene)


def test_a_tap_of_the_talk_key_forgets_no_alarm(speak: Callable[..., None]) -> None:
    async def scene(stage: Stage, voice: Voice, told: list[str]) -> None:
        second = Saying(text="告警 二", severity=Severity.ALARM)
        voice.say([ALARM, second, Saying(text="平常")])
        stage.desk.microphone.gate = asyncio.Event()
        async with Expect(voice.speaker.stopped):
            stage.session.press_talk()
            stage.session.release_talk()
            assert not voice.speaking
        async with Expect(voice.saying):
            stage.desk.microphone.gate.set()
        assert told == [ALARM.text, ALARM.text]
        await quiet(voice)
        assert told == [ALARM.text, ALARM.text, "告警 二"]

    speak(scene)


def test_an_alarm_that_a_new_command_broke_off_is_said_with_its_answer(
    speak: Callable[..., None],
) -> None:
    async def scene(stage: Stage, voice: Voice, told: list[str]) -> None:
        voice.say([ALARM, Saying(text="平常")])
        await said(stage.session, SPOKEN)
        await quiet(voice)
        assert told == [ALARM.text, ALARM.text, JINAN_SAID]

    speak(scene)


def test_an_alarm_breaks_in_and_what_it_broke_off_is_said_again(
    speak: Callable[..., None],
) -> None:
    alarm = Saying(text="告警 一", severity=Severity.ALARM)
    later = Saying(text="告警 二", severity=Severity.ALARM)

    async def scene(stage: Stage, voice: Voice, told: list[str]) -> None:
        voice.say([Saying(text="平常 一"), Saying(text="平常 二")])
        voice.say([Saying(text="平常 三"), alarm])
        voice.say([later])
        await quiet(voice)
        assert told == [
            "平常 一", "告警 一", "告警 二", "平常 一", "平常 二", "平常 三",
        ]  # fmt: skip

    speak(scene)


def test_what_waits_is_bounded_and_alarms_stay(speak: Callable[..., None]) -> None:
    async def scene(stage: Stage, voice: Voice, told: list[str]) -> None:
        voice.say([LONG])
        voice.say(
            [Saying(text=f"告警 {n}", severity=Severity.ALARM) for n in range(3)]
            + [Saying(text=f"平常 {n}") for n in range(40)]
        )
        assert len(voice._waiting) <= MOST_WAITING
        waits = [voice._now[1].text if voice._now else "", *told]
        assert "告警 0" in waits
        assert [each.text for each in voice._waiting[:2]] == ["告警 1", "告警 2"]

    speak(scene)


def test_mute_by_key_stops_and_the_button_says_so(speak: Callable[..., None]) -> None:
    async def scene(stage: Stage, voice: Voice, told: list[str]) -> None:
        mute = MuteButton(voice)
        # Not a window of its own.
        assert not mute.isVisible()
        row = stage.window.journal_button.parentWidget()
        assert row is not None
        layout = row.layout()
        assert layout is not None
        layout.addWidget(mute)
        mute.show()
        assert mute.text() == "朗读：开"
        voice.say([LONG, LONG, ALARM])
        async with Expect(voice.speaker.stopped):
            mute.click()
            assert voice.muted
            assert not voice.speaking
        assert voice._waiting == []
        assert not stage.desk.microphone.hushed
        assert mute.text() == "朗读：静音"
        assert mute.key.key().toString() == MUTE_KEY
        await said(stage.session, SPOKEN)
        assert told == [ALARM.text]
        health = voice.health()
        assert health is not None
        assert "静音" in health.detail
        async with Expect(voice.muted_changed):
            mute.click()
        async with Expect(voice.saying):
            await said(stage.session, SPOKEN)
        assert told[-1] == JINAN_SAID

    speak(scene)


def test_a_question_is_said_with_its_candidates_and_its_answer_silences_it(
    speak: Callable[..., None],
) -> None:
    async def scene(stage: Stage, voice: Voice, told: list[str]) -> None:
        async with Expect(voice.saying):
            await said(stage.session, "查一下技能")
        assert told[0].startswith("没有听清地点, 技能, 您要查的是哪一个?")
        assert "第一, 济南工地, 人数检测" in told[0]
        assert "第三, 国网" in told[0]
        assert "二百二十千伏微山湖" in told[0]
        async with Expect(voice.saying):
            key(stage.window, Qt.Key.Key_1, down=True)
        assert told[1] == JINAN_SAID

    speak(scene)


def test_all_also_says_what_was_understood_until_the_answer_comes(
    speak: Callable[..., None],
) -> None:
    async def scene(stage: Stage, voice: Voice, told: list[str]) -> None:
        stage.desk.dispatcher.gate = asyncio.Event()
        async with Expect(voice.saying):
            stage.session.submit_text(SPOKEN)
        assert told == ["济南工地, 人数检测"]
        async with Expect(stage.session.bridge.run_finished):
            stage.desk.dispatcher.gate.set()
        assert told == ["济南工地, 人数检测", JINAN_SAID]
        await quiet(voice)
        await said(stage.session, "拉闸")
        await quiet(voice)
        assert told[-1] == "这里只办理工地巡检查询, 不能控制设备"

    speak(scene, replace(SILENT, read_back="all"))


def test_answers_leave_politeness_and_off_leaves_everything_unsaid(
    speak: Callable[..., None],
) -> None:
    async def polite(stage: Stage, voice: Voice, told: list[str]) -> None:
        await said(stage.session, "拉闸")
        assert told == []

    speak(polite)

    async def off(stage: Stage, voice: Voice, told: list[str]) -> None:
        await said(stage.session, SPOKEN)
        assert told == []
        assert voice.health() is None
        assert voice.speaker.process is None
        assert not MuteButton(voice).isVisible()

    speak(off, replace(SILENT, read_back="off"))


def test_many_findings_are_counted_and_alarms_come_first(
    speak: Callable[..., None],
) -> None:
    async def scene(stage: Stage, voice: Voice, told: list[str]) -> None:
        calls = {
            Call(Site(id=f"m{n}", name=f"第{n}标段"), Check.HEADCOUNT): Observation(
                expected=2, actual=3 if n == 4 else 2
            )
            for n in range(1, 6)
        }
        stage.desk.knows("全部", calls)
        await said(stage.session, "全部")
        await quiet(voice)
        assert told == [
            "共五项: 告警一项, 正常四项",
            "告警, 第四标段, 人数检测: 应到两人, 实到三人, 人数异常, 可能存在非法进入",
        ]

    speak(scene)


def ready(qtbot: QtBot, options: VoiceOptions) -> Speaker:
    made = Speaker(options)
    with qtbot.waitSignal(made.changed, timeout=20_000):
        made.start()
    return made


def test_without_a_chinese_voice_the_reason_and_the_remedy_are_named(
    qtbot: QtBot,
) -> None:
    made = ready(qtbot, replace(SILENT, voice=""))
    health = made.health()
    # Whoever waits for a spoken alarm must see that there will be none.
    assert not health.ok
    assert health.detail == "本机没有中文语音"
    assert "speech-dispatcher" in health.remedy
    assert "voice.read_back" in health.remedy
    assert made.process is None
    with qtbot.waitSignal(made.ended, timeout=5_000) as over:
        number = made.say("两人")
    assert over.args == [number]
    made.close()


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_a_packed_desk_speaks_by_its_console_executable(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # There is no Python beside a packed desk that could run a script.
    console = tmp_path / "griddesk"
    script = f'[ "$1" = --speak ] && shift && exec "{sys.executable}" -I'
    console.write_text(f'#!/bin/sh\n{script} "{speech_process.__file__}" "$@"\n')
    console.chmod(0o755)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "griddesk-desk"))
    made = ready(qtbot, SILENT)
    assert made.process is not None
    assert made.process.program() == str(console)
    assert made.health().ok
    made.close()


class SlowSpeech(QObject):
    """An engine that falls silent only when it is told to by the test."""

    stateChanged = Signal()
    errorOccurred = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._state = QTextToSpeech.State.Ready

    def state(self) -> QTextToSpeech.State:
        return self._state

    def say(self, text: str) -> None:
        self._state = QTextToSpeech.State.Speaking

    def stop(self) -> None:
        pass

    def fall_silent(self) -> None:
        self._state = QTextToSpeech.State.Ready
        self.stateChanged.emit()


def test_a_sentence_that_was_stopped_is_over_when_the_engine_is_silent(
    qapp: QApplication, capsys: pytest.CaptureFixture[str]
) -> None:
    def lines() -> list[dict[str, int]]:
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    speech = SlowSpeech()
    mouth = Mouth(speech)  # type: ignore[arg-type]
    mouth.obey({"say": 1, "text": "两人"})
    assert lines() == [{"began": 1}]
    mouth.obey({"stop": 7})
    assert lines() == []
    speech.fall_silent()
    assert lines() == [{"ended": 1}, {"stopped": 7}]
    mouth.obey({"stop": 8})
    assert lines() == [{"stopped": 8}]


def test_without_an_engine_the_reason_is_named(qtbot: QtBot) -> None:
    made = ready(qtbot, replace(SILENT, engine="nonsense"))
    assert not made.health().ok
    assert "没有可用的语音引擎" in made.health().detail
    made.close()


def test_a_voice_program_that_dies_ends_its_sentence_and_is_named(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = ready(qtbot, SILENT)
    assert made.ready
    process = made.process
    assert process is not None
    with qtbot.waitSignal(made.ended, timeout=10_000):
        made.say(LONG.text)
        process.kill()
    assert "意外退出" in made.health().detail
    # It is left alone for a while, then tried again.
    monkeypatch.setattr(speaking, "REST_S", 0.0)
    with qtbot.waitSignal(made.ended, timeout=20_000):
        made.say("两人")
    assert made.health().ok
    made.close()
    assert made.process is None


def test_an_engine_that_never_ends_a_sentence_is_given_up(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speaking, "LONGEST_S", 0.2)
    monkeypatch.setattr(speaking, "PER_CHARACTER_S", 0.0)
    made = ready(qtbot, replace(SILENT, rate=-1))
    with qtbot.waitSignal(made.ended, timeout=10_000):
        made.say(LONG.text)
    assert "没有反应" in made.health().detail
    assert made.process is None
    made.close()


def test_closing_ends_the_program(qtbot: QtBot) -> None:
    made = ready(qtbot, SILENT)
    process = made.process
    assert process is not None
    made.say(LONG.text)
    made.close()
    assert process.state() is QProcess.ProcessState.NotRunning
