"""Figures from answers that were made by hand: counts, intervals, weights."""

import pytest

from app.agent.prompts import (
    GREETING_SPLIT_ANSWER,
    UNSUPPORTED_ANSWER,
    Pair,
    parse_split_answer,
    split_answer,
    split_prompt,
)
from app.core.model import Check, Intent
from app.tuning.measuring.questions import Question, Wanted
from app.tuning.measuring.scores import (
    Confused,
    Figures,
    Line,
    Score,
    figures,
    mark,
    mark_reading,
    weigh,
    wilson,
)

A: Pair = ("历城", Check.HEADCOUNT)
B: Pair = ("章丘", Check.HELMET)
NO_PLACE: Pair = (None, Check.HEADCOUNT)
NO_CHECK: Pair = ("历城", None)
UNCLEAR: Pair = (None, None)


def asked(
    kind: str, answer: str, speech: str = "历城章丘查一下", said: str = ""
) -> Question:
    reading = parse_split_answer(answer)
    return Question(
        group="clean",
        kind=kind,
        prompt=split_prompt(speech),
        answer=answer,
        speech=speech,
        wanted=Wanted(intent=reading.intent, calls=frozenset(reading.pairs)),
        said=said,
    )


def of(rows: list[tuple[str, str, str]], **weights: float) -> Figures:
    return figures(
        "clean", [mark(asked(kind, label), text) for kind, label, text in rows], weights
    )


def scores(lines: tuple[Line, ...]) -> dict[str, tuple[int, int]]:
    return {line.name: (line.score.right, line.score.total) for line in lines}


def test_the_order_of_calls_says_nothing() -> None:
    question = asked("inspect", split_answer([A, B]))
    assert mark(question, split_answer([B, A])).right
    assert not mark(question, split_answer([A])).right
    assert not mark(question, split_answer([A, ("章丘", Check.EQUIPMENT)])).right
    assert not mark(question, split_answer([A, ("章丘区", Check.HELMET)])).right


def test_text_outside_the_language_is_wrong_and_has_no_reading() -> None:
    marked = mark(asked("inspect", split_answer([A])), "历城有几个人")
    assert not marked.right
    assert marked.reading is None


def test_without_calls_only_the_intent_counts() -> None:
    question = Question(
        group="t",
        kind="no_place",
        prompt=split_prompt("几个人"),
        speech="几个人",
        wanted=Wanted(intent=Intent.NO_PLACE),
    )
    assert mark(question, split_answer([NO_PLACE])).right
    assert not mark(question, split_answer([UNCLEAR])).right


def test_a_reading_that_is_no_text_is_marked_alike() -> None:
    question = asked("inspect", split_answer([A, B]))
    right = mark_reading(question, parse_split_answer(split_answer([B, A])))
    assert right.right
    assert "章丘/helmet" in right.text


def test_a_summary_must_be_the_same_text() -> None:
    question = Question(
        group="clean", kind="helmet", prompt="p", answer="[安全检查] 甲"
    )
    assert mark(question, "[安全检查] 甲").right
    assert not mark(question, "[安全检查] 乙").right
    found = figures("clean", [mark(question, "[安全检查] 甲")], {})
    assert found.everything == Score(1, 1)
    assert found.all_calls == Score(0, 0)


def test_figures_by_kind_intent_check_and_number_of_calls() -> None:
    both = split_answer([A, B])
    found = of(
        [
            ("inspect", split_answer([A]), split_answer([A])),
            ("inspect", both, both),
            ("inspect", both, split_answer([A])),
            ("brief", split_answer([B]), split_answer([B])),
            ("no_check", split_answer([NO_CHECK]), split_answer([NO_CHECK])),
        ]
    )
    assert scores(found.kinds) == {
        "inspect": (2, 3),
        "brief": (1, 1),
        "no_check": (1, 1),
    }
    assert scores(found.intents) == {"inspect": (3, 4), "no_check": (1, 1)}
    assert scores(found.checks) == {"headcount": (2, 3), "helmet": (2, 3)}
    assert scores(found.calls) == {"1": (2, 2), "2": (1, 2)}
    assert found.all_calls == Score(4, 5)


def test_many_calls_are_counted_together() -> None:
    many = [(f"历城{n}", Check.HELMET) for n in "一二三四五"]
    text = split_answer(many)
    assert scores(of([("inspect", text, text)]).calls) == {"4+": (1, 1)}


