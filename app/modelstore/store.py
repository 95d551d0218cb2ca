"""The model store: list, locate, verify, fetch and import models of the catalogue."""

import difflib
import logging
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from app.core.cancel import CancelToken
from app.core.errors import (
    MissingError,
    ModelCorruptError,
    ModelMissingError,
    UsageError,
)
from app.modelstore.bundles import UNREADABLE, Bundle, find_model, open_bundle
from app.modelstore.catalogue import Artefact, Catalogue, Kind, load_catalogue
from app.modelstore.fetching import fetch_first
from app.modelstore.files import WrongBytesError, sha256_of
from app.modelstore.install import clean, install, put_in_place, quick_fault
from app.modelstore.locking import BusyError, exclusive
from app.modelstore.own import own_models
from app.modelstore.progress import Listener, Progress, Step, ignore
from app.modelstore.troubles import megabytes, remedy, unwritable
from app.system import paths

log = logging.getLogger(__name__)

WORK_FOLDER: Final = ".fetch"
"""Beside the models: what is not complete yet. Never searched."""
_SPARE: Final = 50_000_000
"""Bytes that a fetch leaves free on the disk."""


class State(StrEnum):
    """Whether a model can be used."""

    READY = "ready"
    MISSING = "missing"
    CORRUPT = "corrupt"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStatus:
    """A model of the catalogue, and whether it is on this machine."""

    artefact: Artefact
    state: State
    folder: Path | None = None
    """Where it lies, when it is ready."""
    detail: str = ""
    """What is wrong and what to do, when it is not."""


