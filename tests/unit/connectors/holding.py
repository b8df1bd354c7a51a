"""A pretended vendor that is held against a contract, request by request."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

Asked = Callable[[web.Request, str, bytes], None]
Replied = Callable[[str, str, int, bytes], None]


def held(at: str, asked: Asked, replied: Replied) -> Middleware:
    """Of whatever is asked below `at`: the request, its path below that and its body, and what was answered to it."""

    @web.middleware
    async def holds(request: web.Request, handler: Handler) -> web.StreamResponse:
        path = request.path.removeprefix(at)
        theirs = path != request.path
        if theirs:
            asked(request, path, await request.read())
        reply = await handler(request)
        heard = request.transport is not None and not request.transport.is_closing()
        if theirs and isinstance(reply, web.Response) and heard and isinstance(reply.body, bytes):
            replied(request.method, path, reply.status, reply.body)
        return reply

    return holds
