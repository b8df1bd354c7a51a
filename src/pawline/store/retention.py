"""Retention: what nobody needs any more goes, a bounded batch at a time; the rows stay as tombstones."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from pawline.store.visits import counted

if TYPE_CHECKING:
    from pawline.store.database import Database, Row
    from pawline.store.store import Store

PURGED: Final = 9
"""Codec of a body that retention removed."""
DAY: Final = 86_400.0
HELD: Final = 7 * DAY
"""Until then a hold outlives its order: a flow that was stopped may still ask whether it has it."""
DEAD: Final = 90 * DAY
"""So long no letter goes to an address that one came back from; then nobody needs to know of it."""
ANSWERED: Final = 2 * DAY
"""So long a request to the storefront's API that is made again is answered as it was."""
LASTING: Final = frozenset({"consent.changed@1", "pet.added@1", "pet.changed@1", "pet.died@1"})
"""Events that are kept until their household is erased: told once, and so until told otherwise. Nothing else has it."""
REPLACED: Final = frozenset({"pet.changed@1"})
"""Of these, where each says all of its subject: only the newest has to last."""
LONGEST: Final = 395
"""Days of visits at most: thirteen months, as long as the strictest authority lets an audience be measured (CNIL)."""
LATE: Final = 3_600.0
"""Seconds after its end that a day's visits are all on disk, in whichever hub they were."""
Job = Callable[["Database"], int]


@dataclass(frozen=True)
class Retention:
    """How long bodies and digests are kept, in days after the end of what they belong to; `visits`, after their day.

    `facts` below 60 would let a sender that retries for a month place an order twice: ValueError. So is more than 13
    months of visits, for which nobody who was asked said yes.
    """

    payloads: float = 30.0
    facts: float = 60.0
    batch: int = 500
    visits: int = 30

    def __post_init__(self) -> None:
        if self.facts < 60 or self.payloads < 0 or self.batch < 1:
            raise ValueError("retention: `facts` is at least 60 days, `payloads` not below 0, `batch` at least 1")
        if not 1 <= self.visits <= LONGEST:
            raise ValueError(f"retention: `visits` is 1 to {LONGEST} days")


@dataclass(frozen=True)
class Purged:
    """How many payloads of each kind went."""

    runs: int = 0
    events: int = 0
    cases: int = 0
    commands: int = 0
    facts: int = 0
    alarms: int = 0
    holds: int = 0
    bounces: int = 0
    visits: int = 0
    answered: int = 0
    cart_orders: int = 0

    def total(self) -> int:
        """All of them."""
        return sum(getattr(self, field.name) for field in fields(self))


async def purge(store: Store, retention: Retention | None = None) -> Purged:
    """Removes payloads older than `retention` says that no unfinished run needs; again: nothing changes."""
    return await _Purge(store, retention or Retention()).go()


