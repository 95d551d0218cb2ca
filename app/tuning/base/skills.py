"""What GLM-mini's base is taught before any P-tuning: skills, not the three prompts.

A batch is one written instruction and many rows that follow it, or rows that are only
read. The instruction is run once and its keys and values are shared by all rows,
exactly as the virtual tokens of a prefix adapter will be: the base learns to be steered
by what stands before the prompt. Instructions are drawn from word lists that cannot
form the product's own prompts or answers, and every phrase and place is of the training
split.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from app.core.model import Intent
from app.tuning.base.dialects import NOISY, Dialects
from app.tuning.base.forms import Forms, fill
from app.tuning.base.tagging import Tags, tags_of, tags_of_parts
from app.tuning.base.variety import VariedSpeaker
from app.tuning.phrases.figures import Figures
from app.tuning.phrases.lexicon import Lexicon, Split
from app.tuning.phrases.noise import Noise, common_characters
from app.tuning.phrases.speech import Part, Spoken
from app.tuning.phrases.spoken import shelled
from app.tuning.training.rows import IGNORED

_HEADED: Final = 0.35
"""Share of the speech that is only read behind a desk's header."""

_JUMBLED: Final = 0.18
"""Share of what is only read that is places among words drawn by chance."""

_INTENTS: Final = (
    (Intent.INSPECT, 40),
    (Intent.NO_PLACE, 8),
    (Intent.NO_CHECK, 14),
    (Intent.UNSUPPORTED, 22),
    (Intent.GREETING, 7),
    (Intent.UNCLEAR, 9),
)
_NO_REFUSALS: Final = tuple(
    (intent, weight)
    for intent, weight in _INTENTS
    if intent not in {Intent.UNSUPPORTED, Intent.GREETING}
)


class Stage(Enum):
    """Stages of the base's training, in order."""

    COPYING = "copying"
    """What the first minutes need: spans and places."""
    SKILLS = "skills"
    """Everything, in answer languages made up for every batch."""
    READING = "reading"
    """Only what the heads are to tell, with no answers."""
    WORK = "work"
    """Mostly the work of invented desks; the training adds batches only read."""


@dataclass(frozen=True)
class Batch:
    """Rows of prompt and answer under one instruction, which may be empty."""

    instruction: str
    rows: tuple[tuple[str, str], ...]
    tags: tuple[Tags, ...] = ()
    """Of each row's speech, where there is any; see `tagging`."""
    answered: bool = True
    """Whether the answers are to be learnt; else only what the heads tell."""


