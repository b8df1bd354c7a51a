"""Who has subscriptions here. Recharge knows people by address and number, and not by what we call their household."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from pawline.connectors.recharge.standing import household_in
from pawline.model import HouseholdId
from pawline.ports import Code, Rejected, Transient

if TYPE_CHECKING:
    from pawline.connectors.recharge.client import RechargeHttp
    from pawline.connectors.recharge.reading import Reading

PATIENCE: Final = 8.0
"""Seconds for which one call walks: a read may take fifteen. The next one goes on from there."""
AGAIN: Final = timedelta(minutes=10)
"""What changed so shortly before the last walk is walked again."""
SOON: Final = timedelta(seconds=2)


class Directory:
    """Households and the numbers of their customers: all active subscriptions are walked through once in a process.

    After that only those that changed are: new ones, and those that were taken up again. 40,000 subscriptions are 160
    pages, a minute and a half at the rate that Recharge allows: whoever asks meanwhile is told to ask again, and the
    walk goes on then.
    """

    def __init__(self, http: RechargeHttp, reading: Reading) -> None:
        self._http, self._reading = http, reading
        self._known: dict[HouseholdId, set[int]] = {}
        self._lock = asyncio.Lock()
        self._since: datetime | None = None
        self._began: datetime | None = None
        self._cursor: str | None = None

    async def customers(self, household: HouseholdId) -> tuple[int, ...]:
        """The household's, lowest first. Raises Transient(in_progress) while the walk is under way."""
        async with self._lock:
            await self._walk()
        return tuple(sorted(self._known.get(household, ())))

    async def _walk(self) -> None:
        until = time.monotonic() + PATIENCE
        self._began = self._began or datetime.now(UTC)
        query = {"sort_by": "id-asc"}
        if self._since is None:
            query["status"] = "active"
        else:
            query["updated_at_min"] = f"{self._since - AGAIN:%Y-%m-%dT%H:%M:%S%z}"
        while True:
            try:
                page = await self._reading.page(query, self._cursor)
            except Rejected as no:
                if self._cursor is None:
                    raise
                self._cursor = None
                raise Transient("Recharge forgot where the walk was: it begins anew", retry_after=SOON) from no
            people = await self._reading.customers(page.subscriptions)
            for number, customer in people.items():
                self._known.setdefault(household_in(customer, number), set()).add(number)
            if page.next_cursor is None or page.next_cursor == self._cursor:
                break
            self._cursor = page.next_cursor
            if time.monotonic() >= until or self._http.wait:
                raise Transient("all subscriptions are being walked through", Code.IN_PROGRESS, retry_after=SOON)
        self._since, self._began, self._cursor = self._began, None, None
