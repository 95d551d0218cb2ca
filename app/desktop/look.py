"""The look of the desk: a table of tokens, and style sheet and palette from it."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from string import Template
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from app.core.model import Severity
from app.system import paths
from app.system.libraries import OWN_FONTS


class ThemeName(StrEnum):
    """The themes there are."""

    DARK = "dark"
    LIGHT = "light"


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """Colours of one theme.

    Plain text has a contrast of 7 or more on every ground, all other text 4.5.
    """

    name: ThemeName
    ground: str
    surface: str
    field: str
    raised: str
    line: str
    text: str
    muted: str
    accent: str
    on_accent: str
    normal: str
    attention: str
    alarm: str
    unknown: str
    on_severity: str
    """Ink on a field filled with a severity colour."""

    def of(self, severity: Severity) -> QColor:
        """Give the colour of a severity."""
        return QColor(
            {
                Severity.NORMAL: self.normal,
                Severity.ATTENTION: self.attention,
                Severity.ALARM: self.alarm,
                Severity.UNKNOWN: self.unknown,
            }[severity]
        )


DARK: Final = Theme(
    name=ThemeName.DARK,
    ground="#0b1119",
    surface="#131c28",
    field="#0b1119",
    raised="#1c2736",
    line="#33435a",
    text="#eef3f9",
    muted="#a9b8ca",
    accent="#5aa9ff",
    on_accent="#06121f",
    normal="#3ecf95",
    attention="#f5b93d",
    alarm="#ff7575",
    unknown="#c0a6ff",
    on_severity="#0b1119",
)
LIGHT: Final = Theme(
    name=ThemeName.LIGHT,
    ground="#e9eef4",
    surface="#ffffff",
    field="#ffffff",
    raised="#f3f6fa",
    line="#b9c5d3",
    text="#0f1826",
    muted="#3d4b5e",
    accent="#0a56bd",
    on_accent="#ffffff",
    normal="#07613b",
    attention="#774a00",
    alarm="#b01018",
    unknown="#5335a8",
    on_severity="#ffffff",
)
THEMES: Final = {theme.name: theme for theme in (DARK, LIGHT)}

CAPTION: Final = 13
BODY: Final = 15
LEAD: Final = 18
SENTENCE: Final = 28
"""Pixels: about 8 mm on a desk monitor, readable from two metres."""
FIGURE: Final = 40

_FAMILIES: Final = (
    "Microsoft YaHei UI",
    "Microsoft YaHei",
    "PingFang SC",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
)


def chinese_family() -> str:
    """Give the font family for Chinese: the system's, or one that came along.

    Empty when there is none at all.
    """
    chinese = QFontDatabase.WritingSystem.SimplifiedChinese
    there = QFontDatabase.families(chinese)
    if not there:
        for file in OWN_FONTS.glob("*.tt[cf]"):
            QFontDatabase.addApplicationFont(str(file))
        there = QFontDatabase.families(chinese)
    wanted = (family for family in _FAMILIES if family in there)
    return next(wanted, there[0] if there else "")


class Look(QObject):
    """The theme in use.

    Signals:
        changed: The theme is another; whoever paints by hand paints again.
    """

    changed = Signal()

    def __init__(self, theme: ThemeName = ThemeName.DARK) -> None:
        super().__init__()
        self._theme = THEMES[theme]

    @property
    def theme(self) -> Theme:
        """The tokens in use."""
        return self._theme

    def wear(self, theme: ThemeName) -> None:
        """Change the theme of the whole program."""
        self._theme = THEMES[theme]
        self.apply()
        self.changed.emit()

    def apply(self) -> None:
        """Give font, palette and style sheet to the application."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        font = QFont(chinese_family() or app.font().family())
        font.setPixelSize(BODY)
        app.setFont(font)
        app.setPalette(palette(self._theme))
        app.setStyleSheet(stylesheet(self._theme))


