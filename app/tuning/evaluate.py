"""Measure an adapter on held-out rows: exact match with its uncertainty.

An answer counts only when every token of it is the model's first choice, given the
right ones before it. That is the same as comparing the whole greedy answer, at the
cost of one forward pass. No grammar helps here: the desk's constrained decoding comes
on top.
"""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.tuning.base import load_base
from app.tuning.data import SHARES, Maker, Row
from app.tuning.lexicon import Lexicon, Split
from app.tuning.rows import IGNORED, Encoded
from app.tuning.tokens import CONTROL_IDS, Characters, load_characters
from app.tuning.train import batches, run_after_prefix

if TYPE_CHECKING:
    import torch
    from transformers import GlmForCausalLM

_Z: Final = 1.959964


@dataclass(frozen=True, kw_only=True)
class EvalConfig:
    """What is measured on what."""

    base: Path
    adapter: Path | None = None
    """None measures the bare base: the state before tuning."""
    split: Split = Split.TEST
    rows: int = 300
    """Rows of each kind, clean and again with noise."""
    seed: int = 7
    micro: int = 32
    threads: int = 1
    keep_wrong: int = 40
    """How many wrong answers the report shows."""


@dataclass(frozen=True)
class Score:
    """Right answers out of some, with Wilson's 95 % interval."""

    right: int
    total: int

    @property
    def share(self) -> float:
        """Share of right answers."""
        return self.right / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The interval in which the true share lies 95 times in 100."""
        if not self.total:
            return 0.0, 1.0
        n, share = self.total, self.share
        centre = share + _Z * _Z / (2 * n)
        spread = _Z * math.sqrt(share * (1 - share) / n + _Z * _Z / (4 * n * n))
        scale = 1 + _Z * _Z / n
        return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)

    def __str__(self) -> str:
        """Write share and interval, as in `.912 [.894, .927]`."""
        low, high = self.interval
        return f"{self.share:.3f} [{low:.3f}, {high:.3f}] of {self.total}"


@dataclass(frozen=True)
class Wrong:
    """An answer that missed."""

    content: str
    wanted: str
    given: str
    """The model's first choices, each after the right tokens before it."""


@dataclass(frozen=True)
class EvalReport:
    """The figures of one evaluation."""

    clean: dict[str, Score]
    noisy: dict[str, Score]
    wrong: tuple[Wrong, ...]

    def overall(self, *, noisy: bool) -> float:
        """Return the share over all kinds, weighted as the training rows are."""
        scores = self.noisy if noisy else self.clean
        total = sum(SHARES[kind] for kind in scores)
        return sum(SHARES[kind] * score.share for kind, score in scores.items()) / total

    def as_json(self) -> dict[str, object]:
        """Return plain data for `--json`."""
        return {
            "clean": {kind: _plain(score) for kind, score in self.clean.items()},
            "noisy": {kind: _plain(score) for kind, score in self.noisy.items()},
            "overall": {
                "clean": round(self.overall(noisy=False), 4),
                "noisy": round(self.overall(noisy=True), 4),
            },
            "wrong": [asdict(wrong) for wrong in self.wrong],
        }

    def table(self) -> str:
        """Return the figures as a Markdown table."""
        lines = ["| kind | clean | noisy |", "|---|---|---|"]
        for kind, score in self.clean.items():
            lines.append(f"| {kind} | {score} | {self.noisy.get(kind, '')} |")
        clean, noisy = self.overall(noisy=False), self.overall(noisy=True)
        lines.append(f"| all, weighted as in training | {clean:.3f} | {noisy:.3f} |")
        return "\n".join(lines)


def _plain(score: Score) -> dict[str, float]:
    low, high = score.interval
    return {
        "right": score.right,
        "total": score.total,
        "share": round(score.share, 4),
        "low": round(low, 4),
        "high": round(high, 4),
    }


def load_prefix(folder: Path) -> "torch.Tensor":
    """Read the virtual tokens of an adapter saved by peft."""
    from safetensors.torch import load_file

    weights = load_file(folder / "adapter_model.safetensors")
    return weights["prompt_embeddings"].float()


def evaluate(config: EvalConfig) -> EvalReport:
    """Measure an adapter, or the bare base, on rows drawn from one split."""
    import torch

    torch.set_num_threads(config.threads)
    model = load_base(config.base).eval()
    characters = load_characters(config.base)
    prefix = load_prefix(config.adapter) if config.adapter else None
    maker = Maker(Lexicon(), config.split, seed=config.seed)
    clean: dict[str, Score] = {}
    noisy: dict[str, Score] = {}
    wrong: list[Wrong] = []
    for kind in SHARES:
        spoken = kind in SPOKEN
        rows = distinct(maker, kind, config.rows)
        clean[kind], missed = score(model, characters, prefix, rows, config.micro)
        wrong += missed[: config.keep_wrong // 10]
        if spoken:
            rows = distinct(maker, kind, config.rows, noise=True)
            noisy[kind], missed = score(model, characters, prefix, rows, config.micro)
            wrong += missed[: config.keep_wrong // 10]
    return EvalReport(clean, noisy, tuple(wrong[: config.keep_wrong]))


SPOKEN: Final = frozenset(SHARES) - {"headcount", "helmet", "equipment"}
"""Kinds that a recogniser can spoil."""


def distinct(maker: Maker, kind: str, count: int, *, noise: bool = False) -> list[Row]:
    """Draw distinct rows, fewer than `count` where a kind has no more to say."""
    found: dict[str, Row] = {}
    for _ in range(count * 4):
        row = maker.row(kind, noisy=noise)
        found.setdefault(row.content, row)
        if len(found) == count:
            break
    return list(found.values())


def score(
    model: "GlmForCausalLM",
    characters: Characters,
    prefix: "torch.Tensor | None",
    rows: list[Row],
    micro: int,
) -> tuple[Score, list[Wrong]]:
    """Count the rows whose whole answer is the model's first choice."""
    import torch

    names = {token_id: token for token, token_id in characters.ids.items()}
    right, wrong = 0, []
    pairs = [(row.content, row.summary) for row in rows]
    with torch.no_grad():
        for head, part in batches(characters, pairs, micro):
            states = run_after_prefix(model, prefix, head, part)
            chosen = part.labels != IGNORED
            best = torch.full_like(part.labels, IGNORED)
            best[chosen] = model.lm_head(states[chosen]).argmax(-1)
            fits = (best == part.labels).all(dim=1)
            right += int(fits.sum())
            for index in (~fits).nonzero().flatten().tolist():
                wrong.append(_wrong(names, head, part, best, index))
    return Score(right, len(rows)), wrong


def _wrong(
    names: dict[int, str],
    head: list[int],
    part: Encoded,
    best: "torch.Tensor",
    index: int,
) -> Wrong:
    labels = part.labels[index].tolist()
    start = next(i for i, label in enumerate(labels) if label != IGNORED)
    prompt = [*head, *part.tokens[index, : start + 1].tolist()]

    def text(tokens: list[int]) -> str:
        return "".join(names[t] for t in tokens if t not in CONTROL_IDS)

    wanted = [label for label in labels if label != IGNORED]
    given = [token for token in best[index].tolist() if token != IGNORED]
    return Wrong(text(prompt), text(wanted), text(given))


def write_report(report: EvalReport, path: Path) -> None:
    """Write the figures as JSON."""
    text = json.dumps(report.as_json(), ensure_ascii=False, indent=2)
    path.write_text(text + "\n", encoding="utf-8")
