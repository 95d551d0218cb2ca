"""How well recordings are heard, and what the desk makes of them.

    python -m tests.benchmarks.hearing FOLDER [--snr clean 20 10 5] [--foreign FOLDER]

FOLDER holds recordings and a transcripts.tsv: columns `file`, `text`, `calls` as in
`dev_commands.tsv` (`place:check;place:check`) and, if wanted, `intent`. Rows that are
unsupported and have no calls are foreign speech, and so are all of `--foreign`: nothing
may be dispatched on them. Noise is added here (`hearing_sounds`), the same each time.

Each recording is heard once at each noise level and read by the agent in three ways:

- free: the unlimited ear's text, as if there were no lexicon;
- lexicon: the limited ear's text, taken at its word;
- combined: as the desk does it, with both, their distance and the other hearings.

CER and the recordings without an error are those of the text. Right calls are of the
commands whose every place is in the directory: dispatched, exactly what was meant. If
not that, the desk asked and offered what was meant; or it asked otherwise, declined, or
had heard nothing. Silently wrong is what was dispatched and not meant, of all rows,
with Wilson's 95 % interval. The real-time factor counts the ears that a reading needs,
in seconds of one processor.

`--paced N` lets the microphone's pace pass for N recordings of each noise level, and
says how far behind the end of the last word (as the free ear places it) its partial is:
the first partial with as many characters as the text in the end, or else the result.

`--keep FILE` keeps what the decoders said (`hearing_kept`): with it the next run, with
other readings, other thresholds or another agent, needs no decoding.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.compose import House
from app.core.cancel import CancelToken
from app.core.errors import AudioEmptyError
from app.core.model import Intent, Origin, Understanding, Utterance
from app.core.ports import Recognizer
from app.hearing.recognizer import VoskRecognizer
from app.hearing.transcript import UNKNOWN
from app.settings.declaration import Settings
from app.settings.file import changed, save
from tests.benchmarks.hearing_figures import Figures, delays, table
from tests.benchmarks.hearing_kept import EarTime, Kept
from tests.benchmarks.hearing_sounds import Recording, Sound, read_folder, sound_of

FREE: Final = "free"
LEXICON: Final = "lexicon"
COMBINED: Final = "combined"
WAYS: Final = (FREE, LEXICON, COMBINED)
CLEAN: Final = "clean"

_UNHEARD: Final = Understanding(intent=Intent.UNCLEAR)
"""Nothing was heard: the desk asks to say it again, and no agent reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """How far the last word's partial was behind its end."""

    seconds: float
    shown: bool
    """Whether a partial had it at all; else the result had."""


def as_read(utterance: Utterance, way: str) -> Utterance:
    """Give what the agent would see with only one ear, or with all."""
    match way:
        case "free":
            text = utterance.free_text
        case "lexicon":
            text = utterance.lexicon_text.replace(UNKNOWN, "")
        case _:
            return utterance
    # Made anew: whatever comparing the ears gave must not be known. No recogniser is
    # named, or the agent would ask about whatever one ear heard.
    return Utterance(
        text=text,
        origin=utterance.origin,
        free_text=text,
        confidence=utterance.confidence,
        audio_s=utterance.audio_s,
        overflows=utterance.overflows,
    )


def seconds_of(ears: Sequence[EarTime], way: str) -> float:
    """Give the seconds of work of the ears that a way of reading needs."""
    match way:
        case "free":
            own = [ear for ear in ears if not ear.limited]
        case "lexicon":
            own = [ear for ear in ears if ear.limited]
        case _:
            own = list(ears)
    return sum(ear.seconds for ear in own)


async def heard(recognizer: Recognizer, pcm: bytes) -> Utterance:
    """Recognise; an utterance without text where nothing was heard."""
    try:
        return await recognizer.recognize(
            Sound(pcm), on_partial=lambda _: None, cancel=CancelToken()
        )
    except AudioEmptyError:
        return Utterance(text="", origin=Origin.FILE)


async def delay(recognizer: Recognizer, pcm: bytes) -> Delay | None:
    """Hear a recording at the pace of speech; None: there was no word."""
    sound = Sound(pcm, paced=True)
    partials: list[tuple[float, str]] = []
    try:
        utterance = await recognizer.recognize(
            sound,
            on_partial=lambda text: partials.append((time.monotonic(), text)),
            cancel=CancelToken(),
        )
    except AudioEmptyError:
        return None
    result = time.monotonic()
    if not utterance.words:
        return None
    end = sound.began + utterance.words[-1].end_s
    whole = len(utterance.free_text or utterance.text)
    shown = next((at for at, text in partials if len(text) >= whole), None)
    return Delay(
        seconds=(result if shown is None else shown) - end, shown=shown is not None
    )


