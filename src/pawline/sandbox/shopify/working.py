"""Fulfilment orders: they shrink with the order, are held, given to a service, called off, and leave as parcels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pawline.sandbox.shopify import rest
from pawline.sandbox.shopify.books import Hold, Parcel, Part, Work, known
from pawline.sandbox.shopify.placing import ask_for
from pawline.sandbox.shopify.wrongs import Wrong

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pawline.sandbox.shopify.books import Books
    from pawline.sandbox.shopify.orders import Order

ALIVE = ("OPEN", "IN_PROGRESS", "ON_HOLD", "SCHEDULED")


def shrink(books: Books, order: Order) -> None:
    """What left the order is not sent any more; a fulfilment order that has nothing left is closed."""
    alive = [one for number in order.requests if (one := books.works[number]).status in ALIVE]
    for line in order.lines:
        wanted = line.waiting
        for one in alive:
            for part in one.parts:
                if part.line == line.id:
                    kept = min(part.left, wanted)
                    part.total -= part.left - kept
                    part.left, wanted = kept, wanted - kept
    for one in alive:
        _settle(books, one)


def _settle(books: Books, work: Work) -> None:
    work.changed = books.now()
    if not any(part.left for part in work.parts):
        work.status, work.holds = "CLOSED", []
        work.request = "CLOSED" if work.request != "UNSUBMITTED" else work.request


def end(books: Books, order: Order) -> None:
    """The order was called off: nothing of it is sent any more."""
    for number in order.requests:
        one = books.works[number]
        if one.status in ALIVE:
            one.status, one.holds, one.changed = "CLOSED", [], books.now()


def found(books: Books, gid: object, *field: str, code: str | None = None) -> Work:
    """The fulfilment order. Raises Wrong where there is none."""
    one = books.works.get(known(gid, "FulfillmentOrder"))
    if one is None:
        raise Wrong("Fulfillment order not found.", *field, code=code)
    return one


def hold(books: Books, gid: object, told: Mapping[str, Any]) -> tuple[Hold, Work, Work | None]:
    """It waits, whole or in part; the hold, what waits, and what goes on. Raises Wrong."""
    work = found(books, gid, "id", code="FULFILLMENT_ORDER_NOT_FOUND")
    if work.status not in {"OPEN", "ON_HOLD", "SCHEDULED"} or work.request not in {"UNSUBMITTED", "REJECTED"}:
        raise Wrong("Fulfillment order cannot be held in its state.", "id", code="TAKEN")
    handle = told.get("handle") or ""
    if any(one.handle == handle for one in work.holds):
        raise Wrong("A hold with this handle is there.", "fulfillmentHold", code="DUPLICATE_FULFILLMENT_HOLD_HANDLE")
    if len(work.holds) >= 10:
        raise Wrong("No more than 10 holds.", "id", code="FULFILLMENT_ORDER_HOLD_LIMIT_REACHED")
    rest_of = split(books, work, told.get("fulfillmentOrderLineItems") or ())
    made = Hold(id=books.number(), reason=told["reason"], notes=told.get("reasonNotes"), handle=handle)
    work.holds.append(made)
    work.status, work.changed = "ON_HOLD", books.now()
    return made, work, rest_of


def release(books: Books, gid: object, holds: Sequence[object] | None) -> Work:
    """It goes on: all holds, or those that are named. Raises Wrong."""
    work = found(books, gid, "id", code="FULFILLMENT_ORDER_NOT_FOUND")
    named = None if holds is None else {known(one, "FulfillmentHold") for one in holds}
    work.holds = [] if named is None else [one for one in work.holds if one.id not in named]
    if work.status == "ON_HOLD" and not work.holds:
        work.status = "OPEN"
    work.changed = books.now()
    return work


def split(books: Books, work: Work, told: Iterable[Mapping[str, Any]]) -> Work | None:
    """It keeps what is named; the rest is a fulfilment order of its own. Raises Wrong for more than is left."""
    units = _named(work, told)
    if not units or all(units.get(part.id, 0) == part.left for part in work.parts if part.left):
        return None
    others = [
        Part(id=books.number(), line=part.line, total=rest_of, left=rest_of)
        for part in work.parts
        if (rest_of := part.left - units.get(part.id, 0))
    ]
    for part in work.parts:
        part.total -= part.left - units.get(part.id, 0)
        part.left = units.get(part.id, 0)
    work.parts = [part for part in work.parts if part.total]
    return _another(books, work, others)


def _another(books: Books, like: Work, parts: list[Part]) -> Work:
    at = books.now()
    made = Work(id=books.number(), order=like.order, place=like.place, at=at, changed=at, parts=parts)
    books.works[made.id] = made
    books.orders[like.order].requests.append(made.id)
    return made


def _named(work: Work, told: Iterable[Mapping[str, Any]]) -> dict[int, int]:
    units: dict[int, int] = {}
    for place, one in enumerate(told):
        part = next((part for part in work.parts if part.id == known(one["id"], "FulfillmentOrderLineItem")), None)
        if part is None or not 0 < one["quantity"] <= part.left:
            field = ("fulfillmentOrderLineItems", str(place), "quantity")
            raise Wrong("Quantity is more than is left.", *field, code="INVALID_LINE_ITEM_QUANTITY")
        units[part.id] = one["quantity"]
    return units


def submit(
    books: Books, gid: object, told: Iterable[Mapping[str, Any]], message: str | None
) -> tuple[Work, Work | None]:
    """A service is asked; what it is asked for, and what not. Raises Wrong."""
    work = found(books, gid, "id")
    if not books.places[work.place].service:
        raise Wrong("Fulfillment order is not assigned to a fulfillment service.", "id")
    if work.status != "OPEN" or work.request not in {"UNSUBMITTED", "REJECTED"}:
        raise Wrong("Fulfillment order cannot be requested in its state.", "id")
    rest_of = split(books, work, told)
    work.request, work.changed = "SUBMITTED", books.now()
    work.asked.append((books.number(), "FULFILLMENT_REQUEST", message, books.now()))
    return work, rest_of


def accept(books: Books, gid: object) -> Work:
    """The service will do it. Raises Wrong where it was not asked."""
    work = found(books, gid, "id")
    if work.request != "SUBMITTED":
        raise Wrong("Fulfillment order was not requested.", "id")
    work.request, work.status, work.changed = "ACCEPTED", "IN_PROGRESS", books.now()
    return work


def withdraw(books: Books, gid: object, message: str | None) -> Work:
    """The service is asked to stop: at once if it has not said yes, else it decides. Raises Wrong."""
    work = found(books, gid, "id")
    if work.request not in {"SUBMITTED", "ACCEPTED"}:
        raise Wrong("Fulfillment order was not requested.", "id")
    work.asked.append((books.number(), "CANCELLATION_REQUEST", message, books.now()))
    before, work.changed = work.request, books.now()
    work.request = "UNSUBMITTED" if before == "SUBMITTED" else "CANCELLATION_REQUESTED"
    return work


def cancel(books: Books, gid: object) -> tuple[Work, Work | None]:
    """It is closed, and another stands for the work that is left. Raises Wrong."""
    work = found(books, gid, "id")
    if work.status == "IN_PROGRESS" and work.request not in {"SUBMITTED", "CANCELLATION_REQUESTED"}:
        raise Wrong("Fulfillment order cannot be cancelled in its state.", "id")
    if work.status not in ALIVE:
        raise Wrong("Fulfillment order is not open.", "id")
    work.status, work.holds, work.changed = "CANCELLED", [], books.now()
    order = books.orders[work.order]
    held = {part.line: part.left for part in work.parts}
    return work, ask_for(books, order, [line for line in order.lines if held.get(line.id)], work.place)


def send(books: Books, told: Mapping[str, Any]) -> Parcel:
    """It leaves, of one location and one order. Raises Wrong."""
    chosen = [
        (found(books, one["fulfillmentOrderId"], "fulfillment"), one.get("fulfillmentOrderLineItems") or ())
        for one in told["lineItemsByFulfillmentOrder"]
    ]
    if not chosen or len({(work.order, work.place) for work, _ in chosen}) > 1:
        raise Wrong("All fulfillment orders must be of one order and one location.", "fulfillment")
    if any(work.status not in {"OPEN", "IN_PROGRESS"} for work, _ in chosen):
        raise Wrong("Fulfillment order is not in a state to be fulfilled.", "fulfillment")
    units = [_named(work, lines) or {part.id: part.left for part in work.parts if part.left} for work, lines in chosen]
    order, given = books.orders[chosen[0][0].order], told.get("trackingInfo") or {}
    made = Parcel(
        id=books.number(), number=len(order.fulfilments) + 1, order=order.id, place=chosen[0][0].place, at=books.now(),
        changed=books.now(), lines=[], works=[work.id for work, _ in chosen], company=given.get("company"),
        numbers=list(given.get("numbers") or [one for one in [given.get("number")] if one]),
        urls=list(given.get("urls") or [one for one in [given.get("url")] if one]),
    )  # fmt: skip
    for (work, _), taken in zip(chosen, units, strict=True):
        _pack(books, order, work, taken, made)
    books.parcels[made.id] = made
    order.fulfilments.append(made.id)
    books.touched(order)
    books.tell("fulfillments/create", lambda: rest.fulfilment(books, order, made))
    return made


def unsend(books: Books, gid: object) -> Parcel:
    """A parcel was called off: its goods are to be sent again. Raises Wrong for one that is none, or was before.

    What was sent entirely stays closed, and another fulfilment order stands for the goods; what is open has them again:
    https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/fulfillmentCancel .
    """
    parcel = books.parcels.get(known(gid, "Fulfillment"))
    if parcel is None or parcel.status != "SUCCESS":
        raise Wrong("Fulfillment is not one that can be cancelled.", "id")
    order, again = books.orders[parcel.order], list[Part]()
    parcel.status, parcel.changed = "CANCELLED", books.now()
    works = [books.works[one] for one in parcel.works]
    for _, of, units in parcel.lines:
        line = order.line(of)
        assert line is not None  # noqa: S101 - parcels are of the order's lines
        line.sent -= units
        variant = books.variants.get(line.variant or 0)
        if variant is not None and variant.tracked:
            books.level(variant.item, parcel.place).add("committed", units, books.now())
        part = next((part for one in works if one.status in ALIVE for part in one.parts if part.line == of), None)
        if part is None:
            again.append(Part(id=books.number(), line=of, total=units, left=units))
        else:
            part.left += units
    if again:
        _another(books, works[0], again)
    books.touched(order)
    books.tell("fulfillments/update", lambda: rest.fulfilment(books, order, parcel))
    return parcel


def _pack(books: Books, order: Order, work: Work, taken: Mapping[int, int], into: Parcel) -> None:
    for part in work.parts:
        units, line = taken.get(part.id, 0), order.line(part.line)
        if not units or line is None:
            continue
        part.left -= units
        line.sent += units
        into.lines.append((books.number(), line.id, units))
        variant = books.variants.get(line.variant or 0)
        if variant is not None and variant.tracked:
            books.level(variant.item, work.place).add("committed", -units, books.now())
    if work.status == "OPEN":
        work.status = "IN_PROGRESS"
    _settle(books, work)
