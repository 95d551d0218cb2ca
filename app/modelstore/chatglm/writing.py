"""Writing tensors into safetensors files of a limited size, with their index."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.core.errors import MissingError

if TYPE_CHECKING:
    import torch

_SPARE: Final = 50_000_000
SHARD: Final = 1_000_000_000
"""Bytes of one file at most, unless a single tensor is larger: what is in memory."""


def need_space(target: Path, size: int, name: str, free: int) -> None:
    """Make sure that a model of `size` bytes fits on a disk with so many `free`.

    Raises:
        MissingError: It does not.
    """
    if free < size + _SPARE:
        raise MissingError(
            f"磁盘空间不足: 导入 {name} 需要 {(size + _SPARE) / 1e9:.1f} GB, "
            f"{target} 剩余 {free / 1e9:.1f} GB",
            "请清理磁盘后重试, 或用环境变量 GRIDDESK_MODELS 换一个磁盘。",
        )


class ShardWriter:
    """Collects tensors, and writes a file whenever enough has come together."""

    def __init__(self, folder: Path, shard: int = SHARD) -> None:
        """Write into `folder`, which must be there and empty."""
        self._folder, self._shard = folder, shard
        self._held: dict[str, torch.Tensor] = {}
        self._size = self._total = 0
        self._files: list[dict[str, int]] = []

    def add(self, name: str, tensor: "torch.Tensor") -> None:
        """Take a tensor; it is copied, so that no view keeps a larger one.

        Raises:
            OSError: Disk full, not writable.
        """
        size = tensor.numel() * tensor.element_size()
        if self._held and self._size + size > self._shard:
            self._flush()
        self._held[name] = tensor.clone().contiguous()
        self._size += size

    def finish(self) -> None:
        """Write what is left, name the files, write the index.

        Raises:
            OSError: Disk full, not writable.
        """
        if self._held:
            self._flush()
        count = len(self._files)
        if count == 1:
            self._half_named(0).rename(self._folder / "model.safetensors")
            return
        table = {}
        for number, names in enumerate(self._files):
            file = f"model-{number + 1:05d}-of-{count:05d}.safetensors"
            self._half_named(number).rename(self._folder / file)
            table.update(dict.fromkeys(names, file))
        index = {"metadata": {"total_size": self._total}, "weight_map": table}
        text = json.dumps(index, indent=1, sort_keys=True)
        path = self._folder / "model.safetensors.index.json"
        path.write_text(text, encoding="utf-8")

    def _half_named(self, number: int) -> Path:
        return self._folder / f"part-{number:05d}.safetensors"

    def _flush(self) -> None:
        from safetensors.torch import save_file

        save_file(self._held, self._half_named(len(self._files)), {"format": "pt"})
        self._files.append(dict.fromkeys(self._held, 0))
        self._total += self._size
        self._held, self._size = {}, 0
