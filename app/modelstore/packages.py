"""Adapter packages: a zip whose every file is listed, hashed and signed.

A package holds these files and no others:

    griddesk-adapter.json          what it is, and for which base (`PackageCard`)
    adapter/…                      the adapter in peft's format, how it was trained, and
                                   from which probability on it dispatches, if measured
    evaluation/…                   its evaluation, if it has one
    README.md                      the model card
    SHA256SUMS                     every file above, as `sha256sum -c` reads it
    SIGNATURE.json                 Ed25519 over SHA256SUMS, if it is signed

To verify one without this program: unpack it, run `sha256sum -c SHA256SUMS`, and check
`signature` with `public_key` (both hexadecimal) over the bytes `griddesk-adapter/1`,
a line feed and the file SHA256SUMS.
"""

import hashlib
import json
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from app.core.adapters import SHIPPED
from app.core.cancel import CancelToken
from app.core.errors import ModelCorruptError, UsageError
from app.modelstore.files import Readable, WrongBytesError, copy_verified
from app.system.signing import fingerprint_of, is_signed

FORMAT: Final = 1
CARD: Final = "griddesk-adapter.json"
SUMS: Final = "SHA256SUMS"
SIGNATURE: Final = "SIGNATURE.json"
README: Final = "README.md"
ADAPTER: Final = "adapter"
EVALUATION: Final = "evaluation/evaluation.json"
PAGE: Final = "evaluation/evaluation.html"
CALIBRATION: Final = "adapter/calibration.json"
NEEDED: Final = (
    CARD,
    "adapter/adapter_config.json",
    "adapter/adapter_model.safetensors",
    "adapter/griddesk.json",
    README,
)
EVALUATED: Final = (EVALUATION, PAGE)
OPTIONAL: Final = (*EVALUATED, CALIBRATION)
WEIGHTS: Final = "adapter/adapter_model.safetensors"

MOST_BYTES: Final = 256 << 20
"""What a package may unpack to."""
MOST_SMALL: Final = 16 << 20
"""What any file of it but the weights may be."""

_DOMAIN: Final = b"griddesk-adapter/1\n"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DEVICE: Final = re.compile("con|nul|aux|prn|(com|lpt)[0-9]")
"""What Windows takes for a device, whatever follows a dot."""
_HEX: Final = re.compile(r"[0-9a-f]+")
_LINE: Final = re.compile(r"([0-9a-f]{64}) [ *](\S.*)")
_UNREADABLE: Final = (
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)
_TAMPERED: Final = "请不要使用, 并向提供者重新索取。"


@dataclass(frozen=True, kw_only=True)
class PackageCard:
    """What a package says of itself; signed with everything else."""

    name: str
    title: str
    base: str
    """Name of the model that the adapter was tuned on."""
    base_sha256: str
    tokenizer_sha256: str
    made_at: str
    """ISO 8601."""
    program: str
    data_sha256: str = ""
    format: int = FORMAT

    def text(self) -> str:
        """Write it as JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, sort_keys=True)


def is_name(name: str) -> bool:
    """Whether an adapter may be called so: it becomes a folder's name everywhere."""
    stem = name.casefold().partition(".")[0]
    taken = stem == SHIPPED or _DEVICE.fullmatch(stem)
    return bool(_NAME.fullmatch(name)) and not name.endswith(".") and not taken


def message_of(sums: bytes) -> bytes:
    """Give the bytes that are signed."""
    return _DOMAIN + sums


def sums_in(text: bytes) -> dict[str, str]:
    """Read the SHA-256 of each file from a list of sums.

    Raises:
        ValueError: A line is none, or a file comes twice.
    """
    sums: dict[str, str] = {}
    for line in text.decode("utf-8").splitlines():
        found = _LINE.fullmatch(line)
        if found is None or found[2] in sums:
            raise ValueError(f"no line of sums: {line!r}")
        sums[found[2]] = found[1]
    return sums


