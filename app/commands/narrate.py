"""A run on the console, told as it happens, and why it was understood so."""

from collections.abc import Sequence
from typing import Final

from app.commands.output import REASON_WORDS, SEVERITY_WORDS, SOURCE_WORDS, calls_words
from app.core import events
from app.core.checks import label, missing_label
from app.core.explanation import Reason
from app.core.model import Intent, Understanding

FEW: Final = 12
"""Calls that are told one by one; of more only the progress is."""
_STEPS: Final = 10
"""How often the progress of many calls is told."""

_INTENT_WORDS = {
    Intent.INSPECT: "巡检",
    Intent.GREETING: "问候",
    Intent.UNSUPPORTED: "超出巡检范围",
    Intent.NO_PLACE: "没有说明工地",
    Intent.NO_CHECK: "没有说明检查内容",
    Intent.UNCLEAR: "没有听明白",
}


def narrate(event: events.RunEvent) -> str | None:
    """Give the line for an event; None when there is nothing to say."""
    match event:
        case events.Heard(utterance=heard):
            seconds = f" ({heard.audio_s:.1f} 秒录音)" if heard.audio_s else ""
            unsure = "" if heard.agreed else f" [不确定, 自由听写: {heard.free_text}]"
            return f"  听到   {heard.text}{seconds}{unsure}"
        case events.Understood(understanding=understood):
            return f"  理解   {_meaning(understood)}"
        case events.CallStarted(call=call):
            return f"  查询   {call.site.name} · {label(call.check)} …"
        case events.Observed(call=call, latency_ms=latency, missing=missing):
            how = missing_label(missing) if missing else "已答复"
            what = f"{call.site.name} · {label(call.check)}"
            return f"  答复   {what} {how} ({latency:.0f} 毫秒)"
        case events.Summarised(finding=finding):
            word = SEVERITY_WORDS[finding.severity]
            said = f"  结果   {finding.call.site.name} {finding.summary}  〈{word}〉"
            sources = "、".join(finding.observation.sources)
            return f"{said} 来源 {sources}" if sources else said
        case events.Asked(question=question):
            keys = "  ".join(
                f"{n}. {c.label}" for n, c in enumerate(question.candidates, 1)
            )
            return f"  提问   {question.sentence}{'  ' + keys if keys else ''}"
        case events.Declined(sentence=sentence):
            return f"  答复   {sentence}"
        case events.RunFailed(fault=fault):
            return f"  失败   {fault.message}。{fault.remedy} [{fault.code}]"
        case events.RunCancelled():
            return "  取消   本次查询已取消"
        case events.RunFinished(record=record):
            total = record.timings.total_ms
            return f"  记录   {record.run_id[:8]} 已写入巡检日志 ({total:.0f} 毫秒)"
        case _:
            return None


def explain(text: str, reasons: Sequence[Reason]) -> list[str]:
    """Give the sentence with the words that count marked, and a line for each reason.

    The marks carry the numbers of the lines: 查一下【济男】①工地的【人数】②.
    """
    lines = []
    for number, reason in enumerate(reasons, 1):
        words = f"「{reason.words}」"
        # Many a meaning names its words itself.
        words = "" if not reason.words or words in reason.meaning else f"{words} → "
        kind = REASON_WORDS[reason.kind]
        lines.append(f"{_numeral(number)} {kind}  {words}{reason.meaning}")
    return [_marked(text, reasons), *lines]


def account(text: str, understood: Understanding) -> list[str]:
    """Tell people of a reading: the marked sentence, its reasons, what came of it."""
    lines = [*explain(text, understood.reasons), f"理解  {_meaning(understood)}"]
    if understood.question is not None:
        labels = [candidate.label for candidate in understood.question.candidates]
        keys = (f"{n}. {label}" for n, label in enumerate(labels, 1))
        lines.append("  ".join(("提问", understood.question.sentence, *keys)))
    elif understood.reply:
        lines.append(f"答复  {understood.reply}")
    return lines


def _marked(text: str, reasons: Sequence[Reason]) -> str:
    parts, done = [], 0
    for start, end, numbers in _spans(text, reasons):
        numerals = "".join(map(_numeral, numbers))
        parts.append(f"{text[done:start]}【{text[start:end]}】{numerals}")
        done = end
    return "".join([*parts, text[done:]])


def _spans(text: str, reasons: Sequence[Reason]) -> list[tuple[int, int, list[int]]]:
    """Give the parts of the text that reasons stand on; those that overlap as one."""
    found = sorted(
        (reason.start, reason.start + len(reason.words), number)
        for number, reason in enumerate(reasons, 1)
        if reason.words
        and reason.start is not None
        and reason.start >= 0
        and text.startswith(reason.words, reason.start)
    )
    spans: list[tuple[int, int, list[int]]] = []
    for start, end, number in found:
        if spans and start < spans[-1][1]:
            first, reach, numbers = spans[-1]
            spans[-1] = (first, max(reach, end), sorted([*numbers, number]))
        else:
            spans.append((start, end, [number]))
    return spans


def _numeral(number: int) -> str:
    """Give a number in a circle, as far as there are any."""
    return chr(ord("①") + number - 1) if number <= 20 else f"({number})"


def _meaning(understood: Understanding) -> str:
    if understood.repeats:
        before = understood.continues[:8]
        return f"再说一遍运行 {before} 的答复, 没有重新查询"
    intent = _INTENT_WORDS[understood.intent]
    pairs = [(m.place or "未提工地", m.check) for m in understood.mentions]
    pairs = pairs or [(c.site.name, c.check) for c in understood.calls]
    what = f": {calls_words(pairs[:FEW])}" if pairs else ""
    if len(pairs) > FEW:
        what += f" … 共 {len(pairs)} 项"
    sure = f"{understood.confidence:.0%}"
    after = f", 接着运行 {understood.continues[:8]}" if understood.continues else ""
    return f"{intent}{what}{after} [{SOURCE_WORDS[understood.source]} {sure}]"


class Progress:
    """How far a run with many calls is, in a line now and then."""

    def __init__(self) -> None:
        """Know of no call yet."""
        self._total = self._answered = self._lost = 0

    @property
    def many(self) -> bool:
        """Whether there are too many calls to tell of each."""
        return self._total > FEW

    def follow(self, event: events.RunEvent) -> str | None:
        """Give the line that this event makes due; None when there is none."""
        match event:
            case events.Understood(understanding=understood):
                self._total = len(understood.calls)
            case events.Observed(missing=missing) if self.many:
                self._answered += 1
                self._lost += missing is not None
                return self._due()
        return None

    def tells(self, event: events.RunEvent) -> bool:
        """Whether the progress already says what this event says."""
        return self.many and isinstance(event, events.CallStarted | events.Observed)

    def _due(self) -> str | None:
        step, before = (
            n * _STEPS // self._total for n in (self._answered, self._answered - 1)
        )
        if step == before:
            return None
        lost = f", 数据缺失 {self._lost}" if self._lost else ""
        return f"  进度   已答复 {self._answered} / {self._total}{lost}"
