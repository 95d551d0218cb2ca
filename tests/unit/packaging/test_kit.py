"""A kit holds all that a desk without internet needs, and says who made it."""

import hashlib
import json
import re
import subprocess
import tarfile
from pathlib import Path

import pytest

from app.system.signing import is_signed, load_public, new_key

ROOT = Path(__file__).resolve().parents[3]


def bundle(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "VERSION").write_text("1.2.3\n")
    (folder / "griddesk").write_text("program")
    (folder / "griddesk.cdx.json").write_text(
        '{"components": [], "dependencies": [{"ref": "griddesk", "dependsOn": []}]}'
    )
    return folder


@pytest.fixture(scope="module")
def unpacked(kit, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("kit")
    archive = kit.make_kit(
        bundle(folder / "bundle"),
        ROOT / "models",
        folder / "out",
        new_key(folder / "key.pem"),
        system="linux",
        names=("glm-mini",),
    )
    assert [path.name for path in (folder / "out").iterdir()] == [archive.name]
    with tarfile.open(archive) as tar:
        assert {(m.uid, m.uname) for m in tar.getmembers()} == {(0, "root")}
        tar.extractall(folder, filter="data")
    return folder / archive.name.removesuffix(".tar.gz")


def test_the_weights_lie_where_the_program_looks_for_them(unpacked) -> None:
    model = unpacked / "griddesk" / "models" / "glm-mini"
    for line in (model / "SHA256SUMS").read_text().splitlines():
        digest, _, path = line.partition("  ")
        assert hashlib.sha256((model / path).read_bytes()).hexdigest() == digest


def test_every_file_is_in_the_list_and_the_list_is_signed(unpacked) -> None:
    listed = {}
    for line in (unpacked / "SHA256SUMS").read_text("utf-8").splitlines():
        digest, _, path = line.partition("  ")
        listed[path] = digest
    found = {
        path.relative_to(unpacked).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in unpacked.rglob("*")
        if path.is_file() and path.name not in {"SHA256SUMS.sig"}
    }
    own = found.pop("SHA256SUMS")
    assert own
    assert listed == found
    public = load_public(unpacked / "signer.pub")
    signature = (unpacked / "SHA256SUMS.sig").read_bytes()
    assert is_signed(public, signature, (unpacked / "SHA256SUMS").read_bytes())


def test_the_models_are_named_among_the_parts(unpacked) -> None:
    listed = json.loads((unpacked / "griddesk" / "griddesk.cdx.json").read_text())
    (model,) = listed["components"]
    assert (model["name"], model["type"]) == ("glm-mini", "machine-learning-model")
    assert listed["dependencies"][0]["dependsOn"] == [model["bom-ref"]]


def test_the_command_of_the_readme_finds_the_signature_good(unpacked) -> None:
    readme = (unpacked / "README.txt").read_text("utf-8")
    command = re.search(r"openssl pkeyutl.*\n.*SHA256SUMS\n", readme)[0]
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=unpacked, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (unpacked / "SHA256SUMS.sig").rename(unpacked / "kept")
    (unpacked / "SHA256SUMS.sig").write_bytes(bytes(64))
    done = subprocess.run(["/bin/sh", "-c", command], cwd=unpacked, capture_output=True)
    (unpacked / "kept").replace(unpacked / "SHA256SUMS.sig")
    assert done.returncode != 0


def test_the_bundles_own_files_are_not_changed(kit, tmp_path) -> None:
    made = bundle(tmp_path / "bundle")
    before = (made / "griddesk.cdx.json").read_text()
    key = new_key(tmp_path / "key.pem")
    kit.make_kit(made, ROOT / "models", tmp_path / "out", key, names=("glm-mini",))
    assert (made / "griddesk.cdx.json").read_text() == before
    assert not (made / "models").exists()


def test_a_damaged_model_gets_into_no_kit(kit, tmp_path, capsys) -> None:
    model = tmp_path / "models" / "glm-mini"
    model.mkdir(parents=True)
    (model / "SHA256SUMS").write_text(f"{'0' * 64}  config.json\n")
    (model / "config.json").write_text("{}")
    arguments = ["--bundle", bundle(tmp_path / "bundle"), "--models", model.parent]
    arguments += ["--out", tmp_path / "out", "--new-key", tmp_path / "key.pem"]
    assert kit.main([str(each) for each in arguments]) == 1
    assert "glm-mini 已损坏" in capsys.readouterr().err
    assert list((tmp_path / "out").iterdir()) == []


def test_without_a_bundle_it_says_how_to_get_one(kit, tmp_path, capsys) -> None:
    key = str(tmp_path / "key.pem")
    assert kit.main(["--bundle", str(tmp_path), "--new-key", key]) == 1
    assert "bootstrap.py bundle" in capsys.readouterr().err


def test_a_kit_needs_a_key(kit, tmp_path, capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        kit.main([])
    assert ended.value.code == 2
    assert "--new-key" in capsys.readouterr().err
    assert kit.main(["--key", str(tmp_path / "none.pem")]) == 1
    assert "none.pem" in capsys.readouterr().err
