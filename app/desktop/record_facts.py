"""What the log keeps of a run, as lines of a title and a value."""

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from app.core.model import (
    Candidate,
    Finding,
    RunRecord,
    Timings,
    Understanding,
    Utterance,
    Verdict,
)
from app.core.observation import Exchange, MissingReason, Service
from app.core.people import Role
from app.core.ports import JournalEntry
from app.desktop import words
from app.desktop.evidence import picture_facts, picture_kind
from app.desktop.people.naming import role_word
from app.desktop.reasons import said

Fact = tuple[str, str]


def _tr(text: str) -> str:
    return QCoreApplication.translate("record", text)


def facts_of(
    record: RunRecord, entry: JournalEntry | None, laid_out: Sequence[Finding]
) -> list[Fact]:
    """Give everything of a run that is known; `laid_out` are shown in full beside.

    Of the other findings of a sweep only the number of pictures is said.
    """
    rows = [
        (_tr("时间"), _span(record)),
        (_tr("结果"), words.outcome_word(record.outcome)),
        (_tr("值班员"), _who(record)),
        (_tr("方式"), words.origin_word(record.origin)),
    ]
    if record.fault is not None:
        rows.append((_tr("原因"), record.fault.message))
        rows.append((_tr("怎么办"), record.fault.remedy))
    if record.utterance is not None:
        rows.extend(_heard(record.utterance))
    if record.understanding is not None:
        rows.extend(_understood(record.understanding))
    for finding in laid_out:
        rows.extend(facts_of_finding(finding, alone=len(record.findings) == 1))
    more = sum(len(finding.observation.evidence) for finding in record.findings)
    more -= sum(len(finding.observation.evidence) for finding in laid_out)
    if more:
        text = _tr("其余结果另有 {n} 张，展开后点开一项即可查看。")
        rows.append((_tr("证据图"), text.format(n=more)))
    rows.append((_tr("用时"), _times(record.timings)))
    if record.read_aloud:
        rows.append((_tr("朗读"), _aloud(record.read_aloud)))
    rows.append((_tr("运行编号"), record.run_id))
    rows.append((_tr("答复的提问"), record.answers_run[:8]))
    rows.append((_tr("改自运行"), record.edits_run[:8]))
    rows.append((_tr("程序"), record.program))
    if entry is not None:
        rows.append((_tr("日志序号"), str(entry.seq)))
        rows.append((_tr("本条指纹"), entry.hash))
        rows.append((_tr("前条指纹"), entry.previous_hash))
    return [(title, value) for title, value in rows if value.strip()]


def facts_of_finding(finding: Finding, *, alone: bool) -> list[Fact]:
    """Give how a finding was come by; each line names it unless it stands alone."""
    rows: list[Fact] = []
    if finding.model_differed:
        rows.append((_tr("模型原句"), finding.model_sentence))
    rows.extend(_judged(finding, alone=alone))
    rows.extend(_exchanges(finding, alone=alone))
    rows.extend(_pictures(finding, alone=alone))
    return rows


def _span(record: RunRecord) -> str:
    begun, ended = words.full_time(record.started_at), record.finished_at
    return _tr("{begun} 至 {ended}（本机时钟）").format(
        begun=begun, ended=words.clock_time(ended)
    )


def _who(record: RunRecord) -> str:
    role = ""
    if record.role in set(Role):
        role = role_word(Role(record.role))
    return "　".join(filter(None, (record.operator, role, record.workstation)))


def _understood(reading: Understanding) -> list[Fact]:
    rows = [
        (_tr("读法"), words.source_word(reading.source)),
        (_tr("理解为"), words.listed(map(words.call_word, reading.calls[:12]))),
        (_tr("把握"), words.share(reading.confidence)),
        (_tr("模型"), reading.model),
        (_tr("说明"), "；".join(reading.notes)),
    ]
    title = _tr("依据 · {kind}")
    rows += [
        (title.format(kind=words.reason_word(reason.kind)), said(reason))
        for reason in reading.reasons
    ]
    rows.append((_tr("接着的运行"), reading.continues[:8]))
    if reading.question is not None:
        rows.append((_tr("提问"), reading.question.sentence))
        rows.append((_tr("候选"), _candidates(reading.question.candidates)))
    rows.append((_tr("答复"), reading.reply))
    return rows


def _candidates(offered: Sequence[Candidate]) -> str:
    lines = [f"{number}. {each.label}" for number, each in enumerate(offered, 1)]
    return "\n".join(lines)


