"""Which sherpa-onnx model lies in a folder, and whether it can be loaded at all.

sherpa-onnx ends the process on a model whose notes are missing and on tokens that it
cannot read. So both are looked at here first; the network itself is not read.
"""

from dataclasses import dataclass
from enum import StrEnum
from io import SEEK_CUR, BytesIO
from pathlib import Path
from typing import BinaryIO, Final

from app.core.errors import ModelCorruptError, ModelMissingError

TOKENS: Final = "tokens.txt"

_NOTES: Final = 14
"""Field of an ONNX file: one note, a key and a value."""
_LONGEST_NOTE: Final = 1_000_000
_BYTES: Final = 2
"""Kind of a field that says how long it is."""

_ZIPFORMER: Final = (
    "encoder_dims num_encoder_layers cnn_module_kernels left_context_len T "
    "decode_chunk_len"
)
_ENCODERS: Final = {
    "zipformer": f"{_ZIPFORMER} attention_dims",
    "zipformer2": f"{_ZIPFORMER} query_head_dims value_head_dims num_heads",
}
_TRANSDUCER_DECODER: Final = "vocab_size context_size"
_PARAFORMER: Final = (
    "vocab_size lfr_window_size lfr_window_shift encoder_output_size "
    "decoder_num_blocks decoder_kernel_size neg_mean inv_stddev"
)
_SENSE_VOICE: Final = (
    "vocab_size lfr_window_size lfr_window_shift normalize_samples with_itn "
    "without_itn lang_auto lang_zh lang_en lang_ja lang_ko lang_yue neg_mean inv_stddev"
)
_MEANS: Final = ("neg_mean", "inv_stddev")
"""Notes that are numbers of any kind; all others are counts, and none below 0."""
_LISTS: Final = (
    "encoder_dims",
    "num_encoder_layers",
    "cnn_module_kernels",
    "left_context_len",
    "attention_dims",
    "query_head_dims",
    "value_head_dims",
    "num_heads",
)
"""Counts of which there is one for each stack of the encoder."""
_MOST_DIGITS: Final = 9


class Kind(StrEnum):
    """What sherpa-onnx calls the model."""

    ZIPFORMER = "zipformer"
    """Streaming transducer: encoder, decoder and joiner."""
    PARAFORMER = "paraformer"
    """Streaming: encoder and decoder."""
    SENSE_VOICE = "sense-voice"
    """One file, which hears a recording as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SherpaFiles:
    """A model that can be loaded."""

    kind: Kind
    tokens: Path
    networks: tuple[Path, ...]
    """In the order in which `Kind` names them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Note:
    key: str
    value: str


def is_sherpa(folder: Path) -> bool:
    """Say whether a model folder is meant for sherpa-onnx, whole or not."""
    return (folder / TOKENS).is_file() or any(folder.glob("*.onnx"))


def inspect(folder: Path) -> SherpaFiles:
    """Tell the kind of a model by its files, and look at what would end the process.

    Raises:
        ModelMissingError: There is no folder, or a file of the model is not in it.
        ModelCorruptError: A file is cut, or it is not of such a model.
    """
    if not folder.is_dir():
        raise ModelMissingError(f"本机没有语音识别模型 {folder.name}")
    tokens = folder / TOKENS
    if not tokens.is_file():
        raise ModelMissingError(f"语音识别模型 {folder.name} 缺少文件 {TOKENS}")
    encoder, decoder = _network(folder, "encoder"), _network(folder, "decoder")
    joiner, whole = _network(folder, "joiner"), _network(folder, "model")
    if encoder is None and decoder is None and joiner is None:
        if whole is None:
            raise ModelMissingError(
                f"语音识别模型 {folder.name} 缺少网络文件 (encoder、decoder、joiner "
                "或 model 的 .onnx 文件)"
            )
        found = SherpaFiles(kind=Kind.SENSE_VOICE, tokens=tokens, networks=(whole,))
        size = _need(folder, whole, _SENSE_VOICE)
    elif encoder is None or decoder is None:
        missing = "encoder" if encoder is None else "decoder"
        raise ModelMissingError(f"语音识别模型 {folder.name} 缺少文件 {missing}*.onnx")
    elif joiner is None:
        found = SherpaFiles(
            kind=Kind.PARAFORMER, tokens=tokens, networks=(encoder, decoder)
        )
        size = _need(folder, encoder, _PARAFORMER)
        _need(folder, decoder, "")
    else:
        found = SherpaFiles(
            kind=Kind.ZIPFORMER, tokens=tokens, networks=(encoder, decoder, joiner)
        )
        notes = _notes(folder, encoder)
        kind = next((note.value for note in notes if note.key == "model_type"), "")
        if kind not in _ENCODERS:
            raise ModelCorruptError(
                f"语音识别模型 {folder.name} 的文件 {encoder.name} 是不支持的类型 "
                f"({kind or '未注明'})"
            )
        _need(folder, encoder, _ENCODERS[kind])
        size = _need(folder, decoder, _TRANSDUCER_DECODER)
        _need(folder, joiner, "")
    _check_tokens(folder, tokens, size)
    return found


