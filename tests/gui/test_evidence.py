"""The pictures behind a finding: thumbnail, large, one after another, all recorded."""

import asyncio
import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from app.core.model import Call, Check
from app.core.observation import Evidence
from app.desktop.evidence import EvidenceWindow
from app.desktop.finding_view import FindingView
from app.desktop.look import Look
from app.desktop.record_view import RecordWindow
from tests.gui.conftest import Play, Stage
from tests.gui.support import (
    JINAN,
    SPOKEN,
    DeskForTests,
    finding_of,
    key,
    past_record,
    said,
    seen,
    texts,
)

HEAD = Call(JINAN, Check.HEADCOUNT)
TAKEN = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
WIDTHS = (60, 90, 120)


def picture(width: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, 40), "#49606d").save(out, "PNG")
    return out.getvalue()


def three(desk: DeskForTests) -> tuple[Evidence, ...]:
    """An annotated picture, its original, and one of which nothing is known."""
    return (
        desk.keep(
            "a.png", picture(60), annotated=True, camera="塔吊 1 号", taken_at=TAKEN
        ),
        desk.keep("b.png", picture(90), camera="塔吊 1 号", taken_at=TAKEN),
        desk.keep("c.png", picture(120)),
    )


def prepare(desk: DeskForTests) -> None:
    answer = seen(expected=9, actual=9, evidence=three(desk))
    desk.knows(SPOKEN, {HEAD: answer})


async def until(what: object) -> None:
    """Let the window work until something is so."""
    assert callable(what)
    async with asyncio.timeout(8):
        while not what():
            await asyncio.sleep(0.01)


async def finding_view(stage: Stage) -> FindingView:
    await said(stage.session, SPOKEN)
    return stage.window.conversation.cards[0].finding_views[0]


async def opened(stage: Stage) -> EvidenceWindow:
    """Open the large view by a click on the thumbnail."""
    view = await finding_view(stage)
    assert view.thumbnail is not None
    view.thumbnail.click()
    (window,) = [
        top for top in QApplication.topLevelWidgets() if isinstance(top, EvidenceWindow)
    ]
    await until(lambda: shown_width(window))
    return window


def shown_width(window: EvidenceWindow) -> float:
    """Width of the picture that is shown, by its height; 0 while there is none."""
    pixmap = window.canvas.pixmap()
    return 0 if pixmap.isNull() else round(pixmap.width() / pixmap.height() * 40)


def buttons(window: EvidenceWindow) -> list[QPushButton]:
    return window.findChildren(QPushButton)


