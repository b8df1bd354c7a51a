"""The server: granian in the hub's own loop, so that a webhook is recorded by the very engine that runs its flows."""

from __future__ import annotations

import asyncio
import fcntl
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from pawline.hub import HubRefused, check_free
from pawline.web.ingress import application

if TYPE_CHECKING:
    from pawline.hub import Hub
    from pawline.web.ingress import Pages

PATIENCE: Final = 10.0
"""Seconds for what is under way to be answered when the hub leaves; longer than a body may take to arrive."""
CONNECTIONS: Final = 2_048
"""Open at once. Behind that many that say nothing a webhook waits until the oldest were hung up."""
SILENT: Final = 5_000
"""Milliseconds for a request's headers to arrive: load balancers open connections and send nothing."""


@asynccontextmanager
async def serving(hub: Hub, pages: Pages | None = None) -> AsyncIterator[str]:
    """Answers at the address of the settings' `listen`, which they name, until it is left: its URL.

    `pages` are those for people. Raises HubRefused where the address cannot be had. A server that ends by itself breaks
    the hub: it is not up while it is deaf.
    """
    listen = hub.settings.listen
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    with _claimed(int(port)):
        check_free(listen)
        app = application(hub.tray, hub.settings.public, hub.quoting, pages, hub.visits, hub.storefront)
        server = Server(
            app, address=host, port=int(port), interface=Interfaces.ASGI, log_enabled=False, websockets=False,
            http=HTTPModes.http1, backlog=CONNECTIONS, backpressure=CONNECTIONS,
            http1_settings=HTTP1Settings(header_read_timeout=SILENT),
        )  # fmt: skip
        task = asyncio.create_task(server.serve())
        leaving = False

        def ended(_: asyncio.Task[None]) -> None:
            if not leaving and not hub.broken.done():
                hub.broken.set_result(HubRefused(f"the web server at {listen} ended by itself: see the hub's log"))

        try:
            await _up(task, host, int(port))
            task.add_done_callback(ended)
            yield f"http://{listen}"
        finally:
            leaving = True
            if hub.storefront is not None:
                hub.storefront.leaving = True
            server.stop()  # type: ignore[no-untyped-call]
            await asyncio.wait([task], timeout=PATIENCE)
            if not task.done():
                task.cancel()
                await asyncio.wait([task], timeout=1)


@contextmanager
def _claimed(port: int) -> Iterator[None]:
    """This user's only hub at the port, also where two start at once. The system lets go of it at a death.

    Another user's hub is found when the port is bound; a name of their own keeps them from blocking each other.
    """
    name = Path(tempfile.gettempdir()) / f"pawline-listen-{os.getuid()}-{port}.lock"
    try:
        claim = os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as problem:
        raise HubRefused(f"`listen`: {name} cannot be opened ({problem.strerror}): remove it") from None
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(claim)
        raise HubRefused(f"`listen`: another hub listens at port {port}: end it, or name another port") from None
    try:
        yield
    finally:
        os.close(claim)


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
