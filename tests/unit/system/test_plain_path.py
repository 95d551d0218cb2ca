"""A folder with a Chinese name is opened by another name where a library needs that."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.errors import MissingError
from app.system.plain_path import plain


def link(path: Path, made: Path) -> None:
    made.symlink_to(path, target_is_directory=True)


def no_short(_path: Path) -> str:
    return ""


def test_elsewhere_and_for_plain_names_nothing_changes(tmp_path: Path) -> None:
    chinese = tmp_path / "模 型"
    assert plain(chinese, platform="linux") == chinese
    assert plain(tmp_path / "a b", platform="win32") == tmp_path / "a b"


def test_the_short_name_of_windows_is_taken(tmp_path: Path) -> None:
    def short(_path: Path) -> str:
        return "C:\\DATA\\6A21~1"

    assert str(plain(tmp_path / "模型", platform="win32", short=short)) == (
        "C:\\DATA\\6A21~1"
    )


def test_without_a_short_name_the_folder_gets_a_second_one(tmp_path: Path) -> None:
    chinese, names = tmp_path / "模 型", tmp_path / "names"
    chinese.mkdir()
    (chinese / "final.mdl").write_text("x")
    full = tmp_path / "full"
    full.write_text("no folder")

    def folders() -> Iterator[Path]:
        yield full / "names"
        yield names

    for _ in range(2):
        found = plain(
            chinese, platform="win32", short=no_short, link=link, folders=folders
        )
        assert found.parent == names
        assert (found / "final.mdl").read_text() == "x"
    assert len(list(names.iterdir())) == 1


def test_a_name_that_leads_elsewhere_is_not_taken(tmp_path: Path) -> None:
    chinese, other = tmp_path / "模型", tmp_path / "other"
    chinese.mkdir()
    other.mkdir()

    def astray(_path: Path, made: Path) -> None:
        link(other, made)

    with pytest.raises(MissingError, match="含中文") as caught:
        plain(
            chinese,
            platform="win32",
            short=no_short,
            link=astray,
            folders=lambda: iter([tmp_path / "names"]),
        )
    assert "GRIDDESK_MODELS" in caught.value.remedy
