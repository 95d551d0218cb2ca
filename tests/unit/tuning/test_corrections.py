"""What operators corrected becomes phrases, and never a wrong label."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.compose import House
from app.core.entries import Correction, Decision
from app.core.model import (
    Call,
    Candidate,
    Check,
    Intent,
    Mention,
    Origin,
    Outcome,
    Question,
    QuestionKind,
    RunRecord,
    Site,
    Source,
    Understanding,
    Utterance,
)
from app.tuning.data.corrections import (
    SOON,
    Reviewed,
    approved_corrections,
    corrections,
)
from app.tuning.data.sources import Phrase
from tests.unit.journal.records import START

JINAN = Site(id="1", name="济南", aliases=("济南市",))
LINYI = Site(id="2", name="临邑")
LINSHU = Site(id="3", name="临沂")


def run(number: int, text: str, **changes: Any) -> RunRecord:
    at = START + timedelta(seconds=20 * number)
    values: dict[str, Any] = {
        "run_id": f"{number:032x}",
        "started_at": at,
        "finished_at": at + timedelta(seconds=2),
        "operator": "李明",
        "workstation": "一号席",
        "origin": Origin.MICROPHONE,
        "outcome": Outcome.ASKED,
        "utterance": Utterance(text=text, origin=Origin.MICROPHONE),
    }
    return RunRecord(**{**values, **changes})


def asked(number: int, text: str, kind: QuestionKind, *mentions: Mention) -> RunRecord:
    question = Question(
        kind=kind, sentence="?", candidates=(Candidate(label="", calls=()),)
    )
    understanding = Understanding(
        intent=Intent.INSPECT, mentions=mentions, question=question
    )
    return run(number, text, understanding=understanding)


def chosen(number: int, before: RunRecord, *calls: Call) -> RunRecord:
    return run(
        number,
        "选定",
        origin=Origin.CHOSEN,
        outcome=Outcome.ANSWERED,
        answers_run=before.run_id,
        understanding=Understanding(
            intent=Intent.INSPECT, calls=calls, source=Source.OPERATOR
        ),
    )


def typed(number: int, text: str, place: str, call: Call) -> RunRecord:
    mention = Mention(
        place=call.site.name, site=call.site, check=call.check, heard_place=place
    )
    return run(
        number,
        text,
        origin=Origin.TYPED,
        outcome=Outcome.ANSWERED,
        understanding=Understanding(
            intent=Intent.INSPECT, mentions=(mention,), calls=(call,)
        ),
    )


def heard(place: str, check: Check | None) -> Mention:
    return Mention(place=place, heard_place=place, check=check)


HEADS = Check.HEADCOUNT


def test_an_answered_question_says_what_the_words_meant() -> None:
    first = asked(1, "查一下林邑的人树", QuestionKind.WHICH_SITE, heard("林邑", HEADS))
    found = corrections([first, chosen(2, first, Call(LINYI, HEADS))])
    (phrase,) = found.phrases
    assert phrase == Phrase(
        ("查一下", 1, "的人树"),
        Intent.INSPECT,
        ((1, HEADS),),
        ("林邑",),
        source="journal",
        heard=True,
    )
    assert (found.chosen, found.edited, found.left_out) == (1, 0, {})


def test_a_name_of_the_site_in_the_words_is_its_place() -> None:
    first = asked(1, "济南市跟临沂差几个人", QuestionKind.CONFIRM)
    calls = Call(JINAN, HEADS), Call(LINSHU, HEADS)
    (phrase,) = corrections([first, chosen(2, first, *calls)]).phrases
    assert phrase.key == "<1>跟<2>差几个人"
    assert phrase.places == ("济南市", "临沂")


@pytest.mark.parametrize(
    ("text", "kind", "mention", "call"),
    [
        ("看看济南", QuestionKind.WHICH_CHECK, heard("济南", None), Call(JINAN, HEADS)),
        ("有几个人", QuestionKind.WHICH_SITE, heard("", HEADS), Call(LINYI, HEADS)),
        (
            "林邑的帽子",
            QuestionKind.CONFIRM,
            heard("林邑", Check.HELMET),
            Call(LINYI, HEADS),
        ),
    ],
)
def test_what_was_chosen_but_not_said_is_not_learnt(
    text: str, kind: QuestionKind, mention: Mention, call: Call
) -> None:
    first = asked(1, text, kind, mention)
    found = corrections([first, chosen(2, first, call)])
    assert not found.phrases
    assert sum(found.left_out.values()) == found.chosen == 1


def answered(number: int, text: str, before: RunRecord, *calls: Call) -> RunRecord:
    """Give a run that answers the question of another in words."""
    return run(
        number,
        text,
        origin=Origin.TYPED,
        outcome=Outcome.ANSWERED if calls else Outcome.DECLINED,
        answers_run=before.run_id,
        understanding=Understanding(
            intent=Intent.INSPECT,
            calls=calls,
            reply="" if calls else "好的, 没有查询。",
            source=Source.OPERATOR,
            continues=before.run_id,
        ),
    )


def leaning(record: RunRecord, on: RunRecord) -> RunRecord:
    """Give the run as one that took something over from another."""
    assert record.understanding is not None
    understanding = replace(record.understanding, continues=on.run_id)
    return replace(record, understanding=understanding)


def test_an_answer_in_words_says_what_the_words_before_meant_and_not_its_own() -> None:
    first = asked(1, "查一下林邑的人树", QuestionKind.WHICH_SITE, heard("林邑", HEADS))
    found = corrections([first, answered(2, "第二个", first, Call(LINYI, HEADS))])
    (phrase,) = found.phrases
    assert phrase.key == "查一下<1>的人树"
    assert (found.chosen, found.edited, found.left_out) == (1, 0, {})


def test_a_question_that_was_asked_again_is_still_about_the_first_words() -> None:
    first = asked(1, "查一下林邑的人树", QuestionKind.WHICH_SITE, heard("林邑", HEADS))
    again = asked(2, "没听清", QuestionKind.WHICH_SITE, heard("林邑", HEADS))
    again = replace(leaning(again, first), answers_run=first.run_id)
    last = answered(3, "第一个", again, Call(LINYI, HEADS))
    (phrase,) = corrections([first, again, last]).phrases
    assert phrase.key == "查一下<1>的人树"


def test_who_gives_up_a_question_teaches_nothing() -> None:
    first = asked(1, "查一下林邑的人树", QuestionKind.WHICH_SITE, heard("林邑", HEADS))
    found = corrections([first, answered(2, "算了", first)])
    assert (found.phrases, found.chosen, found.edited) == ((), 0, 0)


def test_words_that_lean_on_others_are_not_learnt() -> None:
    """那林邑呢 has no check in it, whatever was chosen, or said next."""
    before = typed(1, "查一下济南的人数", "济南", Call(JINAN, HEADS))
    question = asked(2, "那林邑呢", QuestionKind.WHICH_SITE, heard("林邑", HEADS))
    question = leaning(question, before)
    for last in (
        chosen(3, question, Call(LINYI, HEADS)),
        answered(3, "第一个", question, Call(LINYI, HEADS)),
    ):
        found = corrections([before, question, last])
        assert found.phrases == ()
        assert sum(found.left_out.values()) == found.chosen == 1
    follow = leaning(typed(2, "那临邑呢", "临邑", Call(LINYI, HEADS)), before)
    other = leaning(typed(3, "那临沂呢", "临沂", Call(LINSHU, HEADS)), follow)
    assert corrections([before, follow, other]).edited == 0
    whole = typed(3, "那临沂人呢", "临沂", Call(LINSHU, HEADS))
    assert corrections([before, follow, whole]).edited == 0


def test_changed_words_say_what_was_heard_wrong() -> None:
    first = run(1, "茶一下济男工地的人树", outcome=Outcome.DECLINED)
    again = typed(2, "查一下济南工地的人数", "济南", Call(JINAN, HEADS))
    found = corrections([first, again])
    (phrase,) = found.phrases
    assert phrase.key == "茶一下<1>工地的人树"
    assert phrase.places == ("济男",)
    assert found.edited == 1


def test_a_run_that_names_whose_words_were_changed_need_not_come_soon_or_next() -> None:
    first = run(1, "茶一下济男工地的人树", outcome=Outcome.DECLINED)
    between = run(2, "你好", outcome=Outcome.GREETED)
    late = replace(
        typed(3, "查一下济南工地的人数", "济南", Call(JINAN, HEADS)),
        started_at=START + timedelta(hours=2),
    )
    assert corrections([first, between, late]).edited == 0
    found = corrections([first, between, replace(late, edits_run=first.run_id)])
    (phrase,) = found.phrases
    assert phrase.key == "茶一下<1>工地的人树"
    assert found.edited == 1


@pytest.mark.parametrize(
    "second",
    [
        replace(
            typed(2, "查一下济南工地的人数", "济南", Call(JINAN, HEADS)),
            started_at=START + timedelta(seconds=22) + SOON + timedelta(seconds=1),
        ),
        typed(2, "青岛那里戴没戴帽子", "青岛", Call(JINAN, HEADS)),
        replace(
            typed(2, "查一下济南工地的人数", "济南", Call(JINAN, HEADS)),
            workstation="二号席",
        ),
        replace(
            typed(2, "查一下济南工地的人数", "济南", Call(JINAN, HEADS)),
            outcome=Outcome.ASKED,
        ),
    ],
)
def test_another_command_is_no_correction(second: RunRecord) -> None:
    first = run(1, "茶一下济男工地的人树", outcome=Outcome.DECLINED)
    assert corrections([first, second]).edited == 0


def test_another_check_of_the_same_site_is_no_correction() -> None:
    """The words name a check of their own: they must not be learnt as another's."""
    first = typed(1, "帮我查一下济南工地今天的人数", "济南", Call(JINAN, HEADS))
    wanted = Call(JINAN, Check.EQUIPMENT)
    again = typed(2, "帮我查一下济南工地今天的设备", "济南", wanted)
    found = corrections([first, again])
    assert (found.phrases, found.left_out) == ((), {"原话说的是另一项检查": 1})
    caps = asked(1, "济南的帽子", QuestionKind.CONFIRM, heard("济南", Check.HELMET))
    found = corrections([caps, chosen(2, caps, Call(JINAN, HEADS))])
    assert (found.phrases, found.left_out) == ((), {"原话说的是另一项检查": 1})


