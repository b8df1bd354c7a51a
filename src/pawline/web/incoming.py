"""What every address does with a request: its headers are read, and problems told.

Errors are problem details (RFC 9457).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException

from pawline.kit import as_text

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger("pawline.web")
AGAIN: Final = {"retry-after": "5"}
DETAILS: Final = "application/problem+json"
DEFECT: Final = "a defect of the hub, which its log names: send it again"


class Problem(HTTPException):
    """Ends a request with this status and sentence."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status_code=status, detail=detail, headers=dict(headers or {}))


def details(status: int, detail: str) -> bytes:
    """A problem's body."""
    return msgspec.json.encode({"title": HTTPStatus(status).phrase, "status": status, "detail": detail})


def headers_of(request: Request[Any, Any, Any]) -> list[tuple[str, str]]:
    """Each one, in order, as signatures need them."""
    return as_text(request.scope["headers"])


def _told(_: Request[Any, Any, Any], problem: HTTPException) -> Response[bytes]:
    return _answer(problem.status_code, problem.detail, dict(problem.headers or {}))


def _failed(request: Request[Any, Any, Any], problem: Exception) -> Response[bytes]:
    """A defect of ours: its text may hold what was sent, and a path may be a secret. The log has neither."""
    route = request.scope.get("path_template") or "?"
    _log.error("%s %s failed with %s", request.method, route, type(problem).__name__)
    return _answer(500, DEFECT, AGAIN)


def _answer(status: int, detail: str, headers: Mapping[str, str]) -> Response[bytes]:
    return Response(details(status, detail), status_code=status, headers=headers, media_type=DETAILS)


TOLD: Final[dict[int | type[Exception], Callable[[Request[Any, Any, Any], Any], Response[Any]]]] = {
    HTTPException: _told,
    Exception: _failed,
}
"""How what a handler raises is answered."""
