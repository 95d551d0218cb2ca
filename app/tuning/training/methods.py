"""What can be tuned, and how: one frozen dataclass a method, two presets of each.

`reference` is the recipe of the reference documents: 48 virtual tokens, rate 2e-2, four
rows times sixteen, 1500 steps, 64 tokens of source and of target, base in 4 bits.
`griddesk` is what `tune search` found to be better on GLM-mini and the desk's own data.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import ClassVar, Final, Literal

from app.agent.prompts import (
    CALL_SEPARATOR,
    CHECK_CLAUSE,
    PART_SEPARATOR,
    PLACE_CLAUSE,
)
from app.tuning.training.errors import TuneError

INSTRUCTION: Final = (
    PLACE_CLAUSE.format(place="@")
    + PART_SEPARATOR
    + CHECK_CLAUSE.format(demand="&", label="%")
    + "|没有|检查|空"
    + CALL_SEPARATOR
)
"""The answer language as an instruction to the base; it has 48 characters."""


class Method(StrEnum):
    """The methods by the names that the command line knows."""

    PTUNING_V2 = "ptuning-v2"
    PROMPT_SOFT = "prompt-soft"
    PROMPT_TEXT = "prompt-text"
    PTUNING_V1 = "ptuning-v1"
    LORA = "lora"
    QLORA = "qlora"
    FULL = "full"


class Preset(StrEnum):
    """Where the numbers of a training come from."""

    REFERENCE = "reference"
    GRIDDESK = "griddesk"


Decay = Literal["cosine", "linear"]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What every method needs to be trained; the defaults are `griddesk`."""

    method: ClassVar[Method]

    steps: int = 800
    """Steps of the optimizer at most."""
    learning_rate: float = 1e-3
    batch: int = 32
    """Rows that one device takes at once."""
    accumulation: int = 1
    """Batches to one step of the optimizer."""
    warmup: int = 10
    """Steps until the full rate is reached."""
    decay: Decay = "cosine"
    max_norm: float = 1.0
    weight_decay: float = 0.0
    sampled: int = 0
    """Random negatives of the softmax in the first half; 0 uses the whole one."""
    max_source: int = 0
    """Tokens of a prompt, the rest is cut off; 0 takes prompts whole."""
    max_target: int = 0
    """Tokens of an answer, the rest is cut off; 0 takes answers whole."""
    four_bits: bool = False
    """Whether the frozen base is held in nf4 with double quantisation."""
    bf16: bool = True
    """Whether to compute in bfloat16 where the machine has it."""
    eval_every: int = 50
    """Steps from one look at the dev rows, and one checkpoint, to the next."""
    patience: int = 12
    """Looks without a better dev exact match that end the training; 0 never does."""


@dataclass(frozen=True, kw_only=True)
class PtuningV2(Plan):
    """P-tuning v2: keys and values of virtual tokens in every layer."""

    method: ClassVar[Method] = Method.PTUNING_V2
    # High, because keys and values are an order larger than weights.
    learning_rate: float = 0.15
    sampled: int = 512
    virtual_tokens: int = 48
    instruction: str = INSTRUCTION
    """The written start; empty starts from random numbers."""
    projection: bool = False
    """Whether two layers make the prefix from smaller vectors, as some papers do."""
    projection_size: int = 128


@dataclass(frozen=True, kw_only=True)
class PromptSoft(Plan):
    """Prompt tuning from random vectors: virtual tokens before the first layer."""

    method: ClassVar[Method] = Method.PROMPT_SOFT
    learning_rate: float = 0.3
    virtual_tokens: int = 48


@dataclass(frozen=True, kw_only=True)
class PromptText(Plan):
    """Prompt tuning that starts from the vectors of a written text."""

    method: ClassVar[Method] = Method.PROMPT_TEXT
    learning_rate: float = 0.03
    virtual_tokens: int = 48
    text: str = INSTRUCTION


@dataclass(frozen=True, kw_only=True)
class PtuningV1(Plan):
    """P-tuning: virtual tokens that a small network makes."""

    method: ClassVar[Method] = Method.PTUNING_V1
    learning_rate: float = 1e-3
    virtual_tokens: int = 48
    encoder: Literal["mlp", "lstm"] = "mlp"
    encoder_size: int = 256


