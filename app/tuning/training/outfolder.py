"""The folder that a training writes to: whose it is, and what is in it."""

import shutil
from pathlib import Path
from typing import Final

from app.tuning.training import checkpoint
from app.tuning.training.errors import TuneError
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

    def claim(self, origin: Origin, *, resume: bool, overwrite: bool) -> bool:
        """Make the folder this training's own.

        Returns:
            Whether the training is complete already, so that nothing is left to do.

        Raises:
            TuneError: The folder holds something else.
        """
        if overwrite and not resume:
            self._clear()
        complete = (self.path / CARD).is_file()
        known = read_origin(self.training / _ORIGIN)
        if known is None and not complete:
            if any(self.path.glob("*")) and not self.training.is_dir():
                raise TuneError(
                    f"输出文件夹 {self.path} 不是空的, 其中也没有训练",
                    "请另选一个文件夹。",
                )
            self.training.mkdir(parents=True, exist_ok=True)
            write_origin(origin, self.training / _ORIGIN)
            return False
        if not resume:
            self._refuse(complete)
        differs = origin.differences(known) if known else ["griddesk.json"]
        if differs:
            raise TuneError(
                f"输出文件夹 {self.path} 属于另一次训练: {'; '.join(differs)}",
                "请用原来的参数继续, 或另选一个文件夹。",
            )
        return complete

    def _refuse(self, complete: bool) -> None:
        if complete:
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
        """Remove a training and what came of it, and nothing else."""
        if not (self.training.is_dir() or (self.path / CARD).is_file()):
            return
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
