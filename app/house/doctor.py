"""The self-test of a house: the machine, the models, and every part, one by one."""

import asyncio
import logging
import math
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final, TypeVar

from app.core.doctoring import Diagnostics
from app.core.entries import EventKind, happened
from app.core.errors import Cancelled, UserFacingError
from app.core.people import Actor
from app.core.ports import Health, JournalQuery
from app.settings.file import exported
from app.system import logging as program_log
from app.system import paths
from app.system.diagnostics import write_archive
from app.system.doctor import system_health
from app.system.worker import InferenceWorker

if TYPE_CHECKING:
    from app.compose import House
    from app.journal.statistics import Statistics

log = logging.getLogger(__name__)

_T = TypeVar("_T")

LOOKED_BACK: Final = timedelta(days=30)
FEWEST: Final = 50
"""Sentences below which their share says little."""
WORST: Final = 0.2
"""Share of sentences that may differ from the rule's before something is wrong."""
WALK_S: Final = 3.0
"""Seconds for the chain; a longer one is verified by its own command."""
LISTEN_S: Final = 3.0
_STEP_S: Final = 0.05
_QUIET: Final = 200 / 32768
"""Peak below which there is no sound at all."""
_FAINT: Final = 0.03
_CLIPPED: Final = 0.985
_EARLIEST: Final = datetime(2025, 1, 1, tzinfo=UTC)
"""Before this program was written: a clock that says so has lost its battery."""
_AHEAD: Final = timedelta(minutes=2)
_RECENT: Final = 2_000
"""Commands whose words are looked for in an archive."""
_PAGE: Final = 200
_KEY: Final = "microphone-level"
_NAME: Final = "麦克风音量"


class HouseDoctor:
    """`core.doctoring.Doctor` on the parts of a house."""

    def __init__(self, house: "House") -> None:
        """Take the house."""
        self._house = house

    @property
    def verbose(self) -> bool:
        """Whether the log keeps every detail."""
        return program_log.level() <= logging.DEBUG

    def be_verbose(self, wanted: bool) -> None:
        """Keep every detail from now on, or no longer."""
        program_log.set_level(logging.DEBUG if wanted else logging.INFO)

    async def examine(self) -> Sequence[Health]:
        """Give every finding; see `core.doctoring.Doctor`."""
        machine = await _beside(lambda: system_health(paths.home()))
        stored = await _beside(lambda: list(self._stored()))
        parts = await self._parts()
        journal = await _beside(lambda: list(self._journal()))
        return (*machine, *stored, self._house.secrets.health(), *parts, *journal)

    async def listen(self) -> Health:
        """Say how loud the microphone is; what is heard is kept nowhere."""
        try:
            take = await self._house.microphone.open()
        except UserFacingError as error:
            return Health(
                key=_KEY, name=_NAME, ok=False, detail=error.message,
                remedy=error.remedy,
            )  # fmt: skip
        peak, ends = 0.0, monotonic() + LISTEN_S
        try:
            while monotonic() < ends and not take.ended:
                await asyncio.sleep(_STEP_S)
                peak = max(peak, take.level)
        finally:
            take.finish()
        return level_health(peak, self._house.microphone.name)

    async def save(self, path: Path, found: Sequence[Health]) -> Diagnostics:
        """Write the archive; see `core.doctoring.Doctor`."""
        saved = await _beside(lambda: self._save(path, found))
        try:
            await self._enter(saved)
        except UserFacingError as error:
            # It is needed most where settings or journal are broken.
            log.info("an archive was saved that is in no log: %s", error)
        return saved

    def _save(self, path: Path, found: Sequence[Health]) -> Diagnostics:
        more: dict[str, str] = {}
        try:
            loaded = self._house.loaded_settings
            more["settings.toml"] = exported(loaded.settings)
        except UserFacingError as error:
            more["settings.txt"] = f"{error}\n"
        logs = program_log.current()
        ring = logs.ring.lines() if logs is not None and logs.path is None else ()
        spoken, read = self._spoken()
        return write_archive(
            path,
            found,
            logs=paths.home() / "logs",
            more=more,
            ring=ring,
            spoken=spoken,
            all_spoken=read,
        )

    def _spoken(self) -> tuple[Sequence[str], bool]:
        """Give what was said of late, and whether the journal could be read."""
        spoken: list[str] = []
        before: int | None = None
        left = _RECENT
        try:
            while left > 0:
                page = self._house.journal.page(
                    JournalQuery(), before=before, limit=_PAGE
                )
                for entry in page:
                    said = entry.record.utterance
                    if said is not None:
                        spoken += (said.text, said.free_text, said.lexicon_text)
                        spoken += said.alternatives
                left -= len(page)
                if len(page) < _PAGE:
                    break
                before = page[-1].seq
        except UserFacingError as error:
            log.info("what was said of late is not known: %s", error)
            return spoken, False
        return spoken, True

    async def _enter(self, saved: Diagnostics) -> None:
        seat = self._house.settings.desk.workstation
        who = self._house.presence.actor or Actor(name="未登录", workstation=seat)
        event = happened(
            EventKind.DIAGNOSED,
            who,
            self._house.clock.now(),
            subject=saved.path.name,
            detail=f"{len(saved.names)}个文件; 文件SHA-256 {saved.sha256}",
        )
        await self._house.journal.review.note(event)

    async def _parts(self) -> Sequence[Health]:
        """Ask the parts; what keeps them from being made is one finding."""
        try:
            return await self._house.health()
        except UserFacingError as error:
            return [
                Health(
                    key=error.code,
                    name="本机配置",
                    ok=False,
                    detail=error.message,
                    remedy=error.remedy,
                )
            ]

    def _stored(self) -> Iterator[Health]:
        try:
            store = self._house.store
        except UserFacingError as error:
            yield Health(
                key="models", name="本机配置", ok=False, detail=error.message,
                remedy=error.remedy,
            )  # fmt: skip
            return
        for each in store.catalogue.artefacts:
            key, label = f"model:{each.name}", f"模型 {each.name}"
            try:
                detail = f"文件齐全 ({store.locate(each.name)}); 许可 {each.licence}"
            except UserFacingError as error:
                ok, detail, remedy = False, error.message, error.remedy
            else:
                ok, remedy = True, ""
            yield Health(key=key, name=label, ok=ok, detail=detail, remedy=remedy)

    def _journal(self) -> Iterator[Health]:
        """Say how chain, clock and sentences are; the journal's own line says why not.

        Called off the event loop.
        """
        now = self._house.clock.now()
        try:
            yield self._chain()
            newest = self._house.journal.page(JournalQuery(), before=None, limit=1)
            last = newest[0].record.finished_at if newest else None
            yield clock_health(now, last)
            found = self._house.journal.statistics(since=now - LOOKED_BACK)
            yield sentences_health(found)
        except UserFacingError as error:
            log.info("the journal was not looked through: %s", error)

    def _chain(self) -> Health:
        ends = monotonic() + WALK_S
        seen = (0, 0)

        def walked(checked: int, total: int) -> None:
            nonlocal seen
            seen = (checked, total)
            if monotonic() > ends and checked < total:
                raise Cancelled

        key, name = "journal-chain", "日志链"
        try:
            report = self._house.journal.verify(walked)
        except Cancelled:
            checked, total = seen
            detail = f"前{checked}条完好, 共{total}条"
            remedy = "日志很长, 没有全部校验; 全部校验请运行 griddesk log verify。"
            return Health(key=key, name=name, ok=True, detail=detail, remedy=remedy)
        if report.ok:
            detail = f"{report.checked}条全部完好, 链头 {report.head[:16]}…"
            return Health(key=key, name=name, ok=True, detail=detail)
        return Health(
            key=key,
            name=name,
            ok=False,
            detail=report.detail,
            remedy="请立即备份日志文件并报告安监人员; 详情见 griddesk log verify。",
        )


