"""How adapters and their evaluation are printed."""

from collections.abc import Sequence

from app.core.adapters import TASK_NAMES, AdapterFigure, AdapterSheet, Task, Trust

_TRUST_WORDS = {
    Trust.SHIPPED: "随程序附带",
    Trust.KNOWN: "签名可信",
    Trust.UNKNOWN: "签名人不在信任名单中",
    Trust.UNSIGNED: "没有签名",
}


def figure_lines(figures: Sequence[AdapterFigure]) -> list[str]:
    """Give one line a figure, or one that says there are none."""
    return [
        f"{one.name}: {one.share:.1%} ({one.right}/{one.total}, "
        f"95% 区间 {one.low:.1%}–{one.high:.1%})"
        for one in figures
    ] or ["没有评测结果"]


def sheet_lines(sheet: AdapterSheet) -> list[str]:
    """Give what is known of an adapter, for people."""
    signer = f", {sheet.signer}" if sheet.signer else ""
    lines = [
        f"{sheet.name}\t{_use(sheet)}\t{sheet.title}",
        f"  底座 {sheet.base} ({sheet.base_sha256[:16]}…)",
        f"  来源 {_TRUST_WORDS[sheet.trust]}{signer}",
    ]
    if sheet.made_at:
        lines.append(f"  制作 {sheet.made_at}")
    lines += [f"  {line}" for line in figure_lines(sheet.figures)]
    if sheet.evaluation is not None:
        lines.append(f"  完整评测 {sheet.evaluation}")
    if sheet.fault:
        lines.append(f"  不能使用: {sheet.fault}")
    return lines


def _use(sheet: AdapterSheet) -> str:
    if not sheet.tasks:
        return "未启用"
    if len(sheet.tasks) == len(Task):
        return "使用中"
    return f"用于{'、'.join(TASK_NAMES[task] for task in sheet.tasks)}"


def sheet_json(sheet: AdapterSheet) -> dict[str, object]:
    """Give the shape of one adapter."""
    return {
        "name": sheet.name,
        "title": sheet.title,
        "base": sheet.base,
        "base_sha256": sheet.base_sha256,
        "made_at": sheet.made_at or None,
        "trust": sheet.trust.value,
        "signer": sheet.signer or None,
        "active": sheet.active,
        "tasks": [task.value for task in sheet.tasks],
        "usable": not sheet.fault,
        "detail": sheet.fault,
        "evaluation": str(sheet.evaluation) if sheet.evaluation else None,
        "figures": {
            one.key: {
                "right": one.right,
                "total": one.total,
                "share": one.share,
                "low": one.low,
                "high": one.high,
            }
            for one in sheet.figures
        },
    }
