"""The base's skills with numbers: copying, comparing, choosing what to say.

None of it is written in the product's summary prompt; the wording of verdicts appears
under other headings, as it would in any text of the trade.
"""

import random
from collections.abc import Callable
from typing import Final

from app.tuning.noise import common_characters

_PLANNED: Final = ("应到", "计划", "名册", "额定", "预定", "派工", "安排", "甲", "原有", "登记", "工单")
_PRESENT: Final = ("实到", "现场", "到场", "清点", "看到", "实际", "乙", "现有", "检出", "来了")
_UNITS: Final = ("人", "名", "个", "位", "")
_EQUAL: Final = ("齐了", "相等", "全到", "无人缺勤", "没有差别", "正常", "一样多", "正好")
_LESS: Final = ("缺人", "少了", "不足", "有人缺勤", "没来齐", "不够")
_MORE: Final = ("多了", "超出", "人数异常", "超员", "有外人", "可能有人闯入")
_NO_PLAN: Final = ("无计划", "没派工", "无工单出工", "查来历", "无单")
_NOBODY: Final = ("都没有", "无人", "今日无工单", "空场", "皆零")
_ALL: Final = ("全部合格", "均佩戴", "都有", "均正常", "齐备", "无问题")
_SOME: Final = ("人佩戴", "人未带", "个有", "人合格", "人没有", "名在列")
_EMPTY: Final = ("现场无人", "没有人", "无人施工", "空", "不必查")

_FIELDS: Final = ("系统", "名册", "查询", "相机", "画面", "检出", "台账", "类型", "项目", "一", "二", "")

HEADCOUNT_VERDICTS: Final = (
    "无人缺勤, 正常出工",
    "有人缺勤",
    "人数异常, 可能存在非法进入",
    "无工单出工, 可能存在非法进入",
    "今日无工单, 现场无人",
)

Rows = tuple[tuple[str, str], ...]


def draw_counts(rng: random.Random) -> tuple[int, int]:
    """Draw how many should be there and how many are, close ones often."""
    roll = rng.random()
    planned = rng.randint(1, 99) if rng.random() < 0.8 else rng.randint(1, 20)
    if roll < 0.3:
        return planned, planned
    if roll < 0.55:
        return planned, max(0, min(99, planned + rng.choice((-3, -2, -1, 1, 2, 3))))
    if roll < 0.65:
        return 0, rng.randint(1, 99)
    if roll < 0.7:
        return 0, 0
    return planned, rng.randint(0, 99)


def draw_part(rng: random.Random) -> tuple[int, int]:
    """Draw a number of people and a part of them."""
    roll = rng.random()
    people = rng.randint(1, 99) if rng.random() < 0.8 else rng.randint(1, 20)
    if roll < 0.12:
        return 0, 0
    if roll < 0.4:
        return people, people
    if roll < 0.5:
        return people, 0
    if roll < 0.65:
        return people, max(0, people - rng.randint(1, 3))
    return people, rng.randint(0, people)


def headcount_case(planned: int, present: int) -> int:
    """Return the row of the verdict table: equal, less, more, no plan, nobody."""
    if planned == 0:
        return 3 if present else 4
    if planned == present:
        return 0
    return 1 if present < planned else 2