def _judged(finding: Finding, *, alone: bool) -> list[Fact]:
    """Say by which rule a verdict was found, and when the source says it looked."""
    of = [] if alone else [words.call_word(finding.call)]
    rows = [(_tr("判定规则"), "　".join([*of, rule_word(finding.verdict)]))]
    taken = finding.observation.taken_at
    if taken is not None:
        text = _tr("{time}（来源系统的时钟）").format(time=words.full_time(taken))
        rows.append((_tr("检测时间"), "　".join([*of, text])))
    return rows


def rule_word(verdict: Verdict) -> str:
    """Say when a verdict is given."""
    return {
        Verdict.ALL_PRESENT: _tr("实到等于应到"),
        Verdict.SOME_ABSENT: _tr("实到少于应到"),
        Verdict.TOO_MANY: _tr("实到多于应到"),
        Verdict.NO_ORDER_BUT_PEOPLE: _tr("没有工单，却有人"),
        Verdict.NO_ORDER_NOBODY: _tr("没有工单，也没有人"),
        Verdict.NOBODY_AT_WORK: _tr("现场没有人，无从检查"),
        Verdict.ALL_HELMETED: _tr("戴帽人数等于实到"),
        Verdict.SOME_BAREHEADED: _tr("戴帽人数少于实到"),
        Verdict.ALL_EQUIPPED: _tr("携带人数等于实到"),
        Verdict.SOME_UNEQUIPPED: _tr("携带人数少于实到"),
        Verdict.DATA_MISSING: _tr("没有可用的数字，不作判定"),
    }[verdict]


def _exchanges(finding: Finding, *, alone: bool) -> list[Fact]:
    """Say of each question to a site system where it went and how it ended."""
    of = [] if alone else [words.call_word(finding.call)]
    return [
        (_tr("系统答复"), "　".join([*of, *_exchange(each)]))
        for each in finding.observation.exchanges
    ]


def _exchange(each: Exchange) -> list[str]:
    service = {
        Service.WORK_ORDERS: _tr("工单"),
        Service.DETECTION: _tr("检测"),
    }[each.service]
    # A system of another house need not say where it is asked.
    parts = [f"{service} · {each.system}", *([each.host] if each.host else [])]
    parts.append(_status(each.status))
    parts.append(words.duration(each.latency_ms))
    if each.attempts > 1:
        parts.append(_tr("试了 {n} 次").format(n=each.attempts))
    return parts


def _status(status: str) -> str:
    reasons = {reason.value: reason for reason in MissingReason}
    return words.missing_word(reasons[status]) if status in reasons else _tr("正常")


def _pictures(finding: Finding, *, alone: bool) -> list[Fact]:
    rows = []
    check = words.check_word(finding.call.check)
    of = [] if alone else [finding.call.site.name, check]
    pictures = finding.observation.evidence
    for number, picture in enumerate(pictures, 1):
        title = _tr("证据图")
        if len(pictures) > 1:
            title = _tr("证据图 {i}/{n}").format(i=number, n=len(pictures))
        kind = picture_kind(picture, alone=len(pictures) == 1)
        about = "　".join([*of, kind, *picture_facts(picture)])
        rows.append((title, f"{about}\n{picture.path}　SHA-256 {picture.sha256}"))
    return rows


def _heard(heard: Utterance) -> list[Fact]:
    rows = [
        (_tr("原话"), heard.text),
        (_tr("自由识别"), heard.free_text),
        (_tr("词表识别"), heard.lexicon_text),
        (_tr("其他听法"), "；".join(heard.alternatives)),
        (_tr("逐词把握"), _word_by_word(heard)),
        (_tr("识别器"), heard.recognizer),
    ]
    if heard.confidence is not None:
        rows.append((_tr("识别把握"), words.share(heard.confidence)))
    if heard.audio_s:
        text = _tr("{n} 秒").format(n=f"{heard.audio_s:.1f}")
        if heard.audio_sha256:
            text += f"　SHA-256 {heard.audio_sha256}"
        rows.append((_tr("录音"), text))
    return rows


def _word_by_word(heard: Utterance) -> str:
    return "　".join(
        f"{word.text} {words.share(word.confidence)}" for word in heard.words
    )


def _aloud(how: str) -> str:
    return {"on": _tr("朗读"), "muted": _tr("静音"), "off": _tr("没有打开")}.get(
        how, how
    )


def _times(times: Timings) -> str:
    stages = (
        (_tr("听"), times.hear_ms),
        (_tr("理解"), times.understand_ms),
        (_tr("查询"), times.query_ms),
        (_tr("总结"), times.summarise_ms),
        (_tr("共"), times.total_ms),
    )
    return "　".join(f"{name} {words.duration(ms)}" for name, ms in stages if ms)
