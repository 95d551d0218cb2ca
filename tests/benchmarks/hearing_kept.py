"""What Kaldi's decoders gave, kept in a file: ears can be compared again without them.

Decoding takes nearly all the time of a bench, and what is worked on is mostly what
becomes of its results. So it is the decoders that are kept, not the utterances: every
call of a decoder with its answer. A decoder that is asked the same of the same audio,
with the same words and settings, answers from the file. At the first other call it
decodes for real, so that whatever is measured is what today's ears would have heard.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32


@dataclass(frozen=True, slots=True, kw_only=True)
class EarTime:
    """How long one decoder worked on one recording, whenever that was.

    Seconds of the processor: what else the machine does meanwhile does not count.
    """

    limited: bool
    """Whether it had a lexicon."""
    seconds: float


class Kept:
    """Decoders that remember."""

    def __init__(self, file: Path | None, model: str) -> None:
        """Read `file` if it is there; None remembers for this run only."""
        self._file, self._model = file, model
        self._told: dict[str, dict[str, Any]] = {}
        self._audio = ""
        self.ears: list[EarTime] = []
        """The decoders of the recording that is listened to."""
        self.decoded = 0
        """Recordings times ears that were not in the file."""
        if file is not None and file.exists():
            for line in file.read_text(encoding="utf-8").splitlines():
                # A run that was ended may have left half a line.
                with suppress(ValueError):
                    item = json.loads(line)
                    self._told[item["key"]] = item

    def listen_to(self, pcm: bytes) -> None:
        """Say which audio the next decoders are for."""
        self._audio = hashlib.sha256(pcm).hexdigest()
        self.ears = []

    @contextmanager
    def decoders(self) -> Iterator[None]:
        """Let every decoder that is made meanwhile remember."""
        import vosk

        real = vosk.KaldiRecognizer

        def make(model: object, rate: float, *words: str) -> "_Decoder":
            return _Decoder(self, lambda: real(model, rate, *words), words)

        vosk.KaldiRecognizer = make
        try:
            yield
        finally:
            vosk.KaldiRecognizer = real

    def told(self, words: tuple[str, ...], settings: list[Any]) -> tuple[str, list]:
        """Give the key of a decoder, and the answers it gave before."""
        known = json.dumps([self._model, self._audio, words, settings])
        key = hashlib.sha256(known.encode()).hexdigest()
        return key, self._told.get(key, {}).get("calls", [])

    def ended(self, key: str, decoder: "_Decoder") -> None:
        """Count a decoder that has finished, and keep what it told."""
        if decoder.real is None:
            seconds = self._told[key]["seconds"]
        else:
            self.decoded += 1
            seconds = decoder.seconds
            item = {"key": key, "seconds": round(seconds, 4), "calls": decoder.calls}
            self._told[key] = item
            if self._file is not None:
                with self._file.open("a", encoding="utf-8") as lines:
                    lines.write(json.dumps(item, ensure_ascii=False) + "\n")
        self.ears.append(EarTime(limited=bool(decoder.words), seconds=seconds))


class _Decoder:
    """One `vosk.KaldiRecognizer`, made only when its answers are not known."""

    def __init__(
        self, kept: Kept, make: Callable[[], Any], words: tuple[str, ...]
    ) -> None:
        self._kept, self._make, self.words = kept, make, words
        self.settings: list[tuple[Any, ...]] = []
        self.calls: list[list[Any]] = []
        self.seconds = 0.0
        self.real: Any = None
        self._blocks: list[bytes] = []
        self._key, self._told = "", []

    def __getattr__(self, name: str) -> Callable[..., None]:
        if not name.startswith("Set"):
            raise AttributeError(name)

        def setting(*values: object) -> None:
            if self.calls:
                raise RuntimeError("a decoder is set up before it hears")
            self.settings.append((name, *values))

        return setting

    def AcceptWaveform(self, block: bytes) -> bool:
        self._blocks.append(block)
        return bool(self._call(crc32(block)))

    def Result(self) -> str:
        return str(self._call("Result"))

    def PartialResult(self) -> str:
        return str(self._call("PartialResult"))

    def FinalResult(self) -> str:
        answer = str(self._call("FinalResult"))
        self._kept.ended(self._key, self)
        return answer

    def _call(self, what: int | str) -> Any:
        """Answer from what is known; from the first other call on, decode."""
        at = len(self.calls)
        if at == 0:
            self._key, self._told = self._kept.told(self.words, self.settings)
        if self.real is None and at < len(self._told) and self._told[at][0] == what:
            self.calls.append(self._told[at])
            return self._told[at][1]
        if self.real is None:
            self.real = self._make()
            for name, *values in self.settings:
                getattr(self.real, name)(*values)
            # It has to hear what was answered for it so far.
            before, self.calls = self.calls, []
            heard = iter(self._blocks)
            for call, _ in before:
                self._decode(call, next(heard) if isinstance(call, int) else None)
        block = self._blocks[-1] if isinstance(what, int) else None
        return self._decode(what, block)

    def _decode(self, what: int | str, block: bytes | None) -> Any:
        began = time.thread_time()
        if block is not None:
            answer = int(self.real.AcceptWaveform(block))
        else:
            # One line instead of Kaldi's many.
            answer = json.dumps(
                json.loads(getattr(self.real, str(what))()), ensure_ascii=False
            )
        self.seconds += time.thread_time() - began
        self.calls.append([what, answer])
        return answer
