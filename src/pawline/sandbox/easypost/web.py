"""EasyPost over HTTP: its API below `/easypost/v2`, and the desk's addresses for what happens there."""

from __future__ import annotations

import base64
import hmac
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec
from aiohttp import web

from pawline.sandbox.answers import JSON, Refused, acting, answering, decoded, encode
from pawline.sandbox.easypost.calls import Call, No
from pawline.sandbox.manner import Manner
from pawline.sandbox.meeting import meeting
from pawline.sandbox.saying import mannered

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.web import Desk

NAME: Final = "easypost"
ACTS: Final = ("move", "settle", "fresh")


def easypost_routes(desk: Desk, admit: Callable[[web.Request], None]) -> list[web.RouteDef]:
    """The vendor's own, and the desk's; `admit` knows the desk's token."""
    route = partial(answering, admit)

    async def broke(request: web.Request) -> None:
        desk.easypost.broke = decoded(await request.read(), bool)

    return [
        web.route("*", "/easypost/v2/{path:.*}", partial(_call, desk)),
        *(web.post(f"/desk/easypost/{name}", route(acting(desk, f"easypost/{name}"))) for name in ACTS),
        web.put("/desk/easypost/broke", route(broke)),
    ]


async def _call(desk: Desk, request: web.Request) -> web.StreamResponse:
    manner = desk.manners.get(NAME, Manner())

    async def admit() -> Call:
        if manner.stranger or not _knows(desk.easypost.key, request.headers.get("Authorization", "")):
            raise _refused(401, "APIKEY.INACTIVE")
        return _asked(request, await request.read())

    def limit(asked: Call, seconds: float | None) -> None:
        if seconds is not None:
            raise _refused(429, "RATE_LIMITED", {"Retry-After": f"{max(1, round(seconds))}"})
        if desk.easypost.broke and asked.route.endswith("/buy"):
            raise _refused(402, "BILLING.INSUFFICIENT_FUNDS")

    return await mannered(manner, request, admit, limit, partial(_met, desk))


def _knows(key: str, given: str) -> bool:
    """By basic authentication, as EasyPost's pages have it, or by a bearer's token, as its own clients do."""
    basic = base64.b64encode(f"{key}:".encode()).decode()
    return any(hmac.compare_digest(given.encode(), good.encode()) for good in (f"Basic {basic}", f"Bearer {key}"))


def _asked(request: web.Request, raw: bytes) -> Call:
    try:
        body = msgspec.json.decode(raw, type=dict[str, Any]) if raw else {}
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise _refused(400, "BAD_REQUEST") from None
    path = tuple(part for part in request.match_info["path"].split("/") if part)
    return Call(method=request.method, path=path, query=dict(request.query), body=body)


async def _met(desk: Desk, asked: Call) -> web.Response:
    def refuse(status: int) -> Refused:
        wait = {"Retry-After": f"{max(1, round(desk.vendors.faults.retry_after))}"}
        limited = status == HTTPStatus.TOO_MANY_REQUESTS
        return _refused(status, "RATE_LIMITED" if limited else "INTERNAL_SERVER_ERROR", wait if limited else None)

    answer = await meeting(desk.vendors, partial(_do, desk, asked), refuse)
    return web.Response(status=asked.answered, body=encode(answer), headers=JSON)


def _do(desk: Desk, asked: Call) -> dict[str, Any]:
    if asked.writes:
        answer: dict[str, Any] = desk.act("easypost/call", encode(asked))
        return answer
    try:
        return desk.easypost.api.answer(asked)
    except No as no:
        raise Refused(web.Response(status=no.status, body=encode(no.body), headers=JSON)) from None


def _refused(status: int, code: str, more: dict[str, str] | None = None) -> Refused:
    return Refused(web.Response(status=status, body=encode(No(status, code).body), headers={**JSON, **(more or {})}))
