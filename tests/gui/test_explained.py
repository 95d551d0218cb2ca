"""What an understanding rests on, old answers said again, answers in words, the tag."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel

from app.commands import output
from app.core import events
from app.core.dialogue import KEPT_S, Context
from app.core.explanation import Reason, ReasonKind
from app.core.model import (
    Call,
    Check,
    Intent,
    Outcome,
    QuestionKind,
    Understanding,
)
from app.core.request import RunRequest
from app.desktop import words
from app.desktop.card import RunCard
from app.desktop.follow_up import FollowUp
from app.desktop.pieces import Mark
from app.desktop.reasons import ReasonList, continued, repairs, repeated
from app.desktop.reasons import said as said_of
from app.desktop.record_view import RecordWindow
from tests.gui.conftest import Play, Stage
from tests.gui.support import (
    JINAN,
    SPOKEN,
    WHICH_SITE,
    YANTAI,
    DeskForTests,
    Expect,
    MovedClock,
    finding_of,
    inspect,
    key,
    past_record,
    said,
    seen,
    texts,
)

HEAD = Call(JINAN, Check.HEADCOUNT)
THERE = Call(YANTAI, Check.HEADCOUNT)
MISHEARD = "查一下济男工地的人数"
REASONS = (
    Reason(kind=ReasonKind.PLACE, words="济男", start=3, meaning="目录里的济南工地"),
    Reason(kind=ReasonKind.REPAIR, words="济男", start=3, meaning="与「济南」同音"),
    Reason(kind=ReasonKind.CHECK, words="人数", start=8, meaning="人数检测"),
    Reason(kind=ReasonKind.CONFIDENCE, meaning="模型与规则一致, 98%"),
)
AGAIN = "再说一遍"


def furnish(desk: DeskForTests) -> None:
    desk.knows(SPOKEN, {HEAD: seen(expected=47, actual=34)})
    desk.dispatcher.answers[THERE] = seen(expected=9, actual=9)
    agent = desk.agent
    agent.readings[MISHEARD] = replace(inspect(HEAD), reasons=REASONS)
    agent.readings["查一下技能"] = WHICH_SITE
    agent.follow_ups = {
        "那烟台呢": lambda before: replace(inspect(THERE), continues=before.calls_run),
        "第二个": lambda before: replace(inspect(THERE), continues=before.question_run),
        "取消": lambda before: Understanding(
            intent=Intent.UNCLEAR,
            reply="好的, 没有查询。",
            continues=before.question_run,
        ),
        AGAIN: lambda before: Understanding(
            intent=Intent.INSPECT,
            reply=" ".join(finding.summary for finding in before.findings),
            repeats=True,
            continues=before.calls_run,
        ),
    }


def newest(stage: Stage) -> RunCard:
    return stage.window.conversation.cards[-1]


def reasons_of(card: RunCard) -> ReasonList | None:
    found = card.findChild(ReasonList)
    return found if found is not None and found.isVisibleTo(card) else None


def test_reasons_are_closed_until_the_button_opens_them(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await said(stage.session, MISHEARD)
        card = newest(stage)
        assert reasons_of(card) is None
        assert "目录里的济南工地" not in texts(card)
        card.why.click()
        shown = reasons_of(card)
        assert shown is not None
        lines = texts(shown).splitlines()
        assert lines == [
            "地点",
            "「济男」　目录里的济南工地",
            "按读音修正",
            "「济男」　与「济南」同音",
            "检查",
            "「人数」　人数检测",
            "把握",
            "模型与规则一致, 98%",
        ]
        card.why.click()
        assert reasons_of(card) is None
        assert (card.why.text(), card.why.isChecked()) == ("依据", False)

    play(scene, prepare=furnish)


def test_what_was_opened_comes_into_sight(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        stage.window.resize(910, 512)
        await said(stage.session, MISHEARD)
        area = stage.window.conversation
        bar = area.verticalScrollBar()
        async with Expect(bar.valueChanged):
            newest(stage).why.click()
        shown = reasons_of(newest(stage))
        assert shown is not None
        end = shown.mapTo(area.viewport(), shown.rect().bottomLeft()).y()
        assert end <= area.viewport().height()

    play(scene, prepare=furnish)


def test_reasons_open_by_keyboard(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await said(stage.session, MISHEARD)
        explained = newest(stage)
        await said(stage.session, SPOKEN)
        assert not newest(stage).why.isVisibleTo(newest(stage))
        # Enter on the button, which Tab reaches.
        assert explained.why.focusPolicy() & Qt.FocusPolicy.TabFocus
        key(explained.why, Qt.Key.Key_Return, down=True)
        assert reasons_of(explained) is not None
        key(explained.why, Qt.Key.Key_Return, down=True)
        assert reasons_of(explained) is None
        # Without a way to the button: the newest card that has reasons.
        stage.window._toggle_reasons()
        assert reasons_of(explained) is not None

    play(scene, prepare=furnish)


def test_repaired_words_are_marked_without_colour_and_explained(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await said(stage.session, MISHEARD)
        shown = texts(newest(stage))
        assert "键入：「查一下〔济男〕工地的人数」" in shown
        assert "〔〕按读音修正：「济男」　与「济南」同音" in shown
        async with Expect(newest(stage).edit_wanted) as edited:
            newest(stage)._edit.click()
        assert edited.args == (newest(stage).run_id, MISHEARD)

    play(scene, prepare=furnish)


@pytest.mark.parametrize("start", [None, -2, 4, 300])
def test_a_repair_that_does_not_stand_there_marks_nothing(
    play: Play, start: int | None
) -> None:
    def prepare(desk: DeskForTests) -> None:
        furnish(desk)
        astray = replace(REASONS[1], start=start)
        desk.agent.readings[MISHEARD] = replace(inspect(HEAD), reasons=(astray,))

    async def scene(stage: Stage) -> None:
        await said(stage.session, MISHEARD)
        assert f"键入：「{MISHEARD}」" in texts(newest(stage))

    play(scene, prepare=prepare)


def test_the_record_says_what_the_understanding_rests_on(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await said(stage.session, MISHEARD)
        await said(stage.session, "那烟台呢")
        for card in stage.window.conversation.cards:
            card.details_wanted.emit(card.record)
        later, first = sorted(
            (
                top
                for top in QApplication.topLevelWidgets()
                if isinstance(top, RecordWindow) and top.isVisible()
            ),
            key=lambda top: "依据 · 地点" in texts(top),
        )
        shown = texts(first)
        assert "依据 · 按读音修正\n「济男」　与「济南」同音" in shown
        assert "依据 · 把握\n模型与规则一致, 98%" in shown
        before = stage.window.conversation.cards[0].run_id
        assert f"接着的运行\n{before[:8]}" in texts(later)

    play(scene, prepare=furnish)


def test_an_answer_said_again_is_no_refusal_and_says_how_old_it_is(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await said(stage.session, SPOKEN)
        first = newest(stage).record
        assert first is not None
        stage.desk.clock.ahead = timedelta(seconds=70)
        asked = len(stage.desk.journal.entries)
        await said(stage.session, AGAIN)
        card = newest(stage)
        shown = texts(card)
        assert "[人数检测] 应到47人, 实到34人, 有人缺勤" in shown
        when = words.clock_time(first.finished_at)
        assert f"没有重新查询，这是 {when} 的答复。" in shown
        assert "不受理" not in shown
        assert card.finding_views == []
        # Neither good nor bad: no shape and no colour of a severity.
        assert card.findChildren(Mark) == []
        tones = [label.property("tone") for label in card.findChildren(QLabel)]
        assert not any(tones)
        record = stage.desk.journal.entries[asked].record
        assert (record.outcome, record.findings) == (Outcome.REPEATED, ())
        assert stage.window.journal is not None
        model = stage.window.journal.model
        async with Expect(model.loaded):
            model.reload()
        assert model.data(model.index(0, 0)) == "重说"
        assert model.data(model.index(0, 0), Qt.ItemDataRole.DecorationRole) is None

    play(scene, prepare=furnish)


def test_a_follow_up_says_what_it_continues(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await said(stage.session, SPOKEN)
        assert "接着" not in texts(newest(stage))
        await said(stage.session, "那烟台呢")
        assert "接着刚才的 济南工地 人数检测" in texts(newest(stage))
        assert "实到9人" in texts(newest(stage))

    play(scene, prepare=furnish)


@pytest.mark.parametrize(
    ("words_said", "ending"),
    [
        ("第二个", "已用「第二个」回答"),
        ("取消", "已取消"),
        (SPOKEN, "后来有了新的指令，不再等待回答。"),
    ],
)
def test_a_question_says_how_it_ended(play: Play, words_said: str, ending: str) -> None:
    async def scene(stage: Stage) -> None:
        await said(stage.session, "查一下技能")
        asking = newest(stage)
        assert asking.question is not None
        view = asking.question
        await said(stage.session, words_said)
        assert asking.question is None
        assert not any(choice.isEnabled() for choice in view.buttons)
        assert ending in texts(asking)
        assert "没有选定之前不会查询" not in texts(asking)
        if words_said == "第二个":
            assert "回答刚才的提问：没有听清地点「技能」" in texts(newest(stage))
        runs = len(stage.desk.journal.entries)
        key(stage.window, Qt.Key.Key_1, down=True)
        assert stage.session.bridge.running == ()
        assert len(stage.desk.journal.entries) == runs

    play(scene, prepare=furnish)


def test_a_question_that_a_button_answered_says_with_what(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await said(stage.session, "查一下技能")
        asking = newest(stage)
        async with Expect(stage.session.bridge.run_finished):
            asking.answer(1)
        assert "已用「济南工地 · 人数检测」回答" in texts(asking)

    play(scene, prepare=furnish)


def test_a_question_waits_on_where_nothing_was_heard(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await said(stage.session, "查一下技能")
        asking = newest(stage)
        async with Expect(stage.session.bridge.partial_heard):
            stage.session.press_talk()
        assert asking.question is None
        async with Expect(stage.session.bridge.run_cancelled):
            stage.window._escape()
        assert newest(stage) is not asking
        assert stage.window.conversation.open_question() is asking
        assert "没有选定之前不会查询" in texts(asking)
        async with Expect(stage.session.bridge.run_finished):
            key(stage.window, Qt.Key.Key_2, down=True)
        assert "烟台工地" in texts(newest(stage))
        assert asking.question is None

    play(scene, prepare=furnish)


def test_a_question_waits_on_where_the_run_broke(
    play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(stage: Stage) -> None:
        await said(stage.session, "查一下技能")
        asking = newest(stage)

        async def broken(
            request: RunRequest,
        ) -> AsyncGenerator[events.RunEvent, None]:
            yield events.RunStarted(run_id=request.run_id)
            raise OSError("gone")

        stage.desk.run = broken  # type: ignore[method-assign]
        await said(stage.session, SPOKEN)
        assert stage.window.conversation.open_question() is asking

    play(scene, prepare=furnish)
    caplog.clear()


def test_a_longer_run_that_began_before_the_question_leaves_it_open(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        gate = stage.desk.dispatcher.gate = asyncio.Event()
        async with Expect(stage.session.bridge.call_started):
            stage.session.submit_text(SPOKEN)
        async with Expect(stage.session.bridge.asked):
            stage.session.submit_text("查一下技能")
        asking = newest(stage)
        async with Expect(stage.session.bridge.busy_changed, lambda busy: not busy):
            gate.set()
        assert stage.window.conversation.open_question() is asking

    play(scene, prepare=furnish)


def test_the_tag_counts_down_and_goes_when_nothing_may_follow(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        tag = stage.window.bar.follow_up
        assert (tag.text, tag.timer.isActive()) == ("", False)
        await said(stage.session, SPOKEN)
        assert tag.text.startswith("可接着说：那…呢（还有 ")
        assert tag.timer.isActive()
        await said(stage.session, "查一下技能")
        assert tag.text.startswith("可直接回答：第一个、第二个…（还有 ")
        stage.desk.clock.ahead = timedelta(seconds=KEPT_S + 1)
        tag.timer.timeout.emit()
        assert (tag.text, tag.timer.isActive()) == ("", False)

    play(scene, prepare=furnish)


def test_a_greeting_leaves_nothing_to_follow(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await said(stage.session, "你好")
        tag = stage.window.bar.follow_up
        assert (tag.text, tag.timer.isActive()) == ("", False)

    play(scene, prepare=furnish)


def test_the_tag_gives_way_to_a_sentence_where_it_is_narrow(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await said(stage.session, SPOKEN)
        tag = stage.window.bar.follow_up
        stage.window.notice("没有找到麦克风。", "attention")
        assert tag.text
        stage.window.resize(910, 512)
        assert (tag.text, tag.timer.isActive()) == ("", False)
        stage.window.bar.quiet()
        assert tag.text
        assert tag.timer.isActive()

    play(scene, prepare=furnish)


def test_closing_stops_the_tag(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await said(stage.session, SPOKEN)
        tag = stage.window.bar.follow_up
        assert tag.timer.isActive()
        stage.window.show_closing()
        assert (tag.text, tag.timer.isActive()) == ("", False)

    play(scene, prepare=furnish)


def test_the_tag_says_what_may_be_said_and_for_how_long(
    clean_qt: QApplication,
) -> None:
    clock = MovedClock()
    at = clock.now()
    tag = FollowUp(lambda: at)
    question = WHICH_SITE.question
    assert question is not None
    one = replace(question, candidates=question.candidates[:1])
    again = replace(question, kind=QuestionKind.SAY_AGAIN, candidates=())

    def shown(seconds: float, **known: object) -> str:
        ends = at + timedelta(seconds=seconds)
        before = Context(expires_at=ends, **known)  # type: ignore[arg-type]
        tag.watch(lambda: before)
        return tag.text

    calls = (HEAD,)
    assert shown(80, calls=calls) == "可接着说：那…呢（还有 1 分 20 秒）"
    assert shown(59.2, calls=calls) == "可接着说：那…呢（还有 1 分 0 秒）"
    assert shown(3, calls=calls) == "可接着说：那…呢（还有 3 秒）"
    assert shown(0, calls=calls) == ""
    assert shown(-5, calls=calls) == ""
    confirm = replace(one, kind=QuestionKind.CONFIRM)
    assert shown(9, question=confirm) == "可直接回答：是、不是（还有 9 秒）"
    assert shown(9, question=one) == "可直接回答：第一个（还有 9 秒）"
    several = replace(question, kind=QuestionKind.CONFIRM)
    assert shown(9, question=several).startswith("可直接回答：第一个、第二个…")
    assert shown(9, question=again) == ""
    assert shown(9, question=again, calls=calls).startswith("可接着说")
    tag.rest()
    tag.deleteLater()


def test_words_that_a_meaning_names_are_not_said_twice() -> None:
    plain = replace(REASONS[1], meaning="与「济南」同音")
    named = replace(REASONS[1], meaning="「济男」按读音理解为「济南」")
    assert said_of(plain) == "「济男」　与「济南」同音"
    assert said_of(named) == "「济男」按读音理解为「济南」"


def test_repairs_that_overlap_or_lie_outside_are_marked_at_most_once() -> None:
    def repair(words_said: str, start: int) -> Reason:
        return replace(REASONS[1], words=words_said, start=start)

    reasons = (repair("男工", 1), repair("济男", 0), repair("人数", -2))
    assert repairs("济男工地人数", reasons) == [reasons[1]]


def test_what_is_not_on_the_screen_any_more_is_named_by_its_number() -> None:
    assert continued("b" * 32, None) == "接着运行 bbbbbbbb"
    assert repeated("b" * 32, None) == "没有重新查询，这是运行 bbbbbbbb 的答复。"


def test_of_many_calls_the_first_is_named_and_the_rest_counted() -> None:
    finding = finding_of(HEAD, seen(expected=1, actual=1))
    before = replace(past_record(1, finding), understanding=inspect(HEAD, THERE))
    said_so = continued(before.run_id, before)
    assert said_so == "接着刚才的 济南工地 人数检测 等 2 项"


def test_every_kind_of_reason_has_the_same_word_everywhere() -> None:
    for kind in ReasonKind:
        assert words.reason_word(kind) == output.REASON_WORDS[kind]
