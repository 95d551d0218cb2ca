"""Several devices train what one would, without code of ours."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.unit.tuning.tiny import write_base, write_data

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="torch has no gloo launcher there")
def test_two_processes_train_what_one_does_with_twice_the_rows(tmp_path: Path) -> None:
    base = write_base(tmp_path / "tiny")
    data = write_data(tmp_path / "data")
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    weights = []
    for name, start, batch in (("one", [], "8"), ("two", launch, "4")):
        out = tmp_path / name
        command = [sys.executable, *start, "-m", "app", "tune", "train", str(out)]
        command += ["--data", str(data), "--base", str(base), "--method", "lora"]
        command += ["--fp32", "--steps", "4", "--eval-every", "2", "--batch", batch]
        environment = {
            **os.environ,
            "GRIDDESK_HOME": str(tmp_path / "home"),
            "OMP_NUM_THREADS": "1",
        }
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        # Only one of the processes tells.
        assert done.stderr.count("trainable params") == 1
        weights.append(load_file(out / "adapter_model.safetensors"))
    one, two = weights
    assert one.keys() == two.keys()
    assert all(torch.allclose(one[name], two[name], atol=1e-6) for name in one)
