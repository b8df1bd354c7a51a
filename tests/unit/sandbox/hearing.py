"""An ear of a test's own, at which a pretended vendor rings."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from pawline.sandbox import Desk


def heard_by(
    desk: Desk, told: Callable[[str], None], rest: Callable[[], Awaitable[object]]
) -> list[tuple[dict[str, str], bytes]]:  # fmt: skip
    """What comes to an ear, headers and body, while this is done and until its vendor rests."""
    heard: list[tuple[dict[str, str], bytes]] = []

    async def run() -> None:
        async def hear(request: web.Request) -> web.Response:
            heard.append((dict(request.headers), await request.read()))
            return web.Response()

        app = web.Application()
        app.router.add_post("/hooks/{rest:.*}", hear)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        told(f"http://127.0.0.1:{runner.addresses[0][1]}/hooks")
        await rest()
        await desk.close()
        await runner.cleanup()

    asyncio.run(run())
    return heard
