"""Distillation: a larger tuned model labels what nobody has labelled.

The teacher answers in the closed output language, so that every label is a sentence
that a desk can carry out; what it is not sure of is left out and counted, and written
to a table that a person can mend (`tune data --phrases` takes it back). Labels become
rows like any others, with parts of them held out, ready for `tune train`.

Any base and adapter that the bench can load may teach.
"""

import csv
import io
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from app.agent.decoding import Decoder
from app.agent.grammar import grammar_for
from app.agent.precision import Device
from app.agent.prompts import (
    DEMAND_WORDS,
    MAX_SPEECH,
    SplitAnswer,
    clean_speech,
    parse_split_answer,
    split_prompt,
)
from app.core.cancel import CancelToken
from app.system.files import write_json
from app.tuning.data.errors import DataError
from app.tuning.data.heldout import HeldOut
from app.tuning.data.maker import Maker
from app.tuning.data.report import CARD
from app.tuning.data.rowset import TEACHER, Row, giving_way, write_splits
from app.tuning.data.sources import phrase_of
from app.tuning.data.transcripts import read_transcripts
from app.tuning.measuring.loading import load_tuned
from app.tuning.phrases.lexicon import Lexicon, Split

UNSURE: Final = "unsure.csv"
"""Beside the rows: what the teacher was not sure of, for a person to mend."""

_EMPTY: Final = "没有文字"
_TWICE: Final = "与前面的重复"
_LONG: Final = f"超过 {MAX_SPEECH} 个字"
_DOUBT: Final = "老师没有把握"
_GAVE_WAY: Final = "与留出的语句或地点相同"
_TELL_EVERY: Final = 200


@dataclass(frozen=True, kw_only=True)
class DistilConfig:
    """Who teaches, what is labelled, and where the labels go."""

    teacher: Path
    """A base."""
    adapter: Path | None = None
    """What was tuned on it, by any method."""
    transcripts: Path
    out: Path
    threshold: float = 0.9
    """Probability of the answer, 0 … 1, from which on it is a label."""
    device: Device = "auto"
    threads: int = 1


@dataclass(frozen=True)
class Label:
    """What a teacher makes of an utterance."""

    text: str
    """As it enters a prompt."""
    answer: str
    confidence: float
    """Probability of the answer, less the belief outside the closed language."""

    @property
    def reading(self) -> SplitAnswer:
        """What the answer says."""
        return parse_split_answer(self.answer)


@dataclass(frozen=True, kw_only=True)
class DistilReport:
    """What became of the transcripts."""

    teacher: str
    read: int
    kept: int
    dropped: dict[str, int]
    """By reason."""
    rows: dict[str, int]
    """By split."""
    intents: dict[str, int]
    """Of what was kept."""
    threshold: float
    sha256: str
    """One hash over the three files of rows."""

    def as_json(self) -> dict[str, object]:
        """Give plain data."""
        return asdict(self)

    def table(self) -> str:
        """Give the figures as lines for people."""
        lines = [f"老师 {self.teacher}, 读入 {self.read} 句, 采用 {self.kept} 句"]
        lines += [f"  略过 {count} 句: {why}" for why, count in self.dropped.items()]
        lines += [f"  {intent}: {count}" for intent, count in self.intents.items()]
        lines += [f"{split}.json: {count} 行" for split, count in self.rows.items()]
        lines.append(f"数据 SHA-256: {self.sha256}")
        return "\n".join(lines)


