"""The sheet as one page: Chinese headings, bars drawn in SVG, nothing from outside."""

from dataclasses import dataclass
from typing import Final

from app.core.model import Check, Intent
from app.system.paths import resources
from app.tuning.data.rowset import JOURNAL, TEACHER
from app.tuning.measuring.evaluate import EvalReport
from app.tuning.measuring.questions import BROUGHT, CLEAN
from app.tuning.measuring.report import Headline, Sheet, headline
from app.tuning.measuring.scores import Figures, Line, Score, Weighted

TEMPLATE: Final = "evaluation.html.j2"

_WORDS: Final = {
    "base": "仅底座",
    "prompt": "底座 + 书写提示",
    "tuned": "调优后",
    "rules": "仅规则",
    Intent.INSPECT: "巡检",
    Intent.NO_PLACE: "缺地点",
    Intent.NO_CHECK: "缺检查",
    Intent.UNSUPPORTED: "超出范围",
    Intent.UNCLEAR: "不清楚",
    Intent.GREETING: "问候 (拆分)",
    "hello": "问候 (答语)",
    Check.HEADCOUNT: "人数检测",
    Check.HELMET: "安全检查",
    Check.EQUIPMENT: "设备检查",
    "none": "非答案",
    CLEAN: "无噪声",
    f"{BROUGHT}csv": "带来的短语 (留出)",
    f"{BROUGHT}{JOURNAL}": "日志中的更正 (留出)",
    f"{BROUGHT}{TEACHER}": "老师标注的话 (留出)",
    "all_present": "无人缺勤",
    "some_absent": "有人缺勤",
    "too_many": "人数异常",
    "no_order_but_people": "无工单出工",
    "no_order_nobody": "无工单无人",
    "nobody_at_work": "无人施工",
    "all_helmeted": "均戴安全帽",
    "some_bareheaded": "有人未戴",
    "all_equipped": "均带设备",
    "some_unequipped": "有人未带",
    "data_missing": "数据缺失",
}


@dataclass(frozen=True)
class Table:
    """A table of scores: one row a name, one column a group."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Score | Weighted | None, ...]], ...]


@dataclass(frozen=True)
class Matrix:
    """How often each intent was answered where another was right."""

    group: str
    names: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]


def page(sheet: Sheet) -> str:
    """Return the page. Everything that comes from data is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(resources() / "reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["word"] = word
    environment.filters["percent"] = percent
    environment.filters["interval"] = interval
    environment.filters["number"] = _number
    heads = [headline(one) for one in sheet.readers]
    chosen = next(
        (one for one in sheet.readers if one.name == "tuned"), sheet.readers[0]
    )
    return environment.get_template(TEMPLATE).render(
        sheet=sheet,
        heads=heads,
        rows=_headline_rows(heads),
        chosen=chosen,
        levels=_levels(sheet),
        by_kind=_ways(chosen, "kinds"),
        by_intent=_ways(chosen, "intents"),
        by_check=_ways(chosen, "checks"),
        by_calls=_ways(chosen, "calls"),
        overall=_overall(chosen),
        matrices=[_matrix(one) for one in chosen.closed],
        verdicts=_verdicts(chosen),
    )


def word(name: str) -> str:
    """Return the operator's word for a name of the data, else the name itself."""
    if name in _WORDS:
        return _WORDS[name]
    check, _, verdict = name.partition(" ")
    if verdict in _WORDS:
        return f"{_WORDS.get(check, check)} · {_WORDS[verdict]}"
    return name.replace("cer ", "字错率 ")


def percent(score: Score | Weighted | None) -> str:
    """Write a share in percent, a dash where there is none."""
    if score is None or (isinstance(score, Score) and not score.total):
        return "–"
    return f"{score.share * 100:.1f}"


def interval(score: Score | Weighted | None) -> str:
    """Write the interval in percent, empty where there is no share."""
    if score is None or (isinstance(score, Score) and not score.total):
        return ""
    low, high = score.interval
    return f"{low * 100:.1f} – {high * 100:.1f}"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}".replace(",", " ")


