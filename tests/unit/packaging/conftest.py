"""The folder `packaging` is no package: its modules are imported from beside it."""

import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def packaging_modules():
    """Import what builds bundle and kit, and put the path back."""
    folder = str(ROOT / "packaging")
    sys.path.insert(0, folder)
    try:
        names = ("parts", "inventory", "kit", "lacking", "smoke")
        yield {name: import_module(name) for name in names}
    finally:
        sys.path.remove(folder)
        for name in names:
            sys.modules.pop(name, None)


@pytest.fixture(scope="session")
def parts(packaging_modules):
    return packaging_modules["parts"]


@pytest.fixture(scope="session")
def inventory(packaging_modules):
    return packaging_modules["inventory"]


@pytest.fixture(scope="session")
def kit(packaging_modules):
    return packaging_modules["kit"]