class _Purge:
    def __init__(self, store: Store, retention: Retention) -> None:
        self._store, self._batch = store, retention.batch
        self._payloads = store.now() - retention.payloads * DAY
        self._facts = store.now() - retention.facts * DAY
        self._visits = retention.visits
        self._kept = 2 * retention.payloads * DAY  # a cart is gone by then that was changed up to its order

    async def go(self) -> Purged:
        since = self._store.next_no()  # a run made from here on is looked for again, batch by batch
        needed = await self._needed()
        return Purged(
            runs=await self._window("runs_window", self._runs),
            events=await self._window("events_window", lambda rows: self._events(rows, needed, since)),
            cases=await self._window("cases_window", self._cases),
            commands=await self._window("commands_window", self._commands),
            facts=await self._window("facts_window", self._digests, b""),
            alarms=await self._window("alarms_window", self._alarms),
            holds=await self._over("over_holds", HELD, "purge_hold"),
            bounces=await self._over("over_bounces", DEAD, "purge_bounced"),
            visits=await self._seen(),
            answered=await self._over("over_answered", ANSWERED, "purge_answered"),
            cart_orders=await self._over("over_cart_orders", self._kept, "purge_cart_order"),
        )

    async def _seen(self) -> int:
        """Days that are over become figures, and visits that are too old go. How many."""
        today = int((self._store.now() - LATE) // DAY)
        day = -1
        while rows := await self._store.fetch("next_visit_day", (day, today)):
            day, kept = rows[0]
            if not kept:
                counts = [(day, *what, count) for what, count in sorted((await counted(self._store, day)).items())]
                await self._store.job(lambda db, made=counts: db.many("visit_figure", made))  # type: ignore[misc]
            await asyncio.sleep(0)
        await self._over("over_visit_orders", self._visits * DAY, "purge_visit_order")
        return await self._gone("over_visits", today - self._visits, "purge_visit")

    async def _over(self, found: str, after: float, purge: str) -> int:
        return await self._gone(found, self._store.now() - after, purge)

    async def _gone(self, found: str, before: float, purge: str) -> int:
        count = 0
        while rows := await self._store.fetch(found, (before, self._batch)):
            count += await self._store.job(lambda db, gone=rows: db.many(purge, gone))  # type: ignore[misc]
            await asyncio.sleep(0)
        return count

    async def _needed(self) -> frozenset[int]:
        needed: list[int] = []
        after = -1
        while rows := await self._store.fetch("old_unfinished", (after, 2_000)):
            needed += [event for _, event in rows]
            after = rows[-1][0]
            await asyncio.sleep(0)
        return frozenset(needed)

    async def _window(self, name: str, work: Callable[[Sequence[Row]], Job | None], after: object = -1) -> int:
        """Page by page through a table; each page's removals are one short transaction. How many there were."""
        count = 0
        while rows := await self._store.fetch(name, (after, self._batch)):
            after = rows[-1][0]
            if (job := work(rows)) is not None:
                count += await self._store.job(job)
            await asyncio.sleep(0)
        return count

    def _runs(self, rows: Sequence[Row]) -> Job | None:
        gone = [(no,) for no, ended, codec in rows if ended is not None and ended < self._payloads and codec != PURGED]

        def job(db: Database) -> int:
            db.many("purge_journal", gone)
            return db.many("purge_run", gone)

        return job if gone else None

    def _events(self, rows: Sequence[Row], needed: frozenset[int], since: int) -> Job | None:
        old = [
            no for no, seq, recorded, codec, kind in rows
            if seq is not None and recorded < self._payloads and codec != PURGED and no not in needed
            and (kind not in LASTING or kind in REPLACED)
        ]  # fmt: skip
        lasting = {row[0] for row in rows if row[4] in REPLACED}.intersection(old)

        def job(db: Database) -> int:
            kept = {row[0] for row in db.fetch("needed_events", (old, old, since, old))}
            if lasting:
                kept |= lasting - {row[0] for row in db.fetch("told_anew", (sorted(lasting),))}
            return db.many("purge_event", [(no, b"") for no in old if no not in kept])

        return job if old else None

    def _cases(self, rows: Sequence[Row]) -> Job | None:
        return _job("purge_case", [
            (no, b"") for no, state, ended, codec in rows
            if state != "open" and codec != PURGED and (ended or 0.0) < self._payloads
        ])  # fmt: skip

    def _commands(self, rows: Sequence[Row]) -> Job | None:
        return _job("purge_command", [
            (no, b"{}") for no, state, at, size in rows if state != "pending" and at < self._payloads and size > 2
        ])  # fmt: skip

    def _alarms(self, rows: Sequence[Row]) -> Job | None:
        return _job("purge_alarm", [(no,) for no, ended in rows if ended is not None and ended < self._payloads])

    def _digests(self, rows: Sequence[Row]) -> Job | None:
        gone = [(digest,) for digest, recorded in rows if recorded is None or recorded < self._facts]
        return _job("purge_fact", gone)


def _job(name: str, gone: Sequence[Row]) -> Job | None:
    return (lambda db: db.many(name, gone)) if gone else None
