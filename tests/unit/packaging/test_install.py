"""A kit is installed, upgraded and taken away; whatever goes wrong, the old one starts.

The installer runs as a user runs it, on a kit whose program is a small script.
"""

import fcntl
import json
import os
import shutil
import stat
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.system.signing import (
    SigningKey,
    fingerprint_of,
    new_key,
    write_public,
)

ROOT = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="the installer is for Linux"
)

PROGRAM = """\
#!/bin/sh
read -r it <"$(dirname "$(readlink -f "$0")")/VERSION"
echo "griddesk $it"
"""
CUDA = "_internal/torch/lib/libtorch_cuda.so"
PLACES = ["apps", "程序 与 模型", 'with %U "quotes" and $HOME `x` \\']


def program(folder: Path, version: str, *, gpu: bool = False) -> Path:
    """Make what a bundle looks like from outside."""
    icons = folder / "_internal" / "resources" / "icons"
    icons.mkdir(parents=True)
    for name in ("griddesk.png", "griddesk.svg"):
        shutil.copy(ROOT / "resources" / "icons" / name, icons / name)
    for name in ("griddesk", "griddesk-desk"):
        (folder / name).write_text(PROGRAM)
        (folder / name).chmod(0o755)
    (folder / "VERSION").write_text(f"{version}\n")
    listed = {
        "metadata": {"timestamp": "2026-01-02T03:04:05Z"},
        "components": [],
        "dependencies": [{"ref": "griddesk", "dependsOn": []}],
    }
    (folder / "griddesk.cdx.json").write_text(f"{json.dumps(listed, indent=1)}\n")
    if gpu:
        add_cuda(folder / "_internal")
    else:
        add_what_cuda_replaces(folder / "_internal")
    return folder


def add_what_cuda_replaces(internal: Path) -> None:
    (internal / "lib.so.1").write_bytes(b"\x7fELF" * 1000)
    (internal / "lib.so").symlink_to("lib.so.1")
    # What the other program has as a file of its own, or not at all.
    (internal / "was a link.so").symlink_to("lib.so.1")
    (internal / "was a folder").mkdir()
    (internal / "was a folder" / "inner.so").write_bytes(b"inner")
    (internal / "for the CPU alone").mkdir()
    (internal / "for the CPU alone" / "%s é.so").write_bytes(b"small")
    (internal / "becomes a folder").write_bytes(b"file")


def add_cuda(internal: Path) -> None:
    (internal / "lib.so.1").write_bytes(b"\x7fCUD" * 1000)
    (internal / "lib.so").symlink_to("lib.so.1")
    (internal / "was a link.so").write_bytes(b"file")
    (internal / "was a folder").write_bytes(b"file")
    (internal / "becomes a folder").mkdir()
    (internal / "becomes a folder" / "inner.so").write_bytes(b"inner")
    (internal / "torch" / "lib").mkdir(parents=True)
    (internal / "torch" / "lib" / "libtorch_cuda.so").write_bytes(os.urandom(400_000))
    (internal / "nvidia" / "cu13").mkdir(parents=True)
    (internal / "nvidia" / "cu13" / "libcublas.so.13").write_bytes(b"blas")
    (internal / "libcublas.so.13").symlink_to("nvidia/cu13/libcublas.so.13")
    # A link of which the target is in both.
    (internal / "VERSION").symlink_to("../VERSION")


@pytest.fixture(scope="module")
def key(tmp_path_factory) -> SigningKey:
    return new_key(tmp_path_factory.mktemp("key") / "key.pem")


@pytest.fixture(scope="module")
def archives(kit, key, tmp_path_factory) -> dict[str, Path]:
    """Make a kit of each version, without models: they are files like others."""
    folder = tmp_path_factory.mktemp("kits")
    return {
        version: kit.make_kit(
            program(folder / version, version), folder, folder, key, names=()
        )[0]
        for version in ("0.9.0", "0.10.0")
    }


