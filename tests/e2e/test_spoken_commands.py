"""Recordings end in the right calls or in a question, never silently in wrong ones."""

import csv
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.compose import House
from app.core import events
from app.core.model import Check, Understanding

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "resources" / "samples"
MODEL = ROOT / "models" / "vosk-model-small-cn-0.22"
SHARED = Path(os.environ.get("GRIDDESK_SHARED", ROOT.parent / "shared"))
COMMANDS = SHARED / "data" / "speech" / "commands"
HUMAN = SHARED / "data" / "speech" / "human"
pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(not MODEL.is_dir(), reason="the recogniser is not fetched"),
]

Pairs = frozenset[tuple[str, Check]]


def pairs(*wanted: tuple[str, Check]) -> Pairs:
    return frozenset(wanted)


# What each sentence asks for; an empty set: nothing may be dispatched.
WANTED: dict[str, Pairs] = {
    "查一下济南工地的人数": pairs(("济南", Check.HEADCOUNT)),
    "济南工地有多少人": pairs(("济南", Check.HEADCOUNT)),
    "检测在青岛的安全帽佩戴情况": pairs(("青岛", Check.HELMET)),
    "青岛工地有没有人没戴安全帽": pairs(("青岛", Check.HELMET)),
    "告诉我烟台工地电笔配备检查结果": pairs(("烟台", Check.EQUIPMENT)),
    "打开烟台工地的摄像头": pairs(),
    "检查一下电笔有没有带": pairs(),
    "停止检测": pairs(),
}

SHIPPED = WANTED | {
    "查一下潍坊工地的人数和安全帽佩戴情况": pairs(
        ("潍坊", Check.HEADCOUNT), ("潍坊", Check.HELMET)
    ),
    "临沂和泰安工地有没有人没戴安全帽": pairs(
        ("临沂", Check.HELMET), ("泰安", Check.HELMET)
    ),
    "你好，你能做什么": pairs(),
}


@dataclass(frozen=True)
class Clip:
    file: Path
    text: str
    wanted: Pairs


def clips(folder: Path, column: str, wanted: dict[str, Pairs]) -> list[Clip]:
    with (folder / "transcripts.tsv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    return [
        Clip(folder / row["file"], row[column], wanted.get(row[column], pairs()))
        for row in rows
        if (folder / row["file"]).exists()
    ]


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        yield made


async def heard_as(house: House, clip: Clip) -> Understanding | None:
    """Give what a recording was taken to mean; None when no words were heard."""
    understanding = None
    request = house.desk.request(audio=house.audio_file(clip.file))
    async for event in house.desk.run(request):
        if isinstance(event, events.Understood):
            understanding = event.understanding
    return understanding


def outcome(clip: Clip, understanding: Understanding | None) -> str:
    if understanding is None:
        return "not heard"
    if understanding.question is not None:
        offered = [
            frozenset((c.site.name, c.check) for c in candidate.calls)
            for candidate in understanding.question.candidates
        ]
        if not clip.wanted:
            return "right"
        return "asked, right answer offered" if clip.wanted in offered else "asked"
    calls = frozenset((c.site.name, c.check) for c in understanding.calls)
    if calls == clip.wanted:
        return "right"
    return "asked" if not calls else "SILENTLY WRONG"


async def judge(house: House, recordings: list[Clip]) -> tuple[Counter[str], list[str]]:
    await house.desk.warm_up()
    counted: Counter[str] = Counter()
    wrong = []
    for clip in recordings:
        understanding = await heard_as(house, clip)
        how = outcome(clip, understanding)
        counted[how] += 1
        if how == "SILENTLY WRONG":
            assert understanding is not None
            said = [(c.site.name, c.check.value) for c in understanding.calls]
            wrong.append(f"{clip.file.name} {clip.text}: {said}")
    return counted, wrong


def told(name: str, counted: Counter[str]) -> str:
    total = counted.total()
    parts = ", ".join(f"{how} {n}" for how, n in counted.most_common())
    return f"{name}: {counted['right']} of {total} right ({parts})"


@pytest.mark.slow
async def test_shipped_recordings_are_never_answered_wrongly(
    house: House, report_figure: Callable[[str], None]
) -> None:
    recordings = clips(SAMPLES, "text", SHIPPED)
    assert len(recordings) >= 6
    counted, wrong = await judge(house, recordings)
    report_figure(told("shipped recordings", counted))
    assert wrong == []
    assert counted["right"] >= 3


@pytest.mark.skipif(not COMMANDS.is_dir(), reason="../shared has no recordings")
@pytest.mark.parametrize(
    "every", [pytest.param(1, marks=pytest.mark.slow, id="all"), 5]
)
async def test_commands_in_four_voices_are_never_answered_wrongly(
    house: House, report_figure: Callable[[str], None], every: int
) -> None:
    recordings = clips(COMMANDS, "transcript", WANTED)[::every]
    counted, wrong = await judge(house, recordings)
    report_figure(told("commands in four voices", counted))
    assert wrong == []


@pytest.mark.skipif(not HUMAN.is_dir(), reason="../shared has no recordings")
@pytest.mark.slow
async def test_other_speech_dispatches_nothing(
    house: House, report_figure: Callable[[str], None]
) -> None:
    recordings = clips(HUMAN, "transcript", {})
    counted, wrong = await judge(house, recordings)
    report_figure(told("other speech (right: nothing dispatched)", counted))
    assert wrong == []
