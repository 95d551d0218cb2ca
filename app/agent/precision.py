"""Where a model runs and in which precision: what fits in the memory that is free.

The order is from the best to the smallest: whole weights, 8 bits, 4 bits, all on the
GPU; then the same on the CPU. Figures decide first, and where they were wrong and
memory runs out, the next step is taken. Either way the plan says why, in Chinese.
That holds while a model is loaded: memory that runs out later leads to no other step.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final, Literal

from app.core.errors import ModelMemoryError

Device = Literal["auto", "cpu", "cuda"]
Quantisation = Literal["none", "8bit", "4bit", "fp4", "auto"]
Place = Literal["cpu", "cuda"]

IDLE_CARD: Final = "本机有 NVIDIA 显卡, 但安装的 torch 不支持 GPU"
"""Why there is no GPU where only a library is missing."""
CACHED_TOKENS: Final = 2048
"""Tokens that all caches of a desk hold together, prefixes among them."""
_CACHES: Final = 4
"""Caches that hold what comes before a prompt: for three patterns, and a pass aside."""


class Precision(StrEnum):
    """How weights are held."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"
    EIGHT_BITS = "8bit"
    FOUR_BITS = "4bit"
    """nf4, its scales in 8 bits."""
    FOUR_BITS_FP4 = "fp4"
    """fp4, its scales in 8 bits."""

    @property
    def packed(self) -> bool:
        """Whether bitsandbytes holds the weights of the linear layers."""
        return self in _PACKED


_PACKED: Final = {
    # A scale in float32 for each row of some thousand.
    Precision.EIGHT_BITS: 1.001,
    # 64 share a scale of 8 bits, and 256 scales one of float32.
    Precision.FOUR_BITS: 0.5 + 1 / 64 + 4 / (64 * 256),
    Precision.FOUR_BITS_FP4: 0.5 + 1 / 64 + 4 / (64 * 256),
}
"""Bytes of a weight."""
_WHOLE: Final = {
    Precision.FLOAT32: 4.0,
    Precision.BFLOAT16: 2.0,
    Precision.FLOAT16: 2.0,
}
_PACKING: Final = {
    Precision.EIGHT_BITS: 12,
    Precision.FOUR_BITS: 12,
    Precision.FOUR_BITS_FP4: 24,
}
"""Bytes for a weight of the largest matrix while it is packed on the CPU, measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """What a model needs memory for, in numbers."""

    linear: int
    """Parameters in matrices of linear layers, which can be packed."""
    other: int
    """All others: embeddings, norms, the output layer."""
    largest: int
    """Parameters of the largest of the matrices that can be packed."""
    token: int
    """Numbers that a cache keeps for a token."""
    before: int = 0
    """Tokens of a conversation that comes before every prompt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What memory is free, in bytes."""

    gpu_free: int | None = None
    """None: there is no GPU that can be used."""
    gpu_bf16: bool = True
    """Whether the GPU computes in bfloat16; older ones only in float16."""
    no_gpu: str = ""
    """Why there is no GPU, in Chinese."""
    ram_free: int | None = None
    """None: not known, and no reason to refuse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a model is held."""

    place: Place
    precision: Precision
    compute: Precision
    """What is computed in, and what all that is not packed is held in."""

    @property
    def title(self) -> str:
        """Say it in a word or two."""
        return f"{_PLACES[self.place]} {self.precision.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The way that is taken, and why."""

    way: Way
    needed: int
    """Bytes, estimated."""
    not_gpu: str
    """Why the GPU is not used, in Chinese; empty when it is."""
    reason: str
    """Why in this precision, in Chinese."""
    fallen: tuple[Way, ...] = ()
    """Ways that were taken before, and ran out of memory."""

    @property
    def notice(self) -> str:
        """Say that memory ran out, in Chinese; empty when it did not."""
        if not self.fallen:
            return ""
        tried = "、".join(way.title for way in self.fallen)
        return f"{tried} 内存不足, 已降为 {self.way.title}"


_PLACES: Final[dict[Place, str]] = {"cuda": "GPU", "cpu": "CPU"}
_ROOMS: Final[dict[Place, str]] = {"cuda": "显存", "cpu": "内存"}
_ORDERS: Final[dict[Quantisation, tuple[Precision, ...]]] = {
    "auto": (Precision.EIGHT_BITS, Precision.FOUR_BITS),
    "none": (Precision.EIGHT_BITS, Precision.FOUR_BITS),
    "8bit": (Precision.EIGHT_BITS, Precision.FOUR_BITS),
    "4bit": (Precision.FOUR_BITS,),
    # Rougher than nf4 and no smaller: only for who asks for it.
    "fp4": (Precision.FOUR_BITS_FP4,),
}
"""What is packed, in which order."""
_WHOLE_FIRST: Final = ("auto", "none")


