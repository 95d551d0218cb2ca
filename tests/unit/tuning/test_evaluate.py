"""One reader measured as a whole: groups, summaries through the check, likeness."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.agent.glm import LoadedGlm
from app.agent.prompts import SplitAnswer, summary_prompt
from app.core.cancel import CancelToken
from app.core.checks import judge
from app.core.errors import ModelMissingError, UsageError
from app.core.model import Call, Check, Intent, Site
from app.core.observation import MissingReason, Observation
from app.tuning.data.maker import SHARES
from app.tuning.measuring.evaluate import (
    EvalConfig,
    draw,
    evaluate,
    evaluate_rules,
)
from app.tuning.measuring.likeness import likeness
from app.tuning.measuring.measure import Measure, measure
from app.tuning.measuring.questions import SUMMARIES, Question
from app.tuning.measuring.scores import Score
from app.tuning.measuring.summaries import SummaryFigures, observation_in, summarise
from tests.unit.tuning.tiny import write_base

CANCEL = CancelToken()


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_base(tmp_path_factory.mktemp("base") / "tiny")


@pytest.fixture(scope="module")
def config(base: Path, tmp_path_factory: pytest.TempPathFactory) -> EvalConfig:
    table = tmp_path_factory.mktemp("table") / "heard.tsv"
    table.write_text(
        "text\tintent\tcalls\n历城的帽子\tinspect\t历城/helmet\n关灯\tunsupported\t\n",
        encoding="utf-8",
    )
    return EvalConfig(
        base=base, rows=1, levels=(0.0, 0.1), tables=(table,), device="cpu"
    )


def test_a_reader_is_measured_in_both_ways_on_every_group(
    config: EvalConfig, tmp_path: Path
) -> None:
    report = evaluate(config)
    groups = ("clean", "cer 10 %", "heard.tsv")
    assert report.name == "base"
    assert report.groups == groups
    assert tuple(one.group for one in report.closed) == groups
    clean = report.figures("clean", closed=False)
    assert clean is not None
    assert {line.name for line in clean.kinds} == set(SHARES)
    closed = report.figures("clean", closed=True)
    assert closed is not None
    assert {line.name for line in closed.kinds} == set(SHARES) - SUMMARIES - {"hello"}
    # A random model writes nonsense, but in the closed language no nonsense exists.
    assert {one.given for one in closed.confusion} <= {one.value for one in Intent}
    assert {one.given for one in clean.confusion} == {"none"}
    assert report.overall(noisy=False) == 0
    assert report.wrong_free
    assert report.cost is not None
    assert report.cost.pace.closed_ms > 0
    assert report.summaries is not None
    assert report.summaries.all_after.share == 1
    written = json.loads(json.dumps(report.as_json()))
    assert written["closed"][0]["all_calls"]["total"] == closed.all_calls.total
    assert "| inspect |" in report.table()


def test_equal_seeds_ask_equal_questions(config: EvalConfig) -> None:
    questions = draw(config)
    assert draw(config) == questions
    assert {one.group for one in questions[-2:]} == {"heard.tsv"}


def test_a_wrong_table_is_told_before_anything_is_loaded(tmp_path: Path) -> None:
    config = EvalConfig(base=tmp_path / "none", tables=(tmp_path / "none.tsv",))
    with pytest.raises(UsageError, match="none"):
        evaluate(config)


def test_a_missing_base_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match="none"):
        evaluate(EvalConfig(base=tmp_path / "none", rows=1, levels=(0.0,)), [])


def test_readers_stand_side_by_side_on_the_same_questions(config: EvalConfig) -> None:
    told: list[str] = []
    few = replace(config, levels=(0.0,))
    sheet = measure(
        Measure(
            config=few,
            prompted=True,
            rules=lambda text: SplitAnswer(Intent.UNSUPPORTED),
            command="griddesk tune eval",
        ),
        tell=told.append,
    )
    assert [one.name for one in sheet.readers] == ["base", "prompt", "rules"]
    assert len(told) == 2
    rules = sheet.readers[-1]
    assert rules.free == ()
    found = rules.figures("heard.tsv", closed=True)
    assert found is not None
    assert found.all_calls == Score(1, 2)
    assert found.refused == Score(1, 1)
    assert found.wrongly_refused == Score(1, 1)
    assert sheet.card.questions == len(draw(few))
    assert len(sheet.card.data_sha256) == 64
    assert [one.name for one in sheet.card.files] == ["tiny/model.safetensors"]


def test_rules_answer_splittings_only(config: EvalConfig) -> None:
    report = evaluate_rules(
        lambda text: SplitAnswer(Intent.UNCLEAR, ((None, None),)), draw(config)
    )
    kinds = {line.name for one in report.closed for line in one.kinds}
    assert "hello" not in kinds
    assert not kinds & SUMMARIES
    assert report.wrong_closed[0].given == "unclear /"


# One observation for every row of the verdict table.
SEEN = (
    (Check.HEADCOUNT, Observation(expected=9, actual=9), "all_present"),
    (Check.HEADCOUNT, Observation(expected=9, actual=4), "some_absent"),
    (Check.HEADCOUNT, Observation(expected=4, actual=9), "too_many"),
    (Check.HEADCOUNT, Observation(expected=0, actual=9), "no_order_but_people"),
    (Check.HEADCOUNT, Observation(expected=0, actual=0), "no_order_nobody"),
    (Check.HELMET, Observation(expected=3, actual=0, wearing=0), "nobody_at_work"),
    (Check.HELMET, Observation(expected=3, actual=5, wearing=5), "all_helmeted"),
    (Check.HELMET, Observation(expected=3, actual=5, wearing=2), "some_bareheaded"),
    (Check.EQUIPMENT, Observation(expected=3, actual=0, carrying=0), "nobody_at_work"),
    (Check.EQUIPMENT, Observation(expected=3, actual=5, carrying=5), "all_equipped"),
    (Check.EQUIPMENT, Observation(expected=3, actual=5, carrying=1), "some_unequipped"),
)


def summary(check: Check, seen: Observation) -> Question:
    assert seen.expected is not None
    assert seen.actual is not None
    prompt = summary_prompt(
        check,
        expected=seen.expected,
        actual=seen.actual,
        wearing=seen.wearing,
        carrying=seen.carrying,
    )
    sentence = judge(Call(site=Site(id="", name=""), check=check), seen).sentence
    return Question(group="clean", kind=check.value, prompt=prompt, answer=sentence)


@pytest.mark.parametrize(("check", "seen", "_"), SEEN)
def test_what_a_prompt_says_is_read_back(
    check: Check, seen: Observation, _: str
) -> None:
    assert observation_in(summary(check, seen).prompt) == (check, seen)


def test_no_other_prompt_is_a_summary() -> None:
    assert observation_in("步骤#问候\\*语音#应到9人") is None


def summed(texts: dict[str, str]) -> SummaryFigures:
    """Answer every row rightly but those in `texts`."""
    glm = LoadedGlm(
        name="none",
        model=None,
        framing=None,  # type: ignore[arg-type]
        prefix=(),
        device="cpu",
        precision="",
        not_gpu="",
        pattern_version=2,
    )
    questions = [(verdict, summary(check, seen)) for check, seen, verdict in SEEN]
    answered = [(q, texts.get(verdict, q.answer)) for verdict, q in questions]
    found = summarise(glm, answered, CANCEL)
    assert found is not None
    return found


def test_summaries_before_and_after_the_check() -> None:
    found = summed({"some_absent": "[人数检测] 应到9人, 实到9人, 正常出工"})
    before = {line.name: line.score for line in found.before}
    assert len(before) == len(SEEN)
    assert before["headcount some_absent"] == Score(0, 1)
    assert found.all_before == Score(len(SEEN) - 1, len(SEEN))
    assert found.all_after.share == 1


def test_punctuation_is_no_difference_and_silence_is() -> None:
    found = summed(
        {"all_equipped": "[设备检查]实到5人,均正常携带设备。", "all_helmeted": ""}
    )
    before = {line.name: line.score for line in found.before}
    assert before["equipment all_equipped"] == Score(1, 1)
    assert before["helmet all_helmeted"] == Score(0, 1)


def test_missing_data_is_never_put_to_the_model() -> None:
    found = summed({})
    after = {line.name: line.score for line in found.after}
    for check in Check:
        line = after[f"{check.value} data_missing"]
        assert line.total == len(MissingReason) + 2
        assert line.share == 1
    assert not any("missing" in line.name for line in found.before)
    assert found.missing_asked == 0


def test_equal_texts_are_wholly_alike() -> None:
    pytest.importorskip("sacrebleu")
    found = likeness("clean", [("因为出现", "因为出现"), ("因为出现", "")])
    assert found is not None
    assert found.rows == 1
    assert (found.rouge_1, found.rouge_2, found.rouge_l, found.bleu_4) == (100,) * 4
    assert likeness("clean", []) is None


def test_rouge_and_bleu_count_characters() -> None:
    pytest.importorskip("sacrebleu")
    found = likeness("clean", [("甲乙丙丁戊", "甲乙丙丁己"), ("", "甲乙")])
    assert found is not None
    assert found.rouge_1 == pytest.approx((80 + 0) / 2, abs=0.01)
    assert found.rouge_2 == pytest.approx((75 + 0) / 2, abs=0.01)
    assert found.rouge_l == pytest.approx((80 + 0) / 2, abs=0.01)
    # Precisions 4/5, 3/4, 2/3, 1/2: their geometric mean.
    assert found.bleu_4 == pytest.approx(100 * 0.2**0.25 / 2, abs=0.01)
