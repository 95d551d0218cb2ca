"""The settings of a JSON system: what an installer writes in `systems/NAME.toml`."""

from enum import StrEnum
from typing import Annotated, Literal, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from app.core.model import Check
from app.core.observation import Service
from app.sites.answers import MOST_PICTURES
from app.sites.backends.http.fields import ListPath, Path
from app.sites.backends.http.parsing import ReadBy
from app.sites.backends.http.templates import (
    CHECK,
    PAGE,
    SITE,
    TIMES,
    JsonTable,
    Pairs,
    PathText,
    Table,
)
from app.sites.backends.http.times import ReadTime, SentTime, TimeFormat
from app.sites.backends.http.transport import TransportOptions
from app.sites.backends.options import Options

_ISO = TimeFormat("iso")
MOST_PAGE_SIZE = 100
MOST_PAGES = 200


def _zone(name: object) -> ZoneInfo:
    if not isinstance(name, str):
        raise ValueError('应为时区名称, 例如 "Asia/Shanghai"')
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise ValueError(f'没有时区 {name:.40}, 例如 "Asia/Shanghai"') from None


Zone: TypeAlias = Annotated[ZoneInfo, ReadBy(_zone)]


class Meaning(StrEnum):
    """What a vendor's code says."""

    REFUSED = "refused"
    TIMEOUT = "timeout"
    BUSY = "busy"
    UNREACHABLE = "unreachable"
    BAD_DATA = "bad_data"
    NOTHING = "nothing"
    """The system knows of nothing here: no work order, no detection."""


class EnvelopeOptions(Options):
    """What every answer is wrapped in."""

    ok: Path
    """Must give true for an answer that can be used."""
    code: Path | None = None
    """The vendor's code for what went wrong."""
    message: Path | None = None
    """The vendor's sentence; twenty characters of it are shown."""
    codes: dict[str, Annotated[Meaning, Field(strict=False)]] = Field(
        default_factory=dict
    )
    """Vendor's code → what it means; a code that is not here is a refusal."""

    @model_validator(mode="after")
    def _codes_need_a_path(self) -> "EnvelopeOptions":
        if self.codes and self.code is None:
            raise ValueError("写了 codes 就要写 code (错误码在答复里的位置)")
        return self


class RequestOptions(Options):
    """One request, with {variables} in its values."""

    method: Literal["GET", "POST"] = "GET"
    path: PathText
    query: Pairs = Table()
    body: JsonTable | None = None
    """Sent as JSON."""
    form: Pairs | None = None
    """Sent as a form."""
    time_format: SentTime = _ISO
    """How times are written, where a variable does not say: {at:%Y-%m-%d}."""
    window_hours: Annotated[int, Field(ge=1, le=24)] = 24
    """From {window_start} to {window_end}."""

    @model_validator(mode="after")
    def _body_fits_the_method(self) -> "RequestOptions":
        if self.body is not None and self.form is not None:
            raise ValueError("body 和 form 只能写一个")
        if self.method == "GET" and (self.body or self.form) is not None:
            raise ValueError('带 body 或 form 的请求要写 method = "POST"')
        return self

    @property
    def names(self) -> frozenset[str]:
        """The variables in it."""
        tables = (t for t in (self.query, self.body, self.form) if t is not None)
        return self.path.names.union(*(table.names for table in tables))

    def check_variables(self, allowed: frozenset[str]) -> None:
        """Refuse variables that have no value here.

        Raises:
            ValueError: There is one; the sentence names it.
        """
        if wrong := sorted(self.names - allowed):
            raise ValueError(f"这里的请求不能用变量 {{{wrong[0]}}}")


