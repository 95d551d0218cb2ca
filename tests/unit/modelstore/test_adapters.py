"""Adapter packages on a desk: what is let in, activated, rolled back, refused."""

import json
import os
import stat
import struct
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.compose import House
from app.core.adapters import SHIPPED, Task, Trust
from app.core.errors import (
    MissingError,
    ModelCorruptError,
    UsageError,
    UserFacingError,
)
from app.house.health import not_followed
from app.modelstore import packages
from app.modelstore.adapters import AdapterShelf
from app.modelstore.locking import exclusive
from app.modelstore.packages import Package, is_name
from app.system import paths
from app.system.signing import SigningKey, load_key, new_key
from tests.unit.modelstore.packed import (
    make_base,
    make_package,
    rewritten,
)


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
    return make_package(tmp_path_factory.mktemp("packages"), base, key=key)


@pytest.fixture
def shelf(base: Path, tmp_path: Path) -> AdapterShelf:
    return AdapterShelf(tmp_path / "adapters", lambda: base)


def test_a_signed_package_is_taken_when_its_signer_is_trusted(
    shelf: AdapterShelf, package: Path, key: SigningKey, base: Path
) -> None:
    with pytest.raises(UsageError) as refused:
        shelf.import_package(package)
    assert key.fingerprint in refused.value.message
    assert f"--trust {key.fingerprint}" in refused.value.remedy
    assert [one.name for one in shelf.sheets()] == [SHIPPED]
    typed = key.fingerprint.upper().replace("-", " ")
    sheet = shelf.import_package(package, trust=typed)
    assert sheet.trust is Trust.KNOWN
    assert sheet.signer == key.fingerprint
    assert not sheet.active
    assert not sheet.fault
    assert sheet.base == base.name
    assert [(f.key, f.right, f.total) for f in sheet.figures] == [
        ("closed_clean", 290, 300)
    ]
    assert sheet.evaluation is not None
    assert sheet.evaluation.read_text() == "<html></html>"
    # From now on the signer needs no word.
    shelf.remove(sheet.name)
    assert shelf.import_package(package).trust is Trust.KNOWN


def test_another_fingerprint_is_not_this_signer(
    shelf: AdapterShelf, package: Path, tmp_path: Path
) -> None:
    other = new_key(tmp_path / "other.pem")
    with pytest.raises(UsageError, match=other.fingerprint):
        shelf.import_package(package, trust=other.fingerprint)
    assert not shelf._signers.read()


def test_an_unsigned_package_needs_a_word(
    shelf: AdapterShelf, base: Path, tmp_path: Path
) -> None:
    unsigned = make_package(tmp_path, base)
    with pytest.raises(UsageError, match="没有签名"):
        shelf.import_package(unsigned)
    with pytest.raises(UsageError, match="由 无人 签名"):
        shelf.import_package(unsigned, trust="abcd")
    assert shelf.import_package(unsigned, accept=True).trust is Trust.UNSIGNED


def test_taken_this_once_is_not_trusted_for_ever(
    shelf: AdapterShelf, package: Path
) -> None:
    assert shelf.import_package(package, accept=True).trust is Trust.UNKNOWN
    shelf.remove("shandong")
    with pytest.raises(UsageError, match="不在本机的信任名单中"):
        shelf.import_package(package)


WEIGHTS = packages.WEIGHTS


@pytest.mark.parametrize(
    ("sums", "said"), [(False, "SHA-256 不符"), (True, "签名不符")]
)
def test_a_changed_file_is_found(
    shelf: AdapterShelf, package: Path, sums: bool, said: str
) -> None:
    def change(files: dict[str, bytes]) -> None:
        files[WEIGHTS] = files[WEIGHTS][:-1] + b"\x00"

    changed = rewritten(package, change, sums=sums)
    with pytest.raises(ModelCorruptError, match=said):
        shelf.import_package(changed, accept=True)
    assert [one.name for one in shelf.sheets()] == [SHIPPED]


def test_a_changed_card_is_found_before_anything_is_read_from_it(
    shelf: AdapterShelf, package: Path
) -> None:
    def change(files: dict[str, bytes]) -> None:
        files[packages.CARD] = files[packages.CARD].replace(b"shandong", b"shanxi22")

    with pytest.raises(ModelCorruptError, match="SHA-256 不符"):
        Package(rewritten(package, change))


