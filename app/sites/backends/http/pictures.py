"""The pictures of a scene: fetched beside the counts, and never in their way."""

import asyncio
import base64
import binascii
import logging
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from app.core.errors import BackendDataError, BackendError
from app.core.observation import Evidence
from app.sites.backends.http.exchange import Carrier
from app.sites.backends.http.fields import FieldPath, Reader
from app.sites.backends.http.filling import Asked, filled_path
from app.sites.backends.http.options import DetectionOptions, PictureOptions
from app.sites.backends.http.scenes import View
from app.sites.evidence import keep_picture

log = logging.getLogger(__name__)

_DATA_URL: Final = "data:image/"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """A picture that the settings and an answer point to."""

    url: str = ""
    data: str = ""
    camera: str = ""
    taken_at: datetime | None = None
    annotated: bool = False


class Pictures:
    """Fetches and keeps the pictures of one system."""

    def __init__(self, carrier: Carrier, folder: Path) -> None:
        """Take what fetches them and where they are kept."""
        self._carrier = carrier
        self._folder = folder

    async def of(
        self,
        views: Sequence[View],
        options: DetectionOptions,
        reader: Reader,
        asked: Asked,
    ) -> tuple[Evidence, ...]:
        """Give the pictures that came in time, in the order of the settings.

        One that is not there, too late or no picture is left out: it is no reason to
        doubt the counts.
        """
        wanted = list(_wanted(views, options, reader, asked))[: options.most_pictures]
        kept = await _in_time(
            [self._kept(each) for each in wanted], options.pictures_within_s
        )
        if missing := len(wanted) - len(kept):
            log.info("%s: %d picture(s) could not be had", reader.title, missing)
        # Two cameras may show the same bytes, and one picture be named twice.
        different: dict[str, Evidence] = {}
        for each in kept:
            different.setdefault(each.sha256, each)
        return tuple(different.values())

    async def _kept(self, wanted: _Wanted) -> Evidence | None:
        try:
            if wanted.data:
                data = await asyncio.to_thread(_decoded, wanted.data)
            else:
                data = (await self._carrier.picture(wanted.url)).body
            return await asyncio.to_thread(
                keep_picture,
                self._folder,
                data,
                annotated=wanted.annotated,
                camera=wanted.camera,
                taken_at=wanted.taken_at,
            )
        except BackendError as error:
            log.info("a picture is left out: %s", error.code)
        except OSError as error:
            log.warning("a picture cannot be kept: %s", error.strerror)
        return None


def _wanted(
    views: Sequence[View], options: DetectionOptions, reader: Reader, asked: Asked
) -> Iterator[_Wanted]:
    for view in views:
        for index, picture in enumerate(options.pictures):
            try:
                yield from _named(view, index, picture, reader, asked)
            except BackendError as error:
                log.info("%s: no picture: %s", reader.title, error.code)


def _named(
    view: View, index: int, picture: PictureOptions, reader: Reader, asked: Asked
) -> Iterator[_Wanted]:
    name = f"pictures.{index}"
    documents: Sequence[object] = [view.document]
    if picture.items is not None:
        documents = reader.rows(f"{name}.items", picture.items, view.document)
    for document in documents:
        one = _Wanted(
            camera=reader.words(f"{name}.camera", picture.camera, document)
            or view.camera,
            taken_at=reader.moment(f"{name}.taken_at", picture.taken_at, document),
            annotated=picture.annotated,
        )
        if picture.path is not None:
            # Below the system's address, as every path of the settings is.
            path = filled_path(picture.path, asked.at_camera(view.camera))
            yield replace(one, url=f".{path}")
        for url in _texts(f"{name}.url", picture.url, reader, document):
            yield replace(one, url=url)
        for data in _texts(f"{name}.data", picture.data, reader, document):
            yield replace(one, data=data)


def _texts(
    name: str, path: FieldPath | None, reader: Reader, document: object
) -> Iterator[str]:
    """Give a text, or the texts of a list; what is none is no picture."""
    found = None if path is None else reader.found(name, path, document)
    for each in found if isinstance(found, list) else [found]:
        if isinstance(each, str) and each:
            yield each


def _decoded(text: str) -> bytes:
    if text.startswith(_DATA_URL):
        text = text.partition(",")[2]
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise BackendDataError("图片不是合格的 base64 数据") from None


async def _in_time(
    works: Sequence[Coroutine[Any, Any, Evidence | None]], within_s: float
) -> list[Evidence]:
    """Carry all out at once; what is not done in time is given up."""
    if not works:
        return []
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.wait(tasks, timeout=within_s)
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    for each in ended:
        if isinstance(each, Exception):
            log.error("a picture could not be fetched", exc_info=each)
    return [each for each in ended if isinstance(each, Evidence)]
