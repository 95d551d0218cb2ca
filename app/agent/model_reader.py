"""The model as a reader: constrained answer → `Reading`."""

from collections.abc import Sequence
from dataclasses import replace

from app.agent.decoding import Ask, Decoder
from app.agent.grammar import grammar_for
from app.agent.lexicon import lexicon
from app.agent.names import strip_generic
from app.agent.places import PlaceFinder
from app.agent.prompts import (
    GREETING_ANSWER,
    GREETING_SPLIT_ANSWER,
    UNSUPPORTED_ANSWER,
    AnswerError,
    SplitAnswer,
    greeting_prompt,
    parse_split_answer,
    split_answer,
    split_prompt,
)
from app.agent.reading import Reading, Spoken, intent_of
from app.agent.weighing import Hearing, ModelReading
from app.core.cancel import CancelToken
from app.core.model import Intent, Origin, Resolution, Utterance
from app.core.ports import SiteDirectory


class ModelReader:
    """Asks the model what an utterance wants; its places go through the directory."""

    def __init__(self, decoder: Decoder, *, greets: Decoder | None = None) -> None:
        """Take the decoder, and the one that greets where that is another."""
        self._decoder = decoder
        self._greets = greets or decoder

    def read(
        self,
        utterance: Utterance,
        second: Reading,
        directory: SiteDirectory,
        cancel: CancelToken,
        *,
        others: Sequence[Hearing] = (),
    ) -> ModelReading:
        """Read an utterance, and other hearings of it in the same pass.

        Args:
            utterance: What was heard or typed.
            second: The rules' reading of it: a guess at the answer, and where the
                directory's names near the words come from.
            directory: What the places are looked up in.
            cancel: Stops it.
            others: Other hearings with the rules' readings of them.

        Raises:
            Cancelled: The token was set.
        """
        typed = utterance.origin is Origin.TYPED
        asks = [_ask(utterance.text, second)]
        asks += [_ask(other.text, other.reading) for other in others]
        answers = self._decoder.choose_all(asks, cancel)
        finder = PlaceFinder(directory, lexicon())
        # One index of the directory's names serves every hearing.
        readings = [
            reading_of(
                parse_split_answer(answer.text),
                answer.probability,
                finder,
                typed=typed,
            )
            for answer in answers
        ]
        own, first = readings[0], answers[0]
        return ModelReading(
            reading=own,
            mass=first.mass,
            name=self._decoder.glm.name,
            alternative=first.alternative,
            hearings=len(readings),
            same=sum(one.effect == own.effect for one in readings),
        )

    def confirms_greeting(self, text: str, cancel: CancelToken) -> bool:
        """Whether the model, asked to greet, says exactly the greeting.

        Raises:
            Cancelled: The token was set.
        """
        prompt = greeting_prompt(text)
        said = self._greets.write(prompt, draft=GREETING_ANSWER, cancel=cancel)
        return said.finished and said.text == GREETING_ANSWER


def draft_of(reading: Reading) -> str:
    """Write a reading in the answer language; empty where it cannot say it."""
    match reading.intent:
        case Intent.UNSUPPORTED:
            return UNSUPPORTED_ANSWER
        case Intent.GREETING:
            return GREETING_SPLIT_ANSWER
    pairs = [(one.place or None, one.check) for one in reading.spoken]
    try:
        return split_answer(pairs or [(None, None)])
    except AnswerError:
        return ""


def _ask(text: str, second: Reading) -> Ask:
    near = [one.resolution for one in second.spoken if one.resolution]
    return Ask(
        prompt=split_prompt(text),
        grammar=grammar_for(text, _candidates(near)),
        draft=draft_of(second),
    )


def reading_of(
    answer: SplitAnswer, confidence: float, finder: PlaceFinder, *, typed: bool
) -> Reading:
    """Look up the places of an answer; `typed`: names are spelt as they are meant."""
    spoken: list[Spoken] = []
    for place, check in answer.pairs:
        if place is None:
            one = Spoken(check=check)
        else:
            one = replace(_place(place, finder, typed=typed), check=check)
        if one not in spoken:
            spoken.append(one)
    intent = answer.intent
    if intent not in (Intent.GREETING, Intent.UNSUPPORTED):
        intent = intent_of(tuple(spoken))
    return Reading(
        intent=intent,
        spoken=() if intent is Intent.UNCLEAR else tuple(spoken),
        confidence=confidence,
    )


def _place(words: str, finder: PlaceFinder, *, typed: bool) -> Spoken:
    """Look up a place as the model names it."""
    _, known = finder.mask_known(lexicon().normalise(words), typed=typed)
    if len(known) == 1:
        return Spoken(place=known[0].words, resolution=known[0].resolution)
    # As a whole: a part of it that sounds like a site is what the rules may try, and
    # where both did, their agreement would prove nothing.
    bare = strip_generic(words, lexicon())
    return Spoken(place=bare, resolution=finder.directory.resolve(bare))


def _candidates(resolutions: Sequence[Resolution]) -> tuple[str, ...]:
    """Give the names that the directory finds near the words; for the grammar."""
    names = {match.site.name: None for one in resolutions for match in one.matches}
    return tuple(names)