def _headline_rows(
    heads: list[Headline],
) -> list[tuple[str, list[Score | None]]]:
    return [
        ("指令全对, 封闭语言, 无噪声", [one.closed_clean for one in heads]),
        ("指令全对, 封闭语言, 字错率 10 %", [one.closed_noisy for one in heads]),
        ("指令全对, 无语法约束, 无噪声", [one.free_clean for one in heads]),
        ("指令全对, 无语法约束, 字错率 10 %", [one.free_noisy for one in heads]),
        ("超出范围而拒绝 (越高越好)", [one.refused for one in heads]),
        ("范围之内被拒绝 (越低越好)", [one.wrongly_refused for one in heads]),
        ("悄悄查错 (越低越好)", [one.silently_wrong for one in heads]),
        ("该查却反问 (越低越好)", [one.asked_instead for one in heads]),
        ("总结, 模型所写与规则一致", [one.summaries_before for one in heads]),
        ("总结, 核对后所示正确", [one.summaries_after for one in heads]),
    ]


def _levels(sheet: Sheet) -> Table:
    """Lay groups beside readers: calls exact in the closed language."""
    groups = dict.fromkeys(group for one in sheet.readers for group in one.groups)
    rows = []
    for group in groups:
        found = [one.figures(group, closed=True) for one in sheet.readers]
        rows.append((group, tuple(one.all_calls if one else None for one in found)))
    return Table(tuple(one.name for one in sheet.readers), tuple(rows))


def _ways(report: EvalReport, part: str) -> list[tuple[str, Table]]:
    return [
        (title, _table(found, part))
        for title, found in (
            ("封闭语言", report.closed),
            ("无语法约束", report.free),
        )
        if found
    ]


def _table(groups: tuple[Figures, ...], part: str) -> Table:
    lines: list[dict[str, Score]] = []
    for group in groups:
        parts: tuple[Line, ...] = getattr(group, part)
        lines.append({line.name: line.score for line in parts})
    names = dict.fromkeys(name for one in lines for name in one)
    return Table(
        tuple(one.group for one in groups),
        tuple((name, tuple(one.get(name) for one in lines)) for name in names),
    )


def _overall(report: EvalReport) -> list[tuple[str, Table]]:
    found = []
    for title, groups in (("封闭语言", report.closed), ("无语法约束", report.free)):
        if not groups:
            continue
        rows: list[tuple[str, tuple[Score | Weighted | None, ...]]] = [
            ("指令全对 (不加权, 每句等权)", tuple(one.all_calls for one in groups)),
            (
                "指令全对 (加权, 按训练比例)",
                tuple(one.weighted_calls for one in groups),
            ),
        ]
        if groups is report.free:
            rows += [
                (
                    "全部步骤 (不加权, 每行等权)",
                    tuple(one.everything for one in groups),
                ),
                (
                    "全部步骤 (加权, 按训练比例)",
                    tuple(one.weighted for one in groups),
                ),
            ]
        found.append((title, Table(tuple(one.group for one in groups), tuple(rows))))
    return found


def _matrix(found: Figures) -> Matrix:
    counts = {(one.wanted, one.given): one.count for one in found.confusion}
    wanted = dict.fromkeys(one.wanted for one in found.confusion)
    given = dict.fromkeys([*wanted, *(one.given for one in found.confusion)])
    return Matrix(
        found.group,
        tuple(given),
        tuple(
            (name, tuple(counts.get((name, other), 0) for other in given))
            for name in wanted
        ),
    )


def _verdicts(report: EvalReport) -> list[tuple[str, Score | None, Score]]:
    if report.summaries is None:
        return []
    before = {line.name: line.score for line in report.summaries.before}
    return [
        (line.name, before.get(line.name), line.score)
        for line in report.summaries.after
    ]
