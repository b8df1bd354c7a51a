"""Segment in the role of Analytics: `track` calls, in batches, each known by its `messageId`.

https://segment.com/docs/connections/sources/catalog/libraries/server/http-api
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from pawline.connectors.segment.settings import Settings
from pawline.kit import Guard, Http, Secret, pseudonym
from pawline.model import Money
from pawline.ports import (
    Code,
    Malformed,
    Occurrence,
    Operation,
    OrderOccurrence,
    Receipt,
    Rejected,
    Settle,
    current_attempt,
)

NAMES: Final = {
    OrderOccurrence.PLACED: "Order Completed", OrderOccurrence.RENEWED: "Order Completed",
    OrderOccurrence.CANCELLED: "Order Cancelled", OrderOccurrence.REFUNDED: "Order Refunded",
    OrderOccurrence.SHIPPED: "Order Shipped", OrderOccurrence.DELIVERED: "Order Delivered",
    OrderOccurrence.RETURNED: "Order Returned",
}  # fmt: skip
"""The first four are Segment's own (https://segment.com/docs/connections/spec/ecommerce/v2), the others are ours."""
MOST, LARGEST, ALL = 2_500, 32_000, 500_000
"""Events of a batch, bytes of one event, bytes of a batch. Above them Segment drops, or refuses all of it."""
REMEMBERED: Final = timedelta(hours=24)
"""For so long at least Segment knows a `messageId` again: https://segment.com/docs/guides/duplicate-data"""
LIBRARY: Final = "pawline"
"""Who says it. What comes back by a webhook, and says so, is our own."""
_encode: Final = msgspec.json.Encoder().encode


class Took(msgspec.Struct, frozen=True):
    """Segment's answer. It is yes to an unknown key, a wrong region and an event without a name, too."""

    success: bool


def client(settings: Settings, guard: Guard) -> Http:
    """An account's client; the write key is a user without a password."""
    key = base64.b64encode(f"{settings.write_key.reveal()}:".encode()).decode()
    return Http(
        settings.host, guard=guard, headers={"authorization": Secret(f"Basic {key}"), "accept": "application/json"},
        key_header=None,
    )  # fmt: skip


class SegmentAnalytics:
    """See `Analytics`."""

    OPERATIONS: Final = {
        # Tried for as long as Segment is sure to know it again; then it is a person's, for it may count twice.
        "record": Operation(settle=Settle.REPEAT, patience=REMEMBERED - timedelta(hours=4))
    }

    def __init__(
        self, http: Http, settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._http, self._settings, self._clock = http, settings, clock

    async def record(self, occurrences: tuple[Occurrence, ...]) -> Receipt:
        kept = [one for one in occurrences if not _left_out(one, self._settings)]
        if not kept:
            return Receipt()
        at = current_attempt()
        calls = [track(one, self._settings, (self._http.whose, at.shop, at.account)) for one in kept]
        await send(self._http, calls, self._clock())
        return Receipt(calls[0]["messageId"])


def track(one: Occurrence, settings: Settings, where: tuple[str, ...]) -> dict[str, Any]:
    """One call, always the same for the same occurrence of the same account.

    `messageId` is known again by all of Segment, whoever sent it: so it is of this hub and account, by its own secret.
    """
    secret = settings.people_secret
    return {
        "type": "track", "event": _name(one), "userId": person(settings, one.household),
        "messageId": f"pl-{pseudonym(secret, 'message', *where, one.key).hex()[:40]}",
        "timestamp": iso(one.at), "properties": _properties(one), "context": {"library": {"name": LIBRARY}},
    }  # fmt: skip


def person(settings: Settings, household: str) -> str:
    """Segment's `userId` of a household: it leads back to nobody without the account's secret."""
    return pseudonym(settings.people_secret, "household at segment", household).hex()[:32]


async def send(http: Http, calls: list[dict[str, Any]], at: datetime) -> None:
    """In one request. Raises Rejected for what Segment would drop or refuse, before anything of it is sent."""
    if len(calls) > MOST or any(len(_encode(one)) > LARGEST for one in calls):
        raise Rejected(f"more than {MOST} events, or one of more than {LARGEST} bytes", Code.TOO_LARGE)
    body = {"batch": calls, "sentAt": iso(at)}
    if len(_encode(body)) > ALL:
        raise Rejected(f"together they have more than {ALL} bytes", Code.TOO_LARGE)
    if not (await http.post("v1", "batch", json=body, into=Took)).success:
        raise Malformed("Segment answered that it did not take them, and not why")


def iso(at: datetime) -> str:
    """As Segment writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _left_out(one: Occurrence, settings: Settings) -> bool:
    """What happens to orders is told as the settings say, anything else always."""
    return one.name in set(OrderOccurrence) and one.name not in settings.events


def _name(one: Occurrence) -> str:
    return NAMES[OrderOccurrence(one.name)] if one.name in set(OrderOccurrence) else one.name


def _properties(one: Occurrence) -> dict[str, Any]:
    """Segment's word for an order is `order_id`; amounts are in the currency's own units."""
    given: dict[str, Any] = dict(one.values)
    total, currency = given.get("total"), given.get("currency")
    if isinstance(total, int) and not isinstance(total, bool) and isinstance(currency, str):
        given["total"] = float(Money(total, currency).format())
    if "order" in given:
        given["order_id"] = given.pop("order")
    if "number" in given:
        given["order_number"] = given.pop("number")
    return given
