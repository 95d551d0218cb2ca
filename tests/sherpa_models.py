"""Tiny ONNX models for sherpa-onnx that know one sentence.

Each is a whole model of its kind as far as sherpa-onnx can tell – its files, notes,
inputs, states and outputs are those of the real ones – and hears one thing only:
whether there is sound. While there is, it says the next character of its sentence. So
everything but knowledge is real: loading, features, streaming, search, partials, tail.

ONNX is a protocol buffer; the few messages that are needed are written by hand.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

SENTENCE = "查一下济南工地的人数"
_TOKENS = ("<blk>", *SENTENCE)
_V = len(_TOKENS)
_FLOAT, _INT32, _INT64 = 1, 6, 7
_LOUD = -8.0
"""Mean log energy, of samples of -1 … 1, above which there is sound."""
_LOUD_16_BIT = _LOUD + 20.8
"""The same where samples are -32768 … 32767: log of its square."""


def zipformer(folder: Path, *, loud: float = _LOUD, **notes: str) -> Path:
    """Write a streaming transducer; `notes` replace those of the encoder, "" drops."""
    told = {
        "model_type": "zipformer2",
        "encoder_dims": "4",
        "query_head_dims": "1",
        "value_head_dims": "1",
        "num_heads": "1",
        "num_encoder_layers": "1",
        "cnn_module_kernels": "3",
        "left_context_len": "4",
        "T": "45",
        "decode_chunk_len": "32",
    } | notes
    states = {
        "key": (4, 1, 1),
        "nonlin": (1, 1, 4, 3),
        "val1": (4, 1, 1),
        "val2": (4, 1, 1),
        "conv1": (1, 4, 1),
        "conv2": (1, 4, 1),
        "embed": (1, 128, 3, 19),
    }
    # A character every fourth frame of 40 ms: nobody talks faster.
    pause = np.zeros((1, 16, 1), np.float32)
    pause[:, np.arange(16) % 4 != 0] = -1000
    encoder = [
        _node("Slice", ["x", "from", "to", "time"], ["chunk"]),
        _node("Reshape", ["chunk", "pairs"], ["frames"]),
        _node("ReduceMean", ["frames"], ["mean"], axes=[2], keepdims=1),
        _node("Add", ["mean", "pause"], ["encoder_out"]),
        *(_node("Identity", [name], [f"new_{name}"]) for name in states),
        _node("Identity", ["processed_lens"], ["new_processed_lens"]),
    ]
    _write(
        folder / "encoder-tiny.onnx",
        encoder,
        constants={
            "from": np.array([0]),
            "to": np.array([32]),
            "time": np.array([1]),
            "pairs": np.array([1, 16, 160]),
            "pause": pause,
        },
        inputs=[
            _value("x", _FLOAT, (1, 45, 80)),
            *(_value(name, _FLOAT, shape) for name, shape in states.items()),
            _value("processed_lens", _INT64, (1,)),
        ],
        outputs=[
            _value("encoder_out", _FLOAT, (1, 16, 1)),
            *(_value(f"new_{name}", _FLOAT, shape) for name, shape in states.items()),
            _value("new_processed_lens", _INT64, (1,)),
        ],
        notes=told,
    )
    follows = np.zeros((_V, _V), np.float32)
    follows[np.arange(_V - 1), np.arange(1, _V)] = 1
    _write(
        folder / "decoder-tiny.onnx",
        [
            _node("Gather", ["y", "last"], ["token"], axis=1),
            _node("Gather", ["follows", "token"], ["decoder_out"], axis=0),
        ],
        constants={"last": np.array(1), "follows": follows},
        inputs=[_value("y", _INT64, ("n", 2))],
        outputs=[_value("decoder_out", _FLOAT, ("n", _V))],
        notes={"vocab_size": str(_V), "context_size": "2"},
    )
    rather = np.full((1, _V), -50, np.float32)
    rather[0, 0] = 0
    _write(
        folder / "joiner-tiny.onnx",
        [
            _node("Sub", ["encoder_out", "loud"], ["louder"]),
            _node("Mul", ["louder", "much"], ["push"]),
            _node("Mul", ["push", "decoder_out"], ["pushed"]),
            _node("Add", ["pushed", "rather"], ["logit"]),
        ],
        constants={
            "loud": np.array([loud], np.float32),
            "much": np.array([1000], np.float32),
            "rather": rather,
        },
        inputs=[
            _value("encoder_out", _FLOAT, ("n", 1)),
            _value("decoder_out", _FLOAT, ("n", _V)),
        ],
        outputs=[_value("logit", _FLOAT, ("n", _V))],
        notes={"joiner_dim": "1"},
    )
    return _with_tokens(folder)


def paraformer(folder: Path, **notes: str) -> Path:
    """Write a streaming paraformer."""
    told = {
        "vocab_size": str(_V),
        "lfr_window_size": "7",
        "lfr_window_shift": "6",
        "encoder_output_size": "1",
        "decoder_num_blocks": "1",
        "decoder_kernel_size": "2",
        "neg_mean": _many(0),
        "inv_stddev": _many(1),
    } | notes
    # sherpa-onnx adds a position to the features: its mean is small beside speech.
    _write(
        folder / "encoder.onnx",
        [
            _node("ReduceMean", ["speech"], ["enc"], axes=[2], keepdims=1),
            _node("ReduceMean", ["speech"], ["mean"], axes=[2], keepdims=0),
            _node("Greater", ["mean", "loud"], ["sound"]),
            _node("Cast", ["sound"], ["one"], to=_FLOAT),
            _node("Mul", ["one", "half"], ["alphas"]),
            _node("Identity", ["speech_lengths"], ["enc_len"]),
        ],
        constants={
            "loud": np.array([_LOUD_16_BIT], np.float32),
            "half": np.array([0.4], np.float32),
        },
        inputs=[
            _value("speech", _FLOAT, (1, "t", 560)),
            _value("speech_lengths", _INT32, (1,)),
        ],
        outputs=[
            _value("enc", _FLOAT, (1, "t", 1)),
            _value("enc_len", _INT32, (1,)),
            _value("alphas", _FLOAT, (1, "t")),
        ],
        notes=told,
    )
    _write(
        folder / "decoder.onnx",
        [
            _node("Mul", ["acoustic_embeds", "zero"], ["nothing"]),
            _node("Add", ["nothing", "one"], ["ones"]),
            _node("CumSum", ["ones", "axis"], ["counted"]),
            _node("Add", ["counted", "cache"], ["at"]),
            _node("Greater", ["at", "most"], ["past"]),
            _node("Where", ["past", "zero", "at"], ["known"]),
            _node("Cast", ["known"], ["ids"], to=_INT64),
            _node("Reshape", ["ids", "flat"], ["sample_ids"]),
            _node("Identity", ["at"], ["logits"]),
            _node("ReduceMax", ["at"], ["new_cache"], axes=[1], keepdims=1),
        ],
        constants={
            "zero": np.array(0, np.float32),
            "one": np.array(1, np.float32),
            "axis": np.array(1),
            "most": np.array(_V - 1, np.float32),
            "flat": np.array([1, -1]),
        },
        inputs=[
            _value("enc", _FLOAT, (1, "t", 1)),
            _value("enc_len", _INT32, (1,)),
            _value("acoustic_embeds", _FLOAT, (1, "n", 1)),
            _value("acoustic_embeds_len", _INT32, (1,)),
            _value("cache", _FLOAT, (1, 1, 1)),
        ],
        outputs=[
            _value("logits", _FLOAT, (1, "n", 1)),
            _value("sample_ids", _INT64, (1, "n")),
            _value("new_cache", _FLOAT, (1, 1, 1)),
        ],
        notes={},
    )
    return _with_tokens(folder)


def sense_voice(folder: Path, **notes: str) -> Path:
    """Write a model that hears a recording as a whole."""
    told = {
        "vocab_size": str(_V),
        "lfr_window_size": "7",
        "lfr_window_shift": "6",
        "normalize_samples": "0",
        "with_itn": "14",
        "without_itn": "15",
        "neg_mean": _many(0),
        "inv_stddev": _many(1),
        **{f"lang_{name}": "0" for name in ("auto", "zh", "en", "ja", "ko", "yue")},
    } | notes
    # Two frames with sound a character: it is at k where 2k frames had sound.
    places = 2 * np.arange(_V, dtype=np.float32)[None, None, :]
    token = np.ones((1, 1, _V), np.float32)
    token[..., 0] = 0
    blank = (token - 1) / 2
    tags = np.zeros((1, 4, _V), np.float32)
    tags[0, np.arange(4), np.arange(1, 5)] = 1
    _write(
        folder / "model.int8.onnx",
        [
            _node("ReduceMean", ["x"], ["mean"], axes=[2], keepdims=1),
            _node("Greater", ["mean", "loud"], ["sound"]),
            _node("Cast", ["sound"], ["one"], to=_FLOAT),
            _node("CumSum", ["one", "axis"], ["count"]),
            _node("Sub", ["count", "places"], ["off"]),
            _node("Abs", ["off"], ["far"]),
            _node("Mul", ["far", "token"], ["farther"]),
            _node("Sub", ["blank", "farther"], ["scores"]),
            _node("Concat", ["tags", "scores"], ["logits"], axis=1),
        ],
        constants={
            "loud": np.array([_LOUD_16_BIT], np.float32),
            "axis": np.array(1),
            "places": places,
            "token": token,
            "blank": blank,
            "tags": tags,
        },
        inputs=[
            _value("x", _FLOAT, (1, "t", 560)),
            _value("x_length", _INT32, (1,)),
            _value("language", _INT32, (1,)),
            _value("text_norm", _INT32, (1,)),
        ],
        outputs=[_value("logits", _FLOAT, (1, "t4", _V))],
        notes=told,
    )
    return _with_tokens(folder)


def _with_tokens(folder: Path) -> Path:
    lines = (f"{token} {number}\n" for number, token in enumerate(_TOKENS))
    (folder / "tokens.txt").write_text("".join(lines), encoding="utf-8")
    return folder


def _many(value: int) -> str:
    return ",".join([str(value)] * 560)


# Protocol buffers, and the messages of ONNX.


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def _field(number: int, value: int | float | str | bytes) -> bytes:
    if isinstance(value, float):
        return _varint(number << 3 | 5) + struct.pack("<f", value)
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    raw = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(raw)) + raw


def _node(
    op: str, inputs: Sequence[str], outputs: Sequence[str], **told: int | list[int]
) -> bytes:
    raw = b"".join(_field(1, name) for name in inputs)
    raw += b"".join(_field(2, name) for name in outputs) + _field(4, op)
    for name, value in told.items():
        whole = isinstance(value, int)
        values = [
            _field(3 if whole else 8, one) for one in ([value] if whole else value)
        ]
        raw += _field(
            5, _field(1, name) + b"".join(values) + _field(20, 2 if whole else 7)
        )
    return raw


def _value(name: str, kind: int, shape: Iterable[int | str]) -> bytes:
    sizes = b"".join(
        _field(1, _field(1 if isinstance(size, int) else 2, size)) for size in shape
    )
    tensor = _field(1, kind) + _field(2, sizes)
    return _field(1, name) + _field(2, _field(1, tensor))


def _tensor(name: str, values: np.ndarray) -> bytes:
    kind = _FLOAT if values.dtype == np.float32 else _INT64
    sizes = b"".join(_field(1, size) for size in values.shape)
    return sizes + _field(2, kind) + _field(8, name) + _field(9, values.tobytes())


def _write(
    path: Path,
    nodes: Iterable[bytes],
    *,
    constants: Mapping[str, np.ndarray],
    inputs: Iterable[bytes],
    outputs: Iterable[bytes],
    notes: Mapping[str, str],
) -> None:
    graph = b"".join(_field(1, node) for node in nodes) + _field(2, "tiny")
    graph += b"".join(_field(5, _tensor(*one)) for one in constants.items())
    graph += b"".join(_field(11, one) for one in inputs)
    graph += b"".join(_field(12, one) for one in outputs)
    model = _field(1, 8) + _field(7, graph) + _field(8, _field(1, "") + _field(2, 13))
    for key, value in notes.items():
        if value:
            model += _field(14, _field(1, key) + _field(2, value))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model)
