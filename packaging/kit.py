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
import gzip
import hashlib
import json
import os
import platform
import shutil
import stat
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime
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
README: Final = {
    "linux": """\
GridDesk {version} 离线安装包

1. 核对压缩包 (另见下文「怎样核对」), 再解压:
                        sha256sum {name}.tar.gz
                        tar xzf {name}.tar.gz
2. 安装 (所有用户):     cd {name} && sudo sh install.sh
   或 (只为自己, 不用 root): sh install.sh --prefix ~/apps
3. 自检:                griddesk doctor
4. 打开:                应用菜单里的「GridDesk 巡检席」

NVIDIA 显卡: 装好驱动 (nvidia-smi 能列出显卡), 核对 {name}-gpu.tar.gz
  的 SHA-256, 解压到本文件夹旁边, 再做第 2 步, GPU 组件会一起装上;
  已装好的机器也可以这样补装。
  不在旁边时:           sudo sh install.sh --gpu 文件夹
  装过 GPU 组件的机器, 升级时要带上新的 GPU 组件; 确实不再需要时加 --no-gpu。
  GPU 组件只配与它同时制作的安装包, 不能混用。没有显卡的机器不需要它。

升级: 用新的安装包重复以上步骤, 设置和日志保留; 不能降级。
卸载: sudo sh /opt/griddesk/uninstall.sh, 设置和日志保留
      (只为自己安装的: sh ~/apps/griddesk/uninstall.sh)。

怎样核对:
  一切以另行告知的 SHA-256 为准: 提供安装包的人用别的途径 (电话、公文、内网)
  告知每个压缩包 (安装包, 以及 GPU 组件) 的 SHA-256 和签名者指纹。介质上的任何文件,
  包括本文件, 都可能和程序一起被换掉, 不能用来核对自己。
  压缩包的 SHA-256 一致, 里面的内容就可信。
  已解压、手上没有压缩包时, 在运行任何文件之前用本机的 openssl (3.0 或更新) 验证,
  在安装包和 GPU 组件的文件夹里各做一次, 三条都要成立:
  1) 签名与清单相符, 清单与文件相符:
  openssl pkeyutl -verify -rawin -pubin -inkey signer.pub \\
      -sigfile SHA256SUMS.sig -in SHA256SUMS
  sha256sum --check --quiet SHA256SUMS
  2) 签名者的指纹, 必须等于另行告知的指纹 (横线不计):
  openssl pkey -pubin -in signer.pub -outform DER | tail -c 32 | sha256sum | cut -c 1-32
  3) sh install.sh --trust 另行告知的指纹; 不符时拒绝安装。
""",
    "win32": """\
GridDesk {version} 离线安装包 (Windows)

本压缩包用来制作安装程序; 拿到做好的 griddesk-{version}-setup.exe 时直接运行它即可。

1. 核对压缩包, 再解压:  certutil -hashfile {name}.tar.gz SHA256
                        tar xzf {name}.tar.gz
2. 制作安装程序 (需要 Inno Setup 6), 在解压出的文件夹里:
                        iscc "/DKit=%CD%" griddesk.iss
   带 GPU 组件:         iscc "/DKit=%CD%" "/DGpu=%CD%-gpu" griddesk.iss
3. 运行做好的 griddesk-{version}-setup.exe (带 GPU 组件的是
   griddesk-{version}-gpu-setup.exe 和旁边的 .bin 文件)。
4. 打开:                开始菜单里的 GridDesk

GPU 组件 ({name}-gpu.tar.gz) 同样先核对再解压到本文件夹旁边;
  它只配与它同时制作的安装包, 不能混用。
升级: 运行新版本的安装程序, 设置和日志保留; 不能降级。
卸载: 在 Windows 的「应用」里卸载, 设置和日志保留。

一切以另行告知的 SHA-256 为准: 提供安装包的人用别的途径 (电话、公文、内网) 告知每个
压缩包 (安装包, 以及 GPU 组件) 的 SHA-256。介质上的任何文件, 包括本文件, 都可能和程序
一起被换掉, 不能用来核对自己。制作安装程序时不再验证。
""",
}
"""What to do with a kit, by system; nothing in it may pass for a proof of itself."""
GPU_README: Final = {
    "linux": """\
GridDesk {version} GPU 组件

只配安装包 {name}, 不能单独使用。
先核对两个压缩包的 SHA-256, 以另行告知的为准; 详见安装包里的 README.txt。
把本文件夹和 {name} 放在同一个文件夹里, 然后:
  cd {name} && sudo sh install.sh
不在一起时: sudo sh install.sh --gpu 本文件夹
需要 NVIDIA 显卡和驱动; 详见安装包里的 README.txt。
""",
    "win32": """\
GridDesk {version} GPU 组件 (Windows)

只配安装包 {name}, 不能单独使用。
先核对两个压缩包的 SHA-256, 以另行告知的为准; 详见安装包里的 README.txt。
把本文件夹和 {name} 放在同一个文件夹里, 在后者里运行:
  iscc "/DKit=%CD%" "/DGpu=%CD%-gpu" griddesk.iss
需要 NVIDIA 显卡和驱动。
""",
}


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
        Refused: There is no bundle, a link in it leads astray, or the one with CUDA
            is another program.
        UserFacingError: A model is missing or not what it must be.
    """
    version = _version(bundle, "bundle")
    if gpu is not None:
        if _version(gpu, "bundle --gpu") != version:
            raise Refused(f"{gpu} is not of version {version}. 请重新构建两者。")
        if not (gpu / CUDA_LIBRARY[system]).exists():
            raise Refused(f"There is no CUDA in {gpu}. 请用 bundle --gpu 构建。")
    name = f"griddesk-{version}-{system}-{platform.machine().lower()}"
    facts = {"version": version, "name": name}
    epoch = _made_at(bundle)
    for each in filter(None, (bundle, gpu)):
        _check_links(each)
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".kit-", dir=target) as work:
        folder = Path(work) / name
        _add_program(bundle, models, names, folder / "griddesk")
        for installer in INSTALLERS[system]:
            shutil.copy2(ROOT / installer, folder / Path(installer).name)
        (folder / "README.txt").write_text(README[system].format(**facts), "utf-8")
        packed = [_sealed(folder, key, epoch)]
        if gpu is not None:
            whole, component = Path(work) / "whole", Path(work) / f"{name}-gpu"
            _add_program(gpu, models, names, whole)
            _add_difference(folder / "griddesk", whole, component)
            text = GPU_README[system].format(**facts)
            (component / "README.txt").write_text(text, "utf-8")
            shutil.copyfile(folder / SUMS, component / KIT)
            packed.append(_sealed(component, key, epoch))
        return tuple(each.replace(target / each.name) for each in packed)


def _version(bundle: Path, command: str) -> str:
    try:
        return (bundle / inventory.VERSION).read_text("utf-8").strip()
    except OSError:
        raise Refused(
            f"There is no bundle in {bundle}. 请先运行 bootstrap.py {command}。"
        ) from None


def _made_at(bundle: Path) -> int:
    """Give the time in a bundle's list of parts: what is packed bears no other."""
    try:
        listed = json.loads((bundle / inventory.SBOM).read_text("utf-8"))
        return int(datetime.fromisoformat(listed["metadata"]["timestamp"]).timestamp())
    except (OSError, ValueError, KeyError, TypeError):
        raise Refused(
            f"{inventory.SBOM} in {bundle} names no time. "
            "请重新运行 bootstrap.py bundle。"
        ) from None


