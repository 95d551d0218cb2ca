"""An adapter brings its calibration: packed, imported, used, checked like the rest."""

from pathlib import Path

import pytest

from app.agent.calibration import FILE, parse_calibration, read_calibration
from app.compose import House
from app.core.errors import ModelCorruptError
from app.modelstore.adapters import AdapterShelf
from app.system import paths
from app.tuning.package import PackageConfig, package_adapter
from tests.unit.agent.test_calibration import measured
from tests.unit.modelstore.packed import make_adapter, make_base


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("models") / "glm-mini")


@pytest.fixture(scope="module")
def package(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packages")
    adapter = make_adapter(folder / "shandong")
    (adapter / FILE).write_text(measured(adapter).text())
    out = folder / "shandong.zip"
    package_adapter(PackageConfig(adapter=adapter, base=base, out=out))
    return out


def test_it_comes_with_the_adapter_and_is_covered_by_its_sums(
    base: Path, package: Path, tmp_path: Path
) -> None:
    shelf = AdapterShelf(tmp_path / "adapters", lambda: base)
    shelf.import_package(package, accept=True)
    shelf.activate("shandong")
    folder = shelf.folder("shandong")
    assert folder is not None
    own = read_calibration(folder)
    assert own is not None
    assert own.threshold == 0.9
    # A looser threshold than the one that was measured is a changed adapter.
    text = (folder / FILE).read_text()
    (folder / FILE).write_text(text.replace('"threshold": 0.9,', '"threshold": 0.5,'))
    assert parse_calibration((folder / FILE).read_bytes()).calibration.threshold == 0.5
    with pytest.raises(ModelCorruptError, match=r"calibration\.json 已被改动"):
        shelf.folder("shandong")


async def test_the_desk_follows_the_adapter_that_it_loaded(
    base: Path,
    package: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GRIDDESK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GRIDDESK_MODELS", str(base.parent))
    with House() as house:
        assert (await house.agent.health()).ok
        assert house.model.calibration() is None
        house.adapters.import_package(package, accept=True)
        house.adapters.activate("shandong")
        assert (await house.agent.health()).ok
        own = house.model.calibration()
        assert own is not None
        assert own == read_calibration(
            paths.home() / "adapters" / "shandong" / "adapter"
        )
