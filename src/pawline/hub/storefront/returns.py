"""Returns: what of an own order may be sent back, and who may still ask for it when several ask at once.

Each return of an order has the next number. The store records a number once, so of those who ask at the same moment,
over any number of hubs, one is first; the others look again at what is left.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.hub.storefront.answers import Known
from pawline.hub.storefront.refusals import Cause, Refusal
from pawline.hub.storefront.return_forms import ReturnableSaid, ReturnSaid, ReturnsSaid
from pawline.hub.storefront.returnable import asked_of, left_of, sent_units
from pawline.hub.storefront.returned import OPEN, UNSENT, Asks, Back, Bill, ReturnReader, ReturnStage, said
from pawline.model import (
    Checkout,
    Envelope,
    LineId,
    OrderCancelled,
    OrderPlaced,
    OrderRefused,
    RecallReached,
    ReturnId,
    ReturnLine,
    ReturnRequested,
    ReturnWithdrawn,
    ShipmentBooked,
    ShipmentDelivered,
    ShipmentDispatched,
    SkuId,
)
from pawline.store import PURGED, HouseholdErased
from pawline.views.bills import bill_from

if TYPE_CHECKING:
    from pawline.hub.storefront.answers import Answers, Asked
    from pawline.hub.storefront.return_forms import ReturnForm
    from pawline.model import Line
    from pawline.ports import ReturnRules
    from pawline.runtime import Engine

SOURCE: Final = "/v1/"
TRIES: Final = 20
"""So often what is left is looked at again where somebody else's return came in between."""
MOST: Final = 20
"""Returns of one order that are asked for here: each has a label."""


