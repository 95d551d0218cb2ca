"""Records to put into a journal, and the hypothesis strategy for any record."""

from datetime import UTC, date, datetime, timedelta
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from app.core.alarms import Acknowledgement
from app.core.checks import judge
from app.core.model import (
    Call,
    Check,
    Finding,
    Intent,
    Mention,
    Origin,
    Outcome,
    RunRecord,
    Site,
    Source,
    Understanding,
    Utterance,
)
from app.core.observation import Missing, MissingReason, Observation

START = datetime(2026, 11, 21, 0, 0, tzinfo=UTC)
PLACES = ("济南", "青岛", "烟台", "潍坊", "临沂")


def record(number: int, **changes: Any) -> RunRecord:
    """An inspection a minute, over sites, checks and severities in turn."""
    place = PLACES[number % len(PLACES)]
    site = Site(id=f"S{number % 30:02}", name=f"{place}{number % 30}号工地")
    call = Call(site, list(Check)[number % 3])
    missing = Missing(reason=MissingReason.TIMEOUT, detail="5秒内没有答复")
    seen = Observation(
        expected=number % 40,
        actual=number % 37,
        wearing=number % 37,
        carrying=max(0, number % 37 - number % 2),
        missing=missing if number % 17 == 0 else None,
        sources=("demo",),
    )
    verdict = judge(call, seen)
    at = START + timedelta(minutes=number)
    values: dict[str, Any] = {
        "run_id": f"{number:032x}",
        "started_at": at,
        "finished_at": at + timedelta(seconds=1),
        "operator": ("李明", "王芳")[number % 2],
        "workstation": "一号席",
        "origin": Origin.TYPED,
        "outcome": Outcome.ANSWERED,
        "utterance": Utterance(
            text=f"查一下{site.name}的{call.check.value}", origin=Origin.TYPED
        ),
        "understanding": Understanding(
            intent=Intent.INSPECT,
            mentions=(Mention(place=site.name, site=site, check=call.check),),
            calls=(call,),
            source=Source.RULES,
            confidence=0.9,
        ),
        "findings": (
            Finding(
                call=call,
                observation=seen,
                verdict=verdict.verdict,
                severity=verdict.severity,
                summary=verdict.sentence,
            ),
        ),
    }
    return RunRecord(**{**values, **changes})


def acknowledgement(
    number: int, finding: int = 0, by: str = "李明", **more: Any
) -> Acknowledgement:
    """Somebody has seen the alarm of a record, half an hour after it."""
    return Acknowledgement(
        run_id=f"{number:032x}",
        index=finding,
        at=START + timedelta(minutes=number + 30),
        by=by,
        workstation="一号席",
        **more,
    )


def anything(kind: Any) -> st.SearchStrategy[Any]:
    """Any value that a field of this type may hold, the strange ones too."""
    if get_origin(kind) is UnionType:
        return st.none() | anything(get_args(kind)[0])
    if get_origin(kind) is tuple:
        items = anything(get_args(kind)[0])
        return st.lists(items, max_size=2).map(tuple)
    if kind is float:
        return st.floats(allow_nan=False)
    if kind is str:
        # With lone surrogates: a file name or a paste may hold them.
        return st.text(max_size=12) | st.sampled_from(["\ud800", "a\udfff", "\x00\n"])
    if kind is datetime:
        return st.datetimes(timezones=st.just(UTC))
    if kind in {int, bool, date}:
        return st.from_type(kind)
    if hasattr(kind, "__dataclass_fields__"):
        hints = get_type_hints(kind)
        parts = {name: anything(hints[name]) for name in kind.__dataclass_fields__}
        return st.builds(kind, **parts)
    return st.sampled_from(list(kind))
