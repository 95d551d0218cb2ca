"""Today's work orders from CSV and Excel files as desks keep them."""

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.core.errors import (
    BackendBusyError,
    BackendDataError,
    BackendRefusedError,
    BackendUnreachableError,
    SettingsError,
)
from app.core.model import Check, Site
from app.core.observation import Service
from app.sites.answers import order_problem
from app.sites.backends.context import BackendContext
from app.sites.backends.described import read_system
from app.sites.backends.spreadsheet import SpreadsheetBackend
from app.sites.conformance import RULES, Trial, conform
from app.system.paths import resources
from tests.fakes import HeldClock

JINAN = Site(id="A-1", name="济南", aliases=("泉城",), work_order_key="WO7")
QINGDAO = Site(id="B", name="青岛")
AT = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)  # 10:00 in 上海
HEADER = "站点,应到人数,工单号,负责人,开始时间,结束时间\n"

Maker = Callable[..., SpreadsheetBackend]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Maker]:
    """Give a maker of backends; all are closed at the end."""
    made: list[SpreadsheetBackend] = []

    def maker(file: str = "工单.csv", **options: object) -> SpreadsheetBackend:
        clock = HeldClock()
        clock.time = AT
        context = BackendContext(
            name="table",
            evidence_dir=tmp_path,
            clock=clock,
            secret=str,
            folder=tmp_path,
            options={"file": file, "title": "工单表", **options},
        )
        made.append(SpreadsheetBackend.from_context(context))
        return made[-1]

    yield maker
    for backend in made:
        await backend.close()


def write(
    folder: Path, rows: str, name: str = "工单.csv", header: str = HEADER
) -> Path:
    path = folder / name
    path.write_bytes((header + rows).encode("gb18030"))
    return path


def write_book(folder: Path, *rows: list[object], name: str = "工单.xlsx") -> Path:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    book.save(folder / name)
    book.close()
    return folder / name


async def test_orders_in_force_at_once_are_added_up(
    make: Maker, tmp_path: Path
) -> None:
    write(
        tmp_path,
        "济南,3,T1,王工,8:00,18:00\n"
        "济南,4,T2,王工,2026-11-21 09:00,2026/11/21 12:00\n"
        "济南,9,T3,李工,20:00,23:00\n"
        "青岛,2,T4,,,\n",
    )
    backend = make()
    order = await backend.expected(JINAN, AT)
    assert (order.expected, order.ticket, order.leader) == (7, "T1、T2", "王工")
    assert order.valid_from == datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
    assert order.valid_until == datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
    assert order.source == "工单表"
    assert order_problem(order, AT) is None
    assert (await backend.expected(QINGDAO, AT)).expected == 2


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("济南,3,T1,,20:00,23:00\n济南,3,T2,,12:00,13:00\n", "T2 在"),
        ("济南,3,T1,,1:00,2:00\n济南,3,T2,,20:00,23:00\n", "T1 已于"),
    ],
)
async def test_of_orders_not_in_force_the_nearest_says_why(
    make: Maker, tmp_path: Path, rows: str, said: str
) -> None:
    write(tmp_path, rows)
    problem = order_problem(await make().expected(JINAN, AT), AT)
    assert problem is not None
    assert said in problem.detail


@pytest.mark.parametrize(
    "words", ["济南", "Ａ-1", "a-1", "wo7", "泉城", " 济 南 ", "济南\u3000"]
)
async def test_a_site_is_found_by_id_key_name_and_alias(
    make: Maker, tmp_path: Path, words: str
) -> None:
    write(tmp_path, f"{words},3,T1,,,\n")
    assert (await make().expected(JINAN, AT)).expected == 3


async def test_an_id_is_not_taken_for_a_similar_one(
    make: Maker, tmp_path: Path
) -> None:
    write(tmp_path, "A1,3,T1,,,\nWO-7,3,T1,,,\n")
    with pytest.raises(BackendDataError, match="没有站点 济南"):
        await make().expected(JINAN, AT)


