"""Shopify in the role of Fulfilment: its fulfilment orders, whoever packs them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Final

from pawline.connectors.shopify import documents
from pawline.connectors.shopify.admin import Admin
from pawline.connectors.shopify.asked import STOPPED, Asked, FulfilmentOrders, named, progress_of, together
from pawline.connectors.shopify.errors import refuse
from pawline.connectors.shopify.replies import Payload, number_in
from pawline.connectors.shopify.settings import Settings
from pawline.kit import Http
from pawline.model import OrderId, Packed, SkuId
from pawline.ports import (
    Code,
    EffectKind,
    FulfilmentHold,
    FulfilmentOrder,
    FulfilmentRequest,
    FulfilmentStatus,
    Malformed,
    Operation,
    Progress,
    Receipt,
    Rejected,
    Settle,
    Transient,
)

NOTES: Final = 255
_CODES: Final = {
    "FULFILLMENT_ORDER_NOT_FOUND": Code.NOT_FOUND, "FULFILLMENT_ORDER_HOLD_LIMIT_REACHED": Code.NOT_ALLOWED,
    "INVALID_ACCESS": Code.NOT_ALLOWED,
}  # fmt: skip
_WITH_A_SERVICE: Final = frozenset({"SUBMITTED", "ACCEPTED", "CANCELLATION_REQUESTED", "CANCELLATION_REJECTED"})


class ShopifyFulfilment:
    """See `Fulfilment`. Shopify itself divides an order into fulfilment orders; a reference is their numbers.

    Those of a fulfilment service are asked for and asked back; what the shop's own people pack is open from the
    beginning, and is stopped for good by a hold that is never released. Each call looks first: twice is once.
    """

    OPERATIONS: Final = {
        "request": Operation(settle=Settle.REPEAT),
        "cancel": Operation(settle=Settle.REPEAT, kind=EffectKind.CANCELLATION),
        "hold": Operation(settle=Settle.REPEAT),
        "release": Operation(settle=Settle.REPEAT),
    }

    def __init__(self, http: Http, _: Settings) -> None:
        self._admin: Final = Admin(http)
        self._orders: Final = FulfilmentOrders(self._admin)

    async def request(self, request: FulfilmentRequest) -> FulfilmentOrder:
        """Raises Rejected(invalid) for goods that are not just those of some of the order's fulfilment orders."""
        wanted: Counter[SkuId] = Counter()
        for item in request.items:
            wanted[item.sku] += item.quantity
        chosen: list[Asked] = []
        # What has left already is what an earlier request asked for, unless nothing else is left to be asked for.
        found = sorted(await self._orders.of(request.order), key=lambda one: (_left(one[0]), -one[1].total()))
        for asked, goods in found:
            if goods and goods <= wanted and progress_of(asked) is not Progress.CANCELLED:
                wanted -= goods
                chosen.append(asked)
        if wanted or not chosen:
            text = f"order {request.order}: Shopify does not send just these together ({', '.join(sorted(wanted))})"
            raise Rejected(text, Code.INVALID)
        for asked in chosen:
            if asked.may("REQUEST_FULFILLMENT") and asked.request_status not in _WITH_A_SERVICE:
                given = {"id": asked.id, "message": request.note}
                await self._tell("not asked for", documents.SUBMIT, given)
        reference = ",".join(number_in(asked.id) for asked in chosen)
        return FulfilmentOrder(order=request.order, part=request.part, reference=reference)

    async def cancel(self, fulfilment: FulfilmentOrder) -> Receipt:
        for asked in await self._there(fulfilment):
            await self._stop(asked)
        return Receipt()

    async def hold(self, fulfilment: FulfilmentOrder, because: str) -> FulfilmentHold:
        handle = f"pawline-{hashlib.sha256(because.encode()).hexdigest()[:16]}"
        for asked in await self._there(fulfilment):
            if not asked.holds_of(handle):
                _still_there(asked)
                await self._hold(asked, handle, because)
        return FulfilmentHold(fulfilment=fulfilment, reference=handle)

    async def release(self, hold: FulfilmentHold) -> Receipt:
        # https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/fulfillmentOrderReleaseHold
        for asked in await self._there(hold.fulfilment):
            if ours := asked.holds_of(hold.reference):
                await self._tell("not released", documents.RELEASE, {"id": asked.id, "holds": ours})
        return Receipt()

    async def status(self, fulfilment: FulfilmentOrder) -> FulfilmentStatus:
        found, shipment, units = list[Progress](), None, Counter[SkuId]()
        for asked in await self._there(fulfilment):
            found.append(progress_of(asked))
            if asked.fulfillments.nodes:
                sent = await self._orders.sent(number_in(asked.id))
                shipment, units = sent.shipment or shipment, units + sent.units
        packed = tuple(Packed(sku=sku, quantity=count) for sku, count in units.items() if count > 0)
        return FulfilmentStatus(progress=together(found), shipment=shipment, packed=packed)

    async def of(self, order: OrderId) -> tuple[FulfilmentOrder, ...]:
        """Each under its own number, which is its part as well: Shopify does not keep what we called it."""
        return tuple(
            FulfilmentOrder(order=order, part=(name := number_in(asked.id)), reference=name)
            for asked, _ in await self._orders.of(order)
            if progress_of(asked) is not Progress.CANCELLED
        )

    async def _there(self, fulfilment: FulfilmentOrder) -> list[Asked]:
        """Its fulfilment orders; for one whose parcel was called off those that stand for it now."""
        found = list[Asked]()
        for reference in _parts(fulfilment):
            asked = await self._orders.one(reference)
            instead = await self._orders.instead(fulfilment.order, asked) if asked.was_taken_back else []
            found += instead or [asked]
        return found

    async def _stop(self, asked: Asked) -> None:
        if progress_of(asked) is Progress.CANCELLED:
            return
        _still_there(asked)
        if asked.request_status == "SUBMITTED":  # the service did not answer yet: it is taken back at once
            await self._tell("not withdrawn", documents.WITHDRAW, {"id": asked.id})
        elif asked.request_status == "CANCELLATION_REJECTED":
            raise Rejected("whoever packs it does not give it back any more", Code.TOO_LATE)
        elif asked.request_status == "ACCEPTED":
            await self._tell("not asked back", documents.ASK_BACK, {"id": asked.id})
            raise Transient("whoever packs it was asked to give it back, and did not answer yet", Code.IN_PROGRESS)
        elif asked.request_status == "CANCELLATION_REQUESTED":
            raise Transient("whoever packs it did not say yet whether it is given back", Code.IN_PROGRESS)
        else:
            await self._hold(asked, STOPPED, "called off by Pawline: not to be sent")

    async def _hold(self, asked: Asked, handle: str, because: str) -> None:
        # https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/fulfillmentOrderHold
        hold = {"reason": "OTHER", "reasonNotes": because[:NOTES], "handle": handle, "notifyMerchant": False}
        try:
            await self._tell("not held", documents.HOLD, {"id": asked.id, "hold": hold})
        except Rejected:
            _still_there(await self._orders.one(number_in(asked.id)))  # it may have left between our look and our word
            raise

    async def _tell(self, what: str, document: str, given: Mapping[str, object]) -> None:
        told = list((await self._admin.ask(document, given, dict[str, Payload])).values())
        if len(told) != 1:
            raise Malformed(f"Shopify was told one thing, and answered to {len(told)}")
        errors = [one for one in told[0].user_errors if one.code != "DUPLICATE_FULFILLMENT_HOLD_HANDLE"]
        refuse(f"a fulfilment order is {what}", errors, _CODES)


def _left(asked: Asked) -> bool:
    return progress_of(asked) is Progress.SHIPPED


def _parts(fulfilment: FulfilmentOrder) -> list[str]:
    """The numbers of its fulfilment orders. Raises Rejected(not_found) for what are none."""
    parts = fulfilment.reference.split(",")
    for one in parts:
        named(one)
    return parts


def _still_there(asked: Asked) -> None:
    """Raises Rejected(too_late) once all of it has left, or it is no more."""
    if asked.status in {"CLOSED", "CANCELLED"}:
        raise Rejected("all of it has left, or was called off", Code.TOO_LATE)
