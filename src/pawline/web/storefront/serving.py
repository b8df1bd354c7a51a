"""The ASGI application of the Storefront API: `/v1`, its document, its problems, and who may read it from a page."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, Final

import msgspec
from litestar import Litestar, Request, Response, get
from litestar.enums import HttpMethod, ScopeType
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Stream

from pawline.hub.storefront import Cause, Refusal
from pawline.store import StoreError
from pawline.web.incoming import Problem
from pawline.web.storefront.document import document
from pawline.web.storefront.door import Door, refusal_of, refused
from pawline.web.storefront.events import Streams
from pawline.web.storefront.table import OPERATIONS

if TYPE_CHECKING:
    from litestar.types import ASGIApp, ControllerRouterHandler, HTTPScope, Message, Receive, Scope, Send

    from pawline.hub.storefront import Storefront
    from pawline.web.bodies import Bodies
    from pawline.web.storefront.operations import Operation

_log = logging.getLogger("pawline.web")
PREFIX: Final = "/v1/"
ASKED: Final = b"authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id, pawline-token"
TOLD: Final = b"etag, location, retry-after"
_MAY: Final = [
    (b"access-control-allow-methods", b"GET, PATCH, POST"), (b"access-control-allow-headers", ASKED),
    (b"access-control-max-age", b"600"),
]  # fmt: skip
_ALWAYS: Final = [(b"vary", b"origin"), (b"x-content-type-options", b"nosniff")]


def storefront_app(front: Storefront, bodies: Bodies) -> ASGIApp:
    """Serves one hub's storefront."""
    door, streams = Door(front, bodies), Streams(front)
    routes: list[ControllerRouterHandler] = [_document(), _problems()]
    routes += [_stream(one, door, streams) if one.streams else _route(one, door) for one in OPERATIONS]
    inner = Litestar(
        routes, openapi_config=None, logging_config=None,
        exception_handlers={HTTPException: _wrong, Exception: _failed},
    )  # fmt: skip

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == ScopeType.HTTP  # noqa: S101 - whoever serves sends nothing else here
        allowed = _allowed(front, scope)
        if scope["method"] == "OPTIONS":
            may = _MAY if allowed else []
            headers = [*may, *allowed, (b"vary", b"origin"), (b"content-length", b"0")]
            await send({"type": "http.response.start", "status": 204, "headers": headers[:-1]})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *allowed, *_ALWAYS]
            await send(message)

        await inner(scope, receive, told)

    return app


def _allowed(front: Storefront, scope: HTTPScope) -> list[tuple[bytes, bytes]]:
    """The headers that let the page read the answer, where any key is for it; whether this one is, the door says."""
    origin = next((value for name, value in scope["headers"] if name == b"origin"), b"")
    if not origin or origin.decode("latin-1") not in front.keys.origins:
        return []
    return [(b"access-control-allow-origin", origin), (b"access-control-expose-headers", TOLD)]


def _route(operation: Operation, door: Door) -> ControllerRouterHandler:
    async def handle(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await door.answer(operation, request)

    return _handler(operation)(handle)


def _stream(operation: Operation, door: Door, streams: Streams) -> ControllerRouterHandler:
    async def handle(request: Request[Any, Any, Any]) -> Response[Any]:
        try:
            begun = await streams.begin(await door.call(operation, request))
        except Refusal as refusal:
            return refused(refusal)
        except StoreError as wrong:
            _log.warning("%s is not answered: %s", operation.path, type(wrong).__name__)
            return refused(Refusal(Cause.BUSY))
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return Stream(begun, media_type="text/event-stream", headers=headers)

    return _handler(operation)(handle)


def _handler(operation: Operation) -> HTTPRouteHandler:
    path = re.sub(r"{(\w+)}", r"{\1:str}", operation.path).replace("{sku:str}", "{sku:path}")  # a SKU may have a slash
    return HTTPRouteHandler(path, http_method=[HttpMethod(operation.method)], status_code=200, name=operation.name)


def _document() -> ControllerRouterHandler:
    made = msgspec.json.encode(document())

    @get("/v1/openapi.json", sync_to_thread=False)
    def openapi() -> Response[bytes]:
        return Response(made, media_type="application/json")

    return openapi


def _problems() -> ControllerRouterHandler:
    known = {cause.label: cause for cause in Cause}

    @get("/v1/problems/{name:str}", sync_to_thread=False)
    def problems(name: FromPath[str]) -> Response[bytes]:
        if (cause := known.get(name)) is None:
            return refused(Refusal(Cause.NOT_FOUND))
        return Response(f"{cause.label} ({cause.status}): {cause.says}\n".encode(), media_type="text/plain")

    return problems


def _wrong(_: Request[Any, Any, Any], problem: HTTPException) -> Response[bytes]:
    detail = problem.detail if isinstance(problem, Problem) else ""
    answer = refused(refusal_of(problem.status_code, detail))
    if "allow" in (headers := {name.lower(): value for name, value in (problem.headers or {}).items()}):
        answer.headers["allow"] = headers["allow"]
    return answer


def _failed(request: Request[Any, Any, Any], problem: Exception) -> Response[bytes]:
    """A defect of ours: its text may hold what was sent, so it is named and no more."""
    _log.error("%s %s failed with %s", request.method, request.scope.get("path_template"), type(problem).__name__)
    return refused(Refusal(Cause.DEFECT))
