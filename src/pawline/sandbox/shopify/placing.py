"""A shopper's order comes in: from the sandbox's words into the vendor's, with its numbers, stock and fulfilment."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from pawline.model import Channel, Money, TenderKind, TenderState
from pawline.ports import Code, Rejected
from pawline.sandbox.shopify import rest
from pawline.sandbox.shopify.books import Part, Person, Work
from pawline.sandbox.shopify.orders import (
    AUTHORIZATION,
    FAILURE,
    PENDING,
    SALE,
    SUCCESS,
    VOID,
    Application,
    Line,
    Order,
    Shipping,
    Transaction,
)

if TYPE_CHECKING:
    from pawline import model
    from pawline.model import Discount, Tender
    from pawline.sandbox.shopify.books import Books

_GATEWAYS: Final = {
    TenderKind.CARD: "shopify_payments", TenderKind.WALLET: "paypal", TenderKind.GIFT_CARD: "gift_card",
    TenderKind.STORE_CREDIT: "shopify_store_credit", TenderKind.TRANSFER: "Bank Deposit", TenderKind.CASH: "cash",
}  # fmt: skip
_SOURCES: Final = {
    Channel.WEB: "web", Channel.STORE: "pos", Channel.SUBSCRIPTION: "subscription_contract",
    Channel.SOCIAL: "instagram", Channel.PHONE: "shopify_draft_order",
}  # fmt: skip
_STATES: Final = {
    TenderState.CAPTURED: (SALE, SUCCESS), TenderState.PENDING: (SALE, PENDING), TenderState.FAILED: (SALE, FAILURE),
    TenderState.AUTHORISED: (AUTHORIZATION, SUCCESS), TenderState.VOIDED: (AUTHORIZATION, SUCCESS),
}  # fmt: skip


def place(books: Books, told: model.Order, *, brought_in: bool = False) -> Order:
    """It is taken, and told of; placed once: the same id again changes nothing. One of long ago may be brought in.

    Ids that are numbers are kept, others get one. Raises Rejected(invalid) for what no such shop sells: bundles,
    duties, a total that it rounds, or refunds and edits that it has not made itself.
    """
    if told.id in books.names:
        return books.orders[books.names[told.id]]
    _check(told)
    order = _order(books, told)
    order.created = books.now() if brought_in else order.placed
    books.orders[order.id], books.names[told.id] = order, order.id
    order.original = order.total()
    _set_aside(books, order)
    books.did("Shopify.placed", str(order.id), order=str(order.id), money=order.total())
    books.tell("orders/create", lambda: rest.order(books, order))
    for one in order.transactions:
        announce(books, order, one)
    announce_paid(books, order, False)
    return order


def announce(books: Books, order: Order, one: Transaction) -> None:
    """Money moved, or was to."""
    books.tell("order_transactions/create", lambda: rest.transaction(order, one))


def announce_paid(books: Books, order: Order, before: bool) -> None:
    """All of it was paid, and was not `before`."""
    if not before and order.financial_status() == "PAID":
        books.tell("orders/paid", lambda: rest.order(books, order))


def _check(told: model.Order) -> None:
    if told.refunds or told.edits or told.rounding is not None:
        raise Rejected("it is placed before it is refunded, edited or rounded", Code.INVALID)
    if any(line.components or line.duties or not line.quantity for line in told.lines):
        raise Rejected("bundles, duties and lines of nothing are not sold here", Code.INVALID)


def _order(books: Books, told: model.Order) -> Order:
    whole = told.total if told.shop_total is None else told.shop_total
    rate = Fraction(whole.decimal()) / Fraction(told.total.decimal()) if told.total.minor else Fraction(1)
    order = Order(
        id=_number(books, told.id), number=_name(books, told.number), placed=told.placed_at.timestamp(),
        created=told.placed_at.timestamp(), changed=books.now(),
        currency=told.currency, shop_currency=whole.currency, rate=rate, lines=[], shipping=[], applications=[],
        tip=Money.zero(told.currency) if told.tip is None else told.tip,
        source=_SOURCES.get(told.channel, told.channel.value),
        test=told.test, taxes_included=any(tax.included for line in told.lines for tax in line.taxes),
        email=told.contact.email if told.contact else None, phone=told.contact.phone if told.contact else None,
        language=told.contact.language if told.contact else None, ship_to=told.ship_to, bill_to=told.bill_to,
    )  # fmt: skip
    order.customer = _customer(books, order)
    for line in told.lines:
        order.lines.append(_line(books, order, line))
    for charge in told.shipping:
        order.shipping.append(_shipping(books, order, charge))
    for tender in told.tenders:
        _pay(books, order, tender)
    return order


def _number(books: Books, id: str) -> int:
    kept = int(id) if id.isascii() and id.isdigit() else 0
    return kept if kept and kept not in books.orders else books.number()


def _name(books: Books, number: str) -> int:
    plain = number.removeprefix("#")
    return int(plain) if plain.isascii() and plain.isdigit() else 1001 + len(books.orders)


def _customer(books: Books, order: Order) -> int | None:
    if order.email is None and order.phone is None:
        return None
    known = books.reached.get((order.email, order.phone))
    if known is not None:
        return known
    name = order.ship_to.name if order.ship_to else None
    made = Person(
        id=books.number(), email=order.email, phone=order.phone, name=name, language=order.language, at=books.now(),
        changed=books.now(),
    )  # fmt: skip
    books.people[made.id], books.reached[made.email, made.phone] = made, made.id
    return made.id


def _line(books: Books, order: Order, told: model.Line) -> Line:
    grams = told.weight or 0
    variant = books.sold(told.sku, told.title, told.price, grams=grams, ships=told.ships)
    return Line(
        id=_line_number(books, told.id), title=told.title, price=told.price, sku=told.sku, variant=variant.id,
        quantity=told.quantity, ships=told.ships, grams=grams, taxes=told.taxes, subscription=told.subscription,
        shares=[(_applied(order, one, "LINE_ITEM"), one.amount) for one in told.discounts],
    )  # fmt: skip


def _line_number(books: Books, id: str) -> int:
    kept = int(id) if id.isascii() and id.isdigit() else 0
    taken = kept and any(order.line(kept) for order in books.orders.values())
    return kept if kept and not taken else books.number()


def _shipping(books: Books, order: Order, told: model.ShippingCharge) -> Shipping:
    return Shipping(
        id=books.number(), title=told.title, price=told.price, code=told.method, taxes=told.taxes, back=order.none(),
        shares=[(_applied(order, one, "SHIPPING_LINE"), one.amount) for one in told.discounts],
    )  # fmt: skip


def _applied(order: Order, told: Discount, on: str) -> int:
    """The index of the discount on the order: shares of one title and code are of one discount."""
    for one in order.applications:
        if (one.title, one.code, one.on) == (told.title, told.code, on):
            one.amount += told.amount
            return one.index
    made = Application(index=len(order.applications), title=told.title, code=told.code, on=on, amount=told.amount)
    order.applications.append(made)
    return made.index


def _pay(books: Books, order: Order, tender: Tender) -> None:
    kind, status = _STATES[tender.state]
    told = tender.id if tender.id.isascii() and tender.id.isdigit() else ""
    kept = int(told) if told and not books.order_of(int(told)) and not order.transaction(int(told)) else books.number()
    paid = Transaction(
        id=kept, kind=kind, status=status,
        gateway=_GATEWAYS[tender.kind], amount=tender.amount, at=order.placed, source=tender.source,
    )  # fmt: skip
    order.transactions.append(paid)
    if tender.state is TenderState.VOIDED:
        order.transactions.append(Transaction(
            id=books.number(), kind=VOID, status=SUCCESS, gateway=paid.gateway, amount=paid.amount, at=order.placed,
            parent=paid.id,
        ))  # fmt: skip


def _set_aside(books: Books, order: Order) -> None:
    """What is tracked is committed, and one fulfilment order asks for all that is to be sent."""
    for line in order.lines:
        commit(books, line, line.quantity)
    ask_for(books, order, [line for line in order.lines if line.ships])


def commit(books: Books, line: Line, units: int) -> None:
    """Units of a line are no longer available, but not gone either; negative gives them back, where they came from."""
    line.place = line.place or books.main
    variant = books.variants.get(line.variant or 0)
    if variant is not None and variant.tracked and units:
        level = books.level(variant.item, line.place)
        level.add("available", -units, books.now())
        level.add("committed", units, books.now())


def ask_for(books: Books, order: Order, lines: list[Line], place: int | None = None) -> Work | None:
    """A fulfilment order for what these lines still wait for."""
    waiting = [line for line in lines if line.waiting]
    if not waiting:
        return None
    parts = [Part(id=books.number(), line=line.id, total=line.waiting, left=line.waiting) for line in waiting]
    at = books.now()
    made = Work(id=books.number(), order=order.id, place=place or books.main, at=at, changed=at, parts=parts)
    books.works[made.id] = made
    order.requests.append(made.id)
    return made
