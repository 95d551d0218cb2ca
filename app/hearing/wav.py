"""Audio from a file: any WAV or FLAC, brought to 16 kHz mono."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.core.cancel import CancelToken
from app.core.errors import (
    AudioEmptyError,
    AudioFormatError,
    AudioTooLongError,
    LibraryMissingError,
)
from app.core.model import Origin
from app.hearing.pcm import BLOCK, LONGEST_S, Converter

if TYPE_CHECKING:
    import soundfile

_BLOCK_BYTES: Final = 2 * BLOCK
_LOWEST_RATE: Final = 2_000
_HIGHEST_RATE: Final = 768_000


class FileSource:
    """`core.ports.AudioSource` on a sound file; nothing is opened before `blocks`."""

    origin = Origin.FILE

    def __init__(self, path: Path) -> None:
        """Name the file."""
        self.path: Final = path

    @property
    def overflows(self) -> int:
        """Nothing is lost: a file waits."""
        return 0

    def blocks(self, cancel: CancelToken) -> Iterator[bytes]:
        """Yield blocks of 100 ms, the last one shorter.

        Raises:
            AudioFormatError: Missing, unreadable, or not audio.
            AudioEmptyError: No samples.
            AudioTooLongError: More than `LONGEST_S`, told from the header.
            Cancelled: The token was set.
        """
        name = self.path.name
        if self.path.is_dir():
            raise AudioFormatError(f"{name} 是文件夹, 不是录音文件")
        if not self.path.exists():
            raise AudioFormatError(
                f"找不到录音文件 {self.path}", "请核对文件名和所在文件夹。"
            )
        if not self.path.is_file():
            raise AudioFormatError(f"{name} 不是普通文件")
        try:
            import soundfile
        except OSError as error:
            raise LibraryMissingError(
                f"缺少读取录音文件的库 libsndfile ({error})"
            ) from error
        try:
            with self.path.open("rb") as raw, soundfile.SoundFile(raw) as file:
                yield from self._read(file, cancel)
        except PermissionError as error:
            raise AudioFormatError(
                f"没有权限读取录音文件 {name}", "请检查文件权限后再试。"
            ) from error
        except (OSError, soundfile.LibsndfileError) as error:
            detail = getattr(error, "error_string", None) or str(error)
            raise AudioFormatError(
                f"录音文件 {name} 无法读取, 不是完整的 WAV 或 FLAC 录音 ({detail})"
            ) from error

    def _read(
        self, file: "soundfile.SoundFile", cancel: CancelToken
    ) -> Iterator[bytes]:
        name, rate = self.path.name, file.samplerate
        if not _LOWEST_RATE <= rate <= _HIGHEST_RATE:
            raise AudioFormatError(f"录音文件 {name} 的采样率 {rate} Hz 无法使用")
        if file.frames == 0:
            raise AudioEmptyError(
                f"录音文件 {name} 里没有声音数据", "请换一个录音文件。"
            )
        if file.frames > LONGEST_S * rate:
            raise self._too_long(file.frames / rate)
        converter = Converter(rate, file.channels)
        done, rest, ended = 0, b"", False
        while not ended:
            cancel.raise_if_cancelled()
            frames = file.read(max(1, rate // 10), dtype="float32", always_2d=True)
            done += len(frames)
            # A header may understate what follows it.
            if done > LONGEST_S * rate:
                raise self._too_long(done / rate)
            ended = len(frames) == 0
            rest += converter.feed(frames, last=ended)
            while len(rest) >= _BLOCK_BYTES or (ended and rest):
                block, rest = rest[:_BLOCK_BYTES], rest[_BLOCK_BYTES:]
                yield block
        if done == 0:
            raise AudioEmptyError(
                f"录音文件 {name} 里没有声音数据", "请换一个录音文件。"
            )

    def _too_long(self, seconds: float) -> AudioTooLongError:
        return AudioTooLongError(
            f"录音文件 {self.path.name} 长 {seconds:.0f} 秒, "
            f"一条指令最多 {LONGEST_S:.0f} 秒"
        )
