"""The textbook that we are measured against does what the references do."""

from pathlib import Path
from typing import Any

import pytest

from app.tuning.training.backbone import load_backbone
from app.tuning.training.methods import Full
from app.tuning.training.rows import IGNORED
from tests.unit.tuning.tiny import rows, write_base, write_data


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_base(tmp_path_factory.mktemp("base") / "tiny")


def test_every_row_is_padded_to_64_and_64(base: Path) -> None:
    from app.tuning.training.textbook import padded

    backbone = load_backbone(base)
    pairs = [(row["content"], row["summary"]) for row in rows(9)]
    for (content, answer), made in zip(pairs, padded(backbone, pairs), strict=True):
        assert {len(column) for column in made.values()} == {128}
        size = sum(made["attention_mask"])
        labels = [label for label in made["labels"] if label != IGNORED]
        assert labels[-1] == backbone.end
        assert labels[:-1] == backbone.framing.encode(answer)[:63]
        assert made["input_ids"][size - len(labels) : size] == labels
        prompt = made["input_ids"][: size - len(labels)]
        assert prompt[:-1] == backbone.framing.prompt(content)[: len(prompt) - 1]


def test_both_ways_are_measured_on_equally_many_rows(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.tuning.training.engine import AnswerModel, Judged, Parts
    from app.tuning.training.textbook import measure_speed

    proven: list[bool] = []
    prove = AnswerModel.prove

    def watched(answers: AnswerModel, part: Any) -> bool:
        proven.append(prove(answers, part))
        return proven[-1]

    def all_right(answers: AnswerModel, parts: Parts) -> Judged:
        rows = sum(len(tokens) for _, tokens, _ in parts)
        return Judged(rows, rows, rows, 0.0)

    monkeypatch.setattr(AnswerModel, "prove", watched)
    monkeypatch.setattr(AnswerModel, "judge", all_right)
    data = write_data(tmp_path, train=20, dev=4)
    report = measure_speed(base, data, 2)
    assert report.textbook.rows == report.ours.rows == 128
    assert report.textbook.steps == 2
    assert report.ours.steps == 4
    assert report.ratio > 0
    assert report.cpu_ratio > 0
    # Every dev row is judged once, by a model that was asked whether it can share.
    assert report.textbook.exact_match == report.ours.exact_match == 1
    assert proven == [True, True]
    for one in (report.textbook, report.ours):
        assert one.spent.steps == one.steps
        assert one.spent.training_s > 0


def test_exact_match_is_a_share_of_the_dev_rows(base: Path) -> None:
    from app.tuning.training.engine import AnswerModel, Judged
    from app.tuning.training.textbook import exact_match

    class Every(AnswerModel):
        """Finds one row of each part right."""

        def judge(self, parts: Any) -> Judged:
            rows = sum(len(tokens) for _, tokens, _ in parts)
            return Judged(rows, 1, rows, 0.0)

    backbone = load_backbone(base)
    pairs = [(row["content"], row["summary"]) for row in rows(5)]
    assert exact_match(Every(backbone.model, Full()), backbone, pairs) == 1 / 5
