"""Slack over HTTP: its Web API below `/slack/api`, and the desk's addresses for what happens there."""

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
from pawline.sandbox.slack.calls import SCOPES, Call, No

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.web import Desk

NAME: Final = "slack"
ACTS: Final = ("people", "groups", "channels", "app", "clicks")
_WRONG: Final = {500: "internal_error", 503: "service_unavailable"}


def slack_routes(desk: Desk, admit: Callable[[web.Request], None]) -> list[web.RouteDef]:
    """The vendor's own, and the desk's; `admit` knows the desk's token."""
    route = partial(answering, admit)
    return [
        web.route("*", "/slack/api/{method}", partial(_call, desk)),
        *(web.post(f"/desk/slack/{name}", route(acting(desk, f"slack/{name}"))) for name in ACTS),
    ]


async def _call(desk: Desk, request: web.Request) -> web.StreamResponse:
    manner = desk.manners.get(NAME, Manner())

    async def admit() -> Call:
        asked = await _asked(request)
        if manner.stranger or not _known(desk, request, asked):
            raise Refused(_answer(desk, asked, 200, {"ok": False, "error": "invalid_auth"}))
        return asked

    def limit(asked: Call, seconds: float | None) -> None:
        wait = seconds if seconds is not None else desk.slack.pace.wait(asked.method)
        if wait is not None:
            raise _limited(desk, asked, wait)

    return await mannered(manner, request, admit, limit, partial(_met, desk))


def _known(desk: Desk, request: web.Request, asked: Call) -> bool:
    """By header, or as an argument, as older clients have it."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ") or asked.text("token")
    return hmac.compare_digest(given.encode(), desk.slack.token.encode())


async def _asked(request: web.Request) -> Call:
    """Arguments stand in the query, in a form, or in JSON."""
    given: dict[str, Any] = dict(request.query)
    if "json" in request.headers.get("Content-Type", ""):
        try:
            given |= msgspec.json.decode(await request.read(), type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise Refused(web.Response(body=encode({"ok": False, "error": "invalid_json"}), headers=JSON)) from None
    else:
        given |= {name: str(value) for name, value in (await request.post()).items()}
        for name in ("blocks", "metadata"):
            if isinstance(given.get(name), str):
                given[name] = msgspec.json.decode(given[name])
    return Call(method=request.match_info["method"], given=given)


async def _met(desk: Desk, asked: Call) -> web.Response:
    def refuse(status: int) -> Refused:
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return _limited(desk, asked, desk.vendors.faults.retry_after)
        return Refused(_answer(desk, asked, status, {"ok": False, "error": _WRONG[status]}))

    return _answer(desk, asked, 200, await meeting(desk.vendors, partial(_do, desk, asked), refuse))


def _do(desk: Desk, asked: Call) -> dict[str, Any]:
    try:
        if not asked.writes:
            return desk.slack.api.answer(asked)
        answer: dict[str, Any] = desk.act("slack/call", encode(asked))
    except No as no:
        raise Refused(_answer(desk, asked, 200, no.body)) from None
    except Refused as refused:
        refused.response.headers.update(_scopes(desk, asked))
        raise
    return answer


def _limited(desk: Desk, asked: Call, seconds: float) -> Refused:
    wait = {"Retry-After": f"{max(1, round(seconds))}"}
    return Refused(_answer(desk, asked, 429, {"ok": False, "error": "ratelimited"}, wait))


def _answer(desk: Desk, asked: Call, status: int, body: object, more: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, body=encode(body), headers={**JSON, **_scopes(desk, asked), **(more or {})})


def _scopes(desk: Desk, asked: Call) -> dict[str, str]:
    """What the token may, and what this method asks for."""
    return {
        "x-oauth-scopes": ",".join(desk.slack.books.scopes),
        "x-accepted-oauth-scopes": ",".join(SCOPES.get(asked.method, ())),
    }
