"""Who made something: Ed25519 keys on disk, their fingerprints, signatures."""

import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.core.errors import MissingError, UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_SHOWN: Final = 32
"""Hexadecimal digits of a fingerprint: 128 bits, which two people can read out."""


def fingerprint_of(public: bytes) -> str:
    """Give the short name of a public key (32 bytes), for people to compare."""
    digest = hashlib.sha256(public).hexdigest()[:_SHOWN]
    return "-".join(digest[start : start + 4] for start in range(0, _SHOWN, 4))


def same_fingerprint(one: str, two: str) -> bool:
    """Whether two fingerprints are equal, however they were typed."""

    def bare(text: str) -> str:
        return "".join(char for char in text.casefold() if char.isalnum())

    return bool(bare(one)) and bare(one) == bare(two)


class SigningKey:
    """A private key, for signing packages and chain heads."""

    def __init__(self, key: "Ed25519PrivateKey") -> None:
        """Take the key."""
        self._key = key

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return self._key.public_key().public_bytes_raw()

    @property
    def fingerprint(self) -> str:
        """The short name of the public key."""
        return fingerprint_of(self.public)

    def sign(self, message: bytes) -> bytes:
        """Give the signature of a message, 64 bytes."""
        return self._key.sign(message)


def new_key(path: Path) -> SigningKey:
    """Make a key and write it to a new file that only its owner can read.

    Raises:
        UsageError: There is a file of that name already, or it cannot be written.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Never readable by others, not even for a moment; never over another key.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise UsageError(
            f"{path} 已经存在, 没有覆盖",
            "请用 --key 使用已有的私钥, 或给新私钥另起一个文件名。",
        ) from None
    except OSError as error:
        raise UsageError(f"私钥无法写入 {path} ({error.strerror or error})") from error
    return SigningKey(key)


def load_key(path: Path) -> SigningKey:
    """Read a key that `new_key` wrote.

    Raises:
        MissingError: There is no such file.
        UsageError: Others can read it, or it is no such key.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_bytes()
    except OSError as error:
        raise MissingError(
            f"无法读取私钥 {path} ({error.strerror or error})",
            "请检查文件名; 还没有私钥时, 请先生成一个。",
        ) from error
    if os.name == "posix" and mode & 0o077:
        raise UsageError(
            f"私钥 {path} 的权限是 {mode:03o}, 别人也能读",
            f"请运行 chmod 600 {path.name} 后重试; 若已泄露, 请换一个私钥。",
        )
    try:
        key = serialization.load_pem_private_key(text, password=None)
    except (ValueError, TypeError) as error:
        raise UsageError(
            f"{path} 不是可用的私钥", "请使用本程序生成的私钥文件。"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(f"{path} 不是 Ed25519 私钥", "请使用本程序生成的私钥文件。")
    return SigningKey(key)


def write_public(path: Path, public: bytes) -> None:
    """Write a public key (32 bytes) as PEM, which other programs read as well.

    Raises:
        UsageError: It cannot be written.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    text = Ed25519PublicKey.from_public_bytes(public).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    try:
        path.write_bytes(text)
    except OSError as error:
        raise UsageError(f"公钥无法写入 {path} ({error.strerror or error})") from error


def load_public(path: Path) -> bytes:
    """Read a public key that `write_public` wrote; 32 bytes.

    Raises:
        MissingError: There is no such file.
        UsageError: It is no such key.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        text = path.read_bytes()
    except OSError as error:
        raise MissingError(
            f"无法读取公钥 {path} ({error.strerror or error})", "请检查文件名。"
        ) from error
    remedy = "请使用随私钥一起生成的 .pub 文件。"
    try:
        key = serialization.load_pem_public_key(text)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UsageError(f"{path} 不是可用的公钥", remedy) from error
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError(f"{path} 不是 Ed25519 公钥", remedy)
    return key.public_bytes_raw()


def is_signed(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the holder of a public key signed this message."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
