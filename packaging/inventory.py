"""What came into the bundle: version, parts and licences, as files beside it.

`griddesk.cdx.json` is a CycloneDX list of every part; `licences/` holds the texts.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import Distribution, distributions
from pathlib import Path
from platform import python_version
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from app.modelstore.catalogue import Artefact

ROOT: Final = Path(__file__).resolve().parents[1]
SBOM: Final = "griddesk.cdx.json"
VERSION: Final = "VERSION"
LICENCES: Final = "licences"

_TEXT: Final = re.compile(r"licen[sc]e|copying|notice|authors|copyright", re.I)
_COMMON: Final = Path("/usr/share/common-licenses")
KNOWN: Final = {
    # These wheels name no licence, or a name alone.
    "vosk": "Apache-2.0",
    "tokenizers": "Apache-2.0",
}
_STANDARD: Final = {
    "Apache-2.0": (ROOT / "LICENSE",),
    "LGPL-3.0-only": (_COMMON / "LGPL-3", _COMMON / "GPL-3"),
}
"""Texts for packages that bring none; the LGPL is read together with the GPL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Something of others' that is in the bundle."""

    name: str
    version: str
    purl: str
    licence: str
    """As its makers write it: an SPDX expression where they know one."""
    texts: tuple[Path, ...]
    """Files with the licence's text."""


def write(
    bundle: Path, *, version: str, files: Iterable[Path], root: Path = ROOT
) -> tuple[Part, ...]:
    """Write version, list of parts and licences into a bundle; give the parts.

    `files` are those that were collected, where they lay.
    """
    parts = tuple(sorted(_parts(files, root), key=lambda part: part.name.lower()))
    (bundle / VERSION).write_text(f"{version}\n", "utf-8")
    for name in ("LICENSE", "NOTICE"):
        shutil.copyfile(root / name, bundle / name)
    folder = bundle / LICENCES
    folder.mkdir(exist_ok=True)
    lines = []
    for part in parts:
        own = folder / part.name
        taken = [_copy(text, own) for text in part.texts]
        names = ", ".join(sorted(set(taken)))
        lines.append(f"{part.name} {part.version}: {part.licence} ({names})\n")
    (folder / "INDEX.txt").write_text("".join(lines), "utf-8")
    _write_json(bundle / SBOM, sbom(version, parts))
    return parts


def _copy(text: Path, folder: Path) -> str:
    folder.mkdir(exist_ok=True)
    name = text.name
    if (folder / name).exists():
        # Two texts of one name, as of a library inside the package.
        name = f"{text.parent.name}-{name}"
    shutil.copyfile(text, folder / name)
    return name


def sbom(version: str, parts: Iterable[Part]) -> Mapping[str, object]:
    """Give the list of parts as CycloneDX 1.6; the same parts give the same list."""
    components = [_component(part) for part in parts]
    identity = json.dumps([version, components], sort_keys=True)
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    made = datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, identity)}",
        "version": 1,
        "metadata": {
            "timestamp": made,
            "component": {
                "type": "application",
                "bom-ref": "griddesk",
                "name": "griddesk",
                "version": version,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            },
        },
        "components": components,
        "dependencies": [
            {"ref": "griddesk", "dependsOn": [each["bom-ref"] for each in components]}
        ],
    }


def add_models(path: Path, models: Iterable["Artefact"]) -> None:
    """Write the list of parts anew, with the models that lie beside the program."""
    listed = json.loads(path.read_text("utf-8"))
    rows = [
        {
            "type": "machine-learning-model",
            "bom-ref": f"model:{each.name}@{each.version}",
            "name": each.name,
            "version": each.version,
            "licenses": [{"license": {"name": each.licence}}],
        }
        for each in models
    ]
    listed["components"] += rows
    listed["dependencies"][0]["dependsOn"] += [row["bom-ref"] for row in rows]
    # It may be a link to the bundle's own.
    path.unlink()
    _write_json(path, listed)


def _write_json(path: Path, value: object) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    path.write_text(f"{text}\n", "utf-8")


def _component(part: Part) -> dict[str, object]:
    return {
        "type": "library",
        "bom-ref": part.purl,
        "name": part.name,
        "version": part.version,
        "purl": part.purl,
        "licenses": [{"license": {"name": part.licence}}],
    }