async def test_a_site_that_is_absent_means_what_the_settings_say(
    make: Maker, tmp_path: Path
) -> None:
    write(tmp_path, "青岛,3,T1,,,\n")
    with pytest.raises(BackendDataError, match="没有站点 济南") as caught:
        await make().expected(JINAN, AT)
    assert "no_order" in caught.value.remedy
    order = await make(absent="no_order").expected(JINAN, AT)
    assert order.expected == 0


async def test_an_empty_number_leaves_the_sum_unknown(
    make: Maker, tmp_path: Path
) -> None:
    write(tmp_path, "济南,,T1,,,\n济南,4,T2,,,\n")
    order = await make().expected(JINAN, AT)
    assert (order.expected, order.ticket) == (None, "T1、T2")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("济南,12人,,,,\n", "第2行的应到人数「12人」"),
        ("济南,-1,,,,\n", "第2行的应到人数「-1」"),
        ("济南,1.5,,,,\n", "第2行的应到人数「1.5」"),
        ("济南,十二,,,,\n", "第2行的应到人数「十二」"),
        ("济南,1e3,,,,\n", "应到人数"),
        ("济南,#N/A,,,,\n", "应到人数「#N/A」"),
        ("济南,True,,,,\n", "应到人数"),
        ("济南,12①,,,,\n", "应到人数「12①」"),
        ("济南,3㉑,,,,\n", "应到人数「3㉑」"),
        ("济南,3,,,早上,\n", "第2行的开始时间「早上」"),
        ("济南,3,,,25:00,\n", "开始时间"),
        ("济南,3,,,,2026-02-30 08:00\n", "结束时间"),
        ("济南,3,,,2026-11-21 10:00,2026-11-21 09:00\n", "结束时间"),
    ],
)
async def test_a_cell_that_makes_no_sense_is_named_for_its_site_alone(
    make: Maker, tmp_path: Path, rows: str, said: str
) -> None:
    write(tmp_path, rows + "青岛,3,,,,\n")
    backend = make()
    with pytest.raises(BackendDataError) as caught:
        await backend.expected(JINAN, AT)
    assert said in caught.value.message
    assert "工单.csv" in caught.value.message
    assert (await backend.expected(QINGDAO, AT)).expected == 3


@pytest.mark.parametrize("number", ["12", "１２", "12.0", " 12 ", "012"])
async def test_a_number_as_text_is_taken(
    make: Maker, tmp_path: Path, number: str
) -> None:
    write(tmp_path, f"济南,{number},,,,\n")
    assert (await make().expected(JINAN, AT)).expected == 12


@pytest.mark.parametrize(
    ("since", "until", "utc"),
    [
        ("8:00", "18:00", (0, 10)),
        ("８：００", "18时30分", (0, 10)),
        ("2026-11-21 08:00", "2026-11-21 18:00:00", (0, 10)),
        ("2026/11/21 8:00", "2026.11.21 18:00", (0, 10)),
        ("2026年11月21日 8时", "2026年11月21日18:00", (0, 10)),
        ("2026-11-21T00:00:00Z", "2026-11-21T18:00:00+08:00", (0, 10)),
        ("46347.333333333", "46347.75", (0, 10)),
    ],
)
async def test_times_are_read_as_desks_write_them(
    make: Maker, tmp_path: Path, since: str, until: str, utc: tuple[int, int]
) -> None:
    write(tmp_path, f"济南,3,,,{since},{until}\n")
    order = await make().expected(JINAN, AT)
    assert order.valid_from == datetime(2026, 11, 21, utc[0], tzinfo=UTC)
    assert order.valid_until is not None
    assert order.valid_until.astimezone(UTC).hour == utc[1]


async def test_a_day_lasts_to_its_end_and_a_night_to_the_morning(
    make: Maker, tmp_path: Path
) -> None:
    write(tmp_path, "济南,3,,,2026-11-21,2026-11-21\n青岛,2,,,22:00,6:00\n")
    backend = make()
    evening = datetime(2026, 11, 21, 15, 59, 59, tzinfo=UTC)
    for site, expected in ((JINAN, 3), (QINGDAO, 2)):
        order = await backend.expected(site, evening)
        assert (order.expected, order_problem(order, evening)) == (expected, None)


