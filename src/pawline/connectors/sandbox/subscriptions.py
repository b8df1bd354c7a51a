"""The sandbox in the role of Subscriptions: a change is told as how it is to stand, so it may be told twice."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from pawline.connectors.sandbox.terms import operation
from pawline.kit import Http
from pawline.model import HouseholdId, Item, SkuId, Subscription, SubscriptionId
from pawline.ports import EffectKind, Settle, SubscriptionPage

if TYPE_CHECKING:
    from pawline.connectors.sandbox import Settings


class SandboxSubscriptions:
    """See `Subscriptions`."""

    OPERATIONS: Final = {
        name: operation(settle=Settle.REPEAT) for name in ("move", "skip", "swap", "set_quantity", "pause", "resume")
    } | {"end": operation(settle=Settle.REPEAT, kind=EffectKind.CANCELLATION)}

    def __init__(self, http: Http, _: Settings) -> None:
        self._http = http

    async def subscription(self, subscription: SubscriptionId) -> Subscription:
        return await self._told("subscription", subscription=subscription)

    async def of(self, household: HouseholdId) -> tuple[Subscription, ...]:
        given = {"household": household}
        return await self._http.post("subscriptions", "of", json=given, into=tuple[Subscription, ...])

    async def due(self, until: date, after: str | None) -> SubscriptionPage:
        return await self._http.post(
            "subscriptions", "due", json={"until": until, "after": after}, into=SubscriptionPage
        )

    async def move(self, subscription: SubscriptionId, next_on: date) -> Subscription:
        return await self._told("move", subscription=subscription, next_on=next_on)

    async def skip(self, subscription: SubscriptionId, on: date) -> Subscription:
        return await self._told("skip", subscription=subscription, on=on)

    async def swap(self, subscription: SubscriptionId, old: SkuId, new: Item) -> Subscription:
        return await self._told("swap", subscription=subscription, old=old, new=new)

    async def set_quantity(self, subscription: SubscriptionId, item: Item) -> Subscription:
        return await self._told("set_quantity", subscription=subscription, item=item)

    async def pause(self, subscription: SubscriptionId, until: date | None) -> Subscription:
        return await self._told("pause", subscription=subscription, until=until)

    async def resume(self, subscription: SubscriptionId, next_on: date) -> Subscription:
        return await self._told("resume", subscription=subscription, next_on=next_on)

    async def end(self, subscription: SubscriptionId, because: str) -> Subscription:
        return await self._told("end", subscription=subscription, because=because)

    async def _told(self, call: str, **given: object) -> Subscription:
        return await self._http.post("subscriptions", call, json=given, into=Subscription)
