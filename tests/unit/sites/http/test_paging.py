"""Lists in pages: whole, or refused."""

from collections.abc import Callable
from typing import Any

import pytest

from app.core.errors import BackendDataError, BackendUnreachableError
from app.core.model import Check
from app.sites.backends.http.messages import HttpRequest
from tests.unit.sites.http.scripted import AT, ORDERS, SITE, Scripted, backend

Answer = Callable[[dict[str, str]], object]
ASKING = ORDERS.replace(
    '"{site.id}"',
    '"{site.id}", p = "{page}", size = "{page_size}", o = "{offset}", c = "{cursor}"',
)


def rows(start: int, count: int) -> list[dict[str, Any]]:
    return [{"n": 1, "no": f"T{number}"} for number in range(start, start + count)]


def system(paging: str, answer: Answer) -> tuple[Any, Scripted]:
    pages = f"[work_orders.paging]\npage_size = 10\nmost_pages = 5\n{paging}"
    text = f"{ASKING}empty = 'none'\n{pages}"
    carrier = Scripted(lambda request: answer(dict(request.query)))
    return backend(text, carrier), carrier


async def expected(paging: str, answer: Answer) -> tuple[int | None, list[HttpRequest]]:
    asked, carrier = system(paging, answer)
    return (await asked.expected(SITE, AT)).expected, carrier.asked


def of(total: int, *, first: int = 1, cap: int = 10) -> Answer:
    """A sound server with so many rows."""

    def answer(query: dict[str, str]) -> object:
        size = min(int(query["size"]), cap)
        start = (int(query["p"]) - first) * size
        return {"list": rows(start, max(0, min(size, total - start))), "total": total}

    return answer


TOTAL = 'total = "total"'


@pytest.mark.parametrize(
    ("total", "pages"), [(0, 1), (1, 1), (10, 1), (11, 2), (50, 5)]
)
async def test_pages_are_read_until_the_total(total: int, pages: int) -> None:
    found, asked = await expected(TOTAL, of(total))
    assert (found, len(asked)) == (total, pages)


@pytest.mark.parametrize(
    ("until", "total", "pages"),
    [
        *(("short", 0, 1), ("short", 9, 1), ("short", 10, 2), ("short", 25, 3)),
        *(("empty", 0, 1), ("empty", 9, 2), ("empty", 10, 2), ("empty", 25, 4)),
    ],
)
async def test_pages_are_read_until_the_last(
    until: str, total: int, pages: int
) -> None:
    found, asked = await expected(f'until = "{until}"', of(total))
    assert (found, len(asked)) == (total, pages)


async def test_the_first_page_may_be_zero() -> None:
    found, asked = await expected(f"first = 0\n{TOTAL}", of(15, first=0))
    assert found == 15
    assert [dict(each.query)["p"] for each in asked] == ["0", "1"]


async def test_a_server_that_gives_less_than_asked_is_read_to_its_total() -> None:
    found, _ = await expected(TOTAL, of(20, cap=4))
    assert found == 20


async def test_offsets_count_what_came() -> None:
    def answer(query: dict[str, str]) -> object:
        start = int(query["o"])
        return {"list": rows(start, min(7, 18 - start)), "total": 18}

    found, asked = await expected(f'style = "offset"\n{TOTAL}', answer)
    assert found == 18
    assert [dict(each.query)["o"] for each in asked] == ["0", "7", "14"]


CURSOR = 'style = "cursor"\ncursor = "next"'


@pytest.mark.parametrize("end", [None, ""])
async def test_cursors_lead_from_page_to_page(end: object) -> None:
    pages: dict[str | None, object] = {
        None: {"list": rows(0, 10), "next": "b"},
        "b": {"list": [], "next": 7},
        "7": {"list": rows(10, 3), "next": end},
    }
    found, asked = await expected(CURSOR, lambda query: pages[query.get("c")])
    assert found == 13
    assert len(asked) == 3


def broken(**pages: object) -> Answer:
    return lambda query: pages.get(f"p{query['p']}", {"list": [], "total": 15})


def page(start: int, count: int, total: object = 15) -> dict[str, object]:
    return {"list": rows(start, count), "total": total}


