"""History in bulk: Shopify writes all orders since a day into a file, and each of its orders is told as events.

An order that was edited or refunded is read by itself: Shopify does not write their lines into such a file.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from pawline.connectors.shopify import documents
from pawline.connectors.shopify.admin import Admin
from pawline.connectors.shopify.documents_bulk import HISTORY
from pawline.connectors.shopify.errors import UserError, refuse
from pawline.connectors.shopify.looking_order import Changed, happened
from pawline.connectors.shopify.looking_sent import MOST, shown
from pawline.connectors.shopify.orders import MOST_TRANSACTIONS, Orders, Whole, order_gid
from pawline.connectors.shopify.patience import Patient
from pawline.connectors.shopify.reading import order_of
from pawline.connectors.shopify.replies import LineItem, OrderNode, Transaction, number_in
from pawline.connectors.shopify.settings import Settings
from pawline.connectors.shopify.told_goods import Fulfilment, of_moves
from pawline.connectors.shopify.told_orders import was_brought_in
from pawline.kit import Download, Guard, Http, Past, Quarantined, Recalled, Sighting
from pawline.model import Aware, Order, OrderId, ShipmentDelivered, ShipmentDispatched
from pawline.ports import Code, Malformed, Rejected

FILES: Final = "https://storage.googleapis.com"
"""Where Shopify puts what it wrote: the one other host that is asked, and it is told nothing of the account."""
FRESH: Final = 86_400.0
"""Seconds since somebody was stopped, for which what was asked for is gone on with: too much happens later."""
LOOK: Final = 5.0
"""Seconds between two questions how far Shopify is."""
LONGEST: Final = 1 << 22
"""Bytes of a line."""
_EVER: Final = datetime.min.replace(tzinfo=UTC)
_CODES: Final = {"LIMIT_REACHED": Code.IN_PROGRESS, "OPERATION_IN_PROGRESS": Code.IN_PROGRESS}
_TAKES: Final = frozenset({"SALE", "CAPTURE"})
_RUNS: Final = frozenset({"CREATED", "RUNNING"})


class Operation(msgspec.Struct, frozen=True, rename="camel"):
    """Something that runs, or ran, at Shopify. Large numbers are texts there."""

    id: str
    status: str
    created_at: Aware
    error_code: str | None = None
    root_object_count: str = "0"
    file_size: str | None = None
    url: str | None = None


class Begun(msgspec.Struct, frozen=True, rename="camel"):
    """Of `bulkOperationRunQuery`."""

    user_errors: tuple[UserError, ...]
    bulk_operation: Operation | None = None


class RunReply(msgspec.Struct, frozen=True, rename="camel"):
    """Of BULK_RUN."""

    bulk_operation_run_query: Begun


class OneReply(msgspec.Struct, frozen=True, rename="camel"):
    """Of BULK."""

    bulk_operation: Operation | None


class Parcel(msgspec.Struct, frozen=True, rename="camel"):
    """A fulfilment, without what is in it."""

    id: str
    status: str
    created_at: Aware
    updated_at: Aware
    requires_shipping: bool
    display_status: str | None = None
    in_transit_at: Aware | None = None
    delivered_at: Aware | None = None


class Beside(msgspec.Struct, frozen=True, rename="camel"):
    """What a line of the file says of an order beside the order itself."""

    id: str
    created_at: Aware
    processed_at: Aware
    edited: bool
    display_fulfillment_status: str
    transactions: tuple[Transaction, ...]
    fulfillments: tuple[Parcel, ...]
    refunds: tuple[dict[str, str], ...] = ()
    display_financial_status: str | None = None
    cancelled_at: Aware | None = None
    cancel_reason: str | None = None
    tags: tuple[str, ...] = ()


async def fetch(
    http: Http, settings: Settings, guard: Guard, since: datetime, to: Path, say: Callable[[str], None]
) -> None:  # fmt: skip
    """The file of all orders since that day, as far as the app may see: 60 days without `read_all_orders`.

    It has the time as of which it is. What was asked for stands beside it until then: nobody else's is gone on with.
    """
    admin, asked = Patient(http), to.with_name(f"{to.name}.asked")
    one = await _asked(admin, asked)
    if one is None:
        one = await _begun(admin, HISTORY.replace("$SINCE", since.date().isoformat()))
        await asyncio.to_thread(asked.write_text, one.id, "utf-8")
    while one.status in _RUNS:
        say(f"Shopify has written {one.root_object_count} orders")
        await asyncio.sleep(LOOK)
        await asyncio.to_thread(asked.touch)
        told = (await admin.ask(documents.BULK, {"id": one.id}, OneReply)).bulk_operation
        if told is None:
            raise Malformed("Shopify does not know any more what it was asked to write")
        one = told
    if one.status != "COMPLETED":
        raise Rejected(f"Shopify did not write it all: {one.status}, {one.error_code or 'no reason'}", Code.INVALID)
    size = int(one.file_size or 0)
    say(f"{one.root_object_count} orders, {size / 1e6:.1f} MB")
    part = to.with_name(f"{to.name}.{number_in(one.id)}")  # of this operation: another's must not be gone on with
    if one.url is not None:  # else there is no order
        await Download(_origins(settings), guard).get(one.url, part, size)
    await asyncio.to_thread(_ready, part, to, one.created_at.timestamp())
    await asyncio.to_thread(asked.unlink)


def _ready(part: Path, to: Path, at: float) -> None:
    part.touch(0o600)
    os.utime(part, (at, at))
    part.replace(to)


def _origins(settings: Settings) -> tuple[str, ...]:
    """With the place of a test's own shop, where there is one."""
    if settings.url is None:
        return (FILES,)
    parts = urlsplit(settings.url)
    return (f"{parts.scheme}://{parts.netloc}",)


