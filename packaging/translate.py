"""Refreshes the window's English: `python packaging/translate.py`.

Every text that the window shows is written in Chinese and goes through Qt Linguist's
tools. This collects the texts into `resources/i18n/griddesk_en.ts`, says which lack an
English translation, and makes the `.qm` that the window loads. Translate in the `.ts`
with Qt Linguist or a text editor, then run it again. With `--check` nothing is written.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
SOURCES: Final = ROOT / "app" / "desktop"
TS: Final = ROOT / "resources" / "i18n" / "griddesk_en.ts"
QM: Final = TS.with_suffix(".qm")

CHINESE: Final = re.compile("[\u3001-\u9fff\uf900-\uffef]")
"""A Chinese character, or Chinese punctuation."""
SPOKEN: Final = frozenset(
    {
        "查一下{site}的人数",
        "{site}有没有人没戴安全帽",
        "检查{site}的电笔携带情况",
        "查{site}的人数和安全帽",
        "{a}和{b}的人数",
        "那{site}呢",
        "{region}所有工地的人数",
        "再说一遍",
    }
)
"""Examples of commands: the desk understands Chinese alone, whatever it shows."""

_PLACEHOLDER: Final = re.compile(r"\{[^{}]*\}")
_KEY: Final = re.compile(r"\b(?:F\d+|Ctrl\+\w+|Esc)\b")
_QUOTED: Final = re.compile("“[^“”]*”")
_HELPER: Final = re.compile(
    r"def _tr\([^)]*\)[^:]*:\s+return \S*?translate\((\"\w+\"),"
)
"""A module's own function for texts outside a class; what it gives as context."""
_HELPED: Final = re.compile(r"(?<![\w.])(?<!def )_tr\(")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text of the window, and what it is in English."""

    context: str
    source: str
    english: str
    kind: str
    """Empty when it is finished, else Qt Linguist's word for what it is."""

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong with the translation."""
        if self.kind in ("obsolete", "vanished"):
            return ("no longer in the program",)
        if self.kind or not self.english:
            return ("not translated",)
        found = []
        for what, pattern in (("placeholders", _PLACEHOLDER), ("keys", _KEY)):
            if set(pattern.findall(self.source)) != set(pattern.findall(self.english)):
                found.append(f"other {what} than the source")
        if self.source in SPOKEN:
            if self.english != self.source:
                found.append("a command, which the desk understands in Chinese alone")
        elif CHINESE.search(_QUOTED.sub("", self.english)):
            # What the operator may say stands in quotation marks.
            found.append("Chinese in the English text")
        return tuple(found)


def collect(ts: Path) -> None:
    """Bring a file of translations up to date with the program's texts."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "desktop"
        for path in SOURCES.rglob("*.py"):
            there = copy / path.relative_to(SOURCES)
            there.parent.mkdir(parents=True, exist_ok=True)
            there.write_text(_spelt_out(path.read_text("utf-8")), "utf-8")
        _run(
            "lupdate",
            *("-extensions", "py", "-no-obsolete", "-locations", "none"),
            *("-source-language", "zh_CN", "-target-language", "en"),
            *(str(copy), "-ts", str(ts)),
        )


def release(ts: Path, qm: Path) -> None:
    """Make the file that the window loads."""
    _run("lrelease", "-nounfinished", str(ts), "-qm", str(qm))


def texts(ts: Path) -> list[Text]:
    """Read a file of translations."""
    return [
        Text(
            context=context.findtext("name", ""),
            source=message.findtext("source", ""),
            english=message.findtext("translation", ""),
            kind=_kind(message),
        )
        for context in ElementTree.parse(ts).getroot().iter("context")
        for message in context.iter("message")
    ]


def _kind(message: ElementTree.Element) -> str:
    found = message.find("translation")
    return "unfinished" if found is None else found.get("type", "")


def _spelt_out(code: str) -> str:
    """Write a module's own `_tr(…)` as `translate("context", …)`, which Qt knows."""
    helper = _HELPER.search(code)
    return code if helper is None else _HELPED.sub(f"translate({helper[1]}, ", code)


def _run(tool: str, *arguments: str) -> None:
    import PySide6

    folder = Path(PySide6.__file__).parent
    places = os.pathsep.join(map(str, (folder, folder / "Qt" / "libexec")))
    program = shutil.which(tool, path=places)
    if program is None:
        raise FileNotFoundError(f"{tool} is not in {folder}")
    done = subprocess.run([program, *arguments], capture_output=True, text=True)
    if done.returncode or "warning" in done.stderr.lower():
        raise RuntimeError(f"{tool}: {done.stdout}{done.stderr}")


def main() -> int:
    """Refresh both files, or only look; give 1 where something is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ts = Path(folder) / TS.name
        if TS.is_file():
            shutil.copy(TS, ts)
        collect(ts)
        found = texts(ts)
        if not arguments.check:
            TS.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ts, TS)
            release(TS, QM)
    wrong = [(text, fault) for text in found for fault in text.faults]
    for text, fault in wrong:
        print(f"{text.context}: {text.source!r}: {fault}")
    print(f"{len(found)} texts, {len(wrong)} to mend")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
