"""Servers that speak the four styles of `resources/systems`, for one site."""

import base64
import hashlib
import hmac
import io
import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from PIL import Image
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.core.model import Site

SITE = Site(
    id="SD-JN-1",
    name='济南#1/2 & {东} "区" ..',
    region="济南",
    work_order_key="PRJ 0042/A",
    cameras=("东门 cam/1", "塔吊cam2"),
)
BEIJING = ZoneInfo("Asia/Shanghai")
TOKEN = "tok-0123456789abcdef"
Answer = Callable[[Request], Awaitable[Response]]


def now() -> datetime:
    return datetime.now(BEIJING)


@cache
def picture(shade: int = 90) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (64, 48), (shade, shade, shade)).save(data, format="PNG")
    return data.getvalue()


async def _gone(request: Request, error: Exception) -> Response:
    """Nobody waits for this answer any more."""
    return Response(status_code=499)


def _app(*routes: Route) -> Starlette:
    return Starlette(routes=list(routes), exception_handlers={ClientDisconnect: _gone})


async def _png(request: Request) -> Response:
    shade = 200 if "marked" in str(request.url) else 90
    return Response(picture(shade), media_type="image/png")


def work_tickets() -> Starlette:
    """Application id and token; pages of at most 100; a window of at most a day."""

    def allowed(request: Request) -> bool:
        given = request.headers.get("X-Access-Token"), request.headers.get("X-App-Id")
        return given == (TOKEN, "griddesk")

    def said(code: int, message: str, data: object = None) -> Response:
        return JSONResponse({"code": code, "message": message, "data": data})

    def written(moment: datetime) -> str:
        return f"{moment:%Y-%m-%d %H:%M:%S}"

    def ticket(number: int) -> dict[str, Any]:
        day = now().replace(hour=0, minute=0, second=0)
        return {
            "projectCode": SITE.work_order_key,
            "ticketNo": f"GZP-{number:04}",
            "planPersonNum": 1 if number else 20,
            "leaderName": "王建国" if number % 2 else "李卫东",
            "planStartTime": written(day),
            "planEndTime": written(day + timedelta(hours=23, minutes=59, seconds=59)),
            # every tenth was called off
            "status": "CANCELLED" if number % 10 == 9 else "APPROVED",
        }

    async def page(request: Request) -> Response:
        if not allowed(request):
            return said(40301, "无权访问")
        asked = await request.json()
        since, until = (
            datetime.strptime(asked[key], "%Y-%m-%d %H:%M:%S")
            for key in ("beginTime", "endTime")
        )
        size = asked["pageSize"]
        if not (
            type(size) is int and size <= 100 and until - since < timedelta(days=1)
        ):
            return said(40001, "参数错误")
        if asked["projectCode"] != SITE.work_order_key:
            return said(40401, "查无数据")
        tickets = [ticket(number) for number in range(150)]
        start = (asked["pageNum"] - 1) * size
        listed = tickets[start : start + size]
        return said(0, "ok", {"total": len(tickets), "list": listed})

    async def ping(request: Request) -> Response:
        return said(0, "ok", {"status": "UP"})

    return _app(
        Route("/gateway/api/v2/ticket/page", page, methods=["POST"]),
        Route("/gateway/api/v2/ping", ping),
    )


def smart_site() -> Starlette:
    """HMAC-signed headers; lists of people with their alarms."""
    nonces: set[str] = set()

    def signed(answer: Answer) -> Answer:
        async def checked(request: Request) -> Response:
            headers, body = request.headers, await request.body()
            target = request.scope["raw_path"].decode()
            if query := request.scope["query_string"].decode():
                target += f"?{query}"
            text = "\n".join(
                (
                    request.method,
                    target,
                    hashlib.sha256(body).hexdigest(),
                    headers["X-Ca-Timestamp"],
                    headers["X-Ca-Nonce"],
                )
            )
            digest = hmac.digest(TOKEN.encode(), text.encode(), "sha256")
            good = base64.b64encode(digest).decode() == headers["X-Ca-Signature"]
            if not good or headers["X-Ca-Nonce"] in nonces:
                return Response(status_code=401)
            nonces.add(headers["X-Ca-Nonce"])
            return await answer(request)

        return checked

    def result(value: object) -> Response:
        return JSONResponse({"success": True, "message": "", "result": value})

    def refused(code: str, message: str) -> Response:
        return JSONResponse({"success": False, "errorCode": code, "message": message})

    async def orders(request: Request) -> Response:
        query = request.query_params
        if query["siteCode"] != SITE.work_order_key:
            return refused("SITE_NOT_FOUND", "站点不存在")
        since, until = int(query["from"]), int(query["to"])
        if until - since > 86_400_000:
            return refused("BAD_WINDOW", "时间窗不能超过一天")
        order = {
            "orderNo": 20260001,
            "workerCount": "140",
            "manager": "赵敏",
            "startTime": str(since),
            "endTime": str(until + 3_600_000),
        }
        return result([order])

    def person(number: int) -> dict[str, Any]:
        alarms = [{"alarmType": 1}] if number % 3 == 0 else []
        if number < 4:
            alarms.append({"alarmType": 2})
        tools = [{"kind": "VOLTAGE_TESTER"}] if number < 120 else []
        return {"personId": f"P{number}", "alarms": alarms, "tools": tools}

    async def people(request: Request) -> Response:
        asked = await request.json()
        if asked["siteCode"] != SITE.work_order_key:
            return refused("SITE_NOT_FOUND", "站点不存在")
        if asked["regions"] != list(SITE.cameras) or asked["page"]["size"] > 100:
            return refused("BAD_REQUEST", "参数错误")
        persons = [person(number) for number in range(130)]
        start = asked["page"]["index"] * asked["page"]["size"]
        return result(
            {
                "total": len(persons),
                "snapshotTime": int(now().timestamp() * 1000) - 5000,
                "algorithm": "hat-net 3.1",
                "camera": SITE.cameras[0],
                "imageUrl": "/pic/raw.png",
                "markedImageUrl": "/pic/marked.png",
                "persons": persons[start : start + asked["page"]["size"]],
            }
        )

    async def status(request: Request) -> Response:
        return result({"uptime": 9})

    return _app(
        Route("/openapi/v1/dispatch-orders", signed(orders)),
        Route("/openapi/v1/persons/on-site", signed(people), methods=["POST"]),
        Route("/openapi/v1/status", signed(status)),
        Route("/pic/{name}", signed(_png)),
    )


