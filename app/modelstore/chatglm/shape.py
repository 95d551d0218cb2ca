"""The shape of a published ChatGLM, as a configuration that transformers knows.

ChatGLM2, ChatGLM3 and GLM-4 as THUDM published them are `GlmForCausalLM` under other
names; ChatGLM-6B is an architecture of its own (`agent.chatglm6b`). What a checkpoint
says about itself decides; what this program cannot compute alike is refused by name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.core.errors import ModelCorruptError


class Generation(StrEnum):
    """Which of the published architectures a checkpoint has."""

    CHATGLM_6B = "chatglm-6b"
    """The first one."""
    CHATGLM = "chatglm"
    """ChatGLM2, ChatGLM3, and GLM-4 as first published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Sizes of a checkpoint; `groups` and `head` are those of keys and values."""

    generation: Generation
    vocabulary: int
    layers: int
    hidden: int
    inner: int
    heads: int
    groups: int
    head: int
    positions: int
    epsilon: float
    qkv_bias: bool
    rope_theta: float
    dtype: str
    eos: tuple[int, ...]
    pad: int
    bos: int | None = None
    mask: int = 0
    gmask: int = 0

    def configuration(self) -> dict[str, object]:
        """Give what is written into `config.json`."""
        common: dict[str, object] = {
            "vocab_size": self.vocabulary,
            "hidden_size": self.hidden,
            "intermediate_size": self.inner,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "max_position_embeddings": self.positions,
            "tie_word_embeddings": False,
            "dtype": self.dtype,
            "pad_token_id": self.pad,
            "bos_token_id": self.bos,
            "eos_token_id": list(self.eos) if len(self.eos) > 1 else self.eos[0],
        }
        if self.generation is Generation.CHATGLM_6B:
            return common | {
                "architectures": ["ChatGlm6bForCausalLM"],
                "model_type": "chatglm_6b",
                "layernorm_epsilon": self.epsilon,
                "mask_token_id": self.mask,
                "gmask_token_id": self.gmask,
            }
        return common | {
            "architectures": ["GlmForCausalLM"],
            "model_type": "glm",
            "num_key_value_heads": self.groups,
            "head_dim": self.head,
            "rms_norm_eps": self.epsilon,
            "attention_bias": self.qkv_bias,
            "attention_dropout": 0.0,
            "hidden_act": "silu",
            # Half of each head is turned, in neighbouring pairs (modeling_chatglm.py).
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": self.rope_theta,
                "partial_rotary_factor": 0.5,
            },
        }


_MUST_BE: Final[Mapping[str, tuple[object, ...]]] = {
    "rmsnorm": (True,),
    "post_layer_norm": (True,),
    "add_bias_linear": (False,),
    "apply_residual_connection_post_layernorm": (False,),
    "original_rope": (True,),
    "prefix_projection": (False, None),
    "position_encoding_2d": (True,),
}
"""What the architectures leave open in their configuration, and is one way in every
published checkpoint."""


def is_chatglm(configuration: Mapping[str, object]) -> bool:
    """Say whether a `config.json` is one that THUDM's own code would read."""
    return configuration.get("model_type") == "chatglm"


def shape_of(configuration: Mapping[str, object], name: str) -> Shape:
    """Read the shape of a published checkpoint; `name` is for sentences.

    Raises:
        ModelCorruptError: Something is missing, or is not as published.
    """
    if bits := configuration.get("quantization_bit"):
        raise ModelCorruptError(
            f"{name} 是已按 {bits} 位压缩的权重, 不能导入",
            "请导入原始 (fp16) 的权重; 本程序载入时可以自行压缩。",
        )
    if configuration.get("pre_seq_len"):
        raise ModelCorruptError(
            f"{name} 的配置带有前缀 (pre_seq_len), 是微调后的检查点, 不是模型本身",
            "请导入原始模型, 再用 griddesk tune convert 转换前缀。",
        )
    for key, allowed in _MUST_BE.items():
        if configuration.get(key, allowed[0]) not in allowed:
            raise ModelCorruptError(
                f"{name} 的配置 {key} = {configuration[key]!r}, "
                "与已发布的 ChatGLM 不同, 本程序不能保证算得一样"
            )
    read = _Reader(configuration, name)
    return _first(read) if "inner_hidden_size" in configuration else _later(read)


def _first(read: "_Reader") -> Shape:
    heads, hidden = read.count("num_attention_heads"), read.count("hidden_size")
    return Shape(
        generation=Generation.CHATGLM_6B,
        vocabulary=read.count("vocab_size"),
        layers=read.count("num_layers"),
        hidden=hidden,
        inner=read.count("inner_hidden_size"),
        heads=heads,
        groups=heads,
        head=hidden // heads,
        positions=read.count("max_sequence_length", 2048),
        epsilon=read.number("layernorm_epsilon", 1e-5),
        qkv_bias=True,
        rope_theta=10_000.0,
        dtype=read.dtype(),
        eos=read.tokens("eos_token_id", (130_005,)),
        pad=read.token("pad_token_id", 3),
        bos=read.token("bos_token_id", 130_004),
        mask=read.token("mask_token_id", 130_000),
        gmask=read.token("gmask_token_id", 130_001),
    )


def _later(read: "_Reader") -> Shape:
    heads = read.count("num_attention_heads")
    grouped = read.flag("multi_query_attention", default=False)
    return Shape(
        generation=Generation.CHATGLM,
        vocabulary=read.count("padded_vocab_size"),
        layers=read.count("num_layers"),
        hidden=read.count("hidden_size"),
        inner=read.count("ffn_hidden_size"),
        heads=heads,
        groups=read.count("multi_query_group_num") if grouped else heads,
        head=read.count("kv_channels"),
        positions=read.count("seq_length"),
        epsilon=read.number("layernorm_epsilon", 1e-5),
        qkv_bias=read.flag("add_qkv_bias", default=False),
        rope_theta=10_000.0 * read.number("rope_ratio", 1.0),
        dtype=read.dtype(),
        eos=read.tokens("eos_token_id", (2,)),
        pad=read.token("pad_token_id", 0),
    )


class _Reader:
    """Reads values of a configuration, and says which one is wrong."""

    def __init__(self, configuration: Mapping[str, object], name: str) -> None:
        self._found, self._name = configuration, name

    def count(self, key: str, default: int = 0) -> int:
        value = self._found.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise self._wrong(key)
        return value

    def number(self, key: str, default: float) -> float:
        value = self._found.get(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self._wrong(key)
        return float(value)

    def flag(self, key: str, *, default: bool) -> bool:
        value = self._found.get(key, default)
        if not isinstance(value, bool):
            raise self._wrong(key)
        return value

    def token(self, key: str, default: int) -> int:
        value = self._found.get(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(key)
        return value

    def tokens(self, key: str, default: tuple[int, ...]) -> tuple[int, ...]:
        value = self._found.get(key)
        if isinstance(value, list) and value:
            if not all(isinstance(each, int) for each in value):
                raise self._wrong(key)
            return tuple(value)
        return (self.token(key, default[0]),)

    def dtype(self) -> str:
        value = str(self._found.get("torch_dtype", "float16"))
        if value not in {"float16", "bfloat16", "float32"}:
            raise self._wrong("torch_dtype")
        return value

    def _wrong(self, key: str) -> ModelCorruptError:
        return ModelCorruptError(
            f"{self._name} 的配置 {key} 缺少或有误 ({self._found.get(key)!r})",
            "请重新取得完整的模型文件夹。",
        )