@dataclass(frozen=True, kw_only=True)
class Lora(Plan):
    """LoRA: a low-rank difference beside every linear layer."""

    method: ClassVar[Method] = Method.LORA
    learning_rate: float = 1e-2
    rank: int = 8
    alpha: int = 16
    dropout: float = 0.0
    targets: str = "all-linear"
    """Names of the layers, parted by commas, or peft's word for all of them."""


@dataclass(frozen=True, kw_only=True)
class Qlora(Lora):
    """LoRA on a base in 4 bits."""

    method: ClassVar[Method] = Method.QLORA
    four_bits: bool = True


@dataclass(frozen=True, kw_only=True)
class Full(Plan):
    """Every weight of the base."""

    method: ClassVar[Method] = Method.FULL
    learning_rate: float = 3e-4
    weight_decay: float = 0.05


PLANS: Final[dict[Method, Callable[[], Plan]]] = {
    Method.PTUNING_V2: PtuningV2,
    Method.PROMPT_SOFT: PromptSoft,
    Method.PROMPT_TEXT: PromptText,
    Method.PTUNING_V1: PtuningV1,
    Method.LORA: Lora,
    Method.QLORA: Qlora,
    Method.FULL: Full,
}


def plan_of(method: Method | str, preset: Preset | str = Preset.GRIDDESK) -> Plan:
    """Return a method's plan by one of the presets.

    Raises:
        TuneError: There is no method or preset of that name.
    """
    chosen = PLANS[Method(_one_of(method, Method, "方法"))]()
    if Preset(_one_of(preset, Preset, "预设")) is Preset.GRIDDESK:
        return chosen
    chosen = replace(
        chosen,
        steps=1500,
        batch=4,
        accumulation=16,
        warmup=0,
        decay="linear",
        sampled=0,
        max_source=64,
        max_target=64,
        # Every weight cannot be trained where it is only 4 bits wide.
        four_bits=not isinstance(chosen, Full),
        bf16=False,
        patience=0,
    )
    match chosen:
        case PtuningV2():
            return replace(chosen, learning_rate=2e-2, instruction="")
        case Lora():
            # The references tune LoRA and all weights at the Trainer's usual rates.
            return replace(chosen, learning_rate=2e-4)
        case Full():
            return replace(chosen, learning_rate=5e-5)
        case _:
            return replace(chosen, learning_rate=2e-2)


_AT_LEAST_ONE: Final = (
    "steps",
    "batch",
    "accumulation",
    "eval_every",
    "virtual_tokens",
    "rank",
)
_AT_LEAST_NONE: Final = ("warmup", "sampled", "max_source", "max_target", "patience")


def adjusted(chosen: Plan, **changes: object) -> Plan:
    """Return a plan with other numbers; `None` leaves a number as it is.

    Raises:
        TuneError: The method has no such number, or the value is out of range.
    """
    wanted = {name: value for name, value in changes.items() if value is not None}
    unknown = sorted(wanted.keys() - asdict(chosen).keys())
    if unknown:
        raise TuneError(
            f"方法 {chosen.method} 没有参数 {', '.join(unknown)}",
            "请去掉该参数, 或换用有此参数的方法。",
        )
    plan = replace(chosen, **wanted)  # type: ignore[arg-type]
    for name in _AT_LEAST_ONE:
        if getattr(plan, name, 1) < 1:
            raise TuneError(f"参数 {name} 必须不小于 1", "请更正后再试。")
    for name in _AT_LEAST_NONE:
        if getattr(plan, name) < 0:
            raise TuneError(f"参数 {name} 不能小于 0", "请更正后再试。")
    if not plan.learning_rate > 0:
        raise TuneError("学习率必须大于 0", "请更正后再试。")
    if isinstance(plan, Full) and plan.four_bits:
        raise TuneError(
            "全参数微调不能使用 4 比特底座", "请去掉 4 比特选项, 或改用 qlora。"
        )
    if isinstance(plan, Qlora) and not plan.four_bits:
        raise TuneError("qlora 的底座总是 4 比特", "请去掉该选项, 或改用 lora。")
    return plan


def _one_of(value: str, known: type[StrEnum], what: str) -> str:
    names = [each.value for each in known]
    if str(value) not in names:
        raise TuneError(
            f"没有名为 {value} 的{what}", f"可用的{what}: {', '.join(names)}。"
        )
    return str(value)
