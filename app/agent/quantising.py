"""Loading a base model the way that was planned, and a step lower where memory ends.

bitsandbytes packs the linear layers in 8 or 4 bits while the files are read, matrix by
matrix. On a CPU without AVX-512 it only saves memory: each pass unpacks every matrix.
"""

import gc
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from app.agent.int8 import SCALE
from app.agent.precision import (
    IDLE_CARD,
    Device,
    Machine,
    Place,
    Plan,
    Precision,
    Quantisation,
    Sizes,
    Way,
    plan_for,
)
from app.agent.room import PROMPT_ROOM
from app.agent.watch import dismantle, free_memory, out_of_memory, says_full
from app.core.errors import ModelCorruptError, ModelMissingError
from app.system.graphics import has_nvidia_card
from app.system.memory import free_ram

log = logging.getLogger(__name__)

_FETCH: Final = "请运行 griddesk models verify 检查, 或重新取得该模型。"
_NEVER_PACKED: Final = ("embed", "lm_head")
"""In the names of tables that bitsandbytes leaves as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedBase:
    """A model in memory, and the way that led there."""

    model: Any
    plan: Plan


def load_base(
    folder: Path,
    *,
    device: Device,
    quantisation: Quantisation,
    fallen: tuple[Way, ...] = (),
    before: int = 0,
) -> LoadedBase:
    """Load the weights in the best way that fits, after those that have `fallen`.

    `before` are tokens of a conversation before every prompt; they need memory, too.
    A way that runs out of memory, in loading or in a first pass, is left for the next
    one; the plan that comes back names it.

    Raises:
        ModelMemoryError: No way fits.
        ModelMissingError: bitsandbytes is wanted and not there.
        ModelCorruptError: The files cannot be read, or weights are missing.
    """
    sizes = replace(sizes_of(folder), before=before)
    model: Any = None
    while True:
        plan = plan_for(
            sizes,
            machine(ask_gpu=device != "cpu"),
            device=device,
            quantisation=quantisation,
            fallen=fallen,
        )
        try:
            model = _load(folder, plan.way)
            if plan.way.place == "cuda":
                _probe(model, PROMPT_ROOM + before)
            return LoadedBase(model=model, plan=plan)
        except Exception as error:
            if not out_of_memory(error):
                raise
            log.warning("%s does not fit as %s", folder.name, plan.way.title)
        # Outside the handler: the error holds what was loaded so far.
        if model is not None:
            dismantle(model)
            model = None
        gc.collect()
        fallen = (*fallen, plan.way)
        free_memory(plan.way.place)


def machine(*, ask_gpu: bool = True) -> Machine:
    """Look at what memory is free now.

    A GPU that may not be used is not asked: one that is stuck would never answer.
    """
    ram = free_ram()
    if not ask_gpu:
        return Machine(ram_free=ram)
    import torch

    if not torch.cuda.is_available():
        no_gpu = "没有可用的 NVIDIA GPU 或驱动"
        if torch.version.cuda is None:
            no_gpu = IDLE_CARD if has_nvidia_card() else "安装的 torch 不支持 GPU"
        return Machine(no_gpu=no_gpu, ram_free=ram)
    return Machine(
        gpu_free=torch.cuda.mem_get_info()[0],
        gpu_bf16=torch.cuda.is_bf16_supported(including_emulation=False),
        ram_free=ram,
    )


def sizes_of(folder: Path) -> Sizes:
    """Read a model's sizes from its configuration and the headers of its files.

    Raises:
        ModelCorruptError: They cannot be read.
    """
    from safetensors import safe_open
    from transformers import AutoConfig

    linear = other = largest = 0
    try:
        config = AutoConfig.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
        for path in folder.glob("*.safetensors"):
            with safe_open(path, "pt") as file:
                for name in file.keys():  # noqa: SIM118 – it is no mapping
                    shape = file.get_slice(name).get_shape()
                    count = 1
                    for size in shape:
                        count *= size
                    if name.endswith(SCALE):
                        continue
                    if len(shape) == 2 and not any(n in name for n in _NEVER_PACKED):
                        linear += count
                        largest = max(largest, count)
                    else:
                        other += count
    except Exception as error:
        raise _corrupt(folder, error) from error
    head = getattr(config, "head_dim", None) or (
        config.hidden_size // config.num_attention_heads
    )
    groups = getattr(config, "num_key_value_heads", config.num_attention_heads)
    return Sizes(
        linear=linear,
        other=other,
        largest=largest,
        token=2 * config.num_hidden_layers * groups * head,
    )


def _load(folder: Path, way: Way) -> Any:
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging as transformers_logging

    # Its bars would end up among the desk's own messages.
    transformers_logging.disable_progress_bar()
    options: dict[str, Any] = {
        "local_files_only": True,
        "trust_remote_code": False,
        "use_safetensors": True,
        "dtype": getattr(torch, way.compute.value),
    }
    if way.place == "cuda" or way.precision.packed:
        options["device_map"] = {"": torch_device(way.place)}
    with _reported() as report:
        try:
            if way.precision.packed:
                options["quantization_config"] = _packing(way)
            model, info = AutoModelForCausalLM.from_pretrained(
                folder, output_loading_info=True, **options
            )
        except ImportError as error:
            raise ModelMissingError(
                f"按 {way.precision.value} 量化需要的程序库不可用: {error}",
                "请把量化设置改为 none, 或安装 bitsandbytes。",
            ) from error
        except Exception as error:
            if out_of_memory(error):
                raise
            if says_full(report.text):
                # What fails in packing is told to the log, and another error raised.
                raise MemoryError(way.title) from error
            raise _corrupt(folder, error) from error
    lacking = sorted(info["missing_keys"]) + sorted(
        str(key) for key in info["mismatched_keys"]
    )
    if lacking:
        # Missing weights would be filled with random numbers, without an error.
        raise ModelCorruptError(
            f"模型 {folder.name} 缺少 {len(lacking)} 组权重, 例如 {lacking[0]}", _FETCH
        )
    return model.eval().requires_grad_(False)


def torch_device(place: Place) -> str:
    """Name a place as torch does."""
    return place


def _packing(way: Way) -> Any:
    import torch
    from transformers import BitsAndBytesConfig

    # It says with each pass what it computes in.
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    if way.precision is Precision.EIGHT_BITS:
        return BitsAndBytesConfig(load_in_8bit=True)
    kind = "nf4" if way.precision is Precision.FOUR_BITS else "fp4"
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type=kind,
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=getattr(torch, way.compute.value),
    )


class _Report(logging.Filter):
    """Keeps what transformers tells of this thread's loading, and tells it nobody.

    A table of keys is nothing for an operator's console. Another thread may be loading
    as well: after a GPU that is stuck, the one that loads on the processor.
    """

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.get_ident()
        self.text = ""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.thread != self._thread:
            return True
        if record.levelno >= logging.WARNING:
            self.text += record.getMessage()
        return False


@contextmanager
def _reported() -> Iterator[_Report]:
    teller, report = logging.getLogger("transformers.modeling_utils"), _Report()
    teller.addFilter(report)
    try:
        yield report
    finally:
        teller.removeFilter(report)


def _probe(model: Any, tokens: int) -> None:
    """Compute once: what has no memory to work is better known before a command."""
    import torch

    ids = torch.zeros((1, tokens), dtype=torch.long, device=model.device)
    with torch.inference_mode():
        model(ids, use_cache=True, logits_to_keep=1).logits.sum().item()


def _corrupt(folder: Path, error: Exception) -> ModelCorruptError:
    said = str(error).strip().splitlines() or [""]
    return ModelCorruptError(
        f"模型 {folder.name} 无法读取 ({type(error).__name__}: {said[0][:120]})", _FETCH
    )
