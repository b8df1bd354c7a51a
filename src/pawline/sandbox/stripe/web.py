"""Stripe over HTTP: its API below `/stripe/v1`, and the desk's addresses for what happens there."""

from __future__ import annotations

import base64
import hmac
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from aiohttp import web

from pawline.sandbox.answers import JSON, Refused, acting, answering, decoded, encode
from pawline.sandbox.manner import Manner
from pawline.sandbox.meeting import meeting
from pawline.sandbox.saying import mannered
from pawline.sandbox.stripe.calls import Call, No, nested
from pawline.sandbox.stripe.stripe import refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.stripe.keys import Said
    from pawline.sandbox.web import Desk

NAME: Final = "stripe"
ACTS: Final = ("method", "confirm", "dispute", "end", "pay-out", "forget-keys")
FORM: Final = "application/x-www-form-urlencoded"
HEARD: Final = "after the vendor heard it"


def stripe_routes(desk: Desk, admit: Callable[[web.Request], None]) -> list[web.RouteDef]:
    """The vendor's own, and the desk's; `admit` knows the desk's token."""
    route = partial(answering, admit)

    async def permissions(request: web.Request) -> None:
        desk.stripe.api.lacks = decoded(await request.read(), frozenset[str])

    return [
        web.route("*", "/stripe/v1/{path:.*}", partial(_call, desk)),
        *(web.post(f"/desk/stripe/{name}", route(acting(desk, f"stripe/{name}"))) for name in ACTS),
        web.put("/desk/stripe/lacks", route(permissions)),
    ]


async def _call(desk: Desk, request: web.Request) -> web.StreamResponse:
    manner = desk.manners.get(NAME, Manner())

    async def admit() -> Call:
        if manner.stranger or not _knows(desk.stripe.key, request.headers.get("Authorization", "")):
            raise refused(No(401, "", message="Invalid API Key provided."))
        try:
            return _asked(request, await request.read())
        except No as no:
            raise refused(no) from None

    def limit(_: Call, seconds: float | None) -> None:
        if seconds is not None:
            raise refused(No(429, "rate_limit"))

    return await mannered(manner, request, admit, limit, partial(_met, desk))


def _knows(key: str, given: str) -> bool:
    """As a bearer's token, or as the user of basic authentication."""
    basic = base64.b64encode(f"{key}:".encode()).decode()
    return any(hmac.compare_digest(given.encode(), good.encode()) for good in (f"Basic {basic}", f"Bearer {key}"))


def _asked(request: web.Request, raw: bytes) -> Call:
    if raw and request.content_type != FORM:
        raise No(400, "", message="Invalid request: send a form.")
    pairs = [*request.query.items(), *parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True)]
    path = tuple(part for part in request.match_info["path"].split("/") if part)
    key = request.headers.get("Idempotency-Key", "") if request.method == "POST" else ""
    version = request.headers.get("Stripe-Version", "")
    return Call(method=request.method, path=path, given=nested(pairs), key=key, version=version)


async def _met(desk: Desk, asked: Call) -> web.Response:
    """A key that is known is answered with what came of it; faults are as of the plan that is one for all."""
    keys = desk.stripe.keys
    known: Said | None = None
    late = False

    def do() -> dict[str, Any]:
        nonlocal known
        if not late and (known := keys.before(asked)) is not None:
            return known.body
        return _do(desk, asked)

    def refuse(status: int) -> Refused:
        if status == 500 and known is None:
            keys.fail(asked)
        return refused(No(status, "rate_limit" if status == 429 else "", type="api_error"))

    try:
        body = await meeting(desk.vendors, do, refuse)
    except ConnectionError as broken:
        if str(broken) == HEARD and asked.writes and keys.before(asked) is None:
            keys.begun(asked)
            late = True  # it is at it still
        raise
    status, headers = 200, dict(JSON)
    if known is not None:
        status = known.status
        if known.again:
            headers["Idempotent-Replayed"] = "true"
    return web.Response(status=status, body=encode(body), headers=headers)


def _do(desk: Desk, asked: Call) -> dict[str, Any]:
    if asked.writes:
        answer: dict[str, Any] = desk.act("stripe/call", encode(asked))
        return answer
    try:
        return desk.stripe.api.answer(asked)
    except No as no:
        raise refused(no) from None
