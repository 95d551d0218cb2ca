"""Pictures of the window in every state, to be looked at by a person.

Usage: `xvfb-run -s "-screen 0 1920x1080x24" python tests/gui/shoot.py FOLDER`
"""

import asyncio
import io
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import qasync
from PIL import Image, ImageDraw
from PySide6.QtWidgets import QApplication

from app.core.errors import AudioDeviceError
from app.core.explanation import Reason, ReasonKind
from app.core.model import Call, Check, Intent, Site, Understanding
from app.core.observation import MissingReason
from app.core.ports import Health
from app.desktop.evidence import EvidenceWindow
from app.desktop.look import Look, ThemeName
from app.desktop.session import DeskSession
from app.desktop.window import DeskWindow
from tests.fake_microphone import FakeTake
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


def picture(*, boxes: bool = True) -> bytes:
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
    taken = datetime.now(UTC)
    proof = (
        desk.keep(
            "a.png", picture(), annotated=True, camera="塔吊 1 号", taken_at=taken
        ),
        desk.keep("b.png", picture(boxes=False), camera="塔吊 1 号", taken_at=taken),
    )
    head, helmet, gear = Check.HEADCOUNT, Check.HELMET, Check.EQUIPMENT
    desk.knows(
        SPOKEN, {Call(JINAN, head): seen(expected=47, actual=34, evidence=proof)}
    )
    desk.knows(
        "烟台安全", {Call(YANTAI, helmet): seen(actual=34, wearing=30, evidence=proof)}
    )
    desk.knows("微山湖", {Call(LONG, head): seen(expected=12, actual=12)})
    desk.knows(
        "缺数",
        {Call(YANTAI, head): lost(MissingReason.TIMEOUT, "相机系统 3 秒内没有答复")},
    )
    many = {}
    for index in range(20):
        site = Site(id=f"m{index}", name=f"第{index + 1}标段工地")
        check = (head, helmet, gear)[index % 3]
        many[Call(site, check)] = (
            lost(MissingReason.STALE, "画面是 40 分钟前的")
            if index == 7
            else seen(expected=30, actual=30 - index % 5, wearing=28 - index % 5,
                      carrying=30 - index % 5, evidence=proof if index % 2 else ())
        )  # fmt: skip
    desk.knows("全部巡检", many)
    desk.agent.readings["技能"] = WHICH_SITE
    explain(desk)
    desk.agent.readings["你好"] = Understanding(
        intent=Intent.GREETING,
        reply="您好,我是电网大模型的语言核心,用于拆解执行行为库并向您汇报结果",
    )


def explain(desk: DeskForTests) -> None:
    """Let the desk know sentences that lean on others, and say why."""
    there = Call(YANTAI, Check.HEADCOUNT)
    desk.dispatcher.answers.setdefault(there, seen(expected=9, actual=9))
    repaired = Reason(
        kind=ReasonKind.REPAIR, words="济男", start=3, meaning="与目录里的「济南」同音"
    )
    desk.agent.readings["查一下济男工地的人数"] = replace(
        inspect(Call(JINAN, Check.HEADCOUNT)),
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
        "取消": lambda before: Understanding(
            intent=Intent.UNCLEAR,
            reply="好的, 没有查询。",
            continues=before.question_run,
        ),
        "再说一遍": lambda before: Understanding(
            intent=Intent.INSPECT,
            reply=" ".join(finding.summary for finding in before.findings),
            repeats=True,
            continues=before.calls_run,
        ),
    }


async def ask(session: DeskSession, text: str) -> None:
    idle = asyncio.Event()
    session.bridge.busy_changed.connect(lambda busy: busy or idle.set())
    session.submit_text(text)
    await asyncio.wait_for(idle.wait(), 10)


async def settle() -> None:
    for _ in range(30):
        await asyncio.sleep(0.02)


