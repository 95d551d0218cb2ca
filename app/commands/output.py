"""What the command line prints: the stable JSON shapes, and lines for people.

JSON keys are a contract with tests and installers and are never localised.
"""

import json
import sys
from collections.abc import Mapping, Sequence

from app.core.checks import label
from app.core.errors import GridDeskError, UserFacingError
from app.core.explanation import Reason, ReasonKind
from app.core.model import (
    Candidate,
    Check,
    Fault,
    Finding,
    Mention,
    Question,
    RunRecord,
    Severity,
    Source,
    Timings,
    Understanding,
    Utterance,
)
from app.core.observation import Evidence, Exchange, Service
from app.core.ports import Health, JournalEntry

Json = Mapping[str, object]

SEVERITY_WORDS = {
    Severity.NORMAL: "正常",
    Severity.ATTENTION: "注意",
    Severity.ALARM: "告警",
    Severity.UNKNOWN: "数据缺失",
}
SOURCE_WORDS = {
    Source.MODEL_AND_RULES: "模型与规则一致",
    Source.MODEL: "模型",
    Source.RULES: "规则",
    Source.OPERATOR: "值班员选定",
}
REASON_WORDS = {
    ReasonKind.PLACE: "地点",
    ReasonKind.CHECK: "检查",
    ReasonKind.REPAIR: "按读音修正",
    ReasonKind.CONTEXT: "沿用上文",
    ReasonKind.REFUSAL: "不受理",
    ReasonKind.DOUBT: "存疑",
    ReasonKind.SECOND_OPINION: "另一意见",
    ReasonKind.CONFIDENCE: "把握",
}


def print_json(value: Json) -> None:
    """Print one object on one line of standard output."""
    print(json.dumps(value, ensure_ascii=False), flush=True)


def note(line: str) -> None:
    """Print a diagnostic; standard output stays clean for programs."""
    print(line, file=sys.stderr, flush=True)


def run_json(record: RunRecord) -> Json:
    """Give the shape of `ask --json`."""
    understanding = record.understanding
    question = understanding.question if understanding else None
    return {
        "run_id": record.run_id,
        "outcome": record.outcome.value,
        "heard": record.utterance.text if record.utterance else "",
        "intent": understanding.intent.value if understanding else None,
        "source": understanding.source.value if understanding else None,
        "confidence": understanding.confidence if understanding else None,
        "calls": [finding_json(f) for f in record.findings],
        "question": question_json(question) if question else None,
        "reply": understanding.reply if understanding else "",
        "continues": understanding.continues if understanding else "",
        "reasons": reasons_json(understanding.reasons if understanding else ()),
        "notes": list(understanding.notes) if understanding else [],
        "error": fault_json(record.fault) if record.fault else None,
        "timings_ms": timings_json(record.timings),
    }


def finding_json(finding: Finding) -> Json:
    """Give the shape of one answered call."""
    seen = finding.observation
    return {
        "place": finding.call.site.name,
        "site_id": finding.call.site.id,
        "site": finding.call.site.name,
        "check": finding.call.check.value,
        "expected": seen.expected,
        "actual": seen.actual,
        "wearing": seen.wearing,
        "carrying": seen.carrying,
        "verdict": finding.verdict.value,
        "severity": finding.severity.value,
        "summary": finding.summary,
        "status": "missing" if seen.missing else "ok",
        "missing": seen.missing.reason.value if seen.missing else None,
        "ticket": seen.ticket,
        "leader": seen.leader,
        "taken_at": seen.taken_at.isoformat() if seen.taken_at else None,
        "evidence": seen.evidence[0].path if seen.evidence else None,
        "pictures": [picture_json(p) for p in seen.evidence],
        "exchanges": [exchange_json(each) for each in seen.exchanges],
        "model_differed": finding.model_differed,
    }


def exchange_json(exchange: Exchange) -> Json:
    """Give the shape of one question to a site system."""
    return {
        "service": exchange.service.value,
        "system": exchange.system,
        "host": exchange.host,
        "status": exchange.status,
        "latency_ms": round(exchange.latency_ms, 1),
        "attempts": exchange.attempts,
    }


def exchange_words(exchange: Exchange) -> str:
    """Say in one line which system was asked what, and how it ended."""
    asked = {Service.WORK_ORDERS: "工单", Service.DETECTION: "检测"}[exchange.service]
    where = f" ({exchange.host})" if exchange.host else ""
    took = f"{exchange.latency_ms:.0f} 毫秒, {exchange.attempts} 次"
    return f"{asked} · {exchange.system}{where} [{exchange.status}] {took}"


def picture_json(picture: Evidence) -> Json:
    """Give the shape of one picture; its path begins in the evidence folder."""
    return {
        "path": picture.path,
        "sha256": picture.sha256,
        "annotated": picture.annotated,
        "camera": picture.camera,
        "taken_at": picture.taken_at.isoformat() if picture.taken_at else None,
    }


