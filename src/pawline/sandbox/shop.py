"""A shop that owns its checkout: orders are placed and paid there, and whoever subscribed is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.model import (
    Bill,
    Credit,
    Edit,
    HouseholdId,
    Order,
    OrderId,
    Refund,
    RefundId,
    ReturnId,
    ReturnLine,
    ShipmentId,
    SkuId,
    all_credits,
    bill_of,
    refund_of,
    total_owed,
)
from pawline.ports import Code, Edited, OrderPage, Receipt, Rejected
from pawline.sandbox.depot import Depot
from pawline.sandbox.hooks import Hooks, Message

if TYPE_CHECKING:
    from pawline.sandbox.purse import Purse
    from pawline.sandbox.trades import Note

PLACED, CANCELLED = "order.placed", "order.cancelled"
REFUNDED, RETURNED = "refund.issued", "return.received"
REQUESTED, WITHDRAWN = "return.requested", "return.withdrawn"
BOOKED, DISPATCHED = "shipment.booked", "shipment.dispatched"
ASKED: Final = "pawline"
"""Who calls off by the port."""
MOST: Final = 250
"""Orders on a page."""


class Page(msgspec.Struct, frozen=True):
    """Some orders in the order of their placing, and the cursor of the next page; empty after the last."""

    orders: tuple[Order, ...]
    after: str


class History(msgspec.Struct, frozen=True):
    """Some of what happened, as webhooks told it, and the cursor of the next page; empty after the last."""

    messages: tuple[Message, ...]
    after: str


class Shop:
    """What shoppers and the shop's people do. The warehouse's parcels are told here too: one sandbox, one sender.

    `counts`: it sells only what `stock` says is left, and takes it off; else it sells anything. `confirms`: it sends
    its own order confirmations.
    """

    def __init__(
        self, hooks: Hooks, depot: Depot, now: Callable[[], float], mailed: Callable[[str], object],
        stock: dict[str, int], purse: Purse,
    ) -> None:  # fmt: skip
        self._hooks, self._depot, self._now, self._mailed, self.stock = hooks, depot, now, mailed, stock
        self._purse, self._returns = purse, 0
        self.confirms = self.counts = False
        self._orders: dict[OrderId, Order] = {}
        self._changed: dict[OrderId, float] = {}
        self._cancelled: set[OrderId] = set()
        self._tags: dict[OrderId, set[str]] = {}

    def place(self, order: Order) -> Order:
        """An order, placed once: the same again changes nothing.

        Rejected(conflict) for other content under its id, Rejected(out_of_stock) where it counts and has too little.
        """
        known = self._orders.get(order.id)
        if known is not None:
            if msgspec.structs.replace(known, refunds=order.refunds) != order:
                raise Rejected(f"order {order.id} was placed with other content", Code.CONFLICT)
            return known
        self._take(order, 1)
        self._keep(order)
        self._purse.took(order)
        if self.confirms:
            self._mailed(f"{order.id}/order_confirmation")
        self._hooks.tell(PLACED, {"order": order})
        return order

    def call_off(self, order: OrderId, by: str, because: str) -> bool:
        """Called off; False where it was before. Rejected(not_found) for an order that was never placed."""
        placed = self._known(order)
        if order in self._cancelled:
            return False
        cancelled = {"at": self._time(), "by": by, "because": because}
        self._cancelled.add(order)
        self._changed[order] = self._now()
        self._take(placed, -1)
        self._hooks.tell(CANCELLED, {"order": order, "household": placed.household} | cancelled)
        self._pay_back(placed, by, because)
        return True

    def _pay_back(self, order: Order, by: str, because: str) -> None:
        """What a shopper or the shop's people call off is paid back there; who asks by the port refunds by it."""
        whole = RefundId(f"called-off-{order.id}")
        refund = refund_of(order, whole, self._time(), because, all_credits(order))
        if by != ASKED and refund is not None and refund.payouts:
            self.refund_by_hand(order.id, refund)

    def _take(self, order: Order, sign: int) -> None:
        if not self.counts:
            return
        wanted = order.demand()
        if sign > 0 and (short := [item.sku for item in wanted if self.stock.get(item.sku, 0) < item.quantity]):
            raise Rejected(f"out of {', '.join(short)}", Code.OUT_OF_STOCK)
        for item in wanted:
            self.stock[item.sku] = self.stock.get(item.sku, 0) - sign * item.quantity

    def _keep(self, order: Order) -> None:
        self._orders[order.id] = order
        self._changed[order.id] = self._now()

    # -- the port ------------------------------------------------------------------------------------------------

    def order(self, order: OrderId) -> Order:
        return self._known(order)

    def changed_since(self, since: datetime, after: str | None) -> OrderPage:
        found = sorted((at, one) for one, at in self._changed.items() if at >= since.timestamp())
        begin = int(after or 0)
        page = tuple(one for _, one in found[begin : begin + MOST])
        return OrderPage(orders=page, after=str(begin + MOST) if begin + MOST < len(found) else None)

    def bought_since(self, household: HouseholdId, sku: SkuId, since: datetime) -> bool:
        return any(
            one.household == household and one.placed_at > since and one.id not in self._cancelled
            and any(item.sku == sku for item in one.demand())
            for one in self._orders.values()
        )  # fmt: skip

    def wanted(self, order: OrderId) -> bool:
        return self._known(order).id not in self._cancelled

    def cancel(self, note: Note, order: OrderId, because: str) -> Receipt:
        gone = [one for one in self._depot.asked_for(order) if self._depot.has_left(one)]
        if gone:
            raise Rejected(f"{order} has left", Code.TOO_LATE)
        return Receipt(note(order, order=order, again=not self.call_off(order, ASKED, because)))

    def edit(self, note: Note, order: OrderId, edit: Edit) -> Edited:
        known = self._known(order)
        again = any(one.id == edit.id for one in known.edits)
        if not again:
            changed = {line.id: line for line in edit.lines}
            lines = tuple(changed.pop(line.id, line) for line in known.lines) + tuple(changed.values())
            total = total_owed(lines, known.shipping, currency=known.currency, tip=known.tip, rounding=known.rounding)
            known = msgspec.structs.replace(known, lines=lines, total=total, edits=(*known.edits, edit))
            self._keep(known)
        note(f"{order}/{edit.id}", order=order, again=again)
        return Edited(order=order, total=known.total)

    def refund(self, note: Note, order: OrderId, refund: Refund, seen: Bill | tuple[RefundId, ...]) -> Refund:
        known = self._known(order)
        before = next((one for one in known.refunds if one.id == refund.id), None)
        if before is None:
            _check_bill(known, seen)
            _check_units(known, refund.credits)
            try:
                known = msgspec.structs.replace(known, refunds=(*known.refunds, refund))
            except ValueError as problem:
                raise Rejected(str(problem), Code.INVALID) from None
            self._purse.check(order, refund)
            self._purse.back(order, refund)
            self._keep(known)
            self._hooks.tell(REFUNDED, {"order": order, "refund": refund, "household": known.household})
        money = refund.paid_out() if refund.payouts else None
        note(f"{order}/{refund.id}", order=order, money=money, again=before is not None)
        return before or refund

    def find_refund(self, order: OrderId, refund: Refund, _seen: Bill | tuple[RefundId, ...]) -> Refund | None:
        return next((one for one in self._known(order).refunds if one.id == refund.id), None)

    def tag(self, note: Note, order: OrderId, tags: tuple[str, ...]) -> Receipt:
        self._known(order)
        there = self._tags.setdefault(order, set())
        again = set(tags) <= there
        there.update(tags)
        return Receipt(note(f"{order}/{','.join(sorted(tags))}", order=order, again=again))

    # -- its people ----------------------------------------------------------------------------------------------

    def dispatch(self, order: OrderId) -> tuple[ShipmentId, ...]:
        """The warehouse's people send what may leave. Rejected(conflict) where nothing may: held, called off, gone."""
        household = self._sold_to(order)
        references = self._depot.ready(order)
        if not references and (asked := self._depot.asked_for(order)):
            self._depot.dispatch(asked[0])  # refuses, and says why
        for reference in references:
            self._depot.dispatch(reference)
            parcel = {"shipment": reference, "order": order, "household": household}
            packed = self._depot.packed(reference)
            if any(one.lot for one in packed):  # a warehouse that writes lots down says what is in the parcel
                self._hooks.tell(BOOKED, {**parcel, "carrier": "van", "packed": packed})
            self._hooks.tell(DISPATCHED, {**parcel, "at": self._time()})
        return tuple(map(ShipmentId, references))

    def _sold_to(self, order: OrderId) -> HouseholdId | None:
        """Nobody knows it of what was sold elsewhere, and asked of the warehouse. Rejected(not_found) for no order."""
        sold_here = order in self._orders or not self._depot.asked_for(order)
        return self._known(order).household if sold_here else None

    def refund_by_hand(self, order: OrderId, refund: Refund) -> Refund:
        """The shop's people pay back. See `Shop.refund`."""
        return self.refund(self._purse.by_hand, order, refund, bill_of(self._known(order)))

    def requested(self, order: OrderId, lines: tuple[ReturnLine, ...]) -> ReturnId:
        """A shopper wants to send something back."""
        self._returns += 1
        return self._returning(REQUESTED, ReturnId(f"r{self._returns}"), order, {"lines": lines})

    def withdrawn(self, order: OrderId, back: ReturnId) -> ReturnId:
        """The shopper keeps it."""
        return self._returning(WITHDRAWN, back, order, {})

    def arrived(self, order: OrderId, lines: tuple[ReturnLine, ...], back: ReturnId | None = None) -> ReturnId:
        """The warehouse's people counted what came back, of a return that was asked for or of one that was not."""
        self._returns += back is None
        return self._returning(RETURNED, back or ReturnId(f"r{self._returns}"), order, {"lines": lines})

    def _returning(self, what: str, back: ReturnId, order: OrderId, more: dict[str, object]) -> ReturnId:
        told = {"id": back, "order": order, "at": self._time(), **more, "household": self._known(order).household}
        self._hooks.tell(what, told)
        return back

    def ids(self) -> tuple[OrderId, ...]:
        """Every order, in the order of their placing."""
        return tuple(self._orders)

    def called_off(self) -> frozenset[OrderId]:
        """Those that were called off."""
        return frozenset(self._cancelled)

    def page(self, after: str = "", limit: int = MOST) -> Page:
        """Orders from a cursor on. Rejected(invalid) for what is no cursor."""
        if after and not after.isdecimal():
            raise Rejected(f"{after!r} is no cursor", Code.INVALID)
        begin = int(after or 0)
        found = tuple(self._orders.values())[begin : begin + max(1, min(limit, MOST))]
        end = begin + len(found)
        return Page(found, str(end) if end < len(self._orders) else "")

    def history(self, after: str = "") -> History:
        """What happened, from a cursor on. Rejected(invalid) for what is no cursor."""
        if after and not after.isdecimal():
            raise Rejected(f"{after!r} is no cursor", Code.INVALID)
        every, begin = self._hooks.history, int(after or 0)
        found = tuple(every[begin : begin + MOST])
        end = begin + len(found)
        return History(found, str(end) if end < len(every) else "")

    def _known(self, order: OrderId) -> Order:
        if order not in self._orders:
            raise Rejected(f"there is no order {order}", Code.NOT_FOUND)
        return self._orders[order]

    def _time(self) -> datetime:
        return datetime.fromtimestamp(self._now(), UTC)


def _check_bill(order: Order, seen: Bill | tuple[RefundId, ...]) -> None:
    bill = bill_of(order)
    known = seen.refunds if isinstance(seen, Bill) else seen
    if others := [one for one in bill.refunds if one not in known]:
        raise Rejected(f"{', '.join(others)} was paid back since it was reckoned", Code.CONFLICT)
    if isinstance(seen, Bill) and seen != bill:
        raise Rejected(f"order {order.id} was edited or paid since it was reckoned", Code.CONFLICT)


def _check_units(order: Order, credits: tuple[Credit, ...]) -> None:
    left = {line.id: line.quantity for line in order.lines}
    for one in [credit for refund in order.refunds for credit in refund.credits] + list(credits):
        if one.line is None:
            continue
        if one.line not in left or left[one.line] < one.quantity:
            raise Rejected(f"order {order.id}: more of line {one.line} than is left of it", Code.INVALID)
        left[one.line] -= one.quantity
