"""GA4 over HTTP: the Measurement Protocol below `/ga4`, and the desk's address for what a page tag counts."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec
from aiohttp import web

from pawline.sandbox.answers import JSON, Refused, acting, answering, encode
from pawline.sandbox.ga4.ga4 import Hit
from pawline.sandbox.manner import Manner
from pawline.sandbox.meeting import meeting
from pawline.sandbox.saying import mannered

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.web import Desk

NAME: Final = "ga4"


def ga4_routes(desk: Desk, admit: Callable[[web.Request], None]) -> list[web.RouteDef]:
    """The vendor's own, and the desk's; `admit` knows the desk's token."""
    return [
        web.post("/ga4/mp/collect", partial(_call, desk, checks=False)),
        web.post("/ga4/debug/mp/collect", partial(_call, desk, checks=True)),
        web.post("/desk/ga4/seen", answering(admit, acting(desk, "ga4/seen"))),
    ]


async def _call(desk: Desk, request: web.Request, *, checks: bool) -> web.StreamResponse:
    manner = desk.manners.get(NAME, Manner())

    async def admit() -> Hit:
        secret = "" if manner.stranger else request.query.get("api_secret", "")
        return Hit(
            measurement_id=request.query.get("measurement_id", ""), api_secret=secret, body=_body(await request.read())
        )

    def limit(_: Hit, seconds: float | None) -> None:
        if seconds is not None:
            raise _refused(429, {"Retry-After": f"{max(1, round(seconds))}"})

    return await mannered(manner, request, admit, limit, partial(_met, desk, checks=checks))


def _body(raw: bytes) -> Any:  # noqa: ANN401 - JSON
    try:
        return msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


async def _met(desk: Desk, hit: Hit, *, checks: bool) -> web.Response:
    def refuse(status: int) -> Refused:
        return _refused(status)

    if checks:
        found = await meeting(desk.vendors, partial(desk.ga4.check, hit.body), refuse)
        return web.Response(body=encode({"validationMessages": found}), headers=JSON)
    await meeting(desk.vendors, partial(desk.act, "ga4/hit", encode(hit)), refuse)
    return web.Response(status=204)


def _refused(status: int, more: dict[str, str] | None = None) -> Refused:
    return Refused(web.Response(status=status, text=HTTPStatus(status).phrase, headers=more or {}))
