"""What a ChatGLM3-6B takes whole, in 8 bits and in 4: memory, tokens a second, waiting.

    python -m tests.benchmarks.quantised [--layers 28] [--device cpu] [--folder DIR]

The weights are random, in the shape of ChatGLM3-6B, and are written to a folder once
(12.5 GB with all layers) so that the desk's own loading is what is measured, with a
prefix of 48 tokens. Each precision has a process of its own. Prints one JSON object a
line. On a CPU take fewer layers: `--layers 2 --device cpu`; with one thread
(`OMP_NUM_THREADS=1`) the times are those of the process, as on an idle core.

    python -m tests.benchmarks.quantised --full [--ways bfloat16 4bit training]

measures all layers where there is no room for such files, and P-tuning on top of it:
see `quantised_full`. `--matrix` measures one matrix of it: see `quantised_matrix`.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

if TYPE_CHECKING:
    from app.agent.glm import LoadedGlm

BEGAN: Final = perf_counter()
PREFIX: Final = 48
WAYS: Final = {
    "cuda": ("none", "8bit", "4bit", "fp4"),
    "cpu": ("none", "bfloat16", "8bit", "4bit", "fp4"),
}
WRITTEN: Final = 16
"""Tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Widths:
    """Sizes of a GLM but for its layers; the defaults are ChatGLM3-6B's."""

    vocabulary: int = 65_024
    hidden: int = 4096
    inner: int = 13_696
    heads: int = 32
    groups: int = 2
    head: int = 128


CHATGLM3: Final = Widths()


def write_model(folder: Path, layers: int, widths: Widths = CHATGLM3) -> None:
    """Write base and prefix, one file a layer."""
    import torch
    from safetensors.torch import save_file
    from transformers import GlmConfig, GlmForCausalLM

    from app.system import paths

    config = GlmConfig(
        vocab_size=widths.vocabulary,
        hidden_size=widths.hidden,
        intermediate_size=widths.inner,
        num_hidden_layers=layers,
        num_attention_heads=widths.heads,
        num_key_value_heads=widths.groups,
        head_dim=widths.head,
        attention_bias=True,
        max_position_embeddings=8192,
        pad_token_id=0,
        eos_token_id=1,
        dtype="bfloat16",
        architectures=["GlmForCausalLM"],
    )
    with torch.device("meta"):
        shapes = {n: w.shape for n, w in GlmForCausalLM(config).state_dict().items()}
    torch.manual_seed(0)
    most = max(shape.numel() for shape in shapes.values())
    noise = torch.randn(most).mul_(0.02).bfloat16()
    files: dict[str, dict[str, torch.Tensor]] = {}
    for name, shape in shapes.items():
        part = name.split(".")[2] if ".layers." in name else "rest"
        whole = torch.ones(shape, dtype=torch.bfloat16)
        # A copy, because two tensors of a file may not share their memory.
        tensor = whole if len(shape) == 1 else noise[: shape.numel()].view(shape)
        files.setdefault(f"model-{part}.safetensors", {})[name] = tensor
    base = folder / "base"
    base.mkdir(parents=True)
    places: dict[str, str] = {}
    for file, tensors in files.items():
        copies = {name: tensor.clone() for name, tensor in tensors.items()}
        save_file(copies, base / file, metadata={"format": "pt"})
        places |= dict.fromkeys(tensors, file)
    index = {"metadata": {}, "weight_map": places}
    name = "model.safetensors.index.json"
    (base / name).write_text(json.dumps(index), encoding="utf-8")
    config.save_pretrained(base)
    mini = paths.program_root() / "models" / "glm-mini"
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        shutil.copy(mini / name, base)
    write_prefix(folder / "prefix", layers, widths)


def write_prefix(folder: Path, layers: int, widths: Widths) -> None:
    import torch
    from safetensors.torch import save_file

    folder.mkdir()
    table = torch.randn(PREFIX, layers * 2 * widths.groups * widths.head)
    save_file({"prompt_embeddings": table}, folder / "adapter_model.safetensors")
    settings = {
        "peft_type": "PREFIX_TUNING",
        "num_virtual_tokens": PREFIX,
        "num_layers": layers,
        "num_attention_heads": widths.groups,
    }
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(settings), encoding="utf-8")


