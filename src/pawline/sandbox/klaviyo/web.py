"""Klaviyo over HTTP: its addresses below `/api`, and the desk's for what happens there."""

from __future__ import annotations

import json
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import msgspec
from aiohttp import web

from pawline.sandbox.answers import Refused, acting, answering, decoded, encode
from pawline.sandbox.klaviyo.klaviyo import REVISION, Asked, Endpoint, endpoint
from pawline.sandbox.klaviyo.wrongs import Refusal, Said, invalid
from pawline.sandbox.manner import Manner
from pawline.sandbox.meeting import meeting
from pawline.sandbox.saying import mannered

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.klaviyo.klaviyo import Klaviyo
    from pawline.sandbox.web import Desk

NAME: Final = "klaviyo"
JSON: Final = "application/vnd.api+json"
_WRONG: Final = {500: "A server error occurred.", 503: "Service unavailable."}


def klaviyo_routes(desk: Desk, admit: Callable[[web.Request], None]) -> list[web.RouteDef]:
    """The vendor's own, and the desk's; `admit` knows the desk's token."""
    route = partial(answering, admit)

    async def scopes(request: web.Request) -> None:
        desk.klaviyo.scopes = frozenset(decoded(await request.read(), list[str]))

    return [
        web.route("*", "/api/{path:.*}", partial(_call, desk)),
        web.post("/desk/klaviyo/flows", route(acting(desk, "klaviyo/flows"))),
        web.post("/desk/klaviyo/decisions", route(acting(desk, "klaviyo/decisions"))),
        web.post("/desk/klaviyo/people", route(acting(desk, "klaviyo/people"))),
        web.post("/desk/klaviyo/days", route(acting(desk, "klaviyo/days"))),
        web.put("/desk/klaviyo/pace", route(acting(desk, "klaviyo/pace"))),
        web.put("/desk/klaviyo/scopes", route(scopes)),
    ]


async def _call(desk: Desk, request: web.Request) -> web.StreamResponse:
    manner, windows = desk.manners.get(NAME, Manner()), desk.klaviyo.windows

    def limit(asked: tuple[Endpoint, Asked], seconds: float | None) -> None:
        one = asked[0]
        if seconds is not None:
            raise _limited(seconds)
        if wait := windows.enter(f"{one.method} {one.path}", one.rate):
            raise _limited(wait)

    async def answer(asked: tuple[Endpoint, Asked]) -> web.Response:
        one = asked[0]
        headers = windows.headers(f"{one.method} {one.path}", one.rate)
        return _answer(await _met(desk, asked[1]), headers)

    try:
        return await mannered(manner, request, partial(_admitted, desk.klaviyo, manner, request), limit, answer)
    except Refusal as refused:
        return _answer(refused.said, {})


async def _admitted(klaviyo: Klaviyo, manner: Manner, request: web.Request) -> tuple[Endpoint, Asked]:
    """What is asked for, by whoever has the key and names the revision."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Klaviyo-API-Key" or not key:
        raise Refusal(401, "not_authenticated", "Missing or invalid authorization header.")
    if manner.stranger or key != klaviyo.key:
        raise Refusal(401, "authentication_failed", "The API key specified is invalid.")
    if request.headers.get("revision") != REVISION:
        raise invalid("The revision header is missing, or names no revision.", "/header/revision")
    one, _no = endpoint(request.method, request.path)
    klaviyo.allows(one)
    if request.method == "GET":
        return one, Asked(method="GET", path=request.path, given=dict(request.query))
    raw = await request.read()
    if request.content_type not in {JSON, "application/json"}:
        raise Refusal(415, "invalid", "Unsupported media type.")
    try:
        return one, Asked(method=request.method, path=request.path, given=msgspec.json.decode(raw))
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise invalid("The body is no JSON.", "/data") from None


async def _met(desk: Desk, asked: Asked) -> Said:
    def refuse(status: int) -> Refused:
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return _limited(desk.vendors.faults.retry_after)
        return Refused(_answer(Refusal(status, "error", _WRONG[status]).said, {}))

    return await meeting(desk.vendors, partial(_do, desk, asked), refuse)


def _do(desk: Desk, asked: Asked) -> Said:
    if asked.method == "GET":
        return desk.klaviyo.answer(asked)
    told: Said = desk.act("klaviyo/write", encode(asked))
    return told


def _limited(seconds: float) -> Refused:
    body = Refusal(429, "throttled", f"Request was throttled. Expected available in {seconds:g} seconds.").said
    return Refused(_answer(body, {"Retry-After": f"{max(1, round(seconds))}"}))


def _answer(told: Said, headers: dict[str, str]) -> web.Response:
    if told.body is None:
        return web.Response(status=told.status, headers=headers)
    return web.Response(
        status=told.status, body=json.dumps(told.body).encode(), headers={"Content-Type": JSON, **headers}
    )
