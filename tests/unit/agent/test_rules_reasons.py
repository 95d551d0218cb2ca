"""What a reading rests on: which words of the transcript were taken for what."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.agent.reading import Reading
from app.agent.rules import RuleReader
from app.core.explanation import Reason, ReasonKind
from app.sites.directory import Directory
from tests.unit.agent.sentences import directory
from tests.unit.agent.test_sweeps import SITES, TODAY

PLACE, CHECK, REPAIR = ReasonKind.PLACE, ReasonKind.CHECK, ReasonKind.REPAIR
_READER = RuleReader(directory())


def told(reading: Reading) -> list[tuple[ReasonKind, str, int | None, str]]:
    return [(r.kind, r.words, r.start, r.meaning) for r in reading.reasons]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "查一下济南的人数",
            [(PLACE, "济南", 3, "工地 济南"), (CHECK, "人数", 6, "人数检测")],
        ),
        (
            "嗯 那个,查一下濟南的人數!",
            [(PLACE, "濟南", 8, "工地 济南"), (CHECK, "人數", 11, "人数检测")],
        ),
        (
            "查济男的安全帽",
            [
                (REPAIR, "济男", 1, "「济男」按读音理解为「济南」"),
                (CHECK, "安全帽", 4, "安全检查"),
            ],
        ),
        (
            "3号变电站,历变的电笔",
            [
                (PLACE, "3号变电站", 0, "工地 3号变电站"),
                (PLACE, "历变", 6, "工地 历城变电站"),
                (CHECK, "电笔", 9, "设备检查"),
            ],
        ),
        (
            "昨天济南的人数",
            [
                (PLACE, "济南", 2, "工地 济南"),
                (CHECK, "人数", 5, "人数检测"),
                (
                    ReasonKind.DOUBT,
                    "昨天",
                    0,
                    "只能查现在的情况, 「昨天」的结果请在巡检日志里看",
                ),
            ],
        ),
        (
            "火星工地呢",
            [(PLACE, "火星", 0, "工地 不能确定: 佛山、和平区")],
        ),
    ],
)
def test_each_reason_names_its_words_where_they_stand(
    text: str, wanted: list[tuple[ReasonKind, str, int | None, str]]
) -> None:
    assert told(_READER.read(text)) == wanted


def test_all_sites_and_what_is_left_out_are_told() -> None:
    reader = RuleReader(Directory(SITES), today=lambda: TODAY)
    assert told(reader.read("济南所有工地的人数,历城不用查")) == [
        (PLACE, "历城", 10, "工地 历城, 不查"),
        (PLACE, "济南所有工地", 0, "济南除历城以外的全部 2 个工地"),
        (CHECK, "人数", 7, "人数检测"),
    ]


def test_a_refusal_names_the_words_that_it_rests_on() -> None:
    (reason,) = _READER.read("请把济南的闸拉了").reasons
    assert (reason.kind, reason.words, reason.start) == (
        ReasonKind.REFUSAL,
        "把济南的闸",
        1,
    )


def test_the_notes_are_taken_from_the_reasons() -> None:
    reading = _READER.read("昨天济男的人数")
    assert reading.notes == (
        "「济男」按读音理解为「济南」",
        "只能查现在的情况, 「昨天」的结果请在巡检日志里看",
    )
    assert set(reading.notes) < {reason.meaning for reason in reading.reasons}
    assert _READER.read("济南的人数").notes == ()


def _stands(reason: Reason, text: str) -> bool:
    if reason.start is None:
        return not reason.words
    return text.startswith(reason.words, reason.start) and bool(reason.words)


_PIECES = (
    *("查一下", "济南", "青島", "历变", "所有工地", "除了", "不用查", "的人数"),
    *("安全帽", "電笔", "昨天", "不对", "，", " ", "嗯", "那个", "#", "👷"),
    *("济男", "１１０ｋＶ", "ﬁ", "\u200b", "e\u0301"),
)


@settings(max_examples=200)
@given(st.one_of(st.lists(st.sampled_from(_PIECES)).map("".join), st.text()))
def test_the_words_of_every_reason_stand_in_the_transcript(text: str) -> None:
    assert all(_stands(reason, text) for reason in _SWEPT.read(text).reasons)


_SWEPT = RuleReader(
    Directory([*SITES, *directory().sites()[14:]]), today=lambda: date(2026, 11, 21)
)
