"""SentencePiece's file of a model, as a tokenizer that transformers loads.

The file is a protocol buffer (sentencepiece_model.proto, Apache-2.0); of it are read
the pieces with their scores and kinds, whether the model merges pairs (BPE) or weighs
pieces (unigram), and how a text is prepared. So no further library is needed, and a
tokenizer that works at the desk needs no code of the checkpoint's.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.core.errors import ModelCorruptError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

BLANK: Final = "\u2581"
"""How SentencePiece writes a blank."""


class Kind(IntEnum):
    """What a piece is; numbers of the proto."""

    NORMAL = 1
    UNKNOWN = 2
    CONTROL = 3
    USER_DEFINED = 4
    UNUSED = 5
    BYTE = 6


_SPOKEN: Final = frozenset({Kind.NORMAL, Kind.USER_DEFINED})
"""Pieces that are found in texts."""


class _Method(IntEnum):
    UNIGRAM = 1
    BPE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """An entry of the vocabulary."""

    text: str
    score: float = 0.0
    kind: Kind = Kind.NORMAL


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceModel:
    """What a SentencePiece file says."""

    pieces: tuple[Piece, ...]
    method: _Method
    charsmap: bytes
    """Rules of normalisation, compiled; empty: none."""
    dummy_prefix: bool
    """Whether a blank is put before a text."""
    squeezes: bool
    """Whether blanks in a row become one."""


def read_pieces(path: Path) -> PieceModel:
    """Read a SentencePiece file.

    Raises:
        ModelCorruptError: It is none, or of a kind that is not known here.
    """
    try:
        return _model(path.read_bytes())
    except (OSError, ValueError, IndexError, struct.error) as error:
        raise ModelCorruptError(
            f"分词器 {path.name} 无法读取 ({error})", "请重新取得完整的模型文件夹。"
        ) from error


def tokenizer_of(model: PieceModel) -> "Tokenizer":
    """Make the tokenizer that gives the ids which SentencePiece gives.

    Control pieces are never found in a text: what means something to the model is added
    by its framing, and what an operator said is only ever words.

    Raises:
        ModelCorruptError: A vocabulary without a piece for what is unknown.
    """
    from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers

    blanks: list[Any] = []
    if model.charsmap:
        blanks.append(normalizers.Precompiled(model.charsmap))
    if model.squeezes:
        blanks += [
            normalizers.Replace(Regex(" {2,}"), " "),
            normalizers.Replace(Regex(r"\A +| +\z"), ""),
        ]
    if model.dummy_prefix:
        blanks.append(normalizers.Prepend(BLANK))
    blanks.append(normalizers.Replace(" ", BLANK))
    made = Tokenizer(_core(model))
    made.normalizer = normalizers.Sequence(blanks)
    if model.method is _Method.UNIGRAM:
        made.pre_tokenizer = pre_tokenizers.Split(Regex(_unspoken(model)), "isolated")
    undo: list[Any] = [decoders.Replace(BLANK, " "), decoders.ByteFallback()]
    undo.append(decoders.Fuse())
    if model.dummy_prefix:
        undo.append(decoders.Strip(" ", 1, 0))
    made.decoder = decoders.Sequence(undo)
    return made


def _core(model: PieceModel) -> Any:
    from tokenizers import models

    unknown = next((p for p in model.pieces if p.kind is Kind.UNKNOWN), None)
    if unknown is None:
        raise ModelCorruptError("分词器没有表示未知字的符号")
    bytes_too = any(p.kind is Kind.BYTE for p in model.pieces)
    ids = {piece.text: number for number, piece in enumerate(model.pieces)}
    if model.method is _Method.UNIGRAM:
        words = [piece.score for piece in model.pieces if piece.kind in _SPOKEN]
        least = min(words, default=0.0)
        table = [
            (piece.text, piece.score if piece.kind in _SPOKEN else least)
            for piece in model.pieces
        ]
        return models.Unigram(table, ids[unknown.text], byte_fallback=bytes_too)
    return models.BPE(
        vocab=ids,
        merges=list(_merges(model.pieces, ids)),
        unk_token=unknown.text,
        fuse_unk=True,
        byte_fallback=bytes_too,
    )


def _unspoken(model: PieceModel) -> str:
    """Give the pattern of the first letter of what must never be read as one piece.

    tokenizers weighs every entry of a vocabulary; SentencePiece does not look for
    control pieces and bytes in a text.
    """
    texts = [p.text for p in model.pieces if p.kind not in _SPOKEN and len(p.text) > 1]
    firsts = (f"{re.escape(text[0])}(?={re.escape(text[1:])})" for text in texts)
    return "|".join(firsts) or "(?!)"


def _merges(
    pieces: tuple[Piece, ...], ids: dict[str, int]
) -> Iterator[tuple[str, str]]:
    """Give every pair that makes a piece, the likelier piece first.

    SentencePiece merges the pair whose piece has the greatest score, wherever it can be
    cut into two pieces.
    """
    words = [
        (-piece.score, number, piece.text)
        for number, piece in enumerate(pieces)
        if piece.kind in _SPOKEN and len(piece.text) > 1
    ]
    for _, _, text in sorted(words):
        cuts = [
            (text[:at], text[at:])
            for at in range(1, len(text))
            if text[:at] in ids and text[at:] in ids
        ]
        yield from sorted(cuts, key=lambda cut: (ids[cut[0]], ids[cut[1]]))


def _model(raw: bytes) -> PieceModel:
    pieces: list[Piece] = []
    method, charsmap = _Method.UNIGRAM, b""
    dummy, squeezes = True, True
    for number, value in _fields(raw):
        if number == 1 and isinstance(value, bytes):
            pieces.append(_piece(value))
        elif number == 2 and isinstance(value, bytes):
            for key, item in _fields(value):
                if key == 3 and isinstance(item, int):
                    method = _Method(item)
        elif number == 3 and isinstance(value, bytes):
            for key, item in _fields(value):
                if key == 2 and isinstance(item, bytes):
                    charsmap = item
                elif key == 3:
                    dummy = bool(item)
                elif key == 4:
                    squeezes = bool(item)
    if not pieces:
        raise ValueError("no pieces")
    return PieceModel(
        pieces=tuple(pieces),
        method=method,
        charsmap=charsmap,
        dummy_prefix=dummy,
        squeezes=squeezes,
    )


def _piece(raw: bytes) -> Piece:
    text, score, kind = "", 0.0, Kind.NORMAL
    for number, value in _fields(raw):
        if number == 1 and isinstance(value, bytes):
            text = value.decode("utf-8")
        elif number == 2 and isinstance(value, bytes):
            (score,) = struct.unpack("<f", value)
        elif number == 3 and isinstance(value, int):
            kind = Kind(value)
    return Piece(text=text, score=score, kind=kind)


def _fields(raw: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Give the fields of a protocol buffer: number, and varint or bytes."""
    at = 0
    while at < len(raw):
        tag, at = _varint(raw, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = _varint(raw, at)
            yield number, value
            continue
        if wire == 2:
            size, at = _varint(raw, at)
        elif wire in {1, 5}:
            size = 8 if wire == 1 else 4
        else:
            raise ValueError(f"wire type {wire}")
        if at + size > len(raw):
            raise ValueError("cut off")
        yield number, raw[at : at + size]
        at += size


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = raw[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("number too long")
