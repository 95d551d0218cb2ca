"""What the bundle is made of: what is in it, what is left out, and why.

Most of it PyInstaller finds by itself: it reads every import of `app`, those inside
functions as well. Named here is what no import statement shows.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
NAME: Final = "griddesk"
WINDOWED: Final = "griddesk-desk"
"""The executable behind the icon; on Windows it opens no console."""

DATA: Final = {
    "resources": "resources",
    "models/catalogue.toml": "models",
}
"""What is brought along as files: in the checkout → in the bundle."""
NOT_DATA: Final = ("resources/screenshots",)
"""Pictures of the README."""

HIDDEN: Final = (
    # transformers finds a model by the name in its configuration.
    "transformers.models.auto.modeling_auto",
    "transformers.models.auto.tokenization_auto",
    "transformers.models.glm.configuration_glm",
    "transformers.models.glm.modeling_glm",
    # SQLAlchemy and keyring find these by name.
    "sqlalchemy.dialects.sqlite",
    "sqlalchemy.dialects.postgresql.pg8000",
    "pg8000.dbapi",
    # Qt's, beside the window: read aloud, icons drawn from SVG.
    "PySide6.QtTextToSpeech",
    "PySide6.QtSvg",
)

OUTSIDE: Final = {
    "matplotlib": "curves in the reports of the tuning bench",
    "rouge_chinese": "a figure of the tuning bench",
    "sacrebleu": "a figure of the tuning bench",
    "sherpa_onnx": "the other recogniser",
    "tensorboard": "curves of a training in a browser",
}
"""What `app` can use and the bundle has not; the program says so where it is missed."""

EXCLUDED: Final = (
    *OUTSIDE,
    # Tools of those who build, and what only their tests need.
    "IPython",
    "PyInstaller",
    "_pytest",
    "hypothesis",
    "mypy",
    "pip",
    "py",
    "pytest",
    "pytestqt",
    "sentencepiece",
    "starlette",
    "uvicorn",
    # Windows of other toolkits; Qt's parts that no window of the desk has.
    "tkinter",
    "PySide6.Qt3DCore",
    "PySide6.QtCharts",
    "PySide6.QtDesigner",
    "PySide6.QtHelp",
    "PySide6.QtMultimedia",
    "PySide6.QtNetwork",
    "PySide6.QtPdf",
    "PySide6.QtQml",
    "PySide6.QtQuick",
    "PySide6.QtSql",
    "PySide6.QtTest",
    "PySide6.QtWebEngineCore",
    # Computing libraries that torch, transformers or peft would use if they were there.
    "cv2",
    "flax",
    "jax",
    "lxml",
    "pandas",
    "scipy",
    "sklearn",
    "tensorflow",
    "torchaudio",
    "torchvision",
    "triton",
    # What compiles extensions.
    "distutils",
    "pkg_resources",
    "setuptools",
    # A downloader of the hub, which the desk never asks; colours of source code.
    "hf_xet",
    "pygments",
    # Parts of torch that export and profile.
    "torch.onnx",
    "torch.utils.benchmark",
    "torch.utils.tensorboard",
    "torch.utils.viz",
)

HEAVY: Final = ("accelerate", "bitsandbytes", "peft", "torch", "transformers")
"""What the reduced bundle leaves out as well: it has no model and reads by rules."""

DROPPED: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"torch/(test|include|share)/",
        r"torch/bin/(?!torch_shm_manager)",
        r"torch/lib/.*\.(a|lib)$",
        r"torch/lib/lib(torchbind_test|jitbackend_test|backend_with_compiler|"
        r"aoti_custom_ops)",
        # Compilers, which the desk does not run: torch imports them, but of their
        # sources it reads the configuration alone.
        r"torch/(_dynamo|_inductor|ao|distributed|onnx|testing)/(?!.*config\w*\.py$).*\.py$",
        # Qt speaks Chinese and English; of its plug-ins a window, its icons and the
        # voice are used.
        r"PySide6/Qt/translations/(?!qtbase_(zh_CN|en)\.qm$)",
        r"PySide6/translations/(?!qtbase_(zh_CN|en)\.qm$)",
        r"PySide6/(Qt/)?plugins/(sqldrivers|networkinformation|tls|multimedia|"
        r"assetimporters|designer|geo\w+|position|qml\w+|sceneparsers|renderers|"
        r"virtualkeyboard|webview|canbus|sensors|egldeviceintegrations)/",
        r"PySide6/(Qt/)?plugins/platforms/libq(eglfs|linuxfb|minimalegl|vkkhrdisplay|"
        r"vnc)",
        r"PySide6/(Qt/)?plugins/platforminputcontexts/\w*virtualkeyboard",
        r"PySide6/(Qt/)?plugins/imageformats/\w*pdf",
        r"PySide6/(Qt/)?lib/libQt6(Pdf|Qml|Quick|VirtualKeyboard|EglFs|WebEngine|Sql|"
        r"Multimedia(?!\.)|Test)",
        r"libQt6(Pdf|Qml|Quick|VirtualKeyboard|EglFs|WebEngine)",
        # What compiles against numpy.
        r"numpy/f2py/",
        r"numpy/(_core/)?(include|lib)/.*\.(h|a)$",
    )
)
"""Files that a hook collects and nothing in the desk opens."""


MODELS: Final = frozenset({"auto", "bloom", "encoder_decoder", "glm"})
"""Architectures of transformers that the program and its libraries import.

There are some 500: its table of contents names them all, and each would come along.
The GLM family that transformers has not is the program's own.
"""
_MODEL: Final = re.compile(r"transformers[./]models[./](?!__)(\w+)[./]")

SOURCES: Final = {"app": "pyz+py"}
"""Packages whose sources come along beside the compiled modules.