class ShopReturns:
    """Of one shop, by its rules (`[[returns]]`); without them it takes none here."""

    def __init__(self, shop: str, engine: Engine, answers: Answers, rules: ReturnRules | None) -> None:
        self._shop, self._engine, self._answers, self._rules = shop, engine, answers, rules
        self._reader = ReturnReader(shop, engine, SOURCE)

    async def ask(self, order: str, form: ReturnForm, one: Asked, *, by_shop: bool) -> Known:
        """A return, once for each name of a request. Raises Refusal.

        `by_shop`: its own server asks, and may for what the rules do not take: a person looks at it then.
        """
        if (known := await self._answers.known(one)) is not None:
            return known
        wanted = tuple(
            ReturnLine(line=LineId(each.line), quantity=each.quantity, because=each.because or None)
            for each in form.lines
        )
        for _ in range(TRIES):
            bill = await self._bill(order)
            asks = await self._reader.of(bill)
            if (known := await self._before(asks, one, bill)) is not None:
                return known
            await self._check(bill, asks, wanted, by_shop=by_shop)
            at = datetime.fromtimestamp(self._engine.now(), UTC)
            number, name = _next(bill, asks)
            asked = ReturnRequested(
                id=name, order=bill.order.id, at=at, lines=wanted, household=bill.order.household
            )  # fmt: skip
            if (made := await self._record(asked, number, one, bill)) is not None:
                return made
        raise Refusal(Cause.UNDER_WAY)

    async def withdraw(self, order: str, name: str, one: Asked) -> Known:
        """It will not be sent: `label_return` calls its label off, and its units may be asked for again.

        Once for each name of a request; what is withdrawn stays so. Raises Refusal.
        """
        if (known := await self._answers.known(one)) is not None:
            return known
        bill = await self._bill(order)
        asks = await self._reader.of(bill)
        found = next((each for each in asks.found if each.asked.id == name), None)
        if found is None:
            raise Refusal(Cause.NOT_FOUND, "there is no such return, or not any more")
        if all(row.no != found.no for row in asks.ours):
            raise Refusal(Cause.NO_RETURNS, "it was asked for elsewhere: withdraw it there")
        if found.stage is ReturnStage.BY_HAND:
            raise Refusal(Cause.NO_RETURNS, "a person of the shop sees to it: tell the shop that it is not sent")
        if found.stage not in UNSENT:
            raise Refusal(Cause.RETURN_OVER)
        at = datetime.fromtimestamp(self._engine.now(), UTC)
        said_no = ReturnWithdrawn(id=found.asked.id, order=bill.order.id, at=at, household=bill.order.household)
        made = _told(found._replace(stage=ReturnStage.WITHDRAWN, label=None), bill)
        if await self._recorded(said_no, one.event, one, made):
            return made
        return await self._answers.bind(one, made, bill.order.household)  # it was withdrawn already

    async def all(self, order: str) -> ReturnsSaid:
        """All of an order's, and what of it may still be sent back. Raises Refusal."""
        bill = await self._bill(order)
        asks = await self._reader.of(bill)
        why = await self._closed(bill)
        lines = await self._lines(bill, asks, shut=why is not None)
        until = None if self._rules is None else self._rules.until(await self._since(bill))
        return ReturnsSaid(
            returns=[said(one, bill) for one in asks.found], lines=lines, until=until,
            why_not=None if why is None else why.cause.label,
        )  # fmt: skip

    async def one(self, order: str, name: str) -> ReturnSaid:
        """One of them. Raises Refusal."""
        bill = await self._bill(order)
        for each in (await self._reader.of(bill)).found:
            if each.asked.id == name:
                return said(each, bill)
        raise Refusal(Cause.NOT_FOUND, "there is no such return, or not any more")

    async def told(self, order: str) -> list[tuple[ReturnSaid, bool]]:
        """Each as it is told, and whether anything comes after it; nothing for an order without returns."""
        if not await self._reader.rows(ReturnRequested, order):
            return []
        bill = await self._bill(order)
        return [(said(one, bill), one.stage in OPEN) for one in (await self._reader.of(bill)).found]

    async def _bill(self, order: str) -> Bill:
        """As it is owed: it is kept for longer than the order's own event. Raises Refusal."""
        for row in (await self._reader.rows(OrderPlaced, order))[-1:]:
            event = None if row.codec == PURGED else await self._engine.open_event(row)
            if row.codec != PURGED and not isinstance(event, OrderPlaced):
                break  # its household was erased
            found = bill_from(await self._engine.store.fetch("bill_of", (self._shop, order)))
            if isinstance(event, OrderPlaced) and event.order.checkout is Checkout.OWN:
                whole = event.order if found is None else msgspec.structs.replace(
                    found.order, household=event.order.household
                )  # fmt: skip
                return Bill(whole, None if found is None else found.under_way)
            if event is None and found is not None and found.order.household is not None:
                return Bill(found.order, found.under_way)
        raise Refusal(Cause.NOT_FOUND, "there is no such order, or not any more")

    async def _before(self, asks: Asks, one: Asked, bill: Bill) -> Known | None:
        """What the same request was answered, by another hub just now or longer ago than answers are kept."""
        for row in asks.ours:
            if row.source == f"{SOURCE}{one.caller}" and row.id.rpartition("/")[0] == one.event:
                if (known := await self._answers.known(one)) is not None:
                    return known
                for each in asks.found:
                    if each.no == row.no:
                        return _told(each, bill)
                raise Refusal(Cause.REUSED)  # so long ago that nobody can read it any more
        return None

    async def _record(self, asked: ReturnRequested, number: int, one: Asked, bill: Bill) -> Known | None:
        """What is answered; None where another return took the number.

        The number is in the event's name, too: the store takes the name of whoever loses for the winner's.
        """
        made = _told(Back(0, asked, ReturnStage.ASKED, asked.lines, None), bill)
        return made if await self._recorded(asked, f"{one.event}/{number}", one, made) else None

    async def _recorded(self, event: ReturnRequested | ReturnWithdrawn, name: str, one: Asked, made: Known) -> bool:
        """Whether it is new: then its answer is kept, in its commit. Raises Refusal."""
        envelope = Envelope(shop=self._shop, source=f"{SOURCE}{one.caller}", id=name, at=event.at, event=event)
        kept = await self._answers.keep(one, made, event.household)
        try:
            return (await self._engine.record(envelope, "shopper", once=kept)).new
        except HouseholdErased:
            raise Refusal(Cause.NOT_FOUND, "there is no such order, or not any more") from None

    async def _check(self, bill: Bill, asks: Asks, wanted: tuple[ReturnLine, ...], *, by_shop: bool) -> None:
        """Raises Refusal."""
        lines = {line.id: line for line in bill.order.lines}
        for n, one in enumerate(wanted):
            if one.line not in lines:
                raise Refusal(Cause.INVALID, f"lines[{n}].line: the order has no line {one.line}")
        if len({one.line for one in wanted}) < len(wanted):
            raise Refusal(Cause.INVALID, "lines: one line of the order is one line here")
        if (closed := await self._closed(bill, by_shop=by_shop)) is not None:
            raise closed
        recalled = await self._recalled(bill)
        if bad := [lines[one.line].sku for one in wanted if lines[one.line].sku in recalled]:
            raise Refusal(Cause.RECALLED_HERE, skus=bad)
        refused = [] if by_shop else [lines[one.line].sku for one in wanted if not self._takes(lines[one.line])]
        if refused:
            raise Refusal(Cause.NOT_TAKEN_BACK, f"{', '.join(refused)} is not taken back", skus=refused)
        left = await self._left(bill, asks)
        if any(one.quantity > left[one.line] for one in wanted):
            raise Refusal(Cause.NONE_LEFT, left={one.line: left[one.line] for one in wanted})
        if len(asks.ours) >= MOST:
            raise Refusal(Cause.NONE_LEFT, f"{MOST} returns of the order were asked for: ask the shop")

    def _takes(self, line: Line) -> bool:
        return self._rules is None or self._rules.takes(line)

    async def _closed(self, bill: Bill, *, by_shop: bool = False) -> Refusal | None:
        """What stands against any return of the order."""
        order, store = bill.order.id, self._engine.store
        if self._rules is None:
            return Refusal(Cause.NO_RETURNS)
        left = await store.fetch("order_sent", (self._shop, order))
        for kind in (OrderCancelled, OrderRefused):
            if await self._reader.rows(kind, order):
                late = left and kind is OrderCancelled
                return Refusal(Cause.NOT_BOUGHT, "it was called off after it had left: ask the shop" if late else "")
        if not left:
            return Refusal(Cause.NOT_SENT)
        until = self._rules.until(await self._since(bill))
        if until is not None and not by_shop and self._engine.now() > until.timestamp():
            return Refusal(Cause.RETURN_LATE, f"it was to be asked for by {until.date()}")
        return None

    async def _since(self, bill: Bill) -> datetime:
        """From when the days count: its arrival, else the order itself."""
        rows = await self._engine.store.fetch("order_delivered", (self._shop, bill.order.id))
        return datetime.fromtimestamp(rows[0][0], UTC) if rows else bill.order.placed_at

    async def _left(self, bill: Bill, asks: Asks) -> dict[LineId, int]:
        """Units of each line that may be sent back: bought, sent, not off the bill, and not on their way back."""
        about, read = bill.order.id, self._reader.whole
        booked = await read(ShipmentBooked, about)
        moved, there = await read(ShipmentDispatched, about), await read(ShipmentDelivered, about)
        sent = None  # a parcel that is not told of any more has left all the same
        if booked is not None and moved is not None and there is not None:
            sent = sent_units(bill.order, booked, [*moved, *there])
        return left_of(bill.order, asked_of(asks.found, bill), sent)

    async def _lines(self, bill: Bill, asks: Asks, *, shut: bool) -> list[ReturnableSaid]:
        left, bad = await self._left(bill, asks), await self._recalled(bill)
        found = []
        for line in bill.order.lines:
            cause = None
            if line.sku in bad:
                cause = Cause.RECALLED_HERE
            elif not self._takes(line):
                cause = Cause.NOT_TAKEN_BACK
            elif not left[line.id]:
                cause = Cause.NONE_LEFT
            units = left[line.id] if cause is None and not shut else 0
            found.append(ReturnableSaid(
                line=line.id, sku=line.sku, quantity=line.quantity, left=units,
                why_not=None if cause is None else cause.label,
            ))  # fmt: skip
        return found

    async def _recalled(self, bill: Bill) -> set[SkuId]:
        """What in the order is recalled: every lot of it, or lots of which the recall's search found some here."""
        rows = await self._engine.store.fetch("recalls_of", (self._shop, bill.order.id))
        live = [(sku, recall, whole) for sku, recall, whole, cancel, _ in rows if cancel is None or cancel]
        if not live:
            return set()
        events = await self._reader.events(RecallReached, bill.order.id)
        reached = {one.recall for one in events if isinstance(one, RecallReached)}
        hit = {sku for sku, recall, whole in live if whole or recall in reached}
        return {line.sku for line in bill.order.lines if any(item.sku in hit for item in line.items())}


def _next(bill: Bill, asks: Asks) -> tuple[int, ReturnId]:
    """The number that all take who read the same returns; another system may have called one of its own so."""
    number, taken = len(asks.ours) + 1, {one.asked.id for one in asks.found}
    while (name := ReturnId(f"{bill.order.id}-r{number}")) in taken:
        number += 1
    return number, name


def _told(one: Back, bill: Bill) -> Known:
    return Known(202, msgspec.json.encode(said(one, bill)))
