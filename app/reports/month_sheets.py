"""A monthly summary as tables."""

from datetime import date, timedelta

from app.core.checks import label, missing_label
from app.core.model import Severity
from app.core.month_report import HOW_COUNTED
from app.core.reporting import MonthlySummary, RateLine, Spent
from app.core.trends import GroupBy, Measure, TrendPoint
from app.reports.sheet import (
    NO_DATA,
    NONE,
    Row,
    Sheet,
    clock,
    number,
    percent,
    share,
    text,
)
from app.reports.shift_sheets import totals_sheet
from app.reports.wording import LEVELS, MEASURES, SEVERITIES, VERDICTS, lasting

WEEKS_NOTE = "按周 (周一起, 只计本月内的日子)"
RATES_NOTE = f"{WEEKS_NOTE}; 没有计数的周没有行"
SYSTEMS_NOTE = (
    "对每个现场系统的提问数和没有得到可用答复的数; 旧记录没有留下逐次提问, 不计在内"
)
MISSING_NOTE = "没有可用数字的查询, 按原因"
KINDS_NOTE = "级别为告警或注意的答复, 按结论"
AGES_NOTE = "导出时所有未结的异常 (不限本月), 按发现至今的时间"


def month_sheets(summary: MonthlySummary) -> tuple[Sheet, ...]:
    """Make the tables of a monthly summary."""
    none = NONE if summary.totals else NO_DATA
    return (
        Sheet(
            key="month",
            title="本月",
            columns=(
                text("name", "指标", 22),
                text("value", "数值", 34),
                text("how", "怎样统计", 60),
            ),
            rows=key_figures(summary),
        ),
        totals_sheet(summary.totals, "本月开始的查询的答复数, 一次查询可有多条"),
        Sheet(
            key="kinds",
            title="异常分类",
            columns=(
                text("check", "检查", 12),
                text("kind", "结论", 18),
                text("severity", "级别", 8),
                number("count", "次数"),
            ),
            rows=[
                (label(k.check), VERDICTS[k.verdict], SEVERITIES[k.severity], k.count)
                for k in summary.kinds
            ],
            note=KINDS_NOTE,
            nothing=none,
        ),
        _rates(summary),
        Sheet(
            key="ages",
            title="未结龄期",
            columns=(text("age", "发现至今", 22), number("count", "条数")),
            rows=[(band.label, band.count) for band in summary.open_by_age],
            note=AGES_NOTE,
        ),
        systems_sheet(summary),
        Sheet(
            key="missing",
            title="数据缺失原因",
            columns=(text("reason", "原因", 18), number("count", "次数")),
            rows=[(missing_label(reason), count) for reason, count in summary.missing],
            note=MISSING_NOTE,
            nothing=none,
        ),
    )


def key_figures(summary: MonthlySummary) -> list[tuple[str, str | int, str]]:
    """Give name, value and way of counting of the figures of the whole month."""
    answers = sum(total.answers for total in summary.totals)
    alarms = sum(k.count for k in summary.kinds if k.severity is Severity.ALARM)
    first = summary.since
    runs = f"{clock(first)} 起、{clock(summary.until)} 前 (北京时间) 开始的运行"
    figures: list[tuple[str, str | int, str]] = [
        ("运行", summary.runs or NO_DATA, runs),
        (
            "答复",
            answers or NO_DATA,
            "运行中逐个工地、逐项检查的答复",
        ),
        ("告警", alarms if answers else NO_DATA, "级别为告警的答复"),
    ]
    for measure in Measure:
        if measure is Measure.EARS_APART:
            value = _point(summary.ears)
        elif measure is Measure.MODEL_APART:
            value = _point(summary.model)
        else:
            line = whole_line(summary, measure)
            value = percent(line.part, line.whole) if line else NO_DATA
        figures.append((MEASURES[measure], value, HOW_COUNTED[measure]))
    figures += [
        (
            "告警确认用时",
            _spent(summary.acknowledging, "未确认"),
            "从运行结束到有人确认; 平均只计已确认的",
        ),
        (
            "异常关闭用时",
            _spent(summary.closing, "未关闭"),
            "从运行结束到最后一次关闭或判为误报; 平均只计已关闭的",
        ),
        ("未结", summary.open_count, AGES_NOTE),
    ]
    return figures


def whole_line(summary: MonthlySummary, measure: Measure) -> RateLine | None:
    """Find the rate of the whole desk; None: nothing was counted."""
    for line in summary.rates:
        if line.measure is measure and line.by is GroupBy.ALL:
            return line if line.whole else None
    return None


def _point(point: TrendPoint | None) -> str:
    return percent(point.part, point.whole) if point else NO_DATA


def _spent(spent: Spent, waiting: str) -> str:
    left = f"{waiting} {spent.waiting} 条" if spent.waiting else ""
    if spent.mean is None or spent.longest is None:
        return f"{NO_DATA}; {left}" if left else NO_DATA
    told = f"平均 {lasting(spent.mean)}, 最长 {lasting(spent.longest)}"
    return "; ".join(part for part in (f"{told}, {spent.done} 条", left) if part)


def group_words(line: RateLine) -> str:
    """Name what a rate is of; a site need not have a region."""
    return line.label or ("全部" if line.by is GroupBy.ALL else "未注明")


def week_words(start: date, summary: MonthlySummary) -> str:
    """Name a week by those of its days that are in the month."""
    last = (summary.month.replace(day=28) + timedelta(days=4)).replace(day=1)
    begin = max(start, summary.month)
    end = min(start + timedelta(days=6), last - timedelta(days=1))
    return f"{begin.month}/{begin.day}–{end.month}/{end.day}"


def _rates(summary: MonthlySummary) -> Sheet:
    rows: list[Row] = [
        (
            MEASURES[line.measure],
            LEVELS[line.by],
            group_words(line),
            point.start.isoformat(),
            week_words(point.start, summary),
            point.rate,
            point.part,
            point.whole,
            point.runs,
        )
        for line in summary.rates
        for point in line.points
        if point.whole
    ]
    how = "; ".join(
        f"{MEASURES[measure]} = {HOW_COUNTED[measure]}"
        for measure in dict.fromkeys(line.measure for line in summary.rates)
    )
    return Sheet(
        key="rates",
        title="各周比率",
        columns=(
            text("measure", "指标", 16),
            text("level", "范围", 8),
            text("label", "名称", 30),
            text("week", "周 (周一)", 12),
            text("days", "本月内", 14),
            share("rate", "比率"),
            number("part", "分子"),
            number("whole", "分母"),
            number("runs", "运行数"),
        ),
        rows=rows,
        note=f"{RATES_NOTE}. {how}" if how else RATES_NOTE,
        nothing=NO_DATA,
    )


def systems_sheet(summary: MonthlySummary) -> Sheet:
    """Make the table of the site systems."""
    return Sheet(
        key="systems",
        title="现场系统",
        columns=(
            text("system", "系统", 22),
            number("asked", "提问"),
            number("failed", "未答复"),
            share("rate", "未答复率"),
            text("reasons", "原因", 46),
        ),
        rows=[
            (
                one.system,
                one.asked,
                one.failed,
                one.failed / one.asked if one.asked else None,
                ", ".join(f"{missing_label(r)} {n}" for r, n in one.reasons),
            )
            for one in summary.systems
        ],
        note=SYSTEMS_NOTE,
        nothing=NO_DATA,
    )
