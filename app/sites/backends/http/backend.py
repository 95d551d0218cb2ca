"""A vendor's JSON interface as a backend, by its settings alone."""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, NoReturn

from app.core.errors import BackendDataError, BackendError, BackendRefusedError
from app.core.model import Check, Site
from app.core.observation import Scene, Service, WorkOrder
from app.core.ports import BACKEND_CONTRACT, Health
from app.sites.backends.context import BackendContext
from app.sites.backends.http.exchange import Answered, Carrier, Exchange
from app.sites.backends.http.fields import Reader
from app.sites.backends.http.filling import Asked, PageAsked, filled
from app.sites.backends.http.messages import HttpRequest
from app.sites.backends.http.options import (
    DetectionOptions,
    HttpOptions,
    OrderOptions,
    RequestOptions,
)
from app.sites.backends.http.orders import order_from
from app.sites.backends.http.paging import all_rows
from app.sites.backends.http.pictures import Pictures
from app.sites.backends.http.scenes import MOST_CAMERAS, View, scene_from, views_from
from app.sites.backends.http.transport import Transport
from app.sites.backends.options import parsed

CLOCKS_AGREE: Final = timedelta(minutes=2)
"""What two clocks may differ by before it is said."""
_AT_ONCE: Final = 4
"""Cameras of one site that are asked about at the same time."""
_QUESTIONS: Final = {Service.WORK_ORDERS: "工单查询", Service.DETECTION: "目标检测"}


