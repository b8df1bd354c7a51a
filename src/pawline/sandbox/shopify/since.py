"""What happens after an order left: carriers' words, returns, banks that ask for money back, people's decisions."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.model import Money
from pawline.ports import Code, Rejected
from pawline.sandbox.shopify import rest, rest_since
from pawline.sandbox.shopify.books import known
from pawline.sandbox.shopify.orders import FAILURE, SALE, Transaction
from pawline.sandbox.shopify.placing import announce

if TYPE_CHECKING:
    from pawline.sandbox.shopify.books import Books, Parcel
    from pawline.sandbox.shopify.orders import Order

DUE: Final = 10 * 86_400.0
"""Seconds that a shop has to answer a bank."""
_RETURNED: Final = {
    "requested": "returns/request", "open": "returns/approve", "declined": "returns/decline",
    "canceled": "returns/cancel",
}  # fmt: skip


@dataclass(kw_only=True)
class Word:
    """A carrier's word on a parcel: a `FulfillmentEvent`."""

    id: int
    status: str
    at: float
    expected: float | None = None


@dataclass(kw_only=True)
class Return:
    """A return; `lines` are id, the parcel's line and units. `why` is the handle of a reason."""

    id: int
    number: int
    order: int
    at: float
    status: str
    why: str
    lines: list[tuple[int, int, int]] = field(default_factory=list)


@dataclass(kw_only=True)
class Dispute:
    """What a shopper's bank asks about (`INQUIRY`), or takes back (`CHARGEBACK`)."""

    id: int
    order: int
    amount: Money
    at: float
    due: float
    type: str
    status: str = "NEEDS_RESPONSE"


class Tracked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A parcel's number, given late or anew."""

    parcel: str
    tracking: str
    carrier: str | None = None


class Said(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A carrier's word, in the vendor's (`in_transit`, `delivered`, `delayed`, …); `expected` is epoch seconds."""

    parcel: str
    status: str
    expected: float | None = None


class Returning(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new return of all that is in an order's first parcel, or the next `status` of one that is there."""

    order: str | None = None
    id: str | None = None
    status: str = "requested"
    why: str = "unwanted"


class Declined(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A payment of an order that a bank refused."""

    order: str


class Contested(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A dispute of an order, or the new `type` of one that is there."""

    order: str | None = None
    id: str | None = None
    type: str = "chargeback"


class Decided(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a customer decided on marketing by e-mail: `subscribed`, `unsubscribed` or `pending`."""

    email: str
    state: str


def track(books: Books, told: Tracked) -> None:
    """The parcel has this number from now on. The order is not changed by it, as far as anybody promises."""
    one = _parcel(books, told.parcel)
    one.company, one.numbers = told.carrier or one.company, [told.tracking]
    _changed(books, one)


def say(books: Books, told: Said) -> str:
    """The carrier says so; nothing of the order changes."""
    one = _parcel(books, told.parcel)
    word = Word(id=books.number(), status=told.status.upper(), at=books.now(), expected=told.expected)
    one.words.append(word)
    books.tell("fulfillment_events/create", lambda: rest_since.word(one, word))
    _changed(books, one)
    return str(word.id)


def _changed(books: Books, one: Parcel) -> None:
    one.changed = books.now()
    order = books.orders[one.order]
    books.tell("fulfillments/update", lambda: rest.fulfilment(books, order, one))


def _parcel(books: Books, id: str) -> Parcel:
    one = books.parcels.get(known(f"gid://shopify/Fulfillment/{id}", "Fulfillment"))
    if one is None:
        raise Rejected(f"there is no parcel {id}", Code.NOT_FOUND)
    return one


def give_back(books: Books, told: Returning) -> str:
    """Something is to come back, or how far that is changed. Raises Rejected."""
    status = told.status.lower()
    if status not in _RETURNED:
        raise Rejected(f"a return is never {told.status}", Code.INVALID)
    one = _new_return(books, _order(books, told.order), told.why) if told.id is None else _return(books, told.id)
    one.status = status.upper()
    books.touched(books.orders[one.order])
    books.tell(_RETURNED[status], lambda: rest_since.returned(books, one))
    return str(one.id)


def _new_return(books: Books, order: Order, why: str) -> Return:
    if not order.fulfilments:
        raise Rejected(f"nothing of order {order.id} has left", Code.CONFLICT)
    parcel = books.parcels[order.fulfilments[0]]
    made = Return(
        id=books.number(), number=1 + sum(one.order == order.id for one in books.returns.values()), order=order.id,
        at=books.now(), status="REQUESTED", why=why,
        lines=[(books.number(), line, units) for line, _, units in parcel.lines],
    )  # fmt: skip
    books.returns[made.id] = made
    return made


def _return(books: Books, id: str) -> Return:
    one = books.returns.get(known(f"gid://shopify/Return/{id}", "Return"))
    if one is None:
        raise Rejected(f"there is no return {id}", Code.NOT_FOUND)
    return one


def decline(books: Books, told: Declined) -> str:
    """A payment was tried, and refused."""
    order = _order(books, told.order)
    made = Transaction(
        id=books.number(), kind=SALE, status=FAILURE, gateway="shopify_payments", amount=order.total(), at=books.now()
    )
    order.transactions.append(made)
    books.touched(order)
    announce(books, order, made)
    return str(made.id)


def contest(books: Books, told: Contested) -> str:
    """A bank asks, or takes money back; the order is not changed by it, as far as anybody promises."""
    topic = "disputes/create" if told.id is None else "disputes/update"
    if told.id is None:
        order, at = _order(books, told.order), books.now()
        one = Dispute(
            id=books.number(), order=order.id, amount=order.received(), at=at, due=at + DUE, type=told.type.upper()
        )
        books.disputes[one.id] = one
    else:
        found = books.disputes.get(known(f"gid://shopify/ShopifyPaymentsDispute/{told.id}", "ShopifyPaymentsDispute"))
        if found is None:
            raise Rejected(f"there is no dispute {told.id}", Code.NOT_FOUND)
        one = found
        one.type = told.type.upper()
    books.tell(topic, lambda: rest_since.dispute(one))
    return str(one.id)


def decide(books: Books, told: Decided) -> None:
    """Somebody agrees to marketing, or does not any more."""
    found = [one for one in books.people.values() if one.email == told.email]
    if not found:
        raise Rejected("nobody has this address", Code.NOT_FOUND)
    for one in found:
        one.agreed, one.decided, one.changed = told.state.upper(), books.now(), books.now()
        books.tell("customers_email_marketing_consent/update", partial(rest_since.consent, one))


def _order(books: Books, id: str | None) -> Order:
    order = books.orders.get(known(f"gid://shopify/Order/{id}", "Order"))
    if order is None:
        raise Rejected(f"there is no order {id}", Code.NOT_FOUND)
    return order
