"""Has the journal know what the desk itself deletes."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from app.core.entries import EventKind, happened
from app.core.people import Actor

if TYPE_CHECKING:
    from app.compose import House

_NOBODY: Final = "程序"
"""Who did what nobody asked for."""


def noted_in(house: "House") -> Callable[[datetime, int], None]:
    """Give what makes an entry of recordings that are deleted; off the event loop.

    It raises JournalError where that cannot be written.
    """

    def note(before: datetime, count: int) -> None:
        desk = house.settings.desk
        days = house.recordings.days
        event = happened(
            EventKind.RECORDINGS_EXPIRED,
            Actor(name=_NOBODY, workstation=desk.workstation),
            house.clock.now(),
            subject=before.isoformat(),
            detail=f"录音保留{days}天: 删除{before:%Y-%m-%d}之前的{count}个录音",
        )
        asyncio.run(house.journal.review.note(event))

    return note
