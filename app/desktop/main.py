"""Opens the window, keeps it running, and ends it in order."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication, QRect
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QWidget

from app.core.adapters import Adapters
from app.core.configuring import Configuration
from app.core.desk import Desk
from app.core.doctoring import Doctor
from app.core.errors import DisplayMissingError, UserFacingError
from app.core.model import Severity
from app.desktop.languages import Language, install_translators
from app.desktop.look import Look, ThemeName, chinese_family
from app.desktop.refusal import show_refusal
from app.desktop.session import DeskSession
from app.desktop.speaker import VoiceOptions
from app.desktop.voice import Voice
from app.desktop.window import DeskWindow
from app.system import paths

if TYPE_CHECKING:
    from app.desktop.crash import CrashTeller
    from app.desktop.settings.door import SettingsDoor

log = logging.getLogger(__name__)

MakeDesk = Callable[[], Awaitable[Desk]]

NO_FONT: Final = (
    "缺少中文字体 / No Chinese font",
    "GridDesk needs a Chinese font to show its messages. Install one, for example "
    "fonts-wqy-microhei (Debian, Ubuntu, Kylin, UOS), and start again.",
)
"""In English too: without such a font nobody can read the Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowOptions:
    """What the settings say about the window."""

    theme: ThemeName = ThemeName.DARK
    talk_key: str = "F8"
    """A key as Qt writes it, for example `F8` or `Insert`."""
    maximised: bool = False
    language: Language = Language.CHINESE
    """What the window speaks; the settings say `auto` where nobody chose."""
    favourites: tuple[str, ...] = ()
    """Ids of the sites that the operator keeps at hand."""
    filters: Mapping[str, str] = field(default_factory=dict)
    """Filters of the review that are kept, name → line."""
    guided: bool = False
    """Whether the first steps are shown."""
    voice: VoiceOptions = field(default_factory=VoiceOptions)


def run_window(
    make_desk: MakeDesk | Desk,
    options: WindowOptions | None = None,
    *,
    on_theme_chosen: Callable[[str], None] | None = None,
    on_muted: Callable[[bool], None] | None = None,
    on_favourites: Callable[[tuple[str, ...]], None] | None = None,
    on_guided: Callable[[], None] | None = None,
    on_filters: Callable[[Mapping[str, str]], None] | None = None,
    adapters: Adapters | None = None,
    doctor: Doctor | None = None,
    configuration: Configuration | None = None,
) -> int:
    """Show the window until it is closed; give the exit status.

    `make_desk` is awaited after the window is on the screen. `on_theme_chosen` gets
    the name of a theme that the operator chose, to be kept in the settings; `on_muted`
    whether he muted the voice; `on_favourites` the ids of the sites that he keeps at
    hand; `on_guided` is called when he needs the first steps no more; `on_filters`
    gets the filters of the review that are kept by name.
    `adapters` are those that the operator may choose between; `doctor` is who examines
    the desk and saves archives of a fault; `configuration` are its settings.

    Raises:
        DisplayMissingError: There is no screen to open a window on.
    """
    import qasync

    _require_display()
    app = _application()
    options = options or WindowOptions()
    translators = install_translators(app, options.language)
    look = Look(options.theme)
    look.apply()
    kept = _Kept(
        theme=on_theme_chosen,
        muted=on_muted,
        favourites=on_favourites,
        guided=on_guided,
        filters=on_filters,
    )
    try:
        status: int = qasync.run(
            _main(look, make_desk, options, kept, adapters, doctor, configuration)
        )
    finally:
        for translator in translators:
            app.removeTranslator(translator)
    return status


