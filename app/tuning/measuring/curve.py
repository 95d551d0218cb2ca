"""The curve of a calibration as Markdown: what each threshold would cost."""

from app.agent.calibration import Measured, Outcome
from app.tuning.measuring.report_text import markdown
from app.tuning.measuring.scores import wilson


def curve_table(measured: Measured) -> str:
    """Write what becomes of all rows from threshold to threshold."""
    chosen = measured.calibration.threshold
    head = [
        "threshold",
        "dispatched without asking",
        "silently wrong",
        "asked needlessly",
    ]
    # The one that was chosen stands in the same order as the others.
    totals = [group.outcome for group in measured.groups]
    own = Outcome(
        threshold=chosen,
        rows=sum(one.rows for one in totals),
        dispatched=sum(one.dispatched for one in totals),
        silently_wrong=sum(one.silently_wrong for one in totals),
        needless=sum(one.needless for one in totals),
    )
    points = {one.threshold: one for one in (*measured.curve, own)}
    rows = []
    for threshold, one in sorted(points.items()):
        name = f"**{threshold:g}**" if threshold == chosen else f"{threshold:g}"
        rows.append([name, *_cells(one)])
    return markdown(head, rows)


def groups_table(measured: Measured) -> str:
    """Write what becomes of the rows of each kind at the threshold."""
    head = [
        "",
        "rows",
        "dispatched without asking",
        "silently wrong",
        "asked needlessly",
    ]
    rows = [
        [group.name, f"{group.outcome.rows:,}", *_cells(group.outcome)]
        for group in measured.groups
    ]
    return markdown(head, rows)


def calibration_text(measured: Measured) -> str:
    """Say in a paragraph which threshold was chosen, and by what."""
    whole = sum(group.outcome.rows for group in measured.groups)
    kept = (
        "the upper end of the 95 % interval of all rows keeps it"
        if measured.proven
        else "the rows are too few to prove it: only the share keeps half of it"
    )
    return (
        "The desk dispatches without a question from probability "
        f"**{measured.calibration.threshold:g}** on, if everything holds that must "
        f"hold whatever the probability is. It was chosen on {whole:,} rows of the "
        "dev split (phrases and places of their own, desks of several sizes, and "
        "recordings where the table names them) as the smallest at which at most "
        f"{measured.aim:.1%} of all rows are silently wrong; {kept}. Commit "
        f"`{measured.commit[:8]}`, SHA-256 of the rows `{measured.data_sha256[:16]}…`."
    )


def _cells(one: Outcome) -> list[str]:
    low, high = wilson(one.silently_wrong / max(1, one.rows), one.rows)
    share = one.silently_wrong / max(1, one.rows)
    return [
        f"{one.dispatched:,} ({one.dispatched / max(1, one.rows):.1%})",
        f"{one.silently_wrong} ({share:.2%} [{low:.2%}, {high:.2%}])",
        f"{one.needless:,} ({one.needless / max(1, one.rows):.1%})",
    ]
