"""Segment over HTTP: its tracking API below `/segment/v1`, and the desk's addresses for what happens there."""

from __future__ import annotations

import base64
import binascii
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from aiohttp import web

from pawline.sandbox.answers import JSON, Refused, acting, answering, encode
from pawline.sandbox.manner import Manner
from pawline.sandbox.meeting import meeting
from pawline.sandbox.saying import mannered
from pawline.sandbox.segment.segment import KINDS, Call, too_large

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.web import Desk

NAME: Final = "segment"
ACTS: Final = ("destination", "tell", "region")


class _Come(NamedTuple):
    call: Call
    size: int


def segment_routes(desk: Desk, admit: Callable[[web.Request], None]) -> list[web.RouteDef]:
    """The vendor's own, and the desk's; `admit` knows the desk's token."""
    route = partial(answering, admit)
    return [
        web.post("/segment/v1/{kind}", partial(_call, desk)),
        *(web.post(f"/desk/segment/{name}", route(acting(desk, f"segment/{name}"))) for name in ACTS),
    ]


async def _call(desk: Desk, request: web.Request) -> web.StreamResponse:
    manner = desk.manners.get(NAME, Manner())

    async def admit() -> _Come:
        come = _come(request, await request.read())
        if too_large(come.call.calls, come.size):
            raise _refused(400, "Exceed payload limit")
        return _Come(msgspec.structs.replace(come.call, key="?"), come.size) if manner.stranger else come

    def limit(_: _Come, seconds: float | None) -> None:
        if seconds is not None:
            raise _refused(429, "Too many requests", {"Retry-After": f"{max(1, round(seconds))}"})

    return await mannered(manner, request, admit, limit, partial(_met, desk))


def _come(request: web.Request, raw: bytes) -> _Come:
    """By basic authentication, or the key in the body; a key that is wrong, or none, is no error to Segment."""
    kind = request.match_info["kind"]
    if kind not in (*KINDS, "batch"):
        raise _refused(404, "Not found")
    try:
        body = msgspec.json.decode(raw, type=dict[str, Any])
        calls = msgspec.convert(body["batch"] if kind == "batch" else [{"type": kind, **body}], list[dict[str, Any]])
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError):
        raise _refused(400, "malformed JSON") from None
    key = body.pop("writeKey", "")
    given = request.headers.get("Authorization", "")
    if given.startswith("Basic "):
        try:
            key = base64.b64decode(given.removeprefix("Basic "), validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            key = ""
    return _Come(Call(key=str(key), calls=calls), len(raw))


async def _met(desk: Desk, come: _Come) -> web.Response:
    def refuse(status: int) -> Refused:
        wait = {"Retry-After": f"{max(1, round(desk.vendors.faults.retry_after))}"}
        limited = status == HTTPStatus.TOO_MANY_REQUESTS
        return _refused(status, HTTPStatus(status).phrase, wait if limited else None)

    await meeting(desk.vendors, partial(desk.act, "segment/call", encode(come.call)), refuse)
    return web.Response(body=encode({"success": True}), headers=JSON)


def _refused(status: int, text: str, more: dict[str, str] | None = None) -> Refused:
    body = encode({"success": False, "code": "invalid_request", "message": text})
    return Refused(web.Response(status=status, body=body, headers={**JSON, **(more or {})}))