def distil(
    config: DistilConfig,
    *,
    tell: Callable[[str], None] = lambda line: None,
    cancel: CancelToken | None = None,
) -> DistilReport:
    """Label transcripts and write them as rows.

    Raises:
        DataError: The transcripts cannot be read, nothing was kept, or the rows cannot
            be written.
        ModelMissingError: The teacher is not there.
        ModelCorruptError: It cannot be read, or its parts do not fit.
        Cancelled: The token was set.
    """
    import torch

    # First, so that a wrong file is told before anything takes time.
    transcripts = read_transcripts(config.transcripts)
    torch.set_num_threads(config.threads)
    cancel = cancel or CancelToken()
    dropped: Counter[str] = Counter()
    texts = _worth_asking(transcripts, dropped)
    glm = load_tuned(config.teacher, config.adapter, device=config.device)
    decoder = Decoder(glm)
    sure: list[Label] = []
    unsure: list[Label] = []
    for number, text in enumerate(texts, 1):
        label = label_of(decoder, text, cancel)
        (sure if label.confidence >= config.threshold else unsure).append(label)
        if number % _TELL_EVERY == 0:
            tell(f"已标注 {number}/{len(texts)}, 采用 {len(sure)}")
    if unsure:
        dropped[f"{_DOUBT} (低于 {config.threshold:g})"] = len(unsure)
    made = _split(sure)
    kept = sum(map(len, made.values()))
    if kept < len(sure):
        dropped[_GAVE_WAY] = len(sure) - kept
    if not made[Split.TRAIN] or not made[Split.DEV]:
        raise DataError(
            f"{len(transcripts)} 句里只有 {kept} 句可用, 不够分成训练和验证两份",
            "请给出更多的话, 降低 --threshold, 或换一个更好的老师。",
        )
    try:
        sha256 = write_splits(config.out, made)
        (config.out / UNSURE).write_text(_to_mend(unsure), encoding="utf-8-sig")
        report = DistilReport(
            teacher=glm.name,
            read=len(transcripts),
            kept=kept,
            dropped=dict(dropped),
            rows={split.value: len(rows) for split, rows in made.items()},
            intents=dict(Counter(row.kind for rows in made.values() for row in rows)),
            threshold=config.threshold,
            sha256=sha256,
        )
        write_json(config.out / CARD, report.as_json(), sort=True)
    except OSError as error:
        raise DataError(
            f"无法写入 {config.out} ({error.strerror or error})",
            "请检查磁盘空间和文件夹权限后重试。",
        ) from error
    return report


def label_of(decoder: Decoder, text: str, cancel: CancelToken) -> Label:
    """Ask a teacher about one utterance, in the closed language.

    Raises:
        Cancelled: The token was set.
    """
    answer = decoder.choose(split_prompt(text), grammar_for(text), cancel)
    return Label(clean_speech(text), answer.text, answer.probability * answer.mass)


def _worth_asking(transcripts: Sequence[str], dropped: Counter[str]) -> list[str]:
    """Leave out what can be no row, and count it."""
    found: dict[str, None] = {}
    for said in transcripts:
        text = clean_speech(said)
        if not text:
            dropped[_EMPTY] += 1
        elif len(said.strip()) > MAX_SPEECH:
            dropped[_LONG] += 1
        elif text in found:
            dropped[_TWICE] += 1
        else:
            found[text] = None
    return list(found)


def _split(labels: Sequence[Label]) -> dict[Split, list[Row]]:
    """Put each label where its phrase belongs; training gives way.

    A place that belongs elsewhere is replaced by one that belongs there too: few sites
    are spoken of again and again, and must not all be held out for one phrase.
    """
    lexicon = Lexicon()
    held = HeldOut(lexicon)
    makers = {split: Maker(lexicon, split, seed=0) for split in Split}
    made: dict[Split, list[Row]] = {split: [] for split in Split}
    for label in labels:
        reading = label.reading
        pairs = [(place or "", check) for place, check in reading.pairs]
        phrase = phrase_of(
            label.text, reading.intent, pairs, source=TEACHER, heard=True
        )
        where = held.phrase(phrase.key)
        made[where] += makers[where].said(phrase, 1, noise=0)
    made[Split.DEV] = giving_way(made[Split.DEV], made[Split.TEST])
    made[Split.TRAIN] = giving_way(
        made[Split.TRAIN], made[Split.DEV] + made[Split.TEST]
    )
    return made


def _to_mend(labels: Sequence[Label]) -> str:
    """Write what is unsure as a table of phrases, the least sure first."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(("text", "intent", "calls", "confidence"))
    for label in sorted(labels, key=lambda one: one.confidence):
        reading = label.reading
        calls = "; ".join(_calls(reading))
        # Down: what fell short of the threshold is not shown as having reached it.
        sure = f"{math.floor(label.confidence * 1000) / 1000:.3f}"
        writer.writerow((label.text, reading.intent.value, calls, sure))
    return text.getvalue()


def _calls(reading: SplitAnswer) -> Iterator[str]:
    for place, check in reading.pairs:
        if place or check:
            yield f"{place or ''}:{DEMAND_WORDS[check] if check else ''}"