async def test_who_is_listed_by_id_is_not_looked_up_by_name(
    make: Maker, tmp_path: Path
) -> None:
    write(tmp_path, "A-1,3,T1,,,\n济南,4,T2,,,\n")
    assert (await make().expected(JINAN, AT)).ticket == "T1"


@pytest.mark.parametrize(
    ("file", "rows"),
    [
        ("工单.csv", "2026-11-20,济南,3,22:00,6:00\n"),
        ("工单.csv", "2026-11-20,济南,3,2026-11-20 22:00,2026-11-21 06:00\n"),
        ("工单.csv", ",济南,3,22:00,6:00\n"),
        ("工单.csv", ",济南,3,2026-11-20 22:00,2026-11-21 06:00\n"),
        ("工单-{date}.csv", ",济南,3,22:00,6:00\n"),
    ],
)
async def test_a_night_shift_is_in_force_after_midnight_and_then_over(
    make: Maker, tmp_path: Path, file: str, rows: str
) -> None:
    header = "日期,站点,应到人数,开始时间,结束时间\n"
    today = ",青岛,2,22:00,6:00\n2026-11-21,济南,9,8:00,9:00\n"
    if "{" in file:
        write(tmp_path, rows, "工单-20261120.csv", header)
        write(tmp_path, today, "工单-20261121.csv", header)
    else:
        write(tmp_path, rows + today, file, header)
    backend = make(file)
    at_two = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
    order = await backend.expected(JINAN, at_two)
    assert (order.expected, order_problem(order, at_two)) == (3, None)
    assert order.valid_from == datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
    # The file of a day has nothing to say of the night before it.
    order = await backend.expected(QINGDAO, at_two)
    assert (order_problem(order, at_two) is None) == ("{" not in file)


async def test_a_night_that_is_over_does_not_hide_that_there_is_no_order(
    make: Maker, tmp_path: Path
) -> None:
    header = "日期,站点,应到人数,开始时间,结束时间\n"
    write(tmp_path, "2026-11-20,济南,3,22:00,6:00\n", header=header)
    with pytest.raises(BackendDataError, match="没有站点 济南"):
        await make().expected(JINAN, AT)
    order = await make(absent="no_order").expected(JINAN, AT)
    assert (order.expected, order.ticket) == (0, "")


async def test_a_csv_that_has_just_changed_is_left_alone_until_it_rests(
    make: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "济南,3,,,,\n")
    # The drive's clock is not the desk's.
    os.utime(path, (AT.timestamp() - 20,) * 2)
    passed = [0.0]
    monkeypatch.setattr(HeldClock, "monotonic", lambda clock: passed[-1])
    backend = make()
    for seconds in (0.0, 1.9):
        passed.append(seconds)
        with pytest.raises(BackendBusyError, match="刚刚改动") as caught:
            await backend.expected(JINAN, AT)
        assert caught.value.retry_after_s == 2.0
    write(tmp_path, "济南,3,,,,\n济南,4,,,,\n")
    os.utime(path, (AT.timestamp() - 19,) * 2)
    for seconds in (2.0, 3.9):
        passed.append(seconds)
        with pytest.raises(BackendBusyError):
            await backend.expected(JINAN, AT)
    passed.append(4.0)
    assert (await backend.expected(JINAN, AT)).expected == 7


async def test_a_row_of_another_day_is_not_todays(make: Maker, tmp_path: Path) -> None:
    header = "日期,站点,应到人数\n"
    write(
        tmp_path,
        "2026-11-20,济南,1\n2026年11月21日,济南,2\n46347,济南,4\n,济南,8\n"
        "20261122,济南,16\n2026-11-20,青岛,1\n",
        header=header,
    )
    backend = make()
    assert (await backend.expected(JINAN, AT)).expected == 14
    with pytest.raises(BackendDataError, match="当天"):
        await backend.expected(QINGDAO, AT)


