"""The sentences above and below a chart, on the screen and on paper."""

from datetime import date

from PySide6.QtCore import QCoreApplication

from app.core.trend_lines import SMALL, WITH_CHECK
from app.core.trends import GroupBy, first_day, next_start
from app.desktop.trends.choices import Wanted
from app.desktop.trends.measures import (
    bucket_word,
    counted_how,
    group_word,
    name_of,
)
from app.desktop.trends.plot import Plot
from app.desktop.words import check_word


def _tr(text: str) -> str:
    return QCoreApplication.translate("trends", text)


def title(wanted: Wanted) -> str:
    """Say what the chart is of."""
    first = first_day(wanted.first, wanted.bucket)
    return _tr("{measure}  {bucket}  {first} 至 {last}").format(
        measure=name_of(wanted.shown),
        bucket=bucket_word(wanted.bucket),
        first=f"{first:%Y-%m-%d}",
        last=f"{wanted.last:%Y-%m-%d}",
    )


def subtitle(wanted: Wanted) -> str:
    """Say how it is counted, and over what."""
    parts = [_tr("算法：{how}").format(how=counted_how(wanted.shown))]
    if wanted.region:
        parts.append(_tr("片区：{region}").format(region=wanted.region))
    if wanted.check is not None and wanted.shown.measure in WITH_CHECK:
        parts.append(_tr("检查：{check}").format(check=check_word(wanted.check)))
    if wanted.by is not GroupBy.ALL:
        parts.append(group_word(wanted.by))
    return _tr("；").join(parts)


def notes(plot: Plot, lines: int, today: date) -> str:
    """Explain what is drawn and would be taken for something else.

    `lines` is how many there are in all.
    """
    points = [point for drawn in plot.lines for point in drawn.line.points]
    gaps = any(len(drawn.line.points) < len(plot.starts) for drawn in plot.lines)
    said = []
    if gaps:
        said.append(_tr("断开处没有计数，不是零"))
    if plot.uncounted:
        said.append(_tr("斜纹：所画的线都没有计数"))
    if any(point.whole < SMALL for point in points):
        said.append(_tr("空心：计数不足 {n}，变一个就差很多").format(n=SMALL))
    if plot.scale.broken:
        low = plot.tick(plot.scale.low)
        said.append(_tr("纵轴断开，从 {low} 画起").format(low=low))
    newest = plot.starts[-1]
    if next_start(newest, plot.bucket) > today and any(
        point.start == newest for point in points
    ):
        said.append(_tr("最后一点未满期"))
    if lines > len(plot.lines):
        drawn = _tr("画了 {lines} 条线中的 {n} 条")
        said.append(drawn.format(n=len(plot.lines), lines=lines))
    return _tr("；").join(said)


def nothing_there(wanted: Wanted) -> str:
    """Say that there is nothing, and what to do."""
    first = first_day(wanted.first, wanted.bucket)
    return _tr(
        "{first} 至 {last} 没有可以统计{measure}的记录。"
        "把时间放长，或者换一个指标、片区或检查；做过巡检之后，这里会画出趋势。"
    ).format(
        first=f"{first:%Y-%m-%d}",
        last=f"{wanted.last:%Y-%m-%d}",
        measure=name_of(wanted.shown),
    )
