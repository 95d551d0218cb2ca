"""Vosk with two ears: the free one is the witness, the limited one interprets.

Both hear the same blocks in one pass. The free reading says what was spoken in
general; the lexicon reading says which of the desk's own words it was. They are
dispatched on only where they agree (see `readings.agrees`). The limited ear also says
what else it may have been.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.core.cancel import CancelToken
from app.core.errors import (
    LibraryMissingError,
    ModelCorruptError,
    ModelMissingError,
    UserFacingError,
)
from app.core.model import Utterance
from app.core.ports import AudioSource, Health
from app.hearing.ears import Ear, WideEar
from app.hearing.lexicon import Grammar, Lexicon, Vocabulary, read_vocabulary
from app.hearing.listening import listen
from app.hearing.pcm import RATE
from app.hearing.readings import compare, likeliest, other_readings
from app.hearing.silence import nothing_heard
from app.system.plain_path import plain
from app.system.worker import InferenceWorker

if TYPE_CHECKING:
    import vosk

log = logging.getLogger(__name__)

MEASURED_NAMES: Final = 2_000
"""Names and aliases up to which accuracy and time were measured."""

_PART: Final = "语音识别"
_KEY: Final = "recognizer"

_FILES: Final = {
    "am/final.mdl": 1_000_000,
    "conf/mfcc.conf": 10,
    "conf/model.conf": 10,
    "graph/Gr.fst": 1_000_000,
    "graph/HCLr.fst": 1_000_000,
    "graph/disambig_tid.int": 1,
    "graph/phones/word_boundary.int": 100,
    "ivector/final.dubm": 10_000,
    "ivector/final.ie": 100_000,
    "ivector/final.mat": 1_000,
    "ivector/global_cmvn.stats": 100,
    "ivector/online_cmvn.conf": 0,
    "ivector/splice.conf": 1,
}
"""Smallest sizes that a whole model can have.

