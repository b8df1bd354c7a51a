"""How a vendor answers by its manner, and what it does instead: it hangs up, or says something that it never should."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from aiohttp import web

from pawline.sandbox.answers import JSON
from pawline.sandbox.manner import Manner, Says

Asked = TypeVar("Asked")


async def mannered(
    manner: Manner, request: web.Request, admit: Callable[[], Awaitable[Asked]],
    limit: Callable[[Asked, float | None], None], answer: Callable[[Asked], Coroutine[Any, Any, web.StreamResponse]],
) -> web.StreamResponse:  # fmt: skip
    """What comes of a call: `admit` knows who asks, and reads what for; `answer` does it, also where the line breaks.

    `limit` is told how long its manner has the caller wait, if it does, and raises where it is too much. What breaks
    (ConnectionError) is hung up.
    """
    if manner.down:
        return hang_up(request)
    try:
        asked = await admit()
        if manner.latency:
            await asyncio.sleep(manner.latency)
        limit(asked, manner.limited)
        reply = await asyncio.shield(asyncio.ensure_future(answer(asked)))
    except ConnectionError:  # in the middle of what was asked, or of what is said
        return hang_up(request)
    return reply if manner.says is None else said(manner.says)


def hang_up(request: web.Request) -> web.Response:
    """The connection breaks."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def said(says: Says) -> web.Response:
    """Stands in for the answer."""
    match says:
        case Says.PAGE:
            return web.Response(text="<!doctype html><title>Welcome</title>", content_type="text/html")
        case Says.TRUNCATED:
            return web.Response(body=b'{"order": "o', headers=JSON)
        case Says.HUGE:
            return web.Response(body=b'"' + b"x" * 10_000_000 + b'"', headers=JSON)
        case Says.DRIFTED:
            return web.Response(body=b'{"data": [{"v2": true}]}', headers=JSON)
        case Says.REDIRECT:
            return web.Response(status=302, headers={"location": "/elsewhere"})
        case Says.ERROR:
            return web.Response(status=500, text="Internal Server Error")
