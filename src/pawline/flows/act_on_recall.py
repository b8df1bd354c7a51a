"""A recall: nothing of it leaves any more, and every household that may have it is told."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from pawline.flows.recall_notice import told
from pawline.flows.recall_release import Held, let_go
from pawline.flows.recalling import DECIDE, LOOK, SELDOM, decision
from pawline.flows.repaying_own import own_bill
from pawline.model import (
    Checkout,
    LotRecalled,
    OrderCancelled,
    Packed,
    RecallDecided,
    RecallId,
    RecallReached,
    RecallSearched,
    Search,
    SkuId,
)  # fmt: skip
from pawline.ports import (
    Bought,
    Code,
    Fulfilment,
    FulfilmentOrder,
    Orders,
    Progress,
    Rejected,
    Shop,
)
from pawline.runtime import Account, Question, accounts, again, ask, flow, now, publish, use, wait_for

SHELF_LIFE = timedelta(days=730)
"""How far back parcels are looked for."""
SEARCH = timedelta(hours=6)
"""After which a person is asked whatever has been found by then."""

Found = tuple[Held, bool]


class Recalled(msgspec.Struct, frozen=True, tag="recalled"):
    """A flow's result: orders that were held before they left, orders that had left, and what a person decided."""

    recall: RecallId
    held: int
    left: int
    decision: str


@flow(on=LotRecalled, version=2)
async def act_on_recall(recalled: LotRecalled) -> Recalled:
    """Every order that may hold recalled goods is held or told, and one person decides what becomes of the held."""
    recall = recalled.recall
    await publish(RecallSearched(recall=recall))
    found = RecallSearched(recall=recall)
    until = now() + SEARCH
    while not found.done:
        more = await wait_for(RecallSearched, key=recall.id, until=until)
        if more is None:
            break
        found = more
    decision = "nothing was held"
    if found.done and not found.held and recall.lots:  # what comes later is of other lots
        await publish(RecallDecided(recall=recall.id, cancel=False))
    else:
        evidence = {"skus": recall.skus, "lots": recall.lots, "severity": recall.severity, "orders": found.held}
        decision = await ask(
            Question(
                f"recall {recall.id}: {found.held} order(s) are kept back", evidence=evidence,
                choices=("cancel", "release"), suggested="cancel", cause=f"recall {recall.id}",
            )
        )  # fmt: skip
        await publish(RecallDecided(recall=recall.id, cancel=decision == "cancel"))
    return Recalled(recall.id, found.held, found.left, decision)


@flow(on=RecallSearched)
async def search_recall(at: RecallSearched) -> bool:
    """A page of orders at a time, however many there are; each order found is an event of its own."""
    if at.done:
        return True
    sku = at.recall.skus[at.sku]
    if at.where is Search.PARCELS:
        page = await use(Orders).parcels_with(sku, now() - SHELF_LIFE, at.after)
        hit = [
            Bought(order=one.order, household=one.household) for one in page.parcels
            if at.recall.affects(Packed(sku=sku, quantity=one.quantity, lot=one.lot))
        ]  # fmt: skip
        after = page.after
    else:
        hit, after = await _bought(at.where, sku, at.after)
    left = at.where is not Search.WAITING
    for one in hit:
        reached = RecallReached(
            recall=at.recall.id, order=one.order, left=left, household=one.household, whole=not at.recall.lots
        )  # fmt: skip
        await publish(reached)
    there = len(hit)
    counted = msgspec.structs.replace(
        at, held=at.held + (0 if left else there), left=at.left + (there if left else 0), after=after
    )
    following = counted if after is not None else _next(counted)
    if not following.done:
        again(following)
    await publish(following)
    return True


async def _bought(where: Search, sku: SkuId, after: str | None) -> tuple[list[Bought], str | None]:
    """Orders that wait; or that left without anybody writing their lots down: an unknown lot counts as affected."""
    orders = use(Orders)
    if where is Search.WAITING:
        page = await orders.waiting_with(sku, after)
    else:
        page = await orders.sent_with(sku, now() - SHELF_LIFE, after)
    return list(page.orders), page.after


def _next(at: RecallSearched) -> RecallSearched:
    """Where to look once a place is looked through."""
    places = list(Search)
    place = places.index(at.where) + 1
    if place < len(places):
        return msgspec.structs.replace(at, where=places[place], after=None)
    done = at.sku + 1 == len(at.recall.skus)
    return msgspec.structs.replace(at, where=places[0], sku=at.sku if done else at.sku + 1, after=None, done=done)


def _key(reached: RecallReached) -> str:
    """What has left of an order is told while the rest of it is held."""
    return f"{reached.order}/{reached.recall}{'/left' if reached.left else ''}"


