"""Names and shapes of weights: as published, and as the models here have them.

A published tensor becomes one tensor of ours, or several rows of it do: queries, keys
and values of ChatGLM2 and later are one matrix, `[heads·d, groups·d, groups·d]` rows
one after another.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from app.modelstore.chatglm.shape import Generation, Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Rows of a published tensor that become a tensor of ours."""

    name: str
    rows: tuple[int, int] | None = None
    """From, and up to; None: all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A tensor of a published checkpoint."""

    name: str
    shape: tuple[int, ...]
    parts: tuple[Part, ...]


IGNORED: Final = re.compile(r"(^|\.)rotary(_pos)?_emb\.inv_freq$")
"""Tensors that are computed from the configuration."""


def published(shape: Shape) -> Iterator[Published]:
    """Give every tensor that a checkpoint of this shape has, in the order of layers."""
    if shape.generation is Generation.CHATGLM_6B:
        yield from _first(shape)
    else:
        yield from _later(shape)


def _first(shape: Shape) -> Iterator[Published]:
    wide, inner = shape.hidden, shape.inner
    yield _same("transformer.word_embeddings.weight", shape.vocabulary, wide)
    for number in range(shape.layers):
        layer = f"transformer.layers.{number}"
        yield from _linear(f"{layer}.attention.query_key_value", 3 * wide, wide)
        yield from _linear(f"{layer}.attention.dense", wide, wide)
        yield from _linear(f"{layer}.mlp.dense_h_to_4h", inner, wide)
        yield from _linear(f"{layer}.mlp.dense_4h_to_h", wide, inner)
        for norm in ("input_layernorm", "post_attention_layernorm"):
            yield _same(f"{layer}.{norm}.weight", wide)
            yield _same(f"{layer}.{norm}.bias", wide)
    yield _same("transformer.final_layernorm.weight", wide)
    yield _same("transformer.final_layernorm.bias", wide)
    yield _same("lm_head.weight", shape.vocabulary, wide)


def _later(shape: Shape) -> Iterator[Published]:
    wide, inner = shape.hidden, shape.inner
    queries, keys = shape.heads * shape.head, shape.groups * shape.head
    yield _renamed(
        "transformer.embedding.word_embeddings.weight",
        "model.embed_tokens.weight",
        shape.vocabulary,
        wide,
    )
    for number in range(shape.layers):
        old, new = f"transformer.encoder.layers.{number}", f"model.layers.{number}"
        for kind in ("weight", "bias") if shape.qkv_bias else ("weight",):
            yield Published(
                name=f"{old}.self_attention.query_key_value.{kind}",
                shape=(queries + 2 * keys, wide)[: 2 if kind == "weight" else 1],
                parts=tuple(
                    Part(name=f"{new}.self_attn.{name}_proj.{kind}", rows=rows)
                    for name, rows in (
                        ("q", (0, queries)),
                        ("k", (queries, queries + keys)),
                        ("v", (queries + keys, queries + 2 * keys)),
                    )
                ),
            )
        for before, after, *size in (
            ("self_attention.dense", "self_attn.o_proj", wide, queries),
            ("mlp.dense_h_to_4h", "mlp.gate_up_proj", 2 * inner, wide),
            ("mlp.dense_4h_to_h", "mlp.down_proj", wide, inner),
            ("input_layernorm", "input_layernorm", wide),
            ("post_attention_layernorm", "post_attention_layernorm", wide),
        ):
            yield _renamed(f"{old}.{before}.weight", f"{new}.{after}.weight", *size)
    final = "transformer.encoder.final_layernorm.weight"
    yield _renamed(final, "model.norm.weight", wide)
    output = "transformer.output_layer.weight"
    yield _renamed(output, "lm_head.weight", shape.vocabulary, wide)


def _linear(name: str, rows: int, columns: int) -> Iterator[Published]:
    yield _same(f"{name}.weight", rows, columns)
    yield _same(f"{name}.bias", rows)


def _same(name: str, *shape: int) -> Published:
    return _renamed(name, name, *shape)


def _renamed(old: str, new: str, *shape: int) -> Published:
    return Published(name=old, shape=tuple(shape), parts=(Part(name=new),))
