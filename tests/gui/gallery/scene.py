"""What a picture of the gallery is: a scene, played at a size, in a look."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from PySide6.QtWidgets import QWidget

from app.desktop.look import Look, ThemeName
from app.desktop.session import DeskSession
from app.desktop.window import DeskWindow
from tests.gui.support import DeskForTests


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A screen, and how the window looks on it."""

    name: str
    size: tuple[int, int]
    """Of the screen, in its own pixels."""
    scale: float = 1.0
    theme: ThemeName = ThemeName.DARK
    language: str = "zh"

    @property
    def logical(self) -> tuple[int, int]:
        """Size of the window that fills the screen, in the pixels Qt counts."""
        width, height = self.size
        return int(width / self.scale), int(height / self.scale)


SMALL: Final = Setting(name="1366x768", size=(1366, 768))
LIGHT: Final = Setting(name="light", size=(1920, 1080), theme=ThemeName.LIGHT)
SCALED: Final = Setting(name="150pc", size=(1366, 768), scale=1.5)
LARGE: Final = Setting(name="2560x1440", size=(2560, 1440))
HUGE: Final = Setting(name="4k-200pc", size=(3840, 2160), scale=2.0)
ENGLISH: Final = Setting(name="english", size=(1366, 768), language="en")
SETTINGS: Final = (SMALL, LIGHT, SCALED, LARGE, HUGE, ENGLISH)
USUAL: Final = (SMALL, LIGHT, SCALED, ENGLISH)
EVERY: Final = SETTINGS


@dataclass(slots=True, kw_only=True)
class Stage:
    """Everything of a scene while it is played."""

    desk: DeskForTests
    session: DeskSession
    window: DeskWindow
    look: Look
    folder: Path
    others: list[QWidget] = field(default_factory=list)
    """Windows that the scene opened by itself; closed after it."""


Act = Callable[[Stage], Awaitable[None]]
Prepare = Callable[[DeskForTests], None]


def nothing(_desk: DeskForTests) -> None:
    """Leave the desk as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One picture: what the desk knows, and what happens before it is taken."""

    name: str
    act: Act
    prepare: Prepare = nothing
    settings: tuple[Setting, ...] = USUAL
    records: int = 40
    """Entries that the journal has before."""
    alarms: int = 0
    """Alarms of the day before that nobody has acknowledged."""
    logged: bool = False
    """Whether what goes wrong in it is logged as an error."""
    rehearse: Callable[[Stage], None] | None = None
    """What is done to the window before it has its desk."""
    attached: bool = True
    """Whether the window has its desk, or still waits for it."""