def _check_links(bundle: Path) -> None:
    """Refuse what the installer would: links to folders, to nothing, or outside."""
    top = bundle.resolve()
    for path in bundle.rglob("*"):
        if not path.is_symlink():
            continue
        astray = path.readlink().is_absolute() or not path.resolve().is_relative_to(top)
        if astray or not path.is_file():
            raise Refused(
                f"{path} links to {path.readlink()}: no file of the bundle. "
                "安装程序会拒绝这样的链接, 请重新构建。"
            )


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
    # Of the modes only these are packed.
    first, second = (
        (stat.S_IFMT(each.lstat().st_mode), each.lstat().st_mode & 0o100)
        for each in (one, other)
    )
    if first != second or (one.is_symlink() and one.readlink() != other.readlink()):
        return False
    return filecmp.cmp(one, other, shallow=False)


def _sealed(folder: Path, key: SigningKey, epoch: int) -> Path:
    """List and sign what is in a folder; give the archive of it, beside it."""
    write_public(folder / SIGNER, key.public)
    (folder / SUMS).write_text("".join(sums(folder)), "utf-8", newline="\n")
    (folder / SIGNATURE).write_bytes(key.sign((folder / SUMS).read_bytes()))
    archive = folder.with_name(f"{folder.name}.tar.gz")
    _pack(folder, archive, epoch)
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


def _pack(folder: Path, archive: Path, epoch: int) -> None:
    """Pack a folder; the same files give the same archive, byte for byte."""
    with (
        archive.open("wb") as raw,
        gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=epoch) as packed,
        tarfile.open(fileobj=packed, mode="w") as tar,
    ):
        inside = sorted(folder.rglob("*"), key=lambda each: each.as_posix())
        for path in (folder, *inside):
            _add_member(tar, path, path.relative_to(folder.parent).as_posix(), epoch)
    with archive.open("rb") as file:
        os.fsync(file.fileno())


def _add_member(tar: tarfile.TarFile, path: Path, name: str, epoch: int) -> None:
    # Not `tar.add`: owner, umask and hard links are those of this machine.
    member = tarfile.TarInfo(name)
    member.uname = member.gname = "root"
    member.mtime = epoch
    member.mode = 0o755
    if path.is_symlink():
        member.type = tarfile.SYMTYPE
        member.linkname = path.readlink().as_posix()
        tar.addfile(member)
    elif path.is_dir():
        member.type = tarfile.DIRTYPE
        tar.addfile(member)
    else:
        facts = path.stat()
        member.size = facts.st_size
        if not facts.st_mode & 0o100:
            member.mode = 0o644
        with path.open("rb") as file:
            tar.addfile(member, file)


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