The options of systems are described in docstrings that pydantic reads from the source;
and a log that shows the failing line says more. torch and transformers say it of
themselves: torch compiles functions from their sources when it is imported.
"""

STRIPPED: Final = re.compile(
    r"libtorch_(cpu|python)\.so$|libpython3[\w.]+$|tokenizers\.abi3\.so$"
    r"|_rust\.abi3\.so$|_imaging\..*\.so$|/_yaml\..*\.so$|/_regex\..*\.so$"
    r"|/sqlalchemy/.*\.so$|/lib-dynload/.*\.so$"
)
"""Libraries whose makers left the names of inner functions in: an eighth of all.

Only these: others were changed after they were linked, and `strip` would break them.
"""


_PACKER: Final = re.compile(r"bitsandbytes/libbitsandbytes_([a-z]+)(\d*)\.")
"""One library for each kind of device and each version of its runtime."""


def is_dropped(target: str, cuda: str = "") -> bool:
    """Say whether a collected file stays out.

    Args:
        target: Its path in the bundle.
        cuda: The version of CUDA that torch was built with, as 13.0; empty: none.
    """
    path = target.replace("\\", "/")
    if packer := _PACKER.search(path):
        kind, version = packer.groups()
        # One of the same major version is taken where the exact one is missing.
        wanted = {"cpu", f"cuda{cuda.partition('.')[0]}"}
        return f"{kind}{version[:-1]}" not in wanted
    return _is_other_model(path) or any(each.search(path) for each in DROPPED)


def check_build(cuda: str, *, gpu: bool) -> None:
    """See that a bundle gets the build of torch that it is meant to have.

    Raises:
        SystemExit: It would not; the text says how it would.
    """
    if gpu and not cuda:
        raise SystemExit(
            "torch in .venv-gpu is the build for the CPU. Set GRIDDESK_TORCH_INDEX to\n"
            "an index with CUDA, which pytorch.org names, remove .venv-gpu and begin\n"
            "anew. 装到的是 CPU 版 torch, 无法构建 GPU 组件。"
        )
    if cuda and not gpu:
        raise SystemExit(
            f"torch in .venv brings CUDA {cuda}: the bundle for the CPU would be of\n"
            "several GB. Remove .venv and begin anew, with CUDA_VISIBLE_DEVICES=-1\n"
            "and GRIDDESK_TORCH_INDEX, which names an index for the CPU.\n"
            "装到的是 CUDA 版 torch: CPU 安装包请用 CPU 版构建。"
        )


def runtime(site: Path) -> Iterator[tuple[str, str]]:
    """Give the libraries of NVIDIA's wheels: where they lie, and where they belong.

    Torch loads some by name when a computation first needs them.
    """
    for file in sorted((site / "nvidia").rglob("*.so*")):
        yield str(file), file.parent.relative_to(site).as_posix()


def stray_link(row: tuple[str, str, str]) -> bool:
    """Say whether a row links one of NVIDIA's libraries into the top folder.

    They look for one another beside the path that they were loaded from.
    """
    _, source, kind = row
    return kind == "SYMLINK" and source.replace("\\", "/").startswith("nvidia/")


def is_dropped_module(name: str) -> bool:
    """Say whether a module stays out that is found, but never imported."""
    return _is_other_model(f"{name}.")


def _is_other_model(path: str) -> bool:
    found = _MODEL.match(path)
    return found is not None and found[1] not in MODELS


@cache
def sources(folder: Path = ROOT / "app") -> tuple[tuple[Path, ast.Module], ...]:
    """Give every module of the program, read but not run."""
    files = sorted(folder.rglob("*.py"))
    return tuple((path, ast.parse(path.read_text("utf-8"))) for path in files)


@cache
def imported(folder: Path = ROOT / "app") -> frozenset[str]:
    """Name every module that the program imports anywhere, at the top or later."""
    return frozenset(name for _, tree in sources(folder) for name in _modules(tree))


def _modules(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def lazy_names(library: str, folder: Path = ROOT / "app") -> frozenset[str]:
    """Name what the program takes from a library that resolves its names late.

    `from transformers import X` shows no analysis where X comes from.
    """
    return frozenset(
        alias.name
        for _, tree in sources(folder)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == library
        for alias in node.names
    )


def homes(library: object, names: Iterable[str]) -> frozenset[str]:
    """Name the modules in which names of a library are defined."""
    found = (getattr(getattr(library, name), "__module__", "") for name in names)
    return frozenset(each for each in found if each)


def version_resource(version: str) -> str:
    """Write the version information that Windows shows of an executable."""
    numbers = tuple([*map(int, re.findall(r"\d+", version)), 0, 0, 0, 0][:4])
    facts = {
        "CompanyName": "GridDesk authors",
        "FileDescription": "GridDesk",
        "FileVersion": version,
        "InternalName": NAME,
        "LegalCopyright": "Copyright 2026 the GridDesk authors, Apache-2.0",
        "ProductName": "GridDesk",
        "ProductVersion": version,
    }
    rows = ", ".join(f"StringStruct({key!r}, {text!r})" for key, text in facts.items())
    return (
        "VSVersionInfo(\n"
        f"  ffi=FixedFileInfo(filevers={numbers}, prodvers={numbers}),\n"
        "  kids=[\n"
        f"    StringFileInfo([StringTable('080404b0', [{rows}])]),\n"
        "    VarFileInfo([VarStruct('Translation', [0x804, 1200])]),\n"
        "  ],\n"
        ")\n"
    )
