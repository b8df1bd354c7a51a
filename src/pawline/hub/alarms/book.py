"""What the store keeps of alarms: each change is one commit, and whoever comes second changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.hub.alarms.found import UNTRIED, Alarm, Finding, told
from pawline.store import Conflict, StaleOwner, Store

if TYPE_CHECKING:
    from collections.abc import Sequence

ACCOUNT: Final = "pawline/alarms"
"""Under which the store keeps when each channel was last used."""
SEEN: Final = 20.0
"""Seconds after which a cause that goes on is noted again."""
Write = tuple[str, tuple[object, ...]]
Fence = tuple[tuple[int, int], ...]


async def commit(store: Store, writes: Sequence[Write], fence: Fence = ()) -> None:
    """On disk when it returns. Raises StoreError, StaleOwner where the fence's lane is no longer ours."""
    if (error := (await store.written(writes, lanes=fence)).error) is not None:
        raise error


class Book:
    """The rows of `alarm`. `fence` proves the ownership of its lane; it is () for a witness, who owns it not."""

    def __init__(self, store: Store, fence: Callable[[], Fence]) -> None:
        self._store, self._fence = store, fence

    async def note(self, findings: Iterable[Finding], known: Mapping[tuple[str, str], Alarm], now: float) -> None:
        """New causes are opened, and those that go on noted now and then."""
        writes: list[Write] = []
        for one in findings:
            before = known.get((one.rule, one.subject))
            if before is None:
                writes.append(("open_alarm", (self._store.next_no(), one.shop, one.rule, one.subject, one.severity,
                                              one.team, one.since, now, told(one.facts))))  # fmt: skip
            elif now - before.seen >= SEEN or one.facts != before.facts:
                writes.append(("see_alarm", (before.no, now, told(one.facts))))
        await self._commit(writes)

    async def close(self, alarms: Sequence[Alarm], untried: Sequence[Alarm], now: float) -> None:
        """Their cause went; or, `untried`, nobody knows of it any more."""
        writes: list[Write] = [("see_alarm", (one.no, now, told(one.facts | {UNTRIED: 1}))) for one in untried]
        await self._commit([*writes, *(("close_alarm", (one.no, now)) for one in (*alarms, *untried))])

    async def claim(self, alarm: Alarm, until: float) -> bool:
        """Whether the message that is due is ours to send, until then."""
        try:
            await self._commit([("claim_alarm", (alarm.no, alarm.due, until))])
        except (Conflict, StaleOwner):
            return False
        return True

    async def settle(self, writes: list[Write], sent: Mapping[str, list[float]], now: float) -> None:
        """What came of messages, and when each channel was used."""
        used: list[Write] = [
            ("set_checkpoint", ("*", ACCOUNT, name, told(times), now)) for name, times in sent.items()
        ]  # fmt: skip
        await self._commit([*writes, *used])

    async def used(self, channel: str) -> list[float]:
        """When the channel was used in the last hour."""
        rows = await self._store.fetch("checkpoint", ("*", ACCOUNT, channel))
        return msgspec.json.decode(rows[0][0], type=list[float]) if rows else []

    async def beat(self, now: float) -> None:
        """A commit that says nothing but that there is one."""
        await self._commit([("set_checkpoint", ("*", ACCOUNT, "", "", now))])

    async def _commit(self, writes: Sequence[Write]) -> None:
        if writes:
            await commit(self._store, writes, self._fence())