def palette(theme: Theme) -> QPalette:
    """Build the palette, for what the style sheet does not reach."""
    result = QPalette()
    roles = QPalette.ColorRole
    for role, colour in (
        (roles.Window, theme.ground),
        (roles.Base, theme.surface),
        (roles.AlternateBase, theme.raised),
        (roles.Button, theme.raised),
        (roles.ToolTipBase, theme.raised),
        (roles.WindowText, theme.text),
        (roles.Text, theme.text),
        (roles.ButtonText, theme.text),
        (roles.ToolTipText, theme.text),
        (roles.PlaceholderText, theme.muted),
        (roles.Highlight, theme.accent),
        (roles.HighlightedText, theme.on_accent),
    ):
        result.setColor(role, QColor(colour))
    return result


def blend(over: str, under: str, share: float) -> str:
    """Mix two colours; `share` of the first."""
    first, second = QColor(over), QColor(under)
    mixed = (
        round(share * a + (1 - share) * b)
        for a, b in (
            (first.red(), second.red()),
            (first.green(), second.green()),
            (first.blue(), second.blue()),
        )
    )
    return QColor(*mixed).name()


def stylesheet(theme: Theme) -> str:
    """Build the style sheet from the tokens."""
    tokens: dict[str, object] = asdict(theme)
    for severity in Severity:
        colour = theme.of(severity).name()
        tokens[f"{severity}_tint"] = blend(colour, theme.surface, 0.10)
    tokens |= {
        "caption": CAPTION,
        "body": BODY,
        "lead": LEAD,
        "sentence": SENTENCE,
        "figure": FIGURE,
        "accent_tint": blend(theme.accent, theme.surface, 0.18),
        "accent_down": blend(theme.accent, theme.text, 0.82),
        "icons": (paths.resources() / "icons").as_posix(),
    }
    return _SHEET.substitute(tokens)


