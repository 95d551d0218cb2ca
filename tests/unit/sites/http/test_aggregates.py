"""No expression makes a number out of what is not stated."""

import itertools

import pytest

from app.core.errors import BackendDataError, SettingsError
from app.core.model import Check
from app.sites.backends.http.fields import FieldPath
from tests.unit.sites.http.scripted import (
    AT,
    CONNECTION,
    SCENE,
    SITE,
    backend,
    options,
    saying,
)


def with_people(expression: str) -> str:
    return SCENE.replace('people = "people"', f"people = {expression!r}")


async def people(expression: str, document: object) -> int | None:
    answer = {"data": document, "time": "2026-11-21T10:59:50"}
    asked = backend(with_people(expression), saying(answer))
    return (await asked.observe(SITE, Check.HEADCOUNT, AT)).people


REFUSED = (
    *("sum(x[].y)", "sum(x[*].y)", "sum(x[?f].y)", "sum(x[0:2].y)", "sum(x.*.y)"),
    *("max(x[].y)", "min(x[].y)", "avg(x[].y)", "length(x[].y)", "max_by(x[].y, &n).n"),
    *("x[].y | sum(@)", "a | x[].y | sum(@)", "(x[].y).sum(@)", "{a: x[].y} | sum(a)"),
    *("x | [].y | sum(@)", "x[?f] | sum([].y)", "x[].y | [0:2] | sum(@)"),
    *("sum(sort(x[].y))", "sum(to_array(x[].y))", "sum(map(&@, x[].y))"),
    *("sum(x[].to_number(y))", "sum(x[].[y][])", "sum(a || x[].y)"),
    *(
        "length(x[?a][].b)",
        "length(x[].y[])",
        "length(x[*].y[*])",
        "length(x[].y | [])",
    ),
    # `map` and `[a, b]` keep their nulls until the next projection.
    *("length(map(&y, x)[])", "length([a.y, b.y][])", "sum(map(&y, x)[*])"),
    # A null among the rows themselves.
    *("sum(x[*])", "sum(x[])", "sum(x.*)", "sum(x[?@ > `1`])", "x[] | sum(@)"),
    # Deep in other expressions.
    *("x[?length(y[].z) > `0`]", "[a, sum(x[].y)]", "map(&sum(x[].y), z)"),
    *("a || sum(x[].y)", "!sum(x[].y)", "sum(x[].y) > `0`", "abs(sum(x[].y))"),
)