def run_refusal(error: UserFacingError, file: Path) -> None:
    """Show why the desk cannot be opened until the window is closed.

    Raises:
        DisplayMissingError: There is no screen to open a window on.
    """
    import qasync

    _require_display()
    app = _application()
    translators = install_translators(app)
    look = Look()
    look.apply()

    async def shown() -> None:
        ending = asyncio.Event()
        restore = _watch_signals(ending)
        reading = asyncio.ensure_future(show_refusal(look, error, file))
        stopped = asyncio.ensure_future(ending.wait())
        try:
            await asyncio.wait((reading, stopped), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (reading, stopped):
                task.cancel()
            await asyncio.wait((reading, stopped))
            restore()

    try:
        qasync.run(shown())
    finally:
        for translator in translators:
            app.removeTranslator(translator)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """Who keeps what the operator chooses."""

    theme: Callable[[str], None] | None
    muted: Callable[[bool], None] | None
    favourites: Callable[[tuple[str, ...]], None] | None
    guided: Callable[[], None] | None
    filters: Callable[[Mapping[str, str]], None] | None


async def _main(
    look: Look,
    make_desk: MakeDesk | Desk,
    options: WindowOptions,
    kept: _Kept,
    adapters: Adapters | None,
    doctor: Doctor | None,
    configuration: Configuration | None,
) -> int:
    window = DeskWindow(look, options.talk_key)
    window.offer(adapters)
    if kept.theme is not None:
        window.theme_chosen.connect(kept.theme)
    ending = asyncio.Event()
    window.close_wanted.connect(ending.set)
    asyncio.get_running_loop().set_exception_handler(_Reporter(window).report)
    restore = _watch_signals(ending)
    try:
        await _show(window, maximised=options.maximised)
        return await _serve(
            window, look, make_desk, options, kept, ending, doctor, configuration
        )
    finally:
        restore()
        window.finish()
        window.deleteLater()


async def _serve(
    window: DeskWindow,
    look: Look,
    make_desk: MakeDesk | Desk,
    options: WindowOptions,
    kept: _Kept,
    ending: asyncio.Event,
    doctor: Doctor | None,
    configuration: Configuration | None,
) -> int:
    """Bring up the desk, wait for the end, take the desk down."""
    if not chinese_family():
        log.error("no font with Chinese characters")
        window.veil.cover(*NO_FONT, alarm=True)
        await ending.wait()
        return 3
    try:
        desk = await make_desk() if callable(make_desk) else make_desk
    except UserFacingError as error:
        log.error("the desk could not be made: %s", error)
        window.veil.cover(error.message, error.remedy, alarm=True)
        await ending.wait()
        return error.exit_status
    except Exception as error:
        log.exception("the desk could not be made")
        window.show_start_failure(type(error).__name__)
        await ending.wait()
        return 1
    session = DeskSession(desk)
    voice = Voice(options.voice, desk.microphone)
    if kept.muted is not None:
        voice.muted_changed.connect(kept.muted)
    window.give_voice(voice)
    window.attach(session)
    aids = window.aids
    if kept.favourites is not None:
        aids.favourites_changed.connect(kept.favourites)
    if kept.guided is not None:
        aids.guide_ended.connect(kept.guided)
    if kept.filters is not None:
        window.review.filters_changed.connect(kept.filters)
    window.review.keep(options.filters)
    aids.begin(options.favourites, guided=options.guided)
    teller = _wire_doctor(window, look, session, doctor, options.talk_key)
    settings = _wire_settings(window, look, session, configuration, voice)
    session.begin()
    await ending.wait()
    for beside in (teller, settings):
        if beside is not None:
            beside.close()
    window.show_closing()
    voice.close()
    try:
        await session.close()
    except Exception:
        log.exception("closing failed")
        return 1
    return 0


def _wire_doctor(
    window: DeskWindow,
    look: Look,
    session: DeskSession,
    doctor: Doctor | None,
    talk_key: str,
) -> "CrashTeller | None":
    """Let the desk be examined, and a failure be told in a dialog."""
    if doctor is None:
        return None
    # What only a desk needs is imported when the window has been painted.
    from app.desktop.crash import CrashTeller
    from app.desktop.doctor import wire_doctor

    wire_doctor(window, look, session.reader, doctor, talk_key)
    return CrashTeller(look, session.reader, doctor, window)


def _wire_settings(
    window: DeskWindow,
    look: Look,
    session: DeskSession,
    configuration: Configuration | None,
    voice: Voice,
) -> "SettingsDoor | None":
    """Let the settings be looked at and changed."""
    if configuration is None:
        return None
    from app.desktop.settings.door import wire_settings

    return wire_settings(window, look, session, configuration, voice)


async def _show(window: DeskWindow, *, maximised: bool) -> None:
    """Show the window and wait until it is painted: the desk takes longer."""
    painted = asyncio.Event()
    window.first_painted.connect(painted.set)
    fit(window)
    window.showMaximized() if maximised else window.show()
    try:
        await asyncio.wait_for(painted.wait(), 2)
    except TimeoutError:
        log.warning("the window is not painted yet")
    else:
        log.info("the window is painted")


def fit(window: QWidget) -> None:
    """Make a window no larger than its screen: at 150 % a small one holds less."""
    room = window.screen().availableGeometry()
    if not room.contains(QRect(room.topLeft(), window.size())):
        window.resize(window.size().boundedTo(room.size()))
        window.move(room.topLeft())


class _Reporter:
    """Shows what nobody caught: a sentence, and the rest in the log."""

    def __init__(self, window: DeskWindow) -> None:
        self._window = window

    def report(
        self, _loop: asyncio.AbstractEventLoop, context: dict[str, object]
    ) -> None:
        """Log an error of the loop and tell the operator."""
        error = context.get("exception")
        log.error(
            "%s",
            context.get("message"),
            exc_info=error if isinstance(error, BaseException) else None,
        )
        self._window.notice(
            QCoreApplication.translate(
                "main",
                "程序内部故障（{name}）。可以继续使用；若再次出现，请把日志文件交给维护人员。",
            ).format(name=type(error).__name__),
            Severity.ATTENTION.value,
        )


def _watch_signals(ending: asyncio.Event) -> Callable[[], None]:
    """End in order on Ctrl+C and on the system's request; give the way back."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        ending.set()

    # The window's clock lets Python look at signals once a second.
    before = {
        number: signal.signal(number, stop)
        for number in (signal.SIGINT, signal.SIGTERM)
    }

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    return restore


def _require_display() -> None:
    """Say so when there is no screen; Qt itself would abort the process."""
    chosen = os.environ.get("QT_QPA_PLATFORM", "")
    screens = ("DISPLAY", "WAYLAND_DISPLAY")
    if sys.platform.startswith("linux") and not chosen:
        if not any(os.environ.get(name) for name in screens):
            raise DisplayMissingError("没有可用的显示器, 无法打开窗口")


def _application() -> QApplication:
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(["griddesk"])
    app.setApplicationName("GridDesk")
    app.setApplicationDisplayName("GridDesk")
    app.setDesktopFileName("griddesk")
    app.setQuitOnLastWindowClosed(False)
    app.setStyle("Fusion")
    icon = paths.resources() / "icons" / "griddesk.png"
    if icon.is_file():
        app.setWindowIcon(QIcon(str(icon)))
    return app