async def test_a_workbook_is_read_with_its_dates_titles_and_totals(
    make: Maker, tmp_path: Path
) -> None:
    write_book(
        tmp_path,
        ["11月21日工单表"],
        [],
        ["序号", "站点", "应到人数", "日期", "开始时间", "结束时间", "工单号"],
        [
            1,
            "济南",
            3,
            date(2026, 11, 21),
            datetime(2026, 11, 21, 8),
            None,
            20261121001,
        ],
        [2, "济南", "4", datetime(2026, 11, 21), None, date(2026, 11, 21), "T2"],
        [3, "青岛", 5.0, None, None, None, None],
        ["序号", "站点", "应到人数", "日期", "开始时间", "结束时间", "工单号"],
        ["合计", None, 12],
        ["填表人: 王"],
    )
    backend = make("工单.xlsx")
    order = await backend.expected(JINAN, AT)
    assert (order.expected, order.ticket) == (7, "20261121001、T2")
    assert order_problem(order, AT) is None
    assert "3行工单" in (await backend.health()).detail


async def test_a_merged_site_is_refused_instead_of_counted_short(
    make: Maker, tmp_path: Path
) -> None:
    from openpyxl import load_workbook

    path = write_book(
        tmp_path, ["站点", "应到人数"], ["济南", 3], [None, 4], ["青岛", 5]
    )
    book = load_workbook(path)
    book.active.merge_cells("A2:A3")
    book.save(path)
    book.close()
    with pytest.raises(BackendDataError, match="第3行没有写站点") as caught:
        await make("工单.xlsx").expected(JINAN, AT)
    assert "合并" in caught.value.remedy


async def test_a_formula_that_was_never_calculated_is_refused(
    make: Maker, tmp_path: Path
) -> None:
    write_book(tmp_path, ["站点", "应到人数"], ["济南", "=1+2"])
    with pytest.raises(BackendDataError, match="第2行第2列的公式没有计算结果"):
        await make("工单.xlsx").expected(JINAN, AT)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "是空的"),
        ("站点,人数\n济南,3\n", "没有表头"),
        ("\n" * 5 + "x\n" * 10 + "站点,应到人数\n济南,3\n", "没有表头"),
        ("站点,应到人数,站点\n济南,3,济南\n", "两列「站点」"),
        ("站点,应到人数,工单号\n济南,3,T1\n青岛,1", "还没有写完"),
        ('站点,应到人数\n济南,"3', "第2行不是合格的 CSV"),
        ("站点,应到人数\n济南,12\n青岛,1", "最后一行没有换行, 可能还没有写完"),
        (
            "站点,应到人数,工单号\n济南,1,200,GD1\n",
            "第2行有4格, 表头只有3列, 请检查该行的逗号和引号",
        ),
        ("站点,应到人数,工单号,\n济南,1,200,GD1\n", "第2行有4格, 表头只有3列"),
        (
            "站点,应到人数,工单号\n济南,3,T1\n站点,工单号,应到人数\n青岛,4,5\n",
            "第3行又有一个表头",
        ),
        ("站点,应到人数\n济南,3\n应到人数,站点\n4,青岛\n", "第3行又有一个表头"),
        (",应到人数\n", "没有表头"),
        ("站点,应到人数\n,3\n", "第2行没有写站点"),
    ],
)
async def test_a_file_that_is_no_list_of_orders_is_refused(
    make: Maker, tmp_path: Path, text: str, said: str
) -> None:
    write(tmp_path, text, header="")
    backend = make()
    with pytest.raises(BackendDataError) as caught:
        await backend.expected(JINAN, AT)
    assert said in caught.value.message
    assert "工单.csv" in caught.value.message
    health = await backend.health()
    assert not health.ok
    assert health.remedy


