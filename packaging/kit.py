#!/usr/bin/env python3
"""Pack what a machine without internet needs into one archive, and sign it.

    python3 packaging/bootstrap.py kit --new-key FILE   makes a key, the first time
    python3 packaging/bootstrap.py kit --key FILE       signs with it

The kit holds the bundle with the models beside it, the installer, the SHA-256 of every
file, and an Ed25519 signature of that list. Who carries the stick cannot change any of
it unnoticed by somebody who knows the key's fingerprint. Needs dist/griddesk, which
`bootstrap.py bundle` makes. Exit status: 0 done, 1 it failed, 2 bad usage.
"""

import argparse
import hashlib
import os
import platform
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "packaging")]

import inventory  # noqa: E402

from app.core.errors import UserFacingError  # noqa: E402
from app.modelstore.catalogue import Artefact, load_catalogue  # noqa: E402
from app.modelstore.store import Store  # noqa: E402
from app.system.signing import SigningKey, load_key, new_key, write_public  # noqa: E402

MODELS: Final = ("glm-mini", "vosk-model-small-cn-0.22")
SUMS: Final = "SHA256SUMS"
SIGNATURE: Final = "SHA256SUMS.sig"
SIGNER: Final = "signer.pub"
INSTALLERS: Final = {
    "linux": ("packaging/linux/install.sh",),
    "win32": ("packaging/windows/griddesk.iss",),
}
README: Final = """\
GridDesk {version} 离线安装包

1. 解压到本机磁盘:      tar xzf {archive}
2. 安装 (所有用户):     cd {name} && sudo sh install.sh
   或 (只为自己, 不用 root): sh install.sh --prefix ~/apps
3. 自检:                griddesk doctor
4. 打开:                应用菜单里的「GridDesk 巡检席」

升级: 用新的安装包重复以上步骤, 设置和日志保留; 不能降级。
卸载: sh /opt/griddesk/uninstall.sh, 设置和日志保留。

签名者指纹: {fingerprint}
请与提供安装包的人核对; 核对后可用 sh install.sh --trust 指纹, 不符时拒绝安装。
不信任介质时, 请在运行任何文件之前用本机的 openssl 验证:
  openssl pkeyutl -verify -rawin -pubin -inkey signer.pub \\
      -sigfile SHA256SUMS.sig -in SHA256SUMS
  sha256sum --check --quiet SHA256SUMS
"""


class Refused(Exception):
    """The kit cannot be made; the text says why and what to do."""


def make_kit(
    bundle: Path,
    models: Path,
    target: Path,
    key: SigningKey,
    *,
    system: str = sys.platform,
    names: Sequence[str] = MODELS,
) -> Path:
    """Pack and sign a kit; give the archive, which is there whole or not at all.

    Raises:
        Refused: There is no bundle.
        UserFacingError: A model is missing or not what it must be.
    """
    try:
        version = (bundle / inventory.VERSION).read_text("utf-8").strip()
    except OSError:
        raise Refused(
            f"There is no bundle in {bundle}. 请先运行 bootstrap.py bundle。"
        ) from None
    name = f"griddesk-{version}-{system}-{platform.machine().lower()}"
    archive = target / f"{name}.tar.gz"
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".kit-", dir=target) as work:
        folder = Path(work) / name
        program = folder / "griddesk"
        shutil.copytree(bundle, program, symlinks=True, copy_function=_linked)
        added = [_add_model(models, each, program / "models") for each in names]
        inventory.add_models(program / inventory.SBOM, added)
        for installer in INSTALLERS[system]:
            shutil.copy2(ROOT / installer, folder / Path(installer).name)
        told = README.format(
            version=version,
            archive=archive.name,
            name=name,
            fingerprint=key.fingerprint,
        )
        (folder / "README.txt").write_text(told, "utf-8")
        write_public(folder / SIGNER, key.public)
        (folder / SUMS).write_text("".join(sums(folder)), "utf-8", newline="\n")
        (folder / SIGNATURE).write_bytes(key.sign((folder / SUMS).read_bytes()))
        unfinished = Path(work) / archive.name
        _pack(folder, unfinished)
        unfinished.replace(archive)
    return archive


def _add_model(models: Path, name: str, target: Path) -> Artefact:
    store = Store(load_catalogue(ROOT / "models" / "catalogue.toml"), [models])
    place, artefact = store.verify(name), store.artefact(name)
    wanted = [file.path for file in artefact.files_in(place)]
    for path in (*wanted, *filter(None, [artefact.manifest])):
        copy = target / name / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        _linked(str(place / path), str(copy))
    return artefact


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def sums(folder: Path) -> Iterator[str]:
    """Give the lines of SHA256SUMS: every file, by its path, sorted."""
    for path in sorted(folder.rglob("*"), key=lambda each: each.as_posix()):
        if path.is_file():
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            yield f"{digest}  {path.relative_to(folder).as_posix()}\n"


def _pack(folder: Path, archive: Path) -> None:
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH", "0")) or None

    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
        # Who packed it is nobody's business, and may not exist where it is unpacked.
        member.uid = member.gid = 0
        member.uname = member.gname = "root"
        if epoch is not None:
            member.mtime = epoch
        return member

    with tarfile.open(archive, "w:gz", compresslevel=6) as tar:
        tar.add(folder, folder.name, filter=plain)
    with archive.open("rb") as file:
        os.fsync(file.fileno())


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the kit; give the exit status."""
    parser = argparse.ArgumentParser(
        prog="bootstrap.py kit",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--bundle", type=Path, default=ROOT / "dist" / "griddesk")
    parser.add_argument("--models", type=Path, default=ROOT / "models")
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    keys = parser.add_mutually_exclusive_group(required=True)
    keys.add_argument("--key", type=Path, metavar="FILE", help="sign with this key")
    keys.add_argument("--new-key", type=Path, metavar="FILE", help="make a key first")
    options = parser.parse_args(arguments)
    try:
        key = new_key(options.new_key) if options.new_key else load_key(options.key)
        archive = make_kit(options.bundle, options.models, options.out, key)
    except (Refused, UserFacingError) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error}\n文件无法读写: 请检查权限和磁盘空间。", file=sys.stderr)
        return 1
    size = archive.stat().st_size
    print(f"{archive}: {size / 1e6:.0f} MB")
    print(f"Signed by {key.fingerprint} 请把这个指纹交给安装人员, 不要随介质一起。")
    return 0


if __name__ == "__main__":
    sys.exit(main())
