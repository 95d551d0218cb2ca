"""Three sites asked at once, of which the one in the middle has a system with a fault.

    async with serving(Vendor(scene=...).app) as url:
        seen = await ThreeSites(tmp_path).ask(url)
    assert_others_are_right(seen)

Everything between the server and the observation is what the desk runs: router,
dispatcher, `HttpBackend` by the settings of `resources/systems/native.toml`.
"""

import hashlib
import io
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from PIL import Image
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.core.cancel import CancelToken
from app.core.checks import judge, judged_observation
from app.core.model import (
    Call,
    Check,
    Finding,
    Origin,
    Outcome,
    RunRecord,
    Severity,
    Site,
    Verdict,
)
from app.core.observation import Evidence, MissingReason, Observation, Service
from app.core.ports import Backend, Health
from app.core.request import new_run_id
from app.sites.backends.context import BackendContext
from app.sites.backends.described import read_system
from app.sites.backends.http.backend import HttpBackend
from app.sites.dispatcher import ConcurrentDispatcher
from app.sites.routing import Router
from app.system.paths import resources
from tests.fakes import HeldClock
from tests.site_server import RawCall

AT: Final = HeldClock().now()
"""Eleven in the morning in Beijing; the clock stands still there."""
TOKEN: Final = "tok-5ecret-0123456789abcdef"
EAST, SICK, WEST = SITES = (
    Site(id="E-1", name="东郊"),
    Site(id="S-2", name="南站"),
    Site(id="W-3", name="西城"),
)
PEOPLE: Final = defaultdict(
    lambda: (1, 1), {EAST.id: (47, 34), SICK.id: (9, 8), WEST.id: (12, 12)}
)
"""How many should be there, and are."""

Seen = Mapping[str, Observation]
Reply = Callable[[Request], Response]


@cache
def picture(site_id: str) -> bytes:
    shade = 40 * (1 + list(PEOPLE).index(site_id))
    data = io.BytesIO()
    Image.new("RGB", (64, 48), (shade, shade, shade)).save(data, format="PNG")
    return data.getvalue()


def order(site_id: str = SICK.id, **changes: object) -> dict[str, Any]:
    """What the work-order system says; the envelope and the total are for some."""
    listed = {
        "expected": PEOPLE[site_id][0],
        "ticket": f"GZP-{site_id}",
        "leader": "王建国",
        "valid_from": (AT - timedelta(hours=2)).isoformat(),
        "valid_until": (AT + timedelta(hours=8)).isoformat(),
        **changes,
    }
    return {"code": 0, "total": 1, "next": None, "orders": [listed]}


def scene(site_id: str = SICK.id, **changes: object) -> dict[str, Any]:
    """What the cameras say."""
    return {
        "code": 0,
        "site": site_id,
        "people": PEOPLE[site_id][1],
        "wearing": PEOPLE[site_id][1] - 1,
        "carrying": 1,
        "taken_at": (AT - timedelta(seconds=4)).isoformat(),
        "frames": 5,
        "detector": "hat-net 3.1",
        "confidence": 0.88,
        "pictures": [{"url": f"/{site_id}.png", "annotated": False, "camera": "东门"}],
        **changes,
    }


