"""A run on the console, told as it happens."""

from typing import Final

from app.commands.output import SEVERITY_WORDS, calls_words
from app.core import events
from app.core.checks import label, missing_label
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
            return f"  答复   {call.site.name} {how} ({latency:.0f} 毫秒)"
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


def _meaning(understood: Understanding) -> str:
    intent = _INTENT_WORDS[understood.intent]
    pairs = [(m.place or "?", m.check) for m in understood.mentions]
    pairs = pairs or [(c.site.name, c.check) for c in understood.calls]
    what = f": {calls_words(pairs[:FEW])}" if pairs else ""
    if len(pairs) > FEW:
        what += f" … 共 {len(pairs)} 项"
    sure = f"{understood.confidence:.0%}"
    return f"{intent}{what} [{understood.source.value} {sure}]"


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