@pytest.mark.parametrize("expression", REFUSED)
def test_what_would_count_fewer_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match="会漏掉"):
        FieldPath.parse(expression)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        (
            "sum(data.cams[].count)",
            "sum(data.cams[].count) 会漏掉没有 count 的项, "
            "请写 sum(map(&count, data.cams))",
        ),
        ("sum(x[?f].y)", "请写 sum(map(&y, x[?…]))"),
        (
            "sum(zones.*.n)",
            "sum(zones.*.n) 会漏掉没有 n 的项, 请写 sum(map(&n, values(",
        ),
        ("length(x[].y)", "数各项里的列表请写 sum(map(&length(y), x))"),
        ("x[].y | sum(@)", "sum(x[].y) 会漏掉没有 y 的项, 请写 sum(map(&y, x))"),
    ],
)
def test_the_sentence_says_what_to_write(expression: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        options(with_people(expression) + CONNECTION)
    assert "detection.0.people" in caught.value.message
    assert said in caught.value.message


TAKEN = (
    *("length(persons)", "length(persons[?helmet])", "length(persons[])"),
    *("sum(map(&cnt, cams))", "sum(map(&cnt, cams[?on]))", "max(map(&a.b, x))"),
    *("sum([a.n, b.n])", "sum(values(zones))", "sum(map(&n, values(zones)))"),
    *("sum(map(&length(persons), cams))", "sum(map(&sum(map(&n, c)), g))"),
    *("length(rows[?length(alarms[?type == `2`]) == `0`])", "length(x[?a][])"),
    *("length(cams[?id == 'e'] | [0].persons)", "length(rows[?tools[?k == 'V']])"),
    *("join('、', models[].name)", "x[].y", "x[].y | [0]", "pictures[?!marked].url"),
)


@pytest.mark.parametrize("expression", TAKEN)
def test_what_counts_all_is_taken(expression: str) -> None:
    FieldPath.parse(expression)


ROWS: tuple[dict[str, int | None] | None, ...] = (
    {"y": 3},
    {"y": 4},
    {},
    {"y": None},
    {"z": 5},
    None,
)


@pytest.mark.parametrize(
    "expression", ["sum(map(&y, data))", "max(map(&y, data))", "min(map(&y, data))"]
)
async def test_a_row_without_the_field_makes_the_number_unknown(
    expression: str,
) -> None:
    assert await people(expression, [{"y": 3}, {"y": 3}]) in (3, 6)
    for rows in itertools.permutations(ROWS, 3):
        if any(not row or row.get("y") is None for row in rows):
            assert await people(expression, list(rows)) is None


@pytest.mark.parametrize("wrong", ["3", True, [3], {"n": 3}])
async def test_a_field_that_is_no_number_is_refused(wrong: object) -> None:
    with pytest.raises(BackendDataError, match=r"detection\.people"):
        await people("sum(map(&y, data))", [{"y": 1}, {"y": wrong}])


@pytest.mark.parametrize("name", ["sum", "max", "min", "avg"])
@pytest.mark.parametrize("document", [[], None])
async def test_no_camera_at_all_is_not_nobody(name: str, document: object) -> None:
    assert await people(f"{name}(map(&y, data))", document) is None
    assert await people(f"{name}(data)", document) is None


@pytest.mark.parametrize(
    "expression",
    [
        *("data || `0`", "a || b || `3`", "not_null(data, `0`)", "sum(data || `[0]`)"),
        *("length(data || `[]`)", "sum(map(&(n || `0`), data))", "to_number(n || '0')"),
        *("a || (b && `1`)", "a || (b | `0`)", "sum(not_null(a, [`0`]))"),
    ],
)
def test_a_fixed_number_stands_for_nothing(expression: str) -> None:
    with pytest.raises(ValueError, match="固定的数字"):
        FieldPath.parse(expression)


@pytest.mark.parametrize(
    "expression", ["ok || `false`", "not_null(ok, `true`)", "a || b", "n == `0` || m"]
)
def test_what_stands_for_no_number_is_taken(expression: str) -> None:
    FieldPath.parse(expression)


async def test_one_that_is_no_list_is_not_one_person() -> None:
    for nothing in (None, {}, "x", 5):
        assert await people("length(to_array(data))", nothing) is None
    assert await people("length(to_array(data))", [1, 2]) == 2


async def test_an_empty_list_of_people_is_nobody() -> None:
    assert await people("length(data)", []) == 0
    assert await people("sum(map(&length(p), data))", [{"p": []}, {"p": [1]}]) == 1
    assert await people("sum(map(&length(p), data))", [{}, {"p": [1]}]) is None


def test_every_kind_of_node_is_known() -> None:
    """What jmespath may parse is walked: no aggregate hides in it."""
    hidden = (
        *("a.{x}", "a.[{x}]", "a.{{k: {x}}}", "a | {x}", "a || {x}", "a && {x}"),
        *("!({x})", "({x}) == `1`", "a[?{x}]", "a[*].{x}", "a[].{x}", "a.*.{x}"),
        *("map(&{x}, a)", "[{x}][0]", "[{x}][0:1]", "a[0].{x}", "({x})[]"),
    )
    for each in hidden:
        with pytest.raises(ValueError, match="会漏掉"):
            FieldPath.parse(each.format(x="sum(x[].y)"))


@pytest.mark.parametrize("deep", ["!" * 900, "(" * 400, "[" * 400, "a|" * 490])
def test_what_is_nested_too_deeply_to_look_at_is_refused(deep: str) -> None:
    with pytest.raises(ValueError, match=r"JMESPath|会漏掉"):
        FieldPath.parse(f"{deep}sum(x[].y)")