def test_a_finding_shows_its_first_picture_and_how_many_there_are(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        view = await finding_view(stage)
        assert view.thumbnail is not None
        await until(lambda: not view.thumbnail.icon().isNull())  # type: ignore[union-attr]
        assert view.thumbnail.accessibleName() == "查看证据图（共 3 张）"
        assert "证据图 3 张" in texts(view)
        size = view.thumbnail.iconSize()
        assert size.width() / size.height() == pytest.approx(60 / 40, abs=0.05)

    play(scene, prepare=prepare)


def test_a_finding_without_a_picture_has_no_thumbnail(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        view = await finding_view(stage)
        assert view.thumbnail is None
        assert "证据图" not in texts(view)

    play(scene, prepare=lambda desk: desk.knows(SPOKEN, {HEAD: seen(expected=9)}))


def test_the_large_view_steps_through_all_pictures(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window = await opened(stage)
        pictures = stage.window.conversation.cards[0].finding_views[0].finding
        back, on = buttons(window)
        assert (back.isEnabled(), on.isEnabled()) == (False, True)
        when = TAKEN.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        known = ["摄像头 塔吊 1 号", f"拍摄 {when}", "检测 helmet-v3"]
        unknown = ["摄像头未注明", "拍摄时间未注明"]
        wanted = (["标注图", *known], ["原图", *known], ["原图", *unknown])
        for number, facts in enumerate(wanted, 1):
            await until(lambda n=number: shown_width(window) == WIDTHS[n - 1])
            told = texts(window)
            evidence = pictures.observation.evidence[number - 1]
            assert [fact for fact in facts if fact not in told] == []
            assert f"SHA-256 {evidence.sha256}" in told
            place = f"第 {number} 张，共 3 张"
            assert place in told
            assert window.canvas.accessibleName().startswith(f"{place}，{facts[0]}")
            on.click()
        assert (back.isEnabled(), on.isEnabled()) == (True, False)
        back.click()
        await until(lambda: shown_width(window) == WIDTHS[1])

    play(scene, prepare=prepare)


def test_arrow_keys_step_and_stop_at_both_ends(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window = await opened(stage)
        window.activateWindow()
        steps = [
            (Qt.Key.Key_Left, 0),
            (Qt.Key.Key_Right, 1),
            (Qt.Key.Key_Right, 2),
            (Qt.Key.Key_Right, 2),
            (Qt.Key.Key_Left, 1),
        ]
        for code, index in steps:
            target = QApplication.focusWidget() or window
            key(target, code, down=True)
            key(target, code, down=False)
            await until(lambda i=index: shown_width(window) == WIDTHS[i])
            assert window.shown.path == ("a.png", "b.png", "c.png")[index]

    play(scene, prepare=prepare)


def test_buttons_have_names_for_those_who_hear_them(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window = await opened(stage)
        names = [button.accessibleName() for button in buttons(window)]
        assert names == ["上一张证据图", "下一张证据图"]

    play(scene, prepare=prepare)


def test_one_picture_needs_no_steps_and_claims_to_be_no_original(play: Play) -> None:
    def alone(desk: DeskForTests) -> None:
        proof = (desk.keep("a.png", picture(60)),)
        desk.knows(SPOKEN, {HEAD: seen(expected=9, actual=9, evidence=proof)})

    async def scene(stage: Stage) -> None:
        window = await opened(stage)
        assert [button.isVisible() for button in buttons(window)] == [False, False]
        assert "原图" not in texts(window)
        assert "标注图" not in texts(window)

    play(scene, prepare=alone)


@pytest.mark.parametrize(
    ("damage", "words"),
    [("changed", "与记录的指纹不符"), ("moved", "找不到证据图"), ("huge", "指纹不符")],
)
def test_a_picture_that_is_not_what_was_recorded_says_so_in_words(
    play: Play, damage: str, words: str
) -> None:
    async def scene(stage: Stage) -> None:
        second = stage.desk.evidence_dir / "b.png"
        match damage:
            case "changed":
                second.write_bytes(picture(91))
            case "huge":
                with second.open("r+b") as file:
                    file.truncate(65 * 1024 * 1024)
            case "moved":
                second.unlink()
        window = await opened(stage)
        window.step_on()
        await until(lambda: words in window.canvas.text())
        assert words in window.canvas.accessibleDescription()
        assert "备份里找回" in window.canvas.text(), "what to do is said as well"
        window.step_on()
        await until(lambda: shown_width(window) == WIDTHS[2])
        assert window.canvas.accessibleDescription() == ""

    play(scene, prepare=prepare)


def test_a_picture_that_comes_late_is_not_shown_for_another(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window = await opened(stage)
        first = window.shown
        late = await stage.session.reader.picture(first)
        window.step_on()
        await until(lambda: shown_width(window) == WIDTHS[1])
        window.show_picture(first, late)
        assert shown_width(window) == WIDTHS[1]

    play(scene, prepare=prepare)


def test_a_window_that_is_closed_while_it_reads_does_no_harm(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window = await opened(stage)
        window.step_on()
        window.close()
        # What is read now comes after it, on the same thread.
        evidence = stage.desk.keep("d.png", picture(30))
        assert (await stage.session.reader.picture(evidence)).image is not None

    play(scene, prepare=prepare)


def test_a_record_lists_every_picture(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        pictures = three(stage.desk)
        answer = seen(expected=9, actual=9, evidence=pictures)
        record = past_record(1, finding_of(HEAD, answer))
        window = RecordWindow(Look(), record, None, stage.window)
        window.show()
        told = [label.text() for label in window.findChildren(QLabel)]
        for number, evidence in enumerate(pictures, 1):
            assert f"证据图 {number}/3" in told
            assert evidence.sha256 in texts(window)
            assert evidence.path in texts(window)
        assert "标注图　摄像头 塔吊 1 号" in texts(window)
        several = replace(record, findings=record.findings * 2)
        window = RecordWindow(Look(), several, None, stage.window)
        window.show()
        assert "济南工地　人数检测　标注图　摄像头 塔吊 1 号" in texts(window)

    play(scene)
