"""A hub in this process that can die at any place and is opened again from what its disk holds."""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pawline.runtime import Engine, RuntimeSettings
from pawline.store import Keyring, Store
from pawline.testing.crash import Crash, Died

if TYPE_CHECKING:
    from pawline.runtime import Bindings, Flows
    from pawline.sandbox.vendors import Line
    from pawline.testing.clock import VirtualTime

R = TypeVar("R")


class Lives:
    """The lives of one hub: one file, one keyring, virtual time; `flows` and `play` (line → bindings) are its code.

    Each life opens the file, does its work and closes it, or dies on the way. A later life may have other code.
    """

    def __init__(
        self, path: Path, time: VirtualTime, line: Line, flows: Flows, play: Callable[[Line], Bindings],
        *, settings: RuntimeSettings | None = None, seed: int = 0,
    ) -> None:  # fmt: skip
        self.flows = flows
        self.play = play
        self._path = path
        self._time = time
        self._line = line
        self._settings = settings
        self._seed = seed
        self._keyring = Keyring.generate()

    def live(self, work: Callable[[Engine], Awaitable[R]], crash: Crash | None = None) -> R | None:
        """One life. None if it died: `crash.fired` is True then."""
        crash = Crash() if crash is None else crash
        loop = self._time.loop()
        store: list[Store] = []
        try:
            return loop.run_until_complete(self._life(work, crash, store))
        except Died:
            abandon(store[0], loop)
            return None
        finally:
            loop.close()

    async def _life(self, work: Callable[[Engine], Awaitable[R]], crash: Crash, opened: list[Store]) -> R:
        store = await Store.open(self._path, self._keyring, clock=self._time, inline=True)
        opened.append(store)
        crash.watch(store)
        engine = Engine(store, self.flows, self.play(crash.line(self._line)), self._settings, seed=self._seed)
        await engine.start()
        result = await work(engine)
        await engine.stop()
        await store.close()
        return result


def abandon(store: Store, loop: asyncio.AbstractEventLoop) -> None:
    """What a death leaves of a hub whose loop stands still: the bytes on its disk, and nothing else.

    Nothing is written, told or cancelled. The file is as if the process were gone, its write-ahead log included
    (closing a connection would have tidied it up), and its lock is free. For SQLite stores that run in-line.
    """
    opened: Any = store._opened  # noqa: SLF001 - no hub is abandoned but here: the store has no word for it
    path = opened.database.path
    left = {name: Path(name).read_bytes() for name in (path, f"{path}-wal") if Path(name).exists()}
    opened.database.rollback()
    opened.database.close()
    opened.reader._db.close()  # noqa: SLF001 - as above
    for name, data in left.items():
        Path(name).write_bytes(data)
    Path(f"{path}-shm").unlink(missing_ok=True)
    os.close(opened.lock)
    for task in asyncio.all_tasks(loop):
        task._log_destroy_pending = False  # type: ignore[attr-defined]  # noqa: SLF001 - dropped on purpose
        coroutine = task.get_coro()
        if inspect.iscoroutine(coroutine) and inspect.getcoroutinestate(coroutine) == inspect.CORO_CREATED:
            coroutine.close()  # it never began: nothing of it runs, and nothing warns of it
