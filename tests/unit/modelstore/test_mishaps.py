"""Whatever goes wrong while a model comes, there is the whole model or the former one.

On real files: a process that is killed, a folder that may not be written, a full disk.
"""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from app.core.errors import MissingError, ModelCorruptError, UsageError
from app.modelstore import files
from app.modelstore.store import WORK_FOLDER, State, Store
from tests.unit.modelstore.test_store import (
    FILES,
    catalogue,
    contents,
    flip,
    lay,
    zipped,
)

ROOT = Path(__file__).resolve().parents[3]
_ODD = "模 型 (值班室)"
_KILLED = """
import sys, time
from pathlib import Path
from app.modelstore.store import Store
from tests.unit.modelstore.test_store import catalogue
def told(progress):
    if progress.step == "unpacking":
        print("half", flush=True)
        time.sleep(60)
Store(catalogue(), [Path(sys.argv[1])]).import_path(Path(sys.argv[2]), told)
"""
_NOBODY = """
import os, sys
from pathlib import Path
from app.core.errors import UserFacingError
from app.modelstore.store import Store
from tests.unit.modelstore.test_store import catalogue
os.setgid(65534)
os.setuid(65534)
try:
    Store(catalogue(), [Path(sys.argv[1])]).import_path(Path(sys.argv[2]))
except UserFacingError as error:
    print(error.code, error)
"""


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / _ODD


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """What the installer brought, in a folder as people name them."""
    return lay(tmp_path / "U 盘" / "语音 模型" / "small-1")


def test_a_path_with_chinese_and_spaces_is_a_path_like_any_other(
    tmp_path: Path, models: Path, stick: Path
) -> None:
    archive = tmp_path / "U 盘" / "小 模型.zip"
    archive.write_bytes(zipped(FILES, "模 型/"))
    for given in (stick, archive):
        store = Store(catalogue(), [models / given.stem])
        status = store.import_path(given)
        assert status.state is State.READY
        assert store.verify("small-1") == models / given.stem / "small-1"


@pytest.mark.parametrize("gone", list(FILES))
def test_a_folder_that_lacks_a_file_is_refused(
    gone: str, models: Path, stick: Path
) -> None:
    (stick / gone).unlink()
    store = Store(catalogue(), [models])
    with pytest.raises(UsageError, match="不完整"):
        store.import_path(stick)
    assert store.list()[0].state is State.MISSING


def test_a_wrong_checksum_leaves_the_former_model_and_nothing_else(
    models: Path, stick: Path
) -> None:
    damaged = {**FILES, "empty": b"not empty"}
    there = lay(models / "small-1", damaged)
    flip(stick / "am/final.mdl")
    store = Store(catalogue(), [models])
    with pytest.raises(ModelCorruptError, match="SHA-256"):
        store.import_path(stick)
    assert contents(there) == damaged
    assert not list((models / WORK_FOLDER).rglob("*.mdl"))


def test_a_disk_that_fills_up_half_way_is_told_and_leaves_nothing(
    models: Path, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    store = Store(catalogue(), [models])
    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(MissingError, match="磁盘已满"):
        store.import_path(stick)
    monkeypatch.undo()
    assert store.list()[0].state is State.MISSING
    assert not list((models / WORK_FOLDER).rglob("*.mdl"))
    assert store.import_path(stick).state is State.READY


def test_a_process_killed_half_way_leaves_no_model_and_the_next_one_finishes(
    models: Path, stick: Path
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _KILLED, str(models), str(stick)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as half:
        assert half.stdout is not None
        assert half.stdout.readline() == "half\n"
        half.send_signal(signal.SIGKILL)
    assert list((models / WORK_FOLDER).rglob("final.mdl")), "it was half way"
    store = Store(catalogue(), [models])
    assert store.list()[0].state is State.MISSING
    assert store.import_path(stick).state is State.READY
    assert store.verify("small-1") == models / "small-1"
    assert not list((models / WORK_FOLDER).rglob("*.mdl"))


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0,
    reason="only root can become somebody who may not write",
)
def test_a_folder_that_may_not_be_written_is_told() -> None:
    with tempfile.TemporaryDirectory() as name:
        open_to_all = Path(name)
        open_to_all.chmod(0o755)
        stick = lay(open_to_all / "stick" / "small-1")
        models = open_to_all / "模型"
        models.mkdir(mode=0o555)
        done = subprocess.run(
            [sys.executable, "-c", _NOBODY, str(models), str(stick)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        assert done.stdout.startswith("missing 没有可写的模型文件夹"), done.stderr
        assert "GRIDDESK_MODELS" in done.stdout
        assert list(models.iterdir()) == []
