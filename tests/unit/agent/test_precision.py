"""Which way a model is held in, by what memory is free and what is wished for."""

from dataclasses import replace

import pytest

from app.agent.precision import (
    Machine,
    Quantisation,
    Sizes,
    ladder,
    needed,
    plan_for,
)
from app.core.errors import ModelMemoryError

GB = 10**9
CHATGLM3 = Sizes(
    linear=5_710_544_896, other=533_039_104, largest=112_197_632, token=14_336
)
"""ChatGLM3-6B."""
NO_GPU = Machine(no_gpu="没有可用的 NVIDIA GPU 或驱动", ram_free=64 * GB)


def gpu(gb: float, ram: float = 64) -> Machine:
    return Machine(gpu_free=round(gb * GB), ram_free=round(ram * GB))


@pytest.mark.parametrize(
    ("machine", "title"),
    [
        (gpu(24), "GPU bfloat16"),
        (replace(gpu(24), gpu_bf16=False), "GPU float16"),
        (gpu(12), "GPU 8bit"),
        (gpu(6), "GPU 4bit"),
        (gpu(2), "CPU float32"),
        (NO_GPU, "CPU float32"),
        (replace(NO_GPU, ram_free=16 * GB), "CPU bfloat16"),
        (replace(NO_GPU, ram_free=11 * GB), "CPU 8bit"),
        (replace(NO_GPU, ram_free=8 * GB), "CPU 4bit"),
        (replace(NO_GPU, ram_free=None), "CPU float32"),
    ],
)
def test_the_best_way_that_fits_is_taken(machine: Machine, title: str) -> None:
    plan = plan_for(CHATGLM3, machine, device="auto", quantisation="auto")
    assert plan.way.title == title
    assert plan.needed == needed(CHATGLM3, plan.way)
    assert not plan.notice
    assert not plan.fallen


@pytest.mark.parametrize(
    ("title", "marked"),
    [
        # Published with ChatGLM-6B: 13 GB, 8 GB and 6 GB.
        ("GPU bfloat16", (12.5, 13.5)),
        ("GPU 8bit", (6.5, 9.0)),
        ("GPU 4bit", (4.0, 6.0)),
    ],
)
def test_what_a_published_model_needs_is_near_what_its_makers_say(
    title: str, marked: tuple[float, float]
) -> None:
    ways = {way.title: way for way in ladder(gpu(24), "auto", "auto")}
    assert marked[0] < needed(CHATGLM3, ways[title]) / GB < marked[1]


def test_fp4_is_taken_by_nobody_who_did_not_ask_for_it() -> None:
    machines = [gpu(each / 4) for each in range(100)]
    titles = set()
    for machine in machines:
        titles |= {w.title for w in ladder(machine, "auto", "auto")}
    assert not any("fp4" in title for title in titles)
    plan = plan_for(CHATGLM3, gpu(24), device="auto", quantisation="fp4")
    assert plan.way.title == "GPU fp4"


def test_the_reason_gives_the_figures_of_what_is_taken_and_of_what_did_not_fit() -> (
    None
):
    plan = plan_for(CHATGLM3, gpu(6), device="auto", quantisation="auto")
    tight = [w for w in ladder(gpu(6), "auto", "auto") if w.title != "GPU 4bit"][:2]
    for way in (*tight, plan.way):
        assert f"{needed(CHATGLM3, way) / GB:.1f} GB" in plan.reason
        assert way.precision.value in plan.reason
    assert plan.reason.count("可用显存") == 3
    assert "6.0 GB" in plan.reason
    assert plan.not_gpu == ""


@pytest.mark.parametrize(
    ("machine", "device", "why"),
    [
        (NO_GPU, "auto", "没有可用的 NVIDIA GPU 或驱动"),
        (NO_GPU, "cuda", "没有可用的 NVIDIA GPU 或驱动"),
        (gpu(24), "cpu", "设置中选择了 CPU"),
        (gpu(2), "auto", "显存不足"),
        (gpu(2), "cuda", "显存不足"),
    ],
)
def test_a_gpu_that_is_not_used_has_its_reason(
    machine: Machine, device: str, why: str
) -> None:
    plan = plan_for(CHATGLM3, machine, device=device, quantisation="auto")  # type: ignore[arg-type]
    assert plan.way.place == "cpu"
    assert plan.not_gpu == why


@pytest.mark.parametrize(
    ("wish", "title"),
    [("none", "GPU bfloat16"), ("8bit", "GPU 8bit"), ("4bit", "GPU 4bit")],
)
def test_a_wish_is_tried_on_the_gpu_and_named_whatever_the_figures_say(
    wish: Quantisation, title: str
) -> None:
    for machine in (gpu(24), gpu(3)):
        plan = plan_for(CHATGLM3, machine, device="auto", quantisation=wish)
        assert plan.way.title == title
        assert f"压缩按设置为 {wish}" in plan.reason


def test_a_wish_that_the_cpu_has_no_memory_for_is_not_tried() -> None:
    # The system would end the desk, not only the loading.
    plan = plan_for(
        CHATGLM3,
        replace(NO_GPU, ram_free=8 * GB),
        device="auto",
        quantisation="none",
    )
    assert plan.way.title == "CPU 4bit"
    assert plan.reason.count("只有 8.0 GB") == 3


def test_after_a_full_memory_the_next_ways_are_looked_at_and_the_full_ones_named() -> (
    None
):
    machine = gpu(24)
    ways = ladder(machine, "auto", "none")
    titles = []
    for count in range(len(ways)):
        plan = plan_for(
            CHATGLM3,
            machine,
            device="auto",
            quantisation="none",
            fallen=ways[:count],
        )
        titles.append(plan.way.title)
        assert plan.fallen == ways[:count]
        assert all(way.title in plan.notice for way in ways[:count])
        assert (plan.way.title in plan.notice) == (count > 0)
    assert titles == [
        "GPU bfloat16",
        "GPU 8bit",
        "GPU 4bit",
        "CPU float32",
        "CPU bfloat16",
        "CPU 8bit",
        "CPU 4bit",
    ]


def test_after_a_full_memory_the_next_way_must_fit_by_what_is_free_then() -> None:
    full = ladder(gpu(24), "auto", "auto")[:1]
    plan = plan_for(CHATGLM3, gpu(5.5), device="auto", quantisation="auto", fallen=full)
    assert plan.way.title == "GPU 4bit"
    gone = replace(NO_GPU, ram_free=64 * GB)
    plan = plan_for(CHATGLM3, gone, device="auto", quantisation="auto", fallen=full)
    assert plan.way.title == "CPU float32"


def test_on_a_cpu_packed_weights_are_computed_with_in_float32() -> None:
    # Measured: half precisions cost three times as much without units for them.
    for way in ladder(NO_GPU, "cpu", "auto"):
        if way.precision.packed:
            assert way.compute == "float32"
    old = Machine(gpu_free=GB, gpu_bf16=False)
    on_gpu = [w for w in ladder(old, "auto", "auto") if w.place == "cuda"]
    assert {way.compute.value for way in on_gpu} == {"float16"}


def test_where_nothing_fits_the_sentence_has_the_least_that_each_place_needs() -> None:
    with pytest.raises(ModelMemoryError) as error:
        plan_for(CHATGLM3, gpu(2, ram=3), device="auto", quantisation="auto")
    assert "GPU 4bit" in error.value.message
    assert "CPU 4bit" in error.value.message
    assert "2.0 GB" in error.value.message
    assert "3.0 GB" in error.value.message
    assert "bfloat16" not in error.value.message
    assert error.value.remedy