class Skills:
    """Draws batches for the base's training."""

    def __init__(
        self,
        lexicon: Lexicon,
        rng: random.Random,
        *,
        rows: int,
        readings: int,
        variety: float = 1.0,
    ) -> None:
        """Draw `rows` rows a batch, `readings` where they are only read.

        `variety` is as in `VariedSpeaker`.
        """
        self._rng = rng
        self._rows = rows
        self._readings = readings
        self._variety = variety
        self._lexicon = lexicon
        self._words: dict[str, Any] = lexicon.skills["tasks"]
        self._speaker = VariedSpeaker(lexicon, rng, variety=variety)
        self._noise = Noise(lexicon, rng)
        self._forms = Forms(lexicon, rng)
        self._figures = Figures(lexicon, rng)
        self._common = common_characters()
        self._rare = sorted(c for c in lexicon.characters() if len(c.encode()) == 3)
        self._dialects = Dialects(lexicon, rng, variety=variety)
        self._stages: dict[Stage, tuple[tuple[Callable[[], Batch], int], ...]] = {
            Stage.COPYING: ((self._generic, 70), (self._sentences, 30)),
            Stage.SKILLS: (
                (self._commands, 40),
                (self._desk, 22),
                (self._classify, 8),
                (self._generic, 8),
                (self._sentences, 4),
                (self._counts, 11),
                (self._verdicts, 7),
            ),
            Stage.READING: ((self._reading, 1),),
            Stage.WORK: (
                (self._desk, 64),
                (self._commands, 15),
                (self._among_words, 10),
                (self._classify, 4),
                (self._generic, 2),
                (self._sentences, 1),
                (self._counts, 3),
                (self._verdicts, 1),
            ),
        }

    def batch(self, stage: Stage) -> Batch:
        """Draw a batch of a stage of the training."""
        tasks, weights = zip(*self._stages[stage], strict=True)
        task: Callable[[], Batch] = self._rng.choices(tasks, weights)[0]
        return task()

    def _reading(self) -> Batch:
        rows, tags = [], []
        for _ in range(self._readings):
            if self._rng.random() < _JUMBLED * self._variety:
                parts, _ = self._jumble()
                rows.append(("".join(part.text for part in parts), ""))
                tags.append((*tags_of_parts(parts), IGNORED))
                continue
            spoken = self._speech()
            # Often bare: a header costs time, and its reading is taught by answers.
            head = self._dialects.header() if self._rng.random() < _HEADED else ""
            rows.append((head + spoken.text, ""))
            tags.append(tags_of(spoken))
        return Batch("", tuple(rows), tuple(tags), answered=False)

    def _desk(self) -> Batch:
        return Batch(*self._dialects.rows(self._rows))

    def _speech(self, intents: tuple[tuple[Intent, int], ...] = _INTENTS) -> Spoken:
        kinds, weights = zip(*intents, strict=True)
        spoken = self._speaker.say(self._rng.choices(kinds, weights)[0])
        spoken = self._dialects.among_words(spoken)
        return self._noise.heard(spoken) if self._rng.random() < NOISY else spoken

    def _commands(self) -> Batch:
        form, told = self._forms.draw()
        rows, tags = [], []
        for _ in range(self._rows):
            spoken = self._speech(_INTENTS if told else _NO_REFUSALS)
            rows.append((self._forms.header() + spoken.text, form.answer(spoken)))
            tags.append(tags_of(spoken))
        return Batch(form.instruction, tuple(rows), tuple(tags))

    def _counts(self) -> Batch:
        return Batch(*self._figures.compare(self._rows, self._forms.header))

    def _verdicts(self) -> Batch:
        return Batch("", self._figures.verdicts(self._rows))

    def _classify(self) -> Batch:
        words = self._words
        task = self._rng.choice(words["classify"])
        number = words["classify"].index(task)
        rows = []
        for _ in range(self._rows):
            spoken = self._speech()
            text, answer = spoken.text, ""
            match number:
                case 0:
                    answer = words["intents"][list(Intent).index(spoken.intent)]
                case 1:
                    checks = dict.fromkeys(check for _, check in spoken.pairs if check)
                    labels = (fill("%", c, self._forms.labels) for c in checks)
                    answer = words["list_mark"].join(labels) or words["none"]
                case 2:
                    places = dict.fromkeys(place for place, _ in spoken.pairs if place)
                    answer = words["list_mark"].join(places) or words["none"]
                case 3:
                    answer = str(len(spoken.pairs))
                case 4:
                    # Speech that was noisy already is repeated as it is.
                    heard = self._noise.heard(spoken, cer=0.1).text
                    text = heard
                    answer = heard if spoken.noisy else spoken.text
                case _:
                    left, right = words["brackets"]
                    answer = "".join(
                        f"{left}{part.text}{right}"
                        for part in spoken.parts
                        if part.kind != "other"
                    )
                    answer = answer or words["none"]
            rows.append((f"{task}:{text}", answer))
        return Batch("", tuple(rows))

    def _span(self, longest: int = 10) -> str:
        rng = self._rng
        if rng.random() < 0.4:
            return self._speaker.place()[0]
        source = self._rare if rng.random() < 0.5 else self._common
        span = "".join(rng.choices(source, k=rng.randint(1, longest)))
        # Repeated characters are where copying goes wrong.
        if len(span) > 2 and rng.random() < 0.25:
            at = rng.randrange(len(span) - 1) + 1
            span = span[:at] + span[rng.randrange(at)] + span[at:]
        if rng.random() < 0.1:
            span += rng.choice("0123456789ABCDEFGHX") * rng.randint(1, 2)
        return span

    def _generic(self) -> Batch:
        rng, words = self._rng, self._words
        left, right = words["brackets"]
        rows = []
        for _ in range(self._rows):
            kind = rng.randrange(6)
            one, two, three = self._span(), self._span(6), self._span(6)
            match kind:
                case 0:
                    rows.append((f"{rng.choice(words['repeat'])}:{one}", one))
                case 1:
                    joint = rng.choice(words["twice_joints"])
                    rows.append((f"{words['twice']}{joint}:{one}", one + joint + one))
                case 2:
                    shown = f"{two}{left}{one}{right}{three}"
                    rows.append((f"{words['inside']}:{shown}", one))
                case 3:
                    keys = rng.sample(words["keys"], 3)
                    pairs = dict(zip(keys, (one, two, three), strict=True))
                    shown = " ".join(f"{key}={value}" for key, value in pairs.items())
                    key = rng.choice(keys)
                    rows.append((f"{shown} {words['take']}{key}", pairs[key]))
                case 4:
                    mark, end = rng.choice(words["marks"]), rng.choice(words["ends"])
                    shown = f"{two}{mark}{one}{end}{three}"
                    rows.append((f"{mark}…{end}:{shown}", one))
                case _:
                    rows.append((f"{words['swap']}:{one},{two}", f"{two},{one}"))
        return Batch("", tuple(rows))

    def _among_words(self) -> Batch:
        """Name the places among words that were drawn by chance.

        What operators say around a place is never listed in full: a name has to be
        told from any other words.
        """
        words = self._words
        rows, tags = [], []
        for _ in range(self._rows):
            parts, names = self._jumble()
            text = "".join(part.text for part in parts)
            answer = words["list_mark"].join(dict.fromkeys(names)) or words["none"]
            rows.append((f"{words['classify'][2]}:{text}", answer))
            tags.append((*tags_of_parts(parts), IGNORED))
        return Batch("", tuple(rows), tuple(tags))

    def _jumble(self) -> tuple[list[Part], list[str]]:
        """Draw words by chance with up to two places among them."""
        rng = self._rng
        parts = self._chance()
        names: list[str] = []
        for _ in range(rng.choice((0, 1, 1, 1, 2))):
            if parts and parts[-1].kind == "place":
                # Nobody could say where one of two names ends.
                parts.append(Part(rng.choice(self._lexicon.words)))
            name, _ = self._speaker.place()
            shell = self._speaker.shell("\0") if rng.random() < 0.5 else "\0"
            parts += shelled(shell, name, len(names) + 1)
            names.append(name)
            parts += self._chance()
        return parts, names

    def _chance(self) -> list[Part]:
        count = self._rng.choice((0, 1, 1, 2, 2, 3))
        return [Part(word) for word in self._rng.choices(self._lexicon.words, k=count)]

    def _sentences(self) -> Batch:
        rng = self._rng
        rows = []
        for _ in range(self._rows):
            name, _ = self._speaker.place()
            frame = self._lexicon.frames.draw(rng, Split.TRAIN)
            shown = self._speaker.shell(name) if rng.random() < 0.5 else name
            text = frame.replace("{P}", shown)
            rows.append((f"{self._words['where']}:{text}", name))
        return Batch("", tuple(rows))
