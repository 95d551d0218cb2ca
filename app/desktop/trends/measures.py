"""What a trend is called, how it is counted, and how its spans and values read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from PySide6.QtCore import QCoreApplication

from app.core.model import Severity
from app.core.scales import rate_label
from app.core.trend_lines import SMALL
from app.core.trends import Bucket, GroupBy, Measure, TrendPoint, next_start


def _tr(text: str) -> str:
    return QCoreApplication.translate("trends", text)


@dataclass(frozen=True, slots=True)
class Shown:
    """A measure, and whether its number is shown or its rate."""

    measure: Measure
    as_number: bool = False


SHOWN: Final = (
    Shown(Measure.ATTENDANCE),
    Shown(Measure.HELMETS),
    Shown(Measure.EQUIPMENT),
    Shown(Measure.FINDINGS),
    Shown(Measure.FINDINGS, as_number=True),
    Shown(Measure.UNANSWERED),
    Shown(Measure.EARS_APART),
    Shown(Measure.MODEL_APART),
)
"""What can be chosen, in this order."""


def name_of(shown: Shown) -> str:
    """Name what is shown."""
    if shown.as_number:
        return _tr("发现数")
    return {
        Measure.ATTENDANCE: _tr("出勤率"),
        Measure.HELMETS: _tr("安全帽佩戴率"),
        Measure.EQUIPMENT: _tr("电笔携带率"),
        Measure.FINDINGS: _tr("发现率"),
        Measure.UNANSWERED: _tr("未答复率"),
        Measure.EARS_APART: _tr("听写分歧率"),
        Measure.MODEL_APART: _tr("模型分歧率"),
    }[shown.measure]


def counted_how(shown: Shown) -> str:
    """Say in a line how it is counted."""
    if shown.as_number:
        return _tr("级别为注意或告警的答复条数")
    return {
        Measure.ATTENDANCE: _tr(
            "到岗人数（不超过应到）÷ 应到人数；多出的人不抵别处的缺勤"
        ),
        Measure.HELMETS: _tr("佩戴安全帽的人数 ÷ 安全检查中数到的人数"),
        Measure.EQUIPMENT: _tr("携带电笔的人数 ÷ 设备检查中数到的人数"),
        Measure.FINDINGS: _tr("级别为注意或告警的答复 ÷ 有结论的答复"),
        Measure.UNANSWERED: _tr("没有可用数字的查询 ÷ 全部查询"),
        Measure.EARS_APART: _tr("两路识别不一致的语音指令 ÷ 有两路识别的语音指令"),
        Measure.MODEL_APART: _tr("与规则不同的模型语句 ÷ 模型写出的语句"),
    }[shown.measure]


def opened_what(measure: Measure) -> str:
    """Say which records a point opens: they are more than were counted."""
    return {
        Measure.ATTENDANCE: _tr("单击或回车打开该时段的全部人数检测，含没有数字的"),
        Measure.HELMETS: _tr("单击或回车打开该时段的全部安全检查，含没有数字的"),
        Measure.EQUIPMENT: _tr("单击或回车打开该时段的全部设备检查，含没有数字的"),
        Measure.FINDINGS: _tr("单击或回车打开该时段的全部记录，含没有结论的"),
        Measure.UNANSWERED: _tr("单击或回车打开该时段的全部记录"),
        Measure.EARS_APART: _tr("单击或回车打开该时段的全部记录，含没有两路识别的"),
        Measure.MODEL_APART: _tr("单击或回车打开该时段的全部记录，含模型没有写的"),
    }[measure]


def opened_besides(measure: Measure, by: GroupBy, group: str) -> str:
    """Say what is opened beside the records of a point that were counted."""
    if by is GroupBy.REGION and not group:
        return _tr("日志不能只查未写片区的，打开的是所有片区的记录")
    return {
        Measure.ATTENDANCE: _tr("打开的记录也含没有数字的"),
        Measure.HELMETS: _tr("打开的记录也含没有数字的"),
        Measure.EQUIPMENT: _tr("打开的记录也含没有数字的"),
        Measure.FINDINGS: _tr("打开的记录也含没有结论的"),
        Measure.UNANSWERED: _tr("打开的记录也含没有查询的"),
        Measure.EARS_APART: _tr("打开的记录也含没有两路识别的"),
        Measure.MODEL_APART: _tr("打开的记录也含模型没有写的"),
    }[measure]


PARTS: Final[Mapping[Measure, tuple[Severity, ...]]] = {
    Measure.FINDINGS: (Severity.ALARM, Severity.ATTENTION),
    Measure.UNANSWERED: (Severity.UNKNOWN,),
}
"""Of which severity the counted part is, where the log can be asked for that."""


def bucket_word(bucket: Bucket) -> str:
    """Name the length of a span."""
    return {
        Bucket.DAY: _tr("按日"),
        Bucket.WEEK: _tr("按周"),
        Bucket.MONTH: _tr("按月"),
    }[bucket]


def group_word(by: GroupBy) -> str:
    """Say what each line is of."""
    return {
        GroupBy.ALL: _tr("全部合计"),
        GroupBy.REGION: _tr("每个片区一条线"),
        GroupBy.SITE: _tr("每个工地一条线"),
    }[by]


def label_word(label: str, by: GroupBy) -> str:
    """Name a line; a region may have no name."""
    if by is GroupBy.ALL:
        return _tr("全部")
    return label or _tr("未写片区")


def span_word(start: date, bucket: Bucket) -> str:
    """Name a span as a person reads it: its first day, and its last."""
    if bucket is Bucket.DAY:
        return f"{start:%Y-%m-%d}"
    if bucket is Bucket.MONTH:
        return f"{start:%Y-%m}"
    last = next_start(start, bucket) - timedelta(days=1)
    return _tr("{first} 至 {last}").format(
        first=f"{start:%Y-%m-%d}", last=f"{last:%m-%d}"
    )


def value_word(point: TrendPoint, shown: Shown) -> str:
    """Write the value of a point."""
    return str(point.part) if shown.as_number else rate_label(point.part, point.whole)


def remarks(start: date, bucket: Bucket, whole: int, today: date) -> str:
    """Say what has to be known about a value before it is compared."""
    said = []
    if not whole:
        said.append(_tr("没有计数"))
    elif whole < SMALL:
        said.append(_tr("计数不足 {n}").format(n=SMALL))
    if next_start(start, bucket) > today:
        said.append(_tr("未满期"))
    return _tr("，").join(said)


def sentence(
    name: str, start: date, bucket: Bucket, point: TrendPoint, shown: Shown, today: date
) -> str:
    """Say all that is known of a point in a line."""
    said = _tr("{span}  {name}  {value}（{part}/{whole}，{runs} 次巡检）").format(
        span=span_word(start, bucket),
        name=name,
        value=value_word(point, shown),
        part=point.part,
        whole=point.whole,
        runs=point.runs,
    )
    more = remarks(start, bucket, point.whole, today)
    return f"{said}  {more}" if more else said
