"""Zendesk over HTTP: its API below `/zendesk/api/v2`, and the desk's addresses for what happens there."""

from __future__ import annotations

import base64
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
from pawline.sandbox.zendesk.calls import Call, Done, No

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.web import Desk

NAME: Final = "zendesk"
ACTS: Final = ("tickets", "comments", "people", "turn", "secrets")
_WRONG: Final = {500: "InternalServerError", 503: "DatabaseConflict"}


def zendesk_routes(desk: Desk, admit: Callable[[web.Request], None]) -> list[web.RouteDef]:
    """The vendor's own, and the desk's; `admit` knows the desk's token."""
    route = partial(answering, admit)
    return [
        web.route("*", "/zendesk/api/v2/{path:.*}", partial(_call, desk)),
        *(web.post(f"/desk/zendesk/{name}", route(acting(desk, f"zendesk/{name}"))) for name in ACTS),
    ]


async def _call(desk: Desk, request: web.Request) -> web.StreamResponse:
    manner = desk.manners.get(NAME, Manner())

    async def admit() -> Call:
        if manner.stranger or not _known(desk, request.headers.get("Authorization", "")):
            raise _refused(desk, 401, {"error": "Couldn't authenticate you"})
        return _asked(desk, request, await request.read())

    def limit(asked: Call, seconds: float | None) -> None:
        wait = seconds
        if wait is None:
            wait = desk.zendesk.limits.wait(export=asked.path[:1] == ("incremental",))
        if wait is not None:
            raise _limited(desk, wait)

    return await mannered(manner, request, admit, limit, partial(_met, desk))


def _known(desk: Desk, given: str) -> bool:
    """An API token of the agent, or the same as an OAuth token."""
    vendor = desk.zendesk
    basic = base64.b64encode(f"{vendor.email}/token:{vendor.token}".encode()).decode()
    ways = [f"Basic {basic}", f"Bearer {vendor.token}"]
    return any(hmac.compare_digest(given.encode(), one.encode()) for one in ways)


def _asked(desk: Desk, request: web.Request, raw: bytes) -> Call:
    try:
        body = msgspec.json.decode(raw, type=dict[str, Any]) if raw else {}
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise _refused(desk, 400, {"error": "Unparseable JSON"}) from None
    path = tuple(part.removesuffix(".json") for part in request.match_info["path"].split("/") if part)
    key = request.headers.get("Idempotency-Key", "")
    return Call(method=request.method, path=path, query=dict(request.query), body=body, key=key)


async def _met(desk: Desk, asked: Call) -> web.Response:
    def refuse(status: int) -> Refused:
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return _limited(desk, desk.vendors.faults.retry_after)
        return _refused(desk, status, {"error": _WRONG[status]})

    done = await meeting(desk.vendors, partial(_do, desk, asked), refuse)
    return _answer(desk, done.status, done.body, done.headers)


def _do(desk: Desk, asked: Call) -> Done:
    try:
        if not asked.writes:
            return desk.zendesk.api.answer(asked)
        answer: Done = desk.act("zendesk/call", encode(asked))
    except No as no:
        raise _refused(desk, no.status, no.body) from None
    except Refused as refused:
        refused.response.headers.update(desk.zendesk.limits.says())
        raise
    return answer


def _limited(desk: Desk, seconds: float) -> Refused:
    wait = {"Retry-After": f"{max(1, round(seconds))}"}
    body = {"error": "APIRateLimitExceeded", "description": "Number of allowed API requests per minute exceeded"}
    return _refused(desk, 429, body, wait)


def _refused(desk: Desk, status: int, body: object, more: dict[str, str] | None = None) -> Refused:
    return Refused(_answer(desk, status, body, more or {}))


def _answer(desk: Desk, status: int, body: object, more: dict[str, str]) -> web.Response:
    headers = {**JSON, **desk.zendesk.limits.says(), **more}
    return web.Response(status=status, body=b"" if status == 204 else encode(body), headers=headers)
