"""A journal whose every figure was counted by hand, and who reports on it."""

import asyncio
import hashlib
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from PIL import Image

from app.core.alarms import Acknowledgement
from app.core.draft import finding_by_rule
from app.core.entries import (
    Correction,
    DeskEvent,
    Disposition,
    EventKind,
    Step,
)
from app.core.model import (
    Call,
    Check,
    Fault,
    Finding,
    Origin,
    Outcome,
    RunRecord,
    Site,
    Utterance,
)
from app.core.observation import (
    Evidence,
    Exchange,
    Missing,
    MissingReason,
    Observation,
    Service,
)
from app.core.people import Actor, Role
from app.core.ports import JournalQuery
from app.journal.store import SqliteJournal
from app.reports.service import JournalReports
from tests.fakes import HeldClock

# A shift from 08:00 to 20:00 in Beijing, where the machine's zone may be another.
BEGIN: Final = datetime(2026, 11, 21, 0, 0, tzinfo=UTC)
END: Final = BEGIN + timedelta(hours=12)

ALL: Final = JournalQuery()
WANG: Final = Actor(
    name="王芳", login="wangfang", role=Role.SUPERVISOR, workstation="一号席"
)
LI: Final = Actor(name="李明", workstation="一号席")

JINAN: Final = Site(id="JN", name="济南工地", region="济南")
YANTAI: Final = Site(id="YT", name="烟台工地", region="烟台")
QINGDAO: Final = Site(id="QD", name="青岛工地", region="青岛")
EVIL: Final = Site(id="=1", name='=HYPERLINK("http://x")<b>&amp;', region="烟台")
COMMAND: Final = "=cmd|' /C x'!A0"
NOTE: Final = '3 号门摄像头 <b>偏了</b> & <img src="http://x/y.png"/> 待修'


def at(minutes: float) -> datetime:
    """So many minutes after the shift began."""
    return BEGIN + timedelta(minutes=minutes)


def found(site: Site, check: Check, **counts: Any) -> Finding:
    """What the rule says of counts."""
    seen = {"ticket": "GD-017", "leader": "王建国", "sources": ("演示",), **counts}
    return finding_by_rule(Call(site, check), Observation(**seen))


def silent(
    site: Site, check: Check, reason: MissingReason, system: str = "相机系统"
) -> Finding:
    """A question that had no answer."""
    return found(
        site,
        check,
        missing=Missing(reason=reason, detail="没有答复"),
        exchanges=(
            Exchange(
                service=Service.DETECTION,
                system=system,
                host="10.1.2.3",
                status=reason.value,
                latency_ms=3000,
                attempts=2,
            ),
        ),
    )


def run(number: int, when: datetime, *findings: Finding, **more: Any) -> RunRecord:
    """A run that took a second."""
    values: dict[str, Any] = {
        "run_id": f"{number:032x}",
        "started_at": when,
        "finished_at": when + timedelta(seconds=1),
        "operator": "李明",
        "workstation": "一号席",
        "origin": Origin.TYPED,
        "outcome": Outcome.ANSWERED,
        "utterance": Utterance(text="查一下工地", origin=Origin.TYPED),
        "findings": findings,
        **more,
    }
    return RunRecord(**values)


def photo(folder: Path, name: str, colour: str = "#c65a1e") -> Evidence:
    """Keep a picture as a run would have."""
    out = io.BytesIO()
    Image.new("RGB", (960, 540), colour).save(out, "PNG")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(out.getvalue())
    digest = hashlib.sha256(out.getvalue()).hexdigest()
    return Evidence(path=name, sha256=digest, camera="塔吊", taken_at=at(1))


def seen_by(number: int, index: int, minutes: float) -> Acknowledgement:
    """李明 has seen an alarm."""
    return Acknowledgement(
        run_id=f"{number:032x}",
        index=index,
        at=at(minutes),
        by="李明",
        workstation="一号席",
        note="已通知现场",
    )


