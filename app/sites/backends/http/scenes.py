"""What a system's cameras counted: one scene from one answer or several."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.core.errors import BackendDataError
from app.core.model import Site
from app.core.observation import Scene
from app.sites.answers import LONGEST_TEXT, MOST_PEOPLE
from app.sites.backends.http.exchange import Answered
from app.sites.backends.http.fields import FieldPath, Reader
from app.sites.backends.http.options import DetectionOptions

MOST_CAMERAS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What one camera, or one answer, says."""

    document: object
    """Where the fields are looked for."""
    date: datetime | None
    """When the system answered, by its clock."""
    camera: str = ""
    """The camera that was asked about; empty: not one alone."""


def views_from(
    answered: Answered, options: DetectionOptions, reader: Reader, camera: str = ""
) -> list[View]:
    """Give an answer's cameras, or the answer itself where it is about no list.

    Raises:
        BackendDataError: The list makes no sense.
    """
    if options.items is None:
        return [View(document=answered.document, date=answered.date, camera=camera)]
    rows = reader.rows("items", options.items, answered.document)
    reader.check_objects("items", options.items, rows)
    if not rows or len(rows) > MOST_CAMERAS:
        raise BackendDataError(
            f"{reader.title}给出{len(rows)}个摄像头的数据, 应为1到{MOST_CAMERAS}个"
        )
    return [View(document=row, date=answered.date, camera=camera) for row in rows]


def scene_from(
    views: Sequence[View],
    options: DetectionOptions,
    reader: Reader,
    *,
    site: Site,
) -> Scene:
    """Give what the cameras say together, as it was said.

    The oldest picture and the least sure detection speak for all. Frames that nobody
    states are 0: not stated.

    Raises:
        BackendDataError: A field makes no sense, or there is no time.
    """
    if options.merge == "first":
        views = views[:1]
    for view in views:
        reader.check_site(options.site, view.document, site)

    def counted(name: str, path: FieldPath | None) -> int | None:
        counts = [reader.count(name, path, view.document) for view in views]
        return _merged(counts, options, reader, name)

    shares = [
        reader.share("confidence", options.confidence, view.document) for view in views
    ]
    frames = [reader.count("frames", options.frames, view.document) for view in views]
    return Scene(
        people=counted("people", options.people),
        wearing=counted("wearing", options.wearing),
        carrying=counted("carrying", options.carrying),
        taken_at=min(_taken(view, options, reader) for view in views),
        frames=min((each for each in frames if each is not None), default=0),
        detector=_named(
            reader.words("detector", options.detector, view.document) for view in views
        ),
        confidence=_least(shares),
        source=reader.title,
    )


def _merged(
    counts: Iterable[int | None], options: DetectionOptions, reader: Reader, name: str
) -> int | None:
    """Give the number for all cameras; one that states none makes it unknown."""
    known: list[int] = []
    for count in counts:
        if count is None:
            return None
        known.append(count)
    merge: Callable[[Iterable[int]], int] = max if options.merge == "max" else sum
    merged = merge(known)
    if merged > MOST_PEOPLE:
        raise BackendDataError(f"{reader.title}的 {name} 合计{merged}人, 不合理")
    return merged


def _named(words: Iterable[str]) -> str:
    """Name each once."""
    return "、".join(dict.fromkeys(word for word in words if word))[:LONGEST_TEXT]


def _least(shares: Sequence[float | None]) -> float | None:
    known = [share for share in shares if share is not None]
    return min(known) if len(known) == len(shares) else None


def _taken(view: View, options: DetectionOptions, reader: Reader) -> datetime:
    """Give when it was seen."""
    if options.live:
        taken = view.date
    else:
        taken = reader.moment("taken_at", options.taken_at, view.document)
    if taken is None:
        what = "答复时间 (Date 头)" if options.live else "拍摄时间"
        raise BackendDataError(f"{reader.title}没有给出{what}, 看不出是何时的数据")
    return taken
