"""What a vendor does instead of answering: it hangs up, or says something that it never should."""

from __future__ import annotations

from aiohttp import web

from pawline.sandbox.answers import JSON
from pawline.sandbox.manner import Says


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
