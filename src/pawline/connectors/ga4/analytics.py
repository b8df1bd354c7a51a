"""GA4 in the role of Analytics, by its Measurement Protocol."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from pawline.connectors.ga4.client import Client
from pawline.connectors.ga4.settings import Settings
from pawline.connectors.ga4.telling import name_of, request
from pawline.kit import error_of
from pawline.ports import Occurrence, Operation, OrderOccurrence, Receipt, Settle

NOT_NOW: Final = 503
"""What is received is answered 2xx, says Google; 502 and 504 may be of a gateway that passed it on."""


class Ga4Analytics:
    """See `Analytics`. What may have been counted is not told again, but a purchase, which GA4 knows by its order."""

    OPERATIONS: Final = {"record": Operation(settle=Settle.LOOK_UP, look_up="may_be_counted")}

    def __init__(
        self, http: Client, settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._http, self._settings, self._clock = http, settings, clock
        self._not_taken: Final = set[tuple[tuple[str, str], ...]]()

    async def record(self, occurrences: tuple[Occurrence, ...]) -> Receipt:
        kept = self._kept(occurrences)
        if kept:
            body, keys = request(kept, self._settings, self._clock()), _keys(kept)
            self._not_taken.discard(keys)
            answer = await self._http.ask("POST", "mp", "collect", json=body)
            if answer.status == NOT_NOW:
                self._not_taken.add(keys)
            if (error := error_of(answer, "what was told")) is not None:
                raise error
        return Receipt()

    async def may_be_counted(self, occurrences: tuple[Occurrence, ...]) -> Receipt | None:
        """GA4 can be asked nothing. Of a visitor it counts one purchase of an order; any other event twice is two.

        So an event whose answer was lost is taken for counted: one that is missing is better than one too many. That
        Google answered 503 is no lost answer; who dies after it has lost it all the same.
        """
        kept = self._kept(occurrences)
        if (keys := _keys(kept)) in self._not_taken:
            self._not_taken.discard(keys)
            return None
        again = all(name_of(one) == "purchase" and one.values.get("order") for one in kept)  # its transaction_id
        return None if again else Receipt("its answer was lost: it was not told again")

    def _kept(self, occurrences: tuple[Occurrence, ...]) -> tuple[Occurrence, ...]:
        """What happens to orders is told as the settings say, anything else always."""
        orders = set(OrderOccurrence)
        return tuple(one for one in occurrences if one.name not in orders or one.name in self._settings.events)


def _keys(occurrences: tuple[Occurrence, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((one.household, one.key) for one in occurrences)
