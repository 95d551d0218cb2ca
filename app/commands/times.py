"""Times as they are typed on the command line."""

from datetime import date, datetime

from app.core.errors import UsageError
from app.core.workdays import YEARS


def moment(words: str) -> datetime | None:
    """Read a time; None: nothing was typed.

    Raises:
        UsageError: It is none.
    """
    if not words:
        return None
    try:
        typed = _meant(datetime.fromisoformat(words))
    except ValueError as error:
        raise UsageError(
            f"时间“{words}”看不懂", "请写成 2026-11-21 或 2026-11-21T08:00。"
        ) from error
    # Without an offset the operator means the wall clock of this machine.
    return typed.astimezone()


def month(words: str) -> date:
    """Read a month as its first day.

    Raises:
        UsageError: It is none.
    """
    try:
        return _meant(datetime.strptime(words.strip(), "%Y-%m")).date()
    except ValueError as error:
        raise UsageError(f"月份“{words}”看不懂", "请写成 2026-11。") from error


def _meant(typed: datetime) -> datetime:
    if typed.year not in YEARS:
        raise ValueError(typed)
    return typed