def test_a_signature_of_somebody_else_does_not_fit(
    shelf: AdapterShelf, package: Path, tmp_path: Path
) -> None:
    other = new_key(tmp_path / "other.pem")

    def change(files: dict[str, bytes]) -> None:
        stated = json.loads(files[packages.SIGNATURE])
        stated["public_key"] = other.public.hex()
        files[packages.SIGNATURE] = json.dumps(stated).encode()

    changed = rewritten(package, change)
    with pytest.raises(ModelCorruptError, match="签名不符"):
        shelf.import_package(changed, trust=other.fingerprint)


def test_without_its_signature_it_is_unsigned(
    shelf: AdapterShelf, package: Path, key: SigningKey
) -> None:
    changed = rewritten(package, lambda files: files.pop(packages.SIGNATURE))
    with pytest.raises(UsageError, match="由 无人 签名"):
        shelf.import_package(changed, trust=key.fingerprint)


@pytest.mark.parametrize(
    "name",
    [
        "../../evil.py",
        "/etc/evil",
        "adapter/../../evil",
        "adapter\\evil",
        "C:evil",
        "adapter/model.pkl",
        "evaluation/run.exe",
    ],
)
def test_no_file_comes_in_that_does_not_belong(
    shelf: AdapterShelf, package: Path, tmp_path: Path, name: str
) -> None:
    changed = rewritten(package, lambda files: files.update({name: b"x"}), sums=True)
    with pytest.raises(ModelCorruptError, match="不该有的文件"):
        shelf.import_package(changed, accept=True)
    shelf.sheets()
    written = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {"base.json"}


def test_two_files_of_one_name_or_a_link_are_refused(
    package: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(package) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    twice, link = tmp_path / "twice.zip", tmp_path / "link.zip"
    with zipfile.ZipFile(twice, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr(packages.README, b"other")
    with pytest.raises(ModelCorruptError, match=r"有两个 README\.md"):
        Package(twice)
    with zipfile.ZipFile(link, "w") as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            if name == packages.README:
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, data)
    with pytest.raises(ModelCorruptError, match="是链接"):
        Package(link)


def test_a_package_that_unpacks_to_too_much_is_refused(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "MOST_SMALL", 100)
    with pytest.raises(ModelCorruptError, match="太大"):
        Package(package)
    monkeypatch.undo()
    monkeypatch.setattr(packages, "MOST_BYTES", 1000)
    with pytest.raises(ModelCorruptError, match="最多"):
        Package(package)


def test_a_file_larger_than_it_says_stops_in_time(
    shelf: AdapterShelf, base: Path, tmp_path: Path
) -> None:
    """The directory of a zip may lie about what a file unpacks to."""
    unsigned = make_package(tmp_path, base)
    with zipfile.ZipFile(unsigned) as archive:
        size = archive.getinfo(WEIGHTS).file_size
    data = unsigned.read_bytes()
    small = struct.pack("<L", 1000)
    lying = data.replace(struct.pack("<L", size), small)
    assert lying != data
    unsigned.write_bytes(lying)
    with pytest.raises(ModelCorruptError):
        shelf.import_package(unsigned, accept=True)
    assert [one.name for one in shelf.sheets()] == [SHIPPED]


def test_what_is_no_package_is_said(tmp_path: Path, package: Path) -> None:
    path = tmp_path / "some.zip"
    path.write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(UsageError, match="不能打开"):
        Package(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("README.md", "x")
    with pytest.raises(UsageError, match="不是适配器包"):
        Package(path)
    lacking = rewritten(package, lambda files: files.pop(WEIGHTS))
    with pytest.raises(ModelCorruptError, match="缺少 adapter/adapter_model"):
        Package(lacking)

    def later(files: dict[str, bytes]) -> None:
        card = json.loads(files[packages.CARD])
        files[packages.CARD] = json.dumps({**card, "format": 9}).encode()
        files.pop(packages.SIGNATURE)

    with pytest.raises(UsageError, match="格式是 9"):
        Package(rewritten(package, later, sums=True))


def test_an_adapter_for_another_base_is_refused_with_both_names(
    package: Path, base: Path, tmp_path: Path
) -> None:
    other = make_base(tmp_path / "glm-other", seed=3)
    shelf = AdapterShelf(tmp_path / "adapters", lambda: other)
    with pytest.raises(ModelCorruptError) as refused:
        shelf.import_package(package, accept=True)
    from app.modelstore.bases import weights_sha256

    for part in ("glm-mini", "glm-other"):
        assert part in refused.value.message
    for folder in (base, other):
        assert weights_sha256(folder)[:16] in refused.value.message
    tokenizer = other / "tokenizer.json"
    (other / "model.safetensors").write_bytes((base / "model.safetensors").read_bytes())
    tokenizer.write_text(tokenizer.read_text() + " ")
    with pytest.raises(ModelCorruptError, match="另一个分词器"):
        shelf.import_package(package, accept=True)


def reading(shelf: AdapterShelf) -> str:
    return shelf.in_use()[Task.UNDERSTANDING]


def test_activating_remembers_the_former_and_rolls_back(
    shelf: AdapterShelf, base: Path, tmp_path: Path
) -> None:
    one = make_package(tmp_path, base, name="one", scale=0.3)
    two = make_package(tmp_path, base, name="two", scale=0.7, evaluated=False)
    for path in (one, two):
        shelf.import_package(path, accept=True)

    def active() -> list[str]:
        return [sheet.name for sheet in shelf.sheets() if sheet.active]

    assert active() == [SHIPPED]
    assert reading(shelf) == SHIPPED
    assert shelf.folder(SHIPPED) == base / "adapter"
    assert shelf.activate("one").active
    assert shelf.activate("two").figures == ()
    shelf.activate("two")
    assert active() == ["two"]
    assert reading(shelf) == "two"
    folder = shelf.folder("two")
    assert folder is not None
    assert (folder / "adapter_model.safetensors").is_file()
    with pytest.raises(UsageError, match="正在使用"):
        shelf.remove("two")
    assert shelf.rollback().name == "one"
    assert shelf.rollback().name == SHIPPED
    assert active() == [SHIPPED]
    with pytest.raises(UsageError, match="没有可以回退"):
        shelf.rollback()


def test_rolling_back_skips_what_is_gone_or_broken(
    shelf: AdapterShelf, base: Path, tmp_path: Path
) -> None:
    for name, scale in (("one", 0.3), ("two", 0.7), ("three", 0.9)):
        made = make_package(tmp_path, base, name=name, scale=scale)
        shelf.import_package(made, accept=True)
        shelf.activate(name)
    shelf.remove("one")
    weights = tmp_path / "adapters" / "two" / WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-1])
    assert shelf.rollback().name == SHIPPED


