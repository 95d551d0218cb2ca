"""What is printed: read back from the pages, with every strange name as it is."""

import asyncio
import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pypdfium2
import pytest
from pypdf import PdfReader

from app.core.entries import EventKind, Step
from app.core.errors import MissingError
from app.core.model import Check
from app.core.observation import MissingReason
from app.core.ports import JournalQuery
from app.journal.store import SqliteJournal
from app.reports import fonts
from app.reports.service import JournalReports
from app.system.libraries import OWN_FONTS
from tests.fakes import HeldClock
from tests.unit.reports.conftest import SHIFT
from tests.unit.reports.told import (
    ALL,
    END,
    JINAN,
    WANG,
    at,
    event,
    found,
    reports_of,
    run,
    silent,
    step,
)

BLANKS = re.compile(r"\s+")
BARE = {"actual": 3, "wearing": 1}
NAMES = (
    "<b>粗</b>",
    "&lt;&amp;&#60;",
    '<img src="http://x/y.png"/>',
    "<para><font size=99>",
    "]]><!--",
    "\u202e反\u202c😀",
    "长" * 600,
    "一\n二\t三\u2028四",
)


def words_of(file: Path) -> str:
    pages = PdfReader(file).pages
    return BLANKS.sub("", "".join(page.extract_text() for page in pages))


def squeezed(words: str) -> str:
    return BLANKS.sub("", words)


