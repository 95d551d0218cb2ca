"""The performance table, measured here and now."""

import asyncio
import csv
import os
import platform
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from typing import Annotated

import typer

from app import __version__
from app.commands.bench_window import start_figures, window_figures
from app.commands.errors import told
from app.commands.output import note, print_json
from app.compose import House
from app.core import events
from app.core.errors import ModelMissingError
from app.core.model import Origin, Outcome, RunRecord
from app.core.request import new_run_id
from app.system import paths
from app.tuning.training.memory import peak_of_process

_COMMANDS = (
    "查一下{place}工地的人数",
    "检测在{place}的安全帽佩戴情况",
    "告诉我{place}工地电笔配备检查结果",
)
_VARIED = (
    "先查{place}的安全帽, 再查{other}的人数",
    "{place}今天有几个人没带电笔",
    "{place}和{other}的人都到齐了吗",
    "麻烦看看{place}那边什么情况",
    "把{place}工地的电源断开",
    "铁厂沟那边安全帽戴得怎么样",
    "今天天气怎么样",
    "你好",
)
"""What else a desk hears: several sites, no check, an unknown place, refusals."""
_APPENDS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Median and 95th percentile, in milliseconds."""

    p50_ms: float
    p95_ms: float


def bench(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.")
    ] = False,
    tuning: Annotated[
        int,
        typer.Option(
            metavar="STEPS",
            min=0,
            help="Measure the training as well: so many steps of the textbook script, "
            "64 rows each, and ours on as many rows.",
        ),
    ] = 0,
) -> None:
    """Measure understanding, hearing, runs, journal, window and start on this machine.

    The user's own journal is not touched: everything happens in a folder of its own.
    """
    with told(as_json), _own_home(), House() as house:
        table = asyncio.run(_measure(house))
        table["window_timer_late_ms"] = window_figures(house, _varied(house))
    table["start"] = start_figures()
    if tuning:
        with told(as_json):
            table["tuning"] = _tuning(tuning)
    if as_json:
        print_json(table)
        return
    for name, number in _rows("", table):
        print(f"{name}\t{number}")


def _rows(name: str, value: object) -> Iterator[tuple[str, object]]:
    """Give each figure with the names that lead to it."""
    if not isinstance(value, Mapping):
        yield name, value
        return
    for key, inner in value.items():
        yield from _rows(f"{name} {key}".lstrip(), inner)


@contextmanager
def _own_home() -> Iterator[None]:
    before = os.environ.get("GRIDDESK_HOME")
    with tempfile.TemporaryDirectory(prefix="griddesk-bench-") as folder:
        os.environ["GRIDDESK_HOME"] = folder
        try:
            yield
        finally:
            if before is None:
                del os.environ["GRIDDESK_HOME"]
            else:
                os.environ["GRIDDESK_HOME"] = before


async def _measure(house: House) -> dict[str, object]:
    began = time.perf_counter()
    await house.desk.warm_up()
    ready_s = time.perf_counter() - began
    note("模型已装入, 开始测量 …")
    table: dict[str, object] = {
        "program": __version__,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "models_loaded_s": round(ready_s, 2),
        "typed_command": asdict(await _typed(house)),
        "recordings": await _spoken(house),
        "journal_appends_per_s": round(await _appends(house)),
    }
    understanding = await house.agent.measure(_varied(house))
    table["understanding"] = (
        asdict(understanding) if understanding else "no model: rules alone"
    )
    table["peak_memory_mb"] = round(peak_of_process())
    return table


def _tuning(steps: int) -> dict[str, object]:
    """Train GLM-mini by the textbook of the references and by our preset."""
    from app.tuning.data.maker import DataConfig, write_data
    from app.tuning.training.textbook import measure_speed

    bases = [folder / "glm-mini" for folder in paths.model_folders()]
    base = next((one for one in bases if one.is_dir()), None)
    if base is None:
        raise ModelMissingError("未找到随程序提供的模型 glm-mini, 无法测量训练速度")
    note("测量训练速度 …")
    with tempfile.TemporaryDirectory(prefix="griddesk-bench-") as folder:
        data = Path(folder)
        write_data(DataConfig(out=data, train=64 * steps, dev=300, test=300))
        found = measure_speed(base, data, steps, dev_rows=300)
    return {
        "rows": found.ours.rows,
        "rows_per_s": round(found.ours.rows_per_second, 1),
        "textbook_rows_per_s": round(found.textbook.rows_per_second, 1),
        "ratio": round(found.ratio, 2),
        "cpu_ratio": round(found.cpu_ratio, 2),
        "exact_match": round(found.ours.exact_match, 4),
        "textbook_exact_match": round(found.textbook.exact_match, 4),
    }


def _sentences(house: House) -> list[str]:
    return [
        sentence.format(place=site.name)
        for site in house.directory.sites()[:16]
        for sentence in _COMMANDS
    ]


def _varied(house: House) -> list[str]:
    sites = house.directory.sites()
    plain = _sentences(house)[:12]
    return plain + [
        sentence.format(place=site.name, other=other.name)
        for sentence, site, other in zip(_VARIED, sites, sites[1:], strict=False)
    ]


async def _typed(house: House) -> Spread:
    """Time from the typed command to the journalled summary, demo backend."""
    took = []
    for text in _sentences(house):
        began = time.perf_counter()
        async for event in house.desk.run(house.desk.request(text=text)):
            if isinstance(event, events.Summarised):
                took.append((time.perf_counter() - began) * 1000)
    return _spread(took)


async def _spoken(house: House) -> dict[str, object] | str:
    """Time the recordings that come with the program."""
    samples = paths.resources() / "samples"
    with (samples / "transcripts.tsv").open(encoding="utf-8") as table:
        files = [row["file"] for row in csv.DictReader(table, delimiter="\t")]
    decode, audio, partial = [], [], []
    for file in files:
        request = house.desk.request(audio=house.audio_file(Path(samples / file)))
        async for event in house.desk.run(request):
            if isinstance(event, events.Heard):
                decode.append(event.utterance.decode_s)
                audio.append(event.utterance.audio_s)
                partial.append(event.utterance.first_partial_ms)
    if not audio:
        return "no recogniser"
    # Nothing unconfirmed was shown for some: that is no partial after 0 ms.
    shown = [one for one in partial if one is not None]
    return {
        "files": len(audio),
        "real_time_factor": round(sum(decode) / sum(audio), 3),
        "first_partial_ms": round(median(shown)) if shown else None,
    }


async def _appends(house: House) -> float:
    now = datetime.now(UTC)
    record = RunRecord(
        run_id=new_run_id(),
        started_at=now,
        finished_at=now,
        operator="bench",
        workstation="bench",
        origin=Origin.TYPED,
        outcome=Outcome.GREETED,
    )
    began = time.perf_counter()
    for _ in range(_APPENDS):
        await house.journal.append(replace(record, run_id=new_run_id()))
    return _APPENDS / (time.perf_counter() - began)


def _spread(milliseconds: list[float]) -> Spread:
    cuts = quantiles(milliseconds, n=20)
    return Spread(p50_ms=round(median(milliseconds), 1), p95_ms=round(cuts[-1], 1))
