"""The sentences for a model that cannot be brought here."""

import errno
from pathlib import Path

from app.core.errors import MissingError
from app.modelstore.catalogue import Artefact


def remedy(artefact: Artefact, verb: str) -> str:
    """Say how a model is brought here; `verb` is what is to be done with it."""
    if not artefact.sources:
        return "该模型随程序附带: 请重新安装程序, 或恢复源码目录中的 models 文件夹。"
    return (
        f"请运行 griddesk models fetch {artefact.name} {verb}; 没有网络时, "
        "运行 griddesk models import 并给出拷贝来的文件。"
    )


def unwritable(folder: Path, error: OSError) -> MissingError:
    """Say why nothing can be written to a folder of models."""
    if error.errno == errno.ENOSPC:
        return MissingError(f"磁盘已满: {folder}", "请清理磁盘后重试。")
    return MissingError(
        f"无法写入模型文件夹 {folder} ({error.strerror or error})",
        "请检查文件夹权限和磁盘后重试。",
    )


def megabytes(count: int) -> str:
    """Write bytes for people."""
    return f"{count / 1e6:.0f} MB"
