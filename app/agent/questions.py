"""The questions that the desk asks instead of guessing: at most three candidates."""

from collections.abc import Iterable, Sequence
from typing import Final

from app.agent.grammar import MAX_CALLS
from app.agent.prompts import CHECK_LABELS
from app.agent.reading import Reading, Spoken
from app.agent.sweep_questions import candidate_of
from app.core.model import Call, Candidate, Check, Intent, Question, QuestionKind, Site

MAX_CANDIDATES: Final = 3

_ASK_PLACE: Final = "没有听到工地名称, 请说出工地名称, 例如: {example}的{check}"
_ASK_CHECK: Final = "要查{place}的哪一项?"
_AGAIN: Final = "没有听明白, 请再说一遍工地名称和检查内容, 例如: 查一下{example}的人数"
_IS_IT: Final = "是不是要查"
_LONGEST_QUOTE: Final = 24

Calls = tuple[Call, ...]


def calls_of(spoken: Sequence[Spoken]) -> Calls | None:
    """Give the calls of a complete reading, each once, else None."""
    calls: list[Call] = []
    for one in spoken:
        if one.site is None or one.check is None:
            return None
        call = Call(one.site, one.check)
        if call not in calls:
            calls.append(call)
    return tuple(calls) or None


def confirm(why: str, options: Sequence[Calls]) -> Question:
    """Ask whether calls are meant; `why` says in a clause what makes it doubtful."""
    candidates = tuple(candidate(calls) for calls in options[:MAX_CANDIDATES])
    if why.endswith("请确认"):
        joint = why
    elif len(candidates) > 1 and why.endswith(_IS_IT):
        # 是 would answer only one of several.
        joint = f"{why.removesuffix(_IS_IT)}您要查的是?"
    else:
        joint = f"{why}: {candidates[0].label}?"
    return Question(kind=QuestionKind.CONFIRM, sentence=joint, candidates=candidates)


def candidate(calls: Calls) -> Candidate:
    """Give calls as one answer that may be picked."""
    shown = [f"{c.site.name} {CHECK_LABELS[c.check]}" for c in calls[:MAX_CALLS]]
    more = f" 等{len(calls)}项" if len(calls) > MAX_CALLS else ""
    return Candidate(label="、".join(shown) + more, calls=calls)


def ask_again(example: str, rivals: Sequence[Calls]) -> Question:
    """Ask to say it again; `rivals` are what other hearings would have meant."""
    if rivals:
        return confirm("没有听清, 是不是要查", rivals)
    return Question(
        kind=QuestionKind.SAY_AGAIN, sentence=_AGAIN.format(example=example)
    )


def ask_place(
    reading: Reading, sites: Sequence[Site], example: str, rivals: Sequence[Calls]
) -> Question:
    """Ask for a place; all sites are offered where they are few."""
    checks = [one.check for one in reading.spoken if one.check is not None]
    offered = [tuple(Call(site, check) for check in checks) for site in sites]
    options = [*rivals, *(offered if len(sites) <= MAX_CANDIDATES else ())]
    return Question(
        kind=QuestionKind.WHICH_SITE,
        sentence=_ASK_PLACE.format(example=example, check=CHECK_LABELS[checks[0]]),
        candidates=_distinct(map(candidate, options)),
    )


def ask_site(
    reading: Reading, unresolved: Sequence[Spoken], rivals: Sequence[Calls]
) -> Question:
    """Ask which site the words mean that the directory is not sure of."""
    first = unresolved[0]
    matches = first.resolution.matches if first.resolution else ()
    others = {one.place for one in unresolved} - {first.place}
    options = [candidate(calls) for calls in rivals]
    if not others and all(one.check is not None for one in reading.spoken):
        for match in matches[:MAX_CANDIDATES]:
            meant = [
                one if one.site or one.sweep else one.meaning(match)
                for one in reading.spoken
            ]
            options.append(candidate_of(meant))
    words = f"「{short(first.place)}」"
    if options:
        sentence = f"听到{words}, 不能确定是哪个工地, 您要查的是?"
    else:
        sentence = f"工地目录里没有{words}, 请再说一遍工地名称"
    return Question(
        kind=QuestionKind.WHICH_SITE, sentence=sentence, candidates=_distinct(options)
    )


def ask_check(places: Sequence[Site]) -> Question:
    """Ask for the check; the three are offered."""
    names = "、".join(site.name for site in places[:MAX_CANDIDATES])
    few = places[:MAX_CALLS]
    return Question(
        kind=QuestionKind.WHICH_CHECK,
        sentence=_ASK_CHECK.format(place=names),
        candidates=tuple(
            candidate(tuple(Call(site, check) for site in few)) for check in Check
        ),
    )


def said(reading: Reading) -> str:
    """Put a reading into a few words for card and log."""
    named = {
        Intent.GREETING: "问候",
        Intent.UNSUPPORTED: "超出巡检范围",
        Intent.UNCLEAR: "没有听明白",
    }
    if reading.intent in named:
        return named[reading.intent]
    return "、".join(
        f"{one.mention().place or '未提地点'}"
        f" {CHECK_LABELS[one.check] if one.check else '未提检查'}"
        for one in reading.spoken[:MAX_CALLS]
    )


def short(words: str) -> str:
    """Shorten words to what fits into a question."""
    plain = " ".join(words.split())
    return plain if len(plain) <= _LONGEST_QUOTE else f"{plain[: _LONGEST_QUOTE - 1]}…"


def _distinct(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Leave out what would do the same, and more than the operator can pick from."""
    found: dict[frozenset[Call], Candidate] = {}
    for one in candidates:
        found.setdefault(frozenset(one.calls), one)
    return tuple(found.values())[:MAX_CANDIDATES]
