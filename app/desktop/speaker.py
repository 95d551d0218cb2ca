"""The desk's side of the program that speaks: starts it, feeds it, ends it."""

import json
import logging
import os
import sys
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, QProcess, QTimer, Signal, Slot

from app.core.ports import Health
from app.desktop import speech_process

log = logging.getLogger(__name__)

LONGEST_S: Final = 15.0
"""How long a sentence may take besides its characters, before the engine hangs."""
PER_CHARACTER_S: Final = 0.6
"""At the slowest rate, with room to spare."""
START_S: Final = 40.0
"""How long an engine may take to be ready: a speech service starts in 3 to 8 s."""
REST_S: Final = 30.0
"""How long a program that broke is left alone before it is started again."""
END_MS: Final = 2000


class Fault(StrEnum):
    """Why nothing is said."""

    LIBRARY = "library"
    ENGINE = "engine"
    VOICE = "voice"
    SENTENCE = "sentence"
    """The engine refused a sentence; the next one may go."""
    BROKE = "broke"
    HANGS = "hangs"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceOptions:
    """What the settings say about the voice."""

    read_back: str = "off"
    """off, answers or all."""
    muted: bool = False
    rate: float = 0.0
    volume: float = 0.8
    voice: str = ""
    engine: str = ""
    """Qt's name of an engine; empty: the first that has a Chinese voice."""


