"""The stable JSON shapes of the command line, and its line for a picture."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from app.commands.output import (
    finding_json,
    picture_words,
    run_json,
    understanding_json,
)
from app.core.checks import judge
from app.core.explanation import Reason, ReasonKind
from app.core.model import (
    Call,
    Check,
    Finding,
    Intent,
    Origin,
    Outcome,
    RunRecord,
    Site,
    Understanding,
)
from app.core.observation import Evidence, Observation

TAKEN = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
FIRST = Evidence(
    path="ab/ab.jpg",
    sha256="ab" * 32,
    media_type="image/jpeg",
    annotated=True,
    camera="东门",
    taken_at=TAKEN,
)
SECOND = Evidence(path="cd/cd.png", sha256="cd" * 32)


def finding(*pictures: Evidence) -> Finding:
    call = Call(Site(id="A", name="济南"), Check.HEADCOUNT)
    seen = Observation(expected=3, actual=3, evidence=pictures)
    verdict = judge(call, seen)
    return Finding(
        call=call,
        observation=seen,
        verdict=verdict.verdict,
        severity=verdict.severity,
        summary=verdict.sentence,
    )


def test_evidence_is_the_first_picture_and_pictures_are_all() -> None:
    shape = json.loads(json.dumps(finding_json(finding(FIRST, SECOND))))
    assert shape["evidence"] == "ab/ab.jpg"
    assert shape["pictures"] == [
        {
            "path": "ab/ab.jpg",
            "sha256": "ab" * 32,
            "annotated": True,
            "camera": "东门",
            "taken_at": "2026-11-21T08:30:00+00:00",
        },
        {
            "path": "cd/cd.png",
            "sha256": "cd" * 32,
            "annotated": False,
            "camera": "",
            "taken_at": None,
        },
    ]


def test_without_a_picture_evidence_is_null() -> None:
    shape = finding_json(finding())
    assert (shape["evidence"], shape["pictures"]) == (None, [])


def test_a_line_says_what_is_known_of_a_picture() -> None:
    local = f"{TAKEN.astimezone():%Y-%m-%d %H:%M:%S}"
    assert picture_words(FIRST) == (
        f"标注图  摄像头 东门  {local}  ab/ab.jpg  SHA-256 {'ab' * 32}"
    )
    assert picture_words(SECOND) == f"cd/cd.png  SHA-256 {'cd' * 32}"


def test_a_reading_has_its_reasons_in_order() -> None:
    reasons = (
        Reason(kind=ReasonKind.REPAIR, words="济男", start=3, meaning="与「济南」同音"),
        Reason(kind=ReasonKind.CONFIDENCE, meaning="98%"),
    )
    reading = Understanding(intent=Intent.INSPECT, reasons=reasons)
    shape = json.loads(json.dumps(understanding_json("x", reading)))
    assert shape["reasons"] == [
        {"kind": "repair", "words": "济男", "start": 3, "meaning": "与「济南」同音"},
        {"kind": "confidence", "words": "", "start": None, "meaning": "98%"},
    ]
    assert (
        understanding_json("x", Understanding(intent=Intent.UNCLEAR))["reasons"] == []
    )


def test_a_run_tells_how_it_was_read_with_its_notes() -> None:
    began = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
    understood = Understanding(
        intent=Intent.GREETING, notes=("GPU bfloat16 内存不足, 已降为 GPU 8bit",)
    )
    record = RunRecord(
        run_id="1",
        started_at=began,
        finished_at=began,
        operator="甲",
        workstation="1",
        origin=Origin.TYPED,
        outcome=Outcome.GREETED,
        understanding=understood,
    )
    assert run_json(record)["notes"] == list(understood.notes)
    assert run_json(replace(record, understanding=None))["notes"] == []
