"""What the ear's lexicon holds of what people say, and where a part of it comes from.

    python -m tests.benchmarks.ear_lexicon coverage
    python -m tests.benchmarks.ear_lexicon write [--sentences N]

`write` makes `resources/lexicon/said.txt` of sentences that the tuning bench speaks:
the pieces before, between and behind the places. Only its training split is used, so
that `coverage` can be measured on phrases that the file never saw: the test split, and
the sentences of `dev_commands.tsv`.

Covered is a piece that the lexicon's words and pieces can be put together to; the
bigrams that are known say how readily the ear hears it so.
"""

import argparse
import csv
import random
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

from app.core.model import Intent
from app.hearing.lexicon import NAME, Vocabulary, load_lexicon, read_vocabulary
from app.system import paths
from app.tuning.phrases.lexicon import Lexicon, Split
from app.tuning.phrases.speech import Speaker

FOLDER: Final = paths.resources() / "lexicon"
SAID: Final = FOLDER / "said.txt"
DEV: Final = Path(__file__).parent / "dev_commands.tsv"
MODEL: Final = paths.program_root() / "models" / "vosk-model-small-cn-0.22"

SENTENCES: Final = 4000
"""Of 2 000, 4 000 and 10 000, the last hears no better than 4 000."""
_KINDS: Final = {
    Intent.INSPECT: 12,
    Intent.NO_PLACE: 2,
    Intent.NO_CHECK: 2,
    Intent.UNSUPPORTED: 2,
}
_SILENT: Final = re.compile(r"[\W_]+")
_HEAD: Final = """\
# Pieces of sentences as the training phrases of the tuning bench say them: what stands
# before, between and behind places. Made by `python -m tests.benchmarks.ear_lexicon
# write`; do not edit.
"""


def pieces(sentences: int, split: Split) -> Iterator[str]:
    """Speak sentences; give what is not place in them."""
    speaker = Speaker(Lexicon(), random.Random(1), split)
    rng = random.Random(2)
    for _ in range(sentences):
        kind = rng.choices(list(_KINDS), list(_KINDS.values()))[0]
        piece = ""
        for part in speaker.say(kind).parts:
            if part.kind == "place":
                yield _SILENT.sub("", piece)
                piece = ""
            else:
                piece += part.text
        yield _SILENT.sub("", piece)


def write(sentences: int) -> None:
    """Make the file."""
    lines, line = [], ""
    for piece in sorted(set(pieces(sentences, Split.TRAIN)) - {""}):
        if len(line) + len(piece) > 80:
            lines.append(line)
            line = ""
        line = f"{line} {piece}".strip()
    SAID.write_text(_HEAD + "\n".join([*lines, line]) + "\n", encoding="utf-8")


def dev_pieces() -> Iterator[str]:
    """Give what is not place in the sentences for development."""
    with DEV.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            places = [p.rpartition(":")[0] for p in row["calls"].split(";") if p]
            cut = "|".join(map(re.escape, filter(None, places))) or r"\n"
            for piece in re.split(cut, row["text"]):
                yield _SILENT.sub("", piece)


def coverage(vocabulary: Vocabulary, said: Iterable[str], *, without: str = "") -> str:
    """Say how much of `said` the lexicon covers; `without` leaves out a file."""
    lexicon = load_lexicon([], FOLDER)
    left_out = set((FOLDER / without).read_text("utf-8").split()) if without else set()
    phrases = [*lexicon.phrases, *(frame.strip(NAME) for frame in lexicon.frames)]
    kept = [phrase for phrase in phrases if phrase not in left_out]
    spelt = [vocabulary.spell(phrase) or () for phrase in kept]
    words = {word for one in spelt for word in one}
    bigrams = {pair for one in spelt for pair in pairwise(one)}
    wanted = [vocabulary.spell(piece) or () for piece in said if piece]
    n_words = sum(map(len, wanted))
    pairs = [pair for one in wanted for pair in pairwise(one)]
    whole = sum(all(word in words for word in one) for one in wanted)
    known = sum(word in words for one in wanted for word in one)
    joined = sum(pair in bigrams for pair in pairs)
    return (
        f"pieces {whole / len(wanted):.1%} of {len(wanted)}, words "
        f"{known / n_words:.1%} of {n_words}, bigrams {joined / len(pairs):.1%}"
    )


def main() -> None:
    """Run as a program; see the module."""
    parser = argparse.ArgumentParser(description="The lexicon of the ear.")
    ways = parser.add_subparsers(dest="way", required=True)
    ways.add_parser("coverage")
    make = ways.add_parser("write")
    make.add_argument("--sentences", type=int, default=SENTENCES)
    given = parser.parse_args()
    if given.way == "write":
        write(given.sentences)
        return
    vocabulary = read_vocabulary(MODEL / "graph" / "Gr.fst")
    test = list(pieces(1000, Split.TEST))
    for name, said in (("test split", test), ("dev sentences", list(dev_pieces()))):
        for without in (SAID.name, ""):
            title = f"{name}, {'without ' + without if without else 'all files'}"
            print(f"{title}: {coverage(vocabulary, said, without=without)}")


if __name__ == "__main__":
    main()
