"""Whether what a site system answered can be used: counts, times, validity."""

import math
from datetime import MAXYEAR, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from app.core.errors import (
    BackendBusyError,
    BackendDataError,
    BackendError,
    BackendRefusedError,
    BackendTimeoutError,
    BackendUnreachableError,
)
from app.core.model import Site
from app.core.observation import Evidence, Missing, MissingReason, Scene, WorkOrder
from app.system.redaction import redacted

DESKS: Final = ZoneInfo("Asia/Shanghai")
"""Whose calendar says which day it is, whatever the machine is set to."""
EARLIEST: Final = 1970
"""The first year of a time that is one."""
MOST_PEOPLE: Final = 100_000
LONGEST_TEXT: Final = 500
"""Characters of a ticket, a name, a path: more is no such thing."""
MOST_PICTURES: Final = 8
"""Pictures of one answer: original and annotated of four cameras."""
CLOCK_SKEW: Final = timedelta(seconds=60)
"""How far a camera's clock may be ahead of ours."""

_REASONS: Final = (
    (BackendTimeoutError, MissingReason.TIMEOUT),
    (BackendBusyError, MissingReason.BUSY),
    (BackendUnreachableError, MissingReason.UNREACHABLE),
    (BackendRefusedError, MissingReason.REFUSED),
    (BackendDataError, MissingReason.BAD_DATA),
)


class AnsweredError(BackendError):
    """The system itself did answer: that a part of it, as one camera, cannot.

    Mixed into the reason. It is not held against the system: a town without power has
    thirty sites in a row whose cameras are offline, and the others must be asked.
    """


class PartUnreachableError(AnsweredError, BackendUnreachableError):
    """The system says that it cannot reach what was asked about."""


class PartTimeoutError(AnsweredError, BackendTimeoutError):
    """The system says that what was asked about has not answered it in time."""


def missing_for(error: BackendError) -> Missing:
    """Give the reason and the clause for a backend's error."""
    reason = next(
        (reason for kind, reason in _REASONS if isinstance(error, kind)),
        MissingReason.INTERNAL,
    )
    # It goes into the journal, and a plug-in may put a secret there, or a whole page.
    told = redacted(error.message).removesuffix("。")
    if len(told) > LONGEST_TEXT:
        told = told[: LONGEST_TEXT - 1] + "…"
    return Missing(reason=reason, detail=told)


def site_problem(site: Site, at: datetime) -> Missing | None:
    """Say why there is nothing to ask about a site on the day of `at`, or None."""
    day, since, until = at.astimezone(DESKS).date(), site.valid_from, site.valid_until
    if since is not None and day < since:
        return _stale(f"工地{since:%Y年%m月%d日}才开工, 按工地目录还不用查询")
    if until is not None and day > until:
        return _stale(f"工地已于{until:%Y年%m月%d日}结束, 请核对工地目录")
    return None


def order_problem(order: object, at: datetime) -> Missing | None:
    """Say why a work order cannot be used for `at`, or None."""
    if not isinstance(order, WorkOrder):
        return _bad("工单系统的答复形式不对")
    if not _is_count(order.expected):
        return _bad(f"工单系统给出的应到人数是 {order.expected!r:.20}")
    if not all(map(_is_text, (order.ticket, order.leader, order.source))):
        return _bad("工单系统给出的工单号、负责人或来源不是文字")
    since, until = order.valid_from, order.valid_until
    if not (_is_time(since) and _is_time(until)):
        return _bad("工单的有效期没有时区")
    ticket = f"工单 {order.ticket}" if order.ticket else "工单"
    if since is not None and at < since:
        return _stale(f"{ticket} 在{_local(since)}才生效")
    if until is not None and at > until:
        return _stale(f"{ticket} 已于{_local(until)}到期")
    return None


def scene_problem(scene: object, now: datetime, most_age_s: float) -> Missing | None:
    """Say why a camera's answer cannot be used now, or None."""
    if not isinstance(scene, Scene):
        return _bad("现场检测的答复形式不对")
    for what, count in (
        ("实到", scene.people),
        ("佩戴安全帽", scene.wearing),
        ("携带设备", scene.carrying),
    ):
        if not _is_count(count):
            return _bad(f"现场检测给出的{what}人数是 {count!r:.20}")
    if not _is_count(scene.frames) or not _is_share(scene.confidence):
        return _bad("现场检测给出的帧数或置信度不合理")
    if not (_is_text(scene.detector) and _is_text(scene.source)):
        return _bad("现场检测给出的检测器或来源不是文字")
    if not _is_proof(scene.evidence):
        return _bad("现场检测给出的证据图信息形式不对")
    taken: object = scene.taken_at
    if taken is None or not _is_moment(taken):
        return _bad("现场检测没有给出带时区的、合理的拍摄时间")
    age = now - scene.taken_at
    if age < -CLOCK_SKEW:
        return _stale(f"拍摄时间比现在晚{_span(-age)}, 请核对现场设备时钟")
    if age.total_seconds() > most_age_s:
        return _stale(f"画面是{_span(age)}前拍摄的")
    return None


def _is_count(value: object) -> bool:
    """Whether this is None or a number of people. True is no number of people."""
    return value is None or (type(value) is int and 0 <= value <= MOST_PEOPLE)


def _is_share(value: object) -> bool:
    if value is None:
        return True
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return math.isfinite(value) and 0 <= value <= 1


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TEXT


def _is_proof(value: object) -> bool:
    """Whether this is a few pictures, each in words that a record can hold."""
    if not isinstance(value, tuple) or len(value) > MOST_PICTURES:
        return False
    return all(map(_is_picture, value))


def _is_picture(value: object) -> bool:
    if not isinstance(value, Evidence):
        return False
    flag: object = value.annotated
    texts = (value.path, value.sha256, value.media_type, value.camera)
    return (
        isinstance(flag, bool)
        and _is_moment(value.taken_at)
        and all(map(_is_text, texts))
    )


def _is_time(value: object) -> bool:
    return value is None or (
        isinstance(value, datetime) and value.utcoffset() is not None
    )


def _is_moment(value: object) -> bool:
    """Whether this is None or a time that a record can hold.

    The first year is how some systems write "not set"; in UTC it is before time began.
    """
    if not isinstance(value, datetime):
        return value is None
    return _is_time(value) and EARLIEST <= value.year < MAXYEAR


def _local(moment: datetime) -> str:
    if not EARLIEST <= moment.year < MAXYEAR:
        return f"{moment.year}年"
    return f"{moment.astimezone(DESKS):%m月%d日%H:%M}"


def _span(age: timedelta) -> str:
    seconds = int(age.total_seconds())
    for size, unit in ((86400, "天"), (3600, "小时"), (60, "分钟")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}秒"


def _bad(detail: str) -> Missing:
    return Missing(reason=MissingReason.BAD_DATA, detail=detail)


def _stale(detail: str) -> Missing:
    return Missing(reason=MissingReason.STALE, detail=detail)