async def shoot(
    folder: Path, size: tuple[int, int], theme: ThemeName, tag: str
) -> None:
    look = Look(theme)
    look.apply()
    with tempfile.TemporaryDirectory() as home:
        desk = DeskForTests(Path(home))
        furnish(desk)
        for number in range(40):
            call = Call(
                (JINAN, YANTAI, LONG)[number % 3],
                (Check.HEADCOUNT, Check.HELMET, Check.EQUIPMENT)[number % 3],
            )
            view = seen(
                expected=20,
                actual=20 - number % 4,
                wearing=16,
                carrying=20 - number % 4,
            )
            if number % 7 == 3:
                view = lost(MissingReason.UNREACHABLE, "相机系统连接不上")
            entry = None if number % 11 == 5 else finding_of(call, view)
            await desk.journal.append(past_record(number, entry))
        window = DeskWindow(look)
        window.resize(*size)
        window.show()
        session = DeskSession(desk)
        window.attach(session)
        session.begin()

        async def snap(name: str) -> None:
            await settle()
            window.grab().save(str(folder / f"{tag}-{name}.png"))

        await snap("empty")
        await ask(session, SPOKEN)
        await snap("answered")
        view = window.conversation.cards[-1].finding_views[0]
        if view.thumbnail is not None:
            view.thumbnail.click()
        for top in QApplication.topLevelWidgets():
            if isinstance(top, EvidenceWindow):
                await settle()
                top.grab().save(str(folder / f"{tag}-evidence-1.png"))
                top.step_on()
                await settle()
                top.grab().save(str(folder / f"{tag}-evidence-2.png"))
                top.close()
        await ask(session, "烟台安全")
        await snap("alarm")
        await ask(session, "技能")
        await snap("question")
        window.conversation.cards[-1].answer(1)
        await settle()
        await ask(session, "查一下济男工地的人数")
        await snap("repaired")
        window._toggle_reasons()
        await snap("reasons")
        await ask(session, "那烟台呢")
        await ask(session, "再说一遍")
        await snap("repeated")
        await ask(session, "技能")
        await ask(session, "第二个")
        bar = window.conversation.verticalScrollBar()
        bar.setValue(window.conversation.cards[-2].y() - 12)
        await snap("answered-in-words")
        await ask(session, "缺数")
        await snap("missing")
        await ask(session, "微山湖")
        await snap("long")
        await ask(session, "你好")
        desk.journal.full = True
        await ask(session, SPOKEN)
        desk.journal.full = False
        await snap("failed")
        await ask(session, "全部巡检")
        await snap("many")
        desk.dispatcher.gate = asyncio.Event()
        desk.recognizer.lexicon_text = "查一下济南工地人数"
        session.press_talk()
        await settle()
        take: FakeTake = desk.microphone.takes[-1]
        take.feed()
        desk.parts[2] = Health(
            name="模型", ok=False, detail="没有找到模型 GLM-mini，只用规则理解",
            remedy="请运行 griddesk models list 查看，再用 models import 取得。",
        )  # fmt: skip
        session._recheck.set()
        await snap("listening")
        session.release_talk()
        await snap("querying")
        session.submit_text(SPOKEN)
        await settle()
        desk.microphone.error = AudioDeviceError("没有找到麦克风")
        session.cancel_newest()
        session.cancel_newest()
        await settle()
        session.press_talk()
        window.strip.buttons[2].click()
        if window.strip.popup is not None:
            await settle()
            window.strip.popup.grab().save(str(folder / f"{tag}-popup.png"))
            window.strip.popup.close()
        if window.journal is not None:
            window.journal.verify()
            window.journal.table.selectRow(3)
        await snap("nomic")
        if window.journal is not None:
            window.journal_button.setChecked(True)
            window.journal.table.activated.emit(window.journal.model.index(3, 0))
            await settle()
            for top in QApplication.topLevelWidgets():
                if top.isVisible() and top is not window:
                    top.grab().save(str(folder / f"{tag}-record.png"))
                    top.close()
        await snap("journal")
        window.show_closing()
        window.veil.step("正在等待模型和识别器停下…")
        await snap("closing")
        await session.close()
        window.finish()
        window.deleteLater()


async def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for width, height, theme, tag in (
        (1366, 768, ThemeName.DARK, "d1366"),
        (1920, 1080, ThemeName.LIGHT, "l1920"),
        (910, 512, ThemeName.DARK, "d910"),
    ):
        await shoot(folder, (width, height), theme, tag)


if __name__ == "__main__":
    app = QApplication(sys.argv)
    app.setQuitOnLastWindowClosed(False)
    app.setStyle("Fusion")
    qasync.run(main(Path(sys.argv[1])))
