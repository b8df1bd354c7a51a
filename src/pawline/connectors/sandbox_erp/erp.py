"""The sandbox's ERP in the role of Erp: a file an order, named after it, so that it can be looked up."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pawline.connectors.sandbox_erp.files import BOOKED, DONE, END, INBOX, OUTBOX, newest, rows_of
from pawline.kit import Folder, safe_name
from pawline.model import Order, OrderId
from pawline.ports import Booking, EffectKind, Operation, Receipt, Settle

if TYPE_CHECKING:
    from pawline.connectors.sandbox_erp import Settings

HEADER: Final = ("order", "number", "placed_at", "currency", "sku", "quantity", "total")
TIMEOUT: Final = timedelta(seconds=10)


class SandboxErp:
    """See `Erp`. A file that is in the inbox, or was taken from it, was handed over."""

    OPERATIONS: Final = {
        "book": Operation(settle=Settle.LOOK_UP, look_up="find_booking", timeout=TIMEOUT),
        "cancel": Operation(settle=Settle.REPEAT, timeout=TIMEOUT, kind=EffectKind.CANCELLATION),
    }

    def __init__(self, folder: Folder, _: Settings) -> None:
        self._folder = folder

    async def book(self, order: Order) -> Booking:
        head = (order.id, order.number, order.placed_at.isoformat(), order.currency)
        rows = [(*head, item.sku, item.quantity, order.total.minor) for item in order.demand()]
        name = _file("order", order.id)
        await self._folder.drop(_csv(HEADER, rows), INBOX, name)
        return Booking(order=order.id, reference=name)

    async def find_booking(self, order: Order) -> Booking | None:
        name = _file("order", order.id)
        for place in (INBOX, DONE):  # in this order: it may be taken in between
            if await self._folder.has(place, name):
                return Booking(order=order.id, reference=name)
        return None

    async def cancel(self, booking: Booking) -> Receipt:
        name = _file("cancel", booking.order)
        await self._folder.drop(_csv(("order",), [(booking.order,)]), INBOX, name)
        return Receipt(name)

    async def booked(self, order: OrderId) -> Booking | None:
        names = await self._folder.names(OUTBOX, prefix="orders-")
        rows = rows_of(await newest(self._folder, names), BOOKED).rows if names else []
        found = [row["reference"] for _, row in rows if row["order"] == order]
        return Booking(order=order, reference=found[-1]) if found else None


def _file(kind: str, order: OrderId) -> str:
    return f"{kind}-{safe_name(order)}.csv"


def _csv(header: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> bytes:
    """Quoted where it must be; a cell that a spreadsheet would run as a formula is made text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([[_tame(value) for value in row] for row in rows])
    return f"{text.getvalue()}{END}\n".encode()


def _tame(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@\t\r") else value