def figure_batch(
    rng: random.Random, rows: int, header: Callable[[], str]
) -> tuple[str, Rows]:
    """Rows that follow an instruction saying what to write in which case."""
    common = common_characters()

    def word(choices: tuple[str, ...]) -> str:
        if rng.random() < 0.15:
            return "".join(rng.choices(common, k=rng.randint(1, 6)))
        return rng.choice(choices)

    one, two, unit = word(_PLANNED), word(_PRESENT), rng.choice(_UNITS)
    comma = rng.choice((", ", ",", " ", ";"))
    tag = rng.choice(("", "", f"[{word(('点名', '人数', '结果', '检查'))}] "))
    made: list[tuple[str, str]] = []
    if rng.random() < 0.6:
        cases = tuple(map(word, (_EQUAL, _LESS, _MORE, _NO_PLAN, _NOBODY)))
        form = f"{tag}{one}@{unit}{comma}{two}&{unit}{comma}"
        instruction = form + "|".join(("", *cases))
        for _ in range(rows):
            planned, present = draw_counts(rng)
            shown = _shown(rng, (word(_PLANNED), planned), (word(_PRESENT), present))
            answer = form.replace("@", str(planned)).replace("&", str(present))
            answer += cases[headcount_case(planned, present)]
            made.append((header() + shown, answer))
        return instruction, tuple(made)
    every, some, nobody = word(_ALL), word(_SOME), word(_EMPTY)
    form = f"{tag}{two}@{unit}{comma}"
    lacking = rng.random() < 0.5
    instruction = f"{form}|{every}|&{some}|{nobody}|{'缺' if lacking else '有'}"
    for _ in range(rows):
        people, part = draw_part(rng)
        shown = _part_shown(rng, people, part, name=word(_SOME))
        full = part == 0 if lacking else part == people
        answer = form.replace("@", str(people)) + (every if full else f"{part}{some}")
        made.append((header() + shown, answer if people else tag + nobody))
    return instruction, tuple(made)


def _shown(rng: random.Random, *counts: tuple[str, int], kind: str = "") -> str:
    """Write counts in some arrangement, with fields around them and a kind at last."""
    unit = rng.choice(_UNITS)
    mark = rng.choice((",", " ", ";", "|", "#", ", ", "\\*", "/"))
    fields = [""] * len(counts)
    if rng.random() < 0.6:
        to = rng.choice("#:= ")
        fields = [rng.choice(_FIELDS) + to for _ in counts]
    style = rng.randrange(3)
    if style == 0:
        shown = [f"{name}{count}{unit}" for name, count in counts]
    elif style == 1:
        shown = [f"{count}{unit}{name}" for name, count in counts]
    else:
        shown = [f"{name}#{count}{unit}" for name, count in counts]
    text = mark.join(map("".join, zip(fields, shown, strict=True)))
    return text + (f"{mark}{rng.choice(_FIELDS)}#{kind}" if kind else "")


def _part_shown(
    rng: random.Random, people: int, part: int, *, name: str, kind: str = ""
) -> str:
    """Write a whole and a part, half the time with a plan that does not matter."""
    counts = [(rng.choice(_PRESENT), people), (name, part)]
    if rng.random() < 0.5:
        counts.insert(0, (rng.choice(_PLANNED), draw_counts(rng)[0]))
    return _shown(rng, *counts, kind=kind)


def verdict_batch(rng: random.Random, rows: int) -> tuple[str, Rows]:
    """Rows under a heading or with a kind at the end, worded as in the trade."""
    made: list[tuple[str, str]] = []
    for _ in range(rows):
        case = rng.randrange(4)
        kind = ("出工", "点名", "戴帽", "带具")[case]
        heading = rng.random() < 0.5
        tail = "" if heading else kind
        if case < 2:
            planned, present = draw_counts(rng)
            counts = ((rng.choice(_PLANNED), planned), (rng.choice(_PRESENT), present))
            shown = _shown(rng, *counts, kind=tail)
            answer = HEADCOUNT_VERDICTS[headcount_case(planned, present)]
            if case == 1:
                answer = f"{planned}/{present} {answer}"
        else:
            people, part = draw_part(rng)
            name = rng.choice(_SOME)
            shown = _part_shown(rng, people, part, name=name, kind=tail)
            if not people:
                answer = "现场无人施工"
            elif case == 2:
                full = part == people
                answer = "均佩戴安全帽" if full else f"{part}人佩戴安全帽, 存在安全隐患"
            else:
                answer = f"{part}人未携带设备" if part else "均正常携带设备"
            if people and rng.random() < 0.5:
                answer = f"{people} {answer}"
                shown += "+"
        made.append((f"{kind}:{shown}" if heading else f"结论:{shown}", answer))
    return "", tuple(made)