async def measure(
    house: House,
    recordings: Sequence[Recording],
    snrs: Sequence[int | None],
    kept: Kept,
    *,
    ways: Sequence[str] = WAYS,
    title: str = "",
) -> dict[tuple[str, str], Figures]:
    """Hear and read every recording at every noise level."""
    sites = tuple(house.directory.sites())
    found: dict[tuple[str, str], Figures] = {}
    with kept.decoders():
        for snr in snrs:
            for number, recording in enumerate(recordings, 1):
                pcm = sound_of(recording.file, snr)
                kept.listen_to(pcm)
                utterance = await heard(house.recognizer, pcm)
                for way in ways:
                    read = as_read(utterance, way)
                    made = _UNHEARD
                    if read.text:
                        made = await house.agent.understand(read, cancel=CancelToken())
                    figures = found.setdefault((noise_name(snr), way), Figures())
                    figures.add(recording, read, made, sites)
                    # Another recogniser has no decoders to be kept, and one ear.
                    seconds = seconds_of(kept.ears, way)
                    figures.seconds += seconds if kept.ears else utterance.decode_s
                    figures.audio_s += len(pcm) / 32_000
                if number % 20 == 0 or number == len(recordings):
                    line = f"{title} {noise_name(snr)}: {number} of {len(recordings)}"
                    print(f"{line}, decoded {kept.decoded}", file=sys.stderr)
    return found


def noise_name(snr: int | None) -> str:
    """Give a noise level its name, as `heard` does."""
    return CLEAN if snr is None else f"{snr} dB"


async def _paced(
    house: House, recordings: Sequence[Recording], snr: int | None, count: int
) -> str:
    step = max(1, len(recordings) // max(1, count))
    found = [
        await delay(house.recognizer, sound_of(recording.file, snr))
        for recording in recordings[::step][:count]
    ]
    told = [one for one in found if one is not None]
    never = sum(not one.shown for one in told)
    return delays([one.seconds for one in told], never)


@contextmanager
def own_home(sites: Path | None, recogniser: str | None) -> Iterator[None]:
    """Let nobody's settings, adapters or directory have a say in the figures."""
    before = os.environ.get("GRIDDESK_HOME")
    with tempfile.TemporaryDirectory(prefix="griddesk-bench-") as folder:
        if recogniser is not None:
            settings = changed(Settings(), "recogniser.model", recogniser)
            save(Path(folder) / "settings.toml", settings)
        if sites is not None:
            (Path(folder) / "sites.csv").write_bytes(sites.read_bytes())
        os.environ["GRIDDESK_HOME"] = folder
        try:
            yield
        finally:
            if before is None:
                del os.environ["GRIDDESK_HOME"]
            else:
                os.environ["GRIDDESK_HOME"] = before


async def _bench(given: argparse.Namespace) -> None:
    snrs: list[int | None] = [None if s == CLEAN else int(s) for s in given.snr]
    sets: list[tuple[str, list[Recording]]] = []
    if given.folder is not None:
        sets.append((given.folder.name, read_folder(given.folder)[:: given.every]))
    if given.foreign is not None:
        rows = read_folder(given.foreign, foreign=True)[:: given.every]
        sets.append((f"{given.foreign.name}, foreign speech", rows))
    with own_home(given.sites, given.recogniser), House() as house:
        await house.desk.warm_up()
        kept = Kept(given.keep, house.recognizer.name)
        sites = len(tuple(house.directory.sites()))
        for title, rows in sets:
            two_ears = isinstance(house.recognizer, VoskRecognizer)
            ways = WAYS if two_ears else (FREE,)
            figures = await measure(house, rows, snrs, kept, ways=ways, title=title)
            print(
                f"**{title}**: {len(rows)} recordings, {sites} sites, "
                f"{house.recognizer.name}, {house.agent.name}\n\n{table(figures)}\n",
                flush=True,
            )
            if given.paced:
                for snr in snrs:
                    told = await _paced(house, rows, snr, given.paced)
                    print(f"{noise_name(snr)}: {told}", flush=True)
                print(flush=True)


def main() -> None:
    """Run as a program; see the module."""
    import torch

    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description="How well recordings are heard.")
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--foreign", type=Path, help="other speech, with its table")
    parser.add_argument(
        "--snr", nargs="+", default=[CLEAN, "20", "10", "5"], metavar="DB"
    )
    parser.add_argument("--every", type=int, default=1, help="each so many rows only")
    parser.add_argument("--sites", type=Path, help="a directory; else the demo's")
    parser.add_argument("--recogniser", help="a folder of the model store; see compose")
    parser.add_argument("--keep", type=Path, help="keep what the decoders said")
    parser.add_argument("--paced", type=int, default=0, metavar="N")
    asyncio.run(_bench(parser.parse_args()))


if __name__ == "__main__":
    main()