def camera_zones() -> Starlette:
    """Digest authentication; counts for each camera's zones; snapshots."""
    people = {"东门 cam/1": (7, 6), "塔吊cam2": (5, 5)}

    def digested(answer: Answer) -> Answer:
        def md5(text: str) -> str:
            return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

        async def checked(request: Request) -> Response:
            given = request.headers.get("Authorization", "")
            said = dict(re.findall(r'(\w+)="?([^",]*)"?', given))
            if given.startswith("Digest ") and "response" in said:
                uri = said["uri"]
                ha1, ha2 = md5(f"griddesk:cams:{TOKEN}"), md5(f"GET:{uri}")
                middle = f"{said['nonce']}:{said['nc']}:{said['cnonce']}:auth"
                if said["response"] == md5(f"{ha1}:{middle}:{ha2}"):
                    return await answer(request)
            challenge = 'Digest realm="cams", nonce="n1", qop="auth", algorithm=MD5'
            return Response(status_code=401, headers={"WWW-Authenticate": challenge})

        return checked

    async def counts(request: Request) -> Response:
        person, hardhat = people[request.path_params["camera"]]
        older = 20 if request.path_params["camera"] == "塔吊cam2" else 2
        return JSONResponse(
            {
                "frame_time": now().timestamp() - older,
                "frames": 5,
                "model": "yolo-hardhat 2",
                "score": 0.91 if older == 2 else 0.84,
                "zones": {
                    "work_area": {"person": person, "hardhat": hardhat},
                    "road": {"person": 30, "hardhat": 0},
                },
            }
        )

    async def stats(request: Request) -> Response:
        return JSONResponse({"detection_fps": 4.8})

    # A camera's name with a slash comes as one segment, and starlette decodes it.
    return _app(
        Route("/api/stats", digested(stats)),
        Route("/api/{camera:path}/counts", digested(counts)),
        Route("/api/{camera:path}/latest.jpg", digested(_png)),
    )


def native() -> Starlette:
    """The house's own contract, as `openapi.json` describes it."""

    def bearing(answer: Answer) -> Answer:
        async def checked(request: Request) -> Response:
            if request.headers.get("Authorization") != f"Bearer {TOKEN}":
                return JSONResponse({"title": "unauthorised"}, 401)
            return await answer(request)

        return checked

    async def work_order(request: Request) -> Response:
        at = datetime.fromisoformat(request.query_params["at"])
        if request.path_params["id"] != SITE.id or at.tzinfo is None:
            return JSONResponse({"title": "no such site"}, 404)
        order = {
            "expected": 47,
            "ticket": "GZP-1",
            "leader": "王建国",
            "valid_from": (at - timedelta(hours=2)).isoformat(),
            "valid_until": None,
        }
        return JSONResponse({"orders": [order]})

    async def scene(request: Request) -> Response:
        if request.query_params["check"] not in ("headcount", "helmet", "equipment"):
            return JSONResponse({"title": "no such check"}, 400)
        taken = (now() - timedelta(seconds=4)).isoformat()
        pictures = [
            {"url": f"/{name}.png", "annotated": marked, "camera": "东门"}
            for name, marked in (("raw", False), ("marked", True))
        ]
        return JSONResponse(
            {
                "site": request.path_params["id"],
                "people": 34,
                "wearing": 31,
                "carrying": None,
                "taken_at": taken,
                "frames": 12,
                "detector": "griddesk-eye 1",
                "confidence": 0.88,
                "pictures": [{**each, "taken_at": taken} for each in pictures],
            }
        )

    async def health(request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    return _app(
        Route("/v1/sites/{id}/work-order", bearing(work_order)),
        Route("/v1/sites/{id}/scene", bearing(scene)),
        Route("/v1/health", bearing(health)),
        Route("/{picture}.png", bearing(_png), include_in_schema=False),
    )
