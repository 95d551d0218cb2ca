"""What the desk of the gallery knows: sites, answers, pictures, a past."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Final

from PIL import Image, ImageDraw

from app.core.explanation import Reason, ReasonKind
from app.core.model import (
    Call,
    Candidate,
    Check,
    Intent,
    Mention,
    Question,
    QuestionKind,
    Site,
    Understanding,
)
from app.core.observation import Evidence, MissingReason, Observation
from tests.gui.support import (
    JINAN,
    LONG,
    SPOKEN,
    WHICH_SITE,
    YANTAI,
    DeskForTests,
    finding_of,
    inspect,
    lost,
    past_record,
    seen,
)

HEAD: Final = Check.HEADCOUNT
HELMET: Final = Check.HELMET
GEAR: Final = Check.EQUIPMENT
ALARMING: Final = "检测烟台工地的安全帽佩戴情况"
LACKING: Final = "查一下烟台工地的人数"
WELL: Final = "微山湖工地的人数"
SWEEP: Final = "济南所有工地的人数"
REPAIRED: Final = "查一下济男工地的人数"
UNCLEAR: Final = "查一下技能的人数"
TO_CONFIRM: Final = "除了青岛都查一下安全帽"
GREETING: Final = "你好"
FORBIDDEN: Final = "把三号开关拉开"

_TOWNS: Final = (
    *("济南", "青岛", "烟台", "潍坊", "淄博", "临沂"),
    *("济宁", "泰安", "德州", "威海", "日照", "聊城"),
)
_KINDS: Final = ["北郊变电站", "高铁站线路", "大学城配网", "开发区电缆", "港区升压站"]
SITES: Final = (
    JINAN,
    YANTAI,
    LONG,
    *(
        Site(id=f"{town}{number}", name=f"{town}{kind}", region=town)
        for town in _TOWNS
        for number, kind in enumerate(_KINDS)
    ),
)


@cache
def camera_picture(*, boxes: bool = True) -> bytes:
    """Draw what a camera might see."""
    image = Image.new("RGB", (960, 540), "#49606d")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 360, 960, 540), fill="#8a7a5c")
    for index in range(9):
        x = 60 + index * 98
        draw.rectangle((x, 300, x + 34, 420), fill="#c65a1e")
        draw.ellipse((x - 2, 262, x + 36, 300), fill="#f2c230")
        if boxes:
            draw.rectangle((x - 8, 254, x + 42, 426), outline="#39ff88", width=3)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def furnish(desk: DeskForTests) -> None:
    """Let the desk know what the scenes ask."""
    proof = _proof(desk)
    desk.knows(
        SPOKEN, {Call(JINAN, HEAD): seen(expected=47, actual=34, evidence=proof)}
    )
    desk.knows(
        ALARMING, {Call(YANTAI, HELMET): seen(actual=34, wearing=30, evidence=proof)}
    )
    late = lost(MissingReason.TIMEOUT, "相机系统 3 秒内没有答复")
    desk.knows(LACKING, {Call(YANTAI, HEAD): late})
    desk.knows(WELL, {Call(LONG, HEAD): seen(expected=12, actual=12)})
    desk.knows(SWEEP, _sweep(proof))
    desk.agent.readings[UNCLEAR] = WHICH_SITE
    desk.agent.readings[TO_CONFIRM] = _confirm()
    desk.agent.readings[GREETING] = Understanding(
        intent=Intent.GREETING,
        reply="您好,我是电网大模型的语言核心,用于拆解执行行为库并向您汇报结果",
    )
    _explain(desk)


async def remember(desk: DeskForTests, records: int, alarms: int) -> None:
    """Fill the journal with what went before; so many alarms nobody acknowledged."""
    for number in range(records):
        entry = None if number % 11 == 5 else finding_of(*_past(number))
        await desk.journal.append(past_record(number, entry))
    for number in range(alarms):
        call = Call(SITES[5 + number], HELMET)
        found = finding_of(call, seen(actual=20, wearing=17 - number))
        await desk.journal.append(past_record(records + number, found))


def _past(number: int) -> tuple[Call, Observation]:
    call = Call(SITES[number % len(SITES)], (HEAD, HELMET, GEAR)[number % 3])
    if number % 7 == 3:
        return call, lost(MissingReason.UNREACHABLE, "相机系统连接不上")
    there = 20 - number % 4
    return call, seen(expected=20, actual=there, wearing=there, carrying=there)


def _proof(desk: DeskForTests) -> tuple[Evidence, ...]:
    taken = datetime.now(UTC)
    shot = camera_picture()
    bare = camera_picture(boxes=False)
    crane = "塔吊 1 号"
    return (
        desk.keep("a.png", shot, annotated=True, camera=crane, taken_at=taken),
        desk.keep("b.png", bare, camera=crane, taken_at=taken),
    )


def _sweep(proof: tuple[Evidence, ...]) -> dict[Call, Observation]:
    answers: dict[Call, Observation] = {}
    for index, site in enumerate(SITES[3:23]):
        call = Call(site, (HEAD, HELMET, GEAR)[index % 3])
        view = seen(
            expected=30,
            actual=30 - index % 5,
            wearing=28 - index % 5,
            carrying=30 - index % 5,
            evidence=proof if index % 2 else (),
        )
        if index == 7:
            view = lost(MissingReason.STALE, "画面是 40 分钟前的")
        if index == 12:
            view = lost(MissingReason.UNREACHABLE, "相机系统连接不上")
        answers[call] = view
    return answers


def _confirm() -> Understanding:
    calls = tuple(Call(site, HELMET) for site in SITES[3:23])
    label = "19 个工地 · 安全检查"
    return Understanding(
        intent=Intent.INSPECT,
        mentions=(Mention(place="除了青岛", check=HELMET),),
        question=Question(
            kind=QuestionKind.CONFIRM,
            sentence="一共要查 19 个工地的安全帽佩戴情况，现在开始吗？",
            candidates=(Candidate(label=label, calls=calls),),
        ),
        confidence=0.9,
    )


def _explain(desk: DeskForTests) -> None:
    """Let the desk know sentences that lean on others, and say why."""
    there = Call(YANTAI, HEAD)
    repaired = Reason(
        kind=ReasonKind.REPAIR, words="济男", start=3, meaning="与目录里的「济南」同音"
    )
    desk.agent.readings[REPAIRED] = replace(
        inspect(Call(JINAN, HEAD)),
        reasons=(
            replace(repaired, kind=ReasonKind.PLACE, meaning="济南工地 (SD-JN-01)"),
            repaired,
            Reason(kind=ReasonKind.CHECK, words="人数", start=8, meaning="人数检测"),
            Reason(
                kind=ReasonKind.SECOND_OPINION,
                meaning="规则的理解相同；词表识别听成「查一下济南工地的人数」，也是同一个意思，"
                "第三种听法「查一下济宁工地的人数」不同，但读音离目录更远",
            ),
            Reason(kind=ReasonKind.CONFIDENCE, meaning="98%，门槛 60%"),
        ),
    )
    desk.agent.follow_ups |= {
        "那烟台呢": lambda before: replace(inspect(there), continues=before.calls_run),
        "第二个": lambda before: replace(inspect(there), continues=before.question_run),
        "再说一遍": lambda before: Understanding(
            intent=Intent.INSPECT,
            reply=" ".join(finding.summary for finding in before.findings),
            repeats=True,
            continues=before.calls_run,
        ),
    }
