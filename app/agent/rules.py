"""The second opinion: a reader of commands that needs no model.

It takes apart a sentence in plain steps – fold, cut out what is excepted, mask the
known places, find the checks, look for what is out of scope, see what is left over,
take back what was corrected, pair – and says how sure it is, and why. Alone it is the
degraded mode of the desk.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import date

from app.agent.check_words import Hit, find_checks
from app.agent.corrections import clauses_of, is_corrected
from app.agent.doubts import Doubt, doubts_of, spelt_doubts
from app.agent.leftovers import Leftovers
from app.agent.lexicon import Lexicon, fold_digits, lexicon
from app.agent.pairing import Item, pair
from app.agent.places import Found, PlaceFinder, Residue
from app.agent.positions import Trail
from app.agent.reading import SITE, Reading, Spoken, intent_of
from app.agent.sentences import Sentence, place_reason, sentence_of
from app.agent.sweeps import Held, SweepFinder
from app.core.explanation import Reason, ReasonKind
from app.core.model import Check, Intent
from app.core.ports import SiteDirectory
from app.core.workdays import desk_day

_SURE = 0.95
_CORRECTED = re.compile("不对|说错|错了|哦不|不是[\ue000-\ue0ff]")
_FOREIGN = 5
"""From this many unexplained characters on a place without a check is about another
subject: 介绍下|济南|这个城市."""
_ANY_MARK = re.compile("[\ue000-\ue1ff]")
_SIDE_BY_SIDE = re.compile("([\ue000-\ue0ff])市?的?(?=([\ue000-\ue0ff]))")
_CODE = re.compile(r"<\||\|>|\\\*|\[g?s?mask\]|</?\w+>|[{}]|```|(?<![0-9])#(?!\d)")
"""What nobody says: the marks of prompts and programs. 3#主变 is said."""
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
        self._leftovers = Leftovers(self._places, self._words)

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
        trail = Trail.of(text, plain, self._words.simplify)
        held = self._sweeps.hold(plain)
        placed, places = self._places.mask_known(held.text, typed=typed)
        placed = self._sweeps.put(placed, places, held.heard)
        hits = find_checks(placed, self._words)
        sentence = sentence_of(plain, trail, placed, places, hits)
        if (refusal := self._forbidden(sentence)) is not None:
            return _refused(refusal, _SURE)
        masked = sentence.masked
        topic = self._words.other_topics.search(masked)
        residues = self._sweeps.claim(masked, self._places.residues(masked), places)
        off_topic = _off_topic(sentence, topic) if topic else None
        if topic is not None and (
            not hits
            or _counts(masked, topic.start(), hits)
            # 安全帽哪种颜色: what would be the place is the other topic.
            or (not places and any(_overlap(one, topic) for one in residues))
        ):
            return _refused(_off_topic(sentence, topic), 0.9)
        if not hits and not places:
            idle = self._idle(plain, residues)
            if idle is not None:
                return idle
        reading = self._complete(sentence, residues, off_topic)
        reading = replace(reading, reasons=(*_left_out(held, trail), *reading.reasons))
        return self._distrust(reading, text)

    def _forbidden(self, sentence: Sentence) -> Reason | None:
        for pattern in self._words.forbidden:
            text, trail = sentence.placed, sentence.by_place
            found = pattern.search(text)
            if found is None and "\ue100" in pattern.pattern:
                text, trail = sentence.masked, sentence.trail
                found = pattern.search(text)
            if found is not None:
                words = _readable(found[0], sentence.places)
                meaning = f"听到「{words}」, 不在巡检范围内"
                return trail.reason(ReasonKind.REFUSAL, *found.span(), meaning)
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
        if any(self._leftovers.near_site(one) is not None for one in left):
            return None
        foreign = sum(len(one.text) for one in left)
        nothing = (Reason(kind=ReasonKind.REFUSAL, meaning="没有听出地点和检查内容"),)
        if foreign >= 5 or (foreign >= 2 and _FOREIGN_VERB.search(plain)):
            return Reading(intent=Intent.UNSUPPORTED, confidence=0.5, reasons=nothing)
        return Reading(
            intent=Intent.UNCLEAR,
            confidence=_SURE if not left else 0.6,
            reasons=nothing,
        )

    def _complete(
        self, sentence: Sentence, residues: list[Residue], off_topic: Reason | None
    ) -> Reading:
        """Add the places that the directory does not know, pair, and weigh."""
        masked, places, hits = sentence.masked, sentence.places, sentence.hits
        confidence = _SURE
        extra, unexplained = self._leftovers.new_places(
            masked, places, residues, bool(hits)
        )
        for found in extra.values():
            site = found.resolution.site
            if site is not None and site.name != found.words:
                confidence *= 0.85 if found.certain else 0.6
        confidence *= 0.75 ** sum(hit.near for hit in hits)
        confidence *= 0.93 ** min(unexplained, 4)
        left = [one for one in residues if one.start not in extra]
        if places and not hits and sum(len(one.text) for one in left) >= _FOREIGN:
            nothing = Reason(kind=ReasonKind.REFUSAL, meaning="没有听出检查内容")
            return Reading(
                intent=Intent.UNSUPPORTED, confidence=0.5, reasons=(nothing,)
            )
        items: dict[int, Item] = dict(extra)
        for at, char in enumerate(masked):
            if "\ue000" <= char <= "\ue0ff":
                items[at] = places[ord(char) - 0xE000]
            elif "\ue100" <= char <= "\ue1ff":
                items[at] = hits[ord(char) - 0xE100].check
        clauses, corrected = clauses_of(masked, items, self._words)
        pairing = pair(clauses)
        doubts = doubts_of(masked, left, self._words)
        doubts += spelt_doubts(sentence.placed, self._words)
        new = [one for one in residues if one.start in extra]
        if self._sweeps.hints_at_many(masked, new):
            doubts.append(Doubt("说的可能不止一个工地"))
        doubts += self._nested(masked, places)
        if pairing.uncertain:
            doubts.append(Doubt("哪个工地查哪一项, 不能确定"))
        spoken = tuple(
            Spoken(
                place=place.words if place else "",
                resolution=place.resolution if place else None,
                check=check,
                sweep=place.sweep if place else None,
            )
            for place, check in pairing.pairs
        )
        sweeping = any(one.sweep for one in spoken)
        # 除了济南所有工地, 青岛的人数: it is not sure what belongs to what.
        mixed = any(one.sweep and one.sweep.excepting for one in spoken) and not all(
            one.sweep or not one.place for one in spoken
        )
        # 是不是所有工地: whoever corrects himself does not begin with a question.
        changed = masked.replace("是不是", "") if sweeping else masked
        if corrected or is_corrected(changed) or _CORRECTED.search(changed):
            confidence *= 0.5
            doubts.insert(0, Doubt("话里有改口"))
        if pairing.inherited:
            confidence *= 0.85
        reasons = _reasons(sentence, extra, residues, doubts)
        if off_topic is not None:
            confidence *= 0.6
            reasons.append(off_topic)
        intent = intent_of(spoken)
        return Reading(
            intent=intent,
            spoken=spoken if intent is not Intent.UNCLEAR else (),
            confidence=confidence,
            reasons=tuple(reasons),
            doubts=tuple(doubt.why for doubt in doubts),
            excepting=sweeping and (mixed or self._sweeps.excepts(masked)),
            corrected=corrected,
        )

    def _nested(self, masked: str, places: list[Found]) -> list[Doubt]:
        """Doubt two names side by side that may be one place: 济南|章丘."""
        found: list[Doubt] = []
        for mark in _SIDE_BY_SIDE.finditer(masked):
            first, second = (places[ord(one) - 0xE000] for one in mark.groups())
            if self._is_area(first) and not self._is_area(second):
                why = f"「{first.heard}{second.heard}」可能是一个地方"
                found.append(Doubt(why, mark.start(), mark.end(2)))
        return found

    def _is_area(self, place: Found) -> bool:
        if place.sweep is not None:
            return False
        name = fold_digits(place.words).removesuffix("市")
        known = self._places.regions().named(name) is not None
        return known or name in self._words.prefectures

    def _distrust(self, reading: Reading, text: str) -> Reading:
        """Ask where the transcript holds marks that nobody can say."""
        code = _CODE.search(unicodedata.normalize("NFKC", text).lower())
        if code is None:
            return reading
        why = "话里有口头指令里不会有的符号"
        raw = _CODE.search(text.lower())
        reason = Reason(
            kind=ReasonKind.DOUBT,
            words=text[slice(*raw.span())] if raw else "",
            start=raw.start() if raw else None,
            meaning=why,
        )
        return replace(
            reading,
            doubts=(*reading.doubts, why),
            reasons=(*reading.reasons, reason),
        )


