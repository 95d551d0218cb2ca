import math
from itertools import pairwise

import pytest

from app.agent.bench import generate, measure_understanding
from app.agent.decoding import Decoder
from app.agent.glm import LoadedGlm
from app.agent.grammar import AnswerGrammar, grammar_for
from app.agent.prompts import parse_split_answer, split_prompt
from app.core.cancel import CancelToken
from app.core.errors import Cancelled

SPEECH = [
    "查一下济南的人数",
    "青岛的安全帽",
    "𠮷林𠮷林工地的电笔",
    "济南和青岛",
    "你好",
]


def slowly(
    glm: LoadedGlm, prompt: str, grammar: AnswerGrammar
) -> tuple[str, float, float]:
    """Decode with a fresh cache for every token: the plain truth to compare with."""
    import torch

    text, state, belief, mass = "", grammar.start, 0.0, 1.0
    done: list[int] = glm.framing.prompt(prompt)
    while options := grammar.options(state):
        rows = [
            (glm.framing.encode(o.stem) if o.stem else [glm.framing.stops[0]], o)
            for o in options
        ]
        at = 0
        while len(rows) > 1:
            ways = sorted({ids[at] for ids, _ in rows})
            if len(ways) > 1:
                ids = torch.tensor([[*done]])
                with torch.inference_mode():
                    out = glm.model(
                        ids, past_key_values=glm.fresh_cache(), use_cache=True
                    )
                logs = out.logits[0, -1].log_softmax(-1)[torch.tensor(ways)]
                best = int(logs.argmax())
                belief += float(logs[best] - logs.logsumexp(0))
                mass = min(mass, float(logs.logsumexp(0).exp()))
                token = ways[best]
            else:
                token = ways[0]
            rows = [(ids, o) for ids, o in rows if ids[at] == token]
            done.append(token)
            at += 1
        ids, option = rows[0]
        done += ids[at:] + glm.framing.encode(option.rest)
        text += option.stem + option.rest
        state = option.then
    return text, math.exp(belief), mass


def test_answers_and_probabilities_are_those_of_plain_decoding(glm: LoadedGlm) -> None:
    decoder = Decoder(glm)
    for speech in SPEECH * 2:
        prompt, grammar = split_prompt(speech), grammar_for(speech)
        said = decoder.choose(prompt, grammar, CancelToken())
        text, probability, mass = slowly(glm, prompt, grammar)
        assert said.text == text
        assert said.probability == pytest.approx(probability, rel=1e-3)
        assert said.mass == pytest.approx(mass, rel=1e-3)
        parse_split_answer(said.text)


def test_forced_text_costs_no_single_steps(glm: LoadedGlm) -> None:
    decoder = Decoder(glm)
    said = decoder.choose(
        split_prompt(SPEECH[0]), grammar_for(SPEECH[0]), CancelToken()
    )
    assert said.passes == said.choices
    assert said.passes < len(glm.framing.encode(said.text)) / 2


def test_a_call_leaves_no_trace_in_the_next(glm: LoadedGlm) -> None:
    used = Decoder(glm)
    for first, second in pairwise(SPEECH):
        used.choose(split_prompt(first), grammar_for(first), CancelToken())
        again = used.choose(split_prompt(second), grammar_for(second), CancelToken())
        fresh = Decoder(glm).choose(
            split_prompt(second), grammar_for(second), CancelToken()
        )
        assert again.text == fresh.text
        assert again.probability == pytest.approx(fresh.probability, rel=1e-3)


def test_cancel_stops_before_the_next_pass(glm: LoadedGlm) -> None:
    cancel = CancelToken()
    cancel.cancel()
    decoder = Decoder(glm)
    with pytest.raises(Cancelled):
        decoder.choose(split_prompt("济南"), grammar_for("济南"), cancel)
    with pytest.raises(Cancelled):
        decoder.write(split_prompt("济南"), cancel=cancel)
    # The broken-off call leaves the cache usable.
    said = decoder.choose(split_prompt("济南"), grammar_for("济南"), CancelToken())
    assert said.text == slowly(glm, split_prompt("济南"), grammar_for("济南"))[0]


@pytest.mark.parametrize("cut", [0, 3, 9, 99])
def test_a_draft_changes_the_speed_and_never_the_text(glm: LoadedGlm, cut: int) -> None:
    prompt = split_prompt(SPEECH[0])
    plain = Decoder(glm).write(prompt, longest=40, cancel=CancelToken())
    draft = plain.text[:cut] + ("错" if cut < len(plain.text) else "")
    drafted = Decoder(glm).write(prompt, draft=draft, longest=40, cancel=CancelToken())
    assert (drafted.text, drafted.finished) == (plain.text, plain.finished)
    if cut > 3:
        assert drafted.passes <= plain.passes


def test_plain_generate_of_the_bench_writes_the_same(glm: LoadedGlm) -> None:
    for speech in SPEECH:
        prompt = split_prompt(speech)
        free = Decoder(glm).write(prompt, cancel=CancelToken())
        assert generate(glm, prompt) == free.text


def test_bench_measures_both_ways(glm: LoadedGlm) -> None:
    times = measure_understanding(glm, SPEECH[:2], lambda _: "", repeats=1)
    assert times.sentences == 2
    assert times.passes == times.unguessed_passes
    assert times.ratio == pytest.approx(times.generate_ms / times.constrained_ms)
