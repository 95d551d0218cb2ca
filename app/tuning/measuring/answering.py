"""Answers of a model to many prompts at once, equal to asking one at a time.

The right answer is handed in as a guess and run in one pass for a whole batch. Where
every first choice confirms it, that is the greedy answer. The closed language is walked
by the product's own decoder over the same logits; where it leaves the guess, the model
itself is asked again. So a guess saves time and never changes an answer.
"""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from app.agent.decoding import Decoder
from app.agent.glm import LoadedGlm
from app.agent.grammar import grammar_for
from app.agent.prompts import SEPARATOR
from app.core.cancel import CancelToken
from app.tuning.training.rows import shared_head

if TYPE_CHECKING:
    import torch

MARGIN: Final = 16
"""Tokens that a written answer may be longer than its label."""

UNGUESSED: Final = 256
"""Tokens of a written answer whose label is not known: four calls, one a character."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A prompt to answer."""

    prompt: str
    guess: str = ""
    """What is probably answered: the label."""
    speech: str | None = None
    """What was heard; where given, the answer in the closed language is found too."""


@dataclass(frozen=True)
class Given:
    """The answers to one prompt."""

    free: str
    """Written greedily without a grammar, cut off well after the label's length."""
    closed: str | None
    """The sentence of the closed language; None where there is none."""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """What one answer costs, asked one at a time."""

    closed_ms: float
    """Median of a splitting in the closed language, as the desk asks it."""
    free_ms: float
    """Median of a splitting written token by token."""
    tokens_per_s: float
    """Tokens written a second, the prompt's time included."""


class Answerer:
    """Answers batches with one model; not for two threads at a time."""

    def __init__(self, glm: LoadedGlm, *, micro: int = 32) -> None:
        """Take a model and how many rows it runs at once."""
        self.glm = glm
        self._micro = micro
        self._decoder = Decoder(glm)

    def answer(self, asked: Sequence[Asked], cancel: CancelToken) -> list[Given]:
        """Answer every prompt, in order.

        Raises:
            Cancelled: The token was set; polled before each pass.
        """
        import torch

        rows = [self._row(one) for one in asked]
        given: list[Given | None] = [None] * len(asked)
        # Rows of one step of the task share a head; rows of one length pad least.
        order = sorted(range(len(rows)), key=lambda n: (rows[n].step, rows[n].size))
        with torch.inference_mode():
            for part in self._parts(order, rows):
                cancel.raise_if_cancelled()
                chunk = [rows[n] for n in part]
                for number, answer in zip(
                    part, self._batch(chunk, cancel), strict=True
                ):
                    given[number] = answer
        return [one for one in given if one is not None]

    def _row(self, asked: Asked) -> "_Row":
        framing = self.glm.framing
        guess = framing.encode(asked.guess) if asked.guess else []
        return _Row(asked, framing.prompt(asked.prompt), [*guess, framing.stops[0]])

    def _parts(self, order: list[int], rows: "list[_Row]") -> list[list[int]]:
        parts: list[list[int]] = []
        for number in order:
            last = parts[-1] if parts else []
            room = 0 < len(last) < self._micro
            if room and rows[last[0]].step == rows[number].step:
                last.append(number)
            else:
                parts.append([number])
        return parts

    def _batch(self, rows: "list[_Row]", cancel: CancelToken) -> list[Given]:
        head = shared_head([row.prompt for row in rows])
        head = head[: self.glm.framing.kept(head)]
        cache = self._after(head)
        stops = frozenset(self.glm.framing.stops)
        logits = self._guessed(rows, len(head), cache)
        free: list[str | None] = []
        loose: list[tuple[int, list[int]]] = []
        for index, (row, one) in enumerate(zip(rows, logits, strict=True)):
            best = one.argmax(-1).tolist()
            agreed = 0
            while agreed < len(best) - 1 and best[agreed] == row.guess[agreed]:
                agreed += 1
            if best[agreed] in stops:
                free.append(self.glm.framing.decode(row.guess[:agreed]))
                continue
            free.append(None)
            loose.append((index, [*row.guess[:agreed], best[agreed]]))
        if loose:
            cancel.raise_if_cancelled()
            written = self._write(rows, loose, len(head), cache)
            for (index, begun), ids in zip(loose, written, strict=True):
                free[index] = self.glm.framing.decode([*begun, *ids])
        return [
            Given(text or "", self._closed(row, one, cancel))
            for row, one, text in zip(rows, logits, free, strict=True)
        ]

    def _after(self, head: list[int]) -> Any:
        cache = self.glm.fresh_cache()
        if head:
            self._states([head], cache)
        return cache

    def _states(self, tokens: list[list[int]], cache: Any, **more: Any) -> Any:
        import torch

        ids = torch.tensor(tokens, device=self.glm.model.device)
        model = self.glm.model.get_decoder()
        return model(ids, past_key_values=cache, use_cache=True, **more)[0]

    def _for_each(self, cache: Any, count: int) -> Any:
        from transformers import DynamicCache

        shared = DynamicCache(config=self.glm.model.config)
        for index, layer in enumerate(cache.layers):
            if layer.is_initialized:
                keys = layer.keys.expand(count, -1, -1, -1)
                values = layer.values.expand(count, -1, -1, -1)
                shared.update(keys, values, index)
        return shared

    def _guessed(
        self, rows: "list[_Row]", head: int, cache: Any
    ) -> "list[torch.Tensor]":
        """Give the logits before each token of each row's guess."""
        whole = [[*row.prompt[head:], *row.guess[:-1]] for row in rows]
        # Padding stands on the right, where no real token ever looks.
        padded = _pad(whole, self.glm.framing.stops[0])
        states = self._states(padded, self._for_each(cache, len(rows)))
        out = self.glm.model.get_output_embeddings()
        found = []
        for row, state in zip(rows, states, strict=True):
            start = len(row.prompt) - head - 1
            found.append(out(state[start : start + len(row.guess)]).float())
        return found

    def _write(
        self,
        rows: "list[_Row]",
        loose: list[tuple[int, list[int]]],
        head: int,
        cache: Any,
    ) -> list[list[int]]:
        """Write on greedily after what is begun, all rows together."""
        import torch

        model, stops = self.glm.model, frozenset(self.glm.framing.stops)
        begun = [[*rows[n].prompt[head:], *ids] for n, ids in loose]
        limits = [rows[n].longest - len(ids) for n, ids in loose]
        out: list[list[int]] = [[] for _ in loose]
        open_ = [limit > 0 for limit in limits]
        device = model.device
        before = cache.get_seq_length()
        lengths = torch.tensor([len(ids) for ids in begun], device=device)
        width = int(lengths.max())
        across = torch.arange(width, device=device)
        # Padding lies between a row's begun and its written tokens: masked, and the
        # positions count without it.
        mask = torch.ones(len(begun), before + width, dtype=torch.long, device=device)
        mask[:, before:] = (across < lengths[:, None]).long()
        own = self._for_each(cache, len(begun))
        states = self._states(
            _pad(begun, self.glm.framing.stops[0]),
            own,
            attention_mask=mask,
            position_ids=(before + across).expand(len(begun), -1),
        )
        last = states[torch.arange(len(begun)), lengths - 1]
        for step in range(max(limits)):
            best = model.get_output_embeddings()(last).argmax(-1)
            for index, token in enumerate(best.tolist()):
                if not open_[index]:
                    continue
                if token in stops:
                    open_[index] = False
                    continue
                out[index].append(token)
                open_[index] = len(out[index]) < limits[index]
            if not any(open_):
                break
            mask = torch.cat([mask, mask.new_ones(len(begun), 1)], dim=1)
            last = self._states(
                best[:, None].tolist(),
                own,
                attention_mask=mask,
                position_ids=(before + lengths + step)[:, None],
            )[:, -1]
        return out

    def _closed(
        self, row: "_Row", logits: "torch.Tensor", cancel: CancelToken
    ) -> str | None:
        asked = row.asked
        if asked.speech is None:
            return None
        grammar = grammar_for(asked.speech, ())
        played = _Played(self.glm.model, [*row.prompt, *row.guess], logits)
        decoder = Decoder(replace(self.glm, model=played))
        try:
            return decoder.choose(asked.prompt, grammar, cancel).text
        except _LeftTheGuessError:
            return self._decoder.choose(asked.prompt, grammar, cancel).text

    def pace(self, asked: Sequence[Asked], cancel: CancelToken) -> Pace:
        """Measure splittings one at a time, without any guess.

        Raises:
            Cancelled: The token was set.
        """
        closed: list[float] = []
        free: list[float] = []
        tokens = 0
        spoken = [one for one in asked if one.speech is not None]
        # The first of each way fills the cache of the prompt's head: not counted.
        for one in spoken[:1] + spoken:
            grammar = grammar_for(one.speech or "", ())
            began = time.perf_counter()
            self._decoder.choose(one.prompt, grammar, cancel)
            between = time.perf_counter()
            written = self._decoder.write(
                one.prompt, longest=self._row(one).longest, cancel=cancel
            )
            closed.append(between - began)
            free.append(time.perf_counter() - between)
            tokens += written.passes
        if len(closed) < 2:
            return Pace(closed_ms=0.0, free_ms=0.0, tokens_per_s=0.0)
        return Pace(
            closed_ms=statistics.median(closed[1:]) * 1000,
            free_ms=statistics.median(free[1:]) * 1000,
            tokens_per_s=tokens / sum(free),
        )