def step(number: int, which: Step, minutes: float, **more: Any) -> Disposition:
    """王芳 takes a step with the first finding of a run."""
    values: dict[str, Any] = {"index": 0, **more}
    return Disposition(
        run_id=f"{number:032x}",
        step=which,
        at=at(minutes),
        by="王芳",
        login="wangfang",
        role="supervisor",
        workstation="一号席",
        **values,
    )


def event(kind: EventKind, minutes: float, by: str = "李明", **more: Any) -> DeskEvent:
    """Something that happened at the desk."""
    return DeskEvent(
        kind=kind,
        at=at(minutes),
        by=by,
        login="liming",
        role="operator",
        workstation="一号席",
        **more,
    )


def tell(journal: SqliteJournal, evidence: Path) -> None:
    """Fill the journal with one shift, and an alarm from before it."""
    asyncio.run(_tell(journal, evidence))


async def _tell(journal: SqliteJournal, evidence: Path) -> None:
    review = journal.review
    helmet, head, gear = Check.HELMET, Check.HEADCOUNT, Check.EQUIPMENT
    good = photo(evidence, "good.png")
    swapped = photo(evidence, "swapped.png", "#123456")
    (evidence / "swapped.png").write_bytes(b"another picture")
    gone = Evidence(path="gone.png", sha256="0" * 64)
    put = Exchange(
        service=Service.DETECTION, system="相机系统", latency_ms=80, attempts=1
    )
    await review.note(event(EventKind.SIGNED_IN, -30))
    # The day before: an alarm that is still open.
    await journal.append(run(1, at(-600), found(EVIL, helmet, actual=5, wearing=4)))
    # The shift.
    alarm = found(YANTAI, helmet, actual=34, wearing=30, evidence=(good, swapped, gone))
    await journal.append(run(2, at(10), alarm))
    await journal.append(
        run(
            3,
            at(20),
            found(JINAN, head, expected=47, actual=34, exchanges=(put,)),
            found(JINAN, helmet, actual=34, wearing=34, exchanges=(put,)),
        )
    )
    await journal.append(run(4, at(30), silent(QINGDAO, head, MissingReason.TIMEOUT)))
    await journal.append(run(5, at(40), silent(QINGDAO, head, MissingReason.TIMEOUT)))
    await journal.append(run(6, at(50), silent(YANTAI, gear, MissingReason.BUSY)))
    await journal.append(run(7, at(60), found(YANTAI, gear, actual=9, carrying=9)))
    await journal.append(
        run(8, at(70), found(EVIL, head, expected=0, actual=3, ticket=COMMAND))
    )
    await journal.append(
        run(
            9,
            at(80),
            outcome=Outcome.FAILED,
            fault=Fault(code="audio.empty", message="没有听到声音", remedy=""),
            utterance=None,
        )
    )
    await journal.acknowledge(seen_by(2, 0, 25))
    await review.dispose(step(2, Step.DISPATCHED, 30, responsible="赵强"))
    await review.dispose(step(8, Step.DISPATCHED, 90, responsible="+钱<i>"))
    await review.dispose(step(8, Step.CLOSED, 191, note="@已清场"))
    await review.note(event(EventKind.SHIFT_NOTE, 200, detail=NOTE))
    await review.correct(
        Correction(
            run_id=f"{4:032x}",
            at=at(210),
            by="李明",
            workstation="一号席",
            text="查一下青岛工地的人数",
        )
    )
    await review.note(event(EventKind.SIGNED_OUT, 700))
    # After the shift, which does not tell of it.
    await journal.append(run(10, END, found(JINAN, helmet, actual=8, wearing=7)))


def reports_of(journal: SqliteJournal, folder: Path, now: datetime) -> JournalReports:
    """What writes exports of a journal, at a moment."""
    clock = HeldClock()
    clock.time = now
    return JournalReports(
        journal,
        journal.review,
        evidence_dir=folder,
        program="griddesk 9.9",
        clock=clock,
    )


def export(journal: SqliteJournal, path: Path, query: JournalQuery = ALL) -> int:
    """Write records to a file as 王芳; give their number."""
    made = reports_of(journal, path.parent, END).log(path, query, WANG)
    return asyncio.run(made).records
