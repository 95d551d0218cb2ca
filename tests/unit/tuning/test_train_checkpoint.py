"""A checkpoint is whole or not there."""

import errno
import shutil
from pathlib import Path

import pytest

from app.tuning.training import checkpoint


def write(folder: Path, step: int, text: str = "weights") -> Path:
    with checkpoint.writing(folder, step) as aside:
        (aside / "weights").write_text(text)
    return folder / checkpoint.name_of(step)


def test_the_last_intact_one_is_used(tmp_path: Path) -> None:
    assert checkpoint.last_intact(tmp_path / "none") is None
    write(tmp_path, 2)
    fourth, sixth = write(tmp_path, 4), write(tmp_path, 6)
    assert checkpoint.last_intact(tmp_path) == sixth
    (sixth / "weights").write_text("weighs")
    assert checkpoint.last_intact(tmp_path) == fourth
    (fourth / "weights").unlink()
    (tmp_path / "step-000009.writing").mkdir()
    (tmp_path / "step-000008").mkdir()
    assert checkpoint.last_intact(tmp_path) == tmp_path / "step-000002"
    assert checkpoint.steps(tmp_path) == [2, 4, 6, 8]


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    write(tmp_path, 2, "old")

    def fail() -> None:
        with checkpoint.writing(tmp_path, 2) as aside:
            (aside / "weights").write_text("new")
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        fail()
    assert (tmp_path / "step-000002" / "weights").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["step-000002"]


def test_writing_again_replaces(tmp_path: Path) -> None:
    write(tmp_path, 2, "old")
    assert (write(tmp_path, 2, "new") / "weights").read_text() == "new"
    assert checkpoint.is_intact(tmp_path / "step-000002")


def test_only_what_is_needed_is_kept(tmp_path: Path) -> None:
    for step in (2, 4, 6):
        write(tmp_path, step)
    (tmp_path / "step-000008.writing").mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    checkpoint.keep_only(tmp_path, {2, 6})
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "notes.txt",
        "step-000002",
        "step-000006",
    ]
    checkpoint.keep_only(tmp_path / "none", set())


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (OSError(errno.ENOSPC, "full"), True),
        (OSError(errno.EDQUOT, "quota"), True),
        (OSError(errno.EACCES, "no"), False),
        (RuntimeError("unexpected pos 765824 vs 765712"), False),
        (Exception("I/O error: No space left on device (os error 28)"), True),
        (ValueError("shape"), False),
    ],
)
def test_a_full_disk_is_recognised_whatever_the_library(
    error: Exception, full: bool, tmp_path: Path
) -> None:
    assert checkpoint.is_disk_full(error, tmp_path) is full


def test_torch_on_a_full_disk_is_recognised_by_what_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        with checkpoint.writing(tmp_path, 2):
            raise RuntimeError("unexpected pos 765824 vs 765712")

    with pytest.raises(RuntimeError):
        fail()
    left = type(shutil.disk_usage(tmp_path))(1, 1, 0)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: left)
    with pytest.raises(OSError, match="space"):
        fail()
    assert not list(tmp_path.iterdir())
