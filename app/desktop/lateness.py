"""How late the window serves a timer of its own while the desk works.

The timer stands for a key, a click, a frame: what it waits, they wait.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import qasync
from PySide6.QtCore import QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QApplication

from app.core.desk import Desk
from app.core.model import Call
from app.core.ports import AudioSource
from app.desktop.look import Look
from app.desktop.session import DeskSession
from app.desktop.window import DeskWindow

TICK_MS: Final = 16
SETTLE_S: Final = 0.5
"""How long a window is let be at first, and watched after the end of each work."""
_PERCENT: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Lateness:
    """Of the window's timer, in milliseconds."""

    p50: float
    p99: float
    worst: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What the desk is given to do, one after the other."""

    sentences: Sequence[str]
    """To be understood."""
    recordings: Sequence[Callable[[], AudioSource]]
    """To be heard."""
    sweep: Sequence[Call]
    board: Sequence[Call]
    """A sweep over every site of a board."""


class TimerWatch(QObject):
    """Measures how late a timer of the window is served, until `stop`."""

    def __init__(self) -> None:
        super().__init__()
        self._late: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(TICK_MS)

    def stop(self) -> Lateness:
        """Stop, and give what was measured."""
        self._timer.stop()
        self._tick()
        late = sorted(self._late)
        return Lateness(
            p50=round(late[len(late) // 2], 1),
            p99=round(late[len(late) * 99 // _PERCENT], 1),
            worst=round(late[-1], 1),
        )

    @Slot()
    def _tick(self) -> None:
        now = time.perf_counter()
        self._late.append(max(0.0, (now - self._last) * 1000 - TICK_MS))
        self._last = now


_Work: TypeAlias = Callable[[DeskWindow, DeskSession], Awaitable[bool]]
"""Does something; whether there was anything to do."""


def window_lateness(desk: Desk, load: Load) -> Mapping[str, Lateness | None]:
    """Open a window on the desk, let it work, close both; None: could not be done.

    The desk is warm already; nothing listens to a microphone.
    """
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(["griddesk"])
    app.setStyle("Fusion")
    app.setQuitOnLastWindowClosed(False)
    works: dict[str, _Work] = {
        "understanding": lambda _, session: _understood(session, load.sentences),
        "recognition": lambda _, session: _heard(session, load.recordings),
        "sweep": lambda _, session: _swept(session, load.sweep),
        "board": lambda window, session: _board_swept(window, session, load.board),
    }
    found: Mapping[str, Lateness | None] = qasync.run(_measured(desk, works))
    return found


async def _measured(
    desk: Desk, works: Mapping[str, _Work]
) -> Mapping[str, Lateness | None]:
    look = Look()
    look.apply()
    window = DeskWindow(look)
    window.show()
    session = DeskSession(desk)
    window.attach(session)
    found: dict[str, Lateness | None] = {}
    try:
        for name, work in works.items():
            await asyncio.sleep(SETTLE_S)
            watch = TimerWatch()
            done = await work(window, session)
            await asyncio.sleep(SETTLE_S)
            late = watch.stop()
            found[name] = late if done else None
    finally:
        window.show_closing()
        await session.close()
        window.finish()
        window.deleteLater()
    return found


async def _understood(session: DeskSession, sentences: Sequence[str]) -> bool:
    for sentence in sentences:
        session.submit_text(sentence)
        await _idle(session)
    return bool(sentences)


async def _heard(
    session: DeskSession, recordings: Sequence[Callable[[], AudioSource]]
) -> bool:
    heard: list[str] = []

    def note(event: object) -> None:
        heard.append(str(event))

    session.bridge.heard.connect(note)
    try:
        for recording in recordings:
            session.bridge.start(session.desk.request(audio=recording()))
            await _idle(session)
    finally:
        session.bridge.heard.disconnect(note)
    return bool(heard)


async def _swept(session: DeskSession, calls: Sequence[Call]) -> bool:
    asked = session.ask(calls, f"{len(calls)}个工地")
    await _idle(session)
    return bool(asked)


async def _board_swept(
    window: DeskWindow, session: DeskSession, calls: Sequence[Call]
) -> bool:
    if window.board is None:
        return False
    window.board.model.set_sites([call.site for call in calls])
    window.side.open(wanted=True)
    return await _swept(session, calls)


async def _idle(session: DeskSession) -> None:
    """Wait until no run goes on."""
    over = asyncio.Event()

    def ended(busy: bool) -> None:
        if not busy:
            over.set()

    session.bridge.busy_changed.connect(ended)
    try:
        if session.bridge.running:
            await over.wait()
    finally:
        session.bridge.busy_changed.disconnect(ended)
