"""Zigpoll over HTTP: its API below `/zigpoll`, and the desk's addresses for what happens there."""

from __future__ import annotations

import hmac
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec
from aiohttp import web

from pawline.sandbox.answers import JSON, Refused, acting, answering, encode
from pawline.sandbox.manner import Manner
from pawline.sandbox.meeting import meeting
from pawline.sandbox.saying import mannered
from pawline.sandbox.zigpoll.api import Call, No

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.web import Desk

NAME: Final = "zigpoll"
ACTS: Final = ("answer", "poll")


def zigpoll_routes(desk: Desk, admit: Callable[[web.Request], None]) -> list[web.RouteDef]:
    """The vendor's own, and the desk's; `admit` knows the desk's token."""
    route = partial(answering, admit)
    return [
        web.route("*", "/zigpoll/{path:.*}", partial(_call, desk)),
        *(web.post(f"/desk/zigpoll/{name}", route(acting(desk, f"zigpoll/{name}"))) for name in ACTS),
    ]


async def _call(desk: Desk, request: web.Request) -> web.StreamResponse:
    manner = desk.manners.get(NAME, Manner())

    async def admit() -> Call:
        given = request.headers.get("Authorization", "")
        if manner.stranger or not hmac.compare_digest(given.encode(), desk.zigpoll.key.encode()):
            raise _refused(422, "Invalid API key")  # whatever is asked for, also what is not there
        return _asked(request, await request.read())

    def limit(_: Call, seconds: float | None) -> None:
        if seconds is not None:
            raise _refused(429, "Too many requests", {"Retry-After": f"{max(1, round(seconds))}"})

    return await mannered(manner, request, admit, limit, partial(_met, desk))


def _asked(request: web.Request, raw: bytes) -> Call:
    try:
        body = msgspec.json.decode(raw, type=dict[str, Any]) if raw else {}
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise _refused(400, "Bad request") from None
    return Call(method=request.method, path=request.match_info["path"], query=dict(request.query), body=body)


async def _met(desk: Desk, asked: Call) -> web.Response:
    def refuse(status: int) -> Refused:
        wait = {"Retry-After": f"{max(1, round(desk.vendors.faults.retry_after))}"}
        limited = status == HTTPStatus.TOO_MANY_REQUESTS
        return _refused(status, HTTPStatus(status).phrase, wait if limited else None)

    answer = await meeting(desk.vendors, partial(_do, desk, asked), refuse)
    return web.Response(body=encode(answer), headers=JSON)


def _do(desk: Desk, asked: Call) -> Any:  # noqa: ANN401 - JSON
    if asked.writes:
        return desk.act("zigpoll/call", encode(asked))
    try:
        return desk.zigpoll.api.answer(asked)
    except No as no:
        raise Refused(web.Response(status=no.status, body=encode(no.body), headers=JSON)) from None


def _refused(status: int, text: str, more: dict[str, str] | None = None) -> Refused:
    body = encode({"error": text})
    return Refused(web.Response(status=status, body=body, headers={**JSON, **(more or {})}))
