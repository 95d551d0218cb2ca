"""The window in English: every text is translated, and what is shown is English."""

import importlib.util
import re
import shutil
import string
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from PySide6.QtCore import (
    QAbstractItemModel,
    QLocale,
    Qt,
    QTimer,
    QTranslator,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QLineEdit,
    QTableView,
    QWidget,
)

from app.core import checks
from app.core.model import Check, Severity, Site
from app.core.observation import MissingReason
from app.core.ports import Health
from app.desktop import main, words
from app.desktop.help import HelpPage
from app.desktop.languages import Language, install_translators, spoken
from app.desktop.look import Look
from app.desktop.window import DeskWindow
from app.house.window import _options
from app.settings.declaration import Settings
from app.settings.file import changed
from tests.gui.conftest import Play, Stage
from tests.gui.support import DeskForTests, FakeDirectory

ROOT = Path(__file__).resolve().parents[2]

FEW = 200
"""Fewer texts than this: whoever collects them has overlooked a folder."""


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


translate = _load(ROOT / "packaging" / "translate.py")


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The committed translations, brought up to date with the code."""
    ts = tmp_path_factory.mktemp("i18n") / "griddesk_en.ts"
    shutil.copy(translate.TS, ts)
    translate.collect(ts)
    return ts


@pytest.fixture
def english(clean_qt: QApplication) -> Iterator[None]:
    installed = install_translators(clean_qt, Language.ENGLISH)
    assert installed
    yield
    for translator in installed:
        clean_qt.removeTranslator(translator)


def _key(text: object) -> tuple[str, str]:
    return text.context, text.source  # type: ignore[attr-defined]


def test_every_text_of_the_window_has_a_sound_english_translation(
    collected: Path,
) -> None:
    texts = translate.texts(collected)
    assert len(texts) > FEW
    assert [(*_key(text), fault) for text in texts for fault in text.faults] == []


def test_no_translation_is_left_over(collected: Path) -> None:
    wanted = {_key(text) for text in translate.texts(collected)}
    assert {_key(text) for text in translate.texts(translate.TS)} == wanted


def test_what_the_window_loads_is_what_the_translators_wrote(
    collected: Path, tmp_path: Path
) -> None:
    fresh, kept = QTranslator(), QTranslator()
    translate.release(translate.TS, tmp_path / "fresh.qm")
    assert fresh.load(str(tmp_path / "fresh.qm"))
    assert kept.load(str(translate.QM))
    for text in translate.texts(translate.TS):
        assert fresh.translate(*_key(text)) == text.english, text
        assert kept.translate(*_key(text)) == text.english, text


@pytest.mark.parametrize(
    ("source", "english", "fault"),
    [
        ("已答复 {n}", "Answered", "other placeholders than the source"),
        ("日志 F9", "Log", "other keys than the source"),
        ("注意", "注意", "Chinese in the English text"),
        ("静音（是）", "Muted（yes）", "Chinese in the English text"),
        ("再说一遍", "Say again", "a command, which the desk understands in Chinese"),
        ("注意", "", "not translated"),
    ],
)
def test_a_wrong_translation_is_found(source: str, english: str, fault: str) -> None:
    text = translate.Text(context="x", source=source, english=english, kind="")
    assert any(found.startswith(fault) for found in text.faults)


def test_what_may_be_said_to_the_desk_stays_chinese_in_quotation_marks() -> None:
    said = translate.Text(
        context="x", source="可直接回答：是", english="Just answer “是”", kind=""
    )
    assert said.faults == ()


def test_the_window_calls_checks_and_gaps_what_the_core_calls_them() -> None:
    for check in Check:
        assert words.check_word(check) == checks.label(check)
    for reason in MissingReason:
        assert words.missing_word(reason) == checks.missing_label(reason)


def test_words_of_the_trade_are_english(english: None) -> None:
    assert words.severity_word(Severity.UNKNOWN) == "No data"
    assert words.check_word(Check.HELMET) == "Hard hats"
    assert words.missing_word(MissingReason.STALE) == "Out of date"
    system = Health(name="现场系统 demo", ok=True, detail="", key="backend")
    assert words.part_word(system) == "Site system demo"
    own = Health(name="Tickets 2", ok=True, detail="", key="backend:2")
    assert words.part_word(own) == "Tickets 2"


@pytest.mark.parametrize(
    ("wanted", "system", "shown"),
    [
        (Language.AUTO, "zh_CN", Language.CHINESE),
        (Language.AUTO, "zh_HK", Language.CHINESE),
        (Language.AUTO, "C", Language.CHINESE),
        (Language.AUTO, "en_GB", Language.ENGLISH),
        (Language.AUTO, "de_DE", Language.ENGLISH),
        (Language.CHINESE, "en_GB", Language.CHINESE),
        (Language.ENGLISH, "zh_CN", Language.ENGLISH),
    ],
)
def test_the_window_speaks_as_the_system_unless_it_is_told(
    wanted: Language, system: str, shown: Language
) -> None:
    assert spoken(wanted, QLocale(system)) is shown


@pytest.mark.parametrize("wanted", list(Language))
def test_the_setting_reaches_the_window(wanted: Language) -> None:
    settings = changed(Settings(), "window.language", wanted.value)
    assert _options(settings).language is wanted


def test_a_program_told_to_be_english_opens_an_english_window(
    clean_qt: QApplication, tmp_path: Path
) -> None:
    titles: list[str] = []

    def look() -> None:
        for top in clean_qt.topLevelWidgets():
            if isinstance(top, DeskWindow):
                titles.append(top.windowTitle())
                top.close()

    async def make() -> DeskForTests:
        QTimer.singleShot(0, look)
        return DeskForTests(tmp_path)

    assert main.run_window(make, main.WindowOptions(language=Language.ENGLISH)) == 0
    assert titles == ["GridDesk inspection desk"]
    assert clean_qt.translate("DeskWindow", "正在结束…") == "正在结束…"


@pytest.mark.parametrize(
    ("language", "word"), [(Language.CHINESE, "取消"), (Language.ENGLISH, "Cancel")]
)
def test_the_buttons_of_qt_follow_the_window(
    clean_qt: QApplication, language: Language, word: str
) -> None:
    installed = install_translators(clean_qt, language)
    try:
        assert clean_qt.translate("QPlatformTheme", "Cancel") == word
    finally:
        for translator in installed:
            clean_qt.removeTranslator(translator)


def test_a_window_in_english_shows_no_chinese_of_its_own(
    english: None, play: Play
) -> None:
    sites = [
        Site(id="n1", name="North yard", region="North"),
        Site(id="s1", name="South yard", region="South"),
    ]

    def prepare(desk: DeskForTests) -> None:
        desk.directory = FakeDirectory(sites)
        desk.info = replace(desk.info, operator="Li Ming", workstation="Desk 3")
        desk.parts = [Health(name="麦克风", ok=True, detail="USB", key="microphone")]

    async def scene(stage: Stage) -> None:
        page = HelpPage(Look(), sites, "F8", stage.window)
        shown = {*_shown(stage.window), *_shown(page)}
        page.close()
        assert "Send" in shown
        assert "Hold to talk\nF8" in shown
        chinese = {text for text in shown if translate.CHINESE.search(text)}
        assert {text for text in chinese if not _may_be_said(text)} == set()

    play(scene, prepare=prepare)


def _may_be_said(text: str) -> bool:
    """Whether a text is a command, or quotes what may be said."""
    patterns = (
        "".join(
            re.escape(before) + (".+" if name is not None else "")
            for before, name, _, _ in string.Formatter().parse(said)
        )
        for said in translate.SPOKEN
    )
    text = re.sub("“[^“”]*”", "", text)
    return not translate.CHINESE.search(text) or any(
        re.fullmatch(pattern, text) for pattern in patterns
    )


def _shown(top: QWidget) -> Iterator[str]:
    for widget in (top, *top.findChildren(QWidget)):
        yield widget.windowTitle()
        yield widget.toolTip()
        yield widget.accessibleName()
        yield widget.accessibleDescription()
        if isinstance(widget, QLabel | QAbstractButton):
            yield widget.text()
        if isinstance(widget, QLineEdit):
            yield widget.placeholderText()
        if isinstance(widget, QTableView):
            yield from _titles(widget.model())


def _titles(model: QAbstractItemModel) -> Iterator[str]:
    for column in range(model.columnCount()):
        yield str(model.headerData(column, Qt.Orientation.Horizontal))
