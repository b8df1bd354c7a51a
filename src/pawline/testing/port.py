"""Ports of this machine for servers that are started, killed and started again."""

from __future__ import annotations

import random
import socket
from typing import Final

FIRST, LAST = 20_000, 32_000
"""Below those that systems give away by themselves (Linux from 32768, others from 49152 on): one of these nobody gets
by chance while its server is dead."""
TRIES: Final = 100


def free_port() -> int:
    """A port of loopback that nobody has just now, and that is nobody's by chance later. Raises OSError for none."""
    for _ in range(TRIES):
        port = random.SystemRandom().randrange(FIRST, LAST)
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            continue
    raise OSError(f"no port from {FIRST} to {LAST} is free")
