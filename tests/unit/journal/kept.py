"""Entries that older programs wrote, and what they mean in today's words.

`layout1.jsonl` was exported by the last program that wrote layout 1; `layout2.jsonl` is
what the last one that wrote layout 2 (commit 0e5436b) added to the same journal, and
`layout3.jsonl` what the last one that wrote layout 3 (commit 32e2801) added to that,
and so on with `layout4.jsonl` (commit e820f09).
"""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from app.core.explanation import Reason, ReasonKind
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
    Span,
    Timings,
    Understanding,
    Utterance,
    Verdict,
    Word,
)
from app.core.observation import Evidence, Missing, MissingReason, Observation

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


def kept(layout: int) -> list[Line]:
    """Give the entries written in a layout, in the order of their chain."""
    name = f"layout{layout}.jsonl"
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    return [Line(**json.loads(line)) for line in text.splitlines()]


def old_run(number: int, program: str = "GridDesk 0.6.0", **said: Any) -> RunRecord:
    at = AT + timedelta(minutes=number)
    return RunRecord(
        run_id=f"{number:032x}",
        started_at=at,
        finished_at=at + timedelta(milliseconds=412),
        operator="李明",
        workstation="一号席",
        program=program,
        **said,
    )


# One picture became a tuple of one, none an empty one; nothing else is different.
_LAYOUT_1 = (
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

DONGPING = Site(
    id="SD-TA-09",
    name="东平220千伏线路工程",
    aliases=("东平",),
    region="泰安",
    cameras=("塔吊", "东门"),
    valid_from=date(2026, 3, 1),
    valid_until=date(2027, 6, 30),
)
HATS = Call(DONGPING, Check.HELMET)

# Other hearings, reasons, and what a run continues were not yet known.
_LAYOUT_2 = (
    old_run(
        4,
        program="griddesk 0.1.0",
        origin=Origin.FILE,
        outcome=Outcome.ANSWERED,
        utterance=Utterance(
            text="东平的安全帽",
            origin=Origin.FILE,
            free_text="东平的安全帽",
            lexicon_text="东平 的 安全帽",
            agreement=0.1,
            confidence=0.8,
            recognizer="vosk-small-cn 0.22",
            audio_s=2.5,
            audio_sha256="ab" * 32,
            decode_s=0.5,
            first_partial_ms=210.0,
            overflows=1,
        ),
        understanding=Understanding(
            intent=Intent.INSPECT,
            mentions=(
                Mention(
                    place=DONGPING.name,
                    site=DONGPING,
                    check=Check.HELMET,
                    heard_place="东平",
                ),
            ),
            calls=(HATS,),
            source=Source.MODEL,
            confidence=0.47,
            notes=("规则的理解不同: 没有听明白",),
            model="GLM-mini",
        ),
        findings=(
            Finding(
                call=HATS,
                observation=Observation(
                    actual=12,
                    wearing=11,
                    taken_at=AT + timedelta(seconds=41),
                    frames=3,
                    detector="helmet-v3",
                    detector_confidence=0.9,
                    evidence=(
                        Evidence(
                            path=f"ef/{'ef' * 32}.jpg",
                            sha256="ef" * 32,
                            media_type="image/jpeg",
                            annotated=True,
                            camera="塔吊",
                            taken_at=AT + timedelta(seconds=41),
                        ),
                        Evidence(
                            path=f"01/{'01' * 32}.jpg",
                            sha256="01" * 32,
                            media_type="image/jpeg",
                            camera="东门",
                        ),
                    ),
                    sources=("cameras",),
                    latency_ms=210.0,
                    attempts=1,
                ),
                verdict=Verdict.SOME_BAREHEADED,
                severity=Severity.ALARM,
                summary="[安全检查] 实到12人, 11人佩戴安全帽, 存在安全隐患",
                model_sentence="[安全检查] 实到12人, 均佩戴安全帽",
                model_differed=True,
            ),
        ),
        timings=Timings(
            hear_ms=500.0,
            understand_ms=40.5,
            query_ms=211.0,
            summarise_ms=30.0,
            total_ms=781.5,
        ),
    ),
    old_run(
        5,
        program="griddesk 0.1.0",
        origin=Origin.CHOSEN,
        outcome=Outcome.CANCELLED,
        utterance=Utterance(
            text="东平220千伏线路工程 · 安全检查", origin=Origin.CHOSEN
        ),
        understanding=Understanding(
            intent=Intent.INSPECT,
            calls=(HATS,),
            source=Source.OPERATOR,
            confidence=1.0,
            notes=("由值班员选定",),
        ),
        answers_run=f"{2:032x}",
    ),
)

# Which spans of the words are uncertain was not yet known.
_LAYOUT_3 = (
    old_run(
        6,
        program="griddesk 0.1.0",
        origin=Origin.MICROPHONE,
        outcome=Outcome.REPEATED,
        utterance=Utterance(
            text="刚才那个再说一遍",
            origin=Origin.MICROPHONE,
            free_text="刚才那个在说一遍",
            lexicon_text="刚才 那个 再说 一遍",
            agreement=0.0,
            alternatives=("刚才那个再说一下", "刚才那个"),
            confidence=0.9,
            words=(Word(text="刚才", start_s=0.3, end_s=0.75, confidence=0.97),),
            recognizer="vosk-small-cn 0.22",
            audio_s=1.5,
            audio_sha256="23" * 32,
            decode_s=0.4,
        ),
        understanding=Understanding(
            intent=Intent.INSPECT,
            reply="刚才的答复: [安全检查] 实到12人, 11人佩戴安全帽, 存在安全隐患",
            source=Source.RULES,
            confidence=0.98,
            model="GLM-mini",
            continues=f"{4:032x}",
            repeats=True,
            reasons=(
                Reason(
                    kind=ReasonKind.CONTEXT, words="刚才", start=0, meaning="接着上一条"
                ),
                Reason(kind=ReasonKind.CONFIDENCE, meaning="98 %: 只有规则的理解"),
            ),
        ),
    ),
)

# Nothing said yet who has acknowledged an alarm.
_LAYOUT_4 = (
    old_run(
        7,
        program="griddesk 0.1.0",
        origin=Origin.MICROPHONE,
        outcome=Outcome.ANSWERED,
        utterance=Utterance(
            text="查一下技能的人数和烟台的安全帽",
            origin=Origin.MICROPHONE,
            free_text="查一下技能的人数和烟台的安全帽",
            lexicon_text="查一下 济南 的 人数 和 烟台 的 安全帽",
            agreement=0.1,
            uncertain=(Span(start=3, end=5),),
            confidence=0.9,
            recognizer="vosk-small-cn 0.22",
            audio_s=2.5,
            audio_sha256="45" * 32,
            decode_s=0.4,
        ),
        understanding=Understanding(
            intent=Intent.INSPECT,
            calls=(HEAD, HELMET),
            source=Source.MODEL_AND_RULES,
            confidence=0.98,
            model="GLM-mini",
        ),
        findings=(
            Finding(
                call=HEAD,
                observation=Observation(expected=47, actual=47, sources=("demo",)),
                verdict=Verdict.ALL_PRESENT,
                severity=Severity.NORMAL,
                summary="[人数检测] 应到47人, 实到47人, 无人缺勤, 正常出工",
            ),
            Finding(
                call=HELMET,
                observation=Observation(actual=12, wearing=11, sources=("demo",)),
                verdict=Verdict.SOME_BAREHEADED,
                severity=Severity.ALARM,
                summary="[安全检查] 实到12人, 11人佩戴安全帽, 存在安全隐患",
            ),
        ),
    ),
)

MEANT = {1: _LAYOUT_1, 2: _LAYOUT_2, 3: _LAYOUT_3, 4: _LAYOUT_4}
"""What was recorded in each layout."""
