"""How the window's code words its texts, so that each can be translated."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QObject

from app.desktop import words

ROOT = Path(__file__).resolve().parents[2]
DESKTOP = sorted((ROOT / "app" / "desktop").rglob("*.py"))
HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")

UNTRANSLATED = {
    ("main.py", "缺少中文字体 / No Chinese font"): "in both languages at once",
    (
        "main.py",
        "没有可用的显示器, 无法打开窗口",
    ): "an error for the console, before there is a window",
    ("lateness.py", "个工地"): "a made-up site, to measure with",
    (
        "speech_process.py",
        r"mandarin|chinese|cmn|\bzh\b|中文|普通话|国语|汉语",
    ): "names of voices, which are compared",
    (
        "speech_process.py",
        r"cantonese|hakka|\byue\b|\bhak\b|粤|客家|闽",
    ): "names of voices, which are compared",
}
"""Chinese that stands in the window's code beside Qt Linguist → why."""
RECORDED = {"plans.py"}
"""Files with words for the log, which is Chinese whatever the window speaks."""
GIVEN = {("words.py", "part_word"), ("words.py", "said")}
"""Functions that translate a word which somebody else names, from a list."""


def test_chinese_in_the_window_code_goes_through_the_translators() -> None:
    found = {
        (path.name, literal.value)
        for path in DESKTOP
        if path.name not in RECORDED
        for literal in _outside_translators(ast.parse(path.read_text("utf-8")))
        if HAN.search(literal.value)
    }
    assert found - set(UNTRANSLATED) == set()
    assert set(UNTRANSLATED) - found == set(), "no longer there"


def test_a_text_is_translated_as_it_stands_before_it_is_filled_in() -> None:
    wrong = [
        f"{path.name}:{call.lineno}"
        for path in DESKTOP
        for function, call in _translating(ast.parse(path.read_text("utf-8")))
        if (path.name, function) not in GIVEN and function != "_tr"
        for argument in call.args
        if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str))
    ]
    assert wrong == []


def test_a_text_is_looked_up_where_it_was_collected() -> None:
    """`tr` looks under the class of the object it is called on, so that is `self`."""
    for path in DESKTOP:
        tree = ast.parse(path.read_text("utf-8"))
        calls = {call for _, call in _translating(tree) if _name_of(call.func) == "tr"}
        for kind in [n for n in ast.walk(tree) if isinstance(n, ast.ClassDef)]:
            own = {call for call in calls if _is_within(call, kind)}
            if own:
                module = importlib.import_module(
                    ".".join(path.relative_to(ROOT).with_suffix("").parts)
                )
                assert issubclass(getattr(module, kind.name), QObject), kind.name
            calls -= own
        assert calls == set(), f"{path.name}: tr outside a class"
        for _, call in _translating(tree):
            if _name_of(call.func) == "tr":
                assert isinstance(call.func, ast.Attribute)
                assert ast.unparse(call.func.value) == "self", path.name


def test_every_part_that_the_house_names_can_be_translated() -> None:
    named = set()
    for path in (ROOT / "app").rglob("*.py"):
        if path in DESKTOP or path.parent.name == "commands":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and _name_of(node.func) == "Health":
                named |= {
                    word.value.value
                    for word in node.keywords
                    if word.arg == "name" and isinstance(word.value, ast.Constant)
                }
            # What the house calls those that it asks: (key, name, how to ask).
            if path.name == "compose.py" and isinstance(node, ast.Tuple):
                named |= {
                    part.value
                    for part in node.elts[1:2]
                    if isinstance(part, ast.Constant) and len(node.elts) == 3
                }
    chinese = {name for name in named if isinstance(name, str) and HAN.search(name)}
    assert "麦克风" in chinese
    assert chinese <= set(words.PARTS)


def _name_of(called: ast.expr) -> str:
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id if isinstance(called, ast.Name) else ""


def _is_within(call: ast.Call, kind: ast.ClassDef) -> bool:
    return any(node is call for node in ast.walk(kind))


def _translating(tree: ast.AST, function: str = "") -> Iterator[tuple[str, ast.Call]]:
    """Give the calls that translate, each with the name of the function around it."""
    for node in ast.iter_child_nodes(tree):
        named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        inner = node.name if named else function  # type: ignore[attr-defined]
        if isinstance(node, ast.Call) and _name_of(node.func) in (
            "tr",
            "_tr",
            "translate",
            "QT_TRANSLATE_NOOP",
        ):
            yield function, node
        yield from _translating(node, inner)


def _outside_translators(tree: ast.Module) -> Iterator[ast.Constant]:
    inside = {
        id(node)
        for _, call in _translating(tree)
        for argument in call.args
        for node in ast.walk(argument)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            # A docstring.
            inside.add(id(node.value))
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in inside
        ):
            yield node
