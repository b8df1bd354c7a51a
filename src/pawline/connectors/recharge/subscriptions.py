"""Recharge in the role of Subscriptions. It renews by itself: nothing here charges anybody, nor has it done sooner."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final, cast

from pawline.connectors.recharge.client import RechargeHttp
from pawline.connectors.recharge.directory import Directory
from pawline.connectors.recharge.errors import LOCKED
from pawline.connectors.recharge.happened import is_due
from pawline.connectors.recharge.reading import MANY, Reading
from pawline.connectors.recharge.settings import Settings
from pawline.connectors.recharge.standing import PAUSED_TO, ended, next_day
from pawline.connectors.recharge.told import (
    Charges,
    OneCharge,
    OneSubscription,
    ToldCharge,
    ToldSubscription,
    day,
    external,
)
from pawline.kit import Http
from pawline.model import HouseholdId, Item, SkuId, Subscription, SubscriptionId
from pawline.ports import Code, EffectKind, Malformed, Operation, Rejected, Settle, SubscriptionPage, Transient

_REPEAT: Final = Operation(settle=Settle.REPEAT)
REASON: Final = 255
"""Characters of a reason that are certainly kept."""


class RechargeSubscriptions:
    """See `Subscriptions`. A subscription of Recharge's is of one variant, so it has one item.

    Recharge knows no keys of repeated calls. Each change is told as how it is to stand, and it is looked first: what is
    so already is not asked for again. A pause is a charge that is put off: to its day, or to one that never comes.
    """

    OPERATIONS: Final = {
        "move": _REPEAT, "skip": _REPEAT, "swap": _REPEAT, "set_quantity": _REPEAT, "pause": _REPEAT,
        "resume": _REPEAT, "end": Operation(settle=Settle.REPEAT, kind=EffectKind.CANCELLATION),
    }  # fmt: skip

    def __init__(self, http: Http, settings: Settings) -> None:
        self._http: Final = http
        self._reading: Final = Reading(http, settings)
        self._directory: Final = Directory(cast("RechargeHttp", http), self._reading)

    async def subscription(self, subscription: SubscriptionId) -> Subscription:
        told = await self._reading.one(subscription)
        customer = (await self._reading.customers((told,))).get(told.customer_id)
        sku, card = await self._reading.goods.sku(told), await self._reading.card_until(told)
        return self._reading.made(told, customer, sku, card)

    async def of(self, household: HouseholdId) -> tuple[Subscription, ...]:
        found: list[Subscription] = []
        for number in await self._directory.customers(household):
            cursor: str | None = None
            while True:
                page = await self._reading.page({"customer_id": str(number)}, cursor)
                found += [await self._reading.ours(one) for one in page.subscriptions if not ended(one)]
                if page.next_cursor is None or page.next_cursor == cursor:
                    break
                cursor = page.next_cursor
        return tuple(one for one in found if one.household == household)

    async def due(self, until: date, after: str | None) -> SubscriptionPage:
        # https://developer.rechargepayments.com/2021-11/charges/charge_list
        later = (until + timedelta(days=1)).isoformat()  # whether the last day counts is not said
        wanted = {"status": "queued", "scheduled_at_max": later, "sort_by": "scheduled_at-asc"}
        query = {"limit": MANY} | ({"cursor": after} if after else wanted)
        page = await self._http.get("charges", query=query, into=Charges)
        names = (name for one in page.charges if is_due(one, until) for name in one.subscriptions())
        found = tuple(SubscriptionId(str(name)) for name in dict.fromkeys(names))
        return SubscriptionPage(subscriptions=found, after=page.next_cursor)

    async def move(self, subscription: SubscriptionId, next_on: date) -> Subscription:
        told = await self._open(subscription)
        on = _planned(told)
        if on is not None and on > next_on:
            raise Rejected(f"subscription {subscription} is charged later than that by now", Code.TOO_LATE)
        return await self._put_off(told, next_on)

    async def skip(self, subscription: SubscriptionId, on: date) -> Subscription:
        # https://developer.rechargepayments.com/2021-11/charges/charge_skip
        told = await self._open(subscription)
        charge = await self._charge_of(told, on)
        if charge is None:
            return await self._reading.ours(told)
        body = {"purchase_item_ids": [told.id]}
        try:
            await self._http.post("charges", str(charge.id), "skip", json=body, into=OneCharge)
        except Rejected as no:
            if no.code is not Code.NOT_FOUND:
                raise  # charges are made anew, seconds after their subscription was changed
            raise Transient("its charges are being made anew", Code.IN_PROGRESS, retry_after=LOCKED) from no
        try:
            after = await self._reading.one(subscription)
        except Transient as busy:  # whatever it says of its own call: the charge is skipped
            raise Transient(busy.text, Code.UNAVAILABLE, retry_after=busy.retry_after) from busy
        return await self._reading.ours(after, told)

    async def swap(self, subscription: SubscriptionId, old: SkuId, new: Item) -> Subscription:
        # https://developer.rechargepayments.com/2021-11/subscriptions/subscriptions_update
        told = await self._open(subscription)
        have, variant = await self._reading.goods.sku(told), external(told.external_variant_id)
        if have == new.sku and told.quantity == new.quantity:
            return await self._reading.ours(told)
        if have not in (old, new.sku):
            raise Rejected(f"{old} is not in subscription {subscription}", Code.NOT_FOUND)
        body: dict[str, object] = {"quantity": new.quantity}
        if have != new.sku:
            variant = await self._reading.goods.variant(new.sku)
            body |= {"external_variant_id": {"ecommerce": variant}, "use_external_variant_defaults": True}
        return await self._changed(told, body)

    async def set_quantity(self, subscription: SubscriptionId, item: Item) -> Subscription:
        told = await self._open(subscription)
        if await self._reading.goods.sku(told) != item.sku:
            raise Rejected(f"{item.sku} is not in subscription {subscription}", Code.NOT_FOUND)
        if told.quantity == item.quantity:
            return await self._reading.ours(told)
        return await self._changed(told, {"quantity": item.quantity})

    async def pause(self, subscription: SubscriptionId, until: date | None) -> Subscription:
        told = await self._open(subscription)
        on, wanted = _planned(told), until or PAUSED_TO
        if on is None or on >= wanted:
            return await self._reading.ours(told)
        return await self._put_off(told, wanted)

    async def resume(self, subscription: SubscriptionId, next_on: date) -> Subscription:
        told = await self._open(subscription)
        on = next_day(told)
        if on is not None and on > next_on:
            raise Rejected(f"subscription {subscription} renews, and later than that", Code.TOO_LATE)
        return await self._put_off(told, next_on)

    async def end(self, subscription: SubscriptionId, because: str) -> Subscription:
        # https://developer.rechargepayments.com/2021-11/subscriptions/subscriptions_cancel
        told = await self._reading.one(subscription)
        stands = await self._reading.ours(told)
        if ended(told):
            return stands
        body = {"cancellation_reason": because[:REASON] or "no reason was given", "send_email": False}
        made = await self._http.post("subscriptions", str(told.id), "cancel", json=body, into=OneSubscription)
        return await self._answered(told, made.subscription, over=True)

    # -- how -----------------------------------------------------------------------------------------------------

    async def _open(self, name: SubscriptionId) -> ToldSubscription:
        """Raises Malformed for what cannot be read: after a change nothing may fail for that."""
        told = await self._reading.one(name)
        if ended(told):
            raise Rejected(f"subscription {name} has ended", Code.TOO_LATE)
        await self._reading.ours(told)
        return told

    async def _put_off(self, told: ToldSubscription, on: date) -> Subscription:
        """https://developer.rechargepayments.com/2021-11/subscriptions/subscriptions_change_next_charge .

        Not on the day of the charge itself: made between our look and our word, it would be the next one that is moved.
        """
        planned = _planned(told)
        if planned == on:
            return await self._reading.ours(told)
        if planned is not None and planned <= datetime.now(UTC).date():
            raise Rejected(f"subscription {told.id} is being charged", Code.TOO_LATE)
        path = ("subscriptions", str(told.id), "set_next_charge_date")
        made = await self._http.post(*path, json={"date": on.isoformat()}, into=OneSubscription)
        return await self._answered(told, made.subscription)

    async def _changed(self, told: ToldSubscription, body: dict[str, object]) -> Subscription:
        made = await self._http.put("subscriptions", str(told.id), json=body, into=OneSubscription)
        return await self._answered(told, made.subscription)

    async def _answered(self, told: ToldSubscription, made: ToldSubscription, *, over: bool = False) -> Subscription:
        """Raises Malformed for an answer about something else, or that does not say what was asked for."""
        if made.id != told.id or ended(made) != over:
            raise Malformed(f"subscription {told.id} was changed, and the answer is about something else")
        return await self._reading.ours(made, told)

    async def _charge_of(self, told: ToldSubscription, on: date) -> ToldCharge | None:
        """The charge of that day that is planned; None where it is skipped already.

        Raises Rejected(too_late) once it was made, or tried, and Rejected(not_found) where there is none.
        """
        near = timedelta(days=1)  # whether the days that are named count themselves is not said
        query = {
            "purchase_item_id": str(told.id), "scheduled_at_min": (on - near).isoformat(),
            "scheduled_at_max": (on + near).isoformat(), "limit": MANY,
        }  # fmt: skip
        page = await self._http.get("charges", query=query, into=Charges)
        there = [one for one in page.charges if day(one.scheduled_at) == on and told.id in one.subscriptions()]
        by = {one.status.lower(): one for one in there}
        if "queued" in by:
            return by["queued"]
        if "skipped" in by:
            return None
        if by or ((planned := _planned(told)) is not None and planned > on):
            raise Rejected(f"the charge of {on.isoformat()} is over, or under way", Code.TOO_LATE)
        raise Rejected(f"no charge is planned for {on.isoformat()}", Code.NOT_FOUND)


def _planned(told: ToldSubscription) -> date | None:
    """The day of its next charge as Recharge has it, be it one that never comes."""
    return day(told.next_charge_scheduled_at) if told.next_charge_scheduled_at else None
