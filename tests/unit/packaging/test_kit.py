"""A kit holds all that a desk without internet needs, and says who made it."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from app.system.signing import (
    is_signed,
    load_key,
    load_public,
    new_key,
    write_public,
)

ROOT = Path(__file__).resolve().parents[3]


def bundle(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "VERSION").write_text("1.2.3\n")
    (folder / "griddesk").write_text("program")
    listed = {
        "metadata": {"timestamp": "2026-01-02T03:04:05Z"},
        "components": [],
        "dependencies": [{"ref": "griddesk", "dependsOn": []}],
    }
    (folder / "griddesk.cdx.json").write_text(json.dumps(listed))
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


def in_shell(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_commands_of_the_readme_tell_a_kit_of_somebody_else(
    unpacked, tmp_path
) -> None:
    readme = (unpacked / "README.txt").read_text("utf-8")
    verify = re.search(r"openssl pkeyutl.*\n.*SHA256SUMS\n", readme)[0]
    compare = re.search(r"sha256sum --check.*\n", readme)[0]
    name_it = re.search(r"openssl pkey .*\n", readme)[0]
    told = load_key(unpacked.parent / "key.pem").fingerprint.replace("-", "")
    # What somebody could change together with the kit proves nothing.
    assert told not in readme.replace("-", "")
    for command in (verify, compare):
        done = in_shell(unpacked, command)
        assert done.returncode == 0, done.stderr
    assert in_shell(unpacked, name_it).stdout.strip() == told

    for name in ("SHA256SUMS", "SHA256SUMS.sig", "signer.pub"):
        shutil.copy(unpacked / name, tmp_path)
    (tmp_path / "SHA256SUMS.sig").write_bytes(bytes(64))
    assert in_shell(tmp_path, verify).returncode != 0
    # Signed anew with a key of their own it is good, but they are not who they say.
    other = new_key(tmp_path / "other.pem")
    write_public(tmp_path / "signer.pub", other.public)
    signature = other.sign((tmp_path / "SHA256SUMS").read_bytes())
    (tmp_path / "SHA256SUMS.sig").write_bytes(signature)
    assert in_shell(tmp_path, verify).returncode == 0
    shown = in_shell(tmp_path, name_it).stdout.strip()
    assert shown == other.fingerprint.replace("-", "") != told


@pytest.mark.parametrize(
    ("system", "commands", "strange"),
    [
        ("linux", ["sudo sh /opt/griddesk/uninstall.sh", "--trust"], "iscc"),
        ("win32", ["iscc", "/DKit=", "/DGpu=", "certutil"], "sh "),
    ],
)
def test_each_system_has_the_readme_of_its_own_installer(
    kit, tmp_path, system, commands, strange
) -> None:
    out = tmp_path / "out"
    gpu = bundle(tmp_path / "gpu")
    library = gpu / kit.CUDA_LIBRARY[system]
    library.parent.mkdir(parents=True)
    library.touch()
    for archive in kit.make_kit(
        bundle(tmp_path / "bundle"),
        out,
        out,
        new_key(tmp_path / "key.pem"),
        gpu=gpu,
        system=system,
        names=(),
    ):
        with tarfile.open(archive) as tar:
            tar.extractall(out, filter="data")
    base, component = sorted(out.glob("*/README.txt"), key=lambda path: len(str(path)))
    text = base.read_text("utf-8")
    for command in commands:
        assert command in text
    assert "以另行告知的 SHA-256 为准" in text
    assert "1.2.3" in text
    assert strange not in text
    assert strange not in component.read_text("utf-8")


def test_the_same_bundle_and_key_give_the_same_archives_byte_for_byte(
    kit, tmp_path, monkeypatch
) -> None:
    key = new_key(tmp_path / "key.pem")
    made = []
    for number in (1, 2):
        folder = tmp_path / str(number)
        ours, theirs = bundle(folder / "cpu"), cuda_bundle(folder / "gpu")
        (ours / "run").touch()
        # What a machine, a user or an hour makes different.
        (ours / "run").chmod(0o755 if number == 1 else 0o700)
        (ours / "griddesk").chmod(0o644 if number == 1 else 0o666)
        os.utime(ours / "VERSION", (number, number))
        (ours / "one").write_text("same")
        if number == 1:
            (ours / "two").write_text("same")
        else:
            (ours / "two").hardlink_to(ours / "one")
        monkeypatch.setattr("time.time", lambda at=number: 1.8e9 + at)
        out = folder / "out"
        archives = kit.make_kit(
            ours, out, out, key, gpu=theirs, system="linux", names=()
        )
        made.append([path.read_bytes() for path in archives])
    assert made[0] == made[1]
    with tarfile.open(archives[0]) as tar:
        members = tar.getmembers()
    assert {member.mtime for member in members} == {1767323045}
    assert {member.mode for member in members} == {0o755, 0o644}
    modes = {member.name.partition("/")[2]: member.mode for member in members}
    assert modes["griddesk/run"] == 0o755
    assert modes["griddesk/VERSION"] == 0o644


@pytest.mark.parametrize("faulty", ["cpu", "gpu"])
@pytest.mark.parametrize(
    "target", ["_internal", "../elsewhere", "/etc/passwd", "nothing"]
)
def test_a_bundle_with_a_link_that_the_installer_refuses_gets_into_no_kit(
    kit, tmp_path, target, faulty
) -> None:
    (tmp_path / "elsewhere").touch()
    ours, theirs = cuda_bundle(tmp_path / "cpu"), cuda_bundle(tmp_path / "gpu")
    (tmp_path / faulty / "link").symlink_to(target)
    key = new_key(tmp_path / "key.pem")
    out = tmp_path / "out"
    with pytest.raises(kit.Refused, match=f"link links to {target}"):
        kit.make_kit(ours, out, out, key, gpu=theirs, system="linux", names=())
    assert list(tmp_path.glob("out/*")) == []


def test_a_bundle_without_a_time_says_what_to_do(kit, tmp_path) -> None:
    made = bundle(tmp_path / "bundle")
    (made / "griddesk.cdx.json").write_text("{}")
    with pytest.raises(kit.Refused, match=r"names no time. .*bootstrap.py bundle"):
        kit.make_kit(made, made, tmp_path, new_key(tmp_path / "key.pem"), names=())


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
