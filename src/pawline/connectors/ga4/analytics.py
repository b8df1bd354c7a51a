"""GA4 in the role of Analytics, by its Measurement Protocol."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from pawline.connectors.ga4.client import Client
from pawline.connectors.ga4.settings import Settings
from pawline.connectors.ga4.telling import name_of, request
from pawline.ports import Occurrence, Operation, OrderOccurrence, Receipt, Settle


class Ga4Analytics:
    """See `Analytics`. What may have been counted is not told again, but a purchase, which GA4 knows by its order."""

    OPERATIONS: Final = {"record": Operation(settle=Settle.LOOK_UP, look_up="may_be_counted")}

    def __init__(
        self, http: Client, settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._http, self._settings, self._clock = http, settings, clock

    async def record(self, occurrences: tuple[Occurrence, ...]) -> Receipt:
        kept = self._kept(occurrences)
        if kept:
            body = request(kept, self._settings, self._clock())
            await self._http.send("POST", "mp", "collect", json=body, into=object)
        return Receipt()

    async def may_be_counted(self, occurrences: tuple[Occurrence, ...]) -> Receipt | None:
        """GA4 can be asked nothing. Of a visitor it counts one purchase of an order; any other event twice is two.

        So an event whose answer was lost is taken for counted: one that is missing is better than one too many.
        """
        again = all(name_of(one) == "purchase" for one in self._kept(occurrences))
        return None if again else Receipt("its answer was lost: it was not told again")

    def _kept(self, occurrences: tuple[Occurrence, ...]) -> tuple[Occurrence, ...]:
        """What happens to orders is told as the settings say, anything else always."""
        orders = set(OrderOccurrence)
        return tuple(one for one in occurrences if one.name not in orders or one.name in self._settings.events)
