"""What the program imports is in the bundle, however late and by whatever name."""

import ast
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

BY_NAME = {
    # Modules that import others by a name that no analysis sees, and what brings them.
    "app/agent/glm.py": "collect_submodules('app')",
    "app/agent/libraries.py": "collect_submodules('app')",
    "app/sites/backends/table.py": "collect_submodules('app')",
    "app/system/plain_path.py": "_winapi is built into Python on Windows",
}
LATE = {"transformers", "peft"}
"""Libraries that find their own parts when they are asked: the spec asks them."""


def top(name: str) -> str:
    return name.partition(".")[0]


def foreign(names: frozenset[str]) -> set[str]:
    return {n for n in names if top(n) not in {*sys.stdlib_module_names, "app"}}


def test_nothing_that_the_program_imports_is_left_out(parts) -> None:
    left_out = {
        name
        for name in foreign(parts.imported())
        if any(name == out or name.startswith(f"{out}.") for out in parts.EXCLUDED)
        and top(name) not in parts.OUTSIDE
    }
    # Its absence is dealt with where it is wanted, like that of the tuning extra.
    assert left_out == {"torch.utils.tensorboard"}


def test_what_is_left_out_on_purpose_is_really_used(parts) -> None:
    used = {top(name) for name in parts.imported()} | {"tensorboard"}
    assert set(parts.OUTSIDE) <= used


def test_every_import_of_the_program_can_be_analysed(parts) -> None:
    # PyInstaller only warns of a module that it does not find.
    wanted = {top(name) for name in foreign(parts.imported())} - set(parts.OUTSIDE)
    assert {name for name in wanted if find_spec(name) is None} == set()


def test_an_import_by_name_is_known_to_the_bundle(parts) -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for path, tree in parts.sources(ROOT / "app")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", ""))
        in {"import_module", "__import__"}
    }
    assert found == set(BY_NAME)
    spec = (ROOT / "packaging" / "griddesk.spec").read_text("utf-8")
    assert 'collect_submodules("app")' in spec


def test_names_that_a_library_finds_late_are_asked_of_it(parts) -> None:
    spec = (ROOT / "packaging" / "griddesk.spec").read_text("utf-8")
    for library in LATE:
        assert parts.lazy_names(library)
        assert f'parts.lazy_names("{library}")' in spec
    assert "GlmForCausalLM" in parts.lazy_names("transformers")


def test_a_late_import_that_somebody_adds_is_found(parts, tmp_path) -> None:
    (tmp_path / "late.py").write_text(
        "def later():\n"
        "    import newlibrary.part\n"
        "    from transformers import Whisper as W\n"
        "    from other import thing\n"
    )
    assert parts.imported(tmp_path) == {"newlibrary.part", "transformers", "other"}
    assert parts.lazy_names("transformers", tmp_path) == {"Whisper"}


def test_the_home_of_a_late_name_is_the_module_that_defines_it(parts) -> None:
    class Library:
        Decoder = ast.NodeVisitor
        answer = 42

    assert parts.homes(Library, ["Decoder", "answer"]) == {"ast"}


@pytest.mark.parametrize("name", ["sqlalchemy", "pg8000", "PySide6"])
def test_what_is_brought_by_name_exists(parts, name) -> None:
    named = [each for each in parts.HIDDEN if top(each) == name]
    assert named
    assert all(find_spec(each) for each in named)


def test_every_resource_is_brought(parts) -> None:
    folders = {each.name for each in (ROOT / "resources").iterdir()}
    assert parts.DATA["resources"] == "resources"
    assert {Path(each).name for each in parts.NOT_DATA} == {"screenshots"}
    assert {"demo", "icons", "i18n", "rules", "samples", "systems"} <= folders
    # What lies in the program's own folders as data would need a line of its own.
    strangers = [
        path
        for path in (ROOT / "app").rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc"}
    ]
    assert strangers == []


@pytest.mark.parametrize(
    "target",
    [
        "torch/lib/libtorch_cpu.so",
        "torch/bin/torch_shm_manager",
        "torch/nn/functional.py",
        "torch/_dynamo/config.py",
        "torch/_inductor/config_comms.py",
        "transformers/models/__init__.py",
        "transformers/models/glm/modeling_glm.py",
        "transformers/models/auto/modeling_auto.py",
        "bitsandbytes/libbitsandbytes_cpu.so",
        "PySide6/Qt/translations/qtbase_zh_CN.qm",
        "PySide6/Qt/plugins/platforms/libqxcb.so",
        "PySide6/Qt/plugins/platforms/libqoffscreen.so",
        "PySide6/Qt/plugins/texttospeech/libqtexttospeech_speechd.so",
        "PySide6/Qt/lib/libQt6Multimedia.so.6",
        "PySide6/Qt/plugins/imageformats/libqsvg.so",
        "resources/phrases/places.txt",
        "vosk/libvosk.so",
    ],
)
def test_what_a_desk_opens_stays(parts, target) -> None:
    assert not parts.is_dropped(target)
    assert not parts.is_dropped(target.replace("/", "\\"))


