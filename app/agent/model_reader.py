"""The model as a reader: constrained answer → `Reading`."""

from app.agent.decoding import Decoder
from app.agent.grammar import grammar_for
from app.agent.lexicon import lexicon
from app.agent.places import PlaceFinder
from app.agent.prompts import (
    GREETING_ANSWER,
    greeting_prompt,
    parse_split_answer,
    split_prompt,
)
from app.agent.reading import Reading, Spoken, intent_of
from app.agent.understanding import ModelReading, candidates_of
from app.core.cancel import CancelToken
from app.core.model import Intent
from app.core.ports import SiteDirectory


class ModelReader:
    """Asks the model what an utterance wants; its places go through the directory."""

    def __init__(self, decoder: Decoder) -> None:
        """Take the decoder."""
        self._decoder = decoder

    def read(
        self,
        text: str,
        second: Reading,
        directory: SiteDirectory,
        cancel: CancelToken,
        *,
        typed: bool = False,
    ) -> ModelReading:
        """Read `text`; `second` is the rules' reading, for the directory's names.

        `typed` is whether the names are spelt as they are meant.

        Raises:
            Cancelled: The token was set.
        """
        near = [one.resolution for one in second.spoken if one.resolution]
        answer = self._decoder.choose(
            split_prompt(text), grammar_for(text, candidates_of(near)), cancel
        )
        parsed = parse_split_answer(answer.text)
        finder = PlaceFinder(directory, lexicon())
        spoken: list[Spoken] = []
        for place, check in parsed.pairs:
            if place is None:
                one = Spoken(check=check)
            else:
                _, known = finder.mask_known(lexicon().normalise(place), typed=typed)
                found = known[0] if len(known) == 1 else finder.unknown(place)
                one = Spoken(
                    place=found.words, resolution=found.resolution, check=check
                )
            if one not in spoken:
                spoken.append(one)
        intent = parsed.intent
        if intent not in (Intent.GREETING, Intent.UNSUPPORTED):
            intent = intent_of(tuple(spoken))
        return ModelReading(
            reading=Reading(
                intent=intent,
                spoken=() if intent is Intent.UNCLEAR else tuple(spoken),
                confidence=answer.probability,
            ),
            mass=answer.mass,
            name=self._decoder.glm.name,
        )

    def confirms_greeting(self, text: str, cancel: CancelToken) -> bool:
        """Whether the model, asked to greet, says exactly the greeting.

        Raises:
            Cancelled: The token was set.
        """
        prompt = greeting_prompt(text)
        said = self._decoder.write(prompt, draft=GREETING_ANSWER, cancel=cancel)
        return said.finished and said.text == GREETING_ANSWER