async def _asked(admin: Admin, asked: Path) -> Operation | None:
    """What we asked for before we were stopped, lately, if it did not fail."""
    name = await asyncio.to_thread(_lately, asked)
    one = None if name is None else (await admin.ask(documents.BULK, {"id": name}, OneReply)).bulk_operation
    return one if one is not None and one.status in {*_RUNS, "COMPLETED"} else None


def _lately(asked: Path) -> str | None:
    if asked.exists() and time.time() - asked.stat().st_mtime < FRESH:
        return asked.read_text("utf-8")
    return None


async def _begun(admin: Admin, text: str) -> Operation:
    told = (await admin.ask(documents.BULK_RUN, {"query": text}, RunReply)).bulk_operation_run_query
    refuse("history is not written", told.user_errors, _CODES)
    if told.bulk_operation is None:
        raise Malformed("Shopify writes history, and shows no operation")
    return told.bulk_operation


async def read(http: Http, _: Settings, file: Path, offset: int) -> AsyncIterator[Recalled]:
    """Each order of the file as what happened to it. An order that cannot be read is set aside."""
    orders = Orders(Patient(http))
    for end, order, lines in _grouped(file, offset):
        name = str(order.get("id", "?")).rpartition("/")[2]
        told: list[Sighting] = []
        try:
            async for one in _told(orders, order, lines):
                told.append(one)  # noqa: PERF401 - what came before a defect is true
        except (Malformed, Rejected, ValueError) as problem:
            yield Recalled(end, tuple(told), Quarantined(f"order {name}", str(problem)))
        else:
            yield Recalled(end, tuple(told))


def _grouped(file: Path, offset: int) -> Iterator[tuple[int, dict[str, Any], list[dict[str, Any]]]]:
    """An order, its lines, which follow it (`groupObjects`), and where they end. Raises Malformed for no such file."""
    order: dict[str, Any] | None = None
    lines: list[dict[str, Any]] = []
    with file.open("rb") as data:
        data.seek(offset)
        while True:
            begin = data.tell()
            raw = data.readline(LONGEST)
            found: dict[str, Any] = _decoded(raw) if raw else {}
            if raw and "__parentId" in found:
                if order is None or found["__parentId"] != order.get("id"):
                    raise Malformed("the file is not grouped: a line follows another order than its own")
                lines.append(found)
                continue
            if order is not None:
                yield begin, order, lines
            if not raw:
                return
            order, lines = found, []


