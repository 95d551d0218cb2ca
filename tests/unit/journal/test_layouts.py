"""Journals of older programs: read as today's records, proved as they were written.

`layout1.jsonl` was exported by the last program that wrote layout 1.
"""

import asyncio
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from app.core.errors import JournalBrokenError
from app.core.model import (
    Call,
    Candidate,
    Check,
    Fault,
    Finding,
    Intent,
    Mention,
    Origin,
    Outcome,
    Question,
    QuestionKind,
    RunRecord,
    Severity,
    Site,
    Source,
    Timings,
    Understanding,
    Utterance,
    Verdict,
    Word,
)
from app.core.observation import Evidence, Missing, MissingReason, Observation
from app.core.ports import JournalQuery
from app.journal import index, schema
from app.journal.canonical import GENESIS, NotCanonicalError, chain_hash, decode
from app.journal.database import Database
from tests.unit.journal.conftest import OpenJournal
from tests.unit.journal.records import START, record
from tests.unit.journal.test_canonical import run_documented_program

AT = datetime(2026, 11, 21, 0, 30, tzinfo=UTC)
JINAN = Site(
    id="SD-JN-01",
    name="济南东郊220千伏变电站",
    aliases=("济南", "东郊站"),
    region="济南",
    work_order_key="WO-7781",
    cameras=("塔吊", "东门"),
)
YANTAI = Site(id="SD-YT-02", name="烟台工地")
HEAD, HELMET = Call(JINAN, Check.HEADCOUNT), Call(YANTAI, Check.HELMET)
PICTURE = Evidence(path=f"ab/{'ab' * 32}.png", sha256="ab" * 32)


@dataclass(frozen=True)
class Line:
    """An entry as it was exported."""

    seq: int
    previous_hash: str
    hash: str
    body: str


def old() -> list[Line]:
    text = Path(__file__).with_name("layout1.jsonl").read_text(encoding="utf-8")
    return [Line(**json.loads(line)) for line in text.splitlines()]


def old_run(number: int, **changes: Any) -> RunRecord:
    at = AT + timedelta(minutes=number)
    return RunRecord(
        run_id=f"{number:032x}",
        started_at=at,
        finished_at=at + timedelta(milliseconds=412),
        operator="李明",
        workstation="一号席",
        program="GridDesk 0.6.0",
        **changes,
    )


# What was recorded then, in today's words: one picture became a tuple of one, none
# an empty one; nothing else is different.
MEANT = (
    old_run(
        1,
        origin=Origin.MICROPHONE,
        outcome=Outcome.ANSWERED,
        utterance=Utterance(
            text="查一下济南工地的人数和烟台的安全",
            origin=Origin.MICROPHONE,
            free_text="查一下济南工地的人数和烟台的安全",
            agreement=0.05,
            confidence=0.91,
            words=(Word(text="济南", start_s=0.5, end_s=0.9, confidence=0.88),),
            recognizer="vosk-small-cn 0.22",
            audio_s=3.2,
            audio_sha256="cd" * 32,
            decode_s=0.4,
        ),
        understanding=Understanding(
            intent=Intent.INSPECT,
            mentions=(
                Mention(
                    place=JINAN.name,
                    site=JINAN,
                    check=Check.HEADCOUNT,
                    heard_place="济南",
                ),
                Mention(place=YANTAI.name, site=YANTAI, check=Check.HELMET),
            ),
            calls=(HEAD, HELMET),
            source=Source.MODEL_AND_RULES,
            confidence=0.98,
            notes=("地点按目录改正",),
            model="GLM-mini",
        ),
        findings=(
            Finding(
                call=HEAD,
                observation=Observation(
                    expected=47,
                    actual=34,
                    ticket="GD-20261121-017",
                    leader="王建国",
                    taken_at=AT + timedelta(seconds=55),
                    frames=5,
                    detector="helmet-v3",
                    detector_confidence=0.93,
                    evidence=(PICTURE,),
                    sources=("demo",),
                    latency_ms=132.5,
                    attempts=1,
                ),
                verdict=Verdict.SOME_ABSENT,
                severity=Severity.ATTENTION,
                summary="[人数检测] 应到47人, 实到34人, 有人缺勤",
            ),
            Finding(
                call=HELMET,
                observation=Observation(
                    evidence=(),
                    sources=("demo",),
                    latency_ms=3000.0,
                    attempts=2,
                    missing=Missing(
                        reason=MissingReason.TIMEOUT,
                        detail="现场检测3秒内没有答复",
                    ),
                ),
                verdict=Verdict.DATA_MISSING,
                severity=Severity.UNKNOWN,
                summary="[安全检查] 数据缺失: 现场检测3秒内没有答复",
            ),
        ),
        timings=Timings(
            hear_ms=410.25, understand_ms=38.0, query_ms=3001.5, total_ms=3460.0
        ),
    ),
    old_run(
        2,
        origin=Origin.TYPED,
        outcome=Outcome.ASKED,
        utterance=Utterance(text="查一下技能的人数", origin=Origin.TYPED),
        understanding=Understanding(
            intent=Intent.INSPECT,
            mentions=(
                Mention(place="技能", check=Check.HEADCOUNT, heard_place="技能"),
            ),
            question=Question(
                kind=QuestionKind.WHICH_SITE,
                sentence="没有听清地点「技能」, 您要查的是哪一个?",
                candidates=(Candidate(label="济南 · 人数检测", calls=(HEAD,)),),
            ),
            confidence=0.4,
        ),
    ),
    old_run(
        3,
        origin=Origin.TYPED,
        outcome=Outcome.FAILED,
        fault=Fault(code="internal", message="程序出错", remedy="请联系维护人员。"),
        answers_run=f"{2:032x}",
    ),
)


