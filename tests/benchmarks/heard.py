"""Commands as the recogniser writes them: what is heard, beside what was meant.

    python -m tests.benchmarks.heard record WAV_FOLDER OUT --table TSV
    python -m tests.benchmarks.heard totals FILE --table TSV

`heard_dev_commands.jsonl`, `heard_commands.jsonl` and `heard_fresh_commands.jsonl` are
the sentences of the tables of the same name, spoken and recognised: anybody can measure
what becomes of heard words without a recogniser and without sound. As with the tables,
nothing is ever tuned on the second and the third, and nobody looks at their lines. The
totals of the second were looked at while the conditions of hearing were made; so
somebody who had seen nothing of it wrote the third, for one measurement afterwards.

How the speech was made: Mandarin speech synthesis with the four Kokoro-82M voices
zf_xiaobei, zf_xiaoxiao, zm_yunjian and zm_yunxi, 0.3 s of silence around every
sentence, 16 kHz mono. `condition` says how a row is spoken: the voice changes with
every row, the speed with every fourth, the pink noise with every twelfth, so that 36
rows hold every combination, or 48 where there is a fourth level of noise. The
recordings are not kept here; a file of theirs is named
`row_007_zm_yunjian_x1.15_snr20.wav`, or `…_clean.wav` without noise.

How it was heard: both ears of the recogniser, with the lexicon of the desk as it is
shipped (the sites of the demo province and `resources/lexicon`). A line is a JSON
object: the row of the table (1 is the first sentence), voice, speed, snr (null: clean)
and the fields of the utterance that the agent may use. A recording in which nothing
was heard has an empty `text`: the desk asks to say it again and no agent sees it.
"""

import argparse
import asyncio
import csv
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.core.cancel import CancelToken
from app.core.errors import AudioEmptyError
from app.core.model import Origin, Utterance
from app.hearing.bench import plain
from app.tuning.measuring.desks import utterance_of

HERE: Final = Path(__file__).parent
HEARD_DEV: Final = HERE / "heard_dev_commands.jsonl"
DEV: Final = HERE / "dev_commands.tsv"
HEARD: Final = HERE / "heard_commands.jsonl"
COMMANDS: Final = HERE / "commands.tsv"
HEARD_FRESH: Final = HERE / "heard_fresh_commands.jsonl"
FRESH: Final = HERE / "fresh_commands.tsv"

_RECOGNIZER: Final = "vosk-model-small-cn-0.22"
_NAME: Final = re.compile(
    r"row_(?P<row>\d+)_(?P<voice>\w+)_x(?P<speed>[\d.]+)_(clean|snr(?P<snr>\d+))"
)

_VOICES: Final = ("zf_xiaobei", "zf_xiaoxiao", "zm_yunjian", "zm_yunxi")
_SPEEDS: Final = (0.9, 1.0, 1.15)
SNRS: Final = (None, 20, 10)
FRESH_SNRS: Final = (None, 20, 10, 5)
"""dB; None: clean."""


