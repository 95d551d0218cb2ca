"""A file is written whole, or what was there stays."""

import errno
import hashlib
from pathlib import Path

import pytest

from app.system.files import aside_of, sha256_of, write_json


def test_json_is_written_for_people(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    write_json(path, {"乙": 1, "a": [2]})
    assert path.read_text(encoding="utf-8") == '{\n "乙": 1,\n "a": [\n  2\n ]\n}\n'
    write_json(path, {"乙": 1, "a": 2}, sort=True)
    assert path.read_text(encoding="utf-8") == '{\n "a": 2,\n "乙": 1\n}\n'
    assert sha256_of(path) == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("step", ["write_text", "replace"])
def test_a_full_disk_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "rows.json"
    write_json(path, ["old"])
    before = path.read_bytes()

    def full(written: Path, *_: object, **__: object) -> None:
        written.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, step, full)
        with pytest.raises(OSError, match="No space"):
            write_json(path, ["new"])
    assert path.read_bytes() == before
    assert not aside_of(path).exists()


def test_what_json_cannot_say_harms_nothing(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    write_json(path, ["old"])
    with pytest.raises(TypeError):
        write_json(path, {"path": path})
    assert [one.name for one in tmp_path.iterdir()] == ["rows.json"]
