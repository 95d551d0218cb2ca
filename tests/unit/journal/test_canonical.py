"""The canonical text: exact both ways, one text for one record, one chain rule."""

import json
import math
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from app.core.model import Call, Check, RunRecord, Site, Timings
from app.journal import canonical
from app.journal.canonical import SCHEMA, NotCanonicalError, decode, encode
from tests.unit.journal.records import START, anything, record

NOW = f'"schema":{SCHEMA}'


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(anything(RunRecord))
def test_any_record_comes_back_exactly(made: RunRecord) -> None:
    text = encode(made, recorded_at=START)
    back = decode(text)
    assert back.record == made
    assert back.recorded_at == START
    assert encode(back.record, recorded_at=START) == text
    text.encode("utf-8")


def test_the_text_is_sorted_without_blanks_and_legible() -> None:
    text = encode(record(1), recorded_at=START)
    again = json.dumps(
        json.loads(text), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    assert text == again
    assert '"recorded_at":"2026-11-21T00:00:00.000000Z"' in text
    assert "青岛1号工地" in text
    assert '"outcome":"answered"' in text


@pytest.mark.parametrize(
    "number", [0.1, 1e300, 5e-324, -0.0, 1 / 3, math.inf, -math.inf]
)
def test_a_float_is_the_same_double_afterwards(number: float) -> None:
    made = record(1, timings=Timings(hear_ms=number))
    back = decode(encode(made, recorded_at=START)).record.timings.hear_ms
    assert back.hex() == number.hex()


def test_not_a_number_is_kept_and_the_json_stays_valid() -> None:
    text = encode(record(1, timings=Timings(hear_ms=math.nan)), recorded_at=START)
    assert '"hear_ms":"NaN"' in text
    assert math.isnan(decode(text).record.timings.hear_ms)


def test_a_whole_number_in_a_float_field_makes_the_same_text() -> None:
    whole, real = (record(1, timings=Timings(hear_ms=n)) for n in (3, 3.0))
    assert encode(whole, recorded_at=START) == encode(real, recorded_at=START)


def test_another_zone_is_the_same_instant_and_the_same_text() -> None:
    shanghai = START.astimezone(timezone(timedelta(hours=8)))
    assert encode(record(1, started_at=shanghai), recorded_at=START) == encode(
        record(1, started_at=START), recorded_at=START
    )


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        encode(record(1), recorded_at=datetime(2026, 1, 1))


@pytest.mark.parametrize(
    "damage",
    [
        lambda t: t.replace(NOW, f'"schema":{SCHEMA + 1}'),
        lambda t: t.replace(NOW, '"schema":1'),
        lambda t: t.replace(NOW, '"schema":2'),
        lambda t: t.replace(NOW, '"schema":0'),
        lambda t: t.replace(NOW, NOW + ".0"),
        lambda t: t.replace(NOW, '"schema":true'),
        lambda t: t.replace('"evidence":[]', '"evidence":null'),
        lambda t: t.replace('"valid_from":null', '"valid_from":"20261121"'),
        lambda t: t.replace('"valid_from":null', '"valid_from":"2026-W47-6"'),
        lambda t: t.replace('"valid_from":null', '"valid_from":20261121'),
        lambda t: t.replace('"kind":"run"', '"kind":"walk"'),
        lambda t: t.replace('"outcome":"answered"', '"outcome":"fine"'),
        lambda t: t.replace('"reasons":[],', ""),
        lambda t: t.replace('"repeats":false', '"repeats":0'),
        lambda t: t.replace('"continues":""', '"continues":null'),
        lambda t: t.replace('"operator":', '"operatr":'),
        lambda t: t.replace('"program":"",', '"program":"","more":1,'),
        lambda t: t.replace('"expected":1', '"expected":"1"'),
        lambda t: t.replace('"confidence":0.9', '"confidence":"0.9"'),
        lambda t: t.replace("00:00:00.000000Z", "00:00:00Z"),
        lambda t: t[:-1],
        lambda t: "[]",
        lambda t: "[" * 100_000,
    ],
)
def test_what_no_desk_wrote_is_refused(damage: Callable[[str], str]) -> None:
    text = encode(record(1), recorded_at=START)
    assert damage(text) != text
    with pytest.raises(NotCanonicalError):
        decode(damage(text))


def test_a_day_is_written_as_a_day() -> None:
    site = Site(id="A", name="济南", valid_from=date(2026, 3, 1))
    asked = replace(record(1).understanding, calls=(Call(site, Check.HELMET),))
    text = encode(record(1, understanding=asked), recorded_at=START)
    assert '"valid_from":"2026-03-01","valid_until":null' in text


def test_a_time_where_a_day_should_be_is_refused() -> None:
    site = Site(id="A", name="济南", valid_until=START)
    asked = replace(record(1).understanding, calls=(Call(site, Check.HELMET),))
    with pytest.raises(ValueError, match="day"):
        encode(record(1, understanding=asked), recorded_at=START)


def test_the_hash_depends_on_place_and_predecessor() -> None:
    text = encode(record(1), recorded_at=START)
    first = canonical.chain_hash(canonical.GENESIS, 1, text)
    assert len({first, canonical.chain_hash(first, 1, text)}) == 2
    assert first != canonical.chain_hash(canonical.GENESIS, 2, text)
    assert first != canonical.chain_hash(canonical.GENESIS, 1, text + " ")


def test_the_hash_rule_never_changes() -> None:
    """A journal written years ago must still verify: this is a fixed example."""
    assert canonical.chain_hash(canonical.GENESIS, 1, '{"人":1}') == (
        "e71cb76278537cde552ced40171cd71393437262bd2dee56dd95d9fe876882b8"
    )


def test_every_field_is_in_the_text() -> None:
    made = replace(record(1), answers_run="x")
    assert set(json.loads(encode(made, recorded_at=START))["run"]) == set(
        RunRecord.__dataclass_fields__
    )


def documented_program() -> str:
    """The verifier printed in the module's docstring."""
    document = canonical.__doc__ or ""
    start = document.index("    import hashlib")
    return textwrap.dedent(document[start:])


def run_documented_program(path: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", documented_program(), str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
