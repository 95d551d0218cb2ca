"""A training's folder is its own, and what was killed at once is no other training."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.core.errors import BadInputError
from app.tuning.training.outfolder import OutFolder
from app.tuning.training.record import Origin

ORIGIN = Origin(
    method="lora",
    preset="griddesk",
    plan={"steps": 4},
    base="tiny",
    base_sha256="0",
    data_sha256="1",
    dev_rows=4,
    seed=1,
    threads=1,
    processes=1,
    bf16=False,
)


@pytest.mark.parametrize("resume", [True, False])
@pytest.mark.parametrize("left", ["", "origin.json.writing"])
def test_killed_before_it_said_what_it_is_starts_afresh(
    tmp_path: Path, left: str, resume: bool
) -> None:
    folder = OutFolder(tmp_path)
    folder.training.mkdir()
    if left:
        (folder.training / left).write_text("{")
    folder.check(ORIGIN, resume=resume, overwrite=False)
    folder.claim(ORIGIN, resume=resume)
    folder.check(ORIGIN, resume=True, overwrite=False)


def test_somebodys_folder_of_that_name_is_left_alone(tmp_path: Path) -> None:
    folder = OutFolder(tmp_path)
    folder.training.mkdir()
    (folder.training / "photo.png").write_bytes(b"mine")
    for resume in (True, False):
        with pytest.raises(BadInputError):
            folder.check(ORIGIN, resume=resume, overwrite=False)


def test_checkpoints_of_nobody_knows_what_are_not_gone_on_with(tmp_path: Path) -> None:
    folder = OutFolder(tmp_path)
    folder.claim(ORIGIN, resume=False)
    (folder.checkpoints / "step-000002").mkdir(parents=True)
    (folder.training / "origin.json").write_text("{")
    with pytest.raises(BadInputError, match=r"origin\.json 缺失或损坏"):
        folder.check(ORIGIN, resume=True, overwrite=False)
    folder.check(ORIGIN, resume=False, overwrite=True)


def test_another_training_is_named_by_what_differs(tmp_path: Path) -> None:
    folder = OutFolder(tmp_path)
    folder.claim(ORIGIN, resume=False)
    with pytest.raises(BadInputError, match="属于另一次训练: seed: 1 → 2"):
        folder.check(replace(ORIGIN, seed=2), resume=True, overwrite=False)
