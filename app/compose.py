"""The composition root: settings → parts → desk.

The only module besides the command line that knows every adapter. Each part is made
when it is first asked for, so `griddesk log` never imports a model.
"""

import logging
from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from app.core.clock import SystemClock
from app.core.confirming import Confirm
from app.core.errors import SettingsError
from app.core.pipeline import Pipeline
from app.core.ports import Backend, Health
from app.core.recording import Keep
from app.house import health
from app.house.adapters import GuardedAdapters
from app.house.configuring import configuration_of
from app.house.desk import PROGRAM, HouseDesk, make_desk
from app.house.doctor import HouseDoctor
from app.house.ears import make_alarm_sound, make_microphone, make_recognizer
from app.house.model import DeskModel
from app.house.presence import HousePresence, Seat, make_presence
from app.house.settings import SettingsKeeper, keeper_of
from app.house.window import open_window
from app.settings.declaration import Settings
from app.settings.file import LoadedSettings, load
from app.system import paths
from app.system.worker import InferenceWorker

if TYPE_CHECKING:
    from app.agent.desk_agent import DeskAgent
    from app.agent.glm import LoadedGlm
    from app.agent.libraries import ModelLibraries
    from app.hearing.alarm_tone import AlarmTone
    from app.hearing.microphone import SoundDeviceMicrophone
    from app.hearing.recognizer import VoskRecognizer
    from app.hearing.sherpa import SherpaRecognizer
    from app.hearing.wav import FileSource
    from app.journal.recordings import KeptRecordings
    from app.journal.store import SqliteJournal
    from app.modelstore.adapters import AdapterShelf
    from app.modelstore.store import Store
    from app.reports.service import JournalReports
    from app.sites.asking_thread import AskingThread
    from app.sites.backends.table import Systems
    from app.sites.directory import Directory
    from app.sites.routing import Router
    from app.sites.secrets import KeyringSecrets

log = logging.getLogger(__name__)


