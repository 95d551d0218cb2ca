"""Promises that the source itself can be held to."""

import ast
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import TypeGuard

import pytest

from app.core.model import Call

APP = Path(__file__).resolve().parents[2] / "app"


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(APP.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def test_a_call_can_express_a_site_and_a_check_and_nothing_else() -> None:
    assert [(f.name, getattr(f.type, "__name__", f.type)) for f in fields(Call)] == [
        ("site", "Site"),
        ("check", "Check"),
    ]


def test_no_model_file_is_unpickled_and_no_remote_code_is_run() -> None:
    for path, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg == "trust_remote_code":
                value = node.value
                assert isinstance(value, ast.Constant), path
                assert value.value is False, path
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names = [a.name for a in node.names]
                module = getattr(node, "module", None) or ""
                assert not {"pickle", "dill", "joblib"} & {*names, module}, path
        safe = {call.func for call in ast.walk(tree) if _builds_tensors_alone(call)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr == "load":
                owner = getattr(node.value, "id", "")
                assert owner != "torch" or node in safe, f"{path}: unpickles"


def _builds_tensors_alone(node: ast.AST) -> TypeGuard[ast.Call]:
    """Whether a call says that nothing but tensors may come of a file."""
    return isinstance(node, ast.Call) and any(
        told.arg == "weights_only"
        and isinstance(told.value, ast.Constant)
        and told.value.value is True
        for told in node.keywords
    )


@pytest.mark.parametrize("name", ["eval", "exec", "compile"])
def test_nothing_that_was_heard_can_become_code(name: str) -> None:
    for path, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id != name, path


def test_the_version_stands_in_one_place() -> None:
    text = (APP.parent / "pyproject.toml").read_text(encoding="utf-8")
    assert 'dynamic = ["version"]' in text
    assert "\nversion = " not in text.replace("version = { attr", "")


def test_the_program_starts_where_there_is_no_unix() -> None:
    """What only Unix has is imported at its use, or behind a question."""
    unix = {"fcntl", "grp", "posix", "pwd", "pty", "resource", "termios", "tty"}
    for path, tree in sources():
        for node in tree.body:
            if isinstance(node, ast.Import):
                assert not unix & {alias.name for alias in node.names}, path
            if isinstance(node, ast.ImportFrom):
                assert node.module not in unix, path