@pytest.fixture(scope="module")
def shift_pdf(
    reports: JournalReports, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    file = tmp_path_factory.mktemp("pdf") / "shift.pdf"
    asyncio.run(reports.shift(file, SHIFT, WANG))
    return file


@pytest.fixture(scope="module")
def month_pdf(
    reports: JournalReports, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    file = tmp_path_factory.mktemp("pdf") / "month.pdf"
    asyncio.run(reports.month(file, date(2026, 11, 1), WANG))
    return file


def test_a_shift_report_says_everything_that_is_handed_over(shift_pdf: Path) -> None:
    told = words_of(shift_pdf)
    for part in (
        "交接班报告",
        "2026-11-21 08:00:00 至 2026-11-21 20:00:00 (北京时间)",
        "导出人 王芳 (wangfang, 安监)",
        "2 条, 其中 1 条未确认",
        "1. 烟台工地 · 安全检查",
        "[安全检查] 实到34人, 30人佩戴安全帽, 存在安全隐患",
        "工单 GD-017 负责人 王建国",
        "确认: 李明 2026-11-21 08:25:00 (已通知现场)",
        "处置: 已派发 责任人 赵强",
        "未结 3 条",
        "本班之前",
        "仍未答复",
        "没有听到声音 (audio.empty)",
        '3 号门摄像头 <b>偏了</b> & <img src="http://x/y.png"/> 待修',
        "原话「查一下青岛工地的人数」",
        "交班人 李明",
        "接班人 王芳",
        "签名",
    ):
        assert squeezed(part) in told, part


def test_a_picture_that_was_swapped_or_is_gone_is_said(shift_pdf: Path) -> None:
    told = words_of(shift_pdf)
    assert "swapped.png与记录的指纹不符,可能被改动过" in told
    assert "找不到图片gone.png,可能已被移走或删除" in told
    # Only the one that is what was recorded is shown.
    pictures = [image for page in PdfReader(shift_pdf).pages for image in page.images]
    assert len(pictures) == 1


def test_every_page_has_its_number_and_the_chain(shift_pdf: Path) -> None:
    pages = PdfReader(shift_pdf).pages
    assert len(pages) > 1
    for number, page in enumerate(pages, 1):
        told = squeezed(page.extract_text())
        assert f"第{number}/{len(pages)}页" in told
        assert "链头" in told


def test_the_font_is_embedded_as_far_as_it_is_used(shift_pdf: Path) -> None:
    fonts_of_page = PdfReader(shift_pdf).pages[0]["/Resources"]["/Font"]
    embedded = [
        font.get_object()
        for font in fonts_of_page.values()
        if "FontDescriptor" in str(font.get_object())
    ]
    assert embedded
    assert all("/FontFile2" in font["/FontDescriptor"] for font in embedded)
    assert shift_pdf.stat().st_size < 300_000


def test_the_first_finding_is_on_the_first_page(shift_pdf: Path) -> None:
    told = squeezed(PdfReader(shift_pdf).pages[0].extract_text())
    assert "异常3条" in told
    assert "1.烟台工地·安全检查" in told


def test_a_month_says_how_each_figure_is_counted_and_where_there_is_none(
    month_pdf: Path,
) -> None:
    told = words_of(month_pdf)
    for part in (
        "2026年11月",
        "92.6% (75/81)",
        "平均 15分钟, 最长 15分钟, 1 条; 未确认 3 条",
        "佩戴安全帽人数 ÷ 安全检查中数到的人数",
        "识别不一致率 无数据",
        "有人未戴安全帽",
        "11/30–11/30",
        "超时未答复 2, 系统忙 1",
    ):
        assert squeezed(part) in told, part
    # The charts are drawn, and not pictures.
    assert not any(page.images for page in PdfReader(month_pdf).pages)


@pytest.mark.parametrize("which", ["shift_pdf", "month_pdf"])
def test_every_page_shows_something(request: pytest.FixtureRequest, which: str) -> None:
    document = pypdfium2.PdfDocument(request.getfixturevalue(which))
    try:
        for page in document:
            grey = page.render(scale=0.5).to_pil().convert("L")
            dark = sum(grey.histogram()[:128])
            assert 200 < dark < grey.width * grey.height / 4
    finally:
        document.close()


def test_names_are_printed_as_they_are_and_never_read_as_markup(
    tmp_path: Path,
) -> None:
    journal = SqliteJournal(tmp_path / "j.db", clock=HeldClock())

    async def fill() -> None:
        for number, name in enumerate(NAMES):
            plain = run(number, at(number), operator=name[:50])
            assert plain.utterance is not None
            heard = replace(plain.utterance, text=name)
            await journal.append(replace(plain, utterance=heard))

    try:
        asyncio.run(fill())
        reports = reports_of(journal, tmp_path, END)
        asyncio.run(reports.log(tmp_path / "a.pdf", ALL, WANG))
    finally:
        journal.close()
    told = words_of(tmp_path / "a.pdf")
    for name in NAMES[:5]:
        assert squeezed(name) in told
    assert "〔U+202E〕反〔U+202C〕〔U+1F600〕" in told
    assert told.count("长") >= 600
    assert "一二三四" in told
    assert not any(page.images for page in PdfReader(tmp_path / "a.pdf").pages)


def test_texts_longer_than_a_page_are_cut_on_paper_and_said_to_be(
    tmp_path: Path,
) -> None:
    long = ("一\n" * 200, "长" * 1500, "x" * 1500)
    journal = SqliteJournal(tmp_path / "j.db", clock=HeldClock())

    async def fill() -> None:
        for number, words in enumerate(long, 1):
            plain = run(number, at(number), found(JINAN, Check.HELMET, **BARE))
            assert plain.utterance is not None
            heard = replace(plain.utterance, text=words)
            told = replace(plain, utterance=heard, operator="名" * 300)
            await journal.append(told)
            note = event(EventKind.SHIFT_NOTE, 200, detail=words)
            await journal.review.note(note)
            taken = step(
                number, Step.DISPATCHED, 30, responsible="责" * 300, note=words
            )
            await journal.review.dispose(taken)

    try:
        asyncio.run(fill())
        reports = reports_of(journal, tmp_path, END)
        asyncio.run(reports.log(tmp_path / "a.pdf", ALL, WANG))
        asyncio.run(reports.shift(tmp_path / "b.pdf", SHIFT, WANG))
    finally:
        journal.close()
    for name in ("a.pdf", "b.pdf"):
        told = words_of(tmp_path / name)
        assert told.count("(全文见其他格式)") >= 3
        assert told.count("x") >= 1200
        # Of two hundred lines there are some, and not pages of them.
        assert 20 < told.count("一") < 100


def test_without_answers_nothing_is_none_and_with_them_it_is(
    reports: JournalReports, tmp_path: Path
) -> None:
    before = replace(SHIFT, since=at(-120), until=at(-60))
    asyncio.run(reports.shift(tmp_path / "a.pdf", before, WANG))
    told = words_of(tmp_path / "a.pdf")
    front = "运行告警注意未结仍未答复无数据无数据无数据3条无数据查询人:无数据"
    assert front in told
    assert "异常级别为告警或注意的答复,告警在前无数据" in told
    assert "失败的指令无值班备注无" in told


def test_a_question_that_failed_for_two_reasons_is_one_open_question(
    tmp_path: Path,
) -> None:
    journal = SqliteJournal(tmp_path / "j.db", clock=HeldClock())

    async def fill() -> None:
        for number, why in enumerate((MissingReason.TIMEOUT, MissingReason.BUSY), 1):
            asked = silent(JINAN, Check.HEADCOUNT, why)
            await journal.append(run(number, at(number), asked))

    try:
        asyncio.run(fill())
        reports = reports_of(journal, tmp_path, END)
        asyncio.run(reports.shift(tmp_path / "a.pdf", SHIFT, WANG))
    finally:
        journal.close()
    assert "2无0条0条1项查询人:李明" in words_of(tmp_path / "a.pdf")


def test_a_table_begins_under_its_heading_where_the_page_has_room(
    tmp_path: Path,
) -> None:
    journal = SqliteJournal(tmp_path / "j.db", clock=HeldClock())

    async def fill() -> None:
        for number in range(30):
            bare = found(JINAN, Check.HELMET, **BARE)
            await journal.append(run(number, at(number - 9000), bare))

    try:
        asyncio.run(fill())
        reports = reports_of(journal, tmp_path, END)
        asyncio.run(reports.shift(tmp_path / "a.pdf", SHIFT, WANG))
    finally:
        journal.close()
    first = squeezed(PdfReader(tmp_path / "a.pdf").pages[0].extract_text())
    assert "未结30条" in first
    assert first.count("济南工地") > 10
    assert "2026-11-15" in first


def test_a_machine_without_a_chinese_font_says_what_brings_one(tmp_path: Path) -> None:
    (tmp_path / "wqy-microhei.ttc").write_bytes(b"no font at all")
    with pytest.raises(MissingError) as caught:
        fonts.chinese((tmp_path,))
    assert "fonts-wqy-microhei" in caught.value.remedy


def test_more_rows_than_anybody_reads_are_refused_on_paper(
    reports: JournalReports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.core.errors import UsageError
    from app.reports import pdf_log

    monkeypatch.setattr(pdf_log, "MOST_ROWS", 3)
    with pytest.raises(UsageError, match="3行"):
        asyncio.run(reports.log(tmp_path / "a.pdf", ALL, WANG))
    assert list(tmp_path.iterdir()) == []


def test_the_log_on_paper_says_its_filter_and_number(
    reports: JournalReports, tmp_path: Path
) -> None:
    query = JournalQuery(site="烟台", since=at(0), until=at(0) + timedelta(hours=12))
    made = asyncio.run(reports.log(tmp_path / "a.pdf", query, WANG))
    told = words_of(tmp_path / "a.pdf")
    assert squeezed("自 2026-11-21 08:00:00 起, 到 2026-11-21 20:00:00 之前") in told
    assert f"记录数{made.records}" in told


def test_the_font_that_came_along_is_the_last_that_is_looked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fonts.sys, "platform", "linux")
    assert fonts.folders()[-1] == OWN_FONTS