_SHEET: Final = Template("""
* { font-size: ${body}px; outline: none; }
QMainWindow, QDialog, QWidget#page { background: $ground; color: $text; }
QLabel { color: $text; background: transparent; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="caption"] { color: $muted; font-size: ${caption}px; }
QLabel[role="lead"] { font-size: ${lead}px; font-weight: 600; }
QLabel[role="heard"] { font-size: ${lead}px; }
QLabel[role="title"] { font-size: 19px; font-weight: 700; }
QLabel[role="clock"] { font-size: 24px; font-weight: 600; }
QLabel[role="hero"] { font-size: 32px; font-weight: 700; }
QLabel[role="sentence"] { font-size: ${sentence}px; font-weight: 700; }
QLabel[role="row-sentence"] { font-size: 20px; font-weight: 600; }
QLabel[role="figure"] { font-size: ${figure}px; font-weight: 700; }
QLabel[role="partial"] { color: $muted; font-style: italic; }
QLabel[tone="normal"] { color: $normal; }
QLabel[tone="attention"] { color: $attention; }
QLabel[tone="alarm"] { color: $alarm; }
QLabel[tone="unknown"] { color: $unknown; }
QLabel[badge="normal"], QLabel[badge="attention"], QLabel[badge="alarm"],
QLabel[badge="unknown"] {
  color: $on_severity; font-size: ${lead}px; font-weight: 700;
  border-radius: 4px; padding: 2px 10px; }
QLabel[badge="normal"] { background: $normal; }
QLabel[badge="attention"] { background: $attention; }
QLabel[badge="alarm"] { background: $alarm; }
QLabel[badge="unknown"] { background: $unknown; }

QFrame#header, QFrame#bar, QFrame#strip { background: $surface; border: 0; }
QFrame#header { border-bottom: 1px solid $line; }
QFrame#bar { border-top: 1px solid $line; }
QFrame#strip { border-top: 1px solid $line; }
QFrame#card { background: $surface; border: 1px solid $line; border-radius: 10px; }
QFrame#card[running="true"] { border: 2px solid $accent; }
QFrame#finding { border: 0; border-left: 8px solid $line; }
QFrame#finding[severity="normal"] {
  border-left-color: $normal; background: $normal_tint; }
QFrame#finding[severity="attention"] {
  border-left-color: $attention; background: $attention_tint; }
QFrame#finding[severity="alarm"] {
  border-left-color: $alarm; background: $alarm_tint; }
QFrame#finding[severity="unknown"] {
  border-left: 8px dashed $unknown; background: $unknown_tint; }
QFrame#finding:focus { border-top: 2px solid $accent;
  border-right: 2px solid $accent; border-bottom: 2px solid $accent; }
QFrame#chip { background: $raised; border: 1px solid $line; border-radius: 11px; }
QFrame#popup { background: $raised; border: 1px solid $accent; border-radius: 8px; }
QFrame#reasons { background: $raised; border: 0; border-left: 3px solid $line; }
QFrame#veil { background: $ground; }

QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; border: 0; }
QScrollArea { border: 2px solid transparent; }
QScrollArea:focus { border-color: $accent; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle { background: $line; border-radius: 5px; margin: 1px; }
QScrollBar::handle:vertical { min-height: 40px; }
QScrollBar::handle:horizontal { min-width: 40px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QPushButton { background: $raised; color: $text; border: 1px solid $line;
  border-radius: 6px; padding: 6px 14px; }
QPushButton:hover { border-color: $accent; }
QPushButton:focus { border: 2px solid $accent; padding: 5px 13px; }
QPushButton:pressed, QPushButton:checked {
  background: $accent_tint; border-color: $accent; }
QPushButton:disabled { color: $muted; background: $surface; border-color: $line; }
QPushButton[kind="primary"] {
  background: $accent; color: $on_accent; border-color: $accent; font-weight: 600; }
QPushButton[kind="primary"]:focus { border: 3px solid $text; padding: 4px 12px; }
QPushButton[kind="primary"]:disabled {
  background: $raised; color: $muted; border-color: $line; }
QPushButton[kind="urgent"] { background: $on_severity; color: $alarm;
  border: 2px solid $on_severity; font-weight: 700; padding: 5px 13px; }
QPushButton[kind="urgent"]:hover { color: $text; }
QPushButton[kind="urgent"]:focus { border: 3px solid $text; padding: 4px 12px; }
QPushButton[kind="urgent"]:disabled { background: $alarm; color: $on_severity;
  border: 1px dashed $on_severity; font-weight: 400; padding: 6px 14px; }
QPushButton[kind="quiet"] { background: transparent; border-color: transparent;
  color: $muted; padding: 4px 8px; }
QPushButton[kind="quiet"]:hover { color: $text; border-color: $line; }
QPushButton[kind="quiet"]:focus { border: 2px solid $accent; padding: 3px 7px; }
QPushButton[kind="chip"] { border-radius: 11px; padding: 3px 10px;
  background: $accent_tint; font-size: ${caption}px; }
QPushButton[kind="chip"]:focus { border: 2px solid $accent; padding: 2px 9px; }
QPushButton[chosen="true"] { border-color: $accent; background: $accent_tint; }
QPushButton[kind="choice"] { border: 1px solid $accent; padding: 0; }
QPushButton[kind="choice"]:focus { border: 2px solid $accent; padding: 0; }
QPushButton[kind="choice"]:disabled { border: 1px dashed $line; }
QLabel[role="choice"] { font-size: 20px; font-weight: 600; }
QLabel[role="choice"]:disabled { color: $muted; font-weight: 400; }
QPushButton[kind="choice"]:hover { background: $accent_tint; }
QPushButton[kind="health"] { text-align: left; padding: 3px 10px 3px 6px;
  font-size: ${caption}px; background: transparent; border-color: transparent; }
QPushButton[kind="health"]:hover { border-color: $line; }
QPushButton[kind="health"]:focus {
  border: 2px solid $accent; padding: 2px 9px 2px 5px; }
QPushButton#talk { background: $accent; color: $on_accent; border: 2px solid $accent;
  border-radius: 10px; font-size: 22px; font-weight: 700; padding: 6px 18px; }
QPushButton#talk:hover { background: $accent_down; }
QPushButton#talk:focus { border: 3px solid $text; padding: 5px 17px; }
QPushButton#talk[state="opening"] { background: $accent_tint; color: $text; }
QPushButton#talk[state="listening"] {
  background: $alarm; color: $on_severity; border-color: $text; }
QPushButton#talk:disabled { background: $raised; color: $muted; border-color: $line; }

QLineEdit { background: $field; color: $text; border: 1px solid $line;
  border-radius: 6px; padding: 7px 10px; selection-background-color: $accent;
  selection-color: $on_accent; }
QLineEdit#command { font-size: ${lead}px; }
QLineEdit:focus { border: 2px solid $accent; padding: 6px 9px; }
QLineEdit:disabled { color: $muted; background: $surface; }

QComboBox, QAbstractSpinBox { background: $field; color: $text;
  border: 1px solid $line; border-radius: 6px; padding: 5px 0 5px 6px;
  selection-background-color: $accent; selection-color: $on_accent; }
QComboBox:focus, QAbstractSpinBox:focus {
  border: 2px solid $accent; padding: 4px 0 4px 5px; }
QComboBox::drop-down, QDateEdit::drop-down { border: 0; width: 18px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {
  border: 0; width: 22px; subcontrol-origin: padding; }
QAbstractSpinBox::up-button { subcontrol-position: top right; }
QAbstractSpinBox::down-button { subcontrol-position: bottom right; }
QAbstractSpinBox::up-arrow { image: url("$icons/up-$name.png");
  width: 10px; height: 10px; }
QComboBox::down-arrow, QDateEdit::down-arrow, QAbstractSpinBox::down-arrow {
  image: url("$icons/down-$name.png"); width: 10px; height: 10px; }
QComboBox:disabled, QAbstractSpinBox:disabled { color: $muted; background: $surface; }
QCheckBox { color: $text; spacing: 8px; padding: 3px; }
QCheckBox:focus { border: 2px solid $accent; border-radius: 4px; padding: 1px; }
QCheckBox:disabled { color: $muted; }
QCheckBox::indicator, QListView::indicator { width: 14px; height: 14px;
  background: $field; border: 2px solid $muted; border-radius: 4px; }
QCheckBox::indicator:checked, QListView::indicator:checked {
  background: $accent; color: $on_accent; border-color: $text;
  image: url("$icons/tick-$name.png"); }
QCheckBox::indicator:disabled { border-color: $line; }
QListWidget { background: $surface; color: $text; border: 1px solid $line;
  border-radius: 6px; padding: 4px; }
QListWidget:focus { border: 2px solid $accent; padding: 3px; }
QListWidget::item { padding: 8px 10px; border-radius: 4px; }
QListWidget::item:selected { background: $accent_tint; color: $text; }
QTableView { background: $surface; alternate-background-color: $raised; color: $text;
  border: 1px solid $line; border-radius: 6px; gridline-color: $line;
  selection-background-color: $accent_tint; selection-color: $text;
  font-size: 14px; }
QTableView:focus { border: 2px solid $accent; }
QTableView::item { padding: 2px 6px; border: 0; }
QTableView::item:selected { background: $accent_tint; color: $text; }
QHeaderView { background: $surface; border: 0; }
QHeaderView::section { background: $surface; color: $muted; border: 0;
  border-bottom: 1px solid $line; padding: 6px; font-size: ${caption}px; }
QTableCornerButton::section { background: $surface; border: 0; }
QSplitter::handle { background: $ground; }
QSplitter::handle:hover { background: $accent; }
QMenu { background: $raised; color: $text; border: 1px solid $accent; padding: 4px; }
QMenu::item { padding: 9px 24px; border: 2px solid transparent; }
QMenu::item:selected { background: $accent_tint; border-color: $accent; }
QMenu::item:disabled { color: $muted; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }
QToolTip { background: $raised; color: $text; border: 1px solid $line; padding: 4px; }
""")