def picture_words(picture: Evidence) -> str:
    """Say in one line what a picture is and where it lies."""
    about = ["标注图"] if picture.annotated else []
    if picture.camera:
        about.append(f"摄像头 {picture.camera}")
    if picture.taken_at is not None:
        about.append(f"{picture.taken_at.astimezone():%Y-%m-%d %H:%M:%S}")
    return "  ".join([*about, picture.path, f"SHA-256 {picture.sha256}"])


def question_json(question: Question) -> Json:
    """Give the shape of a question."""
    return {
        "kind": question.kind.value,
        "sentence": question.sentence,
        "candidates": [_candidate_json(c) for c in question.candidates],
    }


def _candidate_json(candidate: Candidate) -> Json:
    return {
        "label": candidate.label,
        "calls": [
            {"site_id": c.site.id, "site": c.site.name, "check": c.check.value}
            for c in candidate.calls
        ],
    }


def understanding_json(text: str, understanding: Understanding) -> Json:
    """Give the shape of one line of `parse`."""
    question = understanding.question
    return {
        "text": text,
        "intent": understanding.intent.value,
        "calls": [
            _mention_json(m) for m in understanding.mentions if m.place and m.check
        ],
        "source": understanding.source.value,
        "confidence": round(understanding.confidence, 4),
        "question": question_json(question) if question else None,
        "reply": understanding.reply,
        "notes": list(understanding.notes),
        "continues": understanding.continues,
        "repeats": understanding.repeats,
        "reasons": reasons_json(understanding.reasons),
    }


def reasons_json(reasons: Sequence[Reason]) -> list[Json]:
    """Give the shape of a worked explanation, one object a step.

    `start` counts the characters of the transcript before the words; null: the step
    rests on no words of it.
    """
    return [
        {
            "kind": reason.kind.value,
            "words": reason.words,
            "start": reason.start,
            "meaning": reason.meaning,
        }
        for reason in reasons
    ]


def _mention_json(mention: Mention) -> Json:
    return {
        "place": mention.place,
        "site_id": mention.site.id if mention.site else None,
        "check": mention.check.value if mention.check else None,
    }


def utterance_json(file: str, utterance: Utterance) -> Json:
    """Give the shape of one file of `transcribe`."""
    return {
        "file": file,
        "text": utterance.text,
        "free_text": utterance.free_text,
        "lexicon_text": utterance.lexicon_text,
        "agreed": utterance.agreed,
        "agreement": utterance.agreement,
        "confidence": utterance.confidence,
        "words": [
            {
                "text": w.text,
                "start_s": w.start_s,
                "end_s": w.end_s,
                "confidence": w.confidence,
            }
            for w in utterance.words
        ],
        "audio_s": round(utterance.audio_s, 3),
        "decode_s": round(utterance.decode_s, 3),
        "first_partial_ms": utterance.first_partial_ms,
    }


def entry_json(entry: JournalEntry) -> Json:
    """Give the shape of one journal record."""
    record = entry.record
    return {
        "seq": entry.seq,
        "hash": entry.hash,
        "started_at": record.started_at.isoformat(),
        "finished_at": record.finished_at.isoformat(),
        "operator": record.operator,
        "workstation": record.workstation,
        "origin": record.origin.value,
        **run_json(record),
        "answers_run": record.answers_run,
        "program": record.program,
    }


def health_json(health: Health) -> Json:
    """Give the shape of one line of `doctor`."""
    return {
        "name": health.key or health.name,
        "label": health.name,
        "ok": health.ok,
        "detail": health.detail,
        "remedy": health.remedy,
    }


def fault_json(fault: Fault) -> Json:
    """Give the shape of an error."""
    return {"code": fault.code, "message": fault.message, "remedy": fault.remedy}


def error_json(error: UserFacingError) -> Json:
    """Give the shape of an error that ended a command."""
    return {
        "error": {
            "code": error.code,
            "message": error.message,
            "remedy": error.remedy,
        }
    }


def timings_json(timings: Timings) -> Json:
    """Give milliseconds by stage."""
    return {
        "hear": round(timings.hear_ms, 1),
        "understand": round(timings.understand_ms, 1),
        "query": round(timings.query_ms, 1),
        "summarise": round(timings.summarise_ms, 1),
        "total": round(timings.total_ms, 1),
    }


def exit_status(code: str) -> int:
    """Give the exit status that belongs to an error code."""
    pending: list[type[GridDeskError]] = [UserFacingError]
    while pending:
        kind = pending.pop()
        pending.extend(kind.__subclasses__())
        if issubclass(kind, UserFacingError) and kind.code == code:
            return kind.exit_status
    return 1


def calls_words(pairs: Sequence[tuple[str, Check | None]]) -> str:
    """Say places and checks in one line."""
    return "; ".join(f"{place} · {label(c) if c else '?'}" for place, c in pairs)
