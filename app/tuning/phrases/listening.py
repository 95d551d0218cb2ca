"""Let Vosk read recordings freely, with no words of the desk to guide it."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.core.errors import UsageError
from app.system.paths import model_folders

if TYPE_CHECKING:
    import vosk

MODEL: Final = "vosk-model-small-cn-0.22"
RATE: Final = 16_000
"""Samples a second that the recogniser wants."""

_BLOCK: Final = 8_000


def hear_folder(folder: Path, model: "vosk.Model") -> Iterator[tuple[str, str]]:
    """Let Vosk read the recordings of a folder freely.

    Yields:
        What was said and what was heard.

    Raises:
        UsageError: The table of transcripts or a recording is missing or unreadable.
    """
    table = folder / "transcripts.tsv"
    try:
        with table.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines, delimiter="\t"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"无法读取 {table} ({type(error).__name__})",
            "录音文件夹里应有 transcripts.tsv, 含 file 和 text 两列。",
        ) from error
    texts = [row.get("text") or row.get("transcript") or "" for row in rows]
    if not any(texts) or not all(row.get("file") for row in rows):
        raise UsageError(f"{table} 需要 file 和 text 两列, 每行都要有文件名")
    for row, text in zip(rows, texts, strict=True):
        # A recording of which nobody knows the words tells nothing.
        if text:
            yield text, _hear(folder / row["file"], model)


def _hear(path: Path, model: "vosk.Model") -> str:
    import numpy as np
    import soundfile
    import soxr
    import vosk

    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.SoundFileError) as error:
        raise UsageError(
            f"无法读取录音 {path}", "请使用 WAV 或 FLAC 录音文件, 并核对文件名。"
        ) from error
    mono = soxr.resample(samples.mean(axis=1), rate, RATE)
    audio = (np.clip(mono, -1, 1) * 32767).astype("<i2")
    recognizer = vosk.KaldiRecognizer(model, RATE)
    texts = [
        json.loads(recognizer.Result())["text"]
        for start in range(0, len(audio), _BLOCK)
        if recognizer.AcceptWaveform(audio[start : start + _BLOCK].tobytes())
    ]
    return "".join([*texts, json.loads(recognizer.FinalResult())["text"]]).replace(
        " ", ""
    )


def load_model(folder: Path | None) -> "vosk.Model":
    """Load Vosk's model, by default the one of the desk.

    Raises:
        UsageError: There is none.
    """
    import vosk

    folders = [folder] if folder else [path / MODEL for path in model_folders()]
    for one in folders:
        # Without these Vosk ends the process.
        if (one / "am/final.mdl").is_file() and (one / "graph/HCLr.fst").is_file():
            vosk.SetLogLevel(-1)
            return vosk.Model(str(one))
    raise UsageError(
        f"找不到语音识别模型 {folder or MODEL}",
        "请用 --model 指定 Vosk 模型文件夹, 或先用 griddesk models fetch 获取。",
    )
