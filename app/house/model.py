"""The desk's language model: one base, and beside it the adapters that are in use."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from app.core.adapters import SHIPPED, TASK_NAMES, Task
from app.core.errors import UserFacingError
from app.settings.declaration import AgentSettings

if TYPE_CHECKING:
    from app.agent.confidence import Calibration
    from app.agent.glm import LoadedGlm
    from app.agent.precision import Device, Quantisation, Way
    from app.modelstore.adapters import AdapterShelf

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterFault:
    """An adapter in use that could not be loaded, and what works in its place."""

    error: UserFacingError
    tasks: tuple[Task, ...]
    """What it was to do."""
    instead: str
    """What does that now, in Chinese."""

    @property
    def message(self) -> str:
        """Say all of it, in Chinese; the task where it was not for every one."""
        whose = "启用的"
        if len(self.tasks) < len(Task):
            whose = f"用于{'、'.join(TASK_NAMES[task] for task in self.tasks)}的"
        return f"{whose}适配器不能使用, {self.instead}: {self.error.message}"


@dataclass(slots=True)
class _Found:
    """What one loading came to, besides the model."""

    adapter: Path | None = None
    fault: AdapterFault | None = None


class DeskModel:
    """Reads the base once; another adapter then takes the place of a few tensors.

    For one thread at a time: the worker, or whatever loads the model in its place.
    """

    def __init__(
        self,
        wanted: AgentSettings,
        locate: Callable[[str], Path],
        shelf: Callable[[], "AdapterShelf"],
    ) -> None:
        """Take the settings, what finds a model, and what gives the adapters."""
        self._wanted = wanted
        self._locate = locate
        self._shelf = shelf
        self._base: LoadedGlm | None = None
        self._adapter: Path | None = None
        self._no_gpu = ""
        self._fallen: tuple[Way, ...] = ()
        self.fault: AdapterFault | None = None
        """What adapter in use could not be loaded, once that was tried."""

    @property
    def may_use_gpu(self) -> bool:
        """Whether the settings allow it."""
        return self._wanted.device != "cpu"

    def load(self) -> "LoadedGlm":
        """Load what is wanted, with the adapter of each task.

        Raises:
            UserFacingError: There is no model, or not even the shipped adapter fits.
        """
        from app.agent.watch import dismantle, free_memory, out_of_memory

        no_gpu = self._no_gpu
        while True:
            base, found = None, _Found()
            try:
                base = self._read_once()
                return self._all_beside(base, found)
            except Exception as error:
                # What the base alone has no memory for was tried every way there is.
                full = base is not None and out_of_memory(error)
                if base is None or not full or no_gpu != self._no_gpu:
                    raise
                log.warning("%s has no memory for its adapters", base.title)
            finally:
                # What comes late from a GPU that was given up changes nothing.
                if no_gpu == self._no_gpu:
                    self._adapter, self.fault = found.adapter, found.fault
            # Outside the handler: the error holds what was computed.
            self._base, self._fallen = None, base.ways
            dismantle(base.model)
            free_memory(base.device)

    def _all_beside(self, base: "LoadedGlm", found: _Found) -> "LoadedGlm":
        """Put the adapter of each task beside the base."""
        if self._wanted.adapter:
            found.adapter = self._locate(self._wanted.adapter)
            return self._beside(base, found.adapter)
        names = self._names(found)
        made: dict[str, LoadedGlm] = {}
        for name in dict.fromkeys(names.values()):
            tasks = tuple(task for task in names if names[task] == name)
            made[name], folder = self._with(base, name, tasks, found)
            if Task.UNDERSTANDING in tasks:
                found.adapter = folder
        first = made[names[Task.UNDERSTANDING]]
        others = ((task, made[name]) for task, name in names.items())
        return replace(first, others=tuple(o for o in others if o[1] is not first))

    def load_on_cpu(self, why: str) -> "LoadedGlm":
        """Load it all anew without the GPU, and never ask the GPU again.

        `why` says what became of it.

        Raises:
            UserFacingError: As for `load`.
        """
        # The processor begins with the best that it has.
        self._base, self._no_gpu, self._fallen = None, why, ()
        return self.load()

    def load_smaller(self, full: "LoadedGlm") -> "LoadedGlm":
        """Load it all anew the next way after one that has no memory to work.

        What is `full` must have been let go of.

        Raises:
            UserFacingError: As for `load`, or no way is left.
        """
        self._base, self._fallen = None, full.ways
        return self.load()

    def calibration(self) -> "Calibration | None":
        """Give what the adapter brings that understands commands."""
        from app.agent.calibration import read_calibration

        return read_calibration(self._adapter) if self._adapter is not None else None

    def release(self) -> None:
        """Let go of the weights."""
        self._base = None

    def _read_once(self) -> "LoadedGlm":
        from app.agent.glm import load_glm

        if self._base is not None:
            return self._base
        no_gpu = self._no_gpu
        base = load_glm(
            self._locate(self._wanted.model),
            None,
            device="cpu" if no_gpu else cast("Device", self._wanted.device),
            quantisation=cast("Quantisation", self._wanted.quantisation),
            fallen=self._fallen,
            beside=self._folders(),
        )
        if no_gpu:
            base = replace(base, not_gpu=no_gpu)
        # What comes late from a GPU that was given up is not kept.
        if no_gpu == self._no_gpu:
            self._base = base
        return base

    def _folders(self) -> list[Path]:
        """Give the adapters in use that are there; the others say so later."""
        try:
            if self._wanted.adapter:
                return [self._locate(self._wanted.adapter)]
            shelf = self._shelf()
            names = {*shelf.in_use().values(), SHIPPED}
            found = [shelf.folder(name) for name in sorted(names)]
        except UserFacingError:
            return []
        return [folder for folder in found if folder is not None]

    def _names(self, found: _Found) -> Mapping[Task, str]:
        try:
            return self._shelf().in_use()
        except UserFacingError as error:
            self._note(found, error, tuple(Task))
            return dict.fromkeys(Task, SHIPPED)

    def _with(
        self, base: "LoadedGlm", name: str, tasks: tuple[Task, ...], found: _Found
    ) -> "tuple[LoadedGlm, Path | None]":
        """Give the base with an adapter and its folder; the shipped one if need be."""
        from app.agent.watch import out_of_memory

        shelf = self._shelf()
        if name != SHIPPED:
            try:
                folder = shelf.folder(name)
                glm = self._beside(base, folder)
                return replace(glm, name=f"{base.name}+{name}"), folder
            except UserFacingError as error:
                if out_of_memory(error):
                    # No fault of the adapter's.
                    raise
                self._note(found, error, tasks)
        # One that does not load either says so itself.
        shipped = shelf.folder(SHIPPED)
        glm = self._beside(base, shipped)
        if found.fault is not None:
            instead = "已改用随程序附带的" if shipped else "已改用没有适配器的底座"
            found.fault = replace(found.fault, instead=instead)
        return glm, shipped

    @staticmethod
    def _note(found: _Found, error: UserFacingError, tasks: tuple[Task, ...]) -> None:
        """Keep the first fault; what is used in its place has still to be loaded."""
        log.info("an adapter in use cannot be used: %s", error)
        if found.fault is None:
            instead = "随程序附带的也没有载入"
            found.fault = AdapterFault(error=error, tasks=tasks, instead=instead)

    @staticmethod
    def _beside(base: "LoadedGlm", folder: Path | None) -> "LoadedGlm":
        from app.agent.glm import with_adapter

        return base if folder is None else with_adapter(base, folder)