class Store:
    """Models on this machine.

    Methods block: call them from a worker, not from the event loop.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        folders: Sequence[Path],
        *,
        targets: Sequence[Path] | None = None,
        free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
    ) -> None:
        """Search `folders` in order; write to the first writable of `targets`."""
        self._listed: Final = catalogue
        self.folders: Final = tuple(folders)
        self._targets = self.folders if targets is None else tuple(targets)
        self._free_bytes = free_bytes

    @property
    def catalogue(self) -> Catalogue:
        """The program's models, and those that were imported on this machine."""
        listed = self._listed.artefacts
        return Catalogue(artefacts=(*listed, *own_models(self.folders, listed)))

    def artefact(self, name: str) -> Artefact:
        """Give the catalogue's entry.

        Raises:
            UsageError: There is none; the remedy suggests the nearest name.
        """
        names = [artefact.name for artefact in self.catalogue.artefacts]
        if name in names:
            return self.catalogue.artefacts[names.index(name)]
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"是否要找 {near[0]}?" if near else f"可用的模型: {', '.join(names)}。"
        raise UsageError(f"模型目录中没有 {name}", hint)

    def list(self) -> tuple[ModelStatus, ...]:
        """Give every model of the catalogue with its state."""
        return tuple(self._status(each) for each in self.catalogue.artefacts)

    def locate(self, name: str) -> Path:
        """Give the folder of a model whose files are all there with the right sizes.

        Raises:
            ModelMissingError, ModelCorruptError, UsageError.
        """
        artefact = self.artefact(name)
        faults = []
        for place in self._places(artefact):
            fault = quick_fault(artefact, place)
            if not fault:
                return place
            faults.append(f"{place}: {fault}")
        if faults:
            raise ModelCorruptError(
                f"模型 {name} 不完整 ({'; '.join(faults)})",
                remedy(artefact, "重新取得"),
            )
        raise ModelMissingError(
            f"本机没有模型 {name} ({artefact.title})", remedy(artefact, "取得")
        )

    def verify(
        self,
        name: str,
        progress: Listener = ignore,
        cancel: CancelToken | None = None,
    ) -> Path:
        """Hash every file of a model; give its folder when all are right.

        Raises:
            ModelMissingError, ModelCorruptError, UsageError, Cancelled.
        """
        cancel = cancel or CancelToken()
        artefact, place = self.artefact(name), self.locate(name)
        files = artefact.files_in(place)
        total = sum((place / file.path).stat().st_size for file in files)
        done = 0

        def on_bytes(count: int) -> None:
            nonlocal done
            done += count
            progress(Progress(step=Step.VERIFYING, done=done, total=total))

        wrong = []
        for file in files:
            try:
                digest = sha256_of(place / file.path, cancel=cancel, on_bytes=on_bytes)
            except OSError as error:
                wrong.append(f"{file.path} 无法读取 ({error.strerror})")
                continue
            if digest != file.sha256:
                wrong.append(f"{file.path} 的 SHA-256 不符")
        if wrong:
            raise ModelCorruptError(
                f"模型 {name} 已损坏: {', '.join(wrong)}", remedy(artefact, "重新取得")
            )
        return place

    def fetch(
        self,
        name: str,
        progress: Listener = ignore,
        cancel: CancelToken | None = None,
    ) -> Path:
        """Bring a model to this machine; give its folder.

        A model whose files all verify is left alone and nothing is asked of any
        network. Otherwise the sources are tried in the catalogue's order.

        Raises:
            ModelMissingError: No source worked; the sentence says why, one by one.
            MissingError: No space, nowhere to write, or another process is at it.
            UsageError: No such model.
            Cancelled: The token was set. What has come is kept for the next time.
        """
        cancel = cancel or CancelToken()
        artefact = self.artefact(name)
        place = self._sound(artefact, cancel)
        if place is not None:
            return place
        if not artefact.sources:
            raise ModelMissingError(
                f"模型 {name} 没有下载来源", remedy(artefact, "恢复")
            )
        folder = self._writable(artefact)
        self._check_space(folder, artefact, max(s.size for s in artefact.sources))
        hosts = self.catalogue.hosts
        try:
            with _alone(folder, artefact) as work:
                place = fetch_first(artefact, folder, work, hosts, progress, cancel)
        except OSError as error:
            raise unwritable(folder, error) from error
        return self._reachable(artefact, place)

    def import_path(
        self,
        path: Path,
        progress: Listener = ignore,
        cancel: CancelToken | None = None,
    ) -> ModelStatus:
        """Take a model from a folder or an archive (zip, whl, tar) on this machine.

        Raises:
            UsageError: Nothing of the catalogue is in there.
            ModelCorruptError: It is, but with other bytes; nothing was imported.
            Cancelled: The token was set.
        """
        cancel = cancel or CancelToken()
        try:
            bundle = open_bundle(path)
        except UNREADABLE as error:
            raise UsageError(
                f"{path} 不能作为模型导入 ({error})",
                "请给出模型的文件夹, 或完整的 zip、whl、tar 文件。",
            ) from error
        try:
            for artefact in self.catalogue.artefacts:
                prefix = find_model(bundle, artefact)
                if prefix is None:
                    continue
                if self._sound(artefact, cancel) is None:
                    self._import(bundle, prefix, artefact, path, progress, cancel)
                return self._status(artefact)
        finally:
            bundle.close()
        known = ", ".join(each.name for each in self.catalogue.artefacts if each.files)
        raise UsageError(
            f"{path} 里没有模型目录中的模型, 或文件不完整", f"可以导入: {known}。"
        )

    def make(self, name: str, write: Callable[[Path], None]) -> ModelStatus:
        """Put a model in place that `write` makes in an empty folder.

        It is there as a whole or not at all; one of the same name is replaced.

        Raises:
            UsageError: The catalogue has a model of that name.
            MissingError: No space, nowhere to write, or another process is at it.
            And what `write` raises.
        """
        if any(artefact.name == name for artefact in self._listed.artefacts):
            raise UsageError(
                f"{name} 是程序模型目录里的名称", "请用 --name 换一个名称。"
            )
        made = Artefact(name=name, kind=Kind.BASE, version="1", title=name, licence="-")
        folder = self._writable(made)
        try:
            with _alone(folder, made) as work:
                fresh = work / "new"
                fresh.mkdir()
                write(fresh)
                place = put_in_place(fresh, folder / name, work)
        except OSError as error:
            raise unwritable(folder, error) from error
        self._reachable(self.artefact(name), place)
        return self._status(self.artefact(name))

    def _import(
        self,
        bundle: Bundle,
        prefix: str,
        artefact: Artefact,
        path: Path,
        progress: Listener,
        cancel: CancelToken,
    ) -> None:
        folder = self._writable(artefact)
        self._check_space(folder, artefact, 0)
        try:
            with _alone(folder, artefact) as work:
                place = install(
                    bundle, prefix, artefact, folder, work, progress, cancel
                )
        except WrongBytesError as error:
            raise ModelCorruptError(
                f"{path} 中的模型 {artefact.name} 已损坏: {error}",
                "请重新拷贝或下载该文件后再导入。",
            ) from error
        except OSError as error:
            raise unwritable(folder, error) from error
        self._reachable(artefact, place)

    def _places(self, artefact: Artefact) -> tuple[Path, ...]:
        """Give the folders where the model lies, sound or not, in search order."""
        candidates = (folder / artefact.name for folder in self.folders)
        return tuple(place for place in candidates if place.is_dir())

    def _sound(self, artefact: Artefact, cancel: CancelToken) -> Path | None:
        """Give the model's folder when every byte of it is right."""
        try:
            return self.verify(artefact.name, cancel=cancel)
        except ModelMissingError:
            return None
        except ModelCorruptError as error:
            log.info("to be replaced: %s", error.message)
            return None

    def _reachable(self, artefact: Artefact, place: Path) -> Path:
        """Refuse to call a model fetched that a damaged copy stands in front of."""
        found = self.locate(artefact.name)
        if found != place:
            raise ModelCorruptError(
                f"模型 {artefact.name} 已取得到 {place}, 但 {found} 中已损坏的"
                "同名模型排在前面",
                f"请删除 {found} 后重试。",
            )
        return place

    def _status(self, artefact: Artefact) -> ModelStatus:
        try:
            place = self.locate(artefact.name)
        except ModelMissingError as error:
            return ModelStatus(
                artefact=artefact, state=State.MISSING, detail=str(error)
            )
        except ModelCorruptError as error:
            return ModelStatus(
                artefact=artefact, state=State.CORRUPT, detail=str(error)
            )
        return ModelStatus(artefact=artefact, state=State.READY, folder=place)

    def _writable(self, artefact: Artefact) -> Path:
        """Give the first folder that files can be written to.

        A damaged copy is replaced where it lies, or it would still be found first.
        """
        damaged = (place.parent for place in self._places(artefact))
        problem: OSError | None = None
        for folder in (*damaged, *self._targets):
            try:
                (folder / WORK_FOLDER).mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryFile(dir=folder / WORK_FOLDER):
                    return folder
            except OSError as error:
                problem = error
        where = ", ".join(map(str, self._targets))
        raise MissingError(
            f"没有可写的模型文件夹 ({where}: {problem})",
            "请检查文件夹权限, 或用环境变量 GRIDDESK_MODELS 指定一个可写的文件夹。",
        )

    def _check_space(self, folder: Path, artefact: Artefact, download: int) -> None:
        needed = artefact.size + download + _SPARE
        free = self._free_bytes(folder)
        if free < needed:
            raise MissingError(
                f"磁盘空间不足: {folder} 剩余 {megabytes(free)}, "
                f"取得模型 {artefact.name} 需要 {megabytes(needed)}",
                "请清理磁盘后重试, 或用环境变量 GRIDDESK_MODELS 换一个磁盘。",
            )


def open_store() -> Store:
    """Open the store of this installation.

    Raises:
        SettingsError: The catalogue that comes with the program is wrong.
    """
    catalogue = load_catalogue(paths.program_root() / "models" / "catalogue.toml")
    folders = paths.model_folders()
    *own, user, beside = folders
    # A checkout keeps what it fetches; an installed program's folder is not the
    # operator's to fill.
    frozen = bool(getattr(sys, "frozen", False))
    targets = [*own, user, beside] if frozen else [*own, beside, user]
    return Store(catalogue, folders, targets=targets)


@contextmanager
def _alone(folder: Path, artefact: Artefact) -> Iterator[Path]:
    """Give the working folder of a model, held against every other process."""
    work = folder / WORK_FOLDER / artefact.name
    work.mkdir(parents=True, exist_ok=True)
    try:
        with exclusive(work.parent / f"{artefact.name}.lock"):
            clean(work)
            yield work
    except BusyError:
        raise MissingError(
            f"另一个程序正在取得模型 {artefact.name}", "请等它完成后再试。"
        ) from None
