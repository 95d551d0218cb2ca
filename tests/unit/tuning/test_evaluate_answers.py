"""Answers in batches equal answers asked one at a time, whatever is guessed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from app.agent.decoding import Decoder
from app.agent.glm import LoadedGlm
from app.agent.grammar import grammar_for
from app.agent.prompts import split_answer
from app.core.cancel import CancelToken
from app.core.errors import ModelCorruptError, ModelMissingError
from app.core.model import Check
from app.tuning.measuring.answering import MARGIN, UNGUESSED, Answerer, Asked, Given
from app.tuning.measuring.loading import load_tuned, load_written, method_of, size_of
from app.tuning.training.attach import attach, write_model
from app.tuning.training.backbone import load_backbone
from app.tuning.training.methods import (
    Full,
    Lora,
    Plan,
    PromptSoft,
    PromptText,
    PtuningV1,
    PtuningV2,
)
from tests.unit.tuning.tiny import PLACES, rows, write_base

# peft 0.21 still asks transformers 5.23 by the old name; nothing of ours.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*is_gradient_checkpointing.*:FutureWarning",
)

CANCEL = CancelToken()


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_base(tmp_path_factory.mktemp("base") / "tiny")


@pytest.fixture(scope="module")
def glm(base: Path) -> LoadedGlm:
    """A model so wild that any wrong position or mask changes what it says."""
    loaded = load_written(base, "因为出现地名", device="cpu")
    torch.manual_seed(5)
    for parameter in loaded.model.parameters():
        parameter.normal_(std=0.5)
    prefix = tuple(
        (torch.randn_like(keys), torch.randn_like(values))
        for keys, values in loaded.prefix
    )
    return replace(loaded, prefix=prefix)


def prompts() -> list[tuple[str, str | None, str]]:
    """Give prompts of two steps with what was heard and the label."""
    return [
        (row["content"], row["content"].rpartition("#")[2], row["summary"])
        if "拆分" in row["content"]
        else (row["content"], None, row["summary"])
        for row in rows(10)
    ]


def one_at_a_time(glm: LoadedGlm, asked: Asked) -> Given:
    decoder = Decoder(glm)
    count = len(glm.framing.encode(asked.guess)) + 1
    longest = count + MARGIN if asked.guess else UNGUESSED
    closed = None
    if asked.speech is not None:
        grammar = grammar_for(asked.speech, ())
        closed = decoder.choose(asked.prompt, grammar, CANCEL).text
    return Given(
        decoder.write(asked.prompt, longest=longest, cancel=CANCEL).text, closed
    )


@pytest.mark.slow
def test_guesses_never_change_an_answer(glm: LoadedGlm) -> None:
    asked = [
        Asked(prompt=prompt, guess=guess, speech=speech)
        for prompt, speech, label in prompts()
        for guess in (label, "", "步骤#")
    ]
    given = Answerer(glm, micro=4).answer(asked, CANCEL)
    assert given == [one_at_a_time(glm, one) for one in asked]
    assert len({one.free for one in given}) > len(prompts())
    assert {one.closed is None for one in given} == {True, False}


def test_a_right_guess_asks_the_model_no_more(
    glm: LoadedGlm, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = [Asked(prompt=p, speech=s) for p, s, _ in prompts() if s is not None]
    known = Answerer(glm).answer(plain, CANCEL)
    answerer = Answerer(glm)
    guessed = [
        replace(one, guess=answer.closed or "")
        for one, answer in zip(plain, known, strict=True)
    ]

    def fail(*_: object) -> None:
        raise AssertionError("the model was asked again")

    monkeypatch.setattr(answerer._decoder, "choose", fail)
    again = answerer.answer(guessed, CANCEL)
    assert [one.closed for one in again] == [one.closed for one in known]
    with pytest.raises(AssertionError, match="asked again"):
        answerer.answer([replace(guessed[0], guess="步骤#")], CANCEL)


def test_a_greedy_answer_that_ends_is_found_whole(glm: LoadedGlm) -> None:
    """A model that always says one thing and ends: its text, with any guess."""

    class Stubborn:
        """Wraps the output layer so that the answer is 济南 and the end."""

        def __init__(self, model: Any, wanted: list[int]) -> None:
            self._model, self._wanted = model, wanted

        def __getattr__(self, name: str) -> Any:
            return getattr(self._model, name)

        def get_output_embeddings(self) -> Any:
            size, wanted = self._model.config.vocab_size, self._wanted
            after = {wanted[0]: wanted[1], wanted[1]: stop}
            table = self._model.get_input_embeddings().weight

            def out(states: torch.Tensor) -> torch.Tensor:
                near = torch.cdist(states.flatten(0, -2), table).argmin(-1).tolist()
                flat = torch.zeros(len(near), size)
                for index, token in enumerate(near):
                    flat[index, after.get(token, wanted[0])] = 1.0
                return flat.view(*states.shape[:-1], size)

            return out

    stop = glm.framing.stops[0]
    wanted = glm.framing.encode("济南")
    model = Stubborn(glm.model, wanted)

    class Echo:
        """The decoder's states are the embeddings of what was read."""

        def __call__(self, ids: torch.Tensor, **_: object) -> tuple[torch.Tensor]:
            return (glm.model.get_input_embeddings()(ids),)

    model.get_decoder = lambda: Echo()  # type: ignore[method-assign]
    answerer = Answerer(replace(glm, model=model))
    prompt = prompts()[0][0]
    asked = [Asked(prompt=prompt, guess=guess) for guess in ("济南", "济", "青岛", "")]
    given = answerer.answer(asked, CANCEL)
    assert [one.free for one in given] == ["济南"] * 4


