"""Noise like a recogniser's, which never takes away what the label says.

Characters are replaced by others of the same or a neighbouring sound, words by what
they are known to be heard as, single characters by any other (the random mask of
P-tuning), or dropped. A place keeps its label only as heard: when a character of it
changes, the label changes with it, because a reader of the words cannot know better;
the desk's directory repairs names. Inside a check only what the sound still tells is
changed, never by mask, and never all of it.
"""

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from app.core.model import Intent
from app.tuning.lexicon import Lexicon
from app.tuning.speech import Part, Spoken

_INITIALS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("f", "h"))
_FINALS = (("ing", "in"), ("eng", "en"), ("ang", "an"))


class Noise:
    """Makes speech noisy; one object holds the table of sounds."""

    def __init__(self, lexicon: Lexicon, rng: random.Random) -> None:
        """Build the table of sounds from the common characters."""
        self._lexicon = lexicon
        self._rng = rng
        self._sound, self._by_sound = _sounds(common_characters())
        self._common = common_characters()

    def heard(self, spoken: Spoken, *, rate: float = 0.06) -> Spoken:
        """Return the speech as a recogniser might have written it."""
        rng = self._rng
        parts: list[Part] = []
        for part in spoken.parts:
            text = part.text
            if part.kind == "place":
                if rng.random() < 0.12:
                    text = self._change_one(text)
            elif part.kind == "check" or spoken.intent is not Intent.INSPECT:
                # What carries the meaning changes only to what sounds the same.
                text = self._confuse(text)
                if text == part.text and len(text) > 3 and rng.random() < rate * 3:
                    text = self._change_one(text)
            else:
                text = self._confuse(text)
                text = "".join(self._character(char, rate) for char in text)
            if part.kind != "place" and rng.random() < rate:
                text += rng.choice(self._lexicon.fillers)
            if text:
                parts.append(replace(part, text=text))
        return replace(spoken, parts=tuple(parts), noisy=True)

    def homophone(self, char: str) -> str:
        """Return another character of the same or a neighbouring sound, if any."""
        sound = self._sound.get(char)
        if sound is None:
            return char
        if self._rng.random() < 0.3:
            sound = self._neighbour(sound)
        others = [other for other in self._by_sound.get(sound, ()) if other != char]
        return self._rng.choice(others) if others else char

    def _confuse(self, text: str) -> str:
        for word, heard in self._lexicon.confusions.items():
            if word in text and self._rng.random() < 0.25:
                return text.replace(word, self._rng.choice(heard), 1)
        return text

    def _change_one(self, text: str) -> str:
        index = self._rng.randrange(len(text))
        return text[:index] + self.homophone(text[index]) + text[index + 1 :]

    def _character(self, char: str, rate: float) -> str:
        roll = self._rng.random()
        if roll < rate:
            return self.homophone(char)
        if roll < rate * 1.3:
            return self._rng.choice(self._common)
        return "" if roll < rate * 1.5 else char

    def _neighbour(self, sound: str) -> str:
        near = []
        for one, two in _INITIALS:
            if sound.startswith(one):
                near.append(two + sound[len(one) :])
            elif sound.startswith(two):
                near.append(one + sound[len(two) :])
        for one, two in _FINALS:
            if sound.endswith(one):
                near.append(sound[: -len(one)] + two)
            elif sound.endswith(two):
                near.append(sound[: -len(two)] + one)
        near = [sound for sound in near if sound in self._by_sound]
        return self._rng.choice(near) if near else sound


def common_characters() -> str:
    """Return the 3 755 common characters, the first level of GB 2312."""
    codes = (
        bytes((high, low))
        for high in range(0xB0, 0xD8)
        for low in range(0xA1, 0xFF)
        if not (high == 0xD7 and low > 0xF9)
    )
    return "".join(code.decode("gb2312") for code in codes)


def _sounds(characters: Iterable[str]) -> tuple[dict[str, str], dict[str, list[str]]]:
    from pypinyin import lazy_pinyin

    sound_of: dict[str, str] = {}
    by_sound: dict[str, list[str]] = defaultdict(list)
    for char in characters:
        sound = lazy_pinyin(char)[0]
        sound_of[char] = sound
        by_sound[sound].append(char)
    return sound_of, dict(by_sound)
