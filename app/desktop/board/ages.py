"""How long ago something was answered, as a person says it."""

from datetime import datetime, timedelta
from typing import Final

from PySide6.QtCore import QCoreApplication

OLD: Final = timedelta(hours=1)
"""From this age on, an answer is faded: it no longer tells how it is there."""
_HOURS: Final = 12
"""Longer ago than this, what counts is which day it was."""
_DAYS: Final = 7


def _tr(text: str) -> str:
    return QCoreApplication.translate("board", text)


def age_text(then: datetime, now: datetime) -> str:
    """Give the age of an answer; its date where that says more."""
    age = now - then
    day, today = then.astimezone(), now.astimezone()
    if age < -timedelta(minutes=1):
        # A clock was put back. How long ago it was is not known then.
        return f"{day:%m-%d %H:%M}"
    if age < timedelta(minutes=1):
        return _tr("刚刚")
    if age < timedelta(hours=1):
        return _tr("{n}分钟前").format(n=age // timedelta(minutes=1))
    if age < timedelta(hours=_HOURS) or day.date() == today.date():
        return _tr("{n}小时前").format(n=age // timedelta(hours=1))
    days = (today.date() - day.date()).days
    if days == 1:
        return _tr("昨天")
    if days < _DAYS:
        return _tr("{n}天前").format(n=days)
    return f"{day:%m-%d}" if day.year == today.year else f"{day:%Y-%m-%d}"


def is_old(then: datetime, now: datetime) -> bool:
    """Say whether an answer is too old to be relied on."""
    return not -timedelta(minutes=1) <= now - then < OLD
