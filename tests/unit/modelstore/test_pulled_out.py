"""A stick that is pulled out while a package is read: no harm done, no disk full."""

import errno
import zipfile
from pathlib import Path

import pytest

from app.core.errors import MissingError, UsageError
from app.modelstore.adapters import AdapterShelf
from app.modelstore.packages import SUMS, WEIGHTS
from tests.unit.modelstore.packed import make_base, make_package


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return make_base(tmp_path / "models" / "glm-mini")


@pytest.fixture
def package(base: Path, tmp_path: Path) -> Path:
    return make_package(tmp_path, base)


@pytest.fixture
def shelf(base: Path, tmp_path: Path) -> AdapterShelf:
    return AdapterShelf(tmp_path / "adapters", lambda: base)


@pytest.mark.parametrize("name", [WEIGHTS, SUMS])
@pytest.mark.parametrize("on_opening", [True, False])
def test_that_the_package_is_gone_is_said(
    shelf: AdapterShelf,
    package: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    on_opening: bool,
) -> None:
    def pulled_out(*_: object) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    opened = zipfile.ZipFile.open

    def open_(archive: zipfile.ZipFile, wanted: str) -> object:
        if wanted == name and on_opening:
            pulled_out()
        stream = opened(archive, wanted)
        if wanted == name:
            monkeypatch.setattr(stream, "read", pulled_out)
        return stream

    monkeypatch.setattr(zipfile.ZipFile, "open", open_)
    with pytest.raises(UsageError, match="读不出来了") as told:
        shelf.import_package(package, accept=True)
    assert package.name in told.value.message
    assert "U 盘" in told.value.remedy
    monkeypatch.undo()
    assert [one.name for one in shelf.sheets()] == ["shipped"]
    assert shelf.import_package(package, accept=True).name == "shandong"


def test_that_the_desk_cannot_be_written_is_said(
    shelf: AdapterShelf, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("app.modelstore.files.os.fsync", full)
    with pytest.raises(MissingError, match="磁盘已满"):
        shelf.import_package(package, accept=True)