def _refused(reason: Reason, confidence: float) -> Reading:
    return Reading(
        intent=Intent.UNSUPPORTED,
        confidence=confidence,
        reasons=(reason,),
        forbidden=True,
    )


def _off_topic(sentence: Sentence, topic: re.Match[str]) -> Reason:
    words = _readable(topic[0], sentence.places)
    return sentence.trail.reason(
        ReasonKind.REFUSAL, *topic.span(), f"听到「{words}」, 不在巡检范围内"
    )


def _left_out(held: Held, trail: Trail) -> list[Reason]:
    """Name what is left out of all sites, where it was said."""
    return [
        trail.reason(
            ReasonKind.PLACE, one.start, one.end, f"{SITE}{one.area.words}, 不查"
        )
        for one in held.excepted
    ]


def _reasons(
    sentence: Sentence,
    extra: dict[int, Found],
    residues: list[Residue],
    doubts: list[Doubt],
) -> list[Reason]:
    """Name what each part of the sentence was taken for, in spoken order."""
    found: list[tuple[int, Reason]] = []
    trail = sentence.trail
    ends = {one.start: one.end for one in residues}
    for at, char in enumerate(sentence.masked):
        if "\ue000" <= char <= "\ue0ff":
            place = sentence.places[ord(char) - 0xE000]
            found.append((at, place_reason(trail, at, at + 1, place)))
        elif "\ue100" <= char <= "\ue1ff":
            found.append((at, sentence.hit_reason(sentence.hits[ord(char) - 0xE100])))
        elif at in extra:
            found.append((at, place_reason(trail, at, ends[at], extra[at])))
    reasons = [reason for _, reason in found]
    for doubt in doubts:
        reasons.append(
            trail.reason(ReasonKind.DOUBT, doubt.start, doubt.end, doubt.why)
        )
    return reasons


def _overlap(residue: Residue, topic: re.Match[str]) -> bool:
    return residue.start < topic.end() and residue.end > topic.start()


def _counts(masked: str, start: int, hits: list[Hit]) -> bool:
    """Whether what is counted is the other topic: 有几个|灭火器, 多少人|抽烟."""
    before = masked[start - 1 : start]
    if not before or _ANY_MARK.match(before) is None or before <= "\ue0ff":
        return False
    return hits[ord(before) - 0xE100].check is Check.HEADCOUNT


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
