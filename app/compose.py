"""The composition root: settings → parts → desk.

The only module besides the command line that knows every adapter. Each part is made
when it is first asked for, so `griddesk log` never imports a model.
"""

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, cast

from app import __version__
from app.core.adapters import SHIPPED
from app.core.clock import SystemClock
from app.core.desk import DeskInfo
from app.core.errors import UserFacingError
from app.core.events import RunEvent
from app.core.pipeline import Pipeline
from app.core.ports import AudioSource, Backend, Health
from app.core.request import RunRequest
from app.settings.declaration import Settings
from app.settings.file import LoadedSettings, changed, load, save
from app.system import paths
from app.system.worker import InferenceWorker

if TYPE_CHECKING:
    from app.agent.desk_agent import DeskAgent
    from app.agent.glm import Device, LoadedGlm, Quantisation
    from app.hearing.microphone import SoundDeviceMicrophone
    from app.hearing.recognizer import VoskRecognizer
    from app.hearing.wav import FileSource
    from app.journal.store import SqliteJournal
    from app.modelstore.adapters import AdapterShelf
    from app.modelstore.store import Store
    from app.sites.directory import Directory

log = logging.getLogger(__name__)

PROGRAM: Final = f"griddesk {__version__}"
_BACKEND_PATIENCE_S: Final = 5.0
"""How long a backend may take to say how it is, or to close."""


