"""Keys for whoever does not believe it: what they do happens at once, to a real process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import termios
import tty
from collections.abc import Awaitable, Callable, Iterator, Mapping


@contextlib.contextmanager
def pressed(do: Mapping[str, Callable[[], Awaitable[None]]]) -> Iterator[bool]:
    """While the block lasts, a key does what it is for; whether there is a terminal to press one at."""
    if not sys.stdin.isatty():
        yield False
        return
    loop, where, tasks = asyncio.get_running_loop(), sys.stdin.fileno(), set[asyncio.Future[None]]()

    def read() -> None:
        for key in os.read(where, 16).decode("ascii", "replace").upper():
            if key in do:
                task = asyncio.ensure_future(do[key]())
                tasks.add(task)
                task.add_done_callback(tasks.discard)

    before = termios.tcgetattr(where)
    tty.setcbreak(where)  # Ctrl-C still ends it
    loop.add_reader(where, read)
    try:
        yield True
    finally:
        loop.remove_reader(where)
        termios.tcsetattr(where, termios.TCSADRAIN, before)
        for task in tasks:
            task.cancel()
