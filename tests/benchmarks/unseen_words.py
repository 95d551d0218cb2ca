"""Measure the shipped adapter on rows without the words its base once saw.

    python -m tests.benchmarks.unseen_words

An early course of the base read words of a dictionary beside what was said, some of
which the test uses; see the model card.
"""

from pathlib import Path

from app.tuning.measuring.evaluate import EvalConfig, draw, evaluate
from app.tuning.measuring.report import headlines_table
from app.tuning.phrases.lexicon import Lexicon, Split

MODEL = Path(__file__).resolve().parents[2] / "models" / "glm-mini"


def main() -> None:
    """Print the table of the model card for these rows alone."""
    seen = Lexicon().held_words(Split.TEST)
    config = EvalConfig(base=MODEL, adapter=MODEL / "adapter", rows=150, threads=2)
    drawn = draw(config)
    rows = [one for one in drawn if not any(word in one.said for word in seen)]
    print(f"{len(seen)} words, {len(rows)} of {len(drawn)} questions without them")
    print(headlines_table((evaluate(config, rows),)))


if __name__ == "__main__":
    main()