async def _beside(work: Callable[[], _T]) -> _T:
    """Do something on a thread of its own; the window goes on."""
    worker = InferenceWorker("doctor")
    try:
        return await worker.run(work)
    finally:
        # Whoever stops waiting must not keep the window waiting for the work.
        await asyncio.shield(asyncio.to_thread(worker.close))


def level_health(peak: float, device: str) -> Health:
    """Judge the loudest moment of some seconds, 0 … 1."""
    if peak < _QUIET:
        return Health(
            key=_KEY,
            name=_NAME,
            ok=False,
            detail=f"「{device}」没有声音",
            remedy="请检查麦克风是否静音、是否插好, 或另选一个麦克风。",
        )
    detail = f"「{device}」最响 {20 * math.log10(peak):.0f} dBFS"
    if peak < _FAINT:
        remedy = "声音太小: 请在系统的声音设置里调高麦克风音量, 或靠近一些。"
        return Health(key=_KEY, name=_NAME, ok=False, detail=detail, remedy=remedy)
    if peak > _CLIPPED:
        remedy = "声音太大, 会失真: 请在系统的声音设置里调低麦克风音量。"
        return Health(key=_KEY, name=_NAME, ok=False, detail=detail, remedy=remedy)
    return Health(key=_KEY, name=_NAME, ok=True, detail=detail)


def clock_health(now: datetime, last: datetime | None) -> Health:
    """Say whether the clock can be right: records are dated by it."""
    shown = f"{now.astimezone():%Y-%m-%d %H:%M:%S %z}"
    remedy = "请校准系统时间并启用时间同步; 记录的时间取自系统时钟。"
    key, name = "clock", "系统时钟"
    if last is not None and last - now > _AHEAD:
        detail = f"{shown}, 早于最近一条记录的时间 ({last.astimezone():%Y-%m-%d %H:%M})"
        return Health(key=key, name=name, ok=False, detail=detail, remedy=remedy)
    if now < _EARLIEST:
        detail = f"{shown}, 不可能是现在的时间"
        return Health(key=key, name=name, ok=False, detail=detail, remedy=remedy)
    return Health(key=key, name=name, ok=True, detail=shown)


def sentences_health(found: "Statistics") -> Health:
    """Judge how often the model's sentence was not what the rule says."""
    many = found.compared >= FEWEST
    ok = not many or found.differed <= WORST * found.compared
    remedy = (
        "显示和记录的始终是规则的语句。请用 griddesk log stats 查看, "
        "并重新评测或更换语言模型的适配器 (griddesk tune eval)。"
    )
    return Health(
        key="model-sentences",
        name="模型语句",
        ok=ok,
        detail=f"与规则不同: {found.differed} / {found.compared} "
        f"(近 {LOOKED_BACK.days} 天)",
        remedy="" if ok else remedy,
    )
