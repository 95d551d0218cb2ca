"""How long the model takes: our decoding beside plain `generate` on the same prefix."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from statistics import median
from time import perf_counter

from app.agent.decoding import Constrained, Decoder
from app.agent.glm import LoadedGlm
from app.agent.grammar import grammar_for
from app.agent.prompts import split_prompt
from app.core.cancel import CancelToken

LONGEST = 96
"""Tokens that plain `generate` may write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderstandingTimes:
    """Medians over all sentences, in milliseconds."""

    constrained_ms: float
    """From the words to the answer: the rules' guess, prompt, grammar, decoding."""
    unguessed_ms: float
    """The same without a guess to begin with."""
    generate_ms: float
    ratio: float
    """How many times faster than `generate` the first of them is."""
    passes: float
    """Mean forward passes of an answer."""
    one_pass: float
    """Share of the answers that took one pass."""
    unguessed_passes: float
    sentences: int


def measure_understanding(
    glm: LoadedGlm,
    sentences: Sequence[str],
    guess: Callable[[str], str],
    *,
    repeats: int = 3,
    watched: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> UnderstandingTimes:
    """Time constrained understanding and plain `model.generate()`, in turns.

    `guess` is what drafts an answer; its time counts. Both start from the loaded
    prefix; `generate` gets a fresh copy of it each time, as its cache cannot be reused
    between commands. `watched` is entered for each answer.
    """
    # Two, because a sentence that was just answered is half computed.
    guided, unguided = Decoder(glm), Decoder(glm)
    with watched():
        _answer(guided, sentences[0], guess)
    with watched():
        generate(glm, split_prompt(sentences[0]))
    ours: list[float] = []
    unguessed: list[float] = []
    plain: list[float] = []
    passes: list[int] = []
    more: list[int] = []
    for _ in range(repeats):
        for sentence in sentences:
            with watched():
                began = perf_counter()
                passes.append(_answer(guided, sentence, guess).passes)
                ours.append(perf_counter() - began)
            with watched():
                began = perf_counter()
                more.append(_answer(unguided, sentence, _no_guess).passes)
                unguessed.append(perf_counter() - began)
            with watched():
                began = perf_counter()
                generate(glm, split_prompt(sentence))
                plain.append(perf_counter() - began)
    fast, slow = median(ours) * 1000, median(plain) * 1000
    return UnderstandingTimes(
        constrained_ms=fast,
        unguessed_ms=median(unguessed) * 1000,
        generate_ms=slow,
        ratio=slow / fast,
        passes=sum(passes) / len(passes),
        one_pass=passes.count(1) / len(passes),
        unguessed_passes=sum(more) / len(more),
        sentences=len(sentences),
    )


def _answer(
    decoder: Decoder, sentence: str, guess: Callable[[str], str]
) -> Constrained:
    return decoder.choose(
        split_prompt(sentence),
        grammar_for(sentence),
        CancelToken(),
        draft=guess(sentence),
    )


def _no_guess(_: str) -> str:
    return ""


def generate(glm: LoadedGlm, prompt: str, longest: int = LONGEST) -> str:
    """Answer by transformers' own loop, without a grammar."""
    import torch

    cache = glm.fresh_cache()
    # `generate` drops as many tokens as the cache holds: these stand for the prefix.
    filler = [glm.framing.stops[0]] * cache.get_seq_length()
    row = [*filler, *glm.framing.prompt(prompt)]
    ids = torch.tensor([row], device=glm.model.device)
    with torch.inference_mode():
        made = glm.model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            past_key_values=cache,
            do_sample=False,
            max_new_tokens=longest,
            eos_token_id=list(glm.framing.stops),
            pad_token_id=glm.framing.stops[0],
        )
    return glm.framing.decode(made[0, len(row) :].tolist())
