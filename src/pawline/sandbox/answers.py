"""How the sandbox answers: JSON, and refusals as `{"error": code, "text": sentence}` with an ordinary status."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec
from aiohttp import web

from pawline.ports import Code, ErrorRecord, PortError, to_record

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

    from pawline.sandbox.web import Desk

_STATUS: Final = {
    Code.NOT_FOUND: 404, Code.CONFLICT: 409, Code.IN_PROGRESS: 409, Code.GONE: 410, Code.RATE_LIMITED: 429,
    Code.UNAVAILABLE: 503, Code.TIMED_OUT: 504,
}  # fmt: skip
encode: Final = msgspec.json.Encoder().encode
JSON: Final = {"content-type": "application/json"}


class Refused(Exception):
    """Ends a request with this response."""

    def __init__(self, response: web.Response) -> None:
        super().__init__(response.status)
        self.response = response


@web.middleware
async def refusing(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answers what a handler refused with."""
    try:
        return await handler(request)
    except Refused as refused:
        return refused.response


def answering(
    admit: Callable[[web.Request], None], act: Callable[[web.Request], Awaitable[Any]]
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A handler that answers in JSON what `act` came to, for whoever `admit` lets in."""

    async def answer(request: web.Request) -> web.Response:
        admit(request)
        try:
            return web.Response(body=encode(await act(request)), headers=JSON)
        except PortError as problem:
            raise refusal(to_record(problem)) from None

    return answer


def acting(desk: Desk, name: str) -> Callable[[web.Request], Awaitable[Any]]:
    """What a request comes to that asks for this act of the desk."""

    async def act(request: web.Request) -> Any:  # noqa: ANN401 - JSON
        return desk.act(name, await request.read())

    return act


def decoded(body: bytes, kind: Any) -> Any:  # noqa: ANN401 - of the type that was asked for
    """A body of this type. Raises Refused (400) where it is not."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, OverflowError) as problem:
        raise error(400, Code.BAD_REQUEST, str(problem)) from None


def error(status: int, code: Code, text: str, headers: Mapping[str, str] | None = None) -> Refused:
    """A refusal to raise."""
    body = encode({"error": code.value, "text": text})
    return Refused(web.Response(status=status, body=body, headers={**JSON, **(headers or {})}))


def refusal(problem: ErrorRecord) -> Refused:
    """One of the four errors, as a refusal to raise."""
    code = Code(problem.code)
    headers = {} if problem.retry_after is None else {"retry-after": f"{max(1, round(problem.retry_after))}"}
    return error(_STATUS.get(code, 422), code, problem.text, headers)
