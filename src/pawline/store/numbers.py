"""Numbers that grow and never repeat: a block at a time from the counter, so that most cost an addition."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from pawline.store.errors import StoreError

if TYPE_CHECKING:
    from pawline.store.database import Database
    from pawline.store.writer import Writer


class Numbers:
    """Hands out numbers of one process. Those of several processes interleave by blocks."""

    def __init__(self, writer: Writer, block: int) -> None:
        self._writer, self._block = writer, block
        self._no = self._end = self._ahead = 0
        self._next: int | None = None  # last number of the block in reserve
        self._task: asyncio.Task[None] | None = None

    def take(self) -> int:
        """The next number. Only when blocks run out faster than the writer fetches them does it stand still."""
        if self._no == self._end:
            last = self._writer.job_now(self._fetch) if self._next is None else self._next
            self._next = None
            self._no, self._end, self._ahead = last - self._block, last, last - self._block // 2
        self._no += 1
        if self._no == self._ahead and not self._writer.inline:
            self._task = asyncio.get_running_loop().create_task(self._fetch_ahead())
        return self._no

    async def _fetch_ahead(self) -> None:
        with contextlib.suppress(StoreError):  # take() will meet it
            last = await self._writer.job(self._fetch)
            if last > self._end:  # else take() could not wait and has gone past it
                self._next = last

    def _fetch(self, db: Database) -> int:
        last: int = db.fetch("take_numbers", (self._block, "no"))[0][0]
        return last
