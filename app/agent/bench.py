"""How long the model takes: our decoding beside plain `generate` on the same prefix."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter

from app.agent.decoding import Decoder
from app.agent.glm import LoadedGlm
from app.agent.grammar import grammar_for
from app.agent.prompts import split_prompt
from app.core.cancel import CancelToken

_LONGEST = 96


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderstandingTimes:
    """Medians over all sentences, in milliseconds."""

    constrained_ms: float
    generate_ms: float
    ratio: float
    """How many times faster the constrained decoding is."""
    passes: float
    """Median forward passes of one constrained answer."""
    sentences: int


def measure_understanding(
    glm: LoadedGlm, sentences: Sequence[str], *, repeats: int = 3
) -> UnderstandingTimes:
    """Time constrained understanding and plain `model.generate()`, in turns.

    Both start from the loaded prefix; `generate` gets a fresh copy of it each time,
    as its cache cannot be reused between commands.
    """
    decoder, cancel = Decoder(glm), CancelToken()
    prompts = [(split_prompt(one), grammar_for(one)) for one in sentences]
    decoder.choose(*prompts[0], cancel)
    _generate(glm, prompts[0][0])
    ours: list[float] = []
    plain: list[float] = []
    passes: list[int] = []
    for _ in range(repeats):
        for sentence in sentences:
            began = perf_counter()
            # Making the prompt and the grammar is part of the price.
            answer = decoder.choose(
                split_prompt(sentence), grammar_for(sentence), cancel
            )
            ours.append(perf_counter() - began)
            passes.append(answer.passes)
            began = perf_counter()
            _generate(glm, split_prompt(sentence))
            plain.append(perf_counter() - began)
    fast, slow = median(ours) * 1000, median(plain) * 1000
    return UnderstandingTimes(
        constrained_ms=fast,
        generate_ms=slow,
        ratio=slow / fast,
        passes=median(passes),
        sentences=len(sentences),
    )


def _generate(glm: LoadedGlm, prompt: str) -> str:
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
            max_new_tokens=_LONGEST,
            eos_token_id=list(glm.framing.stops),
            pad_token_id=glm.framing.stops[0],
        )
    return glm.framing.decode(made[0, len(row) :].tolist())
