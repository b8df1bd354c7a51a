"""What the runtime asks the store, as rows. A limit is always given: nothing here reads without an end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pawline.store.rows import CaseRow, CommandRow, EventRow, JournalRow, RunRow, WaitRow

if TYPE_CHECKING:
    from collections.abc import Collection

    from pawline.store.database import Row


class Reads:
    """Reads of committed rows. They never wait for the writer, and what a queued unit changes is not seen yet."""

    def now(self) -> float:
        """The database's clock, in epoch seconds."""
        raise NotImplementedError

    async def fetch(self, name: str, params: Row = ()) -> list[Row]:
        """Any statement of reads.sql; a list of numbers stands for `{among …}`."""
        raise NotImplementedError

    async def pending_events(
        self, lanes: Collection[int], limit: int, after: tuple[float, int] | None = None, *, bulk: bool = False
    ) -> list[EventRow]:
        """Recorded and not dispatched yet, in the order of their recording, from (recorded, number) on.

        Either what is bulk or what is not: neither is read through to find the other.
        """
        params = (list(lanes), *(after or (-1.0, -1)), limit)
        return list(map(EventRow._make, await self.fetch("pending_bulk" if bulk else "pending_events", params)))

    async def events(self, numbers: Collection[int]) -> dict[int, EventRow]:
        """By number; numbers that are not there are left out."""
        return {row[0]: EventRow._make(row) for row in await self.fetch("events", (list(numbers),))}

    async def runs(self, numbers: Collection[int]) -> dict[int, RunRow]:
        """By number; numbers that are not there are left out."""
        return {row[0]: RunRow._make(row) for row in await self.fetch("runs", (list(numbers),))}

    async def journals(self, runs: Collection[int]) -> dict[int, list[JournalRow]]:
        """The whole history of each run, in order; a run without rows has an empty list."""
        found: dict[int, list[JournalRow]] = {run: [] for run in runs}
        for row in await self.fetch("journals", (list(runs),)):
            found[row[0]].append(JournalRow._make(row))
        return found

    async def ready_runs(
        self, lanes: Collection[int], limit: int, *, max_priority: int = 99, after: tuple[int, int] | None = None
    ) -> list[RunRow]:
        """NEW or READY, by (priority, number), from `after` on."""
        params = (list(lanes), max_priority, *(after or (-1, -1)), limit)
        return list(map(RunRow._make, await self.fetch("ready_runs", params)))

    async def new_runs(
        self, lanes: Collection[int], limit: int, after: tuple[float, int] | None = None
    ) -> list[RunRow]:
        """NEW, in the order of their making, from (created, number) on."""
        params = (list(lanes), *(after or (-1.0, -1)), limit)
        return list(map(RunRow._make, await self.fetch("new_runs", params)))

    async def due_waits(
        self, lanes: Collection[int], limit: int, *, at: float | None = None, after: tuple[float, int] | None = None
    ) -> list[WaitRow]:
        """Due and not taken by an event, by (due, run). A page ends between runs' waits of one moment: ask again."""
        params = (self.now() if at is None else at, list(lanes), *(after or (-1.0, -1)), limit)
        return list(map(WaitRow._make, await self.fetch("due_waits", params)))

    async def taken_waits(
        self, lanes: Collection[int], limit: int, after: tuple[int, str] | None = None
    ) -> list[WaitRow]:
        """Waits that have their event and that their run has not taken up, from (run, path) on."""
        params = (list(lanes), *(after or (-1, "")), limit)
        return list(map(WaitRow._make, await self.fetch("taken_waits", params)))

    async def unlooked(self, lanes: Collection[int], limit: int) -> list[WaitRow]:
        """Waits whose look was never committed: the owner that inserted them died in between. Look for them."""
        return list(map(WaitRow._make, await self.fetch("unlooked", (list(lanes), limit))))

    async def waits(self, runs: Collection[int]) -> dict[int, list[WaitRow]]:
        """The waits of each run, by path; a run without waits has an empty list."""
        found: dict[int, list[WaitRow]] = {run: [] for run in runs}
        for row in await self.fetch("waits", (list(runs),)):
            found[row[0]].append(WaitRow._make(row))
        return found

    async def pending_commands(self, lanes: Collection[int], limit: int) -> list[CommandRow]:
        """What operators asked for and nobody took up yet, by number."""
        return list(map(CommandRow._make, await self.fetch("pending_commands", (list(lanes), limit))))

    async def pending_brakes(self, lanes: Collection[int], limit: int) -> list[CommandRow]:
        """Those of them that stop something, let it go on or change a mode."""
        return list(map(CommandRow._make, await self.fetch("pending_brakes", (list(lanes), limit))))

    async def case(self, no: int) -> CaseRow | None:
        """One case, whatever its state."""
        rows = await self.fetch("case", (no,))
        return CaseRow._make(rows[0]) if rows else None

    async def open_cases(self, shop: str, limit: int, after: int = -1) -> list[CaseRow]:
        """A page of one shop's inbox, oldest first."""
        return list(map(CaseRow._make, await self.fetch("open_cases", (shop, after, limit))))

    async def cases_of(self, run: int) -> list[CaseRow]:
        """Open cases of one run."""
        return list(map(CaseRow._make, await self.fetch("cases_of", (run,))))