@pytest.mark.parametrize(
    ("heard_as", "changed"),
    [
        ("查一下工地的人数", "查一下济南工地的人数"),
        # The check is not in the words, though the place is.
        ("济南工地天气好吗", "济南工地的人数"),
    ],
)
def test_what_can_no_longer_be_heard_is_not_learnt(heard_as: str, changed: str) -> None:
    first = run(1, heard_as, outcome=Outcome.ASKED)
    again = typed(2, changed, "济南", Call(JINAN, HEADS))
    found = corrections([first, again])
    assert (found.edited, found.phrases) == (1, ())


def test_corrections_come_from_the_log_and_bring_nothing_else_along(
    own_home: Path, tmp_path: Path
) -> None:
    first = asked(1, "查一下林邑的人树", QuestionKind.WHICH_SITE, heard("林邑", HEADS))
    records = [first, chosen(2, first, Call(LINYI, HEADS)), run(3, "悄悄话")]
    with House() as house:
        for record in records:
            asyncio.run(house.journal.append(record))
    phrases = tmp_path / "mine.csv"
    line = "瞅瞅{place}来了几号人,,{place}:人数\n"
    phrases.write_text(f"text,intent,calls\n{line}", encoding="utf-8")
    done = CliRunner().invoke(
        app,
        [
            "tune", "data", str(tmp_path / "out"), "--rows", "60", "--dev", "20",
            "--test", "20", "--corrections", "--phrases", str(phrases), "--desk-places",
            "--json",
        ],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert sum(report["sources"]["journal"].values()) >= 1
    assert sum(report["sources"]["csv"].values()) >= 1
    assert "1 次选定" in done.stderr
    files = "".join(p.read_text(encoding="utf-8") for p in (tmp_path / "out").iterdir())
    assert "的人树" in files
    for private in ("悄悄话", "李明", "一号席", first.run_id, "选定"):
        assert private not in files.replace("选定", "")


def corrected(
    record: RunRecord, text: str, *calls: Call, approved: bool | None = True
) -> Reviewed:
    said = Correction(
        run_id=record.run_id,
        at=START,
        by="李明",
        workstation="一号席",
        text=text,
        calls=calls,
    )
    decision = None
    if approved is not None:
        decision = Decision(
            correction_id=said.entry_id,
            at=START,
            by="王芳",
            workstation="二号席",
            approved=approved,
        )
    return Reviewed(record=record, correction=said, decision=decision)


def test_an_approved_correction_says_what_the_words_really_were_and_meant() -> None:
    record = run(1, "茶一下济男工地的人树")
    call = Call(JINAN, HEADS)
    found = approved_corrections([corrected(record, "查一下济南工地的人数", call)])
    (phrase,) = found.phrases
    assert (phrase.key, phrase.places) == ("查一下<1>工地的人数", ("济南",))
    assert (found.approved, found.left_out) == (1, {})


def test_a_correction_of_the_calls_alone_is_about_the_words_as_heard() -> None:
    """The place was heard rightly, the check was not understood."""
    record = typed(1, "济南工地来了多少人", "济南", Call(JINAN, Check.HELMET))
    found = approved_corrections([corrected(record, "", Call(JINAN, HEADS))])
    (phrase,) = found.phrases
    assert (phrase.key, phrase.calls) == ("<1>工地来了多少人", ((1, HEADS),))


def test_a_correction_of_the_words_alone_keeps_what_was_asked() -> None:
    record = typed(1, "查一下几南的人数", "几南", Call(JINAN, HEADS))
    found = approved_corrections([corrected(record, "查一下济南的人数")])
    (phrase,) = found.phrases
    assert (phrase.key, phrase.places) == ("查一下<1>的人数", ("济南",))


def test_nothing_is_learnt_from_what_nobody_approved() -> None:
    record = run(1, "茶一下济男工地的人树")
    told = [
        corrected(record, "查一下济南工地的人数", Call(JINAN, HEADS), approved=answer)
        for answer in (None, False)
    ]
    found = approved_corrections(told)
    assert (found.phrases, found.approved) == ((), 0)
    assert (found.waiting, found.rejected) == (1, 1)


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("查一下那边的人数", (Call(JINAN, HEADS),)),
        ("济南工地的帽子", (Call(JINAN, HEADS),)),
        ("查一下济南的人数", ()),
    ],
)
def test_an_approved_correction_without_a_sure_label_is_counted_and_left_out(
    text: str, calls: tuple[Call, ...]
) -> None:
    found = approved_corrections([corrected(run(1, "听不清"), text, *calls)])
    assert (found.phrases, found.approved) == ((), 1)
    assert sum(found.left_out.values()) == 1


def test_words_that_lean_on_others_are_not_learnt_from_a_correction_either() -> None:
    before = typed(1, "查一下济南的人数", "济南", Call(JINAN, HEADS))
    follow = leaning(typed(2, "那临邑呢", "临邑", Call(LINYI, HEADS)), before)
    found = approved_corrections([corrected(follow, "", Call(LINYI, HEADS))])
    assert (found.phrases, found.approved) == ((), 1)


def test_of_two_corrections_of_the_same_words_the_later_one_counts() -> None:
    record = run(1, "看看那边")
    words = "看看临邑怎么样"
    told = [
        corrected(record, words, Call(LINYI, check)) for check in (HEADS, Check.HELMET)
    ]
    (phrase,) = approved_corrections(told).phrases
    assert phrase.calls == ((1, Check.HELMET),)