class Speaker(QObject):
    """Says one sentence at a time; what cannot be said is over at once.

    Signals:
        ended: A sentence is over, said or not; its number.
        stopped: After `stop`, the engine is silent.
        changed: `health` is another.
    """

    ended = Signal(int)
    stopped = Signal()
    changed = Signal()

    def __init__(self, options: VoiceOptions) -> None:
        super().__init__()
        self._options = options
        self._process: QProcess | None = None
        self._voice = ""
        self._lacks = ""
        self._fault: tuple[Fault, str] | None = None
        self._broke_at = 0.0
        self._number = 0
        self._saying = 0
        self._stops = 0
        self._next: tuple[int, str] | None = None
        """What waits until the engine is ready."""
        self._closed = False
        self._guard = QTimer(self)
        self._guard.setSingleShot(True)
        self._guard.timeout.connect(self._hangs)

    @property
    def ready(self) -> bool:
        """Whether there is a voice."""
        return bool(self._voice)

    @property
    def process(self) -> QProcess | None:
        """The program that speaks; None while there is none."""
        return self._process

    @Slot()
    def start(self) -> None:
        """Start the program; `changed` tells when it is ready, or why it is not."""
        if self._process is not None or self._closed:
            return
        chosen = self._options
        process = QProcess(self)
        program, *script = _program()
        process.setProgram(program)
        process.setArguments(
            [
                *script,
                f"--engine={chosen.engine}",
                f"--voice={chosen.voice}",
                f"--rate={chosen.rate}",
                f"--volume={chosen.volume}",
            ]
        )
        process.readyReadStandardOutput.connect(self._read)
        process.readyReadStandardError.connect(self._log)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._not_started)
        self._process = process
        self._guard.start(round(START_S * 1000))
        process.start()

    def say(self, text: str) -> int:
        """Say a sentence, instead of the one that is being said; give its number."""
        self._number += 1
        number, self._saying = self._number, self._number
        rested = time.monotonic() - self._broke_at > REST_S
        if self._process is None and (self._fault is None or rested):
            self.start()
        if self._process is None:
            # From the loop: whoever says must know the number first. A start that
            # failed at once has ended the sentence before anybody knew of it.
            self._saying = number
            QTimer.singleShot(0, self, lambda: self._over(number))
        elif self._voice:
            self._send(number, text)
        else:
            self._next = (number, text)
        return number

    def stop(self) -> bool:
        """Be silent at once; the sentence is over without a signal.

        Returns:
            Whether `stopped` is to come: until then the sentence may still be heard.
        """
        self._saying, self._next = 0, None
        if not self._voice:
            return False
        self._guard.stop()
        self._stops += 1
        self._tell(stop=self._stops)
        return True

    def close(self) -> None:
        """End the program; no sentence is said any more."""
        self._closed = True
        self._guard.stop()
        self._saying, self._next = 0, None
        process, self._process, self._voice = self._process, None, ""
        if process is None:
            return
        process.blockSignals(True)
        # It ends with its input; one that hangs is killed, it holds nothing.
        process.closeWriteChannel()
        if not process.waitForFinished(END_MS):
            process.kill()
            process.waitForFinished(END_MS)
        process.deleteLater()

    def health(self) -> Health:
        """Say what speaks, or why nothing does."""
        name = self.tr("朗读")
        if self._fault is not None:
            detail, remedy = self._explained(*self._fault)
            # Whoever waits for a spoken alarm must see that there will be none.
            return Health(
                key="voice", name=name, ok=False, detail=detail, remedy=remedy
            )
        if not self._voice:
            return Health(
                key="voice", name=name, ok=True, detail=self.tr("正在准备语音")
            )
        if self._lacks:
            return Health(
                key="voice",
                name=name,
                ok=False,
                detail=self.tr("没有设置的语音「{lacks}」，改用「{voice}」").format(
                    lacks=self._lacks, voice=self._voice
                ),
                remedy=self.tr("请改正设置项 voice.voice，或安装这个语音。"),
            )
        return Health(key="voice", name=name, ok=True, detail=self._voice)

    def _explained(self, fault: Fault, why: str) -> tuple[str, str]:
        """Give cause and remedy of a fault; all else on the desk goes on."""
        off = self.tr("不需要朗读时，把设置项 voice.read_back 设为 off。")
        cause, remedy = {
            Fault.LIBRARY: (
                self.tr("朗读组件无法加载"),
                self.tr(
                    "请安装 PySide6-Addons；Linux 上还需要 libpulse0。安装后重新启动。"
                ),
            ),
            Fault.ENGINE: (
                self.tr("没有可用的语音引擎"),
                self.tr("Linux 请安装并启动 speech-dispatcher，再重新启动本程序。"),
            ),
            Fault.VOICE: (
                self.tr("本机没有中文语音"),
                self.tr(
                    "Windows 请在「时间和语言 → 语音」里添加中文语音；"
                    "Linux 请为 speech-dispatcher 安装中文语音"
                    "（espeak 的普通话听不懂，不自动选用）。"
                ),
            ),
            Fault.SENTENCE: (
                self.tr("语音引擎报错，上一句没有读出"),
                self.tr("请检查扬声器是否被占用；下一句会再试。"),
            ),
            Fault.BROKE: (
                self.tr("朗读程序意外退出"),
                self.tr("稍后朗读时会自动重新启动；若再次出现，请换一个语音。"),
            ),
            Fault.HANGS: (
                self.tr("语音引擎没有反应"),
                self.tr("请检查扬声器和声音服务；稍后朗读时会再试。"),
            ),
        }[fault]
        detail = self.tr("{cause}（{why}）").format(cause=cause, why=why)
        return detail if why else cause, f"{remedy}{off}"

    def _send(self, number: int, text: str) -> None:
        slack = LONGEST_S + PER_CHARACTER_S * len(text)
        self._guard.start(round(slack * 1000))
        self._tell(say=number, text=text)

    def _tell(self, **line: object) -> None:
        if self._process is not None:
            self._process.write(json.dumps(line).encode() + b"\n")

    @Slot()
    def _read(self) -> None:
        while self._process is not None and self._process.canReadLine():
            line = bytes(self._process.readLine().data())
            try:
                self._take(json.loads(line))
            except (ValueError, KeyError, TypeError):
                log.info("the voice says %r", line)

    def _take(self, line: dict[str, Any]) -> None:
        """Take in what the program says."""
        if "ready" in line:
            self._guard.stop()
            self._voice, self._lacks = str(line["ready"]), str(line["lacks"])
            self._set_fault(None)
            log.info("voice %s of %s", self._voice, line["engine"])
            waiting, self._next = self._next, None
            if waiting is not None:
                self._send(*waiting)
        elif "ended" in line:
            if line["ended"] == self._saying and self._fault is not None:
                self._set_fault(None)
            self._over(int(line["ended"]))
        elif "stopped" in line:
            # One that is followed by a sentence and a later stop says nothing.
            if line["stopped"] == self._stops:
                self.stopped.emit()
        elif "failed" in line:
            self._set_fault((Fault.SENTENCE, str(line["why"])))
            self._over(int(line["failed"]))
        elif "fault" in line:
            self._give_up(Fault(line["fault"]), str(line["why"]))

    def _over(self, number: int) -> None:
        """End the sentence, unless another one has taken its place."""
        if number == self._saying:
            self._saying = 0
            self._guard.stop()
            self.ended.emit(number)

    def _give_up(self, fault: Fault, why: str) -> None:
        """Let the program go; what waits is over."""
        process, self._process = self._process, None
        self._voice, self._next = "", None
        self._guard.stop()
        self._broke_at = time.monotonic()
        if process is not None:
            process.blockSignals(True)
            process.kill()
            process.waitForFinished(END_MS)
            process.deleteLater()
        log.info("no voice: %s %s", fault, why)
        self._set_fault((fault, why))
        self._over(self._saying)

    def _set_fault(self, fault: tuple[Fault, str] | None) -> None:
        self._fault = fault
        self.changed.emit()

    @Slot()
    def _hangs(self) -> None:
        self._give_up(Fault.HANGS, "")

    @Slot()
    def _finished(self) -> None:
        self._read()
        if self._process is not None:
            self._give_up(Fault.BROKE, str(self._process.exitCode()))

    @Slot()
    def _not_started(self) -> None:
        if self._process is None:
            return
        if self._process.error() is QProcess.ProcessError.FailedToStart:
            self._give_up(Fault.BROKE, self._process.errorString())

    @Slot()
    def _log(self) -> None:
        if self._process is not None:
            said = bytes(self._process.readAllStandardError().data())
            log.debug("voice: %s", said.decode("utf-8", "replace").rstrip(os.linesep))


def _program() -> tuple[str, ...]:
    """Give what starts the program that speaks, before its options."""
    if getattr(sys, "frozen", False):
        # A bundle has no Python to run a script with: its console executable, which
        # lies beside the windowed one, is started as another program.
        console = "griddesk.exe" if sys.platform == "win32" else "griddesk"
        return str(Path(sys.executable).with_name(console)), speech_process.AS_PROGRAM
    # Not as a module: it needs Qt and nothing of the desk.
    return sys.executable, "-I", str(Path(speech_process.__file__))
