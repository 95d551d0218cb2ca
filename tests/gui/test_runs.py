"""Cards: what each event shows, questions, cancelling, failing, several runs."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel

from app.core import events
from app.core.model import (
    Call,
    Check,
    Fault,
    Origin,
    Outcome,
    RunRecord,
    Severity,
    Site,
    Utterance,
)
from app.core.observation import MissingReason, Observation
from app.core.request import RunRequest
from app.desktop.bridge import RunBridge
from app.desktop.calls_view import CHIPS
from app.desktop.card import RunCard
from app.desktop.finding_list import SHOWN, FindingList
from app.desktop.look import Look
from tests.gui.conftest import Play, Stage
from tests.gui.support import (
    JINAN,
    LONG,
    SPOKEN,
    WHICH_SITE,
    YANTAI,
    DeskForTests,
    Expect,
    compose,
    finding_of,
    inspect,
    key,
    laid_out,
    lost,
    said,
    seen,
    texts,
)

HEAD = Call(JINAN, Check.HEADCOUNT)


def knows_jinan(desk: DeskForTests) -> None:
    desk.knows(SPOKEN, {HEAD: seen(expected=47, actual=34)})


def asks(desk: DeskForTests) -> None:
    knows_jinan(desk)
    desk.agent.readings["查一下技能"] = WHICH_SITE


def test_typed_chinese_runs_on_enter_and_empties_the_box(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        box = stage.window.bar.text
        compose(box, SPOKEN)
        assert box.text() == SPOKEN
        async with Expect(stage.session.bridge.run_finished):
            key(box, Qt.Key.Key_Return, down=True)
        card = stage.window.conversation.cards[0]
        shown = texts(card)
        assert f"键入：「{SPOKEN}」" in shown
        assert "工单 GD-20261121-017" in shown
        assert "负责人 王建国" in shown
        view = card.finding_views[0]
        figures = {f.objectName(): f.text() for f in view.findChildren(QLabel)}
        assert figures["expected"] == "47"
        assert figures["actual"] == "34"
        assert box.text() == ""
        assert not card.running

    play(scene, prepare=knows_jinan)


def test_a_number_key_answers_a_question_and_the_record_says_whose(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await said(stage.session, "查一下技能")
        card = stage.window.conversation.open_question()
        assert card is not None
        assert "没有听清地点「技能」" in texts(card)
        async with Expect(stage.session.bridge.run_finished) as ended:
            key(stage.window, Qt.Key.Key_1, down=True)
        record = ended.args[0].record
        assert record.origin is Origin.CHOSEN
        assert record.answers_run == card.run_id
        assert [f.call for f in record.findings] == [HEAD]
        assert card.question is None
        key(stage.window, Qt.Key.Key_2, down=True)
        assert stage.session.bridge.running == ()

    play(scene, prepare=asks)


def test_a_click_answers_but_enter_and_missing_numbers_do_not(play: Play) -> None:
    def prepare(desk: DeskForTests) -> None:
        asks(desk)
        question = WHICH_SITE.question
        assert question is not None
        two = replace(question, candidates=question.candidates[:2])
        desk.agent.readings["查一下技能"] = replace(WHICH_SITE, question=two)

    async def scene(stage: Stage) -> None:
        await said(stage.session, "查一下技能")
        card = stage.window.conversation.open_question()
        assert card is not None
        assert card.question is not None
        for code in (Qt.Key.Key_Return, Qt.Key.Key_3, Qt.Key.Key_4):
            key(card.question, code, down=True)
        key(stage.window, Qt.Key.Key_3, down=True)
        assert stage.session.bridge.running == ()
        assert len(stage.desk.journal.entries) == 1
        async with Expect(stage.session.bridge.run_finished) as ended:
            card.question.buttons[0].click()
        assert ended.args[0].record.findings[0].call == HEAD

    play(scene, prepare=prepare)


def test_escape_cancels_the_run_that_goes_on(play: Play) -> None:
    def prepare(desk: DeskForTests) -> None:
        knows_jinan(desk)
        desk.dispatcher.gate = asyncio.Event()

    async def scene(stage: Stage) -> None:
        async with Expect(stage.session.bridge.call_started):
            stage.session.submit_text(SPOKEN)
        card = stage.window.conversation.cards[0]
        assert "查询中" in texts(card)
        async with Expect(stage.session.bridge.run_cancelled):
            stage.window._escape()
        assert "已取消" in texts(card)
        assert "查询中" not in texts(card)
        assert stage.desk.journal.entries[0].record.outcome is Outcome.CANCELLED

    play(scene, prepare=prepare)


def test_a_typed_text_that_is_too_long_was_not_left_unheard(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with Expect(stage.session.bridge.run_failed):
            stage.session.submit_text("人" * 400)
        told = texts(stage.window.conversation.cards[0])
        assert "键入的内容未受理" in told
        assert "没有听到" not in told
        assert "最多300个字" in told

    play(scene)


def test_a_run_that_does_not_heed_its_token_is_cut_off(
    play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    def prepare(desk: DeskForTests) -> None:
        knows_jinan(desk)
        desk.dispatcher.gate = asyncio.Event()
        desk.dispatcher.deaf = True

    async def scene(stage: Stage) -> None:
        async with Expect(stage.session.bridge.call_started):
            stage.session.submit_text(SPOKEN)
        async with Expect(stage.session.bridge.run_broke):
            stage.window.conversation.cards[0]._cancel.click()
        assert "强行取消" in texts(stage.window.conversation.cards[0])
        assert stage.desk.journal.entries[0].record.outcome is Outcome.CANCELLED

    play(scene, prepare=prepare)
    caplog.clear()


def test_a_second_command_is_refused_while_the_first_is_read(play: Play) -> None:
    def prepare(desk: DeskForTests) -> None:
        knows_jinan(desk)
        desk.agent.gate = asyncio.Event()

    async def scene(stage: Stage) -> None:
        async with Expect(stage.session.bridge.heard):
            stage.session.submit_text(SPOKEN)
        async with Expect(stage.session.noticed) as notice:
            stage.window.bar.text.setText("第二条")
            stage.window.bar.text.returnPressed.emit()
        assert "上一条指令还在识别或理解" in notice.args[0]
        assert stage.window.bar.text.text() == "第二条"
        assert len(stage.session.bridge.running) == 1
        assert stage.desk.agent.gate is not None
        async with Expect(stage.session.bridge.run_finished):
            stage.desk.agent.gate.set()

    play(scene, prepare=prepare)


def test_a_second_command_runs_while_the_first_waits_for_backends(play: Play) -> None:
    def prepare(desk: DeskForTests) -> None:
        knows_jinan(desk)
        desk.dispatcher.gate = asyncio.Event()

    async def scene(stage: Stage) -> None:
        for _ in range(2):
            async with Expect(stage.session.bridge.call_started):
                stage.session.submit_text(SPOKEN)
        assert len(stage.session.bridge.running) == 2
        assert stage.desk.dispatcher.gate is not None
        async with Expect(stage.session.bridge.busy_changed, lambda busy: not busy):
            stage.desk.dispatcher.gate.set()
        assert len(stage.desk.journal.entries) == 2
        for card in stage.window.conversation.cards:
            assert "实到34人" in texts(card)

    play(scene, prepare=prepare)


def test_a_failure_names_cause_remedy_and_run(
    play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    def prepare(desk: DeskForTests) -> None:
        desk.agent.error = ZeroDivisionError("bug")

    async def scene(stage: Stage) -> None:
        await said(stage.session, SPOKEN)
        card = stage.window.conversation.cards[0]
        shown = texts(card)
        assert "程序内部故障 (ZeroDivisionError)" in shown
        assert "请重试" in shown
        assert f"运行编号 {card.run_id[:8]}" in shown

    play(scene, prepare=prepare)
    caplog.clear()


def test_no_number_is_shown_when_the_journal_is_full(play: Play) -> None:
    def prepare(desk: DeskForTests) -> None:
        # Numbers that no clock, duration or short run id on the card can show.
        counts = seen(expected=47_471, actual=34_341)
        desk.knows(SPOKEN, {Call(JINAN, Check.HEADCOUNT): counts})
        desk.journal.full = True

    async def scene(stage: Stage) -> None:
        await said(stage.session, SPOKEN)
        card = stage.window.conversation.cards[0]
        assert "没有写入日志：磁盘已满" in texts(card)
        shown = texts(card).replace(card.run_id[:8], "")
        assert "34341" not in shown
        assert "47471" not in shown
        assert card.finding_views == []

    play(scene, prepare=prepare)


def test_missing_data_is_no_number_and_says_why(play: Play) -> None:
    def prepare(desk: DeskForTests) -> None:
        late = lost(MissingReason.TIMEOUT, "相机系统没有答复")
        desk.knows(SPOKEN, {HEAD: replace(late, expected=47)})

    async def scene(stage: Stage) -> None:
        await said(stage.session, SPOKEN)
        view = stage.window.conversation.cards[0].finding_views[0]
        shown = texts(view)
        assert "数据缺失 (超时未答复: 相机系统没有答复)" in shown
        assert "47" not in shown
        assert view.findChild(QLabel, "actual") is None

    play(scene, prepare=prepare)


def test_twenty_findings_stand_worst_first_with_a_tally(play: Play) -> None:
    def prepare(desk: DeskForTests) -> None:
        answers = {}
        for number in range(20):
            call = Call(Site(id=f"m{number}", name=f"第{number}标段"), Check.HELMET)
            answers[call] = seen(actual=9, wearing=9 if number < 15 else 8)
        answers[Call(YANTAI, Check.HEADCOUNT)] = lost(MissingReason.STALE, "旧")
        desk.knows("全部", answers)

    async def scene(stage: Stage) -> None:
        await said(stage.session, "全部")
        card = stage.window.conversation.cards[0]
        await laid_out(card, SHOWN)
        order = [view.finding.severity for view in card.finding_views]
        assert order == (
            [Severity.ALARM] * 5 + [Severity.UNKNOWN] + [Severity.NORMAL] * (SHOWN - 6)
        )
        shown = texts(card)
        assert "共 21 项" in shown
        assert "告警 5" in shown
        assert "数据缺失 1" in shown

    play(scene, prepare=prepare)


def sweep_of(number: int, bare: int = 0) -> dict[Call, Observation]:
    """Helmet checks; the last `bare` sites have somebody without one."""
    calls = [
        Call(Site(id=f"m{n}", name=f"第{n}标段"), Check.HELMET) for n in range(number)
    ]
    return {
        call: seen(actual=9, wearing=9 if index < number - bare else 8)
        for index, call in enumerate(calls)
    }


def test_a_sweep_of_500_is_counted_and_only_the_worst_are_laid_out(play: Play) -> None:
    def prepare(desk: DeskForTests) -> None:
        answers = sweep_of(500, bare=3)
        answers[next(iter(answers))] = lost(MissingReason.STALE, "旧")
        desk.knows("全部", answers)

    async def scene(stage: Stage) -> None:
        counted: list[str] = []
        stage.session.bridge.observed.connect(
            lambda _: counted.append(texts(stage.window.conversation.cards[0]))
        )
        await said(stage.session, "全部")
        assert "已答复 1 / 500，数据缺失 1" in counted[0]
        assert "已答复 500 / 500，数据缺失 1" in counted[-1]
        card = stage.window.conversation.cards[0]
        shown = texts(card)
        assert "已答复 500" not in shown
        assert "共 500 项" in shown
        assert "告警 3" in shown
        await laid_out(card, SHOWN)
        assert len(card.finding_views) == SHOWN
        order = [view.finding.severity for view in card.finding_views]
        assert order[:4] == [Severity.ALARM] * 3 + [Severity.UNKNOWN]

    play(scene, prepare=prepare)


def test_the_rest_of_a_sweep_is_behind_a_button_and_opens_one_by_one(
    play: Play,
) -> None:
    def prepare(desk: DeskForTests) -> None:
        desk.knows("全部", sweep_of(500))

    async def scene(stage: Stage) -> None:
        await said(stage.session, "全部")
        card = stage.window.conversation.cards[0]
        await laid_out(card, SHOWN)
        whole = card.findChild(FindingList)
        assert isinstance(whole, FindingList)
        assert whole.more.text() == f"展开全部（另有 {500 - SHOWN} 项）"
        assert not whole.rest.isVisibleTo(card)
        whole.more.click()
        assert whole.rest.isVisibleTo(card)
        model = whole.rest.model()
        assert model.rowCount() == 500 - SHOWN
        last = model.index(model.rowCount() - 1, 0)
        assert "第499标段 · 安全检查　[安全检查] 实到9人" in last.data()
        for row in (last, model.index(0, 0)):
            whole.rest.clicked.emit(row)
            assert len(card.finding_views) == SHOWN + 1
            assert card.finding_views[-1].finding.call.site.name in row.data()

    play(scene, prepare=prepare)


def test_a_stopped_sweep_shows_what_was_answered_and_says_how_far_it_came(
    play: Play,
) -> None:
    def prepare(desk: DeskForTests) -> None:
        desk.knows("全部", sweep_of(500))

    async def scene(stage: Stage) -> None:
        def stop_at_137(event: events.Observed) -> None:
            if event.index == 136:
                # From here on the dispatcher waits, and somebody presses the button.
                stage.desk.dispatcher.gate = asyncio.Event()
                card = stage.window.conversation.cards[0]
                assert card._cancel.text() == "停止 (Esc)"
                card._cancel.click()

        stage.session.bridge.observed.connect(stop_at_137)
        async with Expect(stage.session.bridge.run_cancelled) as ended:
            await said(stage.session, "全部")
        record = ended.args[0].record
        assert record.outcome is Outcome.CANCELLED
        reasons = [f.observation.missing for f in record.findings]
        assert reasons.count(None) == 137
        shown = texts(stage.window.conversation.cards[0])
        assert "已取消：停止前已答复 137 / 500" in shown
        assert "数据缺失 363" in shown
        assert "正常 137" in shown
        assert stage.desk.journal.entries[0].record == record

    play(scene, prepare=prepare)


def test_as_many_calls_as_fit_are_still_shown_one_by_one(play: Play) -> None:
    def prepare(desk: DeskForTests) -> None:
        desk.knows("全部", sweep_of(CHIPS))
        desk.dispatcher.gate = asyncio.Event()

    async def scene(stage: Stage) -> None:
        async with Expect(
            stage.session.bridge.call_started, lambda e: e.index == CHIPS - 1
        ):
            stage.session.submit_text("全部")
        shown = texts(stage.window.conversation.cards[0])
        assert shown.count("查询中…") == CHIPS
        assert "已答复 0" not in shown
        assert stage.desk.dispatcher.gate is not None
        async with Expect(stage.session.bridge.run_finished):
            stage.desk.dispatcher.gate.set()

    play(scene, prepare=prepare)


def test_two_readings_that_differ_are_both_shown(play: Play) -> None:
    def prepare(desk: DeskForTests) -> None:
        knows_jinan(desk)
        desk.recognizer.lexicon_text = "查一下济宁工地的人数"

    async def scene(stage: Stage) -> None:
        async with Expect(stage.session.talk.take_ready):
            stage.session.press_talk()
        async with Expect(stage.session.bridge.run_finished):
            stage.session.release_talk()
        shown = texts(stage.window.conversation.cards[0])
        assert f"自由识别「{SPOKEN}」" in shown
        assert "词表识别「查一下济宁工地的人数」" in shown

    play(scene, prepare=prepare)


def test_speech_that_looks_like_markup_is_shown_as_it_is(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await said(stage.session, "<b>合闸</b>#人数\\*")
        card = stage.window.conversation.cards[0]
        assert "<b>合闸</b>#人数\\*" in texts(card)
        for label in card.findChildren(QLabel):
            assert label.textFormat() is Qt.TextFormat.PlainText

    play(scene)


def test_a_desk_that_breaks_ends_its_card_with_a_sentence(
    play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    def prepare(desk: DeskForTests) -> None:
        async def broken(
            request: RunRequest,
        ) -> AsyncGenerator[events.RunEvent, None]:
            yield events.RunStarted(run_id=request.run_id)
            raise OSError("gone")

        desk.run = broken  # type: ignore[method-assign]

    async def scene(stage: Stage) -> None:
        await said(stage.session, SPOKEN)
        card = stage.window.conversation.cards[0]
        assert "程序内部故障（OSError）" in texts(card)
        assert card.run_id[:8] in texts(card)
        assert not card.running
        assert stage.session.bridge.accepts

    play(scene, prepare=prepare)
    caplog.clear()


def test_old_cards_leave_and_the_newest_stay(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.desktop.conversation.KEPT", 2)

    async def scene(stage: Stage) -> None:
        for _ in range(5):
            await said(stage.session, SPOKEN)
        assert len(stage.window.conversation.cards) <= 3

    play(scene, prepare=knows_jinan)


def _record(run_id: str, outcome: Outcome) -> RunRecord:
    now = datetime.now(UTC)
    return RunRecord(
        run_id=run_id,
        started_at=now,
        finished_at=now,
        operator="李明",
        workstation="3",
        origin=Origin.TYPED,
        outcome=outcome,
    )


def _every_event(
    run_id: str,
) -> dict[type[events.RunEvent], tuple[events.RunEvent, str]]:
    """Give an event of every class and what must be read on the card then."""
    fault = Fault(code="x", message="原因甲", remedy="办法乙")
    finding = finding_of(Call(LONG, Check.HEADCOUNT), seen(expected=3, actual=3))
    question = WHICH_SITE.question
    assert question is not None
    done = _record(run_id, Outcome.ANSWERED)
    shown: list[tuple[events.RunEvent, str]] = [
        (events.RunStarted(run_id=run_id), "正在听"),
        (events.PartialHeard(run_id=run_id, text="查"), "正在听"),
        (
            events.Heard(
                run_id=run_id, utterance=Utterance(text="原话丙", origin=Origin.TYPED)
            ),
            "原话丙",
        ),
        (events.Understood(run_id=run_id, understanding=inspect(HEAD)), "济南工地"),
        (events.CallStarted(run_id=run_id, index=0, call=HEAD), "查询中"),
        (
            events.Observed(
                run_id=run_id, index=0, call=HEAD, latency_ms=12, missing=None
            ),
            "已答复 12 毫秒",
        ),
        (events.Asked(run_id=run_id, question=question), "您要查的是哪一个"),
        (events.Declined(run_id=run_id, sentence="不受理丁"), "不受理丁"),
        (events.Summarised(run_id=run_id, index=0, finding=finding), ""),
        (events.RunFinished(run_id=run_id, record=done), "应到3人, 实到3人"),
        (events.RunFailed(run_id=run_id, record=done, fault=fault), "原因甲"),
        (events.RunCancelled(run_id=run_id, record=done), "已取消"),
    ]
    return {type(event): (event, text) for event, text in shown}


def test_every_event_is_rendered(clean_qt: QApplication) -> None:
    table = _every_event("a" * 32)
    leaves = {
        kind
        for kind in vars(events).values()
        if isinstance(kind, type)
        and issubclass(kind, events.RunEvent)
        and not kind.__subclasses__()
    }
    assert set(table) == leaves
    assert {name for name in vars(RunBridge) if name in _signal_names(leaves)} == (
        _signal_names(leaves)
    )
    for event, text in table.values():
        card = RunCard(Look(), "a" * 32)
        if isinstance(event, events.Observed):
            card.show_event(table[events.CallStarted][0])
        if isinstance(event, events.RunFinished):
            card.show_event(table[events.Summarised][0])
        card.show_event(event)
        assert text in texts(card), type(event).__name__
        card._ticker.stop()
        card.deleteLater()


def _signal_names(kinds: set[type[events.RunEvent]]) -> set[str]:
    names = set()
    for kind in kinds:
        name = "".join(f"_{c.lower()}" if c.isupper() else c for c in kind.__name__)
        names.add(name.removeprefix("_"))
    return names
