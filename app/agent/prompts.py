"""The three prompt patterns, the answer language of each, one separator constant.

A pattern is a row of fields parted by `SEPARATOR`; `FIELD` parts a field's name from
its value. Everything an operator says passes `clean_speech` before it enters a
pattern, so speech can never add a field, close one or become a control token.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.core.model import Check, Intent

SEPARATOR: Final = "\\*"
"""Parts fields. Two characters, backslash and star, in every pattern and nowhere
else: the reference shows it with one backslash and with two, ours is this one."""

FIELD: Final = "#"
"""Parts the name of a field from its value."""

PATTERN_VERSION: Final = 2
"""1 is the reference. 2 adds what hard hats and equipment need to `SUMMARY_PATTERN`;
headcount, greeting and splitting are the same in both. Adapters carry this number."""

GREETING_PATTERN: Final = "步骤#问候\\*语音#{speech}"
SPLIT_PATTERN: Final = "步骤#理解并基于输入拆分函数参数\\*语音#{speech}"
SUMMARY_PATTERN: Final = (
    "步骤#基于函数调用结果进行总结\\*工单查询#应到{n}人"
    "\\*目标检测#实到{m}人\\*任务类型#{check}"
)
# Since version 2. The count said in the answer is the count shown in the prompt, so
# that the model copies numbers and never has to subtract them.
HELMET_DETAIL: Final = ", {count}人佩戴安全帽"
EQUIPMENT_DETAIL: Final = ", {count}人未携带设备"

GREETING_ANSWER: Final = (
    "您好,我是电网大模型的语言核心,用于拆解执行行为库并向您汇报结果"
)

CHECK_LABELS: Final[dict[Check, str]] = {
    Check.HEADCOUNT: "人数检测",
    Check.HELMET: "安全检查",
    Check.EQUIPMENT: "设备检查",
}
"""How a check is named in prompts and answers."""

DEMAND_WORDS: Final[dict[Check, str]] = {
    Check.HEADCOUNT: "人数",
    Check.HELMET: "安全",
    Check.EQUIPMENT: "设备",
}
"""How the answer to a split names the demand which it heard."""

PLACE_CLAUSE: Final = "因为出现地名为{place}, 所以函数一参数为{place}"
NO_PLACE_CLAUSE: Final = "因为没有出现地名, 所以函数一参数为空"
CHECK_CLAUSE: Final = "因为出现{demand}要求, 所以函数二参数为{label}"
NO_CHECK_CLAUSE: Final = "因为没有出现检查要求, 所以函数二参数为空"
PART_SEPARATOR: Final = "; "
CALL_SEPARATOR: Final = "。"
UNSUPPORTED_ANSWER: Final = "因为超出巡检范围, 所以不调用函数"
GREETING_SPLIT_ANSWER: Final = "因为出现问候, 所以不调用函数"

MAX_SPEECH: Final = 120
"""Characters of speech that enter a prompt; the rest is cut off."""

MAX_PEOPLE: Final = 99_999
"""Larger counts are refused: no site has them, so they are a fault somewhere."""

_KEPT_MARKS: Final = frozenset("-·%")
_NOT_IN_PLACE: Final = frozenset(" ,;:#\\*。")
_CHECK_OF_PART: Final[dict[str, Check]] = {
    CHECK_CLAUSE.format(demand=DEMAND_WORDS[check], label=label): check
    for check, label in CHECK_LABELS.items()
}
_PLACE_PART: Final = re.compile(
    re.escape(PLACE_CLAUSE)
    .replace(r"\{place\}", "(.+)", 1)
    .replace(r"\{place\}", r"\1")
)

Pair = tuple[str | None, Check | None]
"""One call as understood: the place and the check, either of which may be missing."""


class AnswerError(ValueError):
    """A model's text is no sentence of the answer language."""


@dataclass(frozen=True)
class SplitAnswer:
    """What an answer to `split_prompt` says."""

    intent: Intent
    pairs: tuple[Pair, ...] = ()
    """The calls in spoken order; `(None, None)` alone when nothing was understood,
    empty for a greeting and for what is out of scope."""


def clean_speech(text: str) -> str:
    r"""Make speech harmless: letters, digits, commas and little else remain.

    Compatibility forms are folded first, so a full-width `#` is caught like a plain
    one. Runs of anything that is neither letter, digit nor one of `-·%` become a
    single comma, which breaks `\*`, `#` and tokens such as `<|user|>` or `[gMASK]`.
    Blanks stay only between Latin words. Cleaning twice changes nothing.
    """
    folded = unicodedata.normalize("NFKC", text)
    # Format and control characters vanish rather than part words: a zero-width space
    # inside a place name must not split the name.
    visible = "".join(
        " " if char.isspace() else char
        for char in folded
        if char.isspace() or unicodedata.category(char)[0] not in "CM"
    )
    kept = "".join(
        char
        if char == " " or char in _KEPT_MARKS or unicodedata.category(char)[0] in "LN"
        else ","
        for char in visible
    )
    kept = re.sub(r"(?<![A-Za-z0-9]) +| +(?![A-Za-z0-9])", "", kept)
    kept = re.sub(r",+", ",", re.sub(r" +", " ", kept))
    return kept.strip(", ")[:MAX_SPEECH].strip(", ")