@pytest.mark.parametrize(
    "target",
    [
        "torch/test/test_api",
        "torch/include/ATen/ATen.h",
        "torch/bin/protoc",
        "torch/_inductor/lowering.py",
        "transformers/models/llama/modeling_llama.py",
        "bitsandbytes/libbitsandbytes_cuda128.so",
        "PySide6/Qt/translations/qtbase_fr.qm",
        "PySide6\\plugins\\sqldrivers\\qsqlite.dll",
        "PySide6/Qt/lib/libQt6Quick.so.6",
    ],
)
def test_what_a_desk_never_opens_is_dropped(parts, target) -> None:
    assert parts.is_dropped(target)


@pytest.mark.parametrize(
    ("library", "stays"),
    [
        ("cpu.so", True),
        ("cuda130.so", True),
        # Where there is none for the exact version, another of the same will do.
        ("cuda132.dll", True),
        ("cuda128.so", False),
        ("rocm71.so", False),
        ("xpu2025.so", False),
    ],
)
def test_with_cuda_the_libraries_of_its_version_stay(parts, library, stays) -> None:
    target = f"bitsandbytes/libbitsandbytes_{library}"
    assert parts.is_dropped(target, "13.0") is not stays
    assert parts.is_dropped(target) is not library.startswith("cpu")


def test_what_nvidia_brings_lies_where_torch_looks_for_it(parts, tmp_path) -> None:
    wheel = tmp_path / "nvidia" / "cu13" / "lib"
    wheel.mkdir(parents=True)
    for name in ("libcublas.so.13", "libcublas.alt.h"):
        (wheel / name).touch()
    (row,) = parts.runtime(tmp_path)
    assert row == (str(wheel / "libcublas.so.13"), "nvidia/cu13/lib")
    library = "nvidia/cu13/lib/libcublas.so.13"
    assert parts.stray_link(("libcublas.so.13", library, "SYMLINK"))
    assert not parts.stray_link((library, str(wheel), "BINARY"))
    assert not parts.stray_link(("libz.so", "numpy.libs/libz.so", "SYMLINK"))


@pytest.mark.parametrize(("cuda", "gpu"), [("", True), ("13.0", False)])
def test_a_bundle_gets_the_torch_that_its_name_says(parts, cuda, gpu) -> None:
    parts.check_build(cuda, gpu=not gpu)
    with pytest.raises(SystemExit, match="GRIDDESK_TORCH_INDEX"):
        parts.check_build(cuda, gpu=gpu)


def test_the_spec_asks_for_all_of_that(parts) -> None:
    spec = (ROOT / "packaging" / "griddesk.spec").read_text("utf-8")
    for word in ("check_build(CUDA, gpu=GPU)", "runtime(SITE)", "stray_link(row)"):
        assert f"parts.{word}" in spec
    assert "parts.is_dropped(row[0], CUDA)" in spec


@pytest.mark.slow
def test_an_architecture_that_a_library_imports_stays(parts) -> None:
    # Asked of another process: here others may have been imported by other tests.
    asked = (
        "import sys, app.agent.glm, transformers.trainer, peft, accelerate\n"
        "for name in sys.modules:\n"
        "    if name.startswith('transformers.models.'): print(name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = done.stdout.split()
    assert names
    assert [name for name in names if parts.is_dropped_module(name)] == []
    assert parts.is_dropped_module("transformers.models.llama.modeling_llama")
    assert not parts.is_dropped_module("transformers.models")


def test_the_entry_is_the_programs_own() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "packaging" / "entry.py", "--version"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )
    from app import __version__

    assert done.stdout == f"griddesk {__version__}\n", done.stderr


def test_the_version_that_windows_shows_is_the_programs(parts) -> None:
    text = parts.version_resource("1.2.3rc4")
    assert ast.parse(text)
    assert "filevers=(1, 2, 3, 4)" in text
    assert "StringStruct('ProductVersion', '1.2.3rc4')" in text
    assert "(1, 2, 0, 0)" in parts.version_resource("1.2")
