"""The catalogue says exactly what a model is, or is refused with the reason."""

from pathlib import Path

import pytest

from app.core.errors import ModelCorruptError, SettingsError
from app.modelstore.catalogue import Kind, SourceKind, load_catalogue
from app.system.paths import program_root

DIGEST = "0" * 64
MODEL = f"""
schema = 1
[[model]]
name = "small"
kind = "recogniser"
version = "1"
title = "小"
licence = "Apache-2.0"
files = [{{ path = "a/b", size = 3, sha256 = "{DIGEST}" }}]
[[model.source]]
kind = "archive"
url = "https://models.example/small.zip"
size = 10
sha256 = "{DIGEST}"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "catalogue.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_catalogue_of_the_program_is_sound() -> None:
    catalogue = load_catalogue(program_root() / "models" / "catalogue.toml")
    by_name = {each.name: each for each in catalogue.artefacts}
    recogniser = by_name["vosk-model-small-cn-0.22"]
    assert recogniser.kind is Kind.RECOGNISER
    assert (len(recogniser.files), recogniser.size) == (14, 68_292_271)
    assert [source.kind for source in recogniser.sources] == [
        SourceKind.ARCHIVE,
        SourceKind.WHEEL,
    ]
    assert by_name["glm-mini"].manifest
    assert all(each.licence and each.title for each in catalogue.artefacts)
    # Promise: nothing is contacted for a model but what is named here.
    assert catalogue.hosts == {"alphacephei.com"}


def test_a_right_entry_is_read(tmp_path: Path) -> None:
    (model,) = load_catalogue(write(tmp_path, MODEL)).artefacts
    assert (model.name, model.size, model.sources[0].host) == (
        "small",
        3,
        "models.example",
    )


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("schema = 1", "schema = 2"),
        ('name = "small"', 'name = "../small"'),
        ('path = "a/b"', 'path = "../b"'),
        ('path = "a/b"', 'path = "/etc/b"'),
        ('path = "a/b"', "path = 'a\\b'"),
        ('path = "a/b"', 'path = "c:b"'),
        ("size = 3", "size = -3"),
        ("size = 3", 'size = "3"'),
        (f'size = 3, sha256 = "{DIGEST}"', 'size = 3, sha256 = "0"'),
        ("https://", "http://"),
        ("https://", "file://"),
        ('kind = "recogniser"', 'kind = "oracle"'),
        ('licence = "Apache-2.0"', ""),
        ("files = ", 'manifest = "SHA256SUMS"\nfiles = '),
        ("files = ", 'manifest = "SHA256SUMS"\nunread = '),
        ("[[model]]", "[model]"),
    ],
)
def test_a_wrong_entry_is_refused(tmp_path: Path, right: str, wrong: str) -> None:
    assert right in MODEL
    path = write(tmp_path, MODEL.replace(right, wrong, 1))
    with pytest.raises(SettingsError, match="内容有误"):
        load_catalogue(path)


def test_an_inexact_wheel_is_refused(tmp_path: Path) -> None:
    text = MODEL.replace("archive", "wheel").replace("url", "requirement")
    text = text.replace("https://models.example/small.zip", "small>=1")
    with pytest.raises(SettingsError, match="exact version"):
        load_catalogue(write(tmp_path, text))


def test_two_models_of_one_name_are_refused(tmp_path: Path) -> None:
    twice = MODEL + MODEL.replace("schema = 1", "")
    with pytest.raises(SettingsError, match="same name"):
        load_catalogue(write(tmp_path, twice))


@pytest.mark.parametrize("text", [None, "schema = "])
def test_a_file_that_is_not_there_or_no_toml_is_told(
    tmp_path: Path, text: str | None
) -> None:
    path = tmp_path / "catalogue.toml"
    if text is not None:
        path.write_text(text, "utf-8")
    with pytest.raises(SettingsError, match="无法读取"):
        load_catalogue(path)


@pytest.mark.parametrize(
    "manifest", ["", "0  a", f"{DIGEST}  ../a", f"{DIGEST}  /a", DIGEST]
)
def test_a_wrong_manifest_is_a_damaged_model(tmp_path: Path, manifest: str) -> None:
    catalogue = load_catalogue(program_root() / "models" / "catalogue.toml")
    (tmp_path / "SHA256SUMS").write_text(manifest)
    model = next(each for each in catalogue.artefacts if each.manifest)
    with pytest.raises(ModelCorruptError):
        model.files_in(tmp_path)