def condition(
    row: int, snrs: Sequence[int | None] = SNRS
) -> tuple[str, float, int | None]:
    """Give voice, speed and noise of a row of the kept files."""
    at = row - 1
    return _VOICES[at % 4], _SPEEDS[at // 4 % 3], snrs[at // 12 % len(snrs)]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardCommand:
    """One sentence of a table as it was heard, and what it means."""

    row: int
    """Row of the table; 1 is the first sentence."""
    sentence: str
    """What was spoken."""
    intent: str
    calls: frozenset[tuple[str, str]]
    """Place and check, as in the table."""
    voice: str
    speed: float
    snr: int | None
    """Signal-to-noise ratio in dB; None: clean."""
    utterance: Utterance


def heard(file: Path, table: Path) -> list[HeardCommand]:
    """Give every recording of `file` in which something was heard, with its meaning."""
    return [command for command in _every(file, table) if command.utterance.text]


def unheard(file: Path, table: Path) -> int:
    """Count the recordings that `heard` leaves out: nothing was heard in them."""
    return sum(not command.utterance.text for command in _every(file, table))


def _every(file: Path, table: Path) -> Iterator[HeardCommand]:
    with table.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    for line in file.read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        labels = rows[item["row"] - 1]
        yield HeardCommand(
            row=item["row"],
            sentence=labels["text"],
            intent=labels["intent"],
            calls=_calls(labels["calls"] or ""),
            voice=item["voice"],
            speed=item["speed"],
            snr=item["snr"],
            utterance=utterance_of(item),
        )


def _calls(column: str) -> frozenset[tuple[str, str]]:
    pairs = (pair.rpartition(":") for pair in column.split(";") if pair)
    return frozenset((place, check) for place, _, check in pairs)


async def record(folder: Path, out: Path, table: Path) -> None:
    """Hear every recording of `folder` and write a line for each to `out`.

    Rows that `out` has already are kept as they are, so that it may go on later.
    """
    # Imported here: reading a file needs no recogniser.
    from app.hearing.lexicon import load_lexicon
    from app.hearing.recognizer import VoskRecognizer
    from app.hearing.wav import FileSource
    from app.modelstore.store import open_store
    from app.sites.files import load_directory
    from app.system import paths
    from app.system.worker import InferenceWorker

    with table.open(encoding="utf-8", newline="") as lines:
        last = sum(1 for _ in csv.DictReader(lines, delimiter="\t"))
    sites = load_directory(paths.resources() / "demo" / "sites.csv").sites()
    names = (name for site in sites for name in (site.name, *site.aliases))
    worker = InferenceWorker()
    recognizer = VoskRecognizer(
        open_store().locate(_RECOGNIZER),
        worker,
        load_lexicon(names, paths.resources() / "lexicon"),
    )
    written: dict[int, str] = {}
    if out.exists():
        for line in out.read_text(encoding="utf-8").splitlines(keepends=True):
            written[json.loads(line)["row"]] = line
    try:
        for file in sorted(folder.glob("row_*.wav")):
            name = _NAME.fullmatch(file.stem)
            if name is None or not 1 <= int(name["row"]) <= last:
                raise SystemExit(f"{file.name} names no row of {table.name}")
            if int(name["row"]) in written:
                continue
            try:
                utterance = await recognizer.recognize(
                    FileSource(file), on_partial=_ignore, cancel=CancelToken()
                )
            except AudioEmptyError:
                utterance = Utterance(text="", origin=Origin.FILE)
            written[int(name["row"])] = _line(name, utterance)
    finally:
        worker.close()
        lines_by_row = (written[row] for row in sorted(written))
        out.write_text("".join(lines_by_row), encoding="utf-8")


def _line(name: re.Match[str], utterance: Utterance) -> str:
    agreement, confidence = utterance.agreement, utterance.confidence
    item = {
        "row": int(name["row"]),
        "voice": name["voice"],
        "speed": float(name["speed"]),
        "snr": int(name["snr"]) if name["snr"] else None,
        "text": utterance.text,
        "free_text": utterance.free_text,
        "lexicon_text": utterance.lexicon_text,
        "agreement": None if agreement is None else round(agreement, 4),
        "agreed": utterance.agreed,
        "alternatives": list(utterance.alternatives),
        "confidence": None if confidence is None else round(confidence, 4),
        "overflows": utterance.overflows,
    }
    return json.dumps(item, ensure_ascii=False) + "\n"


def totals(file: Path, table: Path) -> str:
    """Say how well `file` was heard, by noise; a number of nothing single."""
    from rapidfuzz.distance import Levenshtein

    commands = list(_every(file, table))
    lines = [f"{file.name}: {len(commands)} recordings, {unheard(file, table)} unheard"]
    groups = {"all": commands}
    for snr in (None, 20, 10):
        name = "clean" if snr is None else f"{snr} dB"
        groups[name] = [command for command in commands if command.snr == snr]
    for name, group in groups.items():
        said = [plain(command.sentence) for command in group]
        texts = [plain(command.utterance.text) for command in group]
        limited = [plain(command.utterance.lexicon_text) for command in group]
        others = [
            {plain(other) for other in command.utterance.alternatives}
            for command in group
        ]
        pairs = list(zip(said, texts, others, strict=True))
        errors = sum(Levenshtein.distance(a, b) for a, b, _ in pairs)
        n = max(1, len(group))
        agreed = sum(command.utterance.agreed for command in group)
        exact = sum(a == b for a, b, _ in pairs)
        exact_limited = sum(a == b for a, b in zip(said, limited, strict=True))
        among = sum(a == b or a in c for a, b, c in pairs)
        lines.append(
            f"  {name}: {len(group)}; CER {errors / max(1, sum(map(len, said))):.1%}; "
            f"ears agreed {agreed / n:.1%}; text exact {exact / n:.1%}, "
            f"lexicon text exact {exact_limited / n:.1%}, "
            f"text or an alternative exact {among / n:.1%}; "
            f"alternatives {sum(map(len, others)) / n:.1f}"
        )
    return "\n".join(lines)


def _ignore(text: str) -> None:
    pass


def main() -> None:
    """Run as a program; see the module."""
    parser = argparse.ArgumentParser(description="Commands as they are heard.")
    ways = parser.add_subparsers(dest="way", required=True)
    make = ways.add_parser("record")
    make.add_argument("folder", type=Path)
    make.add_argument("out", type=Path)
    say = ways.add_parser("totals")
    say.add_argument("file", type=Path)
    for way in (make, say):
        way.add_argument("--table", type=Path, required=True)
    given = parser.parse_args()
    if given.way == "record":
        asyncio.run(record(given.folder, given.out, given.table))
    else:
        print(totals(given.file, given.table))


if __name__ == "__main__":
    main()