def _parts(files: Iterable[Path], root: Path) -> Iterator[Part]:
    owners = _owners()
    wheels: dict[str, Distribution] = {}
    system: set[Path] = set()
    own = {sys.prefix, str(root), sysconfig.get_path("stdlib")}
    if sys.base_prefix != "/usr":
        # A Python of its own; the system's shares its folder with every library.
        own.add(sys.base_prefix)
    ours = [Path(each).resolve() for each in own]
    for path in sorted({file.resolve() for file in files}):
        owner = owners.get(str(path))
        if owner is not None:
            wheels[owner.metadata["Name"]] = owner
        elif not any(path.is_relative_to(each) for each in ours):
            system.add(path)
    # The loader inside the executables.
    wheels["pyinstaller"] = Distribution.from_name("pyinstaller")
    wheels.pop("griddesk", None)
    yield from (_of_wheel(wheel) for wheel in wheels.values())
    yield _python()
    yield from _of_system(sorted(system))


def _owners() -> dict[str, Distribution]:
    owners: dict[str, Distribution] = {}
    for found in distributions():
        folder = os.path.realpath(str(found.locate_file("")))
        for file in found.files or ():
            owners[os.path.normpath(os.path.join(folder, file))] = found
    return owners


def _of_wheel(wheel: Distribution) -> Part:
    name, version = wheel.metadata["Name"], wheel.version
    texts = [
        path
        for file in wheel.files or ()
        if ".dist-info" in file.parts[0] and _is_text(file.parts)
        if (path := Path(str(wheel.locate_file(file)))).is_file()
    ]
    licence = KNOWN.get(name.lower()) or _licence(wheel)
    if not texts:
        standard = next((s for s in _STANDARD if licence.startswith(s)), "")
        texts = [text for text in _STANDARD.get(standard, ()) if text.exists()]
    plain = re.sub(r"[-_.]+", "-", name).lower()
    purl = f"pkg:pypi/{plain}@{version.replace('+', '%2B')}"
    return Part(
        name=name, version=version, purl=purl, licence=licence, texts=tuple(texts)
    )


def _is_text(parts: tuple[str, ...]) -> bool:
    return "licenses" in parts or bool(_TEXT.search(parts[-1]))


def _licence(wheel: Distribution) -> str:
    expression = wheel.metadata.get("License-Expression")
    if expression:
        return str(expression)
    classified = [
        line.rpartition(" :: ")[2]
        for line in wheel.metadata.get_all("Classifier") or ()
        if line.startswith("License :: ")
    ]
    stated = str(wheel.metadata.get("License") or "").strip().partition("\n")[0]
    if stated and stated != "UNKNOWN":
        return stated
    return ", ".join(classified) or "see its licence file"


def _python() -> Part:
    version = python_version()
    text = Path(sysconfig.get_path("stdlib")) / "LICENSE.txt"
    return Part(
        name="CPython",
        version=version,
        purl=f"pkg:generic/python@{version}",
        licence="Python-2.0",
        texts=(text,) if text.exists() else (),
    )


def _of_system(files: Iterable[Path]) -> Iterator[Part]:
    """Name the Debian packages that files come from; a file of none is a part."""
    packages: set[str] = set()
    for path in files:
        # The list of a package may name the file as it was before /lib became a link.
        for each in (str(path), str(path).removeprefix("/usr")):
            owner = _dpkg("-S", each).partition(": ")[0].split(",")[0].strip()
            if owner:
                packages.add(owner)
                break
        else:
            yield Part(
                name=path.name,
                version="unknown",
                purl=f"pkg:generic/{path.name}",
                licence="not known: it belongs to no package here",
                texts=(),
            )
    for package in sorted(packages):
        name = package.partition(":")[0]
        version = _dpkg("-W", "-f=${Version}", package)
        text = Path("/usr/share/doc") / name / "copyright"
        yield Part(
            name=name,
            version=version,
            purl=f"pkg:deb/debian/{name}@{version.replace('+', '%2B')}",
            licence="see its copyright file",
            texts=(text,) if text.exists() else (),
        )


def _dpkg(*arguments: str) -> str:
    if shutil.which("dpkg-query") is None:
        return ""
    done = subprocess.run(
        ["dpkg-query", *arguments], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else ""