def signer_in(signature: bytes, sums: bytes) -> str:
    """Give the fingerprint of who signed a list of sums; empty: not this list.

    Raises:
        ValueError: The text is no signature.
    """
    try:
        stated = json.loads(signature)
        if stated["algorithm"] != "ed25519":
            raise ValueError(stated["algorithm"])
        public = bytes.fromhex(stated["public_key"])
        signed = bytes.fromhex(stated["signature"])
    except (KeyError, TypeError) as error:
        raise ValueError("no signature") from error
    return fingerprint_of(public) if is_signed(public, signed, message_of(sums)) else ""


class Package:
    """A package that is whole: its files are those listed. Hashes come on unpacking."""

    def __init__(self, path: Path) -> None:
        """Open a package and check everything but the bytes of its files.

        Raises:
            UsageError: It is no package, or of a later format.
            ModelCorruptError: It is damaged, was changed, or holds what it may not.
        """
        self.path: Final = path
        try:
            self._zip = zipfile.ZipFile(path)
        except _UNREADABLE as error:
            raise UsageError(
                f"{path} 不能打开 ({error})", "请给出 griddesk tune package 写的文件。"
            ) from error
        try:
            self._sizes = self._listed()
            sums = self._small(SUMS)
            self.sums: Final = self._parse_sums(sums)
            self.signer: Final = self._signer(sums)
            self.card: Final = self._card()
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Self:
        """Keep it open."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self._zip.close()

    def unpack(self, folder: Path, cancel: CancelToken) -> None:
        """Write every file below `folder`, hashing it on the way.

        Raises:
            ModelCorruptError: The bytes are not those listed.
            UsageError: The package can no longer be read: the stick was pulled out.
            OSError: A file cannot be written.
            Cancelled.
        """
        for name in (*self.sums, SUMS, *([SIGNATURE] if self.signer else [])):
            target = folder / name
            if name not in self.sums:
                target.write_bytes(self._small(name))
                continue
            try:
                with self._open(name) as stream:
                    copy_verified(
                        stream,
                        target,
                        sha256=self.sums[name],
                        size=self._sizes[name],
                        cancel=cancel,
                        on_bytes=lambda _: None,
                    )
            except WrongBytesError as error:
                raise self._changed(str(error)) from error
            except OSError:
                # Reading says it otherwise, see `_open`.
                raise
            except _UNREADABLE as error:
                raise self._changed(f"{name} 无法解包 ({error})") from error

    @contextmanager
    def _open(self, name: str) -> Iterator[Readable]:
        """Open a file of the package; what fails to be read is told from writing.

        Raises:
            UsageError: The package can no longer be read.
        """
        try:
            stream = self._zip.open(name)
        except OSError as error:
            raise _gone(self.path, error) from error
        with stream:
            yield _Member(stream, self.path)

    def _listed(self) -> dict[str, int]:
        """Give names and sizes; only the closed list of names is let in.

        With it nothing can be written outside the folder, whatever the archive says.
        """
        sizes: dict[str, int] = {}
        allowed = {*NEEDED, *OPTIONAL, SUMS, SIGNATURE}
        for info in self._zip.infolist():
            if info.is_dir():
                continue
            name = info.filename
            if name not in allowed:
                raise ModelCorruptError(f"适配器包里有不该有的文件 {name!r}", _TAMPERED)
            if name in sizes:
                raise ModelCorruptError(f"适配器包里有两个 {name}", _TAMPERED)
            if stat.S_ISLNK(info.external_attr >> 16):
                raise ModelCorruptError(f"适配器包里的 {name} 是链接", _TAMPERED)
            if name != WEIGHTS and info.file_size > MOST_SMALL:
                raise ModelCorruptError(
                    f"适配器包里的 {name} 有 {_megabytes(info.file_size)}, 太大",
                    _TAMPERED,
                )
            sizes[name] = info.file_size
        if CARD not in sizes:
            raise UsageError(
                f"{self.path.name} 不是适配器包 (没有 {CARD})",
                "请给出 griddesk tune package 写的文件。",
            )
        if sum(sizes.values()) > MOST_BYTES:
            raise ModelCorruptError(
                f"适配器包解开后有 {_megabytes(sum(sizes.values()))}, "
                f"最多 {_megabytes(MOST_BYTES)}",
                _TAMPERED,
            )
        missing = [name for name in (*NEEDED, SUMS) if name not in sizes]
        if missing:
            raise ModelCorruptError(
                f"适配器包不完整, 缺少 {', '.join(missing)}", _TAMPERED
            )
        return sizes

    def _small(self, name: str) -> bytes:
        try:
            with self._open(name) as stream:
                data = stream.read(MOST_SMALL + 1)
        except _UNREADABLE as error:
            raise self._changed(f"{name} 无法读取 ({error})") from error
        if len(data) > MOST_SMALL:
            raise self._changed(f"{name} 比它声明的大")
        return data

    def _parse_sums(self, text: bytes) -> Mapping[str, str]:
        try:
            sums = sums_in(text)
        except ValueError as error:
            raise self._changed(f"{SUMS} 内容有误") from error
        covered = {*self._sizes} - {SUMS, SIGNATURE}
        if sums.keys() != covered:
            odd = sorted(sums.keys() ^ covered)
            raise self._changed(f"{SUMS} 与文件不一致: {', '.join(odd)}")
        return sums

    def _signer(self, sums: bytes) -> str:
        """Give the fingerprint of who signed it; empty when nobody did."""
        if SIGNATURE not in self._sizes:
            return ""
        try:
            signer = signer_in(self._small(SIGNATURE), sums)
        except ValueError as error:
            raise self._changed(f"{SIGNATURE} 内容有误") from error
        if not signer:
            raise self._changed("签名不符, 内容在签名之后改动过")
        return signer

    def _card(self) -> PackageCard:
        text = self._small(CARD)
        if hashlib.sha256(text).hexdigest() != self.sums[CARD]:
            raise self._changed(f"{CARD} 的 SHA-256 不符")
        try:
            stated = json.loads(text)
            if stated["format"] != FORMAT:
                raise UsageError(
                    f"适配器包的格式是 {stated['format']}, 本程序只认识 {FORMAT}",
                    "请更新程序。",
                )
            card = PackageCard(**stated)
            texts = (card.name, card.title, card.base, card.made_at, card.program)
            if not all(isinstance(text, str) for text in texts):
                raise ValueError("not text")
            sums = (card.base_sha256, card.tokenizer_sha256 or "0")
            if not is_name(card.name) or not all(map(_HEX.fullmatch, sums)):
                raise ValueError("name or sums")
        except (ValueError, KeyError, TypeError) as error:
            raise self._changed(f"{CARD} 内容有误 ({error})") from error
        return card

    def _changed(self, why: str) -> ModelCorruptError:
        return ModelCorruptError(f"适配器包 {self.path.name} 已损坏: {why}", _TAMPERED)


class _Member:
    """A file of a package that may be pulled out while it is read."""

    def __init__(self, stream: Readable, package: Path) -> None:
        self._stream = stream
        self._package = package

    def read(self, count: int, /) -> bytes:
        try:
            return self._stream.read(count)
        except OSError as error:
            raise _gone(self._package, error) from error


def _gone(package: Path, error: OSError) -> UsageError:
    """Say that a package can no longer be read."""
    return UsageError(
        f"适配器包 {package.name} 读到一半读不出来了 ({error.strerror or error})",
        "请确认 U 盘或网络文件夹还连着, 然后重新导入。",
    )


def is_package(path: Path) -> bool:
    """Whether a file is meant to be an adapter package."""
    try:
        with zipfile.ZipFile(path) as archive:
            return CARD in archive.namelist()
    except _UNREADABLE:
        return False


def _megabytes(count: int) -> str:
    return f"{count / 1e6:.0f} MB"
