"""Everything that is written can be read: WCAG contrast, from the tokens themselves."""

import re
from collections.abc import Iterator

import pytest
from PySide6.QtGui import QColor

from app.core.model import Severity
from app.desktop.board.delegate import FADED
from app.desktop.look import DARK, LIGHT, Theme, blend, stylesheet

TEXT = 4.5
"""WCAG 2.2, 1.4.3 (AA)."""
SHAPE = 3.0
"""WCAG 2.2, 1.4.11: what one must see to use a control, or to know a state."""

themes = pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)


def luminance(colour: QColor) -> float:
    def linear(share: float) -> float:
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (
        linear(colour.redF()),
        linear(colour.greenF()),
        linear(colour.blueF()),
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    lights = sorted((luminance(QColor(first)), luminance(QColor(second))), reverse=True)
    return (lights[0] + 0.05) / (lights[1] + 0.05)


def grounds(theme: Theme) -> dict[str, str]:
    """Everything that text without a ground of its own may lie on."""
    found = {
        "ground": theme.ground,
        "surface": theme.surface,
        "raised": theme.raised,
        "field": theme.field,
        "accent_tint": blend(theme.accent, theme.surface, 0.18),
    }
    for severity in Severity:
        tint = blend(theme.of(severity).name(), theme.surface, 0.10)
        found[f"{severity} tint"] = tint
    return found


def rules(theme: Theme) -> dict[str, dict[str, str]]:
    """The style sheet: what each selector says."""
    found: dict[str, dict[str, str]] = {}
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", stylesheet(theme)):
        said = dict(
            (piece.strip() for piece in line.split(":", 1))
            for line in body.split(";")
            if ":" in line
        )
        for selector in selectors.split(","):
            found.setdefault(selector.strip(), {}).update(said)
    return found


def inherited(sheet: dict[str, dict[str, str]], selector: str, what: str) -> str:
    """What a selector says, or the next wider one: `A[b="c"]:d`, `A[b="c"]`, `A`."""
    while selector:
        if (said := sheet.get(selector, {}).get(what, "")) != "":
            return said
        shorter = re.sub(r"(:[\w-]+|\[[^\]]*\]|#\w+|::[\w-]+)$", "", selector)
        selector = "" if shorter == selector else shorter
    return ""


def pairs(theme: Theme) -> Iterator[tuple[str, str, str]]:
    """Yield (selector, ink, ground) of all text that the style sheet colours."""
    sheet = rules(theme)
    for selector, said in sheet.items():
        own = said.get("background", "")
        ink = inherited(sheet, selector, "color")
        if "color" not in said and (not own.startswith("#") or not ink):
            continue
        ground = inherited(sheet, selector, "background")
        if ground.startswith("#"):
            yield selector, ink, ground
        else:
            for ground in grounds(theme).values():
                yield selector, ink, ground
        picked = said.get("selection-background-color", "")
        if picked:
            yield f"{selector} (selected)", said["selection-color"], picked


@themes
def test_every_text_stands_out_from_its_ground(theme: Theme) -> None:
    checked = list(pairs(theme))
    assert len(checked) > 100
    weak = {
        f"{selector}: {ink} on {ground}": round(contrast(ink, ground), 2)
        for selector, ink, ground in checked
        if contrast(ink, ground) < TEXT
    }
    assert weak == {}
    assert "$" not in stylesheet(theme)


@themes
def test_plain_text_stands_out_even_more(theme: Theme) -> None:
    for ground in grounds(theme).values():
        assert contrast(theme.text, ground) >= 7


@themes
def test_what_is_painted_by_hand_stands_out(theme: Theme) -> None:
    for name, ground in grounds(theme).items():
        for severity in Severity:
            colour = theme.of(severity).name()
            assert contrast(colour, ground) >= TEXT, (severity, name)
        assert contrast(theme.accent, ground) >= SHAPE, name
    for severity in Severity:
        assert contrast(theme.on_severity, theme.of(severity).name()) >= TEXT


@themes
def test_what_is_faded_on_the_board_is_still_read(theme: Theme) -> None:
    inks = [theme.of(severity).name() for severity in Severity]
    for ink in (*inks, theme.muted):
        faded = blend(ink, theme.surface, FADED)
        assert contrast(faded, theme.surface) >= TEXT, ink


@themes
def test_the_focus_is_drawn_where_the_ground_is_the_accent_too(theme: Theme) -> None:
    """A border in the colour of the field, or of what is around it, is not seen."""
    sheet = rules(theme)
    focused = [selector for selector in sheet if selector.endswith(":focus")]
    assert {"QPushButton:focus", "QLineEdit:focus", "QTableView:focus"} <= set(focused)
    for selector in focused:
        drawn = (said for what, said in sheet[selector].items() if "border" in what)
        border = re.search(r"#\w{6}", " ".join(drawn))
        assert border is not None, selector
        unfocused = selector.removesuffix(":focus")
        assert border.group() not in inherited(sheet, unfocused, "border-color")
        assert border.group() != inherited(sheet, unfocused, "background")
        for colour in grounds(theme).values():
            assert contrast(border.group(), colour) >= SHAPE, selector
