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
    (archive,) = kit.make_kit(
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


def cuda_bundle(folder: Path) -> Path:
    library = bundle(folder) / "_internal" / "torch" / "lib" / "libtorch_cuda.so"
    library.parent.mkdir(parents=True)
    library.write_text("CUDA")
    return folder


def test_a_component_has_what_is_new_or_other_and_names_what_is_gone(
    kit, tmp_path
) -> None:
    ours, theirs = bundle(tmp_path / "cpu"), cuda_bundle(tmp_path / "gpu")
    for folder in (ours, theirs):
        (folder / "same").write_text("same")
        (folder / "run").write_text("run")
        (folder / "link").symlink_to("target")
        (folder / "target").write_text(folder.name)
        (folder / "new").symlink_to("same" if folder is theirs else "run")
    (theirs / "run").chmod(0o755)
    (ours / "_internal").mkdir()
    (ours / "_internal" / "gone").touch()
    key = new_key(tmp_path / "key.pem")
    out = tmp_path / "out"
    for archive in kit.make_kit(
        ours, out, out, key, gpu=theirs, system="linux", names=()
    ):
        with tarfile.open(archive) as tar:
            tar.extractall(out, filter="data")
    (base,) = out.glob("griddesk-*[!zu]")
    component = base.with_name(f"{base.name}-gpu")
    assert {p.name for p in (component / "griddesk").iterdir()} == {
        # What links lead to comes with them, though it be the same.
        *("link", "target", "new", "same"),
        *("run", "_internal"),
    }
    assert (component / "REMOVED").read_text() == "griddesk/_internal/gone\n"
    sums = (base / "SHA256SUMS").read_bytes()
    assert (component / "KIT").read_bytes() == sums
    own = (component / "SHA256SUMS").read_bytes()
    assert b"  KIT\n" in own
    assert b"  REMOVED\n" in own
    signature = (component / "SHA256SUMS.sig").read_bytes()
    assert is_signed(load_public(base / "signer.pub"), signature, own)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("none", "bundle --gpu"),
        ("version", "not of version 1.2.3"),
        ("CUDA", "no CUDA in"),
        ("sources", "built from different sources"),
    ],
)
def test_a_gpu_bundle_that_is_not_the_same_program_gets_into_no_kit(
    kit, tmp_path, fault, sentence
) -> None:
    gpu = cuda_bundle(tmp_path / "gpu") if fault != "none" else tmp_path / "gpu"
    if fault == "version":
        (gpu / "VERSION").write_text("1.2.4\n")
    elif fault == "CUDA":
        (gpu / "_internal" / "torch" / "lib" / "libtorch_cuda.so").unlink()
    elif fault == "sources":
        (gpu / "_internal" / "app").mkdir()
        (gpu / "_internal" / "app" / "newer.py").touch()
    base, out = bundle(tmp_path / "cpu"), tmp_path / "out"
    key = new_key(tmp_path / "key.pem")
    with pytest.raises(kit.Refused, match=sentence):
        kit.make_kit(base, out, out, key, gpu=gpu, system="linux", names=())
    assert list(tmp_path.glob("out/*")) == []


def test_a_kit_needs_a_key(kit, tmp_path, capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        kit.main([])
    assert ended.value.code == 2
    assert "--new-key" in capsys.readouterr().err
    assert kit.main(["--key", str(tmp_path / "none.pem")]) == 1
    assert "none.pem" in capsys.readouterr().err
