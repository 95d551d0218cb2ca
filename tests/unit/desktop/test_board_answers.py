"""Which of two answers to a check is the newer one."""

from dataclasses import replace
from datetime import timedelta

from app.core.standing import Standing
from app.desktop.board.answers import Answers
from app.desktop.board.plans import key
from tests.unit.journal.records import record


def test_a_run_counts_as_ended_before_its_answers_are_on_the_board() -> None:
    answers, run = Answers(), record(1)
    (finding,) = run.findings
    pieces = answers.end(run.run_id, run)
    # The journal is read while thousands are still being put on the board.
    turn = answers.turn
    assert list(pieces) == [{key(finding.call)}]
    newer = Standing(
        seq=2,
        run_id="of another desk",
        answered_at=run.finished_at + timedelta(minutes=1),
        finding=replace(finding, summary="newer"),
    )
    answers.take([newer], turn)
    shown = answers.answer(key(finding.call))
    assert shown is not None
    assert shown.finding.summary == "newer"