@dataclass(frozen=True)
class _Row:
    asked: Asked
    prompt: list[int]
    guess: list[int]
    """The label's tokens and the end."""

    @property
    def step(self) -> str:
        return self.asked.prompt.partition(SEPARATOR)[0]

    @property
    def size(self) -> int:
        return len(self.prompt) + len(self.guess)

    @property
    def longest(self) -> int:
        """Tokens that a written answer may have."""
        return len(self.guess) + MARGIN if self.asked.guess else UNGUESSED


class _LeftTheGuessError(Exception):
    """The decoder asked for what follows a text that was not run."""


class _Played:
    """A model that knows its logits after one text, and nothing else."""

    def __init__(self, model: Any, known: list[int], logits: "torch.Tensor") -> None:
        self.config, self.device = model.config, model.device
        self._known = known
        self._logits = logits
        self._first = len(known) - len(logits)
        self._at = 0

    def __call__(
        self, ids: "torch.Tensor", *, logits_to_keep: "torch.Tensor", **_: object
    ) -> SimpleNamespace:
        heard = ids[0].tolist()
        if heard != self._known[self._at : self._at + len(heard)]:
            raise _LeftTheGuessError
        after = logits_to_keep + (self._at - self._first + 1)
        self._at += len(heard)
        if int(after.min()) < 0 or int(after.max()) >= len(self._logits):
            raise _LeftTheGuessError
        return SimpleNamespace(logits=self._logits[None, after])


def _pad(rows: list[list[int]], token: int) -> list[list[int]]:
    width = max(map(len, rows))
    return [[*row, *[token] * (width - len(row))] for row in rows]
