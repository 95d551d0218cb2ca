"""How much memory and time the import of a published ChatGLM3-6B takes.

    python -m tests.benchmarks.importing [--layers 28] [--safetensors]

Writes a checkpoint with random weights as THUDM published it – pickles of 1.8 GB, its
names, its configuration – and imports it in a process of its own as `griddesk models
import` does: weights and tokenizer, hashes, a first computation. Prints one JSON object
with the peak of the process in each part: what it holds itself, and all of it with the
files that are mapped into it, whose memory the system takes back when it needs it.
All 28 layers need 50 GB of disk for a moment; what is held does not depend on them.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Final

SHARD: Final = 1_800_000_000
CONFIGURATION: Final[dict[str, object]] = {
    "model_type": "chatglm",
    "architectures": ["ChatGLMModel"],
    "add_bias_linear": False,
    "add_qkv_bias": True,
    "ffn_hidden_size": 13_696,
    "hidden_size": 4096,
    "kv_channels": 128,
    "layernorm_epsilon": 1e-05,
    "multi_query_attention": True,
    "multi_query_group_num": 2,
    "num_attention_heads": 32,
    "padded_vocab_size": 65_024,
    "seq_length": 8192,
    "torch_dtype": "float16",
    "eos_token_id": 2,
    "pad_token_id": 0,
}


def write_checkpoint(
    folder: Path, layers: int, *, pickled: bool, **changes: object
) -> None:
    """Write the files of a checkpoint, one after another."""
    import torch
    from safetensors.torch import save_file

    from app.modelstore.chatglm.names import published
    from app.modelstore.chatglm.shape import shape_of
    from tests.unit.modelstore.test_chatglm_tokens import proto, words

    folder.mkdir(parents=True)
    configuration = CONFIGURATION | {"num_layers": layers} | changes
    (folder / "config.json").write_text(json.dumps(configuration), encoding="utf-8")
    pieces = [word for word, _ in zip(words(70_000), range(64_530), strict=False)]
    (folder / "tokenizer.model").write_bytes(proto(pieces))
    (folder / "tokenization_chatglm.py").write_text("# <|user|>", encoding="utf-8")
    suffix = "bin" if pickled else "safetensors"
    torch.manual_seed(0)
    held: dict[str, torch.Tensor] = {}
    number = size = 0

    def flush() -> None:
        nonlocal number, size
        number += 1
        path = folder / f"pytorch_model-{number:05d}.{suffix}"
        torch.save(held, path) if pickled else save_file(held, path)
        held.clear()
        size = 0

    for each in published(shape_of(configuration, "random")):
        flat = len(each.shape) == 1
        made = torch.ones(each.shape) if flat else torch.randn(each.shape) * 0.02
        held[each.name] = made.half()
        size += 2 * made.numel()
        if size >= SHARD:
            flush()
    flush()


class Held:
    """Looks again and again at what the process holds besides mapped files."""

    def __enter__(self) -> "Held":
        self.peak, self._over = 0, threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        status = Path("/proc/self/status")
        while not self._over.wait(0.02):
            for line in status.read_text("ascii").splitlines():
                if line.startswith("RssAnon:"):
                    self.peak = max(self.peak, int(line.split()[1]) * 1024)


def imported(source: Path, target: Path) -> dict[str, object]:
    """Import it; in this process, which did nothing else."""
    from app.agent.proving import prove_base
    from app.core.cancel import CancelToken
    from app.modelstore.chatglm.importing import write_model
    from app.tuning.training.memory import MemoryWatch

    target.mkdir()
    watch, began = MemoryWatch(), perf_counter()
    with Held() as held:
        write_model(source, target, lambda _: None, CancelToken(), name="chatglm3-6b")
    written, converting = perf_counter(), watch.read()
    watch = MemoryWatch()
    with Held() as proved:
        prove_base(target)
    proving, ended = watch.read(), perf_counter()
    files = target.glob("*.safetensors")
    return {
        "weights_gb": round(sum(each.stat().st_size for each in files) / 1e9, 2),
        "converting_holds_gb": round(held.peak / 1e9, 2),
        "converting_with_files_gb": round(converting.process * 2**20 / 1e9, 2),
        "proving_holds_gb": round(proved.peak / 1e9, 2),
        "proving_with_files_gb": round(proving.process * 2**20 / 1e9, 2),
        "converting_s": round(written - began, 1),
        "proving_s": round(ended - written, 1),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=int, default=28)
    parser.add_argument("--safetensors", action="store_true")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.one:
        found = imported(asked.one / "from", asked.one / "to")
        print(json.dumps({"layers": asked.layers, **found}), flush=True)
        return
    with tempfile.TemporaryDirectory() as scratch:
        pickled = not asked.safetensors
        write_checkpoint(Path(scratch) / "from", asked.layers, pickled=pickled)
        command = [sys.executable, "-m", __spec__.name, "--one", scratch]
        command += ["--layers", str(asked.layers)]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
