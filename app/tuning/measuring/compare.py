"""All methods side by side: same base, same rows, same budget, one process each.

A process of its own makes peak memory honest and keeps one method's failure from the
others. What is finished is not run again: the same command continues a comparison that
was stopped, and a training that was cut short goes on from its last checkpoint.

The budget is a number of rows, the same for all, or a time: then a few steps are timed
first and the number of steps follows. All methods are measured on the same held-out
rows. A tuning of a base in 4 bits is measured on the base as it is stored.
"""

import hashlib
import json
import multiprocessing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from app.core.errors import UsageError
from app.modelstore.bases import weights_sha256
from app.system.files import write_json
from app.tuning.data.rowfile import hash_of, read_rows
from app.tuning.measuring.compare_way import (
    FAILED,
    RESULT,
    WAYS,
    CompareConfig,
    Outcome,
    Tell,
    Trained,
    Way,
    run_here,
)
from app.tuning.measuring.report import Headline
from app.tuning.measuring.report_text import markdown, plain
from app.tuning.measuring.scores import Score

TABLE_JSON: Final = "comparison.json"
TABLE_MARKDOWN: Final = "comparison.md"

_MEASURE: Final = 2
"""Version of how time is taken: lines of two kinds must not stand in one table."""
_FILES: Final = ("train.json", "dev.json")


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The table, and what did not come to a line."""

    outcomes: tuple[Outcome, ...]
    failures: tuple[tuple[str, str], ...]
    """Name of a way and why it has no line."""


def compare(
    config: CompareConfig, tell: Tell, *, run: "Run | None" = None
) -> Comparison:
    """Train and measure every way that has no result yet; write the table.

    Args:
        config: What is compared.
        tell: Hears one line at a time; pickled for the processes.
        run: Runs one way; a process of its own if not given.

    Raises:
        UsageError: A way is not known, the budget is missing, or the folder holds
            another comparison.
        TuneError: The base cannot be tuned.
        DataError: A row is broken.
    """
    ways = [_way(name) for name in dict.fromkeys(config.ways)]
    if (config.steps > 0) == (config.minutes > 0):
        raise UsageError(
            "对比需要一个预算, 步数或分钟数, 二者选一",
            "例如: --steps 300, 或 --minutes 20。",
        )
    _check(config)
    for way in ways:
        _claim(config, way, _key(config, way))
    outcomes: list[Outcome] = []
    failures: list[tuple[str, str]] = []
    for number, way in enumerate(ways, 1):
        head = f"[{number}/{len(ways)}] {way.title}"
        raw = _finished(config, way)
        if raw is None:
            tell(f"{head}: 训练并评测")
            why = (run or run_apart)(config, way, tell)
            raw = _finished(config, way)
            if raw is None:
                failures.append((way.name, why or "进程意外结束"))
                tell(f"{head}: 没有结果 ({failures[-1][1]})")
                continue
        else:
            tell(f"{head}: 已有结果")
        outcomes.append(raw)
        _write(config, Comparison(outcomes=tuple(outcomes), failures=tuple(failures)))
    found = Comparison(outcomes=tuple(outcomes), failures=tuple(failures))
    _write(config, found)
    return found


Run = Callable[[CompareConfig, Way, Tell], str]
"""Runs one way and leaves its result in its folder, or says why there is none."""


def run_apart(config: CompareConfig, way: Way, tell: Tell) -> str:
    """Run one way in a process of its own; returns why there is no result, if so."""
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=run_here, args=(config, way, tell))
    process.start()
    try:
        process.join()
    except BaseException:
        process.terminate()
        process.join()
        raise
    failed = config.out / way.name / FAILED
    if failed.is_file():
        return failed.read_text(encoding="utf-8").strip()
    return "" if process.exitcode == 0 else f"进程以状态 {process.exitcode} 结束"


def _way(name: str) -> Way:
    for way in WAYS:
        if way.name == name:
            return way
    names = ", ".join(way.name for way in WAYS)
    raise UsageError(f"没有名为 {name} 的调优方法", f"可用的方法: {names}。")


def _check(config: CompareConfig) -> None:
    """Say once what would fail in every process."""
    from app.tuning.training.backbone import check_base

    check_base(config.base)
    for name in _FILES:
        read_rows(config.data / name)


def _key(config: CompareConfig, way: Way) -> str:
    """Sum up all that decides a line of the table."""
    from app.tuning.training.methods import plan_of

    told = (
        _MEASURE,
        way,
        # Numbers of a preset that have changed since make another line.
        plan_of(way.method, way.preset),
        weights_sha256(config.base),
        hash_of(config.data, _FILES),
        config.steps,
        config.minutes,
        config.rows,
        config.dev_rows,
        config.seed,
        config.threads,
    )
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _claim(config: CompareConfig, way: Way, key: str) -> None:
    """Make a way's folder this comparison's own.

    Raises:
        UsageError: It belongs to another one, or cannot be written.
    """
    mark = config.out / way.name / "key.txt"
    try:
        if mark.is_file():
            if mark.read_text(encoding="utf-8").strip() == key:
                return
            raise UsageError(
                f"文件夹 {config.out.name} 中的 {way.name} 属于另一次对比"
                " (底座、数据、预设、预算、种子或评测行数不同)",
                "请另选一个 --out, 或用原来的参数继续。",
            )
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text(key + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"无法写入 {config.out.name} ({error.strerror or error})",
            "请检查磁盘空间和文件夹权限后重试。",
        ) from error


def _finished(config: CompareConfig, way: Way) -> Outcome | None:
    path = config.out / way.name / RESULT
    if not path.is_file():
        return None
    raw = json.loads(path.read_text(encoding="utf-8"))
    return Outcome(
        way=way.name,
        title=way.title,
        trained=Trained(**raw["trained"]),
        measured=_headline(raw["measured"]),
    )


def _headline(raw: dict[str, Any]) -> Headline:
    """Read back what `plain` wrote."""
    values: dict[str, Any] = {
        name: Score(value["right"], value["total"])
        if isinstance(value, dict)
        else value
        for name, value in raw.items()
    }
    return Headline(**values)


def table(found: Comparison) -> str:
    """Lay the ways beside one another, as Markdown."""
    head = [
        "method",
        "closed, clean",
        "closed, 10 % CER",
        "free, clean",
        "free, 10 % CER",
        "trained parameters",
        "file, kB",
        "rows",
        "minutes in steps",
        "CPU minutes in steps",
        "rows/s",
        "peak memory, MB (added)",
        "ms an answer, closed / free",
    ]
    rows = [_line(one) for one in found.outcomes]
    rows += [[_way(name).title, f"no result: {why}"] for name, why in found.failures]
    return markdown(head, [[*row, *[""] * (len(head) - len(row))] for row in rows])


def _line(one: Outcome) -> list[str]:
    trained, measured = one.trained, one.measured
    memory = f"{trained.memory_mb:.0f} ({trained.added_mb:.0f})"
    if trained.device_mb:
        memory += f", GPU {trained.device_mb:.0f}"
    return [
        one.title,
        *(
            _share(score)
            for score in (
                measured.closed_clean,
                measured.closed_noisy,
                measured.free_clean,
                measured.free_noisy,
            )
        ),
        f"{trained.trainable:,}",
        f"{measured.bytes / 1000:.0f}",
        f"{trained.rows:,}",
        f"{trained.minutes:.1f}",
        f"{trained.cpu_minutes:.1f}",
        f"{trained.rows_per_second:.0f}",
        memory,
        f"{measured.closed_ms or 0:.0f} / {measured.free_ms or 0:.0f}",
    ]


def _share(score: Score | None) -> str:
    if score is None:
        return "–"
    low, high = score.interval
    return f"{100 * score.share:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def _write(config: CompareConfig, found: Comparison) -> None:
    write_json(config.out / TABLE_JSON, plain(found))
    text = table(found) + "\n"
    (config.out / TABLE_MARKDOWN).write_text(text, encoding="utf-8")