@flow(on=RecallReached, key=_key, version=8)
async def stop_recalled_order(reached: RecallReached) -> str:
    """An order that may hold recalled goods is stopped if it can be; if it has left, its household is told.

    One that no warehouse was asked for yet is not told: `adopt_order` keeps it back, and it is looked for again until a
    person decided. Called off it is then only if every lot is recalled. Whatever the decision, it is looked for once
    more: what left meanwhile is told.
    """
    if reached.left:
        return await told(reached)
    until = now() + DECIDE
    held, left = await _caught(reached, until)
    if left:
        await _gone(reached)
        if not held:
            return "it had left"
    cancel = await decision(reached.recall, until)
    if cancel is None and (held or reached.whole):
        cancel = await _undecided(reached)
    if reached.whole:
        held, late = await _hold(reached)  # what was asked for since the last look
    else:  # what is asked for by now will be packed of another lot
        late = not held and await _has_left(reached)
    if late and not left:
        await _gone(reached)
    if not cancel:
        return await let_go(reached, held) if held else "not held"
    if not held and (late or not reached.whole):
        return "it had left" if late else "not held"
    return await _call_off(reached, held)


async def _gone(reached: RecallReached) -> None:
    await publish(msgspec.structs.replace(reached, left=True))


async def _caught(reached: RecallReached, until: datetime) -> Found:
    """What could be held of it, and whether some had left; looked for until there is something, or a decision."""
    pause, found = LOOK, await _hold(reached)
    while found == ([], False) and now() < until:
        if await decision(reached.recall, min(now() + pause, until), pause) is not None:
            break
        pause, found = min(2 * pause, SELDOM), await _hold(reached)
    return found


async def _undecided(reached: RecallReached) -> bool:
    answer = await ask(
        Question(
            f"recall {reached.recall}: nobody decided what becomes of order {reached.order}",
            choices=("cancel", "release"), suggested="cancel", cause=f"recall {reached.recall}: nobody decided",
        )
    )  # fmt: skip
    return answer == "cancel"


async def _call_off(reached: RecallReached, held: Held) -> str:
    """Off at the warehouse, and in the shop: who pays back hears of it there. What the shop keeps is a person's.

    An order of our own checkout is called off here: nobody else would say so.
    """
    off, gone, keeper = [], False, False
    for account, hold in held:
        try:
            await use(Fulfilment, account).cancel(hold.fulfilment)
            off.append(hold.fulfilment.part)
        except Rejected as no:
            if no.code is not Code.TOO_LATE:
                raise
            await _gone(reached)
            gone = True
    for shop in accounts(Shop):
        try:
            await use(Shop, shop).cancel(reached.order, f"recall {reached.recall}")
        except Rejected as no:
            if no.code is Code.NOT_FOUND:
                continue
            if no.code is not Code.TOO_LATE:
                raise
            await (_kept_by_the_shop(reached, off) if off else _gone(reached))
        keeper = True
    if not keeper:
        await _call_off_our_own(reached, off, gone=gone)
    return "cancelled"


async def _call_off_our_own(reached: RecallReached, off: list[str], *, gone: bool) -> None:
    bill = await own_bill(reached.order)  # kept for longer than what its events said
    order = await use(Orders).order(reached.order) if bill is None else bill.order
    if order is None and off:  # nobody knows whose checkout it was
        await _kept_by_the_shop(reached, off)
    if order is None or order.checkout is not Checkout.OWN:
        return
    if not gone:
        because = f"recall {reached.recall}"
        await publish(OrderCancelled(order=order.id, at=now(), by="recall", because=because, household=order.household))
    elif off:
        await _kept_by_the_shop(reached, off)


async def _kept_by_the_shop(reached: RecallReached, off: list[str]) -> None:
    await ask(
        Question(
            f"order {reached.order}: recall {reached.recall} stopped the part that had not left; pay it back by hand",
            evidence={"stopped": off}, choices=("paid back",),
            cause=f"recall {reached.recall}: orders of which a part had left",
        )
    )  # fmt: skip


async def _hold(reached: RecallReached) -> Found:
    """What could be held of an order, and whether some of it had left."""
    held: Held = []
    left = False
    for account in accounts(Fulfilment):
        warehouse = use(Fulfilment, account)
        for asked in await warehouse.of(reached.order):
            try:
                held.append((account, await warehouse.hold(asked, f"recall {reached.recall}")))
            except Rejected as no:
                if no.code is not Code.TOO_LATE:
                    raise
                left = await _on_its_way(account, asked) or left
    return held, left


async def _on_its_way(account: Account, asked: FulfilmentOrder) -> bool:
    """Of what cannot be stopped any more: it left, unless it was called off since we asked what there is.

    What the warehouse does not know now counts as on its way: nobody can say that it is not.
    """
    try:
        return (await use(Fulfilment, account).status(asked)).progress is not Progress.CANCELLED
    except Rejected as no:
        if no.code is not Code.NOT_FOUND:
            raise
        return True


async def _has_left(reached: RecallReached) -> bool:
    """Whether any of it has, of whatever lot: nobody looked in between."""
    for account in accounts(Fulfilment):
        for asked in await use(Fulfilment, account).of(reached.order):
            if (await use(Fulfilment, account).status(asked)).progress is Progress.SHIPPED:
                return True
    return False
