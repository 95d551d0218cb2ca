"""The second opinion: a reader of commands that needs no model.

It takes apart a sentence in plain steps – fold, mask the known places, find the
checks, look for what is out of scope, see what is left over, pair – and says how sure
it is. Alone it is the degraded mode of the desk.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date

from app.agent.check_words import Hit, find_checks
from app.agent.doubts import doubts_of
from app.agent.lexicon import Lexicon, check_mark, lexicon
from app.agent.pairing import Item, pair
from app.agent.places import Found, PlaceFinder, Residue
from app.agent.reading import Reading, Spoken, intent_of
from app.agent.regions import desk_day
from app.agent.sweeps import SweepFinder
from app.core.model import Check, Intent
from app.core.ports import SiteDirectory

_SURE = 0.95
_CORRECTED = re.compile("不对|说错|错了|哦不|不是[\ue000-\ue0ff]")
_FOREIGN = 5
"""From this many unexplained characters on a place without a check is about another
subject: 介绍下|济南|这个城市."""
_MARK_PLACE = re.compile("[\ue000-\ue0ff]")
_ANY_MARK = re.compile("[\ue000-\ue1ff]")
_FOREIGN_VERB = re.compile(
    "给|把|让|怎|什么|吗|想|播|唱|听|打|订|买|写|译|多少|谁|哪|几|去|开|关|停|设|调|做|换|请|帮|查|看|告诉|要"
)


class RuleReader:
    """Reads commands by the phrases of `resources/rules` and a directory."""

    def __init__(
        self,
        directory: SiteDirectory,
        words: Lexicon | None = None,
        *,
        today: Callable[[], date] = desk_day,
    ) -> None:
        """Take the directory of sites; it may be replaced at any time."""
        self._words = words or lexicon()
        self._places = PlaceFinder(directory, self._words)
        self._sweeps = SweepFinder(self._places, self._words, today)

    @property
    def directory(self) -> SiteDirectory:
        """The directory that names are looked up in."""
        return self._places.directory

    @directory.setter
    def directory(self, directory: SiteDirectory) -> None:
        self._places.directory = directory

    def read(self, text: str, *, typed: bool = False) -> Reading:
        """Say what `text` wants; never raises, whatever the text is.

        `typed` is whether the names are spelt as they are meant.
        """
        plain = self._words.normalise(text)
        if not plain:
            return Reading(intent=Intent.UNCLEAR, confidence=_SURE)
        held, heard = self._sweeps.hold(plain)
        placed, places = self._places.mask_known(held, typed=typed)
        placed = self._sweeps.put(placed, places, heard)
        hits = find_checks(placed, self._words)
        masked = _mask(placed, hits)
        if (word := self._forbidden(placed, masked)) is not None:
            return Reading(
                intent=Intent.UNSUPPORTED,
                confidence=_SURE,
                notes=(f"听到「{_readable(word, places)}」, 不在巡检范围内",),
                forbidden=True,
            )
        topic = self._words.other_topics.search(masked)
        residues = self._sweeps.claim(masked, self._places.residues(masked), places)
        if topic is not None and (
            not hits
            or _counts(masked, topic.start(), hits)
            # 安全帽哪种颜色: what would be the place is the other topic.
            or (not places and any(_overlap(one, topic) for one in residues))
        ):
            return Reading(
                intent=Intent.UNSUPPORTED,
                confidence=0.9,
                notes=(f"听到「{_readable(topic[0], places)}」, 不在巡检范围内",),
                forbidden=True,
            )
        if not hits and not places:
            idle = self._idle(plain, residues)
            if idle is not None:
                return idle
        return self._complete(masked, hits, places, residues, topic is not None)

    def _forbidden(self, placed: str, masked: str) -> str | None:
        for pattern in self._words.forbidden:
            found = pattern.search(placed)
            if found is None and "\ue100" in pattern.pattern:
                found = pattern.search(masked)
            if found is not None:
                return found[0]
        return None

    def _idle(self, plain: str, residues: list[Residue]) -> Reading | None:
        """Read what names neither check nor known place; None: a place may be left."""
        greeting = self._words.greetings.search(plain)
        if greeting is not None:
            sure = len(greeting[0]) * 2 >= len(plain)
            return Reading(intent=Intent.GREETING, confidence=_SURE if sure else 0.7)
        left = [one for one in residues if one.text not in self._words.vague]
        if any(one.anchored and len(one.text) > 1 for one in left):
            return None
        if any(self._near_site(one) is not None for one in left):
            return None
        foreign = sum(len(one.text) for one in left)
        if foreign >= 5 or (foreign >= 2 and _FOREIGN_VERB.search(plain)):
            return Reading(
                intent=Intent.UNSUPPORTED,
                confidence=0.5,
                notes=("没有听出地点和检查内容",),
            )
        return Reading(
            intent=Intent.UNCLEAR,
            confidence=_SURE if not left else 0.6,
            notes=("没有听出地点和检查内容",),
        )

    def _near_site(self, residue: Residue) -> Found | None:
        if len(residue.text) < 2:
            return None
        found = self._places.unknown(residue.text)
        return found if found.resolution.site and found.certain else None

    def _complete(
        self,
        masked: str,
        hits: list[Hit],
        places: list[Found],
        residues: list[Residue],
        off_topic: bool,
    ) -> Reading:
        """Add the places that the directory does not know, pair, and weigh."""
        notes: list[str] = []
        confidence = _SURE
        extra, unexplained = self._new_places(masked, places, residues, bool(hits))
        for found in extra.values():
            site = found.resolution.site
            if site is not None and site.name != found.words:
                notes.append(f"「{found.words}」按读音理解为「{site.name}」")
                confidence *= 0.85 if found.certain else 0.6
        for place in places:
            if place.sweep and not place.sweep.unknown:
                notes.append(f"「{place.sweep.words}」理解为{place.words}")
        for hit in hits:
            if hit.near:
                confidence *= 0.75
                notes.append("检查内容按读音理解")
        confidence *= 0.93 ** min(unexplained, 4)
        left = [one for one in residues if one.start not in extra]
        doubts = doubts_of(masked, left, self._words)
        sweeping = any(place.sweep for place in places)
        new = [one for one in residues if one.start in extra]
        if self._sweeps.hints_at_many(masked, new):
            doubts.append("说的可能不止一个工地")
        if places and not hits and sum(len(one.text) for one in left) >= _FOREIGN:
            return Reading(
                intent=Intent.UNSUPPORTED,
                confidence=0.5,
                notes=("没有听出检查内容",),
            )
        # 是不是所有工地: whoever corrects himself does not begin with a question.
        if _CORRECTED.search(masked.replace("是不是", "") if sweeping else masked):
            confidence *= 0.5
            notes.append("话中有改口")
            doubts.insert(0, "话里有改口")
        if off_topic:
            confidence *= 0.6
            notes.append("话中有巡检以外的内容")
        pairing = pair(list(self._clauses(masked, hits, places, extra)))
        if pairing.inherited:
            confidence *= 0.85
        spoken = tuple(
            Spoken(
                place=place.words if place else "",
                resolution=place.resolution if place else None,
                check=check,
                sweep=place.sweep if place else None,
            )
            for place, check in pairing.pairs
        )
        intent = intent_of(spoken)
        if intent is Intent.UNCLEAR:
            spoken = ()
        return Reading(
            intent=intent,
            spoken=spoken,
            confidence=confidence,
            notes=tuple(notes),
            doubts=tuple(doubts),
            excepting=sweeping and self._sweeps.excepts(masked),
        )

    def _new_places(
        self,
        masked: str,
        places: list[Found],
        residues: list[Residue],
        has_check: bool,
    ) -> tuple[dict[int, Found], int]:
        """Give left-over spans that are places, by start, and the number of others."""
        extra: dict[int, Found] = {}
        others = 0
        usable = [
            one
            for one in residues
            if 2 <= len(one.text) <= 16 and one.text not in self._words.vague
        ]
        for one in usable:
            beside_place = self._joined(masked, one)
            if places and not beside_place and not _clause_alone(masked, one):
                others += 1
                continue
            rival = any(other.anchored for other in usable) and not one.anchored
            if not places and not beside_place and rival:
                found = self._near_site(one)
                if found is None:
                    others += 1
                    continue
            else:
                found = self._places.unknown(one.text)
            if not has_check and not one.anchored and found.resolution.site is None:
                others += 1
                continue
            extra[one.start] = found
        return extra, others + sum(1 for one in residues if one not in usable)

    def _joined(self, masked: str, residue: Residue) -> bool:
        """Whether a joint ties the residue to a place that is known."""
        generic = "|".join(sorted(self._words.generic, key=len, reverse=True))
        joint = "|".join(sorted(self._words.joints, key=len, reverse=True))
        before = re.search(
            f"[\ue000-\ue0ff](?:{generic})?(?:的)?(?:{joint}|,)$",
            masked[: residue.start],
        )
        after = re.match(
            f"(?:{generic})?(?:的)?(?:{joint})[\ue000-\ue0ff]", masked[residue.end :]
        )
        return bool(before or after)

    def _clauses(
        self,
        masked: str,
        hits: list[Hit],
        places: list[Found],
        extra: dict[int, Found],
    ) -> Iterator[list[Item]]:
        checks = iter(hits)
        breaks = "|".join(sorted(self._words.breaks, key=len, reverse=True))
        edges = {found.start() for found in re.finditer(f",|{breaks}", masked)}
        clause: list[Item] = []
        for at, char in enumerate(masked):
            if at in edges:
                yield clause
                clause = []
            if "\ue000" <= char <= "\ue0ff":
                clause.append(places[ord(char) - 0xE000])
            elif "\ue100" <= char <= "\ue1ff":
                clause.append(next(checks).check)
            elif at in extra:
                clause.append(extra[at])
        yield clause


def _overlap(residue: Residue, topic: re.Match[str]) -> bool:
    return residue.start < topic.end() and residue.end > topic.start()


def _counts(masked: str, start: int, hits: list[Hit]) -> bool:
    """Whether what is counted is the other topic: 有几个|灭火器, 多少人|抽烟."""
    before = masked[start - 1 : start]
    if not before or _ANY_MARK.match(before) is None or before <= "\ue0ff":
        return False
    return hits[ord(before) - 0xE100].check is Check.HEADCOUNT


def _clause_alone(masked: str, residue: Residue) -> bool:
    """Whether the residue is the only place of a clause that has a check."""
    start = masked.rfind(",", 0, residue.start) + 1
    end = masked.find(",", residue.end)
    clause = masked[start : end if end >= 0 else len(masked)]
    return (
        residue.anchored
        and _MARK_PLACE.search(clause) is None
        and _ANY_MARK.search(clause) is not None
    )


def _mask(placed: str, hits: list[Hit]) -> str:
    out: list[str] = []
    at = 0
    for number, hit in enumerate(hits):
        out += [placed[at : hit.start], check_mark(number)]
        at = hit.end
    return "".join([*out, placed[at:]])


def _readable(word: str, places: list[Found]) -> str:
    """Put the places back into a piece of masked text."""
    return _ANY_MARK.sub(
        lambda mark: (
            places[ord(mark[0]) - 0xE000].heard
            if mark[0] <= "\ue0ff" and ord(mark[0]) - 0xE000 < len(places)
            else "…"
        ),
        word,
    )
