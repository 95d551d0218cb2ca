"""ROUGE and BLEU over characters, for comparison with what others print.

They say how alike two texts are, not whether a command was understood: one wrong
character of a place costs almost nothing here. Measured as the reference does it, by
row and averaged, in percent, on characters.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """How alike answers and labels are, each figure 0 … 100."""

    group: str
    rouge_1: float
    rouge_2: float
    rouge_l: float
    bleu_4: float
    rows: int


def likeness(group: str, pairs: Sequence[tuple[str, str]]) -> Likeness | None:
    """Compare answers with labels; None without rows, or without the two libraries."""
    pairs = [(given, label) for given, label in pairs if label]
    if not pairs:
        return None
    try:
        from rouge_chinese import Rouge
        from sacrebleu.metrics.bleu import BLEU
    except ImportError:
        log.info("no ROUGE and BLEU: griddesk[tuning] is not installed")
        return None
    rouge = Rouge()
    # Exponential smoothing is the reference's third method; blanks part characters.
    bleu = BLEU(tokenize="none", smooth_method="exp", effective_order=True)
    sums = [0.0] * 4
    for given, label in pairs:
        one = (
            [100.0] * 4
            if given == label
            else _row(rouge, bleu, _spaced(given), _spaced(label))
        )
        sums = [total + part for total, part in zip(sums, one, strict=True)]
    rouge_1, rouge_2, rouge_l, bleu_4 = (total / len(pairs) for total in sums)
    return Likeness(
        group=group,
        rouge_1=rouge_1,
        rouge_2=rouge_2,
        rouge_l=rouge_l,
        bleu_4=bleu_4,
        rows=len(pairs),
    )


def _row(rouge: Any, bleu: Any, given: str, label: str) -> list[float]:
    if not given:
        return [0.0] * 4
    found = rouge.get_scores(given, label)[0]
    shares = [100 * found[name]["f"] for name in ("rouge-1", "rouge-2", "rouge-l")]
    score = bleu.sentence_score(given, [label]).score
    return [*shares, score]


def _spaced(text: str) -> str:
    return " ".join(char for char in text if not char.isspace())
