"""Forward passes of a model: one row on a cache that is kept, several rows at once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.agent.glm import LoadedGlm
from app.agent.walking import Plan

if TYPE_CHECKING:
    import torch


class Track:
    """Tokens in a cache; what a call has in common with the one before is kept."""

    def __init__(self, glm: LoadedGlm) -> None:
        """Take the model; the prefix is put into the cache with the first pass."""
        self._glm = glm
        self._cache: Any = None
        self._done: list[int] = []

    def run(
        self, prompt: Sequence[int], answer: Sequence[int], said: int, at: Sequence[int]
    ) -> "torch.Tensor":
        """Compute what is new of a prompt and its answer, in one pass.

        Give the logits `[len(at), vocabulary]` after `said` and so many more tokens of
        the answer as each of `at` tells; at least one must be asked for.
        """
        import torch

        ids = [*prompt, *answer]
        wanted = [len(prompt) + said + more - 1 for more in at]
        first = self._rewind(ids, min(wanted))
        try:
            with torch.inference_mode():
                out = self._glm.model(
                    torch.tensor([ids[first:]], device=self._glm.model.device),
                    past_key_values=self._cache,
                    use_cache=True,
                    logits_to_keep=_places(wanted, first, self._glm),
                )
        except BaseException:
            # A pass that broke off may have filled some layers and not others.
            self._cache, self._done = None, []
            raise
        self._done = ids
        logits: torch.Tensor = out.logits[0].float()
        return logits

    def _rewind(self, ids: Sequence[int], least: int) -> int:
        """Keep what is common with `ids`, but compute token `least` and on anew."""
        if self._cache is None:
            self._cache = self._glm.fresh_cache()
        common = 0
        for old, new in zip(self._done, ids[:least], strict=False):
            if old != new:
                break
            common += 1
        common = self._glm.framing.kept(ids[:common])
        if surplus := len(self._done) - common:
            self._cache.crop(-surplus)
        self._done = self._done[:common]
        return common


def batched(
    glm: LoadedGlm, prompts: Sequence[Sequence[int]], plans: Sequence[Plan]
) -> "list[torch.Tensor]":
    """Run several prompts with what is planned for each, in one pass.

    Give for each the logits `[decisions, vocabulary]` after so many planned tokens as
    its plan asks for. Shorter rows are filled up at their end, where nothing that is
    asked for looks.
    """
    import torch

    rows = [[*prompt, *plan.ids] for prompt, plan in zip(prompts, plans, strict=True)]
    width = max(map(len, rows))
    filled = [row + [glm.framing.stops[0]] * (width - len(row)) for row in rows]
    wanted = [
        [len(prompt) + more - 1 for more in plan.asked]
        for prompt, plan in zip(prompts, plans, strict=True)
    ]
    places = sorted({place for row in wanted for place in row})
    with torch.inference_mode():
        out = glm.model(
            torch.tensor(filled, device=glm.model.device),
            past_key_values=glm.fresh_cache(len(rows)),
            use_cache=True,
            logits_to_keep=_places(places, 0, glm),
        )
    logits = out.logits.float()
    return [
        logits[number, [places.index(place) for place in row]]
        for number, row in enumerate(wanted)
    ]


def _places(wanted: Sequence[int], first: int, glm: LoadedGlm) -> "torch.Tensor":
    import torch

    places = [place - first for place in wanted]
    return torch.tensor(places, device=glm.model.device)