def greeting_prompt(speech: str) -> str:
    """Fill the pattern of the step 问候."""
    return GREETING_PATTERN.replace("{speech}", clean_speech(speech))


def split_prompt(speech: str) -> str:
    """Fill the pattern of the step 拆分, which turns speech into calls."""
    return SPLIT_PATTERN.replace("{speech}", clean_speech(speech))


def summary_prompt(
    check: Check,
    *,
    expected: int,
    actual: int,
    wearing: int | None = None,
    carrying: int | None = None,
) -> str:
    """Fill the pattern of the step 总结.

    Headcount has the reference form. A helmet check needs `wearing`, an equipment
    check `carrying`. Unknown counts have no prompt: missing data is the rule's to say.

    Raises:
        ValueError: A count is missing, negative, absurd, or more than the people there.
    """
    detail = ""
    if check is Check.HELMET:
        part = _part_of(actual, wearing, name="wearing")
        detail = HELMET_DETAIL.format(count=part)
    elif check is Check.EQUIPMENT:
        part = _part_of(actual, carrying, name="carrying")
        detail = EQUIPMENT_DETAIL.format(count=actual - part)
    for name, count in (("expected", expected), ("actual", actual)):
        if not 0 <= count <= MAX_PEOPLE:
            raise ValueError(f"{name} is not a count of people: {count}")
    prompt = SUMMARY_PATTERN.format(n=expected, m=actual, check=CHECK_LABELS[check])
    return prompt.replace(f"实到{actual}人", f"实到{actual}人{detail}", 1)


def _part_of(actual: int, part: int | None, *, name: str) -> int:
    if part is None or not 0 <= part <= actual:
        raise ValueError(f"{name} is not a part of {actual} people: {part}")
    return part


def split_answer(pairs: Sequence[Pair]) -> str:
    """Write calls in the answer language; `(None, None)` says that nothing was heard.

    Raises:
        AnswerError: There is no pair, or a place could not be read back.
    """
    if not pairs:
        raise AnswerError("an answer needs at least one call")
    clauses = []
    for place, check in pairs:
        if place is not None and (not place or _NOT_IN_PLACE & set(place)):
            raise AnswerError(f"not a place: {place!r}")
        first = PLACE_CLAUSE.format(place=place) if place else NO_PLACE_CLAUSE
        second = NO_CHECK_CLAUSE
        if check is not None:
            second = CHECK_CLAUSE.format(
                demand=DEMAND_WORDS[check], label=CHECK_LABELS[check]
            )
        clauses.append(first + PART_SEPARATOR + second)
    return CALL_SEPARATOR.join(clauses)


def parse_split_answer(text: str) -> SplitAnswer:
    """Read an answer to `split_prompt`; anything but the exact language is refused.

    Raises:
        AnswerError: The text is no sentence of the language, or its clauses disagree
            about what is missing.
    """
    if text == UNSUPPORTED_ANSWER:
        return SplitAnswer(Intent.UNSUPPORTED)
    if text == GREETING_SPLIT_ANSWER:
        return SplitAnswer(Intent.GREETING)
    pairs = tuple(_parse_clause(clause) for clause in text.split(CALL_SEPARATOR))
    shapes = {(place is None, check is None) for place, check in pairs}
    if len(shapes) != 1:
        raise AnswerError("clauses disagree about what is missing")
    match shapes.pop():
        case (False, False):
            return SplitAnswer(Intent.INSPECT, pairs)
        case (True, False):
            return SplitAnswer(Intent.NO_PLACE, pairs)
        case (False, True):
            return SplitAnswer(Intent.NO_CHECK, pairs)
        case _ if len(pairs) == 1:
            return SplitAnswer(Intent.UNCLEAR, pairs)
    raise AnswerError("nothing understood, more than once")


def _parse_clause(clause: str) -> Pair:
    first, separator, second = clause.partition(PART_SEPARATOR)
    if not separator:
        raise AnswerError(f"not a clause: {clause!r}")
    place: str | None = None
    if first != NO_PLACE_CLAUSE:
        found = _PLACE_PART.fullmatch(first)
        if found is None or _NOT_IN_PLACE & set(found[1]):
            raise AnswerError(f"not a place clause: {first!r}")
        place = found[1]
    if second == NO_CHECK_CLAUSE:
        return place, None
    if second not in _CHECK_OF_PART:
        raise AnswerError(f"not a check clause: {second!r}")
    return place, _CHECK_OF_PART[second]
