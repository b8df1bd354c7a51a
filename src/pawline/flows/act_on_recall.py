"""A recall: nothing of it leaves any more, and every household that may have it is told."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

import msgspec

from pawline.flows.recalling import DECIDE, LOOK, SELDOM, decision
from pawline.flows.telling import tell
from pawline.model import (
    LotRecalled,
    Medium,
    Message,
    Packed,
    Purpose,
    RecallDecided,
    RecallId,
    RecallReached,
    RecallSearched,
    Search,
    Skipped,
    SkuId,
)  # fmt: skip
from pawline.ports import Bought, Code, Crm, Fulfilment, FulfilmentHold, How, Orders, Rejected, Senders, Shop
from pawline.runtime import Account, Question, accounts, again, ask, flow, now, publish, use, wait_for

SHELF_LIFE = timedelta(days=730)
"""How far back parcels are looked for."""
SEARCH = timedelta(hours=6)
"""After which a person is asked whatever has been found by then."""

Held = list[tuple[Account, FulfilmentHold]]
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


@flow(on=RecallReached, key=lambda reached: f"{reached.order}/{reached.recall}", version=2)
async def stop_recalled_order(reached: RecallReached) -> str:
    """An order that may hold recalled goods is stopped if it can be; if it has left, its household is told.

    One that no warehouse was asked for yet is not told: `adopt_order` keeps it back, and it is looked for again until a
    person decided. Called off it is then only if every lot is recalled.
    """
    if reached.left:
        return await _told(reached)
    until = now() + DECIDE
    held, left = await _caught(reached, until)
    if left:
        await publish(msgspec.structs.replace(reached, left=True))
        if not held:
            return "it had left"
    if await decision(reached.recall, until) is False:
        for account, hold in held:
            await use(Fulfilment, account).release(hold)
        return "released" if held else "not held"
    if not held and not reached.whole:
        return "not held"  # nothing was packed of it: what will be is of another lot
    if not held:
        held, _ = await _hold(reached)  # what was asked for since the last look
    await _call_off(reached, held)
    return "cancelled"


async def _caught(reached: RecallReached, until: datetime) -> Found:
    """What could be held of it, and whether some had left; looked for until there is something, or a decision."""
    pause, found = LOOK, await _hold(reached)
    while found == ([], False) and now() < until:
        if await decision(reached.recall, min(now() + pause, until)) is not None:
            break
        pause, found = min(2 * pause, SELDOM), await _hold(reached)
    return found


async def _call_off(reached: RecallReached, held: Held) -> None:
    for account, hold in held:
        await use(Fulfilment, account).cancel(hold.fulfilment)
    for shop in accounts(Shop):
        try:
            await use(Shop, shop).cancel(reached.order, f"recall {reached.recall}")
        except Rejected as no:
            if no.code not in (Code.TOO_LATE, Code.NOT_FOUND):
                raise


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
                left = True
    return held, left


async def _told(reached: RecallReached) -> str:
    """Told by mail, or by a person where nobody may, can or would write."""
    if reached.household is None:
        return await _by_hand(reached, "nobody knows whose it is")
    message = Message(
        name="recall_notice", household=reached.household, purpose=Purpose.SAFETY, medium=Medium.EMAIL,
        order=reached.order, values={"recall": reached.recall},
    )  # fmt: skip
    try:
        told = await tell(message)
    except Rejected as no:
        return await _by_hand(reached, f"it cannot be written: {no.code.value}")
    if isinstance(told, Skipped) and (await use(Senders).of(message.name)).how is How.ITSELF:
        return "told by another"
    if isinstance(told, Skipped):
        return await _by_hand(reached, told.because)
    with suppress(Rejected):  # a household that the CRM does not know was told all the same
        note = f"told of recall {reached.recall} for order {reached.order}: message {told.message}"
        await use(Crm).note(reached.household, note)
    return "told"


async def _by_hand(reached: RecallReached, why: str) -> str:
    answer = await ask(
        Question(
            f"recall {reached.recall}: who has order {reached.order} is not told: {why}", choices=("told by hand",),
            cause=f"recall {reached.recall}: {why}",
        )
    )  # fmt: skip
    return str(answer)