async def test_a_file_is_read_again_when_it_has_changed_and_only_then(
    make: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.sites.backends import spreadsheet

    reads = []
    read_rows = spreadsheet.read_rows

    def counted(path: Path, *args: object, **kwargs: object) -> object:
        reads.append(path.name)
        return read_rows(path, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(spreadsheet, "read_rows", counted)
    path = write(tmp_path, "济南,3,,,,\n")
    backend = make()
    orders = await asyncio.gather(*(backend.expected(JINAN, AT) for _ in range(200)))
    assert {order.expected for order in orders} == {3}
    assert len(reads) == 1
    write(tmp_path, "济南,4,,,,\n")
    os.utime(path, ns=(0, time.time_ns() + 10**9))
    assert (await backend.expected(JINAN, AT)).expected == 4
    # Broken now: what was read before is not given, and it is tried once.
    path.write_bytes(b"\xff\xff\xff\xff")
    for _ in range(3):
        with pytest.raises(BackendDataError, match="UTF-8"):
            await backend.expected(JINAN, AT)
    assert len(reads) == 3
    path.unlink()
    with pytest.raises(BackendUnreachableError, match="找不到"):
        await backend.expected(JINAN, AT)
    write(tmp_path, "济南,5,,,,\n")
    assert (await backend.expected(JINAN, AT)).expected == 5


async def test_a_workbook_that_is_half_written_is_refused_until_it_is_whole(
    make: Maker, tmp_path: Path
) -> None:
    path = write_book(tmp_path, ["站点", "应到人数"], ["济南", 3])
    whole = path.read_bytes()
    backend = make("工单.xlsx")
    assert (await backend.expected(JINAN, AT)).expected == 3
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BackendDataError, match="还没有写完"):
        await backend.expected(JINAN, AT)
    path.write_bytes(whole)
    assert (await backend.expected(JINAN, AT)).expected == 3


async def test_a_file_that_changes_while_it_is_read_is_refused(
    make: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.sites.backends import spreadsheet

    path = write(tmp_path, "济南,3,,,,\n")

    def written_meanwhile(where: Path, **kwargs: object) -> bytes:
        data = where.read_bytes()
        path.write_bytes(data + "青岛,4,,,,\n".encode())
        return data

    monkeypatch.setattr(spreadsheet, "bytes_of", written_meanwhile)
    with pytest.raises(BackendUnreachableError, match="正在被写入"):
        await make().expected(JINAN, AT)


async def test_an_old_file_is_refused_with_its_age(make: Maker, tmp_path: Path) -> None:
    path = write(tmp_path, "济南,3,,,,\n")
    os.utime(path, (AT.timestamp() - 26 * 3600,) * 2)
    with pytest.raises(BackendDataError, match="26小时前保存的, 超过12小时"):
        await make(most_age_hours=12).expected(JINAN, AT)
    assert (await make(most_age_hours=27.5).expected(JINAN, AT)).expected == 3
    assert (await make().expected(JINAN, AT)).expected == 3


async def test_the_file_of_the_day_is_read(make: Maker, tmp_path: Path) -> None:
    write(tmp_path, "济南,3,,,,\n", "工单-20261121.csv")
    write(tmp_path, "济南,4,,,,\n", "工单-20261122.csv")
    backend = make("工单-{date:%Y%m%d}.csv")
    assert (await backend.expected(JINAN, AT)).expected == 3
    # Midnight is the desk's, not Greenwich's.
    late = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)
    assert (await backend.expected(JINAN, late)).expected == 4
    with pytest.raises(BackendUnreachableError, match="工单-20261120"):
        await backend.expected(JINAN, datetime(2026, 11, 20, 2, 0, tzinfo=UTC))
    assert (await make("工单-{date}.csv").expected(JINAN, AT)).expected == 3


async def test_columns_and_sheet_are_found_as_the_settings_name_them(
    make: Maker, tmp_path: Path
) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.create_sheet("今日")
    sheet.append(["Site", "Planned (people)"])
    sheet.append(["济南", 3])
    book.save(tmp_path / "a.xlsx")
    book.close()
    backend = make(
        "a.xlsx", sheet="今日",
        columns={"site": "site", "expected": "PLANNED (people)"},
    )  # fmt: skip
    assert (await backend.expected(JINAN, AT)).expected == 3
    with pytest.raises(BackendDataError, match="没有工作表「明日」"):
        await make("a.xlsx", sheet="明日").expected(JINAN, AT)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"file": "a.xls"}, "file"),
        ({"file": "a-{date:%H}{site}.csv"}, "花括号"),
        ({"file": "a-{date.year}.csv"}, "花括号"),
        ({"absent": "zero"}, "absent"),
        ({"most_age_hours": 0}, "most_age_hours"),
        ({"timezone": "Mars"}, "时区"),
        ({"columns": {"site": ""}}, "columns.site"),
        ({"path": "x"}, "path"),
    ],
)
def test_options_that_cannot_work_are_said_at_once(
    make: Maker, options: dict[str, object], said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        make(**options)


async def test_it_has_no_cameras(make: Maker) -> None:
    backend = make()
    assert backend.services == {Service.WORK_ORDERS}
    with pytest.raises(BackendRefusedError):
        await backend.observe(JINAN, Check.HELMET, AT)


@pytest.mark.parametrize("there", [True, False])
async def test_it_conforms(make: Maker, tmp_path: Path, there: bool) -> None:
    if there:
        write(tmp_path, "济南,3,T1,,8:00,18:00\n")
    trial = Trial(backend=make(), site=JINAN, at=AT, evidence_dir=tmp_path)
    results = await conform(trial)
    assert len(results) == len(RULES)
    assert [result for result in results if not result.ok] == []


async def test_a_drive_that_does_not_answer_holds_nobody_up(
    make: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.sites.backends import spreadsheet, threads

    asked, answer = threading.Event(), threading.Event()

    def hang(path: Path) -> tuple[int, int, int]:
        asked.set()
        answer.wait()
        return 0, 0, 0

    monkeypatch.setattr(spreadsheet, "_stamp_of", hang)
    monkeypatch.setattr(threads, "CLOSE_WITHIN_S", 0.05)
    write(tmp_path, "济南,3,,,,\n")
    backend = make()
    try:
        questions = [asyncio.create_task(backend.expected(JINAN, AT)) for _ in range(2)]
        await asyncio.to_thread(asked.wait)
        for question in questions:
            question.cancel()
            done, _ = await asyncio.wait({question}, timeout=1)
            assert done
        [hung] = [t for t in threading.enumerate() if t.name == "spreadsheet table"]
        assert hung.daemon
        await backend.close()
        await backend.close()
        assert hung.is_alive()
    finally:
        answer.set()
    await asyncio.to_thread(hung.join)
    with pytest.raises(BackendUnreachableError, match="关闭"):
        await backend.expected(JINAN, AT)


async def test_ten_thousand_rows_are_read_quickly(
    make: Maker, tmp_path: Path, report_figure: Callable[[str], None]
) -> None:
    head = ["站点", "应到人数", "工单号", "负责人", "开始时间", "结束时间"]
    rows = [
        [f"站点{i}", i % 50, f"T{i}", "王工", "8:00", "18:00"] for i in range(10_000)
    ]
    write_book(tmp_path, head, *rows)
    started = time.perf_counter()
    backend = make("工单.xlsx")
    assert (await backend.expected(Site(id="x", name="站点9999"), AT)).expected == 49
    report_figure(
        f"10 000 work orders of a workbook: {time.perf_counter() - started:.2f} s"
    )


def test_the_shipped_example_is_taken(tmp_path: Path) -> None:
    example = read_system(resources() / "systems" / "spreadsheet.toml")
    backend = SpreadsheetBackend.from_context(
        BackendContext(
            name="table", evidence_dir=tmp_path, clock=HeldClock(), secret=str,
            folder=tmp_path, options=example.options,
        )
    )  # fmt: skip
    assert backend.services == {Service.WORK_ORDERS}


async def test_an_order_given_twice_is_refused(make: Maker, tmp_path: Path) -> None:
    write(tmp_path, "济南,3,T1,王工,,\n济南,3,T1,王工,,\n")
    with pytest.raises(BackendDataError, match="T1 给了两次"):
        await make().expected(JINAN, AT)
