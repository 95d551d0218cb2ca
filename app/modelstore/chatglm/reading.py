"""Reading a published checkpoint, one tensor at a time.

Weights come as safetensors or as pickles (`pytorch_model*.bin`). A pickle is read with
torch's `weights_only`, which builds tensors and nothing else, and its data is mapped
from the file, so that no more than one tensor is in memory.
"""

import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from app.core.errors import ModelCorruptError, ModelMissingError

if TYPE_CHECKING:
    import torch

_INDEXES: Final = ("model.safetensors.index.json", "pytorch_model.bin.index.json")
_DAMAGED: Final = "请重新取得完整的模型文件夹。"


class _Shard(Protocol):
    """An open file of weights."""

    def names(self) -> list[str]: ...

    def take(self, name: str) -> "torch.Tensor": ...


class _Safetensors:
    def __init__(self, path: Path) -> None:
        from safetensors import safe_open

        self._file: Any = safe_open(path, framework="pt")

    def names(self) -> list[str]:
        return list(self._file.keys())

    def take(self, name: str) -> "torch.Tensor":
        tensor: torch.Tensor = self._file.get_tensor(name)
        return tensor


class _Pickle:
    def __init__(self, path: Path) -> None:
        import torch

        # Files from before torch 1.6 cannot be mapped, and are read as a whole.
        loaded = torch.load(
            path,
            map_location="cpu",
            weights_only=True,
            mmap=zipfile.is_zipfile(path),
        )
        if not isinstance(loaded, Mapping):
            raise ValueError("no table of tensors")
        self._tensors = loaded

    def names(self) -> list[str]:
        return [str(name) for name in self._tensors]

    def take(self, name: str) -> "torch.Tensor":
        tensor: torch.Tensor = self._tensors[name]
        return tensor


def weight_files(folder: Path) -> list[Path]:
    """Give the files of a checkpoint's weights; safetensors where there are both.

    Raises:
        ModelMissingError: There are none, or one that the index names is not there.
    """
    for pattern in ("*.safetensors", "pytorch_model*.bin"):
        if found := sorted(folder.glob(pattern)):
            break
    else:
        raise ModelMissingError(
            f"{folder.name} 里没有权重文件 (*.safetensors 或 pytorch_model*.bin)",
            _DAMAGED,
        )
    names = {path.name for path in found}
    for index in _INDEXES:
        listed = _listed(folder / index)
        if listed & names and (absent := sorted(listed - names)):
            raise ModelMissingError(
                f"{folder.name} 缺少 {len(absent)} 个权重文件, 例如 {absent[0]}",
                _DAMAGED,
            )
    return found


@contextmanager
def opened(path: Path) -> Iterator[_Shard]:
    """Open a file of weights.

    Raises:
        ModelCorruptError: It cannot be read as tensors alone.
    """
    try:
        shard = _Safetensors(path) if path.suffix == ".safetensors" else _Pickle(path)
    except Exception as error:
        said = str(error).strip().splitlines()[0][:160] if str(error).strip() else ""
        raise ModelCorruptError(
            f"权重文件 {path.name} 无法读取, 或含有张量以外的内容 "
            f"({type(error).__name__}: {said})",
            "本程序不运行模型文件里的代码。请重新取得该文件, 最好是 safetensors 格式。",
        ) from error
    yield shard


def _listed(index: Path) -> set[str]:
    if not index.is_file():
        return set()
    try:
        table = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
        return {str(name) for name in table.values()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelCorruptError(f"索引 {index.name} 无法读取", _DAMAGED) from error
