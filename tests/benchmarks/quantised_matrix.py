"""Whether packed weights help a processor: one matrix of ChatGLM3-6B, held each way.

    python -m tests.benchmarks.quantised --matrix

Prints the table of RESULTS.md: milliseconds of a product with 1, 16 and 64 tokens
(median of five, one thread), how far it lies from the product in float32, and the bytes
of a weight. bitsandbytes' kernels are those of the machine at hand.
"""

import logging
from collections.abc import Iterator
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import torch

ROWS, COLUMNS = 13_696, 4096
TOKENS: Final = (1, 16, 64)
_TIMES: Final = 5


def table(
    rows: int = ROWS, columns: int = COLUMNS, times: int = _TIMES
) -> Iterator[str]:
    """Give the lines of the table, each as soon as it is measured."""
    import torch

    # It says with each product what it computes in.
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    torch.manual_seed(0)
    torch.set_num_threads(1)
    dense = torch.nn.Linear(columns, rows, bias=False).requires_grad_(False)
    given = {count: torch.randn(count, columns) for count in TOKENS}
    heads = [f"{count} token{'s' if count > 1 else ''}" for count in TOKENS]
    yield f"| held as, computed in | {' | '.join(heads)} | error | bytes a weight |"
    yield "|---" * (len(TOKENS) + 3) + "|"
    for title, kind, layer in _held(dense):
        took = []
        for tokens in given.values():
            asked = tokens.to(kind)
            layer(asked)
            clock = [_timed(layer, asked) for _ in range(times)]
            took.append(f"{median(clock) * 1000:.0f}")
        most = given[TOKENS[-1]]
        wanted = dense(most)
        off = (layer(most.to(kind)).float() - wanted).norm() / wanted.norm()
        error = "" if layer is dense else f"{float(off):.2%}"
        size = _bytes(layer) / dense.weight.numel()
        yield f"| {title} | {' | '.join(took)} | {error} | {size:.2f} |"


def _held(dense: "torch.nn.Linear") -> "Iterator[tuple[str, torch.dtype, Any]]":
    import copy

    import torch
    from bitsandbytes.nn import Int8Params, Linear4bit, Linear8bitLt, Params4bit

    yield "float32", torch.float32, dense
    for kind in (torch.bfloat16, torch.float16):
        title = str(kind).removeprefix("torch.")
        yield title, kind, copy.deepcopy(dense).to(kind)
    rows, columns = dense.weight.shape
    for kind in (torch.float32, torch.bfloat16):
        title = str(kind).removeprefix("torch.")
        eight = Linear8bitLt(columns, rows, bias=False, has_fp16_weights=False)
        eight.weight = Int8Params(
            dense.weight.clone(), requires_grad=False, has_fp16_weights=False
        )
        yield f"8 bits, {title}", kind, eight.to("cpu").eval()
    for name, kind in (
        ("nf4", torch.float32),
        ("nf4", torch.bfloat16),
        ("fp4", torch.float32),
    ):
        four = Linear4bit(
            columns, rows, bias=False, compute_dtype=kind, quant_type=name
        )
        four.weight = Params4bit(
            dense.weight.clone(),
            requires_grad=False,
            quant_type=name,
            compress_statistics=True,
        )
        title = str(kind).removeprefix("torch.")
        yield f"{name}, {title}", kind, four.to("cpu").eval()


def _timed(layer: Any, asked: "torch.Tensor") -> float:
    began = perf_counter()
    layer(asked)
    return perf_counter() - began


def _bytes(layer: Any) -> float:
    """Count a matrix and what its scales take."""
    size = float(layer.weight.numel() * layer.weight.element_size())
    state = getattr(layer.weight, "quant_state", None)
    if state is not None:
        size += state.absmax.numel() * state.absmax.element_size()
        if state.nested:
            inner = state.state2.absmax
            size += inner.numel() * inner.element_size()
    scales = getattr(layer.weight, "SCB", None)
    if scales is not None:
        size += scales.numel() * scales.element_size()
    return size
