"""What is computed ahead of the decisions changes the time and nothing else."""

import math
from collections.abc import Iterator, Sequence

import pytest

from app.agent.decoding import Ask, Constrained, Decoder
from app.agent.glm import LoadedGlm
from app.agent.grammar import AnswerGrammar, Option, State, grammar_for
from app.agent.prompts import UNSUPPORTED_ANSWER, split_answer, split_prompt
from app.core.cancel import CancelToken
from app.core.errors import Cancelled
from app.core.model import Check

SPEECH = ["查一下济南的人数", "青岛和烟台", "𠮷林𠮷林工地的电笔", "你好"]


class Calls(AnswerGrammar):
    """The same language without refusals, which a random model may prefer."""

    def options(self, state: State) -> Sequence[Option]:
        found = super().options(state)
        placed = [one for one in found if one.then.placed]
        return placed if state == self.start and placed else found


def language(speech: str) -> AnswerGrammar:
    return Calls(grammar_for(speech).places)


def same(one: Constrained, other: Constrained) -> bool:
    return (
        one.text == other.text
        and one.choices == other.choices
        and one.probability == pytest.approx(other.probability, rel=1e-3)
        and one.alternative == pytest.approx(other.alternative, rel=1e-3)
        and one.mass == pytest.approx(other.mass, rel=1e-3)
    )


def alone(glm: LoadedGlm, speech: str, draft: str = "") -> Constrained:
    prompt, grammar = split_prompt(speech), language(speech)
    return Decoder(glm).choose(prompt, grammar, CancelToken(), draft=draft)


def test_an_answer_that_was_guessed_takes_one_pass(glm: LoadedGlm) -> None:
    most = 0
    for speech in SPEECH:
        plain = alone(glm, speech)
        guessed = alone(glm, speech, plain.text)
        assert plain.passes == plain.choices
        assert guessed.passes == 1
        assert same(guessed, plain)
        most = max(most, plain.passes)
    assert most > 3


@pytest.mark.parametrize(
    "draft",
    [
        UNSUPPORTED_ANSWER,
        split_answer([(None, None)]),
        split_answer([(None, Check.EQUIPMENT)]),
        split_answer([("济南", None)]),
        split_answer([("济南", Check.HELMET)]),
        split_answer([("青岛", Check.HELMET), ("烟台", Check.HEADCOUNT)]),
        split_answer([("火星", Check.HELMET)]),
        split_answer([("济南", Check.HELMET)])[:30],
        "因为",
        "#\\*<|user|>",
    ],
)
@pytest.mark.parametrize("speech", SPEECH)
def test_a_wrong_guess_changes_no_answer(
    glm: LoadedGlm, speech: str, draft: str
) -> None:
    plain = alone(glm, speech)
    guessed = alone(glm, speech, draft)
    assert same(guessed, plain)
    assert guessed.passes <= plain.passes


def test_a_guess_is_taken_up_again_after_it_was_wrong(glm: LoadedGlm) -> None:
    """Where another place was meant, the check may still be as guessed."""
    speech = SPEECH[0]
    plain = alone(glm, speech)
    said = plain.text.split("出现地名为")[1].split(",")[0]
    other = next(place for place in language(speech).places if place != said)
    guessed = alone(glm, speech, plain.text.replace(said, other))
    assert same(guessed, plain)
    assert guessed.passes < plain.passes


def test_several_are_answered_like_each_alone(glm: LoadedGlm) -> None:
    drafts = ["", UNSUPPORTED_ANSWER, alone(glm, SPEECH[2]).text, "没有"]
    asks = [
        Ask(prompt=split_prompt(speech), grammar=language(speech), draft=draft)
        for speech, draft in zip(SPEECH, drafts, strict=True)
    ]
    together = Decoder(glm).choose_all(asks, CancelToken())
    for speech, answer in zip(SPEECH, together, strict=True):
        assert same(answer, alone(glm, speech))
    assert together[2].passes == 1


def test_the_pass_for_several_can_be_cancelled(glm: LoadedGlm) -> None:
    cancel = CancelToken()
    cancel.cancel()
    asks = [Ask(prompt=split_prompt(one), grammar=grammar_for(one)) for one in SPEECH]
    with pytest.raises(Cancelled):
        Decoder(glm).choose_all(asks, cancel)


def answers(grammar: AnswerGrammar, state: State) -> Iterator[str]:
    options = grammar.options(state)
    if not options:
        yield ""
    for one in options:
        for rest in answers(grammar, one.then):
            yield one.stem + one.rest + rest


class OneCall(AnswerGrammar):
    """The same language, with room for one call."""

    def options(self, state: State) -> Sequence[Option]:
        found = super().options(state)
        return found[:1] if found and found[0].stem == "" else found


@pytest.mark.parametrize(
    "speech", ["济南工地", "青岛", "查一下", "安全帽", "你好", "人数"]
)
def test_probabilities_of_all_answers_add_up_and_bound_the_alternative(
    glm: LoadedGlm, speech: str
) -> None:
    """Every answer's share, by brute force, beside what the decoder says of two."""
    grammar, prompt = OneCall(("济南", "济南工地")), split_prompt(speech)
    shares: dict[str, float] = {}
    for answer in answers(grammar, grammar.start):
        forced = _Only(grammar, answer)
        shares[answer] = forced.share(glm, prompt)
    assert math.fsum(shares.values()) == pytest.approx(1, rel=1e-3)
    said = Decoder(glm).choose(prompt, grammar, CancelToken())
    others = [share for answer, share in shares.items() if answer != said.text]
    assert said.probability == pytest.approx(shares[said.text], rel=1e-3)
    assert max(others) <= said.alternative * 1.001
    assert said.alternative <= math.fsum(others) * 1.001


class _Only:
    """One answer of a language, and what a model gives for it."""

    def __init__(self, grammar: AnswerGrammar, answer: str) -> None:
        self._grammar, self._answer = grammar, answer

    def share(self, glm: LoadedGlm, prompt: str) -> float:
        import torch

        from app.agent.walking import Walk

        walk = Walk(glm.framing, self._grammar, self._answer)
        plan = walk.plan(walk.start, "", 0, ())
        ids = [*glm.framing.prompt(prompt), *plan.ids]
        with torch.inference_mode():
            logits = glm.model(
                torch.tensor([ids]), past_key_values=glm.fresh_cache(), use_cache=True
            ).logits[0]
        logs = logits.log_softmax(-1)
        first, belief, state, text, said = len(ids) - len(plan.ids), 0.0, None, "", 0
        state = walk.start
        while (step := walk.step(state, text)).options:
            option = next(
                number
                for number, one in enumerate(step.options)
                if self._answer.startswith(text + one.stem + one.rest)
                and (one.stem or text == self._answer)
            )
            node = step.tree
            for token in step.ids[option]:
                if len(node.ways) > 1:
                    allowed = logs[first + said - 1][list(node.ways)]
                    belief += float(
                        logs[first + said - 1][token] - allowed.logsumexp(0)
                    )
                node = node.ways[token]
                said += 1
            chosen = step.options[option]
            said += len(walk.rest(text, chosen))
            text += chosen.stem + chosen.rest
            state = chosen.then
        return math.exp(belief)