class House:
    """Every part of the desk, made at its first use and closed in order."""

    _adapter_fault: UserFacingError | None = None
    """Why the active adapter could not be loaded, once that was tried."""

    def __enter__(self) -> Self:
        """Make nothing yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close what was made, the worker first: it may still use the others."""
        made = self.__dict__
        if "worker" in made:
            self.worker.close()
        if "journal" in made:
            self.journal.close()

    @cached_property
    def clock(self) -> SystemClock:
        """The machine's own clock."""
        return SystemClock()

    @cached_property
    def settings_path(self) -> Path:
        """The file that the installer edits."""
        return paths.home() / "settings.toml"

    @cached_property
    def loaded_settings(self) -> LoadedSettings:
        """The settings, and what is to be said about their file."""
        loaded = load(self.settings_path)
        for warning in loaded.warnings:
            log.warning("settings: %s", warning)
        return loaded

    @property
    def settings(self) -> Settings:
        """The settings alone."""
        return self.loaded_settings.settings

    @cached_property
    def worker(self) -> InferenceWorker:
        """The one thread that owns every model."""
        return InferenceWorker()

    @cached_property
    def store(self) -> "Store":
        """The models of this machine."""
        from app.modelstore.store import open_store

        return open_store()

    @cached_property
    def adapters(self) -> "AdapterShelf":
        """The adapters of this desk, for its language model."""
        from app.modelstore.adapters import AdapterShelf

        return AdapterShelf(
            paths.home() / "adapters",
            lambda: self.store.locate(self.settings.agent.model),
            override=self.settings.agent.adapter,
            on_chosen=self._reload_glm,
        )

    @property
    def sites_path(self) -> Path:
        """The desk's own directory; the demo province until one is imported."""
        return paths.home() / "sites.csv"

    @cached_property
    def directory(self) -> "Directory":
        """The sites of this desk."""
        from app.sites.files import load_directory

        own = self.sites_path
        demo = paths.resources() / "demo" / "sites.csv"
        return load_directory(own if own.exists() else demo)

    @cached_property
    def journal(self) -> "SqliteJournal":
        """The inspection log."""
        from app.journal.store import SqliteJournal

        folder = self.settings.journal.folder
        home = Path(folder).expanduser() if folder else paths.home()
        return SqliteJournal(home / "journal.sqlite", clock=self.clock)

    async def close_backend(self) -> None:
        """Give back the backend's connections, on the loop that used them."""
        if "backend" in self.__dict__:
            try:
                async with asyncio.timeout(_BACKEND_PATIENCE_S):
                    await self.backend.close()
            except TimeoutError:
                log.error("backend %s did not close in time", self.backend.name)

    @property
    def evidence_dir(self) -> Path:
        """Where pictures of inspections are kept."""
        return paths.home() / "evidence"

    @cached_property
    def recognizer(self) -> "VoskRecognizer":
        """What hears: free, and limited to the words of this desk."""
        from app.hearing.lexicon import load_lexicon
        from app.hearing.recognizer import VoskRecognizer

        name = self.settings.recogniser.model
        spoken = (
            name
            for site in self.directory.sites()
            for name in (site.name, *site.aliases)
        )
        return VoskRecognizer(
            self._model_folder(name),
            self.worker,
            load_lexicon(spoken, paths.resources() / "lexicon"),
        )

    def _model_folder(self, name: str) -> Path:
        """Give the model's folder, or where it should be: who loads it says why not."""
        try:
            return self.store.locate(name)
        except UserFacingError:
            return paths.model_folders()[-1] / name

    @cached_property
    def agent(self) -> "DeskAgent":
        """What understands: model and rules, or rules alone."""
        from app.agent.desk_agent import DeskAgent

        return DeskAgent(self.worker, self.directory, self._load_glm)

    def _load_glm(self) -> "LoadedGlm":
        """Load model and adapter; called on the worker."""
        from app.agent.glm import load_glm

        wanted = self.settings.agent
        base = self.store.locate(wanted.model)
        load = partial(
            load_glm,
            base,
            device=cast("Device", wanted.device),
            quantisation=cast("Quantisation", wanted.quantisation),
        )
        if wanted.adapter:
            return load(self.store.locate(wanted.adapter))
        try:
            name, adapter = self.adapters.active()
            if name == SHIPPED:
                return load(adapter)
            return replace(load(adapter), name=f"{base.name}+{name}")
        except UserFacingError as error:
            # A shipped adapter that does not load either says so itself.
            glm = load(self.adapters.shipped_folder())
            self._adapter_fault = error
            log.info("the active adapter cannot be used: %s", error)
            return glm

    def _reload_glm(self) -> None:
        if "agent" in self.__dict__:
            self._adapter_fault = None
            self.agent.reload(self._load_glm)

    @cached_property
    def microphone(self) -> "SoundDeviceMicrophone":
        """Where spoken commands come from."""
        from app.hearing.microphone import SoundDeviceMicrophone

        return SoundDeviceMicrophone(self.settings.microphone.device or None)

    def audio_file(self, path: Path) -> "FileSource":
        """Give a recording as audio."""
        from app.hearing.wav import FileSource

        return FileSource(path)

    @cached_property
    def backend(self) -> Backend:
        """The site system that answers."""
        from app.sites.backends.context import BackendContext
        from app.sites.backends.table import make_backend

        wanted = self.settings.backend
        context = BackendContext(
            evidence_dir=self.evidence_dir, clock=self.clock, options=wanted.options
        )
        return make_backend(wanted.name, context)

    @cached_property
    def pipeline(self) -> Pipeline:
        """The course of a run."""
        from app.sites.dispatcher import ConcurrentDispatcher

        limits, backend = self.settings.backend, self.backend
        return Pipeline(
            recognizer=self.recognizer,
            agent=self.agent,
            dispatcher=ConcurrentDispatcher(
                lambda site: backend,
                clock=self.clock,
                timeout_s=limits.timeout_s,
                max_concurrent=limits.max_concurrent,
                max_age_s=limits.max_age_s,
            ),
            journal=self.journal,
            clock=self.clock,
            program=PROGRAM,
        )

    @cached_property
    def desk(self) -> "HouseDesk":
        """The desk as screens see it."""
        return HouseDesk(self)

    async def health(self) -> Sequence[Health]:
        """Say how each part that works for a run is."""
        asked = (
            ("microphone", "麦克风", self.microphone.health),
            ("recognizer", "语音识别", self.recognizer.health),
            ("agent", "语言模型", self.agent.health),
            ("backend", f"现场系统 {self.backend.name}", self._backend_health),
            ("journal", "巡检日志", self.journal.health),
        )
        told = await asyncio.gather(*(ask() for _, _, ask in asked))
        parts = (
            replace(health, key=key, name=name)
            for (key, name, _), health in zip(asked, told, strict=True)
        )
        return (*self._own_health(), *parts)

    async def _backend_health(self) -> Health:
        """Ask the backend, which is not our code, and do not wait for ever."""
        try:
            async with asyncio.timeout(_BACKEND_PATIENCE_S):
                return await self.backend.health()
        except TimeoutError:
            return Health(
                name=self.backend.name,
                ok=False,
                detail=f"{_BACKEND_PATIENCE_S:.0f} 秒内没有答复自检",
                remedy="请检查网络, 或联系该系统的维护人员。",
            )

    def _own_health(self) -> Sequence[Health]:
        """Say what of the installer's choice is not followed; nothing when all is.

        A file that cannot be read leaves the defaults, the demo backend among them:
        an operator must see that before he trusts a number.
        """
        found: list[Health] = []
        if self.loaded_settings.warnings:
            detail = " ".join(self.loaded_settings.warnings)
            remedy = f"请检查 {self.settings_path}。"
            part = Health(name="设置文件", ok=False, detail=detail, remedy=remedy)
            found.append(replace(part, key="settings"))
        if (fault := self._adapter_fault) is not None:
            detail = f"启用的适配器不能使用, 已改用随程序附带的: {fault.message}"
            part = Health(name="适配器", ok=False, detail=detail, remedy=fault.remedy)
            found.append(replace(part, key="adapter"))
        return found

    def open_window(self) -> int:
        """Show the window until it is closed; give the exit status."""
        from app.desktop.look import ThemeName
        from app.desktop.main import WindowOptions, run_window

        wanted = self.settings.interface
        if wanted.scale != 1:
            # Qt reads it once, before the application is made.
            os.environ.setdefault("QT_SCALE_FACTOR", str(wanted.scale))
        options = WindowOptions(theme=ThemeName(wanted.theme), talk_key=wanted.hold_key)
        keep, adapters = self._keep_theme, self.adapters
        return run_window(
            self._make_desk, options, on_theme_chosen=keep, adapters=adapters
        )

    async def _make_desk(self) -> "HouseDesk":
        return self.desk

    def _keep_theme(self, theme: str) -> None:
        settings = changed(self.settings, "interface.theme", theme)
        try:
            save(self.settings_path, settings)
        except UserFacingError as error:
            log.warning("the theme could not be kept: %s", error)


