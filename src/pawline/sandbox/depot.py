"""The warehouse that picks and packs: one request for each order and part, stopped until it has left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pawline.model import LotId, OrderId, Packed, ShipmentId
from pawline.ports import (
    Code,
    FulfilmentHold,
    FulfilmentOrder,
    FulfilmentRequest,
    FulfilmentStatus,
    Progress,
    Receipt,
    Rejected,
)

if TYPE_CHECKING:
    from pawline.sandbox.trades import Note


class Depot:
    """A warehouse without keys: who asks twice has two boxes packed. `dispatch` is what its people do."""

    def __init__(self) -> None:
        self._asked: dict[str, FulfilmentRequest] = {}
        self._of: dict[OrderId, list[str]] = {}  # references by order, oldest first
        self._progress: dict[str, Progress] = {}
        self._sent: dict[str, tuple[Packed, ...]] = {}  # what left in which parcel
        self.lots: dict[str, str] = {}  # by SKU: the one that is being picked from; nobody writes down others

    def request(self, note: Note, request: FulfilmentRequest) -> FulfilmentOrder:
        reference = note(f"{request.order}/{request.part}", order=request.order, items=request.items)
        self._asked[reference] = request
        self._of.setdefault(request.order, []).append(reference)
        self._progress[reference] = Progress.ACCEPTED
        return FulfilmentOrder(order=request.order, part=request.part, reference=reference)

    def find_request(self, request: FulfilmentRequest) -> FulfilmentOrder | None:
        for reference in self._of.get(request.order, ()):
            known = self._asked[reference]
            if known.part == request.part:
                return FulfilmentOrder(order=known.order, part=known.part, reference=reference)
        return None

    def cancel(self, note: Note, fulfilment: FulfilmentOrder) -> Receipt:
        again = self._go(fulfilment, Progress.CANCELLED)
        return Receipt(note(f"{fulfilment.order}/{fulfilment.part}", order=fulfilment.order, again=again))

    def hold(self, note: Note, fulfilment: FulfilmentOrder, _because: str) -> FulfilmentHold:
        again = self._go(fulfilment, Progress.ON_HOLD)
        reference = note(f"{fulfilment.order}/{fulfilment.part}", order=fulfilment.order, again=again)
        return FulfilmentHold(fulfilment=fulfilment, reference=reference)

    def release(self, note: Note, hold: FulfilmentHold) -> Receipt:
        held = hold.fulfilment
        again = self._go(held, Progress.ACCEPTED)
        return Receipt(note(f"{held.order}/{held.part}", order=held.order, again=again))

    def status(self, fulfilment: FulfilmentOrder) -> FulfilmentStatus:
        progress = self._known(fulfilment)
        left = ShipmentId(fulfilment.reference) if progress is Progress.SHIPPED else None
        return FulfilmentStatus(progress=progress, shipment=left)

    def of(self, order: OrderId) -> tuple[FulfilmentOrder, ...]:
        return tuple(
            FulfilmentOrder(order=order, part=self._asked[reference].part, reference=reference)
            for reference in self.asked_for(order)
            if self._progress[reference] is not Progress.CANCELLED
        )

    def asked_for(self, order: OrderId) -> tuple[str, ...]:
        """References of an order's requests, oldest first."""
        return tuple(self._of.get(order, ()))

    def has_left(self, reference: str) -> bool:
        """Whether it is on its way."""
        return self._progress[reference] is Progress.SHIPPED

    def gone(self, order: OrderId, part: str) -> bool:
        """Whether this part of an order is on its way."""
        return any(self.has_left(one) for one in self.asked_for(order) if self._asked[one].part == part)

    def sent_with(self, order: OrderId, sku: str, lot: str) -> bool:
        """Whether a parcel of the order left with this lot in it."""
        parcels = [self._sent.get(one, ()) for one in self.asked_for(order)]
        return any((one.sku, one.lot) == (sku, lot) for packed in parcels for one in packed)

    def ready(self, order: OrderId) -> tuple[str, ...]:
        """References of what was asked for an order and may leave now."""
        return tuple(one for one in self.asked_for(order) if self._progress[one] is Progress.ACCEPTED)

    def packed(self, reference: str) -> tuple[Packed, ...]:
        """What was put into the parcel."""
        return tuple(
            Packed(sku=one.sku, quantity=one.quantity, lot=LotId(lot) if (lot := self.lots.get(one.sku)) else None)
            for one in self._asked[reference].items
        )

    def dispatch(self, reference: str) -> None:
        """It leaves. Raises Rejected for what is held or cancelled."""
        asked = self._asked[reference]
        if self._progress[reference] is not Progress.ACCEPTED:
            raise Rejected(f"{asked.order} is {self._progress[reference]}", Code.CONFLICT)
        self._progress[reference] = Progress.SHIPPED
        self._sent[reference] = self.packed(reference)

    def _known(self, fulfilment: FulfilmentOrder) -> Progress:
        if fulfilment.reference not in self._progress:
            raise Rejected(f"no request {fulfilment.reference}", Code.NOT_FOUND)
        return self._progress[fulfilment.reference]

    def _go(self, fulfilment: FulfilmentOrder, progress: Progress) -> bool:
        """Whether it was there already. Raises Rejected once it left, or was cancelled."""
        before = self._known(fulfilment)
        if before is progress:
            return True
        if before in (Progress.SHIPPED, Progress.CANCELLED):
            raise Rejected(f"it is {before}", Code.TOO_LATE)
        self._progress[fulfilment.reference] = progress
        return False
