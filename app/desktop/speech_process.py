"""The program that speaks, beside the desk: Qt's text-to-speech, told by lines of JSON.

To connect with a speech service takes seconds, in which Qt holds Python's lock, and a
vendor's engine may hang or crash. None of that may stop the window, so the engine has
a process of its own. It is run as a script (see `speaker`) and imports nothing of the
desk. It ends with its standard input.

Lines in: `{"say": 3, "text": "…"}`, `{"stop": 2}`. Lines out: `{"ready": "name of the
voice", "engine": "…", "lacks": "voice asked for that is not there"}`,
`{"began": 3}`, `{"ended": 3}`, `{"failed": 3, "why": "…"}`, `{"stopped": 2}` when the
engine is silent, and instead of ready
`{"fault": "library" | "engine" | "voice", "why": "…"}`.
"""

import argparse
import json
import re
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QCoreApplication, QLocale, QObject, Qt, QTimer, Signal, Slot

if TYPE_CHECKING:
    from PySide6.QtTextToSpeech import QTextToSpeech, QVoice

AS_PROGRAM: Final = "--speak"
"""The first argument that makes this program of a bundle's executable."""
MOCK: Final = "mock"
"""Qt's engine for tests: it is silent, so it is used only by name."""
STOP_MS: Final = 1500
"""How long an engine may take to fall silent before the next sentence goes ahead."""
_MANDARIN: Final = re.compile(
    r"mandarin|chinese|cmn|\bzh\b|中文|普通话|国语|汉语", re.I
)
_ROBOT: Final = re.compile("latin as", re.I)
"""espeak's Mandarin, which nobody understands: it is used only by name."""
_OTHER_CHINESE: Final = re.compile(r"cantonese|hakka|\byue\b|\bhak\b|粤|客家|闽", re.I)


