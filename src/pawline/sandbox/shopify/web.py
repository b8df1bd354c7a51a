"""Shopify over HTTP: its addresses at the root, as at a shop of its own, and the desk's for what happens there."""

from __future__ import annotations

import json
import uuid
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec
from aiohttp import web

from pawline.sandbox.answers import JSON, Refused, acting, answering, decoded, encode
from pawline.sandbox.manner import Manner
from pawline.sandbox.meeting import meeting
from pawline.sandbox.saying import hang_up, mannered
from pawline.sandbox.shopify.admitting import LIFE
from pawline.sandbox.shopify.bulk import written
from pawline.sandbox.shopify.quoting import Asking, Shown
from pawline.sandbox.shopify.shopify import Asked
from pawline.sandbox.shopify.views.shop import VERSION
from pawline.sandbox.shopify.visiting import Visited, Visiting, visit

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.web import Desk

NAME: Final = "shopify"
_HAPPENS: Final = ("dispatch", "tracking", "word", "return", "decline", "dispute", "consent")


def shopify_routes(desk: Desk, admit: Callable[[web.Request], None]) -> list[web.RouteDef]:
    """The vendor's own, and the desk's; `admit` knows the desk's token."""
    route = partial(answering, admit)

    async def scopes(request: web.Request) -> None:
        desk.shopify.door.scopes = frozenset(decoded(await request.read(), list[str]))

    async def expired(_: web.Request) -> None:
        desk.shopify.door.end_tokens()

    async def rates(request: web.Request) -> list[Shown]:
        return await desk.shopify.quoter.ask(decoded(await request.read(), Asking))

    async def visited(request: web.Request) -> Visited:
        return await visit(decoded(await request.read(), Visiting))

    return [
        web.post("/admin/oauth/access_token", partial(_token, desk)),
        web.post("/admin/api/{version}/graphql.json", partial(_graphql, desk)),
        web.post("/desk/shopify/checkout", route(acting(desk, "shopify/checkout"))),
        web.post("/desk/shopify/import", route(acting(desk, "shopify/import"))),
        web.post("/desk/shopify/locations", route(acting(desk, "shopify/locations"))),
        web.post("/desk/shopify/products", route(acting(desk, "shopify/products"))),
        *(web.post(f"/desk/shopify/{name}", route(acting(desk, f"shopify/{name}"))) for name in _HAPPENS),
        web.post("/desk/shopify/rates", route(rates)),
        web.post("/desk/shopify/visit", route(visited)),
        web.get("/bulk/{name}", partial(_written, desk)),
        web.put("/desk/shopify/pace", route(acting(desk, "shopify/pace"))),
        web.put("/desk/shopify/scopes", route(scopes)),
        web.post("/desk/shopify/expired", route(expired)),
    ]


async def _written(desk: Desk, request: web.Request) -> web.StreamResponse:
    """What was written in bulk, by an address that whoever has it may use; a part of it, if one is asked for."""
    body = written(desk.shopify.books, request.match_info["name"])
    if body is None or "X-Shopify-Access-Token" in request.headers:
        return web.Response(status=403)
    begin = int(request.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
    if begin and begin >= len(body):
        return web.Response(status=416)
    return web.Response(status=206 if begin else 200, body=body[begin:], content_type="application/jsonl")


async def _token(desk: Desk, request: web.Request) -> web.StreamResponse:
    """A token for a day.

    https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant
    """
    if desk.manners.get(NAME, Manner()).down:
        return hang_up(request)
    told = await _form(request)
    door = desk.shopify.door
    if told.get("grant_type") != "client_credentials":
        raise _refused(400, {"error": "unsupported_grant_type"})
    token = door.give(told.get("client_id", ""), told.get("client_secret", ""))
    if token is None:
        raise _refused(401, {"error": "invalid_client", "error_description": "the client is not known"})
    return _answer({"access_token": token, "scope": ",".join(sorted(door.scopes)), "expires_in": LIFE})


async def _form(request: web.Request) -> dict[str, str]:
    if request.content_type == "application/json":
        return decoded(await request.read(), dict[str, str])  # type: ignore[no-any-return]
    return {key: value for key, value in (await request.post()).items() if isinstance(value, str)}


async def _graphql(desk: Desk, request: web.Request) -> web.StreamResponse:
    manner = desk.manners.get(NAME, Manner())

    async def admit() -> Asked:
        desk.shopify.books.place = f"{request.scheme}://{request.host}"  # where files are had
        if request.match_info["version"] != VERSION:
            raise _refused(404, {"errors": "Not Found"})
        token = request.headers.get("X-Shopify-Access-Token", "")
        if manner.stranger or not desk.shopify.door.admits(token):
            text = "[API] Invalid API key or access token (unrecognized login or wrong password)"
            raise _refused(401, {"errors": text})
        return _asked(request, await request.read())

    def limit(_: Asked, seconds: float | None) -> None:
        if seconds is not None:
            raise _limited(seconds)

    return await mannered(manner, request, admit, limit, partial(_met, desk))


def _asked(request: web.Request, raw: bytes) -> Asked:
    if request.content_type == "application/graphql":
        return Asked(query=raw.decode())
    try:
        return msgspec.json.decode(raw, type=Asked)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise _refused(400, {"errors": "Required parameter missing or invalid"}) from None


async def _met(desk: Desk, asked: Asked) -> web.Response:
    def refuse(status: int) -> Refused:
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return _limited(desk.vendors.faults.retry_after)
        return _refused(status, {"errors": HTTPStatus(status).phrase})

    return _answer(await meeting(desk.vendors, partial(desk.shopify.answer, asked), refuse))


def _limited(seconds: float) -> Refused:
    return _refused(429, {"errors": "Exceeded the limit of calls"}, {"Retry-After": f"{seconds:.1f}"})


def _refused(status: int, body: object, more: dict[str, str] | None = None) -> Refused:
    return Refused(web.Response(status=status, body=encode(body), headers={**JSON, **_headers(), **(more or {})}))


def _answer(body: Any) -> web.Response:  # noqa: ANN401 - JSON
    return web.Response(body=json.dumps(body).encode(), headers={**JSON, **_headers()})


def _headers() -> dict[str, str]:
    return {"X-Request-Id": str(uuid.uuid4()), "X-Shopify-API-Version": VERSION}
