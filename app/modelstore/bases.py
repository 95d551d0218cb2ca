"""The model under an adapter: its fingerprint, and whether an adapter fits on it.

Shapes are read from configurations and file headers, so that nothing heavy is loaded.
"""

import hashlib
import json
import struct
from contextlib import suppress
from pathlib import Path
from typing import Final

from app.core.errors import ModelCorruptError, ModelMissingError
from app.core.prefix_fit import check_prefix_fits, sizes_of_adapter, sizes_of_base
from app.modelstore.files import write_whole
from app.system.files import sha256_of

KIND: Final = "PREFIX_TUNING"
"""peft's name of what the desk can load: P-tuning v2."""

ADAPTER_CONFIG: Final = "adapter_config.json"
ADAPTER_WEIGHTS: Final = "adapter_model.safetensors"
_MOST_HEADER: Final = 1 << 20


def weights_sha256(folder: Path) -> str:
    """Give the SHA-256 of a model's weights, or one over the sums of several files.

    Raises:
        ModelMissingError: There are no weights.
    """
    sums = [sha256_of(path) for path in sorted(folder.glob("*.safetensors"))]
    if not sums:
        raise ModelMissingError(f"{folder} 里没有模型权重 (safetensors)")
    if len(sums) == 1:
        return sums[0]
    return hashlib.sha256("\n".join(sums).encode()).hexdigest()


class KnownSums:
    """Remembers the hash of a model as long as its files do not change.

    A large model takes a minute to hash, and a desk must not wait for it at each start.
    """

    def __init__(self, path: Path) -> None:
        """Remember in the file `path`."""
        self._path = path

    def of(self, folder: Path) -> str:
        """Give `weights_sha256` of a model.

        Raises:
            ModelMissingError: There are no weights.
        """
        files = sorted(folder.glob("*.safetensors"))
        stats = [(f.name, f.stat().st_size, f.stat().st_mtime_ns) for f in files]
        key = json.dumps([str(folder.resolve()), stats])
        try:
            known = json.loads(self._path.read_text(encoding="utf-8"))
            if known["key"] == key:
                return str(known["sha256"])
        except (OSError, ValueError, KeyError, TypeError):
            pass
        sha256 = weights_sha256(folder)
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._path, json.dumps({"key": key, "sha256": sha256}).encode())
        return sha256


def tokenizer_sha256(folder: Path) -> str:
    """Give the SHA-256 of a model's tokenizer; empty where it has no such file."""
    path = folder / "tokenizer.json"
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def check_fits(base: Path, adapter: Path) -> None:
    """Make sure that an adapter is of the kind and shape that a base needs.

    Raises:
        ModelMissingError, ModelCorruptError: It is not; the sentence says why.
    """
    settings = read_object(adapter / ADAPTER_CONFIG)
    kind = settings.get("peft_type")
    if kind != KIND:
        raise ModelCorruptError(
            f"适配器 {adapter.name} 的类型是 {kind}, 值班台只能使用 {KIND}",
            "请用 griddesk tune train --method ptuning-v2 训练。",
        )
    check_prefix_fits(
        f"适配器 {adapter.name}",
        _shape(adapter / ADAPTER_WEIGHTS, "prompt_embeddings"),
        sizes_of_adapter(settings),
        f"模型 {base.name}",
        sizes_of_base(read_object(base / "config.json")),
    )


def read_object(path: Path) -> dict[str, object]:
    """Read a JSON object.

    Raises:
        ModelMissingError: There is no such file.
        ModelCorruptError: It is no JSON object.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelMissingError(f"{path.parent} 缺少文件 {path.name}") from None
    except (OSError, ValueError) as error:
        raise ModelCorruptError(f"{path.name} 无法读取 ({error})") from error
    if not isinstance(value, dict):
        raise ModelCorruptError(f"{path.name} 内容有误")
    return value


def _shape(path: Path, name: str) -> list[int]:
    """Read a tensor's shape from a safetensors header: a length, then JSON."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > _MOST_HEADER:
                raise ValueError("header too long")
            shape = json.loads(file.read(length))[name]["shape"]
        return [int(size) for size in shape]
    except FileNotFoundError:
        raise ModelMissingError(f"{path.parent} 缺少文件 {path.name}") from None
    except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
        raise ModelCorruptError(f"适配器权重 {path.name} 无法读取 ({error})") from error
