"""What was heard, as a card shows it: repaired in brackets, not sure with dots."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from app.core.explanation import Reason
from app.core.model import Span, Utterance
from app.desktop import words
from app.desktop.reasons import repairs, said


def _tr(text: str) -> str:
    return QCoreApplication.translate("heard", text)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardWords:
    """What stands on the card."""

    text: str
    spans: tuple[Span, ...]
    """What of it was not heard surely."""
    doubt: str
    """Says the same in words; empty: nothing."""
    notes: tuple[str, ...]
    """What else is to be said about it, the doubt first."""


def heard_words(heard: Utterance, reasons: Sequence[Reason]) -> HeardWords:
    """Say what was heard, and what of it was repaired or is not sure."""
    repaired = repairs(heard.text, reasons)
    doubt = ""
    if heard.uncertain:
        unsure = (words.quoted(heard.text[s.start : s.end]) for s in heard.uncertain)
        doubt = _tr("虚线处两种识别不一致：{what}").format(what="".join(unsure))
    notes = [doubt] if doubt else []
    notes += [_tr("〔〕按读音修正：{what}").format(what=said(one)) for one in repaired]
    free, lexicon = heard.free_text, heard.lexicon_text
    if free and lexicon and free != lexicon:
        both = _tr("自由识别「{free}」　词表识别「{lexicon}」")
        notes.append(both.format(free=free, lexicon=lexicon))
    if heard.overflows:
        lost = _tr("录音丢失 {n} 块，可能没有听全")
        notes.append(lost.format(n=heard.overflows))
    text, spans = bracketed(heard.text, repaired, heard.uncertain)
    before, _, after = _tr("{origin}：「{text}」").partition("{text}")
    before = before.format(origin=words.origin_word(heard.origin))
    ahead = len(before)
    return HeardWords(
        text=f"{before}{text}{after}",
        spans=tuple(Span(start=s.start + ahead, end=s.end + ahead) for s in spans),
        doubt=doubt,
        notes=tuple(notes),
    )


def bracketed(
    text: str, repaired: Sequence[Reason], spans: Sequence[Span]
) -> tuple[str, list[Span]]:
    """Put what was repaired into 〔〕; give the text, and the spans moved with it."""
    starts = {each.start for each in repaired}
    ends = {(each.start or 0) + len(each.words) for each in repaired}
    parts: list[str] = []
    places: list[int] = []
    for index, char in enumerate(text):
        if index in ends:
            parts.append("〕")
        if index in starts:
            parts.append("〔")
        places.append(len(parts))
        parts.append(char)
    if len(text) in ends:
        parts.append("〕")
    moved = [
        Span(start=places[span.start], end=places[span.end - 1] + 1)
        for span in spans
        if 0 <= span.start < span.end <= len(text)
    ]
    return "".join(parts), moved