def test_an_answer_whose_label_is_unknown_is_not_cut_off(glm: LoadedGlm) -> None:
    calls = [(f"平阴商河莱芜{place}", Check.EQUIPMENT) for place in PLACES[:4]]
    assert len(glm.framing.encode(split_answer(calls))) < UNGUESSED


def test_the_pace_is_measured_one_at_a_time(glm: LoadedGlm) -> None:
    asked = [Asked(prompt=p, speech=s, guess=g) for p, s, g in prompts()[:3]]
    pace = Answerer(glm).pace(asked, CANCEL)
    assert pace.closed_ms > 0
    assert pace.free_ms > 0
    assert pace.tokens_per_s > 0
    assert Answerer(glm).pace([], CANCEL).closed_ms == 0


PLANS: tuple[tuple[Plan, str], ...] = (
    (PtuningV2(virtual_tokens=6), "PREFIX_TUNING"),
    (PromptSoft(virtual_tokens=5), "PROMPT_TUNING"),
    (PromptText(virtual_tokens=5), "PROMPT_TUNING"),
    (PtuningV1(virtual_tokens=5, encoder_size=8), "P_TUNING"),
    (Lora(rank=2), "LORA"),
    (Full(), "FULL"),
)


@pytest.mark.parametrize(("plan", "kind"), PLANS, ids=lambda one: str(one)[:16])
def test_every_method_is_loaded_as_it_was_trained(
    base: Path, tmp_path: Path, plan: Plan, kind: str
) -> None:
    backbone = load_backbone(base)
    model = attach(backbone, plan)
    torch.manual_seed(3)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn_like(parameter) * 0.3)
    folder = tmp_path / "tuned"
    write_model(model, backbone, folder)
    ids = torch.tensor([backbone.framing.prompt(prompts()[0][0])])
    with torch.no_grad():
        wanted = model.eval()(input_ids=ids).logits[0, -1]
        loaded = load_tuned(base, folder, device="cpu")
        found = loaded.model(ids, past_key_values=loaded.fresh_cache(), use_cache=True)
    assert torch.allclose(found.logits[0, -1], wanted, atol=1e-4)
    assert method_of(folder) == kind
    size = size_of(folder)
    assert size.method == kind
    assert size.parameters > 0
    assert size.bytes > 2 * size.parameters


def test_a_written_prompt_is_the_text_itself(base: Path) -> None:
    text = "因为出现地名"
    glm = load_written(base, text, device="cpu")
    prompt = glm.framing.prompt(prompts()[0][0])
    with torch.no_grad():
        whole = torch.tensor([[*glm.framing.encode(text), *prompt]])
        wanted = glm.model(whole).logits[0, -1]
        ids = torch.tensor([prompt])
        found = glm.model(ids, past_key_values=glm.fresh_cache(), use_cache=True)
    assert torch.allclose(found.logits[0, -1], wanted, atol=1e-5)
    assert load_written(base, "", device="cpu").prefix == ()


def test_a_folder_without_a_model_is_named(base: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match="empty"):
        load_tuned(base, tmp_path / "empty", device="cpu")
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "adapter_config.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelCorruptError, match="adapter_config"):
        load_tuned(base, folder, device="cpu")
    (folder / "adapter_config.json").write_text('{"peft_type": "LORA"}')
    # Never looked for on a model hub, whatever the folder is called.
    with pytest.raises(ModelMissingError, match=r"缺少文件 adapter_model"):
        load_tuned(base, folder, device="cpu")
    write_model(attach(load_backbone(base), Lora(rank=2)), load_backbone(base), folder)
    (folder / "adapter_model.safetensors").write_bytes(b"torn")
    with pytest.raises(ModelCorruptError, match="broken 无法读取"):
        load_tuned(base, folder, device="cpu")
    (folder / "adapter_model.safetensors").unlink()
    (folder / "adapter_config.json").write_text('{"peft_type": "P_TUNING"}')
    with pytest.raises(ModelCorruptError, match="broken"):
        load_tuned(base, folder, device="cpu")