@dataclass
class Machine:
    """Somebody's machine: a home, and a stick with kits."""

    home: Path
    stick: Path
    archives: dict[str, Path]
    umask: int = -1

    @property
    def base(self) -> Path:
        """Where `install` puts the program."""
        return self.home / "apps" / "griddesk"

    def kit(self, version: str) -> Path:
        """Unpack a kit as its README says; give its folder."""
        archive = self.archives[version]
        folder = self.stick / archive.name.removesuffix(".tar.gz")
        if not folder.exists():
            with tarfile.open(archive) as tar:
                tar.extractall(self.stick, filter="data")
        return folder

    def install(self, version: str, *arguments: str, **environment: str):
        """Run the installer for one user; give what came of it."""
        script = self.kit(version) / "install.sh"
        return self.sh(
            script, "--prefix", str(self.home / "apps"), *arguments, **environment
        )

    def sh(self, script: Path, *arguments: str, **environment: str):
        """Run a script with the shell of Debian."""
        return subprocess.run(
            ["/bin/sh", script, *arguments],
            env={"PATH": os.environ["PATH"], "HOME": str(self.home), **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            umask=self.umask,
            # A group of its own, which a stand-in can kill.
            start_new_session=True,
        )

    def version(self) -> str:
        """Start what is installed; give what it calls itself."""
        command = [str(self.home / ".local" / "bin" / "griddesk"), "--version"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def beside(self, name: str, script: str) -> str:
        """Put a stand-in for a tool before the real one; give the PATH."""
        folder = self.stick / "tools"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
        return f"{folder}:{os.environ['PATH']}"

    def without_openssl(self) -> str:
        """Give a PATH on which there is everything else."""
        folder = self.stick / "no openssl"
        folder.mkdir(exist_ok=True)
        for place in ("/usr/bin", "/bin"):
            for tool in Path(place).iterdir():
                if tool.name != "openssl" and not (folder / tool.name).is_symlink():
                    (folder / tool.name).symlink_to(tool)
        return str(folder)

    def killed_at(self, tool: str, moment: int) -> bool:
        """Upgrade, killed as the tool is called so often; false: it is not."""
        count = self.stick / "count"
        count.write_text("")
        path = self.beside(
            tool,
            f'echo >>"{count}"\n'
            f'[ "$(wc -l <"{count}")" -ne {moment} ] || kill -9 0\n'
            f'exec {shutil.which(tool)} "$@"',
        )
        done = self.install("0.10.0", PATH=path)
        if len(count.read_text()) < moment:
            assert done.returncode == 0, done.stderr
            return False
        assert done.returncode == -9
        return True


@pytest.fixture
def machine(tmp_path: Path, archives) -> Machine:
    for name in ("home", "stick"):
        (tmp_path / name).mkdir()
    return Machine(tmp_path / "home", tmp_path / "stick", archives)


def test_a_kit_becomes_a_program_with_an_entry_in_the_menu(machine, key) -> None:
    done = machine.install("0.9.0")
    assert done.returncode == 0, done.stderr
    assert machine.version() == "griddesk 0.9.0"
    share = machine.home / ".local" / "share"
    entry = (share / "applications" / "griddesk.desktop").read_text("utf-8")
    assert f'Exec="{machine.base}/current/griddesk-desk"\n' in entry
    icons = share / "icons" / "hicolor"
    assert (icons / "256x256" / "apps" / "griddesk.png").stat().st_size > 1000
    assert (icons / "scalable" / "apps" / "griddesk.svg").stat().st_size > 100
    assert key.fingerprint in done.stdout
    assert f"{machine.home}/.local/bin 不在 PATH 中" in done.stdout
    link = machine.base / "current" / "_internal" / "lib.so"
    assert link.is_symlink()


@pytest.mark.parametrize("place", PLACES)
def test_any_path_will_do(machine, place) -> None:
    folder = machine.home / place
    stick = machine.stick / place
    stick.mkdir()
    machine.stick = stick
    script = machine.kit("0.9.0") / "install.sh"
    done = machine.sh(script, "--prefix", str(folder))
    assert done.returncode == 0, done.stderr
    assert machine.version() == "griddesk 0.9.0"
    entry = machine.home / ".local" / "share" / "applications" / "griddesk.desktop"
    (line,) = (x for x in entry.read_text("utf-8").splitlines() if x[:5] == "Exec=")
    assert started_by(line) == [f"{folder}/griddesk/current/griddesk-desk"]


def started_by(line: str) -> list[str]:
    """Read an Exec line as the specification of desktop entries says."""
    value = line.removeprefix("Exec=").replace("\\\\", "\0").replace("\0", "\\")
    assert value[0] == value[-1] == '"'
    inner, plain = iter(value[1:-1]), ""
    for char in inner:
        if char in "\\%":
            follower = next(inner)
            assert follower in ('"`$\\' if char == "\\" else "%")
            char = follower
        plain += char
    return [plain]


def test_an_upgrade_keeps_what_belongs_to_the_user(machine) -> None:
    data = machine.home / ".local" / "share" / "GridDesk"
    data.mkdir(parents=True)
    (data / "settings.toml").write_text("schema = 2\n")
    (data / "journal.sqlite").write_bytes(b"journal")
    assert machine.install("0.9.0").returncode == 0
    done = machine.install("0.10.0")
    assert done.returncode == 0, done.stderr
    assert machine.version() == "griddesk 0.10.0"
    assert (data / "settings.toml").read_text() == "schema = 2\n"
    assert (data / "journal.sqlite").read_bytes() == b"journal"
    assert [path.name for path in (machine.base / "versions").iterdir()] == ["0.10.0"]


def test_the_same_version_again_repairs_it(machine) -> None:
    machine.install("0.9.0")
    (machine.base / "current" / "_internal" / "lib.so.1").write_bytes(b"worn")
    assert machine.install("0.9.0").returncode == 0
    library = machine.base / "current" / "_internal" / "lib.so"
    assert library.read_bytes()[:4] == b"\x7fELF"
    assert len(list((machine.base / "versions").iterdir())) == 1


def test_an_older_version_is_refused_with_a_sentence(machine) -> None:
    machine.install("0.10.0")
    before = everything(machine.home)
    done = machine.install("0.9.0")
    assert done.returncode == 2
    assert "不能降级" in done.stderr
    assert "已安装 0.10.0" in done.stderr
    assert everything(machine.home) == before


def everything(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def spoil(kit: Path) -> None:
    path = kit / "griddesk" / "_internal" / "lib.so.1"
    path.write_bytes(path.read_bytes()[:-1] + b"!")


def lose(kit: Path) -> None:
    (kit / "griddesk" / "_internal" / "lib.so.1").unlink()


def add(kit: Path) -> None:
    (kit / "griddesk" / "_internal" / "stranger.py").write_text("print('me too')")


def add_link(kit: Path) -> None:
    (kit / "griddesk" / "_internal" / "lib.so.2").symlink_to("lib.so.1")


def rewrite(kit: Path) -> None:
    # The list fits the files again, but nobody signed it.
    spoil(kit)
    digest = subprocess.run(
        ["sha256sum", "griddesk/_internal/lib.so.1"],
        cwd=kit,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    lines = (kit / "SHA256SUMS").read_text().splitlines(keepends=True)
    kept = [line for line in lines if "lib.so" not in line]
    other = digest.replace("lib.so.1", "lib.so")
    (kit / "SHA256SUMS").write_text("".join([*kept, digest, other]))


def link_to_a_folder(kit: Path) -> None:
    (kit / "griddesk" / "_internal" / "package").symlink_to("was a folder")


def link_to_the_stick(kit: Path) -> None:
    # The same content, until somebody changes it on the stick.
    library = kit / "griddesk" / "_internal" / "lib.so"
    shutil.copy(library, kit.parent / "lib.so")
    library.unlink()
    library.symlink_to(kit.parent / "lib.so")


def link_to_this_kit_by_its_whole_path(kit: Path) -> None:
    library = kit / "griddesk" / "_internal" / "lib.so"
    library.unlink()
    library.symlink_to(kit.resolve() / "griddesk" / "_internal" / "lib.so.1")


def link_out_and_back(kit: Path) -> None:
    library = kit / "griddesk" / "_internal" / "lib.so"
    shutil.copy(library, kit / "lib.so")
    library.unlink()
    library.symlink_to("../../lib.so")


def pipe(kit: Path) -> None:
    os.mkfifo(kit / "griddesk" / "_internal" / "pipe")


@pytest.mark.parametrize(
    "harm",
    [
        *(spoil, lose, add, add_link, rewrite, link_to_a_folder),
        *(
            pytest.param(each, marks=pytest.mark.slow)
            for each in (
                link_to_the_stick,
                link_to_this_kit_by_its_whole_path,
                link_out_and_back,
                pipe,
            )
        ),
    ],
)
def test_a_kit_that_is_not_whole_changes_nothing(machine, harm) -> None:
    machine.install("0.9.0")
    before = everything(machine.home)
    harm(machine.kit("0.10.0"))
    done = machine.install("0.10.0")
    assert done.returncode == 1, done.stdout
    assert "不完整或已损坏" in done.stderr
    assert "没有安装任何内容" in done.stderr
    assert everything(machine.home) == before


def test_a_kit_of_somebody_else_is_refused_until_it_is_trusted(
    machine, kit, tmp_path
) -> None:
    machine.install("0.9.0")
    other = new_key(tmp_path / "other.pem")
    bundle = program(tmp_path / "bundle", "0.10.0")
    made = kit.make_kit(bundle, tmp_path, tmp_path / "out", other, names=())
    machine.archives = {"0.10.0": made[0]}
    done = machine.install("0.10.0")
    assert done.returncode == 2
    assert f"签名者 ({other.fingerprint}) 与已安装版本的不同" in done.stderr
    assert machine.version() == "griddesk 0.9.0"
    done = machine.install("0.10.0", "--trust", other.fingerprint.upper())
    assert done.returncode == 0, done.stderr
    assert machine.version() == "griddesk 0.10.0"


def test_a_wrong_fingerprint_is_refused(machine, key) -> None:
    wrong = fingerprint_of(bytes(32))
    done = machine.install("0.9.0", "--trust", wrong)
    assert done.returncode == 2
    assert f"而是 {key.fingerprint}" in done.stderr
    assert not machine.base.exists()


@pytest.mark.parametrize(
    "trusting", [True, pytest.param(False, marks=pytest.mark.slow)]
)
def test_the_text_of_our_key_beside_another_key_is_no_signature_of_ours(
    machine, key, trusting
) -> None:
    if not trusting:
        assert machine.install("0.9.0").returncode == 0
    before = everything(machine.home)
    two_keys(machine.kit("0.10.0"))
    trust = ("--trust", key.fingerprint) if trusting else ()
    done = machine.install("0.10.0", *trust)
    assert done.returncode == 1, done.stdout
    assert "signer.pub 不是单独一个公钥" in done.stderr
    assert everything(machine.home) == before


@pytest.mark.slow
def test_a_key_of_another_kind_is_refused(machine) -> None:
    path = machine.kit("0.9.0") / "signer.pub"
    begin, line, end = path.read_text().splitlines()
    path.write_text(f"{begin}\nMFYw{line[4:]}\n{end}\n")
    done = machine.install("0.9.0")
    assert done.returncode == 1
    assert "不是 Ed25519 公钥" in done.stderr
    path.write_text(f"{begin}\n{line[:-4]}\n{end}\n")
    assert "不是 Ed25519 公钥" in machine.install("0.9.0").stderr
    assert not machine.base.exists()


@pytest.mark.slow
def test_without_openssl_an_upgrade_wants_the_archive_compared(machine) -> None:
    path = machine.without_openssl()
    done = machine.install("0.9.0", PATH=path)
    assert done.returncode == 0, done.stderr
    assert "本机没有 openssl, 签名没有验证" in done.stdout
    # What anybody can write: our key's name over another's work.
    before = everything(machine.home)
    (machine.kit("0.10.0") / "SHA256SUMS.sig").write_bytes(bytes(64))
    done = machine.install("0.10.0", PATH=path)
    assert done.returncode == 2
    assert "本机没有 openssl, 无法验证" in done.stderr
    assert "请先安装 openssl" in done.stderr
    assert "--unverified" in done.stderr
    assert everything(machine.home) == before
    done = machine.install("0.10.0", "--unverified", PATH=path)
    assert done.returncode == 0, done.stderr
    assert machine.version() == "griddesk 0.10.0"


def test_an_openssl_that_is_too_old_is_no_damage(machine) -> None:
    # As 1.1.1: it does not know the option, and ends with an error.
    path = machine.beside("openssl", 'echo "Usage: pkeyutl [options]" >&2; exit 1')
    done = machine.install("0.9.0", PATH=path)
    assert done.returncode == 0, done.stderr
    assert "openssl 太旧" in done.stdout
    done = machine.install("0.10.0", PATH=path)
    assert done.returncode == 2
    assert "openssl 太旧" in done.stderr
    assert machine.version() == "griddesk 0.9.0"


def test_a_kit_that_lost_its_signature_does_not_follow_a_signed_one(machine) -> None:
    machine.install("0.9.0")
    (machine.kit("0.10.0") / "SHA256SUMS.sig").unlink()
    done = machine.install("0.10.0")
    assert done.returncode == 2
    assert "没有签名" in done.stderr
    assert machine.version() == "griddesk 0.9.0"


def test_too_little_space_is_said_before_anything_is_copied(machine) -> None:
    machine.install("0.9.0")
    path = machine.beside(
        "df", "echo 'Filesystem 1024-blocks Used Available'; echo 'disk 9 8 1024 99% /'"
    )
    done = machine.install("0.10.0", PATH=path)
    assert done.returncode == 1
    assert "磁盘空间不足" in done.stderr
    assert "剩余 1 MB" in done.stderr
    assert machine.version() == "griddesk 0.9.0"
    assert [path.name for path in (machine.base / "versions").iterdir()] == ["0.9.0"]


def test_a_disk_that_fills_up_while_copying_costs_nothing(machine) -> None:
    machine.install("0.9.0")
    path = machine.beside(
        "cp", '[ "$1" != -R ] || { mkdir "$6"; echo half >"$6/griddesk"; exit 1; }'
    )
    done = machine.install("0.10.0", PATH=path)
    assert done.returncode == 1
    assert "复制没有完成" in done.stderr
    assert machine.version() == "griddesk 0.9.0"
    assert [path.name for path in (machine.base / "versions").iterdir()] == ["0.9.0"]


def test_a_stick_that_reads_wrongly_while_copying_is_noticed(machine) -> None:
    machine.install("0.9.0")
    path = machine.beside(
        "cp",
        '/bin/cp "$@"; [ "$1" != -R ] || echo worn >>"$6/_internal/lib.so.1"',
    )
    done = machine.install("0.10.0", PATH=path)
    assert done.returncode == 1
    assert "与原文件不符" in done.stderr
    assert machine.version() == "griddesk 0.9.0"


@pytest.mark.parametrize(
    "tool",
    [
        "cp",
        "mv",
        *(pytest.param(t, marks=pytest.mark.slow) for t in ("sha256sum", "ln", "rm")),
    ],
)
def test_killed_at_any_moment_the_old_version_or_the_new_one_starts(
    machine, tool
) -> None:
    machine.install("0.9.0")
    kills = 0
    for moment in (1, 2, 3):
        if not machine.killed_at(tool, moment):
            break
        kills += 1
        assert machine.version() in {"griddesk 0.9.0", "griddesk 0.10.0"}
    assert kills
    # And the next one, undisturbed, clears up what was left.
    done = machine.install("0.10.0")
    assert done.returncode == 0, done.stderr
    assert machine.version() == "griddesk 0.10.0"
    assert len(list((machine.base / "versions").iterdir())) == 1


def test_a_version_that_does_not_start_here_is_not_taken_into_use(
    machine, kit, key, tmp_path
) -> None:
    machine.install("0.9.0")
    bundle = program(tmp_path / "bundle", "0.10.0")
    (bundle / "griddesk").write_text("#!/bin/sh\necho 'GLIBC_2.99 not found'; exit 1\n")
    made = kit.make_kit(bundle, tmp_path, tmp_path / "out", key, names=())
    machine.archives = {"0.10.0": made[0]}
    done = machine.install("0.10.0")
    assert done.returncode == 1
    assert "新版本在本机无法启动" in done.stderr
    assert "GLIBC_2.99 not found" in done.stderr
    assert machine.version() == "griddesk 0.9.0"


def test_a_version_that_somebody_works_with_stays_until_the_next_time(machine) -> None:
    machine.install("0.9.0")
    busy = machine.base / "current" / "_internal" / "busy"
    shutil.copy("/bin/sleep", busy)
    with subprocess.Popen([busy.resolve(), "60"]) as running:
        try:
            assert machine.install("0.10.0").returncode == 0
            assert machine.version() == "griddesk 0.10.0"
            kept = {path.name for path in (machine.base / "versions").iterdir()}
            assert kept == {"0.9.0", "0.10.0"}
            done = machine.sh(machine.base / "uninstall.sh")
            assert done.returncode == 2
            assert "正在运行" in done.stderr
        finally:
            running.kill()
    assert machine.install("0.10.0").returncode == 0
    assert len(list((machine.base / "versions").iterdir())) == 1


def test_uninstalling_takes_the_program_and_leaves_the_journal(machine) -> None:
    data = machine.home / ".local" / "share" / "GridDesk"
    data.mkdir(parents=True)
    (data / "journal.sqlite").write_bytes(b"journal")
    machine.install("0.9.0")
    done = machine.sh(machine.base / "uninstall.sh")
    assert done.returncode == 0, done.stderr
    assert "巡检日志" in done.stdout
    assert everything(machine.home) == {
        ".local/share/GridDesk/journal.sqlite": b"journal"
    }
    assert not (machine.home / ".local" / "bin" / "griddesk").is_symlink()
    # Never what is really installed in /opt of the machine that runs the tests.
    script, elsewhere = machine.kit("0.9.0") / "install.sh", str(machine.stick)
    done = machine.sh(script, "--uninstall", DESTDIR=elsewhere)
    assert done.returncode == 2
    assert f"{elsewhere}/opt/griddesk 中没有安装" in done.stderr


def test_another_programs_link_is_left_alone_by_uninstalling(machine) -> None:
    machine.install("0.9.0")
    link = machine.home / ".local" / "bin" / "griddesk"
    link.unlink()
    link.symlink_to("/elsewhere/griddesk")
    machine.sh(machine.base / "uninstall.sh")
    assert link.readlink() == Path("/elsewhere/griddesk")


def test_for_everybody_it_lies_in_opt(machine, tmp_path) -> None:
    script = machine.kit("0.9.0") / "install.sh"
    root = tmp_path / "root"
    root.mkdir()
    done = machine.sh(script, DESTDIR=str(root))
    assert done.returncode == 0, done.stderr
    assert (root / "opt/griddesk/current/VERSION").read_text() == "0.9.0\n"
    entry = root / "usr/local/share/applications/griddesk.desktop"
    assert 'Exec="/opt/griddesk/current/griddesk-desk"' in entry.read_text()
    link = root / "usr/local/bin/griddesk"
    assert link.readlink() == Path("/opt/griddesk/current/griddesk")
    done = machine.sh(root / "opt/griddesk/uninstall.sh", DESTDIR=str(root))
    assert done.returncode == 0, done.stderr
    assert everything(root) == {}
    assert not link.is_symlink()


@pytest.mark.parametrize("umask", [0o077, pytest.param(0o000, marks=pytest.mark.slow)])
def test_for_everybody_others_can_start_it_and_nobody_but_root_can_change_it(
    machine, tmp_path, umask
) -> None:
    kit = machine.kit("0.9.0")
    for path in (kit, *kit.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | 0o022)
        if os.geteuid() == 0:
            os.lchown(path, 4711, 4711)
    # The modes are not in the signature.
    (kit / "griddesk" / "griddesk").chmod(0o6777)
    root = tmp_path / "root"
    root.mkdir()
    machine.umask = umask
    done = machine.sh(kit / "install.sh", DESTDIR=str(root))
    assert done.returncode == 0, done.stderr
    paths = [path for path in root.rglob("*") if not path.is_symlink()]
    assert root / "opt/griddesk/versions/0.9.0/griddesk" in paths
    for path in paths:
        mode = path.stat().st_mode
        wanted = 0o555 if path.is_dir() or mode & 0o100 else 0o444
        assert mode & 0o6022 == 0, path
        assert mode & wanted == wanted, path
    owners = {(p.lstat().st_uid, p.lstat().st_gid) for p in root.rglob("*")}
    assert owners == {(os.geteuid(), os.getegid())}


@pytest.mark.slow
def test_what_a_strict_umask_closed_is_open_after_an_upgrade(machine, tmp_path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    machine.sh(machine.kit("0.9.0") / "install.sh", DESTDIR=str(root))
    (root / "opt/griddesk").chmod(0o700)
    (root / "opt/griddesk/versions").chmod(0o700)
    done = machine.sh(machine.kit("0.10.0") / "install.sh", DESTDIR=str(root))
    assert done.returncode == 0, done.stderr
    for name in ("opt/griddesk", "opt/griddesk/versions"):
        assert stat.S_IMODE((root / name).stat().st_mode) == 0o755


@pytest.mark.slow
def test_where_opt_is_a_link_the_running_version_stays_and_all_is_taken_away(
    machine, tmp_path
) -> None:
    root = tmp_path / "root"
    (root / "data").mkdir(parents=True)
    (root / "opt").symlink_to("data")
    where = {"DESTDIR": str(root)}
    assert machine.sh(machine.kit("0.9.0") / "install.sh", **where).returncode == 0
    link = root / "usr/local/bin/griddesk"
    assert link.is_symlink()
    busy = root / "opt/griddesk/current/_internal/busy"
    shutil.copy("/bin/sleep", busy)
    with subprocess.Popen([busy.resolve(), "60"]) as running:
        try:
            done = machine.sh(machine.kit("0.10.0") / "install.sh", **where)
            assert done.returncode == 0, done.stderr
            assert busy.resolve().parts[-3] == "0.10.0"
            assert (root / "data/griddesk/versions/0.9.0/VERSION").exists()
        finally:
            running.kill()
    done = machine.sh(root / "opt/griddesk/uninstall.sh", **where)
    assert done.returncode == 0, done.stderr
    assert not link.is_symlink()
    assert everything(root) == {}


def test_nothing_is_uninstalled_while_an_installer_writes(machine) -> None:
    machine.install("0.9.0")
    with (machine.base / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = machine.sh(machine.base / "uninstall.sh")
    assert done.returncode == 1
    assert "另一个安装或卸载程序" in done.stderr
    assert machine.version() == "griddesk 0.9.0"


def test_what_of_menu_and_command_does_not_work_is_named_at_the_end(machine) -> None:
    (machine.home / ".local").mkdir()
    (machine.home / ".local" / "share").write_text("in the way")
    (machine.home / ".local" / "bin").write_text("in the way")
    done = machine.install("0.9.0")
    assert done.returncode == 1
    assert "已安装在" in done.stderr
    assert "应用菜单项" in done.stderr
    assert f"命令 ({machine.home}/.local/bin/griddesk)" in done.stderr
    assert f"{machine.base}/current/griddesk-desk" in done.stderr
    assert "自检" not in done.stdout
    started = subprocess.run([machine.base / "current" / "griddesk"], check=False)
    assert started.returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("made", ["file", "link"])
def test_a_command_of_somebody_else_is_not_replaced(machine, made) -> None:
    command = machine.home / ".local" / "bin" / "griddesk"
    command.parent.mkdir(parents=True)
    if made == "file":
        command.write_text("mine")
    else:
        command.symlink_to("/elsewhere/tool")
    done = machine.install("0.9.0")
    assert done.returncode == 0, done.stderr
    assert f"{command} 已经存在" in done.stdout
    assert f"{machine.base}/current/griddesk doctor" in done.stdout
    assert command.is_symlink() == (made == "link")
    assert machine.sh(machine.base / "uninstall.sh").returncode == 0
    assert os.path.lexists(command)


@pytest.mark.slow
def test_uninstalling_one_of_two_leaves_the_menu_entry_of_the_other(machine) -> None:
    assert machine.install("0.9.0").returncode == 0
    script = machine.kit("0.9.0") / "install.sh"
    place = machine.home / PLACES[2]
    assert machine.sh(script, "--prefix", str(place)).returncode == 0
    share = machine.home / ".local" / "share"
    before = everything(share)
    assert len(before) == 3
    assert machine.sh(machine.base / "uninstall.sh").returncode == 0
    assert everything(share) == before
    assert machine.version() == "griddesk 0.9.0"
    assert machine.sh(place / "griddesk" / "uninstall.sh").returncode == 0
    assert everything(machine.home) == {}


@pytest.mark.parametrize("option", ["--prefix", "--trust", "--gpu"])
def test_an_option_without_its_value_is_refused(machine, option) -> None:
    before = everything(machine.home)
    # Taken for "not given" it would install into /opt: not into that of this machine.
    where = {"DESTDIR": str(machine.home)}
    done = machine.sh(machine.kit("0.9.0") / "install.sh", option, "", **where)
    assert done.returncode == 2
    assert f"{option} 后面是空的" in done.stderr
    assert everything(machine.home) == before


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        ("0.10.0rc1", "0.10.0", 0),
        pytest.param("0.10.0.dev3", "0.10.0", 0, marks=pytest.mark.slow),
        pytest.param("0.10.0b2", "0.10.0", 0, marks=pytest.mark.slow),
        pytest.param("0.9.0", "0.10.0", 0, marks=pytest.mark.slow),
        pytest.param("0.10.1rc1", "0.10.0", 2, marks=pytest.mark.slow),
        pytest.param("0.10.0.post1", "0.10.0", 2, marks=pytest.mark.slow),
    ],
)
def test_a_release_follows_its_candidates(machine, old, new, status) -> None:
    (machine.base / "versions" / "old").mkdir(parents=True)
    (machine.base / "versions" / "old" / "VERSION").write_text(f"{old}\n")
    (machine.base / "current").symlink_to("versions/old")
    done = machine.install(new)
    assert done.returncode == status, done.stderr
    assert ("不能降级" in done.stderr) == (status == 2)


def test_without_the_right_to_write_it_says_what_to_do(machine) -> None:
    # Root may write anywhere: a file where the folder should be stops it as well.
    (machine.home / "apps").mkdir()
    (machine.home / "apps" / "griddesk").write_text("in the way")
    done = machine.install("0.9.0")
    assert done.returncode == 1
    assert "--prefix" in done.stderr
    assert not (machine.home / ".local").exists()


def test_a_wrong_option_says_how_it_is_used(machine) -> None:
    done = machine.sh(machine.kit("0.9.0") / "install.sh", "--perfix", "x")
    assert done.returncode == 2
    assert "--prefix DIR" in done.stdout


def test_the_installer_can_be_run_from_the_kit(machine) -> None:
    mode = (machine.kit("0.9.0") / "install.sh").stat().st_mode
    assert mode & stat.S_IXUSR


# --- the GPU component ----------------------------------------------------------------


@pytest.fixture(scope="module")
def sticks(kit, key, tmp_path_factory) -> dict[str, Path]:
    """Make a folder of each version with the unpacked kit and its component."""
    made = {}
    for version in ("0.9.0", "0.10.0"):
        folder = made[version] = tmp_path_factory.mktemp("stick")
        base = program(folder / "cpu", version)
        whole = program(folder / "gpu", version, gpu=True)
        for archive in kit.make_kit(base, folder, folder, key, gpu=whole, names=()):
            with tarfile.open(archive) as tar:
                tar.extractall(folder, filter="data")
    return made


@dataclass
class Desk(Machine):
    """A machine whose kits have a component beside them, and what a GPU needs."""

    driver: bool = False

    def install(self, version: str, *arguments: str, **environment: str):
        """Run the installer; nvidia-smi lists a card where there is a driver."""
        listed = "echo 'GPU 0: Some (UUID: GPU-1)'" if self.driver else "exit 9"
        path = {"PATH": self.beside("nvidia-smi", listed), **environment}
        return super().install(version, *arguments, **path)

    def component(self, version: str) -> Path:
        """Give the folder of the unpacked component."""
        kit = self.kit(version)
        return kit.with_name(f"{kit.name}-gpu")

    def take(self, stick: Path) -> None:
        """Copy what is on a stick."""
        for folder in stick.glob("griddesk-*[!z]"):
            shutil.copytree(folder, self.stick / folder.name, symlinks=True)

    def is_the_program_of(self, bundle: Path) -> bool:
        """Say whether what is installed is a bundle, file for file."""
        return tree(self.base / "current") == tree(bundle)


def tree(folder: Path) -> dict[str, tuple[str | bytes, bool]]:
    """Give what each path leads to or holds, and whether it can be run."""
    top = folder.resolve()
    return {
        path.relative_to(top).as_posix(): (
            str(path.readlink())
            if path.is_symlink()
            else "a folder"
            if path.is_dir()
            else path.read_bytes(),
            os.access(path, os.X_OK),
        )
        for path in top.rglob("*")
    }


def desk_with(folder: Path, archives, sticks, *versions: str) -> Desk:
    for name in ("home", "stick"):
        (folder / name).mkdir()
    made = Desk(folder / "home", folder / "stick", archives)
    for version in versions:
        made.take(sticks[version])
    return made


@pytest.fixture
def desk(tmp_path: Path, archives, sticks) -> Desk:
    return desk_with(tmp_path, archives, sticks, "0.9.0", "0.10.0")


def test_kit_and_component_together_are_the_gpu_bundle_file_for_file(
    desk, sticks
) -> None:
    desk.driver = True
    done = desk.install("0.9.0")
    assert done.returncode == 0, done.stderr
    assert "GPU 组件也一起安装" in done.stdout
    assert "GridDesk 0.9.0 (含 GPU 组件) 已安装" in done.stdout
    assert desk.version() == "griddesk 0.9.0"
    assert desk.is_the_program_of(sticks["0.9.0"] / "gpu")
    assert desk.sh(desk.base / "uninstall.sh").returncode == 0
    assert not desk.base.exists()


def test_without_a_driver_the_component_waits_until_it_is_asked_for(
    desk, sticks
) -> None:
    done = desk.install("0.9.0")
    assert done.returncode == 0, done.stderr
    assert "旁边的 GPU 组件没有使用" in done.stdout
    assert desk.is_the_program_of(sticks["0.9.0"] / "cpu")
    # Later, from wherever it lies: the same version gets its component.
    elsewhere = desk.component("0.9.0").rename(desk.stick / "别处 的组件")
    done = desk.install("0.9.0", "--gpu", str(elsewhere))
    assert done.returncode == 0, done.stderr
    assert desk.is_the_program_of(sticks["0.9.0"] / "gpu")
    assert len(list((desk.base / "versions").iterdir())) == 1


def test_an_upgrade_does_not_lose_the_gpu_unnoticed(desk, sticks) -> None:
    assert desk.install("0.9.0", "--gpu", str(desk.component("0.9.0"))).returncode == 0
    away = desk.component("0.10.0").rename(desk.stick / "away")
    before = everything(desk.home)
    done = desk.install("0.10.0")
    assert done.returncode == 2
    assert "已安装的版本带有 GPU 组件" in done.stderr
    assert "--no-gpu" in done.stderr
    assert everything(desk.home) == before
    # A desk that has it gets the new one, whatever the driver says today.
    away.rename(desk.component("0.10.0"))
    assert desk.install("0.10.0").returncode == 0
    assert desk.is_the_program_of(sticks["0.10.0"] / "gpu")
    done = desk.install("0.10.0", "--no-gpu")
    assert done.returncode == 0, done.stderr
    assert desk.is_the_program_of(sticks["0.10.0"] / "cpu")


@pytest.fixture(scope="module")
def refusing(tmp_path_factory, archives, sticks) -> Desk:
    """A desk with the old version: what is refused leaves it as it is."""
    folder = tmp_path_factory.mktemp("desk")
    made = desk_with(folder, archives, sticks, "0.9.0", "0.10.0")
    assert made.install("0.9.0").returncode == 0
    return made


def spoil_cuda(component: Path) -> None:
    path = component / "griddesk" / CUDA
    path.write_bytes(path.read_bytes()[:-1] + b"!")


def other_list(component: Path) -> None:
    (component / "REMOVED").write_text("griddesk/VERSION\n")


def of_another_kit(component: Path) -> None:
    old = component.with_name(component.name.replace("0.10.0", "0.9.0"))
    shutil.rmtree(component)
    shutil.copytree(old, component, symlinks=True)


def no_signature(component: Path) -> None:
    (component / "SHA256SUMS.sig").unlink()


def link_cuda_to_the_stick(component: Path) -> None:
    library = component / "griddesk" / CUDA
    shutil.copy(library, component.parent / "cuda.so")
    library.unlink()
    library.symlink_to(component.parent / "cuda.so")


def two_keys(folder: Path) -> None:
    """Sign with a stranger's key, and leave the text of ours where it may be read."""
    ours = (folder / "signer.pub").read_text().splitlines()[1]
    other_signature(folder)
    with (folder / "signer.pub").open("a") as file:
        file.write(f"{ours}\n")


def other_signature(component: Path) -> None:
    other = new_key(component.parent / f"{os.urandom(8).hex()}.pem")
    write_public(component / "signer.pub", other.public)
    sums = (component / "SHA256SUMS").read_bytes()
    (component / "SHA256SUMS.sig").write_bytes(other.sign(sums))


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (spoil_cuda, "GPU 组件不完整或已损坏"),
        (lambda c: (c / "griddesk" / CUDA).unlink(), f"缺少 griddesk/{CUDA}"),
        (lambda c: (c / "griddesk" / "more.py").touch(), "文件与清单不一致"),
        (other_list, "GPU 组件不完整或已损坏: REMOVED"),
        (of_another_kit, "GPU 组件不是与这个安装包 (griddesk-0.10.0-linux-"),
        (no_signature, "不是同一个签名者"),
        (other_signature, "不是同一个签名者"),
        (lambda c: two_keys(c), "signer.pub 不是单独一个公钥"),
        (
            lambda c: (c / "griddesk" / "package").symlink_to("_internal"),
            "不允许的链接或特殊文件 ./package",
        ),
        (link_cuda_to_the_stick, "不允许的链接或特殊文件"),
    ],
    ids=[
        *("worn", "half", "more", "list", "other kit", "unsigned", "signer"),
        *("key", "folder link", "link"),
    ],
)
def test_a_component_that_does_not_belong_here_changes_nothing(
    refusing, tmp_path, harm, sentence
) -> None:
    taken = refusing.component("0.10.0")
    kept = shutil.copytree(taken, tmp_path / taken.name, symlinks=True)
    before = everything(refusing.home)
    try:
        harm(taken)
        refusing.driver = True
        done = refusing.install("0.10.0")
    finally:
        shutil.rmtree(taken)
        kept.rename(taken)
    assert done.returncode in {1, 2}
    assert sentence in done.stderr
    assert "没有安装任何内容" in done.stderr
    assert "--no-gpu" in done.stderr
    assert everything(refusing.home) == before


def test_a_component_is_not_what_no_gpu_means(refusing) -> None:
    both = ("--no-gpu", "--gpu", str(refusing.component("0.10.0")))
    assert "不能同时使用" in refusing.install("0.10.0", *both).stderr
    done = refusing.install("0.10.0", "--gpu", str(refusing.stick / "none"))
    assert done.returncode == 2
    assert "没有 GPU 组件文件夹" in done.stderr


def test_room_for_the_program_alone_is_too_little_for_both(refusing) -> None:
    size = subprocess.run(
        ["du", "-sk", refusing.kit("0.10.0") / "griddesk"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()[0]
    free = 51200 + int(size) + 100
    path = refusing.beside("df", f"echo head; echo disk 9 8 {free} 99% /")
    refusing.driver = True
    done = refusing.install("0.10.0", PATH=path)
    (refusing.stick / "tools" / "df").unlink()
    assert done.returncode == 1
    assert "磁盘空间不足" in done.stderr
    assert refusing.version() == "griddesk 0.9.0"


@pytest.mark.parametrize(
    ("tool", "moments"),
    [
        # The kit is copied first, then the component.
        ("cp", (2,)),
        pytest.param("cp", (1, 3), marks=pytest.mark.slow),
        pytest.param("xargs", (1,), marks=pytest.mark.slow),
        pytest.param("chmod", (1, 2, 3), marks=pytest.mark.slow),
        pytest.param("find", (6, 8, 9), marks=pytest.mark.slow),
    ],
)
def test_killed_while_they_are_put_together_an_old_or_a_new_one_starts(
    desk, sticks, tool, moments
) -> None:
    assert desk.install("0.9.0", "--gpu", str(desk.component("0.9.0"))).returncode == 0
    for moment in moments:
        assert desk.killed_at(tool, moment)
        version = desk.version().removeprefix("griddesk ")
        assert desk.is_the_program_of(sticks[version] / "gpu")


@pytest.mark.parametrize(
    "line",
    [
        "griddesk/../../../home/precious",
        *(
            pytest.param(each, marks=pytest.mark.slow)
            for each in ("/home/precious", "elsewhere/x", "griddesk/.", "", "griddesk/")
        ),
    ],
)
def test_a_signed_list_of_what_goes_may_name_nothing_outside(
    desk, kit, key, line
) -> None:
    component = desk.component("0.10.0")
    with (component / "REMOVED").open("a") as file:
        file.write(f"{line}\n")
    listed = [each for each in kit.sums(component) if "  SHA256SUMS" not in each]
    (component / "SHA256SUMS").write_text("".join(listed))
    signature = key.sign((component / "SHA256SUMS").read_bytes())
    (component / "SHA256SUMS.sig").write_bytes(signature)
    done = desk.install("0.10.0", "--gpu", str(component))
    assert done.returncode == 1
    assert "REMOVED 中有不允许的路径" in done.stderr
    assert not desk.base.exists()


@pytest.mark.slow
def test_without_openssl_a_component_is_refused_until_it_was_compared(
    desk, sticks
) -> None:
    path = f"{desk.without_openssl()}"
    given = ("--gpu", str(desk.component("0.9.0")))
    done = desk.install("0.9.0", *given, PATH=path)
    assert done.returncode == 2
    assert "无法验证 GPU 组件的签名" in done.stderr
    assert not desk.base.exists()
    done = desk.install("0.9.0", *given, "--unverified", PATH=path)
    assert done.returncode == 0, done.stderr
    assert desk.is_the_program_of(sticks["0.9.0"] / "gpu")
