"""The shelf over time: trusting later, removing at once, changes behind its back."""

import shutil
from pathlib import Path

import pytest

from app.core.adapters import SHIPPED, Trust
from app.core.errors import ModelCorruptError, ModelMissingError
from app.modelstore import packages
from app.modelstore.adapters import AdapterShelf
from app.system.signing import SigningKey, new_key
from tests.unit.modelstore.packed import digest, make_base, make_package, rewritten

NAME = "shandong"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("models") / "glm-mini")


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return new_key(tmp_path_factory.mktemp("keys") / "maker.pem")


@pytest.fixture(scope="module")
def package(
    base: Path, key: SigningKey, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    return make_package(tmp_path_factory.mktemp("packages"), base, name=NAME, key=key)


@pytest.fixture
def shelf(base: Path, tmp_path: Path) -> AdapterShelf:
    return AdapterShelf(tmp_path / "adapters", lambda: base)


def test_a_signer_can_be_trusted_after_the_package_was_taken(
    shelf: AdapterShelf, package: Path, key: SigningKey
) -> None:
    assert shelf.import_package(package, accept=True).trust is Trust.UNKNOWN
    again = shelf.import_package(package, trust=key.fingerprint)
    assert again.trust is Trust.KNOWN
    assert shelf.import_package(package).trust is Trust.KNOWN


def test_a_model_that_cannot_be_read_is_a_sentence(
    shelf: AdapterShelf, base: Path, package: Path, tmp_path: Path
) -> None:
    shelf.import_package(package, accept=True)
    odd = tmp_path / "glm-mini"
    shutil.copytree(base / "adapter", odd / "adapter")
    (odd / "model.safetensors").mkdir()
    other = AdapterShelf(tmp_path / "adapters", lambda: odd)
    with pytest.raises(ModelMissingError, match="权重无法读取"):
        other.sheets()
    # Nor is it taken for a folder that cannot be written to.
    with pytest.raises(ModelCorruptError, match="权重无法读取"):
        other.import_package(package, accept=True)


def test_a_removal_that_is_cut_short_leaves_no_half_adapter(
    shelf: AdapterShelf, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.import_package(package, accept=True)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            shelf.remove(NAME)
    assert [one.name for one in shelf.sheets()] == [SHIPPED]
    assert not shelf.import_package(package, accept=True).fault


def test_files_and_sums_changed_together_are_not_what_was_signed(
    shelf: AdapterShelf, package: Path, tmp_path: Path
) -> None:
    shelf.import_package(package, accept=True)
    place = tmp_path / "adapters" / NAME
    weights, sums = place / packages.WEIGHTS, place / packages.SUMS
    before = digest(weights)
    weights.write_bytes(weights.read_bytes()[:-8] + bytes(8))
    sums.write_text(sums.read_text().replace(before, digest(weights)))
    with pytest.raises(ModelCorruptError, match="与签名不符"):
        shelf.activate(NAME)
    (sheet,) = (one for one in shelf.sheets() if one.name == NAME)
    assert not sheet.signer


def test_sums_that_name_binary_files_are_checked_too(
    shelf: AdapterShelf, package: Path, tmp_path: Path
) -> None:
    """`sha256sum -b` marks names with a star."""

    def mark(files: dict[str, bytes]) -> None:
        files[packages.SUMS] = files[packages.SUMS].replace(b"  ", b" *")
        del files[packages.SIGNATURE]

    shelf.import_package(rewritten(package, mark), accept=True)
    assert shelf.activate(NAME).active
    weights = tmp_path / "adapters" / NAME / packages.WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-8] + bytes(8))
    with pytest.raises(ModelCorruptError, match="已被改动"):
        shelf.activate(NAME)
