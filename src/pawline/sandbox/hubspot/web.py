"""HubSpot over HTTP: its addresses below `/hubspot`, and the desk's for what happens there."""

from __future__ import annotations

import json
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import msgspec
from aiohttp import web

from pawline.sandbox.answers import Refused, acting, answering, decoded, encode
from pawline.sandbox.hubspot.hubspot import Asked, Endpoint, endpoint
from pawline.sandbox.hubspot.wrongs import Refusal, Said
from pawline.sandbox.manner import Manner
from pawline.sandbox.meeting import meeting
from pawline.sandbox.saying import mannered

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.hubspot.hubspot import HubSpot
    from pawline.sandbox.web import Desk

NAME: Final = "hubspot"
ROOT: Final = "/hubspot"
ACTS: Final = ("types", "emails", "events", "people", "decisions", "campaigns", "days", "erasures", "webhooks")
READS: Final = ("/batch/read", "/search", "/unsubscribe-all/read")
"""POSTs that change nothing."""
_WRONG: Final = {500: "An internal error occurred.", 503: "Service unavailable."}


def hubspot_routes(desk: Desk, admit: Callable[[web.Request], None]) -> list[web.RouteDef]:
    """The vendor's own, and the desk's; `admit` knows the desk's token."""
    route = partial(answering, admit)

    async def scopes(request: web.Request) -> None:
        desk.hubspot.scopes = frozenset(decoded(await request.read(), list[str]))

    return [
        web.route("*", ROOT + "/{path:.*}", partial(_call, desk)),
        *(web.post(f"/desk/hubspot/{act}", route(acting(desk, f"hubspot/{act}"))) for act in ACTS),
        web.put("/desk/hubspot/scopes", route(scopes)),
    ]


async def _call(desk: Desk, request: web.Request) -> web.StreamResponse:
    manner, limits = desk.manners.get(NAME, Manner()), desk.hubspot.limits

    def limit(asked: tuple[Endpoint, Asked], seconds: float | None) -> None:
        if seconds is not None:
            raise _limited("TEN_SECONDLY_ROLLING", seconds)
        search = _searches(asked[0])
        if policy := limits.enter(search=search):
            raise _limited(policy, None, {} if search else limits.headers())

    async def answer(asked: tuple[Endpoint, Asked]) -> web.Response:
        headers = {} if _searches(asked[0]) else limits.headers()
        return _answer(await _met(desk, asked[1]), headers)

    try:
        return await mannered(manner, request, partial(_admitted, desk.hubspot, manner, request), limit, answer)
    except Refusal as refused:
        return _answer(refused.said, {})


def _searches(one: Endpoint) -> bool:
    return one.path.endswith("/search")


async def _admitted(hubspot: HubSpot, manner: Manner, request: web.Request) -> tuple[Endpoint, Asked]:
    """What is asked for, by whoever has the token."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or manner.stranger or token != hubspot.token:
        raise Refusal(401, "INVALID_AUTHENTICATION", "Authentication credentials not found or invalid.")
    path = request.path.removeprefix(ROOT)
    one, _named = endpoint(request.method, path)
    hubspot.allows(one)
    raw, query = await request.read(), dict(request.query)
    if not raw:
        return one, Asked(method=request.method, path=path, query=query)
    if request.content_type != "application/json":
        raise Refusal(415, "INVALID_CONTENT_TYPE", "Unsupported media type.")
    try:
        return one, Asked(method=request.method, path=path, query=query, body=msgspec.json.decode(raw))
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Refusal(400, "VALIDATION_ERROR", "Invalid input JSON.") from None


async def _met(desk: Desk, asked: Asked) -> Said:
    def refuse(status: int) -> Refused:
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return _limited("TEN_SECONDLY_ROLLING", desk.vendors.faults.retry_after)
        return Refused(_answer(Refusal(status, "ERROR", _WRONG[status]).said, {}))

    return await meeting(desk.vendors, partial(_do, desk, asked), refuse)


def _do(desk: Desk, asked: Asked) -> Said:
    if asked.method == "GET" or asked.path.endswith(READS):
        return desk.hubspot.answer(asked)
    told: Said = desk.act("hubspot/write", encode(asked))
    return told


def _limited(policy: str, seconds: float | None, headers: dict[str, str] | None = None) -> Refused:
    """Not every such answer of the vendor's says for how long to wait."""
    text = f"You have reached your {policy.lower()} limit."
    refusal = Refusal(429, "RATE_LIMITS", text, errorType="RATE_LIMIT", policyName=policy)
    wait = {} if seconds is None else {"Retry-After": f"{max(1, round(seconds))}"}
    return Refused(_answer(refusal.said, {**(headers or {}), **wait}))


def _answer(told: Said, headers: dict[str, str]) -> web.Response:
    if told.body is None:
        return web.Response(status=told.status, headers=headers)
    return web.Response(
        status=told.status, body=json.dumps(told.body).encode(),
        headers={"Content-Type": "application/json", **headers},
    )  # fmt: skip
