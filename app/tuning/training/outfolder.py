"""The folder that a training writes to: whose it is, and what is in it."""

import shutil
from pathlib import Path
from typing import Final

from app.system.files import aside_of
from app.tuning.training import checkpoint
from app.tuning.training.errors import CompleteError, TuneError
from app.tuning.training.record import CARD, Origin, read_origin, write_origin

TRAINING: Final = "training"
"""The part of the folder that is of no use to the desk."""

_ORIGIN: Final = "origin.json"


class OutFolder:
    """One training's folder."""

    def __init__(self, path: Path) -> None:
        """Take the folder's path; nothing is read or written yet."""
        self.path = path
        self.training = path / TRAINING
        self.checkpoints = self.training / "checkpoints"

    def check(self, origin: Origin, *, resume: bool, overwrite: bool) -> None:
        """Check that a training may write here; nothing is written yet.

        Raises:
            TuneError: The folder holds something else.
            CompleteError: The training that would be resumed has ended.
        """
        ours = self.training.is_dir() or (self.path / CARD).is_file()
        if not ours and any(self.path.glob("*")):
            raise TuneError(
                f"输出文件夹 {self.path} 不是空的, 其中也没有训练", "请另选一个文件夹。"
            )
        if not ours or self._only_begun() or (overwrite and not resume):
            return
        if not resume:
            self._refuse()
        known = read_origin(self.training / _ORIGIN)
        if known is None:
            raise TuneError(
                f"输出文件夹 {self.path} 里的 {TRAINING}/{_ORIGIN} 缺失或损坏, "
                "不知道是哪一次训练",
                "请另选一个文件夹, 或加 --overwrite (不加 --resume) 重新开始。",
            )
        if differs := origin.differences(known):
            raise TuneError(
                f"输出文件夹 {self.path} 属于另一次训练: {'; '.join(differs)}",
                "请用原来的参数继续, 或另选一个文件夹。",
            )
        if (self.path / CARD).is_file():
            raise CompleteError(f"{self.path} 中的训练已经完成", "无需继续。")

    def _only_begun(self) -> bool:
        """Whether a training was killed before it said what it is: nothing is lost."""
        left = [path for path in self.path.rglob("*") if path != self.training]
        return all(path == aside_of(self.training / _ORIGIN) for path in left)

    def claim(self, origin: Origin, *, resume: bool) -> None:
        """Make the folder this training's own; what was there goes unless resumed."""
        if not resume:
            self._clear()
        self.training.mkdir(parents=True, exist_ok=True)
        write_origin(origin, self.training / _ORIGIN)

    def _refuse(self) -> None:
        if (self.path / CARD).is_file():
            raise TuneError(
                f"输出文件夹 {self.path} 已有训练完成的结果",
                "请另选一个文件夹; 确实要替换时请加 --overwrite。",
            )
        done = checkpoint.steps(self.checkpoints)
        raise TuneError(
            f"输出文件夹 {self.path} 有一次未完成的训练"
            f" (已到第 {done[-1] if done else 0} 步)",
            "请加 --resume 继续, 或加 --overwrite 重新开始, 或另选一个文件夹。",
        )

    def _clear(self) -> None:
        """Remove a training and what came of it."""
        shutil.rmtree(self.training, ignore_errors=True)
        for path in [*self.path.glob("*.json"), *self.path.glob("*.safetensors")]:
            path.unlink()

    def publish(self, aside: Path, card: Path) -> None:
        """Move finished files into the folder; the card comes last of all."""
        files = sorted(path for path in aside.iterdir() if path.is_file())
        for path in [*(each for each in files if each.name != card.name), card]:
            path.replace(self.path / path.name)
        shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(self.checkpoints, ignore_errors=True)