class House:
    """Every part of the desk, made at its first use and closed in order."""

    warming = False
    """Whether the desk loads its models now; who asked it to asks again after that."""

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
        self.release_model()
        for part in ("worker", "libraries", "asking_thread", "presence", "journal"):
            if part in self.__dict__:
                getattr(self, part).close()

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
    def keeper(self) -> SettingsKeeper:
        """What changes settings, and enters every change in the log."""
        return keeper_of(self)

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
            on_chosen=self._reload_model,
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

    @cached_property
    def reports(self) -> "JournalReports":
        """What writes exports and reports."""
        from app.reports.service import JournalReports

        return JournalReports(
            self.journal,
            self.journal.review,
            evidence_dir=self.evidence_dir,
            program=PROGRAM,
            clock=self.clock,
        )

    @property
    def people_path(self) -> Path:
        """The accounts of this desk."""
        return paths.home() / "people.sqlite"

    @cached_property
    def presence(self) -> HousePresence:
        """Who is at the desk now."""
        wanted = self.settings
        seat = Seat(
            operator=wanted.desk.operator,
            workstation=wanted.desk.workstation,
            lock_after_s=60.0 * wanted.people.lock_after_min,
        )
        return make_presence(
            self.people_path, seat, lambda: self.journal.review, self.clock
        )

    @cached_property
    def recordings(self) -> "KeptRecordings":
        """The kept audio of commands, beside the journal."""
        from app.house.expiring import noted_in
        from app.journal.recordings import KeptRecordings, folder_of

        wanted = self.settings.recordings
        return KeptRecordings(
            folder_of(self.journal.path),
            keep=Keep(wanted.keep),
            days=wanted.days,
            clock=self.clock,
            expiring=noted_in(self),
        )

    async def close_backend(self) -> None:
        """Give back the connections of every system, on the loop that used them."""
        if "router" in self.__dict__:
            from app.sites.upkeep import close_all

            await self.asking_thread.finish(lambda: close_all(self.router.made()))

    @cached_property
    def asking_thread(self) -> "AskingThread":
        """The one thread that asks the systems."""
        from app.sites.asking_thread import AskingThread

        return AskingThread()

    @property
    def evidence_dir(self) -> Path:
        """Where pictures of inspections are kept."""
        return paths.home() / "evidence"

    @cached_property
    def recognizer(self) -> "VoskRecognizer | SherpaRecognizer":
        """What hears."""
        sites = self.directory.sites()
        spoken = (name for site in sites for name in (site.name, *site.aliases))
        return make_recognizer(
            self.settings.recogniser.model, self.store, self.worker, spoken
        )

    @cached_property
    def agent(self) -> "DeskAgent":
        """What understands: model and rules, or rules alone."""
        from app.agent.desk_agent import DeskAgent

        model = self.model
        return DeskAgent(
            self.worker,
            self.directory,
            self._load_model,
            load_on_cpu=model.load_on_cpu if model.may_use_gpu else None,
            load_smaller=model.load_smaller,
            calibration=model.calibration,
            release=model.release,
        )

    @cached_property
    def libraries(self) -> "ModelLibraries":
        """What the language model is loaded with."""
        from app.agent.libraries import ModelLibraries

        return ModelLibraries()

    @cached_property
    def model(self) -> DeskModel:
        """The language model with its adapters; it is loaded by the agent."""
        return DeskModel(self.settings.agent, self.store.locate, lambda: self.adapters)

    def _load_model(self) -> "LoadedGlm":
        self.libraries.wait()
        return self.model.load()

    def _reload_model(self) -> None:
        if "agent" in self.__dict__:
            self.agent.reload(self._load_model)

    def release_model(self) -> None:
        """Have the worker give back the model's memory after what is queued."""
        if "agent" in self.__dict__:
            self.agent.release()

    @cached_property
    def microphone(self) -> "SoundDeviceMicrophone":
        """Where spoken commands come from."""
        remember = partial(self.keeper.keep, "microphone.device")
        return make_microphone(self.settings.microphone, remember)

    @cached_property
    def alarm_sound(self) -> "AlarmTone | None":
        """What is heard until an alarm is acknowledged; None: nothing is wanted."""
        return make_alarm_sound(self.settings.alarm)

    def audio_file(self, path: Path) -> "FileSource":
        """Give a recording as audio."""
        from app.hearing.wav import FileSource

        return FileSource(path)

    @cached_property
    def secrets(self) -> "KeyringSecrets":
        """What the site systems are asked with."""
        from app.sites.secrets import KeyringSecrets

        return KeyringSecrets()

    @cached_property
    def systems(self) -> "Systems":
        """The site systems that can be made here."""
        from app.sites.backends.table import Systems

        return Systems(
            folder=paths.home() / "systems",
            evidence_dir=self.evidence_dir,
            clock=self.clock,
            secret=self.secrets.get,
        )

    @cached_property
    def router(self) -> "Router":
        """Which system answers which question about which site."""
        from app.sites.routing import Router

        wanted = self.settings.backend
        router = Router(
            wanted.routes,
            default=wanted.name,
            known=self.systems.names(),
            make=self._make_system,
        )
        router.check(self.directory.sites())
        return router

    def _make_system(self, name: str) -> Backend:
        if self.loaded_settings.broken:
            # The default is a demonstration, and its numbers look like the sites' own.
            raise SettingsError(
                "设置文件已损坏, 不知道应当查询哪个系统",
                f"请改正 {self.settings_path} 后重新启动。",
            )
        return self.systems.make(name)

    @cached_property
    def pipeline(self) -> Pipeline:
        """The course of a run."""
        from app.sites.asking_thread import DispatcherBeside
        from app.sites.dispatcher import ConcurrentDispatcher

        limits = self.settings.backend
        asking = ConcurrentDispatcher(
            self.router.backend_for,
            clock=self.clock,
            timeout_s=limits.timeout_s,
            max_concurrent=limits.max_concurrent,
            max_age_s=limits.max_age_s,
        )
        return Pipeline(
            recognizer=self.recognizer,
            agent=self.agent,
            dispatcher=DispatcherBeside(asking, self.asking_thread),
            journal=self.journal,
            clock=self.clock,
            program=PROGRAM,
            recordings=self.recordings,
            confirm=Confirm(self.settings.recogniser.confirm),
        )

    @cached_property
    def desk(self) -> HouseDesk:
        """The desk as screens see it."""
        return HouseDesk(self)

    async def health(self) -> Sequence[Health]:
        """Say how each part that works for a run is."""
        return await health.of_house(self)

    def open_window(self) -> int:
        """Show the window until it is closed; give the exit status."""
        return open_window(
            self.settings,
            self.keeper.keep,
            partial(make_desk, self),
            GuardedAdapters(self.adapters, self.presence.acting),
            HouseDoctor(self),
            configuration_of(self),
        )
