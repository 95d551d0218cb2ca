"""ChatGLM3-6B with all its layers, without 12.5 GB of files and twice that of memory.

    python -m tests.benchmarks.quantised --full [--ways bfloat16 8bit 4bit training]

One layer is written, loaded and packed as the desk loads and packs it; the others are
copies of it, made one by one, so that memory never holds more than the model. Numbers
are random: what a pass takes does not depend on them. Measured are the memory, the
first command (its prompt and the answer, nothing guessed) and single tokens, behind a
prefix of 48 tokens; `training` is a step of P-tuning v2 on a base in nf4 by the
program's own trainer: one row on a CPU, four on a GPU as in the reference.
"""

import copy
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from app.agent.framing import Framing
from app.agent.prompts import split_answer, split_prompt
from app.core.cancel import CancelToken
from app.core.model import Check
from tests.benchmarks.quantised import PREFIX, load
from tests.benchmarks.six_billion import SENTENCES, language, wait

if TYPE_CHECKING:
    from app.agent.glm import LoadedGlm
    from app.tuning.training.backbone import Backbone

ROWS: Final = (
    (split_prompt(SENTENCES[0]), split_answer([("济南", Check.HEADCOUNT)])),
    (split_prompt("看佛山的安全帽"), split_answer([("佛山", Check.HELMET)])),
    (split_prompt("东莞有几个人"), split_answer([("东莞", Check.HEADCOUNT)])),
    (split_prompt("青岛电笔带了吗"), split_answer([("青岛", Check.EQUIPMENT)])),
)


def measure_full(
    folder: Path, device: Any, wanted: str, layers: int, tokens: int
) -> dict[str, object]:
    """Measure one precision, or a step of training, in a process of its own."""
    if wanted == "training":
        return _training(folder, layers)
    return _answering(folder, device, wanted, layers, tokens)


def grow(model: Any, layers: int) -> None:
    """Copy the first layer until there are so many."""
    stack = model.model.layers
    while len(stack) < layers:
        layer = copy.deepcopy(stack[0])
        layer.self_attn.layer_idx = len(stack)
        stack.append(layer)
    model.config.num_hidden_layers = layers
    if getattr(model.config, "layer_types", None):
        model.config.layer_types = model.config.layer_types[:1] * layers


def _answering(
    folder: Path, device: Any, wanted: str, layers: int, tokens: int
) -> dict[str, object]:
    from app.agent.decoding import Decoder

    began = perf_counter()
    glm = load(folder, device, wanted, prefix=False)
    loaded = perf_counter()
    grow(glm.model, layers)
    glm = replace(glm, prefix=_prefix(glm))
    wait(glm.device)
    grown = perf_counter()
    decoder, text = Decoder(glm), SENTENCES[0]
    prompt = split_prompt(text)
    answer = decoder.choose(prompt, language(text), CancelToken())
    wait(glm.device)
    called = perf_counter()
    # Its prompt is in the cache: what follows is one token after another.
    passes = decoder.write(prompt, longest=tokens, cancel=CancelToken()).passes
    wait(glm.device)
    step = (perf_counter() - called) / passes
    return {
        "layers": layers,
        "precision": glm.precision,
        **_machine(glm.device),
        "weights_gb": round(glm.model.get_memory_footprint() / 1e9, 2),
        **_memory(glm.device),
        "one_layer_loaded_s": round(loaded - began, 1),
        "copied_s": round(grown - loaded, 1),
        "first_call_s": round(called - grown, 2),
        "first_call_passes": answer.passes,
        "tokens_per_s": round(1 / step, 3),
        "tokens_written": passes,
    }


def _prefix(glm: "LoadedGlm") -> "Any":
    import torch

    config = glm.model.config
    shape = (1, config.num_key_value_heads, PREFIX, config.head_dim)
    kind = glm.model.get_input_embeddings().weight.dtype
    return tuple(
        tuple(torch.randn(shape, device=glm.model.device, dtype=kind) for _ in "kv")
        for _ in range(config.num_hidden_layers)
    )


def _training(folder: Path, layers: int) -> dict[str, object]:
    """Take two steps; the second is timed, the first also makes room."""
    import torch

    from app.tuning.training.attach import attach, trainable
    from app.tuning.training.backbone import device_of_process, load_backbone
    from app.tuning.training.engine import AnswerModel
    from app.tuning.training.memory import MemoryWatch
    from app.tuning.training.methods import plan_of

    plan = plan_of("ptuning-v2", "reference")
    backbone = load_backbone(folder / "base", four_bits=plan.four_bits)
    grow(backbone.model, layers)
    model = AnswerModel(attach(backbone, plan), plan).train()
    device = device_of_process()
    kind = device.partition(":")[0]
    rows = ROWS[:1] if kind == "cpu" else ROWS[: plan.batch]
    batch = _batch(backbone, rows, device, plan)
    wanted = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(wanted, lr=plan.learning_rate)
    watch = MemoryWatch()
    steps: list[float] = []
    losses: list[float] = []
    for _ in range(2):
        wait(kind)
        began = perf_counter()
        loss = model(**batch)["loss"]
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        wait(kind)
        steps.append(perf_counter() - began)
        losses.append(float(loss.detach()))
    some, every = trainable(model.model)
    return {
        "layers": layers,
        "precision": "4bit",
        "method": plan.method.value,
        **_machine(kind),
        "weights_gb": round(backbone.model.get_memory_footprint() / 1e9, 2),
        **_memory(kind),
        "process_peak_training_gb": round(watch.read().process * 2**20 / 1e9, 2),
        "trained": some,
        "parameters": every,
        "rows": len(rows),
        "tokens": sum(part[1].numel() for part in batch["parts"]),
        "steps_s": [round(step, 1) for step in steps],
        "losses": [round(loss, 3) for loss in losses],
        "samples_per_s": round(len(rows) / steps[-1], 4),
    }


def _batch(backbone: "Backbone", rows: Any, device: str, plan: Any) -> dict[str, Any]:
    from app.tuning.training.feed import collate, encode

    framing: Framing = backbone.framing
    examples = encode(
        framing,
        backbone.end,
        rows,
        max_source=plan.max_source,
        max_target=plan.max_target,
    )
    made = collate(examples)
    parts = [tuple(each.to(device) for each in part) for part in made["parts"]]
    return {"parts": parts, "labels": made["labels"].to(device)}


def _machine(device: str) -> dict[str, object]:
    import torch

    on_gpu = device == "cuda"
    return {
        "device": torch.cuda.get_device_name() if on_gpu else "cpu",
        "threads": torch.get_num_threads(),
    }


def _memory(device: str) -> dict[str, object]:
    import torch

    from app.tuning.training.memory import peak_of_process

    peak = torch.cuda.max_memory_allocated() / 1e9 if device == "cuda" else None
    return {
        "gpu_peak_gb": None if peak is None else round(peak, 2),
        "process_peak_gb": round(peak_of_process() * 2**20 / 1e9, 2),
    }
