"""Recharge over HTTP: its API below `/recharge`, and the desk's addresses for what happens there."""

from __future__ import annotations

import hmac
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec
from aiohttp import web

from pawline.sandbox.answers import JSON, Refused, acting, answering, decoded, encode
from pawline.sandbox.manner import Manner
from pawline.sandbox.meeting import meeting
from pawline.sandbox.recharge.calls import Call, No
from pawline.sandbox.saying import mannered

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.web import Desk

NAME: Final = "recharge"
VERSIONS: Final = ("2021-11",)
"""The sandbox speaks the newer of the vendor's two."""
ACTS: Final = ("subscriptions", "cards", "look-ahead", "renew")
_WRONG: Final = {500: "internal server error", 503: "a third party has timed out"}


def recharge_routes(desk: Desk, admit: Callable[[web.Request], None]) -> list[web.RouteDef]:
    """The vendor's own, and the desk's; `admit` knows the desk's token."""
    route = partial(answering, admit)

    async def scopes(request: web.Request) -> None:
        desk.recharge.api.scopes = frozenset(decoded(await request.read(), list[str]))

    return [
        web.route("*", "/recharge/{path:.*}", partial(_call, desk)),
        *(web.post(f"/desk/recharge/{name}", route(acting(desk, f"recharge/{name}"))) for name in ACTS),
        web.put("/desk/recharge/pace", route(acting(desk, "recharge/pace"))),
        web.put("/desk/recharge/scopes", route(scopes)),
    ]


async def _call(desk: Desk, request: web.Request) -> web.StreamResponse:
    manner = desk.manners.get(NAME, Manner())

    async def admit() -> Call:
        given = request.headers.get("X-Recharge-Access-Token", "")
        if manner.stranger or not hmac.compare_digest(given.encode(), desk.recharge.token.encode()):
            raise _refused(desk, 401, {"error": "bad authentication"})
        if request.headers.get("X-Recharge-Version", "2021-01") not in VERSIONS:
            raise _refused(desk, 426, {"error": "invalid version"})
        return _asked(desk, request, await request.read())

    def limit(_: Call, seconds: float | None) -> None:
        if seconds is not None:
            raise _limited(desk, seconds)
        if not desk.recharge.bucket.takes():
            raise _limited(desk, 2.0)

    return await mannered(manner, request, admit, limit, partial(_met, desk))


def _asked(desk: Desk, request: web.Request, raw: bytes) -> Call:
    try:
        body = msgspec.json.decode(raw, type=dict[str, Any]) if raw else {}
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise _refused(desk, 415, {"error": "the body is no JSON object"}) from None
    path = tuple(part for part in request.match_info["path"].split("/") if part)
    return Call(method=request.method, path=path, query=dict(request.query), body=body)


async def _met(desk: Desk, asked: Call) -> web.Response:
    def refuse(status: int) -> Refused:
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return _limited(desk, desk.vendors.faults.retry_after)
        return _refused(desk, status, {"error": _WRONG[status]})

    return _answer(desk, 200, await meeting(desk.vendors, partial(_do, desk, asked), refuse))


def _do(desk: Desk, asked: Call) -> dict[str, Any]:
    try:
        if not asked.writes:
            return desk.recharge.api.answer(asked)
        answer: dict[str, Any] = desk.act("recharge/call", encode(asked))
    except No as no:
        raise _refused(desk, no.status, no.body) from None
    except Refused as refused:
        refused.response.headers.update(_headers(desk))
        raise
    return answer


def _limited(desk: Desk, seconds: float) -> Refused:
    return _refused(desk, 429, {"warning": "too many requests"}, {"Retry-After": f"{max(1, round(seconds))}"})


def _refused(desk: Desk, status: int, body: object, more: dict[str, str] | None = None) -> Refused:
    made = _answer(desk, status, body)
    made.headers.update(more or {})
    return Refused(made)


def _answer(desk: Desk, status: int, body: object) -> web.Response:
    return web.Response(status=status, body=encode(body), headers={**JSON, **_headers(desk)})


def _headers(desk: Desk) -> dict[str, str]:
    return {"x-recharge-limit": desk.recharge.bucket.says(), "x-recharge-version": VERSIONS[0]}
