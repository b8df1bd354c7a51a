"""An ERP that only has files, in the role of Erp: a file an order, named after it, so that it can be looked up."""

from __future__ import annotations

from datetime import timedelta
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote

from pawline.connectors.files.export import Export
from pawline.connectors.files.layout import BadFile
from pawline.connectors.files.looking import matching
from pawline.connectors.files.orders import Orders
from pawline.connectors.files.reading import Before, Changed, read
from pawline.connectors.files.settings import Settings
from pawline.connectors.files.whole import Unfinished, Wholeness
from pawline.connectors.files.writing import withdrawn, written
from pawline.kit import Entry, Files, Sighting, safe_name
from pawline.model import Order, OrderBooked, OrderId
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
        name = named(orders.name, order.id)
        await self._files.drop(written(orders, self._settings.zone_of(orders.zone), order), *_path(orders.folder), name)
        return Booking(order=order.id, reference=name)

    async def find_booking(self, order: Order) -> Booking | None:
        orders = self._orders()
        name = named(orders.name, order.id)
        for folder in (orders.folder, *orders.taken):  # in this order: it may be taken in between
            if await self._files.has(*_path(folder), name):
                return Booking(order=order.id, reference=name)
        return None

    async def cancel(self, booking: Booking) -> Receipt:
        orders = self._orders()
        if not orders.cancel:
            raise Rejected("these books take nothing back by a file: take the order out there", Code.UNSUPPORTED)
        name = named(orders.cancel_name, booking.order)
        await self._files.drop(withdrawn(orders, booking.order), *_path(orders.folder), name)
        return Receipt(name)

    async def booked(self, order: OrderId) -> Booking | None:
        """By the newest export that is whole; by all that lie there, newest first, where each has only what is new."""
        for export in self._settings.exports:
            if export.kind == "booked" and (found := await self._in(export, order)) is not None:
                return found
        return None

    async def _in(self, export: Export, order: OrderId) -> Booking | None:
        there = await self._files.entries(*export.folder)
        whole = Wholeness(export)
        for entry in reversed(matching(export, there)):
            if entry.problem is not None:
                continue
            try:
                reading, ended, found = await whole.check(self._files, entry, there, now=True), False, None
                while not ended:
                    rows = await read(self._files, self._settings, export, entry, reading, Before())
                    reading, ended = rows.reading, rows.ended
                    found = _last(rows.sightings, order) or found
            except (BadFile, Unfinished, Changed):
                continue
            if found is not None or export.cumulative:
                return found
        return None

    def _orders(self) -> Orders:
        if self._settings.orders is None:  # the card does not offer it then
            raise Rejected("this account hands no orders over: give it `orders`", Code.UNSUPPORTED)
        return self._settings.orders


def named(name: str, order: OrderId) -> str:
    """The name of an order's file."""
    return name.replace("{order}", safe_name(order))


def order_of(name: str, entry: Entry) -> OrderId | None:
    """The order whose file has this name; None for another's, and for one whose name had to be shortened."""
    before, _, after = name.partition("{order}")
    told = entry.name
    if entry.problem is not None or len(told) < len(before) + len(after):
        return None
    order = OrderId(unquote(told[len(before) : len(told) - len(after)]))
    return order if order and named(name, order) == told else None


def _last(sightings: tuple[Sighting, ...], order: OrderId) -> Booking | None:
    events = (one.event for one in sightings)
    found = [one.reference for one in events if isinstance(one, OrderBooked) and one.order == order]
    return Booking(order=order, reference=found[-1]) if found else None


def _path(folder: str) -> tuple[str, ...]:
    return PurePosixPath(folder).parts
