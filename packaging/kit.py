#!/usr/bin/env python3
"""Pack what a machine without internet needs into one archive, and sign it.

    python3 packaging/bootstrap.py kit --new-key FILE   makes a key, the first time
    python3 packaging/bootstrap.py kit --key FILE       signs with it
    python3 packaging/bootstrap.py kit --key FILE --gpu packs the GPU component as well

The kit holds the bundle with the models beside it, the installer, the SHA-256 of every
file, and an Ed25519 signature of that list. Who carries the stick cannot change any of
it unnoticed by somebody who knows the key's fingerprint. Needs dist/griddesk, which
`bootstrap.py bundle` makes.

The GPU component is a second archive with what dist/griddesk-gpu (`bundle --gpu`) has
and the kit has not. It is signed as well, and goes with this very kit alone.

Exit status: 0 done, 1 it failed, 2 bad usage.
"""

import argparse
import filecmp
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
KIT: Final = "KIT"
"""In the component: the SHA256SUMS of the kit that it goes with."""
REMOVED: Final = "REMOVED"
"""In the component: what the kit has and a program with CUDA has not."""
CUDA_LIBRARY: Final = {
    "linux": "_internal/torch/lib/libtorch_cuda.so",
    "win32": "_internal/torch/lib/torch_cuda.dll",
}
"""What the installers tell a program with CUDA by."""
SAME_IN_BOTH: Final = ("_internal/app/", "_internal/resources/")
INSTALLERS: Final = {
    "linux": ("packaging/linux/install.sh",),
    "win32": ("packaging/windows/griddesk.iss",),
}
README: Final = """\
GridDesk {version} 离线安装包

1. 核对压缩包, 再解压:  sha256sum {name}.tar.gz
                        tar xzf {name}.tar.gz
2. 安装 (所有用户):     cd {name} && sudo sh install.sh
   或 (只为自己, 不用 root): sh install.sh --prefix ~/apps
3. 自检:                griddesk doctor
4. 打开:                应用菜单里的「GridDesk 巡检席」

NVIDIA 显卡: 装好驱动 (nvidia-smi 能列出显卡), 把 {name}-gpu.tar.gz
  解压到本文件夹旁边, 再做第 2 步, GPU 组件会一起装上; 已装好的机器也可以这样补装。
  不在旁边时:           sh install.sh --gpu 文件夹
  装过 GPU 组件的机器, 升级时要带上新的 GPU 组件; 确实不再需要时加 --no-gpu。
  GPU 组件只配与它同时制作的安装包, 不能混用。没有显卡的机器不需要它。

升级: 用新的安装包重复以上步骤, 设置和日志保留; 不能降级。
卸载: sh /opt/griddesk/uninstall.sh, 设置和日志保留。

签名者指纹: {fingerprint}
请与提供安装包的人核对; 核对后可用 sh install.sh --trust 指纹, 不符时拒绝安装。
不信任介质时, 请在运行任何文件之前用本机的 openssl 验证:
  openssl pkeyutl -verify -rawin -pubin -inkey signer.pub \\
      -sigfile SHA256SUMS.sig -in SHA256SUMS
  sha256sum --check --quiet SHA256SUMS
"""


GPU_README: Final = """\
GridDesk {version} GPU 组件

只配安装包 {name}, 不能单独使用。
把本文件夹和 {name} 放在同一个文件夹里, 然后:
  cd {name} && sudo sh install.sh
不在一起时: sudo sh install.sh --gpu 本文件夹
需要 NVIDIA 显卡和驱动; 详见安装包里的 README.txt。

签名者指纹: {fingerprint}
"""


class Refused(Exception):
    """The kit cannot be made; the text says why and what to do."""


def make_kit(
    bundle: Path,
    models: Path,
    target: Path,
    key: SigningKey,
    *,
    gpu: Path | None = None,
    system: str = sys.platform,
    names: Sequence[str] = MODELS,
) -> tuple[Path, ...]:
    """Pack and sign a kit; give its archive, and that of the component for a GPU.

    They are there whole or not at all. `gpu` is the same program, built with CUDA.

    Raises:
        Refused: There is no bundle, or the one with CUDA is another program.
        UserFacingError: A model is missing or not what it must be.
    """
    version = _version(bundle, "bundle")
    if gpu is not None:
        if _version(gpu, "bundle --gpu") != version:
            raise Refused(f"{gpu} is not of version {version}. 请重新构建两者。")
        if not (gpu / CUDA_LIBRARY[system]).exists():
            raise Refused(f"There is no CUDA in {gpu}. 请用 bundle --gpu 构建。")
    name = f"griddesk-{version}-{system}-{platform.machine().lower()}"
    facts = {"version": version, "name": name, "fingerprint": key.fingerprint}
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".kit-", dir=target) as work:
        folder = Path(work) / name
        _add_program(bundle, models, names, folder / "griddesk")
        for installer in INSTALLERS[system]:
            shutil.copy2(ROOT / installer, folder / Path(installer).name)
        (folder / "README.txt").write_text(README.format(**facts), "utf-8")
        packed = [_sealed(folder, key)]
        if gpu is not None:
            whole, component = Path(work) / "whole", Path(work) / f"{name}-gpu"
            _add_program(gpu, models, names, whole)
            _add_difference(folder / "griddesk", whole, component)
            (component / "README.txt").write_text(GPU_README.format(**facts), "utf-8")
            shutil.copyfile(folder / SUMS, component / KIT)
            packed.append(_sealed(component, key))
        return tuple(each.replace(target / each.name) for each in packed)