def test_refusals_right_and_wrong() -> None:
    one = split_answer([A])
    found = of(
        [
            ("unsupported", UNSUPPORTED_ANSWER, UNSUPPORTED_ANSWER),
            ("unsupported", UNSUPPORTED_ANSWER, one),
            ("unsupported", UNSUPPORTED_ANSWER, split_answer([UNCLEAR])),
            ("inspect", one, UNSUPPORTED_ANSWER),
            ("greeting", GREETING_SPLIT_ANSWER, GREETING_SPLIT_ANSWER),
        ]
    )
    assert found.refused == Score(1, 3)
    assert found.acted_outside == Score(1, 3)
    assert found.wrongly_refused == Score(1, 2)


def test_silently_wrong_is_other_calls_where_calls_or_a_question_were_right() -> None:
    one, other = split_answer([A]), split_answer([B])
    found = of(
        [
            ("inspect", one, other),
            ("inspect", one, one),
            ("no_place", split_answer([NO_PLACE]), one),
            ("unclear", split_answer([UNCLEAR]), split_answer([UNCLEAR])),
            # Another question than the right one is asked aloud, hence not silent.
            ("no_check", split_answer([NO_CHECK]), split_answer([NO_PLACE])),
            # Out of scope is counted by `acted_outside`.
            ("unsupported", UNSUPPORTED_ANSWER, one),
            ("greeting", GREETING_SPLIT_ANSWER, one),
        ]
    )
    assert found.silently_wrong == Score(3, 6)


def test_questions_instead_of_answers() -> None:
    one = split_answer([A])
    found = of(
        [
            ("inspect", one, split_answer([NO_CHECK])),
            ("inspect", one, split_answer([UNCLEAR])),
            ("inspect", one, UNSUPPORTED_ANSWER),
            ("inspect", one, one),
            ("no_check", split_answer([NO_CHECK]), split_answer([NO_CHECK])),
        ]
    )
    assert found.asked_instead == Score(2, 4)


def test_confusion_counts_text_that_is_no_answer() -> None:
    one = split_answer([A])
    found = of([("inspect", one, one), ("inspect", one, "嗯"), ("inspect", one, "啊")])
    assert found.confusion == (
        Confused("inspect", "inspect", 1),
        Confused("inspect", "none", 2),
    )


def test_weights_follow_the_kinds_and_not_the_rows() -> None:
    one = split_answer([A])
    rows = [("inspect", one, one)] * 9 + [("no_check", one, "嗯")]
    found = of(rows, inspect=50.0, no_check=50.0)
    assert found.all_calls.share == pytest.approx(0.9)
    assert found.weighted_calls.share == pytest.approx(0.5)
    # Nine rows count like one: less is known than ten equal draws would tell.
    assert found.weighted_calls.draws == pytest.approx(1 / (0.25 / 9 + 0.25))


def test_a_weighted_share_of_one_kind_is_its_share() -> None:
    found = weigh([Line("inspect", Score(3, 4))], {"inspect": 7.0})
    assert found.share == 0.75
    assert found.draws == pytest.approx(4)
    assert found.interval == pytest.approx(Score(3, 4).interval)
    assert weigh([], {}).interval == (0.0, 1.0)


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    [
        (0, 0, 0.0, 1.0),
        (0, 10, 0.0, 0.2775),
        (50, 100, 0.4038, 0.5962),
        (81, 263, 0.2553, 0.3662),
        (100, 100, 0.9630, 1.0),
    ],
)
def test_wilson_intervals(right: int, total: int, low: float, high: float) -> None:
    assert Score(right, total).interval == pytest.approx((low, high), abs=1e-4)
    assert wilson(right / total if total else 0, total) == Score(right, total).interval


def test_the_error_rate_is_measured_against_what_was_said() -> None:
    one = split_answer([A])
    rows = [
        mark(asked("inspect", one, speech="历城几个人", said="历城几个仁"), one),
        mark(asked("inspect", one, speech="历城几个", said="历城几个人"), one),
    ]
    assert figures("cer 10 %", rows, {}).cer == pytest.approx(2 / 10)
    assert of([("inspect", one, one)]).cer is None


def test_places_out_of_reach_are_counted() -> None:
    one = split_answer([A])
    rows = [mark(asked("inspect", one, speech="立成几个人"), one)]
    assert figures("t", rows, {}).out_of_reach == 1