def plan_for(
    sizes: Sizes,
    machine: Machine,
    *,
    device: Device,
    quantisation: Quantisation,
    fallen: Sequence[Way] = (),
) -> Plan:
    """Choose the first way, from the one that the settings wish for, that fits.

    `fallen` are ways that were tried and ran out of memory: what follows the last of
    them is looked at.

    Raises:
        ModelMemoryError: Not even the smallest fits; the sentence gives the figures.
    """
    ways = ladder(machine, device, quantisation)
    tight: list[Way] = []
    left = ways
    if fallen and fallen[-1] in ways:
        left = ways[ways.index(fallen[-1]) + 1 :]
    for way in left:
        free = _free(machine, way)
        # What is wished for is tried; but a CPU out of memory would end the desk.
        wished = quantisation != "auto" and way.place == "cuda" and way == ways[0]
        if wished or free is None or needed(sizes, way) <= free:
            return Plan(
                way=way,
                needed=needed(sizes, way),
                not_gpu=_not_gpu(machine, way, device),
                reason=_reason(sizes, machine, way, tight, quantisation),
                fallen=tuple(fallen),
            )
        tight.append(way)
    raise ModelMemoryError(_nothing_fits(sizes, machine, tight, fallen))


def ladder(
    machine: Machine, device: Device, quantisation: Quantisation
) -> tuple[Way, ...]:
    """Give the ways in their order, beginning with the one that is wished for."""
    found: list[Way] = []
    if device != "cpu" and machine.gpu_free is not None:
        half = Precision.BFLOAT16 if machine.gpu_bf16 else Precision.FLOAT16
        whole = (half,) if quantisation in _WHOLE_FIRST else ()
        found += [
            Way(place="cuda", precision=each, compute=half)
            for each in (*whole, *_ORDERS[quantisation])
        ]
        # Packing was wished for the GPU's sake: on a CPU it only saves memory.
        quantisation = "auto"
    if quantisation in _WHOLE_FIRST:
        found += [
            Way(place="cpu", precision=each, compute=each)
            for each in (Precision.FLOAT32, Precision.BFLOAT16)
        ]
    # Without units for them a CPU is slower in half precisions.
    found += [
        Way(place="cpu", precision=each, compute=Precision.FLOAT32)
        for each in _ORDERS[quantisation]
    ]
    return tuple(found)


def needed(sizes: Sizes, way: Way) -> int:
    """Estimate the bytes that a model takes: weights, caches, and room to compute."""
    whole = _WHOLE[way.compute]
    a_weight = _PACKED.get(way.precision, whole)
    weights = sizes.linear * a_weight + sizes.other * whole
    tokens = CACHED_TOKENS + _CACHES * sizes.before
    caches = tokens * sizes.token * whole
    # A packed matrix is unpacked to be multiplied with more than one token.
    room = sizes.largest * whole if way.precision.packed else 0.0
    if way.place == "cpu":
        room = max(room, float(sizes.largest * _PACKING.get(way.precision, 0)))
    return round((weights + caches + room) * _SPARE)


_SPARE: Final = 1.05
"""For what is computed with the weights, and lost between blocks of memory."""


def _free(machine: Machine, way: Way) -> int | None:
    return machine.gpu_free if way.place == "cuda" else machine.ram_free


def _not_gpu(machine: Machine, way: Way, device: Device) -> str:
    if way.place == "cuda":
        return ""
    return "设置中选择了 CPU" if device == "cpu" else machine.no_gpu or "显存不足"


def _reason(
    sizes: Sizes,
    machine: Machine,
    way: Way,
    tight: Sequence[Way],
    quantisation: Quantisation,
) -> str:
    said = [] if quantisation == "auto" else [f"压缩按设置为 {quantisation}"]
    said += [_too_tight(sizes, machine, each) for each in tight]
    free, need = _free(machine, way), needed(sizes, way)
    known = "未知" if free is None else _gb(free)
    said.append(
        f"{way.precision.value} 约需 {_gb(need)}, 可用{_ROOMS[way.place]} {known}"
    )
    return "; ".join(said)


def _too_tight(sizes: Sizes, machine: Machine, way: Way) -> str:
    free = _free(machine, way)
    assert free is not None
    need, room = _gb(needed(sizes, way)), _ROOMS[way.place]
    return f"{way.title} 约需 {need}, 可用{room}只有 {_gb(free)}"


def _nothing_fits(
    sizes: Sizes, machine: Machine, tight: Sequence[Way], fallen: Sequence[Way]
) -> str:
    said = [f"{way.title} 内存不足" for way in fallen]
    # What comes last of a place needs the least there.
    said += [
        _too_tight(sizes, machine, way)
        for way, after in pairwise([*tight, None])
        if way is not None and (after is None or after.place != way.place)
    ]
    return f"内存不足, 装不下语言模型: {'; '.join(said)}"


def _gb(count: int) -> str:
    if count < 10**9:
        return f"{count / 1e6:.0f} MB"
    return f"{count / 1e9:.1f} GB"
