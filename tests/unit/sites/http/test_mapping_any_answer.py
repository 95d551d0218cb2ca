"""Whatever a system says: an error of ours, or numbers that it said."""

import itertools
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import BackendError
from app.core.model import Check
from app.core.observation import Scene, WorkOrder
from tests.unit.sites.http.scripted import AT, ORDERS, SCENE, SITE, backend, saying

FIELDS = (
    *("list", "n", "no", "boss", "since", "until", "people", "persons", "hat"),
    *("carrying", "time", "frames", "model", "sure", "cams", "raw", "code", "next"),
)
TIMES = ("2026-11-21T10:59:50", "2026-11-21", "2026-11-20T09:00:00Z", "")
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 60)
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from((*TIMES, "47", "-1", "0", "x"))
    | st.text(max_size=5)
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=6)
    ),
    max_leaves=25,
)
MOMENTS = st.sampled_from(TIMES) | SCALARS
ORDER = st.fixed_dictionaries(
    {"n": st.integers(0, 60) | SCALARS},
    optional={"no": st.text(max_size=3), "since": MOMENTS, "until": MOMENTS},
)
PERSONS = st.lists(st.dictionaries(st.just("hat"), SCALARS), max_size=4)
SCENES = st.fixed_dictionaries(
    {"time": st.just(TIMES[0]) | SCALARS},
    optional={
        "people": st.integers(0, 60) | SCALARS,
        "persons": PERSONS | ANYTHING,
        "carrying": st.integers(0, 60) | SCALARS,
        "frames": SCALARS,
        "model": SCALARS,
        "sure": SCALARS,
    },
)
SEVERAL = SCENE + 'items = "cams"\nmerge = "sum"\nnumbers = "text"\n'
NONE = ORDERS + 'empty = "none"\n'
PAGED = (
    NONE.replace('"{site.id}"', '"{page}", size = "{page_size}"')
    + '[work_orders.paging]\nuntil = "short"\nmost_pages = 3\npage_size = 4\n'
)


def stated(value: object) -> Iterator[int]:
    """Every number that is in an answer, and how many are in each list."""
    match value:
        case bool():
            return
        case int():
            yield value
        case str() if value.isascii() and value.isdigit():
            yield int(value)
        case list():
            # A list that is counted may have been filtered first.
            yield from range(len(value) + 1)
            yield from itertools.chain.from_iterable(map(stated, value))
        case dict():
            yield from itertools.chain.from_iterable(map(stated, value.values()))


def sums(numbers: list[int]) -> set[int]:
    return {
        sum(some)
        for size in range(len(numbers) + 1)
        for some in itertools.combinations(numbers, size)
    }


async def order_of(text: str, answer: object) -> WorkOrder | None:
    try:
        return await backend(text, saying(answer)).expected(SITE, AT)
    except BackendError:
        return None


async def scene_of(text: str, answer: object) -> Scene | None:
    try:
        return await backend(text, saying(answer)).observe(SITE, Check.HELMET, AT)
    except BackendError:
        return None


@settings(max_examples=150)
@given(ANYTHING | st.fixed_dictionaries({"list": st.lists(ORDER, max_size=4)}))
async def test_orders_are_added_up_from_what_was_said(answer: object) -> None:
    for text in (NONE, PAGED):
        found = await order_of(text, answer)
        if found is None:
            continue
        assert isinstance(answer, dict)
        if answer["list"] == []:
            assert found.expected == 0
        elif found.expected is not None:
            given = [row["n"] for row in answer["list"] if type(row.get("n")) is int]
            assert given
            assert found.expected in sums(given)


@settings(max_examples=150)
@given(ANYTHING | SCENES)
async def test_counts_are_what_was_said(answer: object) -> None:
    found = await scene_of(SCENE, answer)
    if found is None:
        return
    assert isinstance(answer, dict)
    assert found.people == answer.get("people")
    assert found.carrying == answer.get("carrying")
    persons = answer.get("persons")
    if found.wearing is not None:
        assert isinstance(persons, list)
        assert found.wearing <= len(persons)


@settings(max_examples=150)
@given(ANYTHING | st.fixed_dictionaries({"cams": st.lists(SCENES, max_size=3)}))
async def test_cameras_are_added_up_from_what_was_said(answer: object) -> None:
    found = await scene_of(SEVERAL, answer)
    if found is None:
        return
    assert isinstance(answer, dict)
    cameras = answer["cams"]
    for count in (found.people, found.wearing, found.carrying):
        if count is not None:
            choices = [set(stated(camera)) for camera in cameras]
            assert count in {sum(some) for some in itertools.product(*choices)}


def test_these_answers_do_come_to_numbers() -> None:
    """Or the properties above would hold of nothing."""
    assert sums([1, 2]) == {0, 1, 2, 3}
    assert set(stated({"a": ["7", True], "b": 5})) == {0, 1, 2, 5, 7}


async def test_a_sound_answer_is_no_error() -> None:
    order = await order_of(PAGED, {"list": [{"n": 5}, {"n": 6, "until": TIMES[1]}]})
    assert order is not None
    assert order.expected == 11
    camera = {"time": TIMES[0], "people": "12", "persons": [{"hat": 1}]}
    scene = await scene_of(SEVERAL, {"cams": [camera, camera]})
    assert scene is not None
    assert (scene.people, scene.wearing) == (24, 2)
