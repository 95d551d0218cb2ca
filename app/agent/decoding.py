"""Greedy decoding on a reused prefix cache: only real choices are single steps.

The prefix and the fixed part of each prompt are computed once; a call computes what
differs. Text that the grammar forces is appended in one forward pass.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.agent.glm import LoadedGlm
from app.agent.grammar import AnswerGrammar
from app.core.cancel import CancelToken

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True, kw_only=True)
class Constrained:
    """An answer that the grammar allows."""

    text: str
    probability: float
    """Product over the real choices, each renormalised over what was allowed."""
    mass: float
    """Least share of the model's belief that lay on what was allowed at any choice;
    small: the model wanted to say something else."""
    choices: int
    passes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An answer without a grammar."""

    text: str
    finished: bool
    """Whether the model itself ended, within the length allowed."""
    passes: int


@dataclass(slots=True)
class _Node:
    """A trie over the tokens of options; a leaf holds the option's number."""

    ways: dict[int, "_Node"] = field(default_factory=dict)
    leaf: int | None = None


class _Track:
    """Tokens in a cache; shares the longest common head with the call before."""

    def __init__(self, glm: LoadedGlm) -> None:
        import torch

        self._torch = torch
        self._glm = glm
        self._cache: Any = None
        self._done: list[int] = []
        self.passes = 0

    def rewind(self, ids: Sequence[int]) -> None:
        """Keep what `ids` has in common with what is computed; queue the rest."""
        self.passes = 0
        if self._cache is None:
            self._cache = self._glm.fresh_cache()
        common = 0
        # The last token is computed anew: its logits are needed.
        for old, new in zip(self._done, ids[:-1], strict=False):
            if old != new:
                break
            common += 1
        common = self._glm.framing.kept(ids[:common])
        if surplus := len(self._done) - common:
            self._cache.crop(-surplus)
        self._done = self._done[:common]
        self.pending = list(ids[common:])

    def forget(self, count: int) -> None:
        """Drop the last tokens that were computed."""
        self._cache.crop(-count)
        del self._done[-count:]

    def append(self, ids: Sequence[int]) -> None:
        """Queue tokens without computing them yet."""
        self.pending.extend(ids)

    def logits(self, keep: int = 1) -> "torch.Tensor":
        """Compute what is queued; give the logits after its last `keep` tokens."""
        ids = self._torch.tensor([self.pending], device=self._glm.model.device)
        try:
            with self._torch.inference_mode():
                out = self._glm.model(
                    ids,
                    past_key_values=self._cache,
                    use_cache=True,
                    logits_to_keep=keep,
                )
        except BaseException:
            # A pass that broke off may have filled some layers and not others.
            self._cache, self._done = None, []
            raise
        self._done += self.pending
        self.pending = []
        self.passes += 1
        result: torch.Tensor = out.logits[0].float()
        return result


class Decoder:
    """Asks one loaded model; not for two threads at a time."""

    def __init__(self, glm: LoadedGlm) -> None:
        """Take the model."""
        self.glm = glm
        self._tracks: dict[str, _Track] = {}

    def _track(self, prompt: str) -> _Track:
        # One cache for each pattern: what comes before the first value never changes.
        key = prompt.split("\\*", 1)[0]
        if key not in self._tracks:
            self._tracks[key] = _Track(self.glm)
        track = self._tracks[key]
        track.rewind(self.glm.framing.prompt(prompt))
        return track

    def choose(
        self, prompt: str, grammar: AnswerGrammar, cancel: CancelToken
    ) -> Constrained:
        """Give the sentence of `grammar` that the model finds best, step by step.

        Raises:
            Cancelled: The token was set; polled before each pass.
        """
        framing = self.glm.framing
        track = self._track(prompt)
        text, state = "", grammar.start
        belief, mass, choices = 0.0, 1.0, 0
        while options := grammar.options(state):
            stems = framing.after(text, [one.stem for one in options if one.stem])
            encoded = iter(stems)
            root = _Node()
            for number, option in enumerate(options):
                ids = next(encoded) if option.stem else [framing.stops[0]]
                _plant(root, ids, number)
            node = root
            while node.ways:
                if len(node.ways) == 1 and node.leaf is None:
                    token, node = next(iter(node.ways.items()))
                    track.append([token])
                    continue
                cancel.raise_if_cancelled()
                best, log_p, share = _pick(track.logits()[-1], node, framing.stops)
                choices += 1
                belief += log_p
                mass = min(mass, share)
                if best is None:
                    break
                node = node.ways[best]
                track.append([best])
            assert node.leaf is not None
            chosen = options[node.leaf]
            text += chosen.stem
            if chosen.rest:
                track.append(framing.after(text, [chosen.rest])[0])
                text += chosen.rest
            state = chosen.then
        return Constrained(
            text=text,
            probability=math.exp(belief),
            mass=mass,
            choices=choices,
            passes=track.passes,
        )

    def write(
        self,
        prompt: str,
        *,
        draft: str = "",
        longest: int = 96,
        cancel: CancelToken,
    ) -> Written:
        """Write freely and greedily, at most `longest` tokens.

        `draft` is a guess: where the model agrees it is confirmed in one pass instead
        of one a token. The text is the same with and without it.

        Raises:
            Cancelled: The token was set; polled before each pass.
        """
        framing = self.glm.framing
        track = self._track(prompt)
        out: list[int] = []
        guess = framing.encode(draft)[:longest] if draft else []
        cancel.raise_if_cancelled()
        track.append(guess)
        best = track.logits(keep=len(guess) + 1).argmax(-1).tolist()
        agreed = 0
        while agreed < len(guess) and best[agreed] == guess[agreed]:
            agreed += 1
        out += guess[:agreed]
        token = int(best[agreed])
        if agreed < len(guess):
            track.forget(len(guess) - agreed)
        while token not in framing.stops and len(out) < longest:
            out.append(token)
            cancel.raise_if_cancelled()
            track.append([token])
            token = int(track.logits()[-1].argmax())
        return Written(
            text=framing.decode(out),
            finished=token in framing.stops,
            passes=track.passes,
        )


def _plant(root: _Node, ids: Sequence[int], number: int) -> None:
    node = root
    for token in ids:
        node = node.ways.setdefault(token, _Node())
    if node.leaf is None:
        node.leaf = number


def _pick(
    logits: "torch.Tensor", node: _Node, stops: Sequence[int]
) -> tuple[int | None, float, float]:
    """Give the best allowed token, its renormalised log belief, and the allowed share.

    A node that is a leaf and a branch cannot be left by a token of its own; stopping
    there has the belief of the model's own end. None: stop at this node.
    """
    import torch

    logs = torch.log_softmax(logits, dim=-1)
    tokens = list(node.ways)
    ids = list(tokens)
    if node.leaf is not None:
        ids.append(stops[0])
    allowed = logs[torch.tensor(ids, device=logs.device)]
    if len(stops) > 1 and stops[0] in ids:
        # Any of the model's ends will do.
        ends = torch.logsumexp(logs[torch.tensor(list(stops), device=logs.device)], 0)
        allowed[ids.index(stops[0])] = ends
    share = torch.logsumexp(allowed, 0)
    best = int(allowed.argmax())
    log_p = float(allowed[best] - share)
    token = tokens[best] if best < len(tokens) else None
    return token, log_p, min(1.0, float(share.exp()))
