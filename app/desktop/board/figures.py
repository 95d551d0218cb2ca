"""The few characters that a finding has in a cell of the board."""

from PySide6.QtCore import QCoreApplication

from app.core.model import Check, Finding, Verdict
from app.desktop.words import severity_word


def _tr(text: str) -> str:
    return QCoreApplication.translate("board", text)


def counted_words(check: Check) -> str:
    """Say which counts stand on the two sides of the stroke."""
    return {
        Check.HEADCOUNT: _tr("实到/应到"),
        Check.HELMET: _tr("戴帽/实到"),
        Check.EQUIPMENT: _tr("携带/实到"),
    }[check]


def figures(finding: Finding) -> str:
    """Give the counts of a finding; words where it has none to show.

    Only counts of the observation: where one is missing, no number at all, for half
    an answer reads like an answer.
    """
    if finding.verdict is Verdict.DATA_MISSING:
        return _tr("数据缺失")
    if finding.verdict is Verdict.NO_ORDER_NOBODY:
        return _tr("无工单")
    if finding.verdict is Verdict.NOBODY_AT_WORK:
        return _tr("无人施工")
    seen = finding.observation
    part, whole = {
        Check.HEADCOUNT: (seen.actual, seen.expected),
        Check.HELMET: (seen.wearing, seen.actual),
        Check.EQUIPMENT: (seen.carrying, seen.actual),
    }[finding.call.check]
    if part is None or whole is None:
        return ""
    return f"{part}/{whole}"


def short(finding: Finding) -> str:
    """Give figures and word of a finding, the word once."""
    shown, word = figures(finding), severity_word(finding.severity)
    return word if shown in ("", word) else f"{shown} {word}"
