"""A loaded model with its adapters, ready to work: one decoder for each prefix."""

from time import perf_counter
from typing import Final

from app.agent.decoding import Decoder
from app.agent.glm import LoadedGlm
from app.agent.grammar import grammar_for
from app.agent.model_reader import ModelReader
from app.agent.prompts import (
    GREETING_ANSWER,
    greeting_prompt,
    split_answer,
    split_prompt,
    summary_prompt,
)
from app.agent.tracks import Track
from app.core.adapters import TASK_NAMES, Task
from app.core.cancel import CancelToken
from app.core.model import Check

_WORDS: Final = "查一下济南的人数"
_TIMED: Final = 16
_PATIENCE_S: Final = 0.5
"""A large model on a processor takes a second for a token, and the desk waits."""


class Mind:
    """The model of the desk; each task is asked of the adapter that does it.

    Adapters share the weights. What they have computed of a prompt is kept apart, so
    one task after another costs nothing more.
    """

    def __init__(self, glm: LoadedGlm) -> None:
        """Take a loaded model; nothing is computed yet."""
        made: dict[int, Decoder] = {}
        self.glm: Final = glm
        self.decoders: Final = {
            task: made.setdefault(id(glm.at(task)), Decoder(glm.at(task)))
            for task in Task
        }
        """The same one for every task that has the same adapter."""
        self.reader: Final = ModelReader(
            self.decoders[Task.UNDERSTANDING], greets=self.decoders[Task.GREETING]
        )
        self.tokens_per_s = 0.0
        """Measured by `warm_up`; 0: not yet."""

    @property
    def title(self) -> str:
        """Model, adapters, device and precision."""
        others = (f", {TASK_NAMES[task]}: {o.name}" for task, o in self.glm.others)
        return self.glm.title + "".join(others)

    def warm_up(self) -> None:
        """Compute each task once, or the first command would wait for it.

        What never changes of a prompt is kept from then on.
        """
        cancel = CancelToken()
        self.decoders[Task.UNDERSTANDING].choose(
            split_prompt(_WORDS),
            grammar_for(_WORDS),
            cancel,
            draft=split_answer([("济南", Check.HEADCOUNT)]),
        )
        asked = {
            Task.GREETING: greeting_prompt("你好"),
            Task.SUMMARY: summary_prompt(Check.HEADCOUNT, expected=1, actual=1),
        }
        for task, prompt in asked.items():
            draft = GREETING_ANSWER
            self.decoders[task].write(prompt, draft=draft, longest=1, cancel=cancel)
        self.tokens_per_s = tokens_per_second(self.glm)


def tokens_per_second(glm: LoadedGlm) -> float:
    """Measure how fast a model writes, one token after another and nothing guessed."""
    framing, track = glm.framing, Track(glm)
    prompt = framing.prompt(greeting_prompt("你好"))
    answer = framing.encode(GREETING_ANSWER)[: _TIMED + 1]
    track.run(prompt, answer[:1], 1, (0,)).argmax().item()
    written, began, took = 0, perf_counter(), 0.0
    while written + 1 < len(answer) and took < _PATIENCE_S:
        written += 1
        # To look at what comes out is to wait for the GPU.
        track.run(prompt, answer[: written + 1], written + 1, (0,)).argmax().item()
        took = perf_counter() - began
    return written / took
