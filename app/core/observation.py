"""What the site systems say of a site, and why they may not have said it.

Counts are people, `None` means unknown, which is never zero.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class MissingReason(StrEnum):
    """Why an observation cannot be judged."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    BUSY = "busy"
    REFUSED = "refused"
    BAD_DATA = "bad_data"
    STALE = "stale"
    CONTRADICTORY = "contradictory"
    NOT_COUNTED = "not_counted"
    CANCELLED = "cancelled"
    INTERNAL = "internal"


class Service(StrEnum):
    """A question that a site system may answer; a backend says which it does."""

    WORK_ORDERS = "work_orders"
    """How many people should be at a site (工单查询)."""
    DETECTION = "detection"
    """How many are there, what they wear and carry (目标检测)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOrder:
    """What the work-order system says of a site and a time."""

    expected: int | None
    """People who should be there; 0: no order today; None: not stated."""
    ticket: str = ""
    leader: str = ""
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A picture that shows what was counted."""

    path: str
    """Relative to the evidence folder."""
    sha256: str
    media_type: str = "image/png"
    annotated: bool = False
    """Whether the detector has drawn into it what it found."""
    camera: str = ""
    taken_at: datetime | None = None
    """By the camera's clock; None: not stated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What the camera detection counted at a site."""

    people: int | None
    wearing: int | None = None
    """People with a hard hat."""
    carrying: int | None = None
    """People with a voltage tester (电笔)."""
    taken_at: datetime
    frames: int = 1
    detector: str = ""
    """Name and version of the detection model."""
    confidence: float | None = None
    """The detector's own, 0 … 1."""
    evidence: tuple[Evidence, ...] = ()
    """The pictures, the one to be looked at first in front."""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A question that was put to a site system, as the record keeps it."""

    service: Service
    system: str
    """Name of the system in the settings."""
    host: str = ""
    """Where it was asked, without a path or a secret; empty: on this machine, or the
    system does not say."""
    status: str = "ok"
    """"ok", or the `MissingReason` of its failure."""
    latency_ms: float = 0.0
    """From the first try to the end of the last."""
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Why there is no usable number."""

    reason: MissingReason
    detail: str
    """A Chinese clause for the operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """Everything the backends gave for one call."""

    expected: int | None = None
    actual: int | None = None
    wearing: int | None = None
    carrying: int | None = None
    ticket: str = ""
    leader: str = ""
    taken_at: datetime | None = None
    frames: int = 0
    detector: str = ""
    detector_confidence: float | None = None
    evidence: tuple[Evidence, ...] = ()
    sources: tuple[str, ...] = ()
    latency_ms: float = 0.0
    attempts: int = 0
    """The most tries that one question of this call took."""
    exchanges: tuple[Exchange, ...] = ()
    """Every question that was put for it."""
    missing: Missing | None = None
    """Set when a backend failed or its answer is stale."""


STOPPED: Final = Observation(
    missing=Missing(reason=MissingReason.CANCELLED, detail="已由值班员取消")
)
"""Of a call that the operator stopped before its answer."""
