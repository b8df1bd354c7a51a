"""What a return's label takes: order, consent, address, carrier. Where one is missing a person is asked."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from pawline.flows.repaying import TRIES, kept
from pawline.flows.repaying_own import own_bill
from pawline.insight.parcels import declared
from pawline.model import Address, HouseholdId, LineId, Order, Packed, ReturnRequested
from pawline.ports import Code, Consignment, Crm, Declared, Orders, Parcel, Rejected, ReturnRules, Shipment, Shipping
from pawline.runtime import Question, Undo, accounts, ask, reached, use

SEND, NOT = "send a label", "send none"
BY_HAND = "by_hand"
"""The milestone of a return whose label is none of ours: its shopper hears from the shop."""


async def order_of(requested: ReturnRequested) -> Order | None:
    """The order as we or its shop keep it; a person's where neither does."""
    bill = await own_bill(requested.order)
    if bill is not None:
        return bill.order
    found = await kept(requested.order)
    if found is not None:
        return found[1]
    await _seen_to(requested, "nobody keeps the order", "returns are asked for of orders that nobody keeps")
    return None


async def ask_whether(requested: ReturnRequested, order: Order, rules: ReturnRules) -> bool:
    """Whether it has a label: by itself where the shop takes it back, else as a person says."""
    arrived = await use(Orders).delivered(order.id)
    against = _against(requested, order, rules, arrived or order.placed_at)
    if against is None:
        return True
    why, cause = against
    question = Question(
        f"return {requested.id} of order {order.id}: {why}", choices=(SEND, NOT), suggested=NOT, cause=cause
    )
    if await ask(question) == SEND:
        return True
    await reached("not_taken")
    return False


def _against(
    requested: ReturnRequested, order: Order, rules: ReturnRules, since: datetime
) -> tuple[str, str] | None:  # fmt: skip
    """What speaks against it, and what cases like it are called."""
    bought = {line.id: line for line in order.lines}
    wanted = Counter[LineId]()
    for one in requested.lines:
        wanted[one.line] += one.quantity
    for name, units in wanted.items():
        if units > _left(order, name):
            return f"{units} of line {name} are more than is left of it", "returns that do not fit their orders"
        if not rules.takes(bought[name]):
            return f"{bought[name].sku} is not taken back", "returns of what is not taken back"
    if (until := rules.until(since)) is not None and requested.at > until:
        return f"it is asked for after more than {rules.days} days", "returns that are asked for too late"
    return None


def _left(order: Order, line: LineId) -> int:
    """Units that were bought and that no refund has taken off the bill."""
    gone = (one.quantity for refund in order.refunds for one in refund.credits if one.line == line)
    return sum(one.quantity for one in order.lines if one.id == line) - sum(gone)


async def home(requested: ReturnRequested, order: Order, household: HouseholdId | None) -> Address | None:
    """Where the order went, else where the CRM has the household; a person's where neither knows.

    The bill of an own order says no address: the order as it was placed does, for as long as it is kept.
    """
    if order.ship_to is not None:
        return order.ship_to
    placed = await use(Orders).order(order.id)
    if placed is not None and placed.ship_to is not None:
        return placed.ship_to
    if household is not None and accounts(Crm):
        try:
            known = await use(Crm).household(household)
        except Rejected as no:
            if no.code not in (Code.NOT_FOUND, Code.GONE):
                raise
        else:
            if known.addresses:
                return known.addresses[0]
    await _seen_to(requested, "nobody knows where it is sent from", "returns without an address")
    return None


def consigned(requested: ReturnRequested, order: Order, address: Address, rules: ReturnRules) -> Consignment:
    """One parcel, with all of it."""
    bought = {line.id: line for line in order.lines}
    weight, packed, goods = 0, [], list[Declared]()
    for one in requested.lines:
        line = bought.get(one.line)
        unit = rules.unit_grams if line is None or line.weight is None else line.weight
        weight += unit * one.quantity
        if line is not None:
            packed.append(Packed(sku=line.sku, quantity=one.quantity))
            if address.country != rules.to.country:
                goods += declared(line, [one.quantity], unit)
    parcel = Parcel(weight=max(1, weight), contents=tuple(packed), goods=tuple(goods))
    return Consignment(
        order=order.id, part=f"return-{requested.id}", ship_from=address, ship_to=rules.to, parcels=(parcel,)
    )


async def booked(requested: ReturnRequested, consignment: Consignment, undo: Undo) -> Shipment | None:
    """By the cheapest that takes it; a person's where none does."""
    shipping, why = use(Shipping), "the rates expire before they are booked"
    for _ in range(TRIES):
        try:
            rates = await shipping.rates(consignment)
            if not rates:
                await _seen_to(requested, "no carrier takes it", "no carrier takes returns")
                return None
            return await undo.step(shipping.book(consignment, rates[0]), back=shipping.cancel)
        except Rejected as no:
            if no.code is not Code.EXPIRED:
                why = no.text
                break
    await _seen_to(requested, "it has no label", "labels of returns are refused", why)
    return None


async def _seen_to(requested: ReturnRequested, why: str, cause: str, evidence: str | None = None) -> None:
    await reached(BY_HAND)
    title = f"return {requested.id} of order {requested.order}: {why}"
    await ask(Question(title, choices=("seen to",), cause=cause, evidence=evidence))
