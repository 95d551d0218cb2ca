"""The heard commands that are kept here can be read, and new ones be recorded."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.core.model import Origin
from app.hearing.readings import MOST_ALTERNATIVES
from app.system import paths
from tests.benchmarks.heard import (
    COMMANDS,
    DEV,
    FRESH,
    FRESH_SNRS,
    HEARD,
    HEARD_DEV,
    HEARD_FRESH,
    SNRS,
    condition,
    heard,
    record,
    totals,
    unheard,
)

MODEL = paths.program_root() / "models" / "vosk-model-small-cn-0.22"
SAMPLES = paths.resources() / "samples"


FILES = [(HEARD_DEV, DEV), (HEARD, COMMANDS), (HEARD_FRESH, FRESH)]


def rows_of(table: Path) -> list[int]:
    sentences = len(table.read_text(encoding="utf-8").splitlines()) - 1
    return list(range(1, sentences + 1))


@pytest.mark.parametrize(("file", "table"), FILES)
def test_every_row_was_spoken_as_its_condition_says(file: Path, table: Path) -> None:
    snrs = FRESH_SNRS if file == HEARD_FRESH else SNRS
    items = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    # Counts alone are compared: a failure must not show a line of a held-out table.
    assert [item["row"] for item in items] == rows_of(table)
    made = [(item["voice"], item["speed"], item["snr"]) for item in items]
    strange = sum(
        how != condition(row, snrs)
        for row, how in zip(rows_of(table), made, strict=True)
    )
    assert strange == 0
    assert len(set(made)) == 12 * len(snrs)


@pytest.mark.parametrize(("file", "table"), FILES)
def test_the_kept_commands_are_utterances(file: Path, table: Path) -> None:
    commands = heard(file, table)
    assert len(commands) + unheard(file, table) == len(rows_of(table))
    for fault in (
        sum(not command.utterance.text for command in commands),
        sum(command.utterance.origin is not Origin.FILE for command in commands),
        sum(command.utterance.agreement is None for command in commands),
        sum(
            command.utterance.text in command.utterance.alternatives
            for command in commands
        ),
        sum(
            len(set(command.utterance.alternatives))
            != len(command.utterance.alternatives)
            for command in commands
        ),
        sum(
            len(command.utterance.alternatives) > MOST_ALTERNATIVES
            for command in commands
        ),
        sum(
            bool(command.calls) != (command.intent == "inspect") for command in commands
        ),
    ):
        assert fault == 0
    several = sum(bool(command.utterance.alternatives) for command in commands)
    assert several > len(commands) / 2


@pytest.mark.model
@pytest.mark.skipif(
    not MODEL.is_dir(), reason="models/vosk-model-small-cn-0.22 is not fetched"
)
async def test_a_folder_is_recorded_and_read_beside_its_table(tmp_path: Path) -> None:
    table = tmp_path / "table.tsv"
    table.write_text(
        "text\tintent\tcalls\n"
        "你好\tgreeting\t\n"
        "无声\tunclear\t\n"
        "查一下济南工地的人数\tinspect\t济南:headcount\n",
        encoding="utf-8",
    )
    speech, rate = soundfile.read(SAMPLES / "headcount_jinan.flac")
    soundfile.write(tmp_path / "row_003_zm_yunxi_x1.15_snr20.wav", speech, rate)
    silence = np.zeros(16_000)
    soundfile.write(tmp_path / "row_002_zf_xiaobei_x1_clean.wav", silence, 16_000)
    out = tmp_path / "heard.jsonl"
    await record(tmp_path, out, table)
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [(row["row"], row["voice"], row["snr"]) for row in rows] == [
        (2, "zf_xiaobei", None),
        (3, "zm_yunxi", 20),
    ]
    assert rows[0]["text"] == ""
    (command,) = heard(out, table)
    assert (command.row, command.speed, command.snr) == (3, 1.15, 20)
    assert command.sentence == command.utterance.text == "查一下济南工地的人数"
    assert (command.intent, command.calls) == (
        "inspect",
        frozenset({("济南", "headcount")}),
    )
    assert unheard(out, table) == 1
    assert "20 dB: 1; CER 0.0%; ears agreed 100.0%" in totals(out, table)
    # What is there already is kept, and a file that names no row is refused.
    before = out.read_text("utf-8")
    await record(tmp_path, out, table)
    assert out.read_text("utf-8") == before
    soundfile.write(tmp_path / "row_004_zm_yunxi_x1_clean.wav", silence, 16_000)
    with pytest.raises(SystemExit, match="row_004"):
        await record(tmp_path, out, table)