class HttpBackend:
    """`core.ports.Backend` over a JSON interface."""

    contract = BACKEND_CONTRACT

    def __init__(
        self, options: HttpOptions, context: BackendContext, carrier: Carrier
    ) -> None:
        """Take the settings, the desk's side and what carries requests."""
        self._name = context.name
        self._options = options
        self._title = options.title or context.name
        self._clock = context.clock
        self._carrier = carrier
        self._exchange = Exchange(
            carrier, options.envelope, title=self._title, clock=context.clock
        )
        self._pictures = Pictures(carrier, context.evidence_dir)

    @classmethod
    def from_context(cls, context: BackendContext) -> "HttpBackend":
        """Make it from its settings; nothing is connected yet.

        Raises:
            SettingsError: The settings are wrong; the sentence names what.
        """
        options = parsed(HttpOptions, context.options, system=context.name)
        return cls(options, context, Transport(options.connection, context))

    @property
    def name(self) -> str:
        """Name in the settings, on the screen and in the record."""
        return self._name

    @property
    def host(self) -> str:
        """`host:port`, for the record."""
        return self._carrier.host

    @property
    def services(self) -> frozenset[Service]:
        """The questions that the settings describe."""
        return self._options.services

    async def expected(self, site: Site, at: datetime) -> WorkOrder:
        """Ask for the site's work orders.

        Raises:
            BackendError: No usable answer; the subclass says why.
        """
        options = self._options.work_orders
        if options is None:
            raise BackendRefusedError(f"{self._title}没有配置工单查询")
        asked = Asked(at=at.astimezone(self._options.timezone), site=site)
        reader = self._reader(options, "work_orders")
        rows: Sequence[object] = ()
        if options.paging is not None:
            pages = await all_rows(
                options.paging,
                partial(self._page, options.request, asked),
                reader=reader,
                name="items",
                items=options.items,
            )
            rows = pages.rows if pages else ()
        else:
            answered = await self._exchange.ask(filled(options.request, asked))
            if not answered.nothing:
                rows = reader.rows("items", options.items, answered.document)
        return order_from(rows, options, reader, site=site, at=at)

    async def observe(self, site: Site, check: Check, at: datetime) -> Scene:
        """Ask what the cameras counted.

        Raises:
            BackendError: No usable answer; the subclass says why.
        """
        options = self._options.detection_for(check)
        if options is None:
            raise BackendRefusedError(f"{self._title}没有配置这一检查项")
        asked = Asked(at=at.astimezone(self._options.timezone), site=site, check=check)
        reader = self._reader(options, "detection")
        views = await self._views(options, reader, asked)
        # Judged first: there is no use in pictures of numbers that make no sense.
        scene = scene_from(views, options, reader, site=site)
        evidence = await self._pictures.of(views, options, reader, asked)
        return replace(scene, evidence=evidence)

    async def health(self) -> Health:
        """Say whether the system answers, without asking about a site."""
        try:
            await self._tried()
        except BackendError as error:
            return Health(
                name=self._title,
                ok=False,
                detail=f"{error.message.removesuffix('。')} ({self._carrier.host})",
                remedy=error.remedy,
                key=self._name,
            )
        answers = "、".join(_QUESTIONS[s] for s in Service if s in self.services)
        detail = f"{self._carrier.host} 可以连接, 用于{answers}"
        return Health(
            name=self._title,
            ok=True,
            detail=detail + _clock_note(self._exchange.clock_off),
            key=self._name,
        )

    async def close(self) -> None:
        """Give back connections."""
        await self._carrier.close()

    async def _tried(self) -> None:
        """Ask the question of the settings, or, without one, for anything at all."""
        if (health := self._options.health) is not None:
            at = self._clock.now().astimezone(self._options.timezone)
            await self._exchange.ask(filled(health.request, Asked(at=at)), ok=health.ok)
            return
        # Whatever is at the root: that something answers there is the news.
        with suppress(BackendDataError):
            await self._carrier.fetch(HttpRequest(method="GET", path="/"))

    async def _views(
        self, options: DetectionOptions, reader: Reader, asked: Asked
    ) -> list[View]:
        """Ask as often as the settings say, and give what each camera says."""
        if options.paging is not None and options.rows is not None:
            pages = await all_rows(
                options.paging,
                partial(self._page_of_site, options, reader, asked),
                reader=reader,
                name="rows",
                items=options.rows,
            )
            if pages is None:
                self._nothing()
            document = {"rows": pages.rows, "first": pages.first.document}
            whole = replace(pages.first, document=document)
            return views_from(whole, options, reader)
        if not options.each_camera:
            return views_from(await self._scene(options, asked), options, reader)
        cameras = tuple(dict.fromkeys(asked.cameras))
        if not 1 <= len(cameras) <= MOST_CAMERAS:
            raise BackendRefusedError(
                f"站点在目录里登记了{len(cameras)}个摄像头, 应为1到{MOST_CAMERAS}个",
                "请在站点目录里更正后重新导入。",
            )
        slot = asyncio.Semaphore(_AT_ONCE)

        async def one(camera: str) -> list[View]:
            async with slot:
                answered = await self._scene(options, asked.at_camera(camera))
            return views_from(answered, options, reader, camera)

        several = await _all_or_none([one(camera) for camera in cameras])
        return [view for views in several for view in views]

    async def _scene(self, options: DetectionOptions, asked: Asked) -> Answered:
        answered = await self._exchange.ask(filled(options.request, asked))
        if answered.nothing:
            self._nothing()
        return answered

    def _nothing(self) -> NoReturn:
        raise BackendRefusedError(f"{self._title}说没有这个站点的检测数据")

    async def _page(
        self, request: RequestOptions, asked: Asked, page: PageAsked
    ) -> Answered:
        return await self._exchange.ask(filled(request, asked.on(page)))

    async def _page_of_site(
        self,
        options: DetectionOptions,
        reader: Reader,
        asked: Asked,
        page: PageAsked,
    ) -> Answered:
        """Ask for a page of people; each page must be about the site."""
        answered = await self._page(options.request, asked, page)
        if answered.nothing or options.rows is None or asked.site is None:
            return answered
        first = answered.document
        rows = reader.rows("rows", options.rows, first)
        # With `items`, each of them says whose it is; an empty page says nothing.
        if rows and options.items is None:
            document = {"rows": rows, "first": first}
            reader.check_site(options.site, document, asked.site)
        return answered

    def _reader(self, options: OrderOptions | DetectionOptions, block: str) -> Reader:
        return Reader(
            title=self._title,
            block=block,
            times=options.time_format,
            zone=self._options.timezone,
            digits=options.numbers == "text",
        )


async def _all_or_none(
    works: Sequence[Coroutine[Any, Any, list[View]]],
) -> list[list[View]]:
    """Carry all out at once; the first that fails ends the others."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _clock_note(off: timedelta | None) -> str:
    if off is None or abs(off) <= CLOCKS_AGREE:
        return ""
    minutes = round(abs(off) / timedelta(minutes=1))
    which = "快" if off > timedelta() else "慢"
    return f"; 它的时钟比本机{which}{minutes}分钟, 请校时, 否则它的画面会被判为过时"
