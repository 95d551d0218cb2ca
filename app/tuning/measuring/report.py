"""The sheet that decides: readers side by side, as JSON and as one page.

`evaluation.json` holds every figure, `evaluation.html` shows them; both say where the
figures come from. Neither needs anything outside itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.core.errors import UsageError
from app.system.files import write_json, write_text
from app.tuning.measuring.evaluate import NOISY, EvalReport
from app.tuning.measuring.questions import CLEAN, level_name
from app.tuning.measuring.report_text import Plain, markdown, plain
from app.tuning.measuring.runcard import RunCard
from app.tuning.measuring.scores import Score

SCHEMA: Final = 1
"""Version of the JSON's shape."""

JSON_NAME: Final = "evaluation.json"
HTML_NAME: Final = "evaluation.html"


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """Readers measured on the same questions, and how."""

    card: RunCard
    readers: tuple[EvalReport, ...]


@dataclass(frozen=True, kw_only=True)
class Headline:
    """The few figures of a reader that decide; None where a way does not exist."""

    name: str
    closed_clean: Score | None
    """Calls exact in the closed language, every row counting the same."""
    closed_noisy: Score | None
    free_clean: Score | None
    """Calls exact without a grammar."""
    free_noisy: Score | None
    refused: Score | None
    """Out of scope and declined, clean and noisy together, closed language."""
    wrongly_refused: Score | None
    silently_wrong: Score | None
    asked_instead: Score | None
    summaries_before: Score | None
    summaries_after: Score | None
    parameters: int
    bytes: int
    closed_ms: float | None
    free_ms: float | None


def headline(report: EvalReport) -> Headline:
    """Take the deciding figures from a report."""
    noisy = level_name(NOISY)

    def calls(group: str, *, closed: bool) -> Score | None:
        found = report.figures(group, closed=closed)
        return found.all_calls if found else None

    def both(name: str) -> Score | None:
        found = [report.figures(group, closed=True) for group in (CLEAN, noisy)]
        scores: list[Score] = [getattr(one, name) for one in found if one]
        if not scores:
            return None
        return Score(sum(one.right for one in scores), sum(one.total for one in scores))

    cost, summed = report.cost, report.summaries
    return Headline(
        name=report.name,
        closed_clean=calls(CLEAN, closed=True),
        closed_noisy=calls(noisy, closed=True),
        free_clean=calls(CLEAN, closed=False),
        free_noisy=calls(noisy, closed=False),
        refused=both("refused"),
        wrongly_refused=both("wrongly_refused"),
        silently_wrong=both("silently_wrong"),
        asked_instead=both("asked_instead"),
        summaries_before=summed.all_before if summed else None,
        summaries_after=summed.all_after if summed else None,
        parameters=cost.size.parameters if cost else 0,
        bytes=cost.size.bytes if cost else 0,
        closed_ms=cost.pace.closed_ms if cost else None,
        free_ms=cost.pace.free_ms if cost else None,
    )


def sheet_json(sheet: Sheet) -> dict[str, Plain]:
    """Return everything as plain data."""
    return {
        "schema": SCHEMA,
        "card": plain(sheet.card),
        "headlines": [plain(headline(one)) for one in sheet.readers],
        "readers": [one.as_json() for one in sheet.readers],
    }


def headline_table(sheet: Sheet) -> str:
    """Lay the readers of a sheet beside one another, as Markdown."""
    return headlines_table(sheet.readers)


def headlines_table(readers: Sequence[EvalReport]) -> str:
    """Lay readers beside one another, as Markdown."""
    heads = [headline(one) for one in readers]
    rows: list[tuple[str, Sequence[Score | float | None]]] = [
        ("closed language, clean", [one.closed_clean for one in heads]),
        ("closed language, 10 % CER", [one.closed_noisy for one in heads]),
        ("no grammar, clean", [one.free_clean for one in heads]),
        ("no grammar, 10 % CER", [one.free_noisy for one in heads]),
        ("out of scope refused", [one.refused for one in heads]),
        ("in scope refused", [one.wrongly_refused for one in heads]),
        ("silently wrong", [one.silently_wrong for one in heads]),
        ("asked instead of answered", [one.asked_instead for one in heads]),
        ("summaries, model", [one.summaries_before for one in heads]),
        ("summaries, shown", [one.summaries_after for one in heads]),
        ("ms an answer, closed", [one.closed_ms for one in heads]),
        ("ms an answer, no grammar", [one.free_ms for one in heads]),
    ]
    return markdown(
        ["calls exact", *(one.name for one in heads)],
        [[name, *map(_cell, cells)] for name, cells in rows],
    )


def _cell(value: Score | float | None) -> str:
    if value is None:
        return "–"
    return str(value) if isinstance(value, Score) else f"{value:.0f}"


def write_sheet(sheet: Sheet, folder: Path) -> tuple[Path, Path]:
    """Write JSON and page; returns both paths.

    Raises:
        UsageError: The folder cannot be written to.
    """
    from app.tuning.measuring.report_html import page

    data, html = folder / JSON_NAME, folder / HTML_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_json(data, sheet_json(sheet))
        write_text(html, page(sheet))
    except OSError as error:
        raise UsageError(
            f"评测报告无法写入 {folder.name} ({error.strerror or error})",
            "请检查磁盘空间和文件夹权限后重试。",
        ) from error
    return data, html