def write_old(path: Path, lines: list[Line]) -> None:
    """Put entries into a journal as the older program left them."""
    database = Database(path, busy_s=5)
    with database.writing(START) as connection:
        for line, meant in zip(lines, MEANT, strict=True):
            connection.execute(
                insert(schema.entries),
                {
                    "seq": line.seq,
                    "kind": "run",
                    "entry_id": meant.run_id,
                    "previous_hash": line.previous_hash,
                    "hash": line.hash,
                    "body": line.body,
                },
            )
            index.write(connection, line.seq, index.derive(meant))
    database.drop_writer()
    database.close()


def test_the_sample_is_of_layout_1() -> None:
    assert [json.loads(line.body)["schema"] for line in old()] == [1, 1, 1]
    first = json.loads(old()[0].body)["run"]["findings"]
    pictures = [finding["observation"]["evidence"] for finding in first]
    assert pictures == [
        {"media_type": "image/png", "path": PICTURE.path, "sha256": PICTURE.sha256},
        None,
    ]


def test_an_old_entry_is_read_exactly_as_what_it_meant() -> None:
    recorded = [decode(line.body) for line in old()]
    assert tuple(entry.record for entry in recorded) == MEANT
    assert {entry.recorded_at for entry in recorded} == {AT}


def test_an_old_chain_still_holds() -> None:
    head = GENESIS
    for seq, line in enumerate(old(), 1):
        assert (line.seq, line.previous_hash) == (seq, head)
        assert chain_hash(head, seq, line.body) == line.hash
        head = line.hash


def test_an_old_journal_is_read_continued_and_verified(
    open_journal: OpenJournal, path: Path, tmp_path: Path
) -> None:
    write_old(path, old())
    journal = open_journal()
    assert journal.verify().ok
    last = asyncio.run(journal.append(record(9)))
    assert (last.seq, last.previous_hash) == (4, old()[-1].hash)
    report = journal.verify()
    assert (report.ok, report.checked, report.head) == (True, 4, last.hash)
    shown = [entry.record for entry in journal.page(JournalQuery())]
    assert shown == [record(9), *reversed(MEANT)]
    assert run_documented_program(path).stdout.split() == ["4", last.hash]
    assert journal.export(tmp_path / "again.jsonl", JournalQuery()) == 4
    lines = (tmp_path / "again.jsonl").read_text(encoding="utf-8").splitlines()
    assert [Line(**json.loads(line)) for line in lines[:3]] == old()


def test_an_old_entry_that_was_changed_is_found(
    open_journal: OpenJournal, path: Path
) -> None:
    lines = old()
    lines[0] = replace(lines[0], body=lines[0].body.replace("34", "47"))
    write_old(path, lines)
    report = open_journal().verify()
    assert (report.ok, report.first_broken) == (False, 1)


def test_an_entry_of_a_newer_program_is_refused(
    open_journal: OpenJournal, path: Path
) -> None:
    lines = old()
    body = lines[1].body.replace('"schema":1', '"schema":3')
    digest = chain_hash(lines[0].hash, 2, body)
    lines[1] = replace(lines[1], body=body, hash=digest)
    lines[2] = replace(
        lines[2], previous_hash=digest, hash=chain_hash(digest, 3, lines[2].body)
    )
    write_old(path, lines)
    journal = open_journal()
    with pytest.raises(JournalBrokenError, match="schema 3"):
        journal.page(JournalQuery())
    report = journal.verify()
    assert (report.ok, report.checked, report.first_broken) == (False, 1, 2)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ('"schema":1', '"schema":2'),
        ('"evidence":null', '"evidence":[]'),
        ('"media_type"', '"annotated":false,"media_type"'),
        ('"work_order_key":""', '"valid_from":null,"work_order_key":""'),
        ('"region":"",', ""),
    ],
)
def test_a_mixture_of_layouts_is_refused(was: str, becomes: str) -> None:
    body = old()[0].body
    assert was in body
    with pytest.raises(NotCanonicalError):
        decode(body.replace(was, becomes))