def _network(folder: Path, part: str) -> Path | None:
    """Give the file of a part of the model; the small one where there are two."""
    found = sorted(path for path in folder.glob("*.onnx") if part in path.name.lower())
    small = [path for path in found if "int8" in path.name.lower()]
    return next(iter((*small, *found)), None)


def _need(folder: Path, network: Path, keys: str) -> int:
    """Refuse a network without these notes; give the size of its vocabulary."""
    notes = {note.key: note.value for note in _notes(folder, network)}
    for key in keys.split():
        if not _is_usable(key, notes.get(key, "")):
            raise ModelCorruptError(
                f"语音识别模型 {folder.name} 的文件 {network.name} 没有注明 {key}, "
                "或其值无法使用"
            )
    return int(notes["vocab_size"]) if "vocab_size" in keys.split() else 0


def _is_usable(key: str, value: str) -> bool:
    try:
        if key in _MEANS:
            return bool([float(part) for part in value.split(",")])
        if key in _LISTS:
            return min(int(part) for part in value.split(",")) >= 0
    except ValueError:
        return False
    return value.isascii() and value.isdecimal() and len(value) <= _MOST_DIGITS


def _check_tokens(folder: Path, tokens: Path, size: int) -> None:
    """Refuse a table of tokens that is cut, or does not fit the network."""
    numbers: set[int] = set()
    try:
        for line in tokens.read_text(encoding="utf-8").splitlines():
            if line.strip():
                # A token may be a blank itself, so it is looked at from behind.
                numbers.add(int(line.rsplit(maxsplit=1)[-1]))
    except (ValueError, OSError) as error:
        raise ModelCorruptError(
            f"语音识别模型 {folder.name} 的文件 {TOKENS} 无法读取 ({error})"
        ) from error
    missing = size - sum(0 <= number < size for number in numbers)
    if not numbers or missing:
        raise ModelCorruptError(
            f"语音识别模型 {folder.name} 的文件 {TOKENS} 不完整, "
            f"缺少 {missing or '全部'} 个编号"
        )


def _notes(folder: Path, network: Path) -> tuple[_Note, ...]:
    """Read the notes of an ONNX file, past everything else in it."""
    try:
        size = network.stat().st_size
        with network.open("rb") as file:
            found = []
            while file.tell() < size:
                field, kind = divmod(_varint(file), 8)
                length = _length(file, kind)
                if length < 0 or file.tell() + length > size:
                    raise ValueError("文件被截断")
                if field == _NOTES and kind == _BYTES and length <= _LONGEST_NOTE:
                    found.append(_note(file.read(length)))
                else:
                    file.seek(length, SEEK_CUR)
    except (OSError, ValueError) as error:
        raise ModelCorruptError(
            f"语音识别模型 {folder.name} 的文件 {network.name} 不完整 ({error})"
        ) from error
    if not size:
        raise ModelCorruptError(
            f"语音识别模型 {folder.name} 的文件 {network.name} 是空的"
        )
    return tuple(found)


def _length(file: BinaryIO, kind: int) -> int:
    """Give how many bytes a field has after its head."""
    match kind:
        case 0:
            _varint(file)
            return 0
        case 1:
            return 8
        case 2:
            return _varint(file)
        case 5:
            return 4
    raise ValueError("不是 ONNX 文件")


def _varint(file: BinaryIO) -> int:
    """Read a number of seven bits a byte, the lowest first."""
    value = 0
    for shift in range(0, 70, 7):
        byte = file.read(1)
        if not byte:
            break
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
    raise ValueError("文件被截断")


def _note(raw: bytes) -> _Note:
    """Read one note: field 1 is its key, field 2 its value."""
    parts = {1: "", 2: ""}
    file = BytesIO(raw)
    while file.tell() < len(raw):
        field, kind = divmod(_varint(file), 8)
        if kind != _BYTES:
            raise ValueError("不是 ONNX 文件")
        parts[field] = file.read(_varint(file)).decode()
    return _Note(key=parts[1], value=parts[2])
