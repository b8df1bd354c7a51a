"""Formbricks over HTTP: its API below `/formbricks/api`, and the desk's addresses for what happens there."""

from __future__ import annotations

import hmac
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec
from aiohttp import web

from pawline.sandbox.answers import JSON, Refused, acting, answering, encode
from pawline.sandbox.calling import Asked
from pawline.sandbox.formbricks.api import No
from pawline.sandbox.manner import Manner
from pawline.sandbox.meeting import meeting
from pawline.sandbox.saying import mannered

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.web import Desk

NAME: Final = "formbricks"
ACTS: Final = ("answer", "survey")


def formbricks_routes(desk: Desk, admit: Callable[[web.Request], None]) -> list[web.RouteDef]:
    """The vendor's own, and the desk's; `admit` knows the desk's token."""
    route = partial(answering, admit)
    return [
        web.route("*", "/formbricks/api/{path:.*}", partial(_call, desk)),
        *(web.post(f"/desk/formbricks/{name}", route(acting(desk, f"formbricks/{name}"))) for name in ACTS),
    ]


async def _call(desk: Desk, request: web.Request) -> web.StreamResponse:
    manner = desk.manners.get(NAME, Manner())

    async def admit() -> Asked:
        given = request.headers.get("x-api-key", "")
        if manner.stranger or not hmac.compare_digest(given.encode(), desk.formbricks.key.encode()):
            raise _refused(No(401, "Unauthorized"))
        return _asked(request, await request.read())

    def limit(_: Asked, seconds: float | None) -> None:
        if seconds is not None:  # it does not say for how long
            raise _refused(No(429, "Too Many Requests"))

    return await mannered(manner, request, admit, limit, partial(_met, desk))


def _asked(request: web.Request, raw: bytes) -> Asked:
    try:
        body = msgspec.json.decode(raw, type=dict[str, Any]) if raw else {}
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise _refused(No(400, "Bad Request", "error")) from None
    path = tuple(request.match_info["path"].split("/"))
    return Asked(method=request.method, path=path, query=dict(request.query), body=body)


async def _met(desk: Desk, asked: Asked) -> web.Response:
    def refuse(status: int) -> Refused:
        return _refused(No(status, HTTPStatus(status).phrase))

    answer = await meeting(desk.vendors, partial(_do, desk, asked), refuse)
    made = asked.method == "POST"
    return web.Response(status=201 if made else 200, body=encode(answer), headers=JSON)


def _do(desk: Desk, asked: Asked) -> Any:  # noqa: ANN401 - JSON
    if asked.writes:
        return desk.act("formbricks/call", encode(asked))
    try:
        return desk.formbricks.api.answer(asked)
    except No as no:
        raise _refused(no) from None


def _refused(no: No) -> Refused:
    return Refused(web.Response(status=no.status, body=encode(no.body), headers=JSON))