class PagingOptions(Options):
    """A list that comes in pages."""

    style: Literal["number", "offset", "cursor"] = "number"
    page_size: Annotated[int, Field(ge=1, le=MOST_PAGE_SIZE)] = MOST_PAGE_SIZE
    first: Annotated[int, Field(ge=0, le=1)] = 1
    """Number of the first page."""
    total: Path | None = None
    """How many rows there are in all."""
    until: Literal["short", "empty"] | None = None
    """Without a total: which page is the last, one that is not full or an empty one."""
    cursor: Path | None = None
    """Where the next page begins; null or an empty text: there is none."""
    key: Path | None = None
    """What tells one row from another; twice the same is then noticed."""
    most_pages: Annotated[int, Field(ge=1, le=MOST_PAGES)] = 20

    @model_validator(mode="after")
    def _it_can_end(self) -> "PagingOptions":
        if (self.style == "cursor") != (self.cursor is not None):
            raise ValueError('cursor 与 style = "cursor" 要一起写')
        if self.style != "cursor" and (self.total is None) == (self.until is None):
            raise ValueError("请写 total (总数的位置) 或 until (怎样算末页), 只写一个")
        if self.style == "cursor" and self.until is not None:
            raise ValueError('style = "cursor" 时不用写 until')
        return self

    def check_request(self, request: RequestOptions) -> None:
        """Refuse a request that would always ask for the same page.

        Raises:
            ValueError: The variable of this style is not in it.
        """
        turned = {"number": "page", "offset": "offset", "cursor": "cursor"}[self.style]
        if turned not in request.names:
            raise ValueError(f"分页查询的请求里要有变量 {{{turned}}}")
        # A system with a smaller page of its own would look done after the first.
        if self.until == "short" and "page_size" not in request.names:
            raise ValueError('until = "short" 的请求里要有变量 {page_size}')


class _Block(Options):
    """What both questions have in common."""

    request: RequestOptions
    paging: PagingOptions | None = None
    numbers: Literal["number", "text"] = "number"
    """Whether numbers come as text too: "47"."""
    time_format: ReadTime = _ISO
    """How times in the answer are written."""

    def _check_request(self, allowed: frozenset[str]) -> None:
        if self.paging is not None:
            self.paging.check_request(self.request)
            allowed |= PAGE
        self.request.check_variables(allowed)


class OrderOptions(_Block):
    """How many people should be at a site: a list of work orders."""

    items: ListPath
    """The list of orders. For a single one: `[data]`."""
    expected: Path
    ticket: Path | None = None
    leader: Path | None = None
    valid_from: Path | None = None
    valid_until: Path | None = None
    """A day without a time of day counts to its end."""
    active: Path | None = None
    """Must give true for an order that counts, e.g. `status == 'APPROVED'`."""
    site: Path | None = None
    """Whose order it is; must be the site that was asked about."""
    empty: Literal["none", "unknown"] = "unknown"
    """What an empty list says: no order today (0 people), or nothing. A wrong key of a
    site gives an empty list too, so "none" is for keys that were checked."""

    @model_validator(mode="after")
    def _variables_exist(self) -> "OrderOptions":
        self._check_request(frozenset({*SITE, *TIMES}))
        if self.paging is not None:
            self.items.check_page()
        return self


class PictureOptions(Options):
    """Where a picture comes from; exactly one of `url`, `data`, `path`."""

    items: Path | None = None
    """The list of pictures, where the answer tells more of each than its address; the
    other fields are then looked for in each of them."""
    url: Path | None = None
    """Addresses in the answer: a text, or a list of them."""
    data: Path | None = None
    """Pictures in the answer itself, as base64."""
    path: PathText | None = None
    """A fixed address of the system, e.g. of a camera's snapshot."""
    camera: Path | None = None
    taken_at: Path | None = None
    annotated: bool = False
    """Whether the system has drawn into it what it found."""

    @model_validator(mode="after")
    def _one_source(self) -> "PictureOptions":
        given = [s for s in (self.url, self.data, self.path) if s is not None]
        if len(given) != 1:
            raise ValueError("请写 url、data、path 之一")
        if self.path is not None and self.items is not None:
            raise ValueError("path 是固定地址, 不能与 items 同用")
        if self.path is not None:
            allowed = frozenset({*SITE, *TIMES, CHECK})
            if wrong := sorted(self.path.names - allowed):
                raise ValueError(f"图片地址不能用变量 {{{wrong[0]}}}")
        return self


