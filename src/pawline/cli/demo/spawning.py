"""Processes of a demo: whoever is cancelled while one is being started still knows of it, and ends it."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final

_DEATH_SIGNAL: Final = 1
"""PR_SET_PDEATHSIG of Linux: https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html ."""


async def spawn(keep: Callable[[asyncio.subprocess.Process], None], *words: str, **more: Any) -> None:
    """Starts it and hands it to `keep`, also where the caller is cancelled meanwhile; see create_subprocess_exec.

    On Linux it is told to end where this process dies, also of SIGKILL: nobody would know of it any more.
    """
    if sys.platform == "linux":
        more["preexec_fn"] = partial(_end_with, os.getpid(), ctypes.CDLL(None).prctl)
    starting = asyncio.ensure_future(asyncio.create_subprocess_exec(*words, start_new_session=True, **more))
    try:
        keep(await asyncio.shield(starting))
    except asyncio.CancelledError:
        while not starting.done():  # cancelled once more, it would leave a process that nobody has
            with suppress(asyncio.CancelledError):
                await asyncio.wait([starting])
        keep(starting.result())
        raise


def _end_with(parent: int, prctl: Callable[..., int]) -> None:
    """In the new process, before it is another program: little may be done here, for no other thread lives on."""
    prctl(_DEATH_SIGNAL, signal.SIGTERM)
    if os.getppid() != parent:  # it died before we said so
        os._exit(1)