def _decoded(raw: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(raw, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Malformed("the file holds a line that is no JSON: was it cut off?") from None


async def _told(orders: Orders, raw: dict[str, Any], lines: list[dict[str, Any]]) -> AsyncIterator[Sighting]:
    beside = msgspec.convert(raw, Beside)
    name = OrderId(number_in(beside.id))
    order_gid(name)  # nothing else is asked for by it
    if len(beside.transactions) > MOST_TRANSACTIONS:
        raise ValueError(f"it has more than {MOST_TRANSACTIONS} transactions")
    if beside.edited or beside.refunds:
        whole = await orders.read(name)
    else:
        whole = _whole(raw, lines, beside)
    if was_brought_in(beside.created_at, beside.processed_at):  # it was placed in its own time
        whole = whole._replace(order=msgspec.structs.replace(whole.order, placed_at=beside.processed_at))
    for when, event in happened(_changed(beside), whole._replace(transactions=()), _EVER):  # what was refused is over
        yield Sighting(event.fact or name, when, event)
    if len(beside.fulfillments) > MOST:
        raise ValueError(f"it has more than {MOST} parcels: none of them is told")
    for parcel in beside.fulfillments:
        for one in _moves(parcel, whole.order):
            yield Sighting(one.fact, one.at, one)


def _whole(raw: dict[str, Any], lines: list[dict[str, Any]], beside: Beside) -> Whole:
    charge = raw.get("shippingLine")
    whole = raw | {"lineItems": _nodes(lines), "shippingLines": _nodes([charge] if charge else [])}
    items = msgspec.convert(lines, tuple[LineItem, ...])
    order = order_of(msgspec.convert(whole, OrderNode), items, beside.transactions, ())
    return Whole(order, beside.transactions, items, beside.edited)


def _nodes(some: list[Any]) -> dict[str, Any]:
    return {"nodes": some, "pageInfo": {"hasNextPage": False}}


def _changed(one: Beside) -> Changed:
    """As of when the last of its money came: `updatedAt` is of whatever touched it last, years later.

    What was brought in is history like all else.
    """
    taken = [each for each in one.transactions if each.status == "SUCCESS" and each.kind in _TAKES]
    moments = [one.processed_at, *(each.processed_at for each in taken if each.processed_at is not None)]
    return Changed(
        id=one.id, created_at=one.processed_at, processed_at=one.processed_at, updated_at=max(moments),
        edited=one.edited, subtotal_line_items_quantity=0, current_subtotal_line_items_quantity=0,
        display_fulfillment_status=one.display_fulfillment_status,
        display_financial_status=one.display_financial_status, cancelled_at=one.cancelled_at,
        cancel_reason=one.cancel_reason, tags=one.tags,
    )  # fmt: skip


def _moves(parcel: Parcel, order: Order) -> tuple[ShipmentDispatched | ShipmentDelivered, ...]:
    """That it left and arrived; what is in it no such file says."""
    if parcel.status != "SUCCESS" or not parcel.requires_shipping:
        return ()
    email = None if order.contact is None else order.contact.email
    told = Fulfilment(
        id=int(number_in(parcel.id)), order_id=int(order.id), status="success", created_at=parcel.created_at,
        updated_at=parcel.updated_at, line_items=(), shipment_status=shown(parcel.display_status), email=email,
        left_at=parcel.in_transit_at, delivered_at=parcel.delivered_at,
    )  # fmt: skip
    return of_moves(told)


PAST: Final[Past[Settings]] = Past(fetch, read)
