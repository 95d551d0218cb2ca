"""Which language the window speaks: Chinese as it is written, or English."""

from enum import StrEnum
from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from app.system import paths


class Language(StrEnum):
    """What the settings may ask for."""

    AUTO = "auto"
    """As the operating system."""
    CHINESE = "zh_CN"
    ENGLISH = "en"


_CHINESE: Final = (QLocale.Language.Chinese, QLocale.Language.C)
"""Of these systems the window is Chinese; C says nothing about who sits there."""


def spoken(wanted: Language, system: QLocale | None = None) -> Language:
    """Give the language of the window, Chinese or English."""
    if wanted is not Language.AUTO:
        return wanted
    language = (system or QLocale.system()).language()
    return Language.CHINESE if language in _CHINESE else Language.ENGLISH


def install_translators(
    app: QCoreApplication, wanted: Language = Language.AUTO
) -> list[QTranslator]:
    """Translate the window, and Qt's own buttons with it; give what was installed."""
    qt = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))
    # Qt's own texts are English, as ours are Chinese.
    path = {
        Language.CHINESE: qt / "qtbase_zh_CN.qm",
        Language.ENGLISH: paths.resources() / "i18n" / "griddesk_en.qm",
    }[spoken(wanted)]
    translator = QTranslator(app)
    if not path.is_file() or not translator.load(str(path)):
        return []
    app.installTranslator(translator)
    return [translator]