class HouseDesk:
    """`core.desk.Desk` on the parts of a house."""

    def __init__(self, house: House) -> None:
        """Take the house whose parts are used."""
        self._house = house
        self.microphone = house.microphone
        self.directory = house.directory
        self.journal = house.journal

    @cached_property
    def info(self) -> DeskInfo:
        """Who sits where, and which files are written."""
        house = self._house
        return DeskInfo(
            operator=house.settings.desk.operator,
            workstation=house.settings.desk.workstation,
            program=PROGRAM,
            journal_path=house.journal.path,
            evidence_dir=house.evidence_dir,
            log_path=paths.home() / "logs" / "griddesk.log",
        )

    def request(
        self, *, audio: AudioSource | None = None, text: str | None = None
    ) -> RunRequest:
        """Make a request in the name of the operator at this desk."""
        return RunRequest(
            operator=self.info.operator,
            workstation=self.info.workstation,
            audio=audio,
            text=text,
        )

    def run(self, request: RunRequest) -> AsyncGenerator[RunEvent, None]:
        """Carry out one request; see `core.pipeline`."""
        return self._house.pipeline.run(request)

    async def warm_up(self) -> None:
        """Load recogniser and model on the worker; health tells what is missing."""
        await self._house.worker.run(self._house.directory.prepare)
        try:
            await self._house.recognizer.warm_up()
        except UserFacingError as error:
            log.info("no recogniser: %s", error)
        await self._house.agent.warm_up()
        log.info("ready to listen")

    async def health(self) -> Sequence[Health]:
        """Say how each part is."""
        return await self._house.health()

    async def close(self) -> None:
        """Wait for the worker, then give back files and connections."""
        await asyncio.to_thread(self._house.worker.close)
        await self._house.close_backend()
        await asyncio.to_thread(self.journal.close)
