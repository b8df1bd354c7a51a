"""An ERP that only has files, in the role of Erp: a file an order, named after it, so that it can be looked up."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pawline.connectors.files.naming import Place, place_of
from pawline.connectors.files.orders import Orders
from pawline.connectors.files.settings import Settings
from pawline.connectors.files.writing import withdrawn, written
from pawline.kit import Files
from pawline.model import Order, OrderId
from pawline.ports import Booking, Code, EffectKind, Operation, Receipt, Rejected, Settle

TIMEOUT: Final = timedelta(seconds=20)


class FilesErp:
    """See `Erp`. An order whose file is in the inbox, or was taken from it, was handed over."""

    OPERATIONS: Final = {
        "book": Operation(settle=Settle.LOOK_UP, look_up="find_booking", timeout=TIMEOUT),
        "cancel": Operation(settle=Settle.REPEAT, timeout=TIMEOUT, kind=EffectKind.CANCELLATION),
    }

    def __init__(self, files: Files, settings: Settings) -> None:
        self._files, self._settings = files, settings

    async def book(self, order: Order) -> Booking:
        orders = self._orders()
        name = orders.put.name(order.id)
        data = written(orders, self._settings.zone_of(orders.zone), order)
        await self._files.drop(data, *orders.put.folder, name)
        return Booking(order=order.id, reference=name, told_within=self._settings.told_within)

    async def find_booking(self, order: Order) -> Booking | None:
        """Where the books take an order once, it is handed over again rather than looked for among what they took."""
        orders = self._orders()
        for place in (orders.put, *(() if orders.once else orders.places)):  # in this order: it may be taken in between
            if await self._is_there(place, order.id):
                name = orders.put.name(order.id)
                return Booking(order=order.id, reference=name, told_within=self._settings.told_within)
        return None

    async def cancel(self, booking: Booking) -> Receipt:
        """What was not taken yet is taken away: read by name, a cancellation may come before its order."""
        orders = self._orders()
        if not orders.cancel:
            raise Rejected("these books take nothing back by a file: take the order out there", Code.UNSUPPORTED)
        await self._files.remove(*orders.put.folder, orders.put.name(booking.order))
        there = place_of(orders.folder, orders.cancel_name)
        name = there.name(booking.order)
        await self._files.drop(withdrawn(orders, booking.order), *there.folder, name)
        return Receipt(name)

    async def _is_there(self, place: Place, order: OrderId) -> bool:
        if "*" not in place.pattern:
            return await self._files.has(*place.folder, place.name(order))
        return any(place.fits(one.name, order) for one in await self._files.entries(*place.folder))

    def _orders(self) -> Orders:
        if self._settings.orders is None:  # the card does not offer it then
            raise Rejected("this account hands no orders over: give it `orders`", Code.UNSUPPORTED)
        return self._settings.orders
