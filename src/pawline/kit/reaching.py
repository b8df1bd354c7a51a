"""A line to a host: to the very address that the guard looked at."""

from __future__ import annotations

import asyncio
import socket

from pawline.kit.guard import Blocked, Guard
from pawline.ports import Code, Malformed, Transient


async def reached(
    guard: Guard, host: str, port: int, *, what: str, ports: frozenset[int], plain: bool = False
) -> socket.socket:  # fmt: skip
    """A connected socket; `what` is who is reached, for people. Raises Transient(unreachable), Malformed if blocked."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise Transient(f"{what}'s name is not known", Code.UNREACHABLE) from None
    blocked = False
    for info in found:
        try:
            sock = guard.open(info, plain=plain, ports=ports)
        except Blocked:
            blocked = True
            continue
        sock.setblocking(False)
        try:
            await loop.sock_connect(sock, info[4])
        except OSError:
            sock.close()
            continue
        except BaseException:
            sock.close()
            raise
        return sock
    if blocked:
        raise Malformed(f"{what} is on a private network, or its port is none of its kind's: see `allow_networks`")
    raise Transient(f"{what} cannot be reached", Code.UNREACHABLE)
