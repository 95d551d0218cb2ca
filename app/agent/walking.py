"""A closed language as tokens: what is forced, what has to be decided, what to guess.

The language works on text (`grammar`), a model on tokens. Each step's options become a
tree of tokens; where one token is left it is forced, where several are left there is a
decision. A guess at the answer is laid along the same trees, so that everything its
decisions need can be computed in one pass.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.agent.framing import Framing
from app.agent.grammar import AnswerGrammar, Option, State


@dataclass(slots=True)
class Node:
    """A tree over the tokens of options; a leaf holds the option's number."""

    ways: dict[int, "Node"] = field(default_factory=dict)
    leaf: int | None = None

    @property
    def open(self) -> bool:
        """Whether there is something to decide here."""
        return len(self.ways) > 1 or (bool(self.ways) and self.leaf is not None)

    def plant(self, ids: Sequence[int], number: int) -> None:
        """Add an option; of two with the same tokens the first stays."""
        node = self
        for token in ids:
            node = node.ways.setdefault(token, Node())
        if node.leaf is None:
            node.leaf = number


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the language after a text: its options and their tokens."""

    options: Sequence[Option]
    ids: Sequence[Sequence[int]]
    """Of each option's stem."""
    tree: Node


@dataclass(frozen=True, slots=True)
class Plan:
    """What the model is expected to say next."""

    ids: tuple[int, ...]
    asked: tuple[int, ...]
    """How many of these tokens stand before each decision; the first is 0."""


class Walk:
    """The steps of one language, tokenised once however often they are walked."""

    def __init__(
        self, framing: Framing, grammar: AnswerGrammar, draft: str = ""
    ) -> None:
        """Take the language; `draft` is a guess at the answer, right or wrong."""
        self._framing = framing
        self._grammar = grammar
        self._steps: dict[tuple[State, str], Step] = {}
        self._guess = self._stems(draft)

    @property
    def start(self) -> State:
        """Where every answer begins."""
        return self._grammar.start

    def step(self, state: State, text: str) -> Step:
        """Give the options that may follow `text`; none at the end of an answer."""
        # Tokens depend on the neighbour alone, see `Framing.after`.
        key = (state, text[-1:])
        if key not in self._steps:
            options = self._grammar.options(state)
            stems = [one.stem for one in options if one.stem]
            encoded = iter(self._framing.after(text, stems))
            end = [self._framing.stops[0]]
            ids = [next(encoded) if one.stem else end for one in options]
            tree = Node()
            for number, row in enumerate(ids):
                tree.plant(row, number)
            self._steps[key] = Step(options, ids, tree)
        return self._steps[key]

    def rest(self, text: str, option: Option) -> Sequence[int]:
        """Give the tokens that follow an option's stem without choice."""
        if not option.rest:
            return ()
        return self._framing.after(text + option.stem, [option.rest])[0]

    def plan(self, state: State, text: str, number: int, said: Sequence[int]) -> Plan:
        """Lay the guess along the language from a decision on.

        `number` counts the steps before, `said` are the tokens of this one so far. What
        the guess does not know ends the plan: this decision alone is left.
        """
        ids: list[int] = []
        asked = [0]
        within = len(said)
        while (taken := self._guessed(state, text, number)) is not None:
            step, option = taken
            row = step.ids[option]
            if list(row[:within]) != list(said[:within]):
                break
            node = step.tree
            for place, token in enumerate(row):
                if place >= within:
                    if node.open:
                        asked.append(len(ids))
                    if step.options[option].stem:
                        ids.append(token)
                node = node.ways[token]
            if node.open:
                asked.append(len(ids))
            chosen = step.options[option]
            ids += self.rest(text, chosen)
            text += chosen.stem + chosen.rest
            state, number, within = chosen.then, number + 1, 0
        return Plan(tuple(ids), tuple(dict.fromkeys(asked)))

    def _guessed(self, state: State, text: str, number: int) -> tuple[Step, int] | None:
        """Give a step and the number of the option that the guess takes there."""
        if number >= len(self._guess):
            return None
        step = self.step(state, text)
        for option, one in enumerate(step.options):
            if one.stem == self._guess[number]:
                return step, option
        return None

    def _stems(self, answer: str) -> tuple[str, ...]:
        """Give the stems of the options that make `answer`, as far as they do."""
        stems: list[str] = []
        state, left = self._grammar.start, answer
        while answer and (options := self._grammar.options(state)):
            fitting = [
                one
                for one in options
                if left.startswith(one.stem + one.rest) and (one.stem or not left)
            ]
            if not fitting:
                break
            taken = max(fitting, key=lambda one: len(one.stem))
            stems.append(taken.stem)
            left, state = left[len(taken.stem + taken.rest) :], taken.then
        return tuple(stems)
