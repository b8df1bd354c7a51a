"""`POST /hooks/{connector}/{account}`: read whole, believed, recorded, and answered 202 once that is on disk.

Errors are problem details (RFC 9457). A sender that is not believed is told 401 and nothing more; what could not be
recorded is 503 with `Retry-After`: most senders send again, and a watch finds what the others lost.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec
from litestar import Litestar, Request, Response, get, post
from litestar.exceptions import ClientException, HTTPException
from litestar.params import FromPath
from litestar.status_codes import HTTP_202_ACCEPTED

from pawline.hub import NoEar
from pawline.kit import Unsigned, text
from pawline.store import StoreError

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler

    from pawline.hub import Hearing

_log = logging.getLogger("pawline.web")
MOST: Final = 1 << 20
"""Bytes of a delivery. Shopify's largest orders have a tenth of it."""
PATIENCE: Final = 8.0
"""Seconds for a body to arrive; senders of webhooks give up sooner (Shopify after 5)."""
KINDS: Final = frozenset({
    "application/json", "application/x-www-form-urlencoded", "text/plain", "application/xml", "text/xml",
    "multipart/form-data",
})  # fmt: skip
"""Content types that senders of webhooks use, besides `application/…+json`."""
AGAIN: Final = {"retry-after": "5"}


def application(hearing: Hearing) -> Litestar:
    """The ASGI application of one hub."""

    @post("/hooks/{connector:str}/{account:str}", status_code=HTTP_202_ACCEPTED, request_max_body_size=MOST)
    async def hook(
        request: Request[Any, Any, Any], connector: FromPath[str], account: FromPath[str]
    ) -> Response[bytes]:
        name = f"{connector}/{account}"
        if name not in hearing.ears:
            raise _Problem(404, "no account of this name hears webhooks")
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in KINDS and not (kind.startswith("application/") and kind.endswith("+json")):
            raise _Problem(415, "a webhook is JSON, a form, XML or text: set its content-type")
        headers = [(one.decode("latin-1"), text(value)) for one, value in request.scope["headers"]]
        try:
            await hearing.hear(name, headers, await _body(request), time.time())
        except Unsigned:
            raise _Problem(401, "not signed by a secret that is live here") from None
        except NoEar:
            raise _Problem(404, "no account of this name hears webhooks") from None
        except StoreError as problem:
            _log.warning(
                "%s: a webhook is not recorded (%s): its sender is to come again", name, type(problem).__name__
            )
            raise _Problem(503, "not recorded: send it again", AGAIN) from None
        return Response(b"", status_code=HTTP_202_ACCEPTED, media_type="text/plain")

    @get("/health", sync_to_thread=False)
    def health() -> dict[str, bool]:
        """Whether this process answers; `pawline doctor` asks everything else."""
        return {"up": True}

    routes: list[ControllerRouterHandler] = [hook, health]
    return Litestar(
        routes, openapi_config=None, logging_config=None,
        exception_handlers={HTTPException: _told, Exception: _failed},
    )  # fmt: skip


async def _body(request: Request[Any, Any, Any]) -> bytes:
    try:
        async with asyncio.timeout(PATIENCE):
            return await request.body()
    except TimeoutError:
        raise _Problem(408, f"the body was not here after {PATIENCE:.0f} s") from None
    except ClientException as problem:
        if problem.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            raise _Problem(413, f"a webhook has {MOST} bytes at most") from None
        raise


class _Problem(HTTPException):
    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status_code=status, detail=detail, headers=dict(headers or {}))


def _told(_: Request[Any, Any, Any], problem: HTTPException) -> Response[bytes]:
    return _answer(problem.status_code, problem.detail, dict(problem.headers or {}))


def _failed(request: Request[Any, Any, Any], problem: Exception) -> Response[bytes]:
    """A defect of ours: its text may hold what was sent, so only where it was raised goes into the log."""
    _log.error("%s %s failed with %s", request.method, request.url.path, type(problem).__name__)
    return _answer(500, "a defect of the hub, which its log names: send it again", AGAIN)


def _answer(status: int, detail: str, headers: Mapping[str, str]) -> Response[bytes]:
    body = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return Response(
        msgspec.json.encode(body), status_code=status, headers=headers, media_type="application/problem+json"
    )
