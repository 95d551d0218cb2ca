"""Greedy decoding that costs what must be decided, on a reused prefix cache.

The prefix and the fixed part of each prompt are computed once; a call computes what
differs. Text that the grammar forces is appended without a pass of its own. A guess at
the answer is computed together with the prompt: where the model agrees, and it mostly
does, a whole answer costs one forward pass. That is speculative decoding (Leviathan et
al., 2023, arXiv 2211.17192) with the rules as the drafting model: the answer is the
same with any guess and with none.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.agent.glm import LoadedGlm
from app.agent.grammar import AnswerGrammar
from app.agent.tracks import Track, batched
from app.agent.walking import Node, Plan, Walk
from app.core.cancel import CancelToken

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What the model is to answer within a closed language."""

    prompt: str
    grammar: AnswerGrammar
    draft: str = ""
    """A guess at the answer; it changes how long it takes and nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constrained:
    """An answer that the grammar allows."""

    text: str
    probability: float
    """Product over the real choices, each renormalised over what was allowed."""
    alternative: float
    """The greatest probability that any other answer of the grammar can have."""
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
class _Ahead:
    """Logits that were computed before they were asked for."""

    ids: Sequence[int] = ()
    rows: "dict[int, torch.Tensor]" = field(default_factory=dict)
    """After so many of `ids`."""

    def after(self, said: Sequence[int]) -> "torch.Tensor | None":
        """Give the logits after these tokens of the answer, if they are known."""
        if list(self.ids[: len(said)]) != list(said):
            return None
        return self.rows.get(len(said))

    def learn(self, said: Sequence[int], plan: Plan, logits: "torch.Tensor") -> None:
        """Take in a row for each decision of a plan that begins after `said`."""
        self.ids = [*said, *plan.ids]
        rows = zip(plan.asked, logits, strict=True)
        self.rows = {len(said) + count: row for count, row in rows}


class Decoder:
    """Asks one loaded model; not for two threads at a time."""

    def __init__(self, glm: LoadedGlm) -> None:
        """Take the model."""
        self.glm = glm
        self._tracks: dict[str, Track] = {}

    def _track(self, prompt: str) -> Track:
        # One cache for each pattern: what comes before the first value never changes.
        key = prompt.split("\\*", 1)[0]
        return self._tracks.setdefault(key, Track(self.glm))

    def choose(
        self,
        prompt: str,
        grammar: AnswerGrammar,
        cancel: CancelToken,
        *,
        draft: str = "",
    ) -> Constrained:
        """Give the sentence of `grammar` that the model finds best, step by step.

        `draft` is a guess at it.

        Raises:
            Cancelled: The token was set; polled before each pass.
        """
        ask = Ask(prompt=prompt, grammar=grammar, draft=draft)
        return self.choose_all([ask], cancel)[0]

    def choose_all(
        self, asks: Sequence[Ask], cancel: CancelToken
    ) -> tuple[Constrained, ...]:
        """Answer several questions; their guesses are checked in one pass together.

        Raises:
            Cancelled: The token was set; polled before each pass.
        """
        walks = [Walk(self.glm.framing, one.grammar, one.draft) for one in asks]
        if len(asks) == 1:
            return (self._choose(asks[0], walks[0], _Ahead(), 0, cancel),)
        cancel.raise_if_cancelled()
        plans = [walk.plan(walk.start, "", 0, ()) for walk in walks]
        prompts = [self.glm.framing.prompt(one.prompt) for one in asks]
        answers = []
        rows = batched(self.glm, prompts, plans)
        for ask, walk, plan, logits in zip(asks, walks, plans, rows, strict=True):
            ahead = _Ahead()
            ahead.learn((), plan, logits)
            answers.append(self._choose(ask, walk, ahead, 1, cancel))
        return tuple(answers)

    def _choose(
        self, ask: Ask, walk: Walk, ahead: _Ahead, passes: int, cancel: CancelToken
    ) -> Constrained:
        track = self._track(ask.prompt)
        prompt = self.glm.framing.prompt(ask.prompt)
        text, state, number = "", walk.start, 0
        ids: list[int] = []
        belief, mass, choices = _Belief(), 1.0, 0
        while (step := walk.step(state, text)).options:
            node, begun = step.tree, len(ids)
            while node.ways:
                if not node.open:
                    token, node = next(iter(node.ways.items()))
                    ids.append(token)
                    continue
                logits = ahead.after(ids)
                if logits is None:
                    cancel.raise_if_cancelled()
                    plan = walk.plan(state, text, number, ids[begun:])
                    found = track.run(prompt, [*ids, *plan.ids], len(ids), plan.asked)
                    ahead.learn(ids, plan, found)
                    passes += 1
                    logits = found[0]
                best, share = belief.pick(logits, node, self.glm.framing.stops)
                choices += 1
                mass = min(mass, share)
                if best is None:
                    break
                node = node.ways[best]
                ids.append(best)
            assert node.leaf is not None
            chosen = step.options[node.leaf]
            ids += walk.rest(text, chosen)
            text += chosen.stem + chosen.rest
            state, number = chosen.then, number + 1
        return Constrained(
            text=text,
            probability=math.exp(belief.chosen),
            alternative=math.exp(belief.other),
            mass=mass,
            choices=choices,
            passes=passes,
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
        framing, track = self.glm.framing, self._track(prompt)
        question = framing.prompt(prompt)
        guess = framing.encode(draft)[:longest] if draft else []
        cancel.raise_if_cancelled()
        logits = track.run(question, guess, 0, range(len(guess) + 1))
        passes = 1
        best = logits.argmax(-1).tolist()
        agreed = 0
        while agreed < len(guess) and best[agreed] == guess[agreed]:
            agreed += 1
        out = guess[:agreed]
        token = int(best[agreed])
        while token not in framing.stops and len(out) < longest:
            out.append(token)
            cancel.raise_if_cancelled()
            token = int(track.run(question, out, len(out), (0,)).argmax())
            passes += 1
        return Written(
            text=framing.decode(out), finished=token in framing.stops, passes=passes
        )


@dataclass(slots=True)
class _Belief:
    """Log probabilities of the answer so far, and of the best that was not taken."""

    chosen: float = 0.0
    other: float = -math.inf

    def pick(
        self, logits: "torch.Tensor", node: Node, stops: Sequence[int]
    ) -> tuple[int | None, float]:
        """Take the best allowed token; give it and the share of what was allowed.

        A node that is a leaf and a branch cannot be left by a token of its own;
        stopping there has the belief of the model's own end. None: stop here.
        """
        import torch

        logs = torch.log_softmax(logits, dim=-1)
        tokens: list[int | None] = list(node.ways)
        ids = list(node.ways)
        if node.leaf is not None:
            tokens.append(None)
            ids.append(stops[0])
        allowed = logs[torch.tensor(ids, device=logs.device)]
        if len(stops) > 1 and stops[0] in ids:
            # Any of the model's ends will do.
            ends = logs[torch.tensor(list(stops), device=logs.device)]
            allowed[ids.index(stops[0])] = torch.logsumexp(ends, 0)
        share = torch.logsumexp(allowed, 0)
        first, second = torch.topk(allowed - share, 2)[0].tolist()
        best = int(allowed.argmax())
        # What begins with a token that was not taken is less likely than its beginning.
        self.other = max(self.other, self.chosen + second)
        self.chosen += first
        return tokens[best], min(1.0, float(share.exp()))