Vosk does not refuse a model with a missing or cut file: it aborts the process.
"""


class VoskRecognizer:
    """`core.ports.Recognizer` on a Vosk model folder; all work is on the worker."""

    def __init__(
        self, model_dir: Path, worker: InferenceWorker, lexicon: Lexicon | None = None
    ) -> None:
        """Name the model folder; it is loaded with the first use or `warm_up`."""
        self._dir = model_dir
        self._worker = worker
        self._lexicon = lexicon
        # Below: touched on the worker only.
        self._model: vosk.Model | None = None
        self._vocabulary: Vocabulary | None = None
        self._grammar: Grammar | None = None
        self._compiled: Lexicon | None = None

    @property
    def name(self) -> str:
        """Name and version of the model."""
        return self._dir.name

    def set_lexicon(self, lexicon: Lexicon | None) -> None:
        """Listen for these words from the next utterance on."""
        self._lexicon = lexicon

    async def warm_up(self) -> None:
        """Load model and lexicon, so that the first command is quick.

        Raises:
            ModelMissingError, ModelCorruptError, LibraryMissingError.
        """
        await self._worker.run(self._prepare)

    async def health(self) -> Health:
        """Say whether the recogniser can be used; loads it."""
        try:
            grammar = await self._worker.run(self._prepare)
        except UserFacingError as error:
            return Health(
                name=_PART,
                key=_KEY,
                ok=False,
                detail=error.message,
                remedy=error.remedy,
            )
        if grammar is None:
            return Health(name=_PART, key=_KEY, ok=True, detail=f"{self.name}, 无词表")
        detail = f"{self.name}, 词表 {grammar.size} 条"
        names = len(self._lexicon.names) if self._lexicon else 0
        if names > MEASURED_NAMES:
            detail += f" (工地名称 {names} 个, 超过 {MEASURED_NAMES} 个未经测定)"
        if not grammar.unspeakable:
            return Health(name=_PART, key=_KEY, ok=True, detail=detail)
        some = "、".join(grammar.unspeakable[:5])
        return Health(
            name=_PART,
            key=_KEY,
            ok=True,
            detail=f"{detail}, {len(grammar.unspeakable)} 个工地名称无法拼读: {some}",
            remedy="请为这些工地添加一个用常用汉字书写的别名。",
        )

    async def unspeakable(self) -> tuple[str, ...]:
        """Give the names of the lexicon that the limited ear can never hear."""
        grammar = await self._worker.run(self._prepare)
        return grammar.unspeakable if grammar is not None else ()

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
        cancel.raise_if_cancelled()
        grammar = self._prepare()
        cancel.raise_if_cancelled()
        free = Ear(self._kaldi(None))
        limited = None if grammar is None else WideEar(self._kaldi(grammar))

        def hear(block: bytes) -> str:
            free.hear(block)
            if limited is not None:
                limited.hear(block)
            return free.partial()

        listened = listen(audio, hear, tell, cancel)
        start = time.monotonic()
        words = free.finish()
        stretches = limited.finish() if limited is not None else ()
        decode_s = listened.hearing_s + time.monotonic() - start
        if not words:
            raise nothing_heard(listened.peak)
        readings = compare(words, likeliest(stretches), grammar)
        others: tuple[str, ...] = ()
        if grammar is not None:
            others = other_readings(readings.text, stretches, words, grammar)
        return Utterance(
            text=readings.text,
            origin=audio.origin,
            free_text=readings.free,
            lexicon_text=readings.limited,
            agreement=readings.distance,
            agreed=readings.agreed,
            alternatives=others,
            uncertain=readings.uncertain,
            confidence=sum(word.confidence for word in words) / len(words),
            words=words,
            recognizer=self.name,
            audio_s=listened.audio_s,
            audio_sha256=listened.sha256,
            decode_s=decode_s,
            first_partial_ms=listened.first_partial_ms,
            overflows=audio.overflows,
        )

    def _prepare(self) -> Grammar | None:
        """Load what is not loaded yet; give the grammar, None without a lexicon."""
        vocabulary = self._vocabulary
        if vocabulary is None:
            _inspect(self._dir)
            # Vosk needs a second of the one processor, the lexicon of the other.
            with ThreadPoolExecutor(1, thread_name_prefix="vosk") as beside:
                loading = beside.submit(_load, self._dir)
                vocabulary = read_vocabulary(self._dir / "graph" / "Gr.fst")
                self._compile(vocabulary)
                self._model = loading.result()
            self._vocabulary = vocabulary
        self._compile(vocabulary)
        return self._grammar

    def _compile(self, vocabulary: Vocabulary) -> None:
        """Spell the lexicon that is wanted, if that is not done yet."""
        wanted = self._lexicon
        if wanted is self._compiled:
            return
        self._grammar = vocabulary.compile(wanted) if wanted else None
        self._compiled = wanted
        if self._grammar is not None and self._grammar.unspeakable:
            log.info("names without sounds: %s", self._grammar.unspeakable)

    def _kaldi(self, grammar: Grammar | None) -> "vosk.KaldiRecognizer":
        import vosk

        if grammar is None:
            return vosk.KaldiRecognizer(self._model, RATE)
        return vosk.KaldiRecognizer(self._model, RATE, grammar.text)


def _inspect(folder: Path) -> None:
    """Refuse a model that Vosk would abort on."""
    if not folder.is_dir():
        raise ModelMissingError(f"本机没有语音识别模型 {folder.name}")
    for name, smallest in _FILES.items():
        path = folder / name
        if not path.is_file():
            raise ModelMissingError(f"语音识别模型 {folder.name} 缺少文件 {name}")
        if path.stat().st_size < smallest:
            raise ModelCorruptError(f"语音识别模型 {folder.name} 的文件 {name} 不完整")


def _load(folder: Path) -> "vosk.Model":
    try:
        import vosk
    except (ImportError, OSError) as error:
        raise LibraryMissingError(f"语音识别库 vosk 无法加载 ({error})") from error
    vosk.SetLogLevel(-1)
    opened = plain(folder)
    try:
        return vosk.Model(str(opened))
    except Exception as error:
        raise ModelCorruptError(
            f"语音识别模型 {folder.name} 无法加载 ({error})"
        ) from error