@pytest.mark.parametrize(
    "harm", ["weights", "missing", "card", "sums", "base", "evaluation"]
)
def test_an_adapter_that_is_not_as_imported_is_not_activated(
    shelf: AdapterShelf, base: Path, package: Path, tmp_path: Path, harm: str
) -> None:
    shelf.import_package(package, accept=True)
    place = tmp_path / "adapters" / "shandong"
    files = {
        "weights": WEIGHTS,
        "card": packages.CARD,
        "sums": packages.SUMS,
        "evaluation": packages.EVALUATION,
    }
    if harm == "missing":
        (place / WEIGHTS).unlink()
    elif harm == "base":
        other = make_base(tmp_path / "glm-mini", seed=5)
        shelf = AdapterShelf(tmp_path / "adapters", lambda: other)
    else:
        path = place / files[harm]
        path.write_bytes(path.read_bytes().replace(b"0", b"1") + b"x")
    with pytest.raises(UserFacingError):
        shelf.activate("shandong")
    assert [s.name for s in shelf.sheets() if s.active] == [SHIPPED]
    assert {s.name for s in shelf.sheets()} == {SHIPPED, "shandong"}


def test_activation_is_one_rename(
    shelf: AdapterShelf, package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.import_package(package, accept=True)
    shelf.activate("shandong")
    before = (tmp_path / "adapters" / "active.json").read_bytes()

    def full(path: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(MissingError, match="磁盘已满"):
        shelf.activate(SHIPPED)
    assert (tmp_path / "adapters" / "active.json").read_bytes() == before
    assert len(list((tmp_path / "adapters").glob(".active*"))) == 0
    assert reading(shelf) == "shandong"


def test_a_broken_choice_is_said_and_mended_by_the_next(
    shelf: AdapterShelf, package: Path, tmp_path: Path
) -> None:
    shelf.import_package(package, accept=True)
    (tmp_path / "adapters" / "active.json").write_text("{")
    with pytest.raises(ModelCorruptError, match="已损坏"):
        shelf.in_use()
    assert [s.name for s in shelf.sheets() if s.active] == [SHIPPED]
    shelf.activate("shandong")
    assert reading(shelf) == "shandong"


def test_importing_twice_is_once_and_a_name_is_taken_once(
    shelf: AdapterShelf, base: Path, package: Path, tmp_path: Path
) -> None:
    shelf.import_package(package, accept=True)
    assert shelf.import_package(package, accept=True).name == "shandong"
    other = make_package(tmp_path, base, scale=0.9)
    with pytest.raises(UsageError, match="另一个适配器"):
        shelf.import_package(other, accept=True)
    with pytest.raises(UsageError, match="没有适配器 nobody"):
        shelf.activate("nobody")
    with pytest.raises(UsageError, match="没有适配器"):
        shelf.activate("../shandong")
    with pytest.raises(UsageError, match="不能删除"):
        shelf.remove(SHIPPED)


def test_one_process_at_a_time(shelf: AdapterShelf, tmp_path: Path) -> None:
    (tmp_path / "adapters").mkdir()
    with (
        exclusive(tmp_path / "adapters" / "shelf.lock"),
        pytest.raises(MissingError, match="另一个程序"),
    ):
        shelf.activate(SHIPPED)


@pytest.mark.parametrize(
    "name", ["shipped", "Shipped.1", "con", "NUL.x", "a b", "../x", "", "a.", "适配器"]
)
def test_no_adapter_may_be_called_so(name: str) -> None:
    assert not is_name(name)
    assert is_name("sd-2026.1")


def test_keys_are_the_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "maker.pem"
    made = new_key(path)
    assert load_key(path).fingerprint == made.fingerprint
    with pytest.raises(UsageError, match="没有覆盖"):
        new_key(path)
    with pytest.raises(MissingError, match="无法读取私钥"):
        load_key(tmp_path / "none.pem")
    (tmp_path / "text.pem").touch(0o600)
    with pytest.raises(UsageError, match="不是可用的私钥"):
        load_key(tmp_path / "text.pem")


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "maker.pem"
    new_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    with pytest.raises(UsageError, match="644"):
        load_key(path)


@pytest.fixture
def desk(base: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """A desk whose language model is the tiny one."""
    monkeypatch.setenv("GRIDDESK_MODELS", str(base.parent))
    return CliRunner()


def test_the_commands_show_import_activate_and_roll_back(
    desk: CliRunner, package: Path, key: SigningKey
) -> None:
    def run(*words: str, status: int = 0) -> str:
        done = desk.invoke(app, ["models", *words])
        assert done.exit_code == status, done.output
        return done.stdout + done.stderr

    assert key.fingerprint in run("import", str(package), status=2)
    shown = run("import", str(package), "--trust", key.fingerprint)
    assert "指令全对 (无噪声): 96.7% (290/300" in shown
    assert "尚未启用" in shown
    listed = json.loads(run("list", "--json"))
    assert [(a["name"], a["active"]) for a in listed["adapters"]] == [
        (SHIPPED, True),
        ("shandong", False),
    ]
    assert "使用中" in run("activate", "shandong")
    assert json.loads(run("rollback", "--json"))["name"] == SHIPPED
    assert "用于总结、问候" in run(
        "activate", "shandong", "--for", "summary", "--for", "greeting"
    )
    listed = json.loads(run("list", "--json"))
    assert [a["tasks"] for a in listed["adapters"]] == [
        ["understanding"],
        ["summary", "greeting"],
    ]
    run("rollback")
    assert "已删除" in run("remove", "shandong")
    run("activate", "shandong", status=2)


async def test_the_desk_uses_the_active_adapter_and_falls_back_visibly(
    desk: CliRunner, package: Path
) -> None:
    with House() as house:
        assert (await house.agent.health()).ok
        assert house.agent.name.startswith("glm-mini+adapter ")
        house.adapters.import_package(package, accept=True)
        house.adapters.activate("shandong")
        # Without a restart, and back again.
        assert (await house.agent.health()).ok
        assert house.agent.name.startswith("glm-mini+shandong ")
        house.adapters.rollback()
        assert (await house.agent.health()).ok
        assert house.agent.name.startswith("glm-mini+adapter ")
        house.adapters.activate("shandong")
    with House() as house:
        assert (await house.agent.health()).ok
        assert house.agent.name.startswith("glm-mini+shandong ")
        assert not not_followed(house)
    weights = paths.home() / "adapters" / "shandong" / WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-8] + bytes(8))
    with House() as house:
        parts = {part.key: part for part in await house.health()}
        assert house.agent.name.startswith("glm-mini+adapter ")
        assert parts["agent"].ok
        assert not parts["adapter"].ok
        assert "shandong" in parts["adapter"].detail
        assert "已改用随程序附带的" in parts["adapter"].detail
        assert parts["adapter"].remedy
        await house.close_backend()