def _version(bundle: Path, command: str) -> str:
    try:
        return (bundle / inventory.VERSION).read_text("utf-8").strip()
    except OSError:
        raise Refused(
            f"There is no bundle in {bundle}. 请先运行 bootstrap.py {command}。"
        ) from None


def _add_program(
    bundle: Path, models: Path, names: Sequence[str], target: Path
) -> None:
    shutil.copytree(bundle, target, symlinks=True, copy_function=_linked)
    added = [_add_model(models, each, target / "models") for each in names]
    inventory.add_models(target / inventory.SBOM, added)


def _add_difference(base: Path, whole: Path, component: Path) -> None:
    """Put into a component what makes of one program the other."""
    ours, theirs = _files(base), _files(whole)
    changed = {p for p in theirs if p not in ours or not _same(base / p, whole / p)}
    strange = sorted(p for p in changed | ours - theirs if p.startswith(SAME_IN_BOTH))
    if strange:
        raise Refused(
            f"{strange[0]} differs: the two bundles were built from different sources. "
            "两个安装包的源代码不同, 请重新构建两者。"
        )
    for path in tuple(changed):
        # A link can be checked only together with what it leads to.
        while (whole / path).is_symlink():
            led = (whole / path).parent / (whole / path).readlink()
            path = Path(os.path.normpath(led)).relative_to(whole).as_posix()
            changed.add(path)
    for path in changed:
        copy = component / "griddesk" / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        if (whole / path).is_symlink():
            copy.symlink_to((whole / path).readlink())
        else:
            _linked(str(whole / path), str(copy))
    # Folders as well: an empty one would pass for a package.
    folders = {f.relative_to(base).as_posix() for f in base.rglob("*") if f.is_dir()}
    gone = ours - theirs | {p for p in folders if not os.path.lexists(whole / p)}
    removed = "".join(f"griddesk/{path}\n" for path in sorted(gone))
    (component / REMOVED).write_text(removed, "utf-8", newline="\n")


def _files(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def _same(one: Path, other: Path) -> bool:
    """Say whether two files are the same to those who read, run or follow them."""
    first, second = one.lstat().st_mode, other.lstat().st_mode
    if first != second or (one.is_symlink() and one.readlink() != other.readlink()):
        return False
    return filecmp.cmp(one, other, shallow=False)


def _sealed(folder: Path, key: SigningKey) -> Path:
    """List and sign what is in a folder; give the archive of it, beside it."""
    write_public(folder / SIGNER, key.public)
    (folder / SUMS).write_text("".join(sums(folder)), "utf-8", newline="\n")
    (folder / SIGNATURE).write_bytes(key.sign((folder / SUMS).read_bytes()))
    archive = folder.with_name(f"{folder.name}.tar.gz")
    _pack(folder, archive)
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
    parser.add_argument(
        "--gpu",
        type=Path,
        nargs="?",
        const=ROOT / "dist" / "griddesk-gpu",
        metavar="DIR",
        help="pack the GPU component too, from the bundle in DIR (dist/griddesk-gpu)",
    )
    parser.add_argument("--models", type=Path, default=ROOT / "models")
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    keys = parser.add_mutually_exclusive_group(required=True)
    keys.add_argument("--key", type=Path, metavar="FILE", help="sign with this key")
    keys.add_argument("--new-key", type=Path, metavar="FILE", help="make a key first")
    options = parser.parse_args(arguments)
    try:
        key = new_key(options.new_key) if options.new_key else load_key(options.key)
        made = make_kit(
            options.bundle, options.models, options.out, key, gpu=options.gpu
        )
    except (Refused, UserFacingError) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error}\n文件无法读写: 请检查权限和磁盘空间。", file=sys.stderr)
        return 1
    for archive in made:
        with archive.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        print(f"{archive}: {archive.stat().st_size / 1e6:.0f} MB, SHA-256 {digest}")
    print(f"Signed by {key.fingerprint} 请把这两样另行交给安装人员。")
    return 0


if __name__ == "__main__":
    sys.exit(main())
