"""Beside the bundle lies what is in it: version, parts, the text of every licence."""

import json
from importlib.metadata import distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def file_of(name: str, ending: str) -> Path:
    (found, *_) = (
        file for file in distribution(name).files or () if str(file).endswith(ending)
    )
    return Path(str(found.locate()))


@pytest.fixture(scope="module")
def bundle(inventory, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    files = [
        ROOT / "app" / "start.py",
        file_of("typer", "typer/main.py"),
        file_of("PySide6_Essentials", "QtCore.pyi"),
        file_of("vosk", "vosk/__init__.py"),
        Path(json.__file__),
    ]
    inventory.write(folder, version="1.2.3", files=files)
    return folder


@pytest.fixture
def listed(bundle) -> dict:
    return json.loads((bundle / "griddesk.cdx.json").read_text("utf-8"))


def test_the_version_lies_beside_the_program(bundle) -> None:
    assert (bundle / "VERSION").read_text() == "1.2.3\n"
    assert (bundle / "NOTICE").read_bytes() == (ROOT / "NOTICE").read_bytes()


def test_every_part_is_named_once_with_its_version(listed) -> None:
    named = {each["name"]: each for each in listed["components"]}
    assert set(named) == {
        "CPython",
        "PySide6_Essentials",
        "pyinstaller",
        "typer",
        "vosk",
    }
    assert named["typer"]["version"] == distribution("typer").version
    assert named["typer"]["purl"] == f"pkg:pypi/typer@{named['typer']['version']}"
    assert len(listed["components"]) == len(named)


def test_every_part_has_the_text_of_its_licence(bundle, listed) -> None:
    index = (bundle / "licences" / "INDEX.txt").read_text("utf-8")
    for part in listed["components"]:
        texts = list((bundle / "licences" / part["name"]).iterdir())
        assert texts, part["name"]
        assert f"{part['name']} {part['version']}: " in index


def test_a_wheel_without_a_text_gets_the_one_it_names(bundle) -> None:
    vosk = (bundle / "licences" / "vosk" / "LICENSE").read_text("utf-8")
    assert "Apache License" in vosk
    qt = {path.name for path in (bundle / "licences" / "PySide6_Essentials").iterdir()}
    assert qt == {"LGPL-3", "GPL-3"}


def test_the_list_has_the_form_of_cyclonedx(listed) -> None:
    assert listed["bomFormat"] == "CycloneDX"
    assert listed["specVersion"] == "1.6"
    assert listed["serialNumber"].startswith("urn:uuid:")
    references = [each["bom-ref"] for each in listed["components"]]
    assert listed["dependencies"] == [{"ref": "griddesk", "dependsOn": references}]


def test_the_same_parts_give_the_same_list(inventory, monkeypatch) -> None:
    part = inventory.Part(
        name="a", version="1", purl="pkg:pypi/a@1", licence="MIT", texts=()
    )
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795372314")
    once = inventory.sbom("1.0", [part])
    assert once == inventory.sbom("1.0", [part])
    assert once["metadata"]["timestamp"] == "2026-11-22T18:31:54Z"
    assert once["serialNumber"] != inventory.sbom("1.1", [part])["serialNumber"]


def test_a_library_of_the_system_is_named_by_its_package(
    inventory, monkeypatch, tmp_path
) -> None:
    def dpkg(*arguments: str) -> str:
        known = {
            ("-S", "/lib/x86_64-linux-gnu/libz.so.1"): "zlib1g:amd64: /lib/…",
            ("-W", "-f=${Version}", "zlib1g:amd64"): "1:1.2.13+b1",
        }
        return known.get(arguments, "")

    monkeypatch.setattr(inventory, "_dpkg", dpkg)
    monkeypatch.setattr(inventory.shutil, "which", lambda name: name)
    found = inventory._of_system([Path("/usr/lib/x86_64-linux-gnu/libz.so.1")])
    assert [(each.name, each.version, each.purl) for each in found] == [
        ("zlib1g", "1:1.2.13+b1", "pkg:deb/debian/zlib1g@1:1.2.13%2Bb1")
    ]


def test_a_systems_own_python_hides_no_library_of_the_system(
    inventory, monkeypatch, tmp_path
) -> None:
    # Debian's Python lies in /usr, like every library beside it.
    monkeypatch.setattr(inventory.sys, "base_prefix", "/usr")
    library = Path("/usr/lib/nowhere/libz.so.1")
    owned = {("-S", str(library)): "zlib1g:amd64: /lib/…"}
    monkeypatch.setattr(inventory, "_dpkg", lambda *words: owned.get(words, ""))
    names = {part.name for part in inventory._parts([library], tmp_path)}
    assert "zlib1g" in names


def test_a_file_of_no_package_is_a_part_without_a_licence(
    inventory, monkeypatch
) -> None:
    monkeypatch.setattr(inventory, "_dpkg", lambda *_: "")
    (part,) = inventory._of_system([Path("/usr/local/lib/libown.so.1")])
    assert part.name == "libown.so.1"
    assert "not known" in part.licence
    assert part.texts == ()
