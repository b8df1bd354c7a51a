"""What the hub itself plays: the ports that are answered from the views, a set of them for each shop."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import partial, reduce
from itertools import groupby
from typing import TYPE_CHECKING, Final, TypeVar

from pawline.model import (
    Aware,
    CauseId,
    Event,
    HouseholdId,
    Item,
    LocationId,
    LotId,
    Order,
    OrderCancelled,
    OrderConfirmed,
    OrderEdited,
    OrderId,
    OrderPlaced,
    PickupMissed,
    RecallId,
    RecallReached,
    RefundIssued,
    ReturnId,
    ReturnWithdrawn,
    ShipmentId,
    SkuId,
    edited,
    left_to_send,
    not_contained,
    public_name,
)
from pawline.ports import (
    Ahead,
    Behaviour,
    Bills,
    Bought,
    BoughtPage,
    Goods,
    Households,
    Invitations,
    LateOnes,
    Orders,
    Recalls,
    Sellable,
    Shipped,
    ShippedPage,
    Stock,
)
from pawline.runtime import Binding, digest63, fact_digest
from pawline.store import PURGED, EventRow, Retention
from pawline.views.bills import OPERATIONS, OwnBills
from pawline.views.catalog import OwnGoods
from pawline.views.households import ERASING, OwnHouseholds
from pawline.views.invitations import CLAIMING, EVERY, OwnInvitations
from pawline.views.visits import OwnBehaviour
from pawline.views.waiting import current

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pawline.store import Store
    from pawline.views.projector import Projector

PAGE: Final = 200
EVER: Final = 1e15
FACTS: Final = Retention().facts * 86_400.0
"""Seconds for which every store knows a fact."""
LAST: Final = 2**62
E = TypeVar("E", bound=Event)
ACCOUNT: Final = "pawline"
"""The connector's name in the hub's own accounts: `pawline/pets-eu`."""


class OwnStock:
    """See `Stock`."""

    def __init__(self, shop: str, store: Store, projector: Projector) -> None:
        self._shop, self._store, self._projector = shop, store, projector

    async def sellable(self, skus: tuple[SkuId, ...]) -> tuple[Sellable, ...]:
        await current(self._projector)
        found = [one for sku in skus if (one := await self._of(sku, EVER)) is not None]
        return tuple(found)

    async def sellable_at(self, sku: SkuId, at: Aware) -> Sellable | None:
        await current(self._projector)
        return await self._of(sku, at.timestamp())

    async def at_hand(self, sku: SkuId) -> Sellable | None:
        """As the views have it now, however far behind they are; None if nobody ever counted it."""
        return await self._of(sku, EVER)

    async def ahead(self, sku: SkuId, first: date, last: date) -> Ahead:
        await current(self._projector)
        params = (self._shop, sku, first.isoformat(), last.isoformat())
        units, autoships = (await self._store.fetch("ahead", params))[0]
        return Ahead(sku=sku, units=units, autoships=autoships)

    async def recalled(self, skus: tuple[SkuId, ...]) -> tuple[SkuId, ...]:
        await current(self._projector)
        return tuple([sku for sku in skus if await self._store.fetch("recalled_whole", (self._shop, sku))])

    async def recalls(self, skus: tuple[SkuId, ...]) -> tuple[Recalls, ...]:
        await current(self._projector)
        return tuple(
            [
                Recalls(sku=sku, recall=RecallId(recall), whole=bool(whole), cancel=_yes(cancel))
                for sku in skus
                for recall, whole, cancel in await self._store.fetch("recalls_on", (self._shop, sku))
            ]
        )

    async def recalls_of(self, order: OrderId) -> tuple[Recalls, ...]:
        await current(self._projector)
        rows = await self._store.fetch("recalls_of", (self._shop, order))
        forgotten = self._store.now() - FACTS
        found = {
            recall: placed is None or placed < forgotten or await self._found(RecallId(recall), order)
            for _, recall, _, _, placed in rows
        }
        return tuple(
            Recalls(sku=SkuId(sku), recall=RecallId(recall), whole=bool(whole), cancel=_yes(cancel),
                    reached=found[recall])
            for sku, recall, whole, cancel, _ in rows
        )  # fmt: skip

    async def _found(self, recall: RecallId, order: OrderId) -> bool:
        """Whether a recall's search found the order before it left: that is a fact, and outlives its event's body."""
        fact = fact_digest(self._shop, RecallReached(recall=recall, order=order, left=False))
        return bool(await self._store.fetch("fact", (fact,)))

    async def decided(self, recall: RecallId) -> bool | None:
        await current(self._projector)
        found = await self._store.fetch("recall_decided", (self._shop, recall))
        return _yes(found[0][0]) if found else None

    async def _of(self, sku: SkuId, until: float) -> Sellable | None:
        """Counts and orders are of one moment, and holds from before it: who is heard of in between counts twice."""
        held = await self._held(sku, until)
        counts = await self._store.fetch("stock_steps", (*[until] * 5, self._shop, sku))
        if not counts:
            return None
        steps = [
            (sum(row[1] for row in rows), rows[0][5])
            for rows in (list(rows) for _, rows in groupby(counts, key=lambda row: row[3]))
        ]
        ordered = not_contained(steps)
        on_hand, safety = sum(row[1] for row in counts), sum(row[4] for row in counts)
        as_of = datetime.fromtimestamp(min(row[2] for row in counts), UTC)
        return Sellable(sku=sku, quantity=max(0, on_hand - ordered - held - safety), on_hand=on_hand, ordered=ordered,
                        held=held, safety=safety, as_of=as_of,
                        places=tuple(LocationId(row[0]) for row in counts))  # fmt: skip

    async def _held(self, sku: SkuId, until: float) -> int:
        now = self._store.now()
        found = await self._store.fetch("held", (self._shop, sku, until, now, until))
        return int(found[0][0])


class OwnOrders:
    """See `Orders`."""

    def __init__(self, shop: str, store: Store, projector: Projector) -> None:
        self._shop, self._store, self._projector = shop, store, projector

    async def order(self, order: OrderId) -> Order | None:
        placed = await self._told(OrderPlaced, order)
        if not placed:
            return None
        edits = [one.edit for one in await self._told(OrderEdited, order)]  # heard in any order
        return reduce(edited, sorted(edits, key=lambda one: (one.at, one.id)), placed[0].order)

    async def to_send(self, order: OrderId) -> tuple[Item, ...] | None:
        found = await self.order(order)
        if found is None:
            return None
        return left_to_send(found, [one.refund for one in await self._told(RefundIssued, order)])

    async def missed(self, cause: CauseId) -> LateOnes:
        counted = await self._store.fetch("count_about", self._about(PickupMissed, cause))
        last = await self._told(PickupMissed, cause)
        return LateOnes(count=counted[0][0], orders=tuple(one.order for one in last))

    def _about(self, kind: type[Event], subject: str) -> tuple[int, str, str, str]:
        name = public_name(kind)
        return digest63(self._shop, name, subject), self._shop, name, subject

    async def _told(self, kind: type[E], subject: str) -> list[E]:
        """The last events of a kind and subject, the oldest first, as far as they are kept and may be read."""
        page = await self._store.fetch("events_about", (*self._about(kind, subject), LAST, PAGE))
        rows = [EventRow._make(row) for row in page]
        found = [await self._projector.opened(row) for row in reversed(rows) if row.codec != PURGED]
        return [one for one in found if isinstance(one, kind)]

    async def called_off(self, order: OrderId) -> bool:
        await current(self._projector)
        if await self._store.fetch("order_ended", (self._shop, order)):
            return True
        # Recorded by another process, and dispatched by nobody yet: no view has it, and it is said all the same.
        return bool((await self._store.fetch("count_about", self._about(OrderCancelled, order)))[0][0])

    async def confirmed(self, order: OrderId) -> bool:
        return bool((await self._store.fetch("count_about", self._about(OrderConfirmed, order)))[0][0])

    async def withdrawn(self, returned: ReturnId) -> bool:
        return bool((await self._store.fetch("count_about", self._about(ReturnWithdrawn, returned)))[0][0])

    async def left(self, order: OrderId) -> datetime | None:
        return await self._when("order_sent", order)

    async def delivered(self, order: OrderId) -> datetime | None:
        return await self._when("order_delivered", order)

    async def _when(self, what: str, order: OrderId) -> datetime | None:
        await current(self._projector)
        rows = await self._store.fetch(what, (self._shop, order))
        return datetime.fromtimestamp(rows[0][0], UTC) if rows else None

    async def waiting_with(self, sku: SkuId, after: str | None) -> BoughtPage:
        await current(self._projector)
        return _page(
            await self._store.fetch(
                "open_orders_with", (self._shop, sku, after or "", self._shop, self._shop, sku, PAGE)
            )
        )

    async def sent_with(self, sku: SkuId, since: datetime, after: str | None) -> BoughtPage:
        await current(self._projector)
        params = (self._shop, sku, since.timestamp(), after or "", PAGE)
        return _page(await self._store.fetch("sent_orders_with", params))

    async def parcels_with(self, sku: SkuId, since: datetime, after: str | None) -> ShippedPage:
        await current(self._projector)
        lot, _, shipment = (after or "").partition("\n")
        params = (self._shop, sku, since.timestamp(), lot, shipment, PAGE)
        rows = await self._store.fetch("packed_lots", params)
        parcels = tuple(
            Shipped(shipment=ShipmentId(one), order=OrderId(order), quantity=quantity, lot=LotId(lot) if lot else None,
                    household=None if household is None else HouseholdId(household))
            for one, order, household, lot, quantity, _ in rows
        )  # fmt: skip
        return ShippedPage(parcels=parcels, after=f"{rows[-1][3]}\n{rows[-1][0]}" if len(rows) == PAGE else None)


def _yes(flag: int | None) -> bool | None:
    return None if flag is None else bool(flag)


def _page(rows: list[tuple[str, str | None]]) -> BoughtPage:
    orders = tuple(
        Bought(order=OrderId(order), household=None if household is None else HouseholdId(household))
        for order, household in rows
    )
    return BoughtPage(orders=orders, after=rows[-1][0] if len(rows) == PAGE else None)


def own_bindings(
    shops: Iterable[str], store: Store, projector: Projector, invited: timedelta = EVERY
) -> list[Binding]:  # fmt: skip
    """The hub's own accounts, one a shop: none sees another shop's orders. `invited`: so seldom anybody is asked."""
    asks = partial(OwnInvitations, every=invited)
    return [
        Binding(f"{ACCOUNT}/{shop}", port, play(shop, store, projector), operations, shops=frozenset([shop]))
        for shop in shops
        for port, play, operations in (
            (Stock, OwnStock, {}), (Orders, OwnOrders, {}), (Households, OwnHouseholds, ERASING),
            (Bills, OwnBills, OPERATIONS), (Invitations, asks, CLAIMING), (Goods, OwnGoods, {}),
            (Behaviour, OwnBehaviour, {}),
        )
    ]  # fmt: skip