FAULTS: dict[str, tuple[str, Answer]] = {
    "the same page again": (TOTAL, lambda query: page(0, 10, 20)),
    "the same page for ever": ('until = "empty"', lambda query: page(0, 10)),
    "more pages than allowed": (TOTAL, of(51)),
    "pages without end": (
        'until = "empty"',
        lambda query: page(int(query["p"]) * 10, 10),
    ),
    "a total that changes": (TOTAL, broken(p1=page(0, 10), p2=page(10, 5, 16))),
    "a total that shrinks": (TOTAL, broken(p1=page(0, 10), p2=page(10, 1, 11))),
    "a total that is not reached": (TOTAL, broken(p1=page(0, 10), p2=page(10, 2))),
    "a total that is exceeded": (TOTAL, broken(p1=page(0, 10, 5))),
    "no total": (TOTAL, broken(p1=page(0, 10, None))),
    "a total that is text": (TOTAL, broken(p1=page(0, 10, "15"))),
    "a negative total": (TOTAL, broken(p1=page(0, 10, -1))),
    "nothing though there is a total": (TOTAL, broken(p1=page(0, 0, 15))),
    "a page that is too long": (TOTAL, broken(p1=page(0, 11, 11))),
    "no list": (TOTAL, broken(p1={"total": 0})),
    "a row that is none": (TOTAL, broken(p1={"list": [1], "total": 1})),
    "one row on two pages": (
        f'key = "no"\n{TOTAL}',
        broken(p1=page(0, 10), p2=page(9, 5)),
    ),
    "a row without its key": (f'key = "id"\n{TOTAL}', broken(p1=page(0, 1, 1))),
    "cursors in a circle": (
        CURSOR,
        lambda query: {
            "list": rows(0, 1) if query.get("c") == "a" else rows(1, 1),
            "next": "b" if query.get("c") == "a" else "a",
        },
    ),
    "a cursor that is none": (CURSOR, lambda query: {"list": [], "next": {"a": 1}}),
    "a full last page without a total": (
        CURSOR,
        lambda query: {"list": rows(0, 10), "next": None},
    ),
    "cursors that end before the total": (
        f"{CURSOR}\n{TOTAL}",
        lambda query: {"list": rows(0, 3), "next": None, "total": 4},
    ),
}


NOT_COUNTS = ("a total that is text", "a negative total")


@pytest.mark.parametrize("fault", FAULTS)
async def test_pages_that_do_not_add_up_are_refused(fault: str) -> None:
    paging, answer = FAULTS[fault]
    asked, carrier = system(paging, answer)
    with pytest.raises(BackendDataError) as error:
        await asked.expected(SITE, AT)
    assert "theirs" in error.value.message
    if fault not in ("no list", "a row that is none", *NOT_COUNTS):
        assert "分页" in error.value.message
    assert len(carrier.asked) <= 5


async def test_cursors_in_a_circle_are_noticed_at_once() -> None:
    asked, carrier = system(CURSOR, lambda query: {"list": [], "next": "a"})
    with pytest.raises(BackendDataError, match="兜圈子"):
        await asked.expected(SITE, AT)
    assert len(carrier.asked) == 2


async def test_a_page_that_does_not_come_is_no_shorter_list() -> None:
    def answer(query: dict[str, str]) -> object:
        return BackendUnreachableError("weg") if query["p"] == "2" else page(0, 10)

    asked, _ = system(TOTAL, answer)
    with pytest.raises(BackendUnreachableError):
        await asked.expected(SITE, AT)


PEOPLE = """
[[detection]]
rows = "people"
people = "length(rows)"
wearing = "length(rows[?hat])"
taken_at = "first.time"
[detection.request]
path = "/people"
query = { p = "{page}" }
[detection.paging]
page_size = 10
total = "total"
"""


async def test_people_are_counted_on_all_pages() -> None:
    def answer(request: HttpRequest) -> object:
        start = (int(dict(request.query)["p"]) - 1) * 10
        people = [
            {"id": i, "hat": i % 4 > 0} for i in range(start, min(start + 10, 23))
        ]
        return {"people": people, "total": 23, "time": AT.isoformat()}

    scene = await backend(PEOPLE, Scripted(answer)).observe(SITE, Check.HELMET, AT)
    assert (scene.people, scene.wearing) == (23, 17)
    assert scene.taken_at == AT


async def test_every_page_must_be_about_the_site() -> None:
    def answer(request: HttpRequest) -> object:
        number = int(dict(request.query)["p"])
        people = [{"id": number * 10 + i} for i in range(10)]
        whose = {1: "S1"}.get(number, "S2")
        return {"people": people, "total": 20, "time": AT.isoformat(), "site": whose}

    text = PEOPLE.replace("[[detection]]", '[[detection]]\nsite = "first.site"')
    with pytest.raises(BackendDataError, match="不是所问的站点"):
        await backend(text, Scripted(answer)).observe(SITE, Check.HELMET, AT)


async def test_nobody_on_site_is_an_empty_list() -> None:
    nobody = {"people": [], "total": 0, "time": AT.isoformat()}
    asked = backend(PEOPLE, Scripted(lambda request: nobody))
    scene = await asked.observe(SITE, Check.HELMET, AT)
    assert (scene.people, scene.wearing) == (0, 0)
