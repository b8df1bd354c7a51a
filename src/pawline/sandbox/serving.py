"""The sandbox's server: on loopback unless told otherwise, for as long as a block lasts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from aiohttp import web

if TYPE_CHECKING:
    from pawline.sandbox.web import Desk

TICK: Final = 0.02
"""Seconds between two looks for effects that are late: they happen whether anybody asks or not."""


@asynccontextmanager
async def served(desk: Desk, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """The address at which the vendors answer; port 0 takes a free one. Raises OSError where it is taken."""
    runner = web.AppRunner(desk.app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, backlog=1024)
        await site.start()
        bound = runner.addresses[0][1]
        async with _ticking(desk):
            yield f"http://{host}:{bound}"
    finally:
        await desk.close()
        await runner.cleanup()


@asynccontextmanager
async def _ticking(desk: Desk) -> AsyncIterator[None]:
    async def tick() -> None:
        while True:
            await asyncio.sleep(TICK)
            desk.do_late()

    ticking = asyncio.create_task(tick())
    try:
        yield
    finally:
        ticking.cancel()
