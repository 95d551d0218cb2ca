"""What was said before, for a command line that keeps nothing: `--after RUN_ID`."""

from typing import Annotated, Final

import typer

from app.compose import House
from app.core.dialogue import KEPT_S, NOTHING, Context, Dialogue
from app.core.errors import UsageError
from app.core.model import RunRecord

_LONGEST: Final = 8
"""Runs that lean on one another, as far back as is looked."""

After = Annotated[
    str,
    typer.Option(
        "--after",
        metavar="RUN_ID",
        help="Understand it as said right after this run of the log.",
    ),
]


def context_after(house: House, run_id: str) -> Context:
    """Give what a command after the run may lean on; no run: nothing.

    Raises:
        UsageError: There is no such run, it is too long ago, or it leaves nothing.
    """
    if not run_id:
        return NOTHING
    record = _record(house, run_id)
    if record is None:
        raise UsageError(
            f"巡检日志里没有编号为 {run_id} 的记录, 不能接着它说",
            "请用 griddesk log list 查看运行编号。",
        )
    # Its question may be about what an earlier run asked for: that one goes first.
    chain = [record]
    while len(chain) < _LONGEST and (before := _continued(house, chain[-1])):
        chain.append(before)
    dialogue = Dialogue(house.clock.now)
    for each in reversed(chain):
        dialogue.remember(each)
    context = dialogue.context()
    if context != NOTHING:
        return context
    age = (house.clock.now() - record.finished_at).total_seconds()
    if not 0 <= age <= KEPT_S:
        raise UsageError(
            f"编号 {record.run_id[:8]} 的查询已超过{KEPT_S / 60:g}分钟, 不能接着它说",
            "请说出完整的指令, 例如: 查一下济南工地的人数。",
        )
    raise UsageError(
        f"编号 {record.run_id[:8]} 的记录没有查询, 也没有提问, 没有可以接着说的",
        "请说出完整的指令, 例如: 查一下济南工地的人数。",
    )


def _record(house: House, run_id: str) -> RunRecord | None:
    entry = house.journal.get(run_id)
    return entry.record if entry is not None else None


def _continued(house: House, record: RunRecord) -> RunRecord | None:
    understood = record.understanding
    if understood is None or not understood.continues:
        return None
    return _record(house, understood.continues)