def load(folder: Path, device: Any, wanted: str, *, prefix: bool = True) -> "LoadedGlm":
    """Load as the desk does; a CPU comes to bfloat16 where float32 did not fit."""
    from app.agent import glm as loading
    from app.agent.precision import Precision, Way
    from app.agent.quantising import load_base

    whole, half = Precision.FLOAT32, wanted == "bfloat16" and device == "cpu"
    tried = Way(place="cpu", precision=whole, compute=whole)
    fallen = (tried,) if half else ()
    with patch.object(loading, "load_base", partial(load_base, fallen=fallen)):
        return loading.load_glm(
            folder / "base",
            folder / "prefix" if prefix else None,
            device=device,
            quantisation="none" if wanted == "bfloat16" else wanted,  # type: ignore[arg-type]
        )


def measure(folder: Path, device: Any, wanted: str) -> dict[str, object]:
    """Load, answer one command, write; in this process, which did nothing else."""
    import torch

    from app.agent.decoding import Decoder
    from app.agent.prompts import split_prompt
    from app.core.cancel import CancelToken
    from app.tuning.training.memory import peak_of_process
    from tests.benchmarks.six_billion import SENTENCES, language, wait

    before = peak_of_process()
    # A processor that others use as well would be measured with them.
    alone = device == "cpu" and torch.get_num_threads() == 1
    clock, started = (process_time, 0.0) if alone else (perf_counter, BEGAN)
    began = clock()
    glm = load(folder, device, wanted)
    wait(glm.device)
    loaded = clock()
    first = SENTENCES[0]
    Decoder(glm).choose(split_prompt(first), language(first), CancelToken())
    wait(glm.device)
    called = clock()
    again = SENTENCES[1]
    decoder = Decoder(glm)
    decoder.choose(split_prompt(first), language(first), CancelToken())
    mid = clock()
    decoder.choose(split_prompt(again), language(again), CancelToken())
    wait(glm.device)
    ended = clock()
    began_writing = clock()
    passes = decoder.write(
        split_prompt(again), longest=WRITTEN, cancel=CancelToken()
    ).passes
    wait(glm.device)
    step = (clock() - began_writing) / passes
    on_gpu = glm.device == "cuda"
    return {
        "device": torch.cuda.get_device_name() if on_gpu else "cpu",
        "layers": glm.model.config.num_hidden_layers,
        "precision": glm.precision,
        "reason": glm.reason,
        "notice": glm.notice,
        "weights_gb": round(glm.model.get_memory_footprint() / 1e9, 2),
        "gpu_peak_gb": round(torch.cuda.max_memory_allocated() / 1e9, 2)
        if on_gpu
        else None,
        "process_peak_gb": round(peak_of_process() * 2**20 / 1e9, 2),
        "libraries_gb": round(before * 2**20 / 1e9, 2),
        "load_s": round(loaded - began, 1),
        "first_call_s": round(called - started, 1),
        "later_call_ms": round((ended - mid) * 1000, 1),
        "tokens_per_s": round(1 / step, 2),
        "threads": torch.get_num_threads(),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=int, default=28)
    parser.add_argument("--device", choices=list(WAYS))
    parser.add_argument("--folder", type=Path, help="keep or reuse the model here")
    parser.add_argument("--ways", nargs="*", help="only these")
    parser.add_argument("--full", action="store_true", help="all layers, in memory")
    parser.add_argument("--tokens", type=int, default=4, help="written with --full")
    parser.add_argument("--matrix", action="store_true", help="one matrix alone")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.matrix:
        from tests.benchmarks.quantised_matrix import table

        print("\n".join(table()))
        return
    if asked.one:
        if asked.full:
            from tests.benchmarks.quantised_full import measure_full

            found = measure_full(
                asked.folder, asked.device, asked.one, asked.layers, asked.tokens
            )
        else:
            found = measure(asked.folder, asked.device, asked.one)
        print(json.dumps(found, ensure_ascii=False), flush=True)
        return
    import torch

    device = asked.device or ("cuda" if torch.cuda.is_available() else "cpu")
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.folder or Path(scratch)
        if not (folder / "prefix").is_dir():
            # In memory the first layer is what the others are copies of.
            write_model(folder, 1 if asked.full else asked.layers)
        ways = ("bfloat16", "8bit", "4bit", "training") if asked.full else WAYS[device]
        for way in asked.ways or ways:
            command = [sys.executable, "-m", __spec__.name, "--one", way]
            command += ["--device", device, "--folder", str(folder)]
            if asked.full:
                command += ["--full", "--layers", str(asked.layers)]
                command += ["--tokens", str(asked.tokens)]
            made = subprocess.run(command, capture_output=True, text=True, check=False)
            print(made.stdout.strip() or made.stderr.strip()[-2000:], flush=True)


if __name__ == "__main__":
    main()
