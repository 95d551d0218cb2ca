"""A checkpoint that transformers reads as it is, such as those of GLM-4 (`-hf`).

Its files are copied, and nothing else of its folder: no program, no pickle.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from app.core.cancel import CancelToken
from app.core.errors import ModelMissingError
from app.modelstore.chatglm.reading import weight_files
from app.modelstore.chatglm.writing import need_space
from app.modelstore.files import BLOCK
from app.modelstore.progress import Listener, Progress, Step

_KINDS: Final = frozenset({"glm", "chatglm_6b"})
"""What transformers calls ChatGLM2 to GLM-4, and this program the first ChatGLM."""
_NEEDED: Final = ("config.json", "tokenizer.json")
_KEPT: Final = (
    *_NEEDED,
    "generation_config.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "chat_template.jinja",
    "model.safetensors.index.json",
)


def is_native(configuration: Mapping[str, object]) -> bool:
    """Say whether a `config.json` is one that needs no conversion."""
    return configuration.get("model_type") in _KINDS


def copy_model(
    source: Path, target: Path, progress: Listener, cancel: CancelToken
) -> None:
    """Copy the files of the model in `source` into the empty folder `target`.

    Raises:
        ModelMissingError: One that is needed is not there.
        MissingError: There is no space for them.
        OSError, Cancelled: What was copied by then is of no use.
    """
    weights = weight_files(source)
    absent = [name for name in _NEEDED if not (source / name).is_file()]
    if weights[0].suffix != ".safetensors":
        absent.append("*.safetensors")
    if absent:
        raise ModelMissingError(
            f"{source.name} 缺少文件 {'、'.join(absent)}",
            "请重新取得完整的模型文件夹。",
        )
    files = [*filter(Path.is_file, (source / name for name in _KEPT)), *weights]
    total, done = sum(path.stat().st_size for path in files), 0
    need_space(target, total, source.name, shutil.disk_usage(target).free)
    for path in files:
        with path.open("rb") as given, (target / path.name).open("wb") as taken:
            while block := given.read(BLOCK):
                cancel.raise_if_cancelled()
                taken.write(block)
                done += len(block)
                progress(Progress(step=Step.UNPACKING, done=done, total=total))
