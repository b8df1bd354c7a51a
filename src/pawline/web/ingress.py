"""`POST /hooks/{connector}/{account}`: read whole, believed, on disk, and answered 202.

Errors are problem details (RFC 9457). A sender that is not believed is told 401 and nothing more; what could not be
kept is 503 with `Retry-After`: most senders send again, and a watch finds what the others lost. Bare ASGI, for in a
rush a framework's share of each request is what webhooks wait for; everything else is Litestar's.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec
from litestar import Litestar, Request, Response, get
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException

from pawline.hub import NoEar
from pawline.kit import METHOD, URL, Unsigned
from pawline.store import StoreError

if TYPE_CHECKING:
    from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

    from pawline.hub import Tray

_log = logging.getLogger("pawline.web")
MOST: Final = 1 << 20
"""Bytes of a delivery. Shopify's largest orders have a tenth of it."""
PATIENCE: Final = 8.0
"""Seconds for a body to arrive; senders of webhooks give up sooner (Shopify after 5)."""
KINDS: Final = frozenset({
    b"application/json", b"application/x-www-form-urlencoded", b"text/plain", b"application/xml", b"text/xml",
    b"multipart/form-data",
})  # fmt: skip
"""Content types that senders of webhooks use, besides `application/…+json`."""
AGAIN: Final = {"retry-after": "5"}
PREFIX: Final = "/hooks/"
DETAILS: Final = "application/problem+json"


def application(tray: Tray, public: str = "") -> ASGIApp:
    """The ASGI application of one hub, which is called `public` from outside."""

    @get("/health", sync_to_thread=False)
    def health() -> dict[str, bool]:
        """Whether this process answers; `pawline doctor` asks everything else."""
        return {"up": True}

    hooks = Hooks(tray, public)
    others = Litestar([health], openapi_config=None, logging_config=None, exception_handlers={HTTPException: _told})

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and scope["path"].startswith(PREFIX):
            await hooks(scope, receive, send)
        else:
            await others(scope, receive, send)

    return app


class Hooks:
    """The ASGI application that webhooks are sent to."""

    def __init__(self, tray: Tray, public: str) -> None:
        self._tray, self._public = tray, public.rstrip("/").encode()
        self._reading: dict[asyncio.Task[Any], float] = {}  # until when
        self._late: set[asyncio.Task[Any]] = set()
        self._sweeping: asyncio.TimerHandle | None = None

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Answers one request; one whose sender hung up, with nothing."""
        try:
            await self._hear(scope, receive)
        except _HungUp:
            return
        except _Problem as problem:
            await _say(send, problem.status, problem.detail, problem.headers)
        except Exception as problem:  # noqa: BLE001 - its text may hold what was sent, so it is named and no more
            _log.error("%s %s failed with %s", scope["method"], scope["path"], type(problem).__name__)
            await _say(send, 500, "a defect of the hub, which its log names: send it again", AGAIN)
        else:
            await send({"type": "http.response.start", "status": 202, "headers": []})
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _hear(self, scope: HTTPScope, receive: Receive) -> None:
        name = scope["path"].removeprefix(PREFIX)
        if name not in self._tray.hearing.ears:
            raise _Problem(404, "no account of this name hears webhooks")
        if scope["method"] != "POST":
            raise _Problem(405, "webhooks are sent by POST", {"allow": "POST"})
        headers = {one: value for one, value in scope["headers"] if one in (b"content-type", b"content-length")}
        _check_kind(headers.get(b"content-type", b""))
        said = headers.get(b"content-length", b"")
        if said.isdigit() and int(said) > MOST:
            raise _Problem(413, f"a webhook has {MOST} bytes at most")
        body = await self._body(receive)
        try:
            await self._tray.accept(name, [*self._called(scope), *scope["headers"]], body, time.time())
        except Unsigned:
            raise _Problem(401, "not signed by a secret that is live here") from None
        except NoEar:
            raise _Problem(404, "no account of this name hears webhooks") from None
        except StoreError as problem:
            _log.warning("%s: a webhook is not kept (%s): its sender is to come again", name, type(problem).__name__)
            raise _Problem(503, "not kept: send it again", AGAIN) from None

    def _called(self, scope: HTTPScope) -> list[tuple[bytes, bytes]]:
        """How and where it was called, as the outside sees it: some vendors sign that, too."""
        how = (METHOD.encode(), scope["method"].encode())
        if not self._public:
            return [how]
        query = scope["query_string"]
        return [how, (URL.encode(), self._public + scope["raw_path"] + (b"?" + query if query else b""))]

    async def _body(self, receive: Receive) -> bytes:
        """All of it, in time. One clock for all of them: a timer for each would cost as much as its signature."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None  # noqa: S101 - whoever serves runs each request in one
        if self._sweeping is None:
            self._sweeping = loop.call_later(1.0, self._sweep)
        self._reading[task] = loop.time() + PATIENCE
        try:
            return await _whole(receive)
        except asyncio.CancelledError:
            if task not in self._late:
                raise
            task.uncancel()
            raise _Problem(408, f"the body was not here after {PATIENCE:.0f} s") from None
        finally:
            del self._reading[task]
            self._late.discard(task)

    def _sweep(self) -> None:
        now = asyncio.get_running_loop().time()
        for task in [task for task, until in self._reading.items() if until <= now]:
            self._late.add(task)
            task.cancel()
        self._sweeping = asyncio.get_running_loop().call_later(1.0, self._sweep) if self._reading else None


async def _whole(receive: Receive) -> bytes:
    parts, size = list[bytes](), 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise _HungUp
        parts.append(message["body"])
        size += len(parts[-1])
        if size > MOST:
            raise _Problem(413, f"a webhook has {MOST} bytes at most")
        if not message["more_body"]:
            return b"".join(parts)


def _check_kind(said: bytes) -> None:
    kind = said.partition(b";")[0].strip().lower()
    if kind not in KINDS and not (kind.startswith(b"application/") and kind.endswith(b"+json")):
        raise _Problem(415, "a webhook is JSON, a form, XML or text: set its content-type")


class _HungUp(Exception):
    pass


class _Problem(Exception):
    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, dict(headers or {})


def _told(_: Request[Any, Any, Any], problem: HTTPException) -> Response[bytes]:
    body = _details(problem.status_code, problem.detail)
    return Response(body, status_code=problem.status_code, headers=problem.headers, media_type=DETAILS)


def _details(status: int, detail: str) -> bytes:
    return msgspec.json.encode({"title": HTTPStatus(status).phrase, "status": status, "detail": detail})


async def _say(send: Send, status: int, detail: str, headers: Mapping[str, str]) -> None:
    body = _details(status, detail)
    told = {"content-type": DETAILS, "content-length": str(len(body)), **headers}
    encoded = [(name.encode(), value.encode()) for name, value in told.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body, "more_body": False})
