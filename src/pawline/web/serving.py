"""The server: granian in the hub's own loop, so that a webhook is recorded by the very engine that runs its flows."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from granian.constants import Interfaces
from granian.server.embed import Server

from pawline.hub import HubRefused
from pawline.web.ingress import application

if TYPE_CHECKING:
    from pawline.hub import Hub

PATIENCE: Final = 10.0
"""Seconds for what is under way to be answered when the hub leaves."""


@asynccontextmanager
async def serving(hub: Hub) -> AsyncIterator[str]:
    """Answers at the address of the settings' `listen`, which they name, until it is left: its URL.

    Raises HubRefused where the address cannot be had.
    """
    listen = hub.settings.listen
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    _check(host, int(port))
    server = Server(
        application(hub.hearing), address=host, port=int(port), interface=Interfaces.ASGI, log_enabled=False,
        websockets=False,
    )  # fmt: skip
    task = asyncio.create_task(server.serve())
    try:
        await _up(task, host, int(port))
        yield f"http://{listen}"
    finally:
        server.stop()  # type: ignore[no-untyped-call]
        await asyncio.wait([task], timeout=PATIENCE)
        if not task.done():
            task.cancel()


def _check(host: str, port: int) -> None:
    """Granian shares its port with whoever has it already: half of the webhooks would go to somebody else."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of a hub that died are nobody's
            one.bind((host, port))
    except (OSError, OverflowError) as problem:
        why = getattr(problem, "strerror", None) or str(problem)
        raise HubRefused(f"`listen`: {host} port {port} cannot be had ({why}): free it, or name another") from None


async def _up(task: asyncio.Task[None], host: str, port: int) -> None:
    for _ in range(500):
        if task.done():
            break
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(0.01)
        else:
            writer.close()
            return
    raise HubRefused(f"`listen`: nothing answers at {host} port {port}: see the hub's log")
