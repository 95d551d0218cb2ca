"""sherpa-onnx: a second recogniser, with one ear and models of the installer's choice.

It has no lexicon, so nothing bears out what it heard: an utterance of it has no
`agreement` and no other hearings, and the desk reads its text as the only one.
"""

import asyncio
import functools
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from app.core.cancel import CancelToken
from app.core.errors import LibraryMissingError, ModelCorruptError, UserFacingError
from app.core.model import Utterance
from app.core.ports import AudioSource, Health
from app.hearing.listening import listen
from app.hearing.pcm import RATE
from app.hearing.sherpa_files import Kind, SherpaFiles, inspect
from app.hearing.silence import SILENCE_PEAK, nothing_heard
from app.hearing.transcript import join_words
from app.system.worker import InferenceWorker

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

_PART: Final = "语音识别"
_KEY: Final = "recognizer"
_FULL_SCALE: Final = 32768
_MOST_THREADS: Final = 4

_TAIL_S: Final = 1.0
"""Silence after the end: a streaming model looks ahead, or keeps the last word."""
_SHORTEST_S: Final = 0.2
"""Less does not fill a frame, and sense-voice reads past its end."""
_FIRST_PARTIAL_S: Final = 0.5
_MORE: Final = 1.25
"""How much longer a recording is at its next partial, where each hears all of it again:
so the partials together cost no more than some five times the recording."""


class _Ear(Protocol):
    """One recording's way through a model."""

    def hear(self, samples: "NDArray[np.float32]") -> str:
        """Take the next samples; give the text so far."""
        ...

    def finish(self) -> str:
        """Give the whole text."""
        ...


class SherpaRecognizer:
    """`core.ports.Recognizer` on a model folder; all work is on the worker."""

    def __init__(self, model_dir: Path, worker: InferenceWorker) -> None:
        """Name the model folder; it is loaded with the first use or `warm_up`."""
        self._dir = model_dir
        self._worker = worker
        # Below: touched on the worker only.
        self._listen_anew: Callable[[], _Ear] | None = None

    @property
    def name(self) -> str:
        """Name and version of the model."""
        return self._dir.name

    async def warm_up(self) -> None:
        """Load the model, so that the first command is quick.

        Raises:
            ModelMissingError, ModelCorruptError, LibraryMissingError.
        """
        await self._worker.run(self._prepare)

    async def health(self) -> Health:
        """Say whether the recogniser can be used; loads it."""
        try:
            await self._worker.run(self._prepare)
        except UserFacingError as error:
            return Health(
                name=_PART,
                key=_KEY,
                ok=False,
                detail=error.message,
                remedy=error.remedy,
            )
        return Health(name=_PART, key=_KEY, ok=True, detail=f"{self.name}, 无词表")

    async def unspeakable(self) -> tuple[str, ...]:
        """Give nothing: it has no lexicon that a name could be missing from."""
        return ()

    async def recognize(
        self,
        audio: AudioSource,
        *,
        on_partial: Callable[[str], None],
        cancel: CancelToken,
    ) -> Utterance:
        """Listen until the audio ends; see `core.ports.Recognizer`."""
        loop = asyncio.get_running_loop()

        def tell(text: str) -> None:
            loop.call_soon_threadsafe(on_partial, text)

        return await self._worker.run(lambda: self._listen(audio, tell, cancel))

    def _listen(
        self, audio: AudioSource, tell: Callable[[str], None], cancel: CancelToken
    ) -> Utterance:
        import numpy as np

        cancel.raise_if_cancelled()
        ear = self._prepare()()
        cancel.raise_if_cancelled()

        def hear(block: bytes) -> str:
            wave = np.frombuffer(block, dtype="<i2").astype(np.float32)
            wave /= _FULL_SCALE
            return self._decoded(functools.partial(ear.hear, wave))

        listened = listen(audio, hear, tell, cancel)
        start = time.monotonic()
        text = self._decoded(ear.finish)
        decode_s = listened.hearing_s + time.monotonic() - start
        # Such models make up words where there was no sound at all.
        if not text or listened.peak < SILENCE_PEAK:
            raise nothing_heard(listened.peak)
        return Utterance(
            text=text,
            origin=audio.origin,
            free_text=text,
            recognizer=self.name,
            audio_s=listened.audio_s,
            audio_sha256=listened.sha256,
            decode_s=decode_s,
            first_partial_ms=listened.first_partial_ms,
            overflows=audio.overflows,
        )

    def _prepare(self) -> Callable[[], _Ear]:
        """Load what is not loaded yet; give what makes an ear for a recording."""
        if self._listen_anew is None:
            self._listen_anew = _load(inspect(self._dir), self._dir.name)
        return self._listen_anew

    def _decoded(self, work: Callable[[], str]) -> str:
        """Let the model work; one whose parts do not fit shows it only here."""
        try:
            return join_words([work()])
        except (RuntimeError, IndexError, ValueError) as error:
            raise ModelCorruptError(
                f"语音识别模型 {self.name} 无法使用 ({_first_line(error)})"
            ) from error


