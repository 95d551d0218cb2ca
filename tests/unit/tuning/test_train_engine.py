"""The fast forward pass equals the slow one, and rows come in order, once, unpadded."""

from pathlib import Path
from typing import Any

import pytest
import torch

from app.tuning.training.attach import attach
from app.tuning.training.backbone import Backbone, load_backbone
from app.tuning.training.feed import (
    Example,
    StepSampler,
    collate,
    encode,
    padding,
    parts,
)
from app.tuning.training.methods import (
    Full,
    Lora,
    Plan,
    PromptSoft,
    PromptText,
    PtuningV1,
    PtuningV2,
)
from app.tuning.training.rows import IGNORED, encode_rows
from tests.unit.tuning.tiny import rows, write_base, write_first_chatglm

PLANS: tuple[Plan, ...] = (
    PtuningV2(virtual_tokens=6),
    PtuningV2(virtual_tokens=6, projection=True, projection_size=4),
    PromptSoft(virtual_tokens=5),
    PromptText(virtual_tokens=5),
    PtuningV1(virtual_tokens=5, encoder_size=8),
    PtuningV1(virtual_tokens=5, encoder_size=8, encoder="lstm"),
    Lora(rank=2),
    Full(),
)


@pytest.fixture(scope="module", params=["causal", "prefix-lm", "words"])
def folder(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Give a base that reads forwards only, as GLM-4 does, and one like GLM-mini."""
    folder = tmp_path_factory.mktemp("base") / "tiny"
    kind = request.param
    return write_base(folder, causal=kind == "causal", words=kind == "words")


@pytest.fixture
def backbone(folder: Path) -> Backbone:
    return load_backbone(folder)


def examples_of(backbone: Backbone, count: int = 12) -> list[Example]:
    pairs = [(row["content"], row["summary"]) for row in rows(count)]
    return encode(backbone.framing, backbone.end, pairs)


def textbook_loss(model: Any, examples: list[Example], virtual: int) -> torch.Tensor:
    """Every row whole, padded to one length, prefix repeated, all positions."""
    pairs = [(list(one.prompt), list(one.answer)) for one in examples]
    encoded = encode_rows(pairs)
    mask = torch.zeros_like(encoded.tokens)
    for index, one in enumerate(examples):
        mask[index, : len(one) - 1] = 1
    logits = model(input_ids=encoded.tokens, attention_mask=mask).logits
    logits = logits[:, virtual:]
    return torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), encoded.labels.flatten(), ignore_index=IGNORED
    )


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.method.value)
def test_loss_and_gradient_equal_the_textbooks(plan: Plan, backbone: Backbone) -> None:
    check_loss_and_gradient(plan, backbone)


@pytest.mark.parametrize(
    "plan", [PLANS[0], PLANS[6], PLANS[7]], ids=lambda plan: plan.method.value
)
def test_the_first_chatglm_is_tuned_as_in_a_textbook(
    plan: Plan, tmp_path: Path
) -> None:
    backbone = load_backbone(write_first_chatglm(tmp_path / "chatglm-6b"))
    check_loss_and_gradient(plan, backbone)
    # Its prompts are run in one piece, whatever rows share.
    assert {one.shared for one in examples_of(backbone)} == {0}


def check_loss_and_gradient(plan: Plan, backbone: Backbone) -> None:
    from app.tuning.training.engine import AnswerModel

    torch.manual_seed(3)
    answers = AnswerModel(attach(backbone, plan), plan)
    if isinstance(plan, Lora):
        for name, parameter in answers.named_parameters():
            # B starts as zero, which would hide A.
            if "lora_B" in name:
                torch.nn.init.normal_(parameter, std=0.1)
    examples = examples_of(backbone)
    trained = [p for p in answers.parameters() if p.requires_grad]
    assert trained

    loss = answers(**collate(examples))["loss"]
    ours = torch.autograd.grad(loss, trained)
    virtual = 5 if isinstance(plan, (PromptSoft, PromptText, PtuningV1)) else 0
    wanted = textbook_loss(answers.model, examples, virtual)
    theirs = torch.autograd.grad(wanted, trained)

    assert torch.allclose(loss, wanted, atol=1e-5)
    for mine, other in zip(ours, theirs, strict=True):
        assert torch.allclose(mine, other, atol=1e-5)
    assert sum(float(part.abs().sum()) for part in ours) > 0


def test_a_base_that_cannot_share_goes_its_own_way(
    backbone: Backbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.tuning.training import engine

    plan = PromptSoft(virtual_tokens=5)
    answers = engine.AnswerModel(attach(backbone, plan), plan)
    examples = examples_of(backbone)
    assert answers.prove(next(parts(examples)))
    shared = answers(**collate(examples))["loss"]
    judged = answers.judge(collate(examples)["parts"])

    def wrong(base: Any, before: Any, head: Any, tokens: Any) -> torch.Tensor:
        return torch.zeros(*tokens.shape, 16)

    monkeypatch.setattr(engine, "run_after", wrong)
    assert not answers.prove(next(parts(examples)))
    assert torch.allclose(answers(**collate(examples))["loss"], shared, atol=1e-5)
    again = answers.judge(collate(examples)["parts"])
    assert (again.rows, again.right, again.tokens) == (
        judged.rows,
        judged.right,
        judged.tokens,
    )


def test_judging_counts_whole_answers(backbone: Backbone) -> None:
    from app.tuning.training.engine import AnswerModel

    plan = Full()
    answers = AnswerModel(attach(backbone, plan), plan)
    examples = examples_of(backbone, 4)
    judged = answers.judge(collate(examples)["parts"])
    assert judged.rows == 4
    assert judged.right == 0
    assert judged.tokens == sum(len(one.answer) for one in examples)
    # The model's own first choices as answers are all right.
    best = []
    for one in examples:
        with torch.no_grad():
            logits = answers.base(torch.tensor([one.prompt])).logits
        best.append(Example(one.prompt, (int(logits[0, -1].argmax()),), one.shared))
    assert answers.judge(collate(best)["parts"]).right == 4


def test_a_part_of_the_softmax_costs_less_and_weighs_the_right_word(
    backbone: Backbone,
) -> None:
    from app.tuning.training.engine import AnswerModel

    plan = PtuningV2(virtual_tokens=6)
    answers = AnswerModel(attach(backbone, plan), plan)
    batch = collate(examples_of(backbone))
    whole = answers(**batch)["loss"]
    some = answers(**batch, sampled=4)["loss"]
    assert 0 < some.item() < whole.item()
    count = len(batch["labels"])
    doubled = answers(**batch, num_items_in_batch=2 * count)["loss"]
    assert torch.allclose(2 * doubled, whole)


def test_parts_hold_every_row_once_and_little_padding(backbone: Backbone) -> None:
    examples = examples_of(backbone, 40)
    found = []
    for part in parts(examples):
        for tokens, labels in zip(part.tokens, part.labels, strict=True):
            answer = labels[labels != IGNORED].tolist()
            start = int((labels != IGNORED).nonzero()[0]) + 1
            prompt = [*part.head[0].tolist(), *tokens[:start].tolist()]
            found.append((tuple(prompt), tuple(answer)))
    assert sorted(found) == sorted((one.prompt, one.answer) for one in examples)
    assert 0 <= padding(examples) < 0.2
    assert padding([examples[0]] * 5) == 0
    heads = [part.head.shape[1] for part in parts(examples)]
    if backbone.framing.marks is None:
        # What all prompts of a pattern begin with is in no row.
        assert min(heads) >= 10
    else:
        assert set(heads) == {0}


def test_rows_are_cut_where_padding_would_cost_more_than_a_part() -> None:
    def lengths(*sizes: int) -> list[list[int]]:
        some = [Example((1,) * 9, (2,) * (size - 9), 8) for size in sizes]
        cut = [
            [9 + int((row != IGNORED).sum()) for row in part.labels]
            for part in parts(some)
        ]
        return sorted(cut)

    assert lengths(20, 21, 22, 23) == [[20, 21, 22, 23]]
    assert lengths(20, 20, 20, 90, 90) == [[20, 20, 20], [90, 90]]
    assert lengths(20, 20, 20, 40, 40) == [[20, 20, 20, 40, 40]]


def test_limits_cut_prompts_and_answers_but_keep_the_frame(backbone: Backbone) -> None:
    pairs = [(row["content"], row["summary"]) for row in rows(4)]
    whole = encode(backbone.framing, backbone.end, pairs)
    cut = encode(backbone.framing, backbone.end, pairs, max_source=10, max_target=6)
    for one, other in zip(whole, cut, strict=True):
        assert len(other.prompt) == 10
        assert other.prompt[0] == one.prompt[0]
        assert other.prompt[-1] == one.prompt[-1]
        assert other.answer == (*one.answer[:5], backbone.end)
        assert one.answer[-1] == backbone.end
    frame = [*backbone.framing.head, *backbone.framing.tail]
    (least, *_) = encode(backbone.framing, backbone.end, pairs, max_source=1)
    assert list(least.prompt) == frame


def test_the_order_of_rows_depends_on_the_seed_alone(backbone: Backbone) -> None:
    examples = examples_of(backbone, 10)
    sampler = StepSampler(examples, rows=4, steps=6, seed=7)
    order = list(sampler)
    assert len(order) == len(sampler) == 24
    assert order == list(StepSampler(examples, rows=4, steps=6, seed=7))
    assert order != list(StepSampler(examples, rows=4, steps=6, seed=8))
    # Passes follow one another: in 20 draws each of ten rows comes twice.
    assert sorted(order[:20]) == sorted(list(range(10)) * 2)
    lengths = [len(examples[n]) for n in order[:4]]
    starts = [examples[n].prompt[:8] for n in order[:4]]
    assert list(zip(starts, lengths, strict=True)) == sorted(
        zip(starts, lengths, strict=True)
    )


def test_lora_leaves_what_an_embedding_is_made_of(tmp_path: Path) -> None:
    backbone = load_backbone(write_base(tmp_path / "tiny", words=True))
    learns = [
        n for n, p in attach(backbone, Lora(rank=2)).named_parameters() if "lora" in n
    ]
    assert any("q_proj" in name for name in learns)
    assert not any("embed" in name for name in learns)