def tell(**line: object) -> None:
    """Write one line to the desk."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


class NoSpeechError(Exception):
    """There is nothing to speak with; the first argument is the kind of fault."""


class Mouth(QObject):
    """Says one sentence at a time; a new one silences the last."""

    def __init__(self, speech: "QTextToSpeech") -> None:
        super().__init__()
        self._speech = speech
        self._number = 0
        """The sentence that is being said; 0: none."""
        self._broken_off = 0
        """The sentence that was stopped and may still sound; 0: none."""
        self._stop_number = 0
        """The stop that the desk wants to be told of; 0: none."""
        self._waiting: tuple[int, str] | None = None
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(STOP_MS)
        self._late.timeout.connect(self._begin)
        speech.stateChanged.connect(self._changed)
        speech.errorOccurred.connect(self._failed)

    @Slot(dict)
    def obey(self, line: dict[str, Any]) -> None:
        """Do what a line says."""
        if "say" in line:
            self._stop()
            self._waiting = (int(line["say"]), str(line["text"]))
            if self._quiet():
                self._begin()
            else:
                self._late.start()
        elif "stop" in line:
            self._waiting = None
            self._stop_number = int(line["stop"])
            self._stop()
            if self._quiet():
                self._fell_silent()

    def _quiet(self) -> bool:
        state = self._speech.state()
        return state in (type(state).Ready, type(state).Error)

    def _stop(self) -> None:
        if (number := self._number) or not self._quiet():
            self._number, self._broken_off = 0, number or self._broken_off
            self._speech.stop()
            # An engine may take its time: it is over when it says so.
            if self._quiet():
                self._fell_silent()

    def _fell_silent(self) -> None:
        """Tell that what was stopped is not heard any more."""
        if self._broken_off:
            number, self._broken_off = self._broken_off, 0
            tell(ended=number)
        if self._stop_number:
            number, self._stop_number = self._stop_number, 0
            tell(stopped=number)

    @Slot()
    def _begin(self) -> None:
        self._late.stop()
        if self._waiting is None:
            return
        (self._number, text), self._waiting = self._waiting, None
        tell(began=self._number)
        self._speech.say(text)

    @Slot()
    def _changed(self) -> None:
        if not self._quiet():
            return
        self._fell_silent()
        if self._waiting is not None:
            # What was stopped has fallen silent only now.
            self._begin()
        elif self._number:
            number, self._number = self._number, 0
            tell(ended=number)

    @Slot()
    def _failed(self) -> None:
        number, self._number = self._number, 0
        tell(failed=number, why=self._speech.errorString())


class Lines(QObject):
    """Reads lines on a thread of its own: a pipe has no events on every system."""

    came = Signal(dict)
    closed = Signal()

    def read(self) -> None:
        """Read until the desk closes its end."""
        for line in sys.stdin:
            self.came.emit(json.loads(line))
        self.closed.emit()


def choose(engine: str, wanted: str) -> "tuple[QTextToSpeech, QVoice, str]":
    """Give an engine, its voice, and the voice that was wanted and is not there.

    Raises:
        NoSpeechError: There is no library, no engine, or no Chinese voice.
    """
    try:
        from PySide6.QtTextToSpeech import QTextToSpeech
    except ImportError as error:
        raise NoSpeechError("library", str(error)) from error
    engines = [name for name in QTextToSpeech.availableEngines() if name != MOCK]
    why, found, chinese = "", None, True
    for name in [engine] if engine else engines:
        speech = QTextToSpeech(name)
        if speech.state() is QTextToSpeech.State.Error:
            why = f"{name}: {speech.errorString()}"
            continue
        named = next((v for v in _voices(speech) if v.name() == wanted), None)
        voice = named or next(iter(_chinese(speech)), None)
        if named is not None:
            return speech, named, ""
        if voice is not None and found is None:
            found = speech, voice, wanted
        chinese = False
    if found is not None:
        return found
    # There is an engine, but none that speaks Chinese.
    raise NoSpeechError(*(("engine", why) if chinese else ("voice", "")))


def _voices(speech: "QTextToSpeech") -> "Iterator[QVoice]":
    """Give every voice; the engine is left at the locale of the one taken."""
    yield from speech.availableVoices()
    for locale in speech.availableLocales():
        speech.setLocale(locale)
        yield from speech.availableVoices()


def _chinese(speech: "QTextToSpeech") -> "list[QVoice]":
    """Give the voices that speak Mandarin, the mainland's first.

    A voice of Hong Kong speaks Cantonese. Where a system does not know the language's
    code (`cmn`), the voice's name tells.
    """
    places = QLocale.Country
    ranked: list[tuple[int, int, QVoice]] = []
    for order, voice in enumerate(_voices(speech)):
        locale = voice.locale()
        if locale.language() == QLocale.Language.Chinese:
            rank = {places.China: 0, places.HongKong: 9, places.Macau: 9}.get(
                locale.territory(), 1
            )
        elif locale.language() == QLocale.Language.C:
            rank = 2 if _MANDARIN.search(voice.name()) else 9
        else:
            continue
        name = voice.name()
        if rank < 9 and not (_OTHER_CHINESE.search(name) or _ROBOT.search(name)):
            ranked.append((rank, order, voice))
    return [voice for _, _, voice in sorted(ranked, key=lambda each: each[:2])]


def main(arguments: list[str]) -> int:
    """Speak until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--engine", default="")
    parser.add_argument("--voice", default="")
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--volume", type=float, default=1.0)
    wanted = parser.parse_args(arguments)
    app = QCoreApplication(["griddesk-voice"])
    try:
        speech, voice, lacks = choose(wanted.engine, wanted.voice)
    except NoSpeechError as error:
        kind, why = error.args
        tell(fault=kind, why=why)
        return 0
    # A voice is taken only while its locale is the engine's.
    speech.setLocale(voice.locale())
    speech.setVoice(voice)
    speech.setRate(wanted.rate)
    speech.setVolume(wanted.volume)
    mouth, lines = Mouth(speech), Lines()
    queued = Qt.ConnectionType.QueuedConnection
    lines.came.connect(mouth.obey, queued)
    lines.closed.connect(app.quit, queued)
    tell(ready=voice.name(), engine=speech.engine(), lacks=lacks)
    # A daemon: the desk may be gone without closing the pipe.
    threading.Thread(target=lines.read, daemon=True).start()
    app.exec()
    speech.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
