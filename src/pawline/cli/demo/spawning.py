"""Processes of a demo: whoever is cancelled while one is being started still knows of it, and ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any


async def spawn(keep: Callable[[asyncio.subprocess.Process], None], *words: str, **more: Any) -> None:
    """Starts it and hands it to `keep`, also where the caller is cancelled meanwhile; see create_subprocess_exec."""
    starting = asyncio.ensure_future(asyncio.create_subprocess_exec(*words, start_new_session=True, **more))
    try:
        keep(await asyncio.shield(starting))
    except asyncio.CancelledError:
        keep(await starting)
        raise
