"""Figures as plain data for JSON, and as Markdown tables for the model card."""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from app.tuning.measuring.scores import Figures, Line, Score, Weighted

if TYPE_CHECKING:
    from app.tuning.measuring.evaluate import EvalReport

Plain = dict[str, "Plain"] | list["Plain"] | str | int | float | bool | None


def plain(value: object) -> Plain:
    """Turn figures into plain data; shares carry their interval with them.

    Raises:
        TypeError: Something in it is no figure.
    """
    match value:
        case Score():
            return {"right": value.right, "total": value.total, **_share(value)}
        case Weighted():
            return {"draws": round(value.draws, 1), **_share(value)}
        case Enum():
            return str(value.value)
        case Path():
            return value.name
        case float():
            return round(value, 4)
        case None | str() | bool() | int():
            return value
        case tuple() | list():
            if value and all(isinstance(one, Line) for one in value):
                return {line.name: plain(line.score) for line in value}
            return [plain(one) for one in value]
    if is_dataclass(value):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    raise TypeError(f"no figure: {value!r}")


def _share(value: Score | Weighted) -> dict[str, Plain]:
    low, high = value.interval
    return {
        "share": round(value.share, 4),
        "low": round(low, 4),
        "high": round(high, 4),
    }


def kinds_table(report: "EvalReport", groups: Sequence[str] = ()) -> str:
    """Lay kinds beside groups, both ways of answering, as Markdown.

    `groups` are those to show; none shows all.
    """
    columns = [
        (f"{one.group}, {way}", one)
        for way, found in (("free", report.free), ("closed", report.closed))
        for one in found
        if not groups or one.group in groups
    ]
    names = list(dict.fromkeys(line.name for _, one in columns for line in one.kinds))
    rows = [[name, *(_cell(one.kinds, name) for _, one in columns)] for name in names]
    rows.append(["calls exact, every row counts the same"])
    rows[-1] += [str(one.all_calls) for _, one in columns]
    rows.append(["calls exact, kinds weighted as in training"])
    rows[-1] += [str(one.weighted_calls) for _, one in columns]
    # The closed language answers splittings only: with all kinds there is no figure.
    rows.append(["all kinds, weighted as in training"])
    rows[-1] += [
        str(one.weighted) if one.everything.total > one.all_calls.total else ""
        for _, one in columns
    ]
    return markdown(["kind", *(name for name, _ in columns)], rows)


def levels_table(report: "EvalReport") -> str:
    """Show exact calls by group, weighted and not, both ways, as Markdown."""
    rows = []
    for closed in report.closed:
        free = report.figures(closed.group, closed=False)
        rows.append(
            [
                closed.group,
                "–" if closed.cer is None else f"{closed.cer:.3f}",
                str(closed.all_calls),
                str(closed.weighted_calls),
                str(free.all_calls) if free else "–",
                str(free.weighted_calls) if free else "–",
            ]
        )
    head = [
        "calls exact",
        "CER as it came out",
        "closed, every row the same",
        "closed, weighted as in training",
        "free, every row the same",
        "free, weighted as in training",
    ]
    return markdown(head, rows)


def care_table(report: "EvalReport") -> str:
    """Show refusals, silent errors and needless questions by group, as Markdown."""
    rows = [
        [
            one.group,
            str(one.refused),
            str(one.wrongly_refused),
            str(one.acted_outside),
            str(one.silently_wrong),
            str(one.asked_instead),
        ]
        for one in report.closed
    ]
    head = [
        "closed language",
        "out of scope refused",
        "in scope refused",
        "out of scope acted on",
        "silently wrong",
        "asked instead of answered",
    ]
    return markdown(head, rows)


def verdicts_table(report: "EvalReport") -> str:
    """Show summaries by the verdict table, before and after the check."""
    if report.summaries is None:
        return ""
    found = report.summaries
    before = {line.name: str(line.score) for line in found.before}
    rows = [
        [line.name, before.get(line.name, "not asked"), str(line.score)]
        for line in found.after
    ]
    rows.append(["all", str(found.all_before), str(found.all_after)])
    return markdown(["verdict", "model says the same", "shown right"], rows)


def calls_table(groups: Sequence[Figures]) -> str:
    """Show exact calls by intent, check and number of calls, as Markdown."""
    names = list(
        dict.fromkeys(
            (what, line.name)
            for one in groups
            for what, lines in _parts(one)
            for line in lines
        )
    )
    rows = [
        [
            f"{what} {name}",
            *(_cell(dict(_parts(one))[what], name) for one in groups),
        ]
        for what, name in names
    ]
    return markdown(["", *(one.group for one in groups)], rows)


def _parts(one: Figures) -> tuple[tuple[str, tuple[Line, ...]], ...]:
    return ("intent", one.intents), ("check", one.checks), ("calls", one.calls)


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table; what cells hold can neither end a cell nor a line."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(_plain_cell(cell) for cell in line) + " |" for line in lines
    )


def _plain_cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _cell(lines: Sequence[Line], name: str) -> str:
    return next((str(line.score) for line in lines if line.name == name), "")