class _StreamingEar:
    """Decodes what comes, as it comes."""

    def __init__(self, recognizer: Any) -> None:
        self._recognizer = recognizer
        self._stream = recognizer.create_stream()

    def hear(self, samples: "NDArray[np.float32]") -> str:
        self._stream.accept_waveform(RATE, samples)
        while self._recognizer.is_ready(self._stream):
            self._recognizer.decode_stream(self._stream)
        return str(self._recognizer.get_result(self._stream))

    def finish(self) -> str:
        import numpy as np

        self._stream.accept_waveform(RATE, np.zeros(int(_TAIL_S * RATE), np.float32))
        self._stream.input_finished()
        return self.hear(np.zeros(0, np.float32))


class _WholeEar:
    """Decodes everything from its beginning, ever more rarely."""

    def __init__(self, recognizer: Any) -> None:
        self._recognizer = recognizer
        self._heard: list[NDArray[np.float32]] = []
        self._samples = 0
        self._next = _FIRST_PARTIAL_S * RATE
        self._text = ""

    def hear(self, samples: "NDArray[np.float32]") -> str:
        self._heard.append(samples)
        self._samples += len(samples)
        if self._samples >= self._next:
            self._next = self._samples * _MORE
            self._text = self.finish()
        return self._text

    def finish(self) -> str:
        import numpy as np

        short = max(0, int(_SHORTEST_S * RATE) - self._samples)
        tail = np.zeros(short, np.float32)
        stream = self._recognizer.create_stream()
        stream.accept_waveform(RATE, np.concatenate([*self._heard, tail]))
        self._recognizer.decode_stream(stream)
        return str(stream.result.text).strip()


def _load(files: SherpaFiles, name: str) -> Callable[[], _Ear]:
    try:
        import sherpa_onnx
    except (ImportError, OSError) as error:
        raise LibraryMissingError(
            f"语音识别库 sherpa-onnx 无法加载 ({error})",
            "请安装可选组件 griddesk[sherpa], 或在设置 recogniser.model 中换用模型。",
        ) from error
    threads = min(_MOST_THREADS, max(1, (os.cpu_count() or 2) - 1))
    tokens, *networks = map(str, (files.tokens, *files.networks))
    online, offline = sherpa_onnx.OnlineRecognizer, sherpa_onnx.OfflineRecognizer
    try:
        match files.kind:
            case Kind.ZIPFORMER:
                streaming = online.from_transducer(
                    tokens, *networks, num_threads=threads
                )
                return lambda: _StreamingEar(streaming)
            case Kind.PARAFORMER:
                streaming = online.from_paraformer(
                    tokens, *networks, num_threads=threads
                )
                return lambda: _StreamingEar(streaming)
            case Kind.SENSE_VOICE:
                whole = offline.from_sense_voice(
                    networks[0], tokens, num_threads=threads, language="zh"
                )
                return lambda: _WholeEar(whole)
    except RuntimeError as error:
        raise ModelCorruptError(
            f"语音识别模型 {name} 无法加载 ({_first_line(error)})"
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
