"""Twilio over HTTP: its API below `/twilio`, and the desk's addresses for what happens there."""

from __future__ import annotations

import base64
import hmac
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from aiohttp import web

from pawline.sandbox.answers import JSON, Refused, acting, answering, encode
from pawline.sandbox.manner import Manner
from pawline.sandbox.meeting import meeting
from pawline.sandbox.saying import mannered
from pawline.sandbox.twilio.calls import Call, No

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.web import Desk

NAME: Final = "twilio"
ACTS: Final = ("become", "write", "fate", "slow")


def twilio_routes(desk: Desk, admit: Callable[[web.Request], None]) -> list[web.RouteDef]:
    """The vendor's own, and the desk's; `admit` knows the desk's token."""
    route = partial(answering, admit)
    return [
        web.route("*", "/twilio/2010-04-01/Accounts/{path:.*}", partial(_call, desk, account=True)),
        web.route("*", "/twilio/v1/{path:.*}", partial(_call, desk, account=False)),
        *(web.post(f"/desk/twilio/{name}", route(acting(desk, f"twilio/{name}"))) for name in ACTS),
    ]


async def _call(desk: Desk, request: web.Request, *, account: bool) -> web.StreamResponse:
    manner = desk.manners.get(NAME, Manner())

    async def admit() -> Call:
        if manner.stranger or not _knows(desk, request.headers.get("Authorization", "")):
            raise _refused(401, 20003)
        return _asked(desk, request, await request.read(), account=account)

    def limit(_: Call, seconds: float | None) -> None:
        if seconds is not None:
            raise _refused(429, 20429, {"Retry-After": f"{max(1, round(seconds))}"})

    return await mannered(manner, request, admit, limit, partial(_met, desk))


def _knows(desk: Desk, given: str) -> bool:
    """By the account's own SID and token; API keys are not pretended."""
    good = base64.b64encode(f"{desk.twilio.account}:{desk.twilio.token}".encode()).decode()
    return hmac.compare_digest(given.encode(), f"Basic {good}".encode())


def _asked(desk: Desk, request: web.Request, raw: bytes, *, account: bool) -> Call:
    path = tuple(part.removesuffix(".json") for part in request.match_info["path"].split("/") if part)
    if account and path[:1] != (desk.twilio.account,):
        raise _refused(404, 20404)
    try:
        form = dict(parse_qsl(raw.decode(), keep_blank_values=True, strict_parsing=bool(raw)))
    except ValueError:
        raise _refused(400, 20001) from None
    return Call(method=request.method, path=path[1:] if account else path, query=dict(request.query), form=form)


async def _met(desk: Desk, asked: Call) -> web.Response:
    def refuse(status: int) -> Refused:
        wait = {"Retry-After": f"{max(1, round(desk.vendors.faults.retry_after))}"}
        limited = status == HTTPStatus.TOO_MANY_REQUESTS
        return _refused(status, 20429 if limited else 20500, wait if limited else None)

    answer = await meeting(desk.vendors, partial(_do, desk, asked), refuse)
    body = b"" if asked.answered == HTTPStatus.NO_CONTENT else encode(answer)
    return web.Response(status=asked.answered, body=body, headers=JSON)


def _do(desk: Desk, asked: Call) -> object:
    if asked.writes:
        answer: object = desk.act("twilio/call", encode(asked))
        return answer
    try:
        return desk.twilio.api.answer(asked)
    except No as no:
        raise Refused(web.Response(status=no.status, body=encode(no.body), headers=JSON)) from None


def _refused(status: int, code: int, more: dict[str, str] | None = None) -> Refused:
    return Refused(web.Response(status=status, body=encode(No(status, code).body), headers={**JSON, **(more or {})}))
