"""What is asked before many sites are: how many they are, and whether all are meant."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from app.agent.grammar import MAX_CALLS
from app.agent.prompts import CHECK_LABELS
from app.agent.reading import Spoken, Sweep
from app.core.model import Call, Candidate, Check, Question, QuestionKind, Site

_MOST: Final = 3
"""Candidates of a question."""
_EXCEPT: Final = (
    "话里有「除了」之类的话, 不能确定哪些工地不查; 可以查全部工地或单个工地, "
    "请再说一遍, 例如: 查一下所有工地的人数, 或: 查一下{example}的人数"
)
_STRANGE: Final = "工地目录里没有「{area}」, 请再说一遍工地名称"
_WHICH: Final = "工地目录里没有片区「{area}」, 您要查的是?"


def except_question(example: str) -> Question:
    """Ask to say it again: which sites are left out is not guessed at."""
    return Question(
        kind=QuestionKind.SAY_AGAIN, sentence=_EXCEPT.format(example=example)
    )


def sweep_question(spoken: Sequence[Spoken], why: str) -> Question:
    """Ask whether all these sites are meant; `why` is what else makes it doubtful."""
    sweeps = [one.sweep for one in spoken if one.sweep is not None]
    options = [_meaning(spoken, number) for number in range(_MOST)]
    checked = all(one.check is not None for one in spoken)
    if area := next((sweep.unknown for sweep in sweeps if sweep.unknown), ""):
        candidates = _candidates(options) if checked else ()
        sentence = (_WHICH if candidates else _STRANGE).format(area=area)
        return Question(
            kind=QuestionKind.WHICH_SITE, sentence=sentence, candidates=candidates
        )
    if not any(_sites(one) for one in options[0]):
        return Question(
            kind=QuestionKind.SAY_AGAIN, sentence=_nothing_to_ask(sweeps[0])
        )
    left_out = sum({sweep: sweep.choices[0].left_out for sweep in sweeps}.values())
    rest = f", 另有 {left_out} 个工地已结束或还没开工, 不在其中" if left_out else ""
    if not checked:
        return _which_check(options[0], rest)
    candidates = _candidates(options)
    what, count = _what(options[0]), len(candidates[0].calls)
    begin = f"{why}; " if why else ""
    # One check at 101 sites is plainly 101 calls.
    total = "" if f" {count} 个工地: " in f"{what}: " else f", 共 {count} 项"
    pick = "请选择" if len(candidates) > 1 else "请确认"
    return Question(
        kind=QuestionKind.CONFIRM,
        sentence=f"{begin}要查{what}{total}{rest}, {pick}",
        candidates=candidates,
    )


def candidate_of(spoken: Sequence[Spoken]) -> Candidate:
    """Give what is picked: its label stays short, however many sites it holds."""
    calls = dict.fromkeys(
        Call(site, one.check)
        for one in spoken
        if one.check is not None
        for site in _sites(one)
    )
    shown = [f"{place} {check}" for place, check in _said(spoken)]
    more = f" 等{len(calls)}项" if len(shown) > MAX_CALLS else ""
    return Candidate(label="、".join(shown[:MAX_CALLS]) + more, calls=tuple(calls))


def _said(spoken: Sequence[Spoken]) -> list[tuple[str, str]]:
    """Give places and checks to be named; checks of many sites stand together."""
    pairs = dict.fromkeys(
        (_place(one), CHECK_LABELS[one.check])
        for one in spoken
        if one.check is not None
    )
    if not any(one.sweep for one in spoken):
        return list(pairs)
    checks: dict[str, list[str]] = {}
    for place, check in pairs:
        checks.setdefault(place, []).append(check)
    return [(place, "、".join(names)) for place, names in checks.items()]


def _candidates(options: Sequence[Sequence[Spoken]]) -> tuple[Candidate, ...]:
    made = [candidate_of(spoken) for spoken in options]
    return tuple({one.calls: one for one in reversed(made) if one.calls}.values())[::-1]


def _meaning(spoken: Sequence[Spoken], number: int) -> list[Spoken]:
    """Let every sweep mean its choice of this number; empty: none has so many."""
    most = max(len(one.sweep.choices) for one in spoken if one.sweep is not None)
    if number >= most:
        return []
    return [
        one if one.sweep is None else _chosen(one, one.sweep, number) for one in spoken
    ]


def _chosen(one: Spoken, sweep: Sweep, number: int) -> Spoken:
    choices = sweep.choices[: number + 1][-1:]
    return replace(one, sweep=replace(sweep, choices=choices, unknown=""))


def _sites(one: Spoken) -> tuple[Site, ...]:
    if one.sweep is not None:
        return one.sweep.choices[0].sites if one.sweep.choices else ()
    return (one.site,) if one.site is not None else ()


def _place(one: Spoken) -> str:
    if one.sweep is not None:
        return one.sweep.place
    return one.shown or (one.site.name if one.site is not None else one.place)


def _what(spoken: Sequence[Spoken]) -> str:
    said = _said(spoken)
    if len(said) > 1:
        return candidate_of(spoken).label
    return ": ".join(said[0])


def _which_check(spoken: Sequence[Spoken], rest: str) -> Question:
    places = "、".join(dict.fromkeys(_place(one) for one in spoken))
    ask = f"{rest}, 查哪一项?" if rest else "的哪一项?"
    return Question(
        kind=QuestionKind.WHICH_CHECK,
        sentence=f"要查{places}{ask}",
        candidates=tuple(
            candidate_of([replace(one, check=one.check or check) for one in spoken])
            for check in Check
        ),
    )


def _nothing_to_ask(sweep: Sweep) -> str:
    left_out = sweep.choices[0].left_out
    if not left_out:
        return "工地目录里还没有工地, 请先导入工地目录"
    return (
        f"「{sweep.words}」现在没有可查的: "
        f"{left_out} 个工地都已结束或还没开工, 请核对工地目录"
    )
