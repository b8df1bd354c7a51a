"""What happens to a hub under test: events that senders repeat until they are accepted, people who answer, an end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, MutableSet, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from pawline.runtime import Said, command, sealed
from pawline.store import RunRow, Status, StoreUnsure

if TYPE_CHECKING:
    from pawline.model import Envelope
    from pawline.runtime import Engine
    from pawline.store import CaseRow, Store

PERSON: Final = "tester"
_POLL: Final = 0.1


class Told(NamedTuple):
    """One event and when its sender first sends it, in seconds since the day began (the store's clock)."""

    at: float
    envelope: Envelope


class Day:
    """The outside world of one hub, across its deaths.

    `accepted` holds the ids of events whose `record` returned: an event in it must never be lost. A sender whose event
    was not accepted when the hub died sends it again to the next life. `answers` maps a question's title to the answer
    that a person gives as soon as the case is there.
    """

    def __init__(
        self, begins: float, events: Sequence[Told], *, answers: Mapping[str, object] | None = None,
        accepted: MutableSet[str] | None = None, at_once: int = 1,
    ) -> None:  # fmt: skip
        self._begins = begins
        self._events = sorted(events, key=lambda told: told.at)
        self._answers = dict(answers or {})
        self._at_once = at_once
        self.accepted: MutableSet[str] = set() if accepted is None else accepted

    async def live(self, engine: Engine, *, patience: float = 60.0) -> None:
        """Send what was not accepted yet, then wait until nothing moves any more.

        Raises TimeoutError, naming what still runs, if that takes longer than `patience` after the last event.
        """
        turn = asyncio.Semaphore(self._at_once)
        left = [told for told in self._events if told.envelope.id not in self.accepted]
        await asyncio.gather(*(self._send(engine, told, turn) for told in left))
        await self.rest(engine, patience)

    async def _send(self, engine: Engine, told: Told, turn: asyncio.Semaphore) -> None:
        await asyncio.sleep(self._begins + told.at - engine.store.now())
        async with turn:
            while told.envelope.id not in self.accepted:
                with contextlib.suppress(StoreUnsure):  # nobody knows whether it was accepted: it is sent again
                    await engine.record(told.envelope)
                    self.accepted.add(told.envelope.id)

    async def rest(self, engine: Engine, patience: float) -> None:
        """Wait until every event is dispatched and every run has ended or waits for a person nobody plays here."""
        until = engine.store.now() + patience
        while (moving := await self._moving(engine)) is not None:
            if engine.store.now() > until:
                raise TimeoutError(f"after {patience:g} s there still are {moving}")
            await asyncio.sleep(_POLL)

    async def _moving(self, engine: Engine) -> str | None:
        if await engine.store.fetch("oldest_undispatched", (1,)):
            return "events that nobody dispatched"
        for shop in sorted({told.envelope.shop for told in self._events}):
            cases = await open_cases(engine.store, shop)
            for case in cases:
                if case.kind == "ask" and case.title in self._answers:
                    await self._answer(engine, case)
                    return f"an answer to {case.title!r}"
            counts = await engine.store.fetch("run_counts", (shop,))
            if sum(count for _, _, count in counts) > len({case.run for case in cases}):
                return ", ".join(f"{count} {flow} {Status(status).name}" for flow, status, count in counts)
        return None

    async def _answer(self, engine: Engine, case: CaseRow) -> None:
        said = Said(value=msgspec.Raw(msgspec.json.encode(self._answers[case.title])))
        row = command(
            engine.store, case.shop, "answer", f"case:{case.no}", by=PERSON, reason="asked", said=said, lane=case.lane
        )
        pending = await engine.store.pending_commands([case.lane], 1)
        if not pending:
            await engine.intake.write(*await sealed(engine.store, row))


async def runs(store: Store, shop: str) -> list[RunRow]:
    """All runs of a shop, oldest first."""
    found: list[RunRow] = []
    before = 1 << 62
    while page := await store.fetch("runs_page", (shop, "", -1, before, 500)):
        found += map(RunRow._make, page)
        before = found[-1].no
    return found[::-1]


async def open_cases(store: Store, shop: str) -> list[CaseRow]:
    """All open cases of a shop, oldest first."""
    found: list[CaseRow] = []
    while page := await store.open_cases(shop, 500, after=found[-1].no if found else 0):
        found += page
    return found
