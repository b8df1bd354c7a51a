"""The shop's own side: an order export, or events of its history as `pawline history` writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from pawline.insight.rows import BadRow
from pawline.kit.exports import BadRow as BadOrder
from pawline.kit.exports import Exported, WrongExport, read_orders
from pawline.measure.xray.facts import Any, Cancelled, Edited, Labelled, Ordered, Paid, Refunded
from pawline.measure.xray.sheet import WrongSource, opened
from pawline.model import (
    Envelope,
    Item,
    Order,
    OrderCancelled,
    OrderEdited,
    OrderPaid,
    OrderPlaced,
    Refund,
    RefundIssued,
    ShipmentBooked,
    ShipmentDispatched,
    Tender,
    TenderKind,
    TenderState,
    UnknownEvent,
    UnreadableEvent,
)
from pawline.model.cloudevents import from_cloudevent
from pawline.model.cloudevents_wire import from_structured

LONGEST: Final = 1 << 20
"""Bytes of a line: what is longer is no event of ours."""
QUOTED: Final = re.compile(r"""(?s)'.*'|".*\"""")
"""From the first to the last quote."""
CARDS: Final = frozenset({TenderKind.CARD, TenderKind.WALLET})
_OPEN: Final = frozenset({TenderState.PENDING, TenderState.VOIDED, TenderState.FAILED})


class Told(NamedTuple):
    """A fact of an order, by the order's own id; or why a line is none."""

    line: int
    order: str
    fact: Any | BadRow


def told(path: Path) -> Iterator[Told]:
    """What the file says about orders, as it comes. Raises WrongSource."""
    if path.name.removesuffix(".gz").endswith((".jsonl", ".json", ".ndjson")):
        yield from _events(path)
        return
    try:
        for one in read_orders(path):
            if isinstance(one, BadOrder):
                yield Told(one.line, one.order, BadRow(_discreet(one.why)))
            else:
                yield from (Told(one.line, one.order.id, fact) for fact in _exported(one, path.name))
    except WrongExport as problem:
        raise WrongSource(str(problem)) from None


def _exported(one: Exported, name: str) -> Iterator[Any]:
    order, where = one.order, f"{name}:{one.line}"
    yield _ordered(order, where, cancelled=one.cancelled)
    for refund in order.refunds:  # an export says how much, and not when
        yield _refunded(refund, order.currency, where, None)
    if one.cancelled_at is not None:
        yield Cancelled(row=where, at=_seconds(one.cancelled_at))
    if one.shipped_at is not None:
        yield Labelled(row=where, at=_seconds(one.shipped_at), label="", parcel="", units={}, live=True, ours=True)


def _events(path: Path) -> Iterator[Told]:
    with opened(path) as data:
        number = 0
        while line := data.readline(LONGEST + 2):
            number += 1
            if not line.strip():
                continue
            try:
                envelope = _envelope(line)
                if envelope is not None:
                    yield from (Told(number, order, fact) for order, fact in _said(envelope, f"{path.name}:{number}"))
            except (ValueError, TypeError, ArithmeticError, RecursionError, UnknownEvent, UnreadableEvent) as problem:
                yield Told(number, "", BadRow(_discreet(str(problem))))


def _discreet(why: str) -> str:
    """Without what stands in the cell: where columns have slipped, that is somebody's address."""
    return QUOTED.sub("that", why)[:200]


def _envelope(line: bytes) -> Envelope | None:
    """An event; None of a link, which says nothing of what happened."""
    if len(line) > LONGEST:
        raise BadRow("it is longer than 1 MB: no event of ours is")
    found = msgspec.json.decode(line)
    if not isinstance(found, dict):
        raise BadRow("no JSON object")
    if "link" in found:
        return None
    if not isinstance(found.get("data"), dict) or not isinstance(found.get("type"), str) or "time" not in found:
        raise BadRow("an event has `type`, `time` and `data`")
    whole = {"specversion": "1.0", "id": "-", "source": "/shops/-/history", "datacontenttype": "application/json"}
    whole |= found
    whole["data"] = {"type": found["type"]} | found["data"]
    return from_cloudevent(from_structured(msgspec.json.encode(whole)))


def _said(envelope: Envelope, where: str) -> Iterator[tuple[str, Any]]:
    at = _seconds(envelope.at)
    match envelope.event:
        case OrderPlaced(order=order):
            yield order.id, _ordered(order, where)
            for refund in order.refunds:
                yield order.id, _refunded(refund, order.currency, where, _seconds(refund.at))
        case OrderEdited(order=id, edit=edit):
            units = _units(item for line in edit.lines for item in line.items())
            yield id, Edited(row=where, at=_seconds(edit.at), units=units)
        case OrderCancelled(order=id):
            yield id, Cancelled(row=where, at=_seconds(envelope.event.at))
        case OrderPaid(order=id):
            yield id, Paid(row=where, at=_seconds(envelope.event.at))
        case RefundIssued(order=id, refund=refund):
            yield id, _refunded(refund, refund.currency, where, _seconds(refund.at))
        case ShipmentBooked(order=id) | ShipmentDispatched(order=id):
            label = envelope.event.shipment
            yield id, Labelled(row=where, at=at, label=label, parcel="", units={}, live=True, ours=True)


def _ordered(order: Order, where: str, *, cancelled: bool = False) -> Ordered:
    counting = [tender for tender in order.tenders if tender.counts]
    settled = bool(counting) or order.total.minor == 0
    return Ordered(
        row=where, at=_seconds(order.placed_at), id=order.id, number=order.number, currency=order.currency,
        total=order.total.minor, channel=order.channel.value, cards=_cards(counting),
        settled=settled and not any(tender.state in _OPEN for tender in counting),
        lines=tuple(
            (line.sku, line.quantity, line.price.minor)
            for line in order.lines
            if line.quantity and not line.subscription
        ),
        units=_units(order.demand()), test=order.test, edited=bool(order.edits), cancelled=cancelled,
    )  # fmt: skip


def _cards(tenders: list[Tender]) -> dict[str, int]:
    return {tender.id: tender.amount.minor for tender in tenders if tender.kind in CARDS}


def _refunded(refund: Refund, currency: str, where: str, at: int | None) -> Refunded:
    back = tuple((payout.tender, payout.amount.minor) for payout in refund.payouts)
    return Refunded(row=where, at=at, id=refund.id, currency=currency, back=back)


def _units(items: Iterator[Item] | tuple[Item, ...]) -> dict[str, int]:
    found: dict[str, int] = {}
    for item in items:
        found[item.sku] = found.get(item.sku, 0) + item.quantity
    return found


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
