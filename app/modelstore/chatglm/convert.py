"""Making a published ChatGLM checkpoint into a model of this program.

Names are looked through before anything is written. Then tensor after tensor is read,
renamed and written, so that a model of 12 GB needs little more than 2 GB of memory.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from app.core.cancel import CancelToken
from app.core.errors import ModelCorruptError
from app.modelstore.bases import read_object
from app.modelstore.chatglm.names import IGNORED, Published, published
from app.modelstore.chatglm.reading import opened, weight_files
from app.modelstore.chatglm.shape import Shape, shape_of
from app.modelstore.chatglm.writing import SHARD, ShardWriter, need_space
from app.modelstore.progress import Listener, Progress, Step, ignore

_DAMAGED: Final = "请重新取得完整的模型文件夹。"


def convert_weights(
    source: Path,
    target: Path,
    progress: Listener = ignore,
    cancel: CancelToken | None = None,
    *,
    shard: int = SHARD,
    free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
) -> Shape:
    """Write configuration and weights of the model in `source` into `target`.

    `target` is an empty folder; `shard` is the size of a file in bytes.

    Raises:
        ModelCorruptError: A weight is missing, is not expected, or has another shape;
            or a file holds more than tensors.
        ModelMissingError: A file is not there.
        MissingError: There is no space for it.
        OSError, Cancelled: What was written by then is of no use.
    """
    cancel = cancel or CancelToken()
    shape = shape_of(read_object(source / "config.json"), source.name)
    files = weight_files(source)
    expected = {each.name: each for each in published(shape)}
    _check_names(files, expected, source.name)
    size = sum(file.stat().st_size for file in files)
    need_space(target, size, source.name, free_bytes(target))
    writer = ShardWriter(target, shard)
    done = 0
    for file in files:
        with opened(file) as weights:
            for name in weights.names():
                cancel.raise_if_cancelled()
                if IGNORED.search(name):
                    continue
                tensor = weights.take(name)
                _add(writer, expected[name], tensor, shape, source.name)
                done += tensor.numel() * tensor.element_size()
                progress(Progress(step=Step.UNPACKING, done=done, total=size))
    writer.finish()
    text = json.dumps(shape.configuration(), indent=2, sort_keys=True)
    (target / "config.json").write_text(text + "\n", encoding="utf-8")
    return shape


def _add(
    writer: ShardWriter, known: Published, tensor: object, shape: Shape, name: str
) -> None:
    import torch

    if not isinstance(tensor, torch.Tensor):
        raise ModelCorruptError(f"{name} 的 {known.name} 不是张量", _DAMAGED)
    if tuple(tensor.shape) != known.shape:
        raise ModelCorruptError(
            f"{name} 的权重 {known.name} 形状为 {tuple(tensor.shape)}, "
            f"按它的配置应为 {known.shape}",
            _DAMAGED,
        )
    tensor = tensor.to(getattr(torch, shape.dtype))
    for part in known.parts:
        rows = tensor if part.rows is None else tensor[slice(*part.rows)]
        writer.add(part.name, rows)


def _check_names(files: list[Path], expected: dict[str, Published], name: str) -> None:
    """Compare every name with the published list, before anything is written."""
    found: set[str] = set()
    for file in files:
        with opened(file) as weights:
            names = [each for each in weights.names() if not IGNORED.search(each)]
        if twice := found.intersection(names):
            raise ModelCorruptError(
                f"{name} 的权重 {min(twice)} 出现在两个文件里", _DAMAGED
            )
        found.update(names)
    if strange := sorted(found - expected.keys()):
        raise ModelCorruptError(
            f"{name} 有 {len(strange)} 组不认识的权重, 例如 {strange[0]}: "
            "不是已发布的 ChatGLM 结构, 或是压缩过、微调过的检查点",
            "请导入原始模型。",
        )
    if absent := [each for each in expected if each not in found]:
        raise ModelCorruptError(
            f"{name} 缺少 {len(absent)} 组权重, 例如 {absent[0]}", _DAMAGED
        )
