"""A training that kills itself while it writes a checkpoint; started by a test."""

import os
import signal
import sys
from pathlib import Path

from app.tuning.training.adapter import TuneConfig, train_adapter
from app.tuning.training.methods import PtuningV2

PLAN = PtuningV2(
    steps=8, batch=4, eval_every=2, sampled=8, virtual_tokens=4, patience=0
)


def config(base: Path, data: Path, out: Path, *, resume: bool = False) -> TuneConfig:
    return TuneConfig(
        base=base, data=data, out=out, plan=PLAN, log_every=1, resume=resume
    )


if __name__ == "__main__":
    from app.tuning.training.trainer import TuneTrainer

    def kill(trainer: TuneTrainer, folder: str) -> None:
        if trainer.state.global_step == 6:
            os.kill(os.getpid(), signal.SIGKILL)

    # The weights are written by then, the rest is not.
    TuneTrainer._save_scaler = kill
    train_adapter(config(*map(Path, sys.argv[1:4])))