def date(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


def written(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def right(site: Site) -> Observation:
    """The whole answer for a site, as it is when nothing is wrong anywhere."""
    said, digest = scene(site.id), hashlib.sha256(picture(site.id)).hexdigest()
    return Observation(
        expected=PEOPLE[site.id][0],
        ticket=f"GZP-{site.id}",
        leader="王建国",
        actual=said["people"],
        wearing=said["wearing"],
        carrying=1,
        taken_at=AT - timedelta(seconds=4),
        frames=5,
        detector="hat-net 3.1",
        detector_confidence=0.88,
        evidence=(
            Evidence(path=f"{digest[:2]}/{digest}.png", sha256=digest, camera="东门"),
        ),
        sources=("站点服务",),
        attempts=1,
    )


def settings(url: str, **changes: object) -> dict[str, Any]:
    """The native settings, pointed at a server."""
    options: Any = deepcopy(
        read_system(resources() / "systems" / "native.toml").options
    )
    options["connection"]["base_url"] = url
    options["connection"].update(changes)
    # A busy machine is no reason to lose a picture; a test of slow ones sets its own.
    for block in options["detection"]:
        block["pictures_within_s"] = 10.0
    return options


class Vendor:
    """A real ASGI system; for the sick sites it answers as it is told."""

    def __init__(
        self,
        *,
        orders: Reply | None = None,
        scenes: Reply | None = None,
        pictures: Reply | None = None,
        sick: Sequence[Site] = (SICK,),
    ) -> None:
        self._sick = {site.id for site in sick}
        self.requests: list[Request] = []
        routes: Sequence[tuple[str, Reply | None, Reply]] = (
            ("/v1/sites/{id}/work-order", orders, _order),
            ("/v1/sites/{id}/scene", scenes, _scene),
            ("/{id}.png", pictures, _picture),
            ("/v1/health", None, lambda request: JSONResponse({"status": "ok"})),
        )
        self.app = Starlette(
            routes=[Route(path, self._answering(*how)) for path, *how in routes],
            exception_handlers={ClientDisconnect: _nobody_waits},
        )

    def _answering(
        self, sick: Reply | None, well: Reply
    ) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            self.requests.append(request)
            if request.headers.get("Authorization") != f"Bearer {TOKEN}":
                return Response(status_code=401)
            of_the_sick = request.path_params.get("id") in self._sick
            return (sick if sick and of_the_sick else well)(request)

        return answer

    def asked_about(self, site: Site) -> bool:
        return any(
            request.path_params.get("id") == site.id for request in self.requests
        )


def _order(request: Request) -> Response:
    return JSONResponse(order(request.path_params["id"]))


def _scene(request: Request) -> Response:
    return JSONResponse(scene(request.path_params["id"]), headers={"Date": date(AT)})


def _picture(request: Request) -> Response:
    return Response(picture(request.path_params["id"]), media_type="image/png")


async def _nobody_waits(request: Request, error: Exception) -> Response:
    return Response(status_code=499)


def raw_vendor(
    sick: Callable[[RawCall], Awaitable[None]], question: str = "scene"
) -> Callable[[RawCall], Awaitable[None]]:
    """The same system, byte by byte; one question about the sick site is `sick`'s."""

    async def answer(call: RawCall) -> None:
        path = urlsplit(call.head.split(" ")[1]).path
        site_id, _, asked = path.removeprefix("/v1/sites/").partition("/")
        if site_id == SICK.id and asked == question:
            await sick(call)
            return
        if path.endswith(".png"):
            body = picture(path.strip("/").removesuffix(".png"))
        elif path == "/v1/health":
            body = written({"status": "ok"})
        else:
            body = written((order if asked == "work-order" else scene)(site_id))
        await call.send(whole(body))

    return answer


def whole(body: bytes) -> bytes:
    """A sound answer."""
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


@dataclass
class ThreeSites:
    """The desk's side; remembers all that could hold a secret."""

    folder: Path
    clock: HeldClock = field(default_factory=HeldClock)
    calls: list[Call] = field(default_factory=list)
    seen: list[Observation] = field(default_factory=list)
    health: list[Health] = field(default_factory=list)

    @property
    def evidence(self) -> Path:
        return self.folder / "evidence"

    def context(self, name: str, options: Mapping[str, object]) -> BackendContext:
        return BackendContext(
            name=name,
            evidence_dir=self.evidence,
            clock=self.clock,
            secret=lambda _: TOKEN,
            folder=self.folder,
            options=options,
        )

    def http(self, options: Mapping[str, object]) -> HttpBackend:
        return HttpBackend.from_context(self.context("theirs", options))

    async def ask(
        self,
        well: Backend | str,
        *,
        sick: Backend | str | None = None,
        check: Check = Check.HEADCOUNT,
        sites: Sequence[Site] = SITES,
        timeout_s: float = 20.0,
    ) -> dict[str, Observation]:
        """Ask about all sites at once; the backends are closed afterwards.

        `sick` answers for the site in the middle, else all have one system. A text is
        the address of a system with the native settings.
        """
        made = {
            name: self.http(settings(each)) if isinstance(each, str) else each
            for name, each in (("well", well), ("sick", sick))
            if each is not None
        }
        routes = {f"site={SICK.id}": "sick"} if sick is not None else {}
        router = Router(routes, default="well", known=made, make=made.__getitem__)
        dispatcher = ConcurrentDispatcher(
            router.backend_for, clock=self.clock, timeout_s=timeout_s
        )
        try:
            seen = await self.dispatched(dispatcher, sites, check)
            self.health += [await backend.health() for backend in made.values()]
        finally:
            for backend in made.values():
                await backend.close()
        return seen

    async def dispatched(
        self,
        dispatcher: ConcurrentDispatcher,
        sites: Sequence[Site] = SITES,
        check: Check = Check.HEADCOUNT,
    ) -> dict[str, Observation]:
        """Give what is said of each site, as the record will hold it."""
        calls = [Call(site, check) for site in sites]
        answers = dispatcher.dispatch(calls, at=AT, cancel=CancelToken())
        seen = {index: observation async for index, observation in answers}
        assert sorted(seen) == list(range(len(calls)))
        judged = [judged_observation(calls[at], seen[at]) for at in sorted(seen)]
        self.calls += calls
        self.seen += judged
        return {call.site.id: each for call, each in zip(calls, judged, strict=True)}

    def record(self) -> RunRecord:
        """All findings, as the journal is given them."""
        findings = []
        for call, observation in zip(self.calls, self.seen, strict=True):
            said = judge(call, observation)
            findings.append(
                Finding(
                    call=call,
                    observation=observation,
                    verdict=said.verdict,
                    severity=said.severity,
                    summary=said.sentence,
                )
            )
        return RunRecord(
            run_id=new_run_id(),
            started_at=AT,
            finished_at=AT,
            operator="李明",
            workstation="一号席",
            origin=Origin.TYPED,
            outcome=Outcome.ANSWERED,
            findings=tuple(findings),
        )


def assert_others_are_right(seen: Seen, *others: Site) -> None:
    for site in others or (EAST, WEST):
        found = replace(seen[site.id], latency_ms=0.0, exchanges=())
        assert found == right(site)


def assert_no_number(
    observation: Observation,
    reason: MissingReason,
    words: str,
    *,
    check: Check = Check.HEADCOUNT,
    lost: Service = Service.DETECTION,
) -> None:
    """数据缺失 with its reason; the half of the answer that is well is untouched."""
    assert observation.missing is not None
    assert (observation.missing.reason, words) == (reason, words)
    judgement = judge(Call(SICK, check), observation)
    assert judgement.verdict is Verdict.DATA_MISSING
    assert judgement.severity is Severity.UNKNOWN
    assert "数据缺失" in judgement.sentence
    assert words in judgement.sentence
    sound = right(SICK)
    if lost is Service.DETECTION:
        assert observation.actual is None
        counted = reason is MissingReason.NOT_COUNTED
        assert counted or observation.wearing is observation.carrying is None
        assert (observation.expected, observation.ticket) == (9, sound.ticket)
    else:
        assert observation.expected is None
        assert (observation.actual, observation.evidence) == (8, sound.evidence)
