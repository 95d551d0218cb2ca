"""What the command line says of pictures: a stable JSON shape, and a line."""

import json
from datetime import UTC, datetime

from app.commands.output import finding_json, picture_words
from app.core.checks import judge
from app.core.model import Call, Check, Finding, Site
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
