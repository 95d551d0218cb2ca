"""What of an utterance is place or check, and what stands around them.

A follow-up or an answer is told by all of its words: 那青岛呢 is one, 那青岛昨天呢 is
none. So the places and checks that the rules found are put as marks, and the rest must
be one of the forms of `followup_words`.
"""

import re
from dataclasses import dataclass

from app.agent.check_words import find_checks
from app.agent.followup_words import Forms, followup_words
from app.agent.lexicon import check_mark, lexicon, place_mark
from app.agent.reading import Reading, Spoken
from app.core.model import Check

_PLACE = re.compile("[\ue000-\ue0ff]")
_CHECK = re.compile("[\ue100-\ue1ff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An utterance with marks for its places and checks."""

    text: str
    places: tuple[Spoken, ...] = ()
    """By the number of the mark; their checks are left aside."""
    checks: tuple[Check, ...] = ()
    exact: bool = True
    """Whether every name is the directory's as written, and no check a guess."""

    def matches(self, forms: Forms) -> bool:
        """Whether the whole of it has one of these forms."""
        return self.match(forms) is not None

    def match(self, forms: Forms) -> re.Match[str] | None:
        """Give the form that the whole of it has."""
        found = (form.fullmatch(self.text) for form in forms)
        return next((one for one in found if one is not None), None)

    def places_in(self, marked: str) -> tuple[Spoken, ...]:
        """Give the places whose marks are in a part of the text."""
        numbers = [ord(one[0]) - 0xE000 for one in _PLACE.finditer(marked)]
        return tuple(self.places[number] for number in numbers)

    def checks_in(self, marked: str) -> tuple[Check, ...]:
        """Give the checks whose marks are in a part of the text, each once."""
        numbers = [ord(one[0]) - 0xE100 for one in _CHECK.finditer(marked)]
        return tuple(dict.fromkeys(self.checks[number] for number in numbers))


def said(text: str, reading: Reading) -> Said:
    """Mark in `text` the places that the rules read in it, and its checks."""
    plain = lexicon().normalise(text)
    verbs = followup_words().verbs
    heard = {_words(one): one for one in reading.spoken if one.place}
    places: list[Spoken] = []
    exact = True
    # Longest first: a name may be part of another.
    for words in sorted(heard, key=len, reverse=True):
        one = heard[words]
        if words not in plain or (one.site is None and verbs.fullmatch(words)):
            continue
        plain = plain.replace(words, place_mark(len(places)), 1)
        places.append(
            Spoken(place=one.place, resolution=one.resolution, sweep=one.sweep)
        )
        exact &= one.sweep is not None or bool(one.resolution and one.resolution.exact)
    out: list[str] = []
    checks: list[Check] = []
    at = 0
    for hit in find_checks(plain, lexicon()):
        # 呢 belongs to the names of checks and is the mark of a follow-up.
        end = hit.end - (plain[hit.end - 1] == "呢")
        out += [plain[at : hit.start], check_mark(len(checks))]
        checks.append(hit.check)
        exact &= not hit.near
        at = end
    marked = "".join([*out, plain[at:]])
    return Said(text=marked, places=tuple(places), checks=tuple(checks), exact=exact)


def _words(one: Spoken) -> str:
    return one.sweep.words if one.sweep else one.place