class DetectionOptions(_Block):
    """How many people are at a site, and what they wear and carry."""

    checks: Annotated[
        tuple[Annotated[Check, Field(strict=False)], ...],
        Field(strict=False, min_length=1),
    ] = tuple(Check)
    """The checks that this request answers."""
    each_camera: bool = False
    """Whether to ask once for each of the site's cameras."""
    rows: ListPath | None = None
    """The list that comes in pages. The fields are then looked for in an object with
    `rows`, all of them, and `first`, the first page's answer."""
    items: ListPath | None = None
    """The list of cameras, where one answer tells of several."""
    merge: Literal["sum", "max", "first"] | None = None
    """What several cameras make together."""
    site: Path | None = None
    """Whose answer it is; must be the site that was asked about."""
    people: Path | None = None
    wearing: Path | None = None
    carrying: Path | None = None
    taken_at: Path | None = None
    live: bool = False
    """Whether the answer is the state of this moment and so has no time of its own:
    the time is then the answer's own date, by the system's clock."""
    frames: Path | None = None
    detector: Path | None = None
    confidence: Path | None = None
    pictures: Annotated[
        tuple[PictureOptions, ...], Field(strict=False, max_length=8)
    ] = ()
    most_pictures: Annotated[int, Field(ge=1, le=MOST_PICTURES)] = 4
    pictures_within_s: Annotated[float, Field(ge=0.1, le=10)] = 1.5
    """Time for all pictures of an answer; what has not come by then is left out."""

    @model_validator(mode="after")
    def _fields_make_sense(self) -> "DetectionOptions":
        self._check_request(frozenset({*SITE, *TIMES, CHECK}))
        if (self.rows is None) != (self.paging is None):
            raise ValueError("rows 与 paging 要一起写")
        if self.rows is not None:
            self.rows.check_page()
        if self.each_camera and self.paging is not None:
            raise ValueError("each_camera 不能与分页同用")
        if self.each_camera and "site.camera" not in self.request.names:
            raise ValueError("each_camera 的请求里要有变量 {site.camera}")
        # The first camera alone would be taken for the whole site.
        if not self.each_camera and "site.camera" in self.request.names:
            raise ValueError("请求里有 {site.camera} 时要写 each_camera = true")
        several = self.each_camera or self.items is not None
        if several != (self.merge is not None):
            raise ValueError("有 items 或 each_camera 时要写 merge, 没有时不写")
        if self.live == (self.taken_at is not None):
            raise ValueError("请写 taken_at (拍摄时间的位置), 或写 live = true")
        if self.people is self.wearing is self.carrying is None:
            raise ValueError("people、wearing、carrying 至少写一个")
        return self


class HealthOptions(Options):
    """A question that is about no site."""

    request: RequestOptions
    ok: Path | None = None
    """Must give true; left out: the envelope decides."""

    @model_validator(mode="after")
    def _variables_exist(self) -> "HealthOptions":
        self.request.check_variables(TIMES)
        return self


class HttpOptions(Options):
    """A system with a JSON interface."""

    title: Annotated[str, Field(min_length=1, max_length=40)] = ""
    """Name on the screen and in the record; empty: the file's name."""
    timezone: Zone = ZoneInfo("Asia/Shanghai")
    """Where days begin, and of times without an offset."""
    connection: TransportOptions
    envelope: EnvelopeOptions | None = None
    work_orders: OrderOptions | None = None
    detection: Annotated[
        tuple[DetectionOptions, ...], Field(strict=False, max_length=len(Check))
    ] = ()
    health: HealthOptions | None = None

    @model_validator(mode="after")
    def _answers_something(self) -> "HttpOptions":
        if self.work_orders is None and not self.detection:
            raise ValueError("请写 [work_orders] 或 [[detection]], 至少一个")
        checks = [check for each in self.detection for check in each.checks]
        for check in Check:
            if checks.count(check) > 1:
                raise ValueError(f"检查项 {check} 在 [[detection]] 里写了两次")
        return self

    @property
    def services(self) -> frozenset[Service]:
        """The questions that it answers."""
        answers = (
            (Service.WORK_ORDERS, self.work_orders is not None),
            (Service.DETECTION, bool(self.detection)),
        )
        return frozenset(service for service, given in answers if given)

    def detection_for(self, check: Check) -> DetectionOptions | None:
        """Give the block that answers a check."""
        return next((each for each in self.detection if check in each.checks), None)
