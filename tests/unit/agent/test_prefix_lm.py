"""A model that reads prompts in both directions, and answers forwards."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, DynamicCache

from app.agent.decoding import Decoder
from app.agent.framing import Framing
from app.agent.glm import LoadedGlm, load_glm
from app.agent.grammar import grammar_for
from app.agent.prefix_lm import GlmMiniForCausalLM, prompt_marks
from app.agent.prompts import split_prompt
from app.core.cancel import CancelToken

USER, ASSISTANT = 2, 3
PROMPT = [USER, 300, 301, 302, ASSISTANT]
ANSWER = [303, 304]


@pytest.fixture(scope="module")
def model(tiny_prefix_lm: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(tiny_prefix_lm).eval()


def states(model: Any, ids: list[int], **more: Any) -> torch.Tensor:
    with torch.inference_mode():
        found: torch.Tensor = model.model(torch.tensor([ids]), **more)[0][0]
    return found


def changed(model: Any, ids: list[int], at: int) -> list[bool]:
    """Which positions' states change with the token at one position."""
    other = list(ids)
    other[at] = 310
    before, after = states(model, ids), states(model, other)
    return [not torch.allclose(a, b) for a, b in zip(before, after, strict=True)]


def test_a_prompt_sees_itself_whole_and_an_answer_what_is_before_it(model: Any) -> None:
    assert isinstance(model, GlmMiniForCausalLM)
    whole = [*PROMPT, *ANSWER]
    assert changed(model, whole, 3) == [True] * 7
    assert changed(model, whole, 5) == [False] * 5 + [True] * 2
    assert changed(model, [305, 306, *whole], 1) == [False, *[True] * 8]


def test_two_prompts_do_not_see_into_the_future(model: Any) -> None:
    whole = [*PROMPT, *ANSWER, *PROMPT]
    assert changed(model, whole, 8) == [False] * 7 + [True] * 5


def test_steps_on_a_cache_equal_one_pass(model: Any) -> None:
    before = [305, 306]
    whole = states(model, [*before, *PROMPT, *ANSWER])
    cache = DynamicCache(config=model.config)
    parts = [
        states(model, ids, past_key_values=cache, use_cache=True)
        for ids in (before, PROMPT, ANSWER[:1], ANSWER[1:])
    ]
    assert torch.allclose(torch.cat(parts), whole, atol=1e-5)


def test_the_mark_that_ends_a_prompt_may_come_later(model: Any) -> None:
    cache = DynamicCache(config=model.config)
    parts = [
        states(model, ids, past_key_values=cache, use_cache=True)
        for ids in (PROMPT[:-1], [ASSISTANT, *ANSWER])
    ]
    assert torch.allclose(
        torch.cat(parts), states(model, [*PROMPT, *ANSWER]), atol=1e-5
    )


def test_another_prompt_may_follow_the_mark_that_ended_one(model: Any) -> None:
    cache = DynamicCache(config=model.config)
    parts = [
        states(model, ids, past_key_values=cache, use_cache=True)
        for ids in (PROMPT[:-1], [ASSISTANT, *ANSWER, *PROMPT])
    ]
    whole = states(model, [*PROMPT, *ANSWER, *PROMPT])
    assert torch.allclose(torch.cat(parts), whole, atol=1e-5)


def test_marks_in_an_answer_end_nothing(model: Any) -> None:
    whole = [*PROMPT, 303, ASSISTANT, 304]
    assert changed(model, whole, 7) == [False] * 7 + [True]
    assert changed(model, whole, 3) == [True] * 8
    cache = DynamicCache(config=model.config)
    parts = [
        states(model, ids, past_key_values=cache, use_cache=True)
        for ids in (PROMPT, [303, ASSISTANT], [304])
    ]
    assert torch.allclose(torch.cat(parts), states(model, whole), atol=1e-5)


def test_padding_on_either_side_changes_nothing(model: Any) -> None:
    alone = model(torch.tensor([PROMPT])).logits[0, -1]
    mask = torch.tensor([[0, 0, 1, 1, 1, 1, 1], [1] * 7])
    positions = torch.tensor([[0, 0, 0, 1, 2, 3, 4], [0, 1, 2, 3, 4, 5, 6]])
    rows = torch.tensor([[0, 0, *PROMPT], [USER, 307, 308, *PROMPT[1:]]])
    left = model(rows, attention_mask=mask, position_ids=positions).logits[0, -1]
    assert torch.allclose(alone, left, atol=1e-4)
    right = model(torch.tensor([[*PROMPT, 0, 0]])).logits[0, 4]
    assert torch.allclose(alone, right, atol=1e-4)


def test_vectors_that_were_looked_up_already_are_read_alike(model: Any) -> None:
    ids = torch.tensor([[*PROMPT, *ANSWER]])
    looked_up = model.get_input_embeddings()(ids)
    assert torch.equal(model(inputs_embeds=looked_up).logits, model(ids).logits)


def test_only_whole_prompts_are_kept_for_another(model: Any) -> None:
    marks = prompt_marks(model.config)
    framing = Framing(None, (USER,), (ASSISTANT,), (1,), marks)
    assert framing.kept([305, 306, USER, 300]) == 2
    assert framing.kept([305, 306]) == 2
    assert framing.kept([*PROMPT, 303]) == 6
    assert framing.kept([]) == 0
    assert Framing(None, (USER,), (ASSISTANT,), (1,)).kept([USER, 300]) == 2


def test_one_decoder_reads_like_a_fresh_one_each_time(
    tiny: tuple[Path, Path], tiny_prefix_lm: Path
) -> None:
    glm: LoadedGlm = load_glm(tiny_prefix_lm, tiny[1], device="cpu")
    used = Decoder(glm)
    said = ("查一下济南的人数", "查一下济南的安全帽", "查一下济南的人数", "你好")
    for speech in said:
        prompt, grammar = split_prompt(speech), grammar_for(speech)
        fresh = Decoder(glm)
        for ask in (
            lambda d: d.choose(prompt, grammar, CancelToken()),  # noqa: B023
            lambda d: d.write(prompt, longest=12, cancel=CancelToken()),  # noqa: B023
        ):
            assert ask(used).text == ask(fresh).text
