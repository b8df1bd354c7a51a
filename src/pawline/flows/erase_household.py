"""Somebody asked to be forgotten: a person says yes with one key, within 30 days, and then it is done for good."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from pawline.flows.in_time import in_time
from pawline.model import CustomerErased, ErasureAsked, HouseholdId, OrderId, Skipped
from pawline.ports import (
    Analytics,
    Board,
    Code,
    Crm,
    Held,
    Helpdesk,
    Households,
    Marketing,
    Rejected,
    Shipping,
    Surveys,
)
from pawline.runtime import Question, accounts, ask, flow, now, publish, use

DUE: Final = timedelta(days=30)
"""Which the law (GDPR, article 12) and Shopify allow."""
ERASE, KEEP, DONE, SEEN_TO = "erase", "keep", "done", "seen to"


class Gone(NamedTuple):
    """What came of a wish so far: who was erased, which runs that left undone, and orders under way that were shown."""

    who: list[HouseholdId]
    left: list[str]
    orders: dict[OrderId, None]


@flow(on=ErasureAsked, version=3)
async def erase_household(asked: ErasureAsked) -> str | Skipped:
    """What is under way is undone and the key destroyed, once a person says so: it cannot be taken back.

    What did not end in time is a person's: its vendors may still be about to do what nobody undoes any more. Who says
    `keep` writes down why: an order is under way, or a law asks for it to be kept. Whoever does more meanwhile is asked
    about again, also while the rest is undone: nothing is erased that nobody was shown. A second wish waits for the
    first: it may name more.
    """
    by = asked.at + DUE
    if asked.of is None:
        title = "the shop took the app away, and wants everything of it gone"
        how = "export what the law asks you to keep, then delete the store and its key"
        return await in_time(title, by, (DONE, KEEP), {"how": how}, DONE)
    gone = Gone([], [], {})
    kept = await _erased((asked.of, *asked.also), asked.orders, by, gone)
    if gone.left:
        await ask(
            Question(
                "a shopper was erased while something was under way for them", choices=(SEEN_TO,),
                evidence={"runs": ", ".join(gone.left), "orders": list(gone.orders)},
            )
        )  # fmt: skip
    if not gone.who:
        return Skipped("a person said that it is to be kept" if kept else "nothing is known of them")
    return "erased, but for what a person said is to be kept" if kept else "erased"


async def _erased(who: Sequence[HouseholdId], orders: Sequence[OrderId], by: datetime, gone: Gone) -> bool:
    """Asks and erases until nothing is left, or a person says `keep`; whether they did."""
    title, shown = "a shopper asked to be forgotten", Held(theirs=())
    while True:
        as_of = now()  # first: what is recorded from here on was perhaps not seen
        held = await use(Households).held(tuple(who), tuple(orders))
        if not held.theirs:
            return False
        if not _more(held, shown):
            if await _each(held, as_of, gone):
                return False
            continue
        answer = await in_time(title, by, (ERASE, KEEP), _evidence(held), KEEP if held.under_way else ERASE)
        if answer == KEEP:
            return True
        title, shown = "a shopper asked to be forgotten, and did more since that was answered", held
        gone.orders.update(dict.fromkeys(held.under_way))


async def _each(held: Held, as_of: datetime, gone: Gone) -> bool:
    """One after the other, so that what one left is on record before the next. False: one did more meanwhile."""
    for one in held.theirs:
        try:
            done = await use(Households).erase((one,), as_of)
        except Rejected as problem:
            if problem.code is not Code.CONFLICT:
                raise
            return False
        await publish(CustomerErased(erased=one))
        gone.who.append(one)
        if done.reference is not None:
            gone.left.append(done.reference)
    return True


def _more(held: Held, shown: Held) -> bool:
    """Whether there is what nobody was shown."""
    return (
        any(one not in shown.theirs for one in held.theirs)
        or any(one not in shown.orders for one in held.orders)
        or held.autoships > shown.autoships
    )


def _evidence(held: Held) -> dict[str, object]:
    """Ids and figures, and where else they are known: Pawline's own store is all that it erases."""
    ports = (Crm, Marketing, Helpdesk, Shipping, Board, Surveys, Analytics)
    tools = {one for port in ports for one in accounts(port)}
    return {
        "held": held, "under way": held.under_way, "erase elsewhere": sorted(tools),
        "found there": "by these orders and households: each connector's README says how it names them",
        "erase": "cancels and undoes what is under way, and destroys the key: nobody can read it any more",
        "keep": "say why in the reason: it is audited",
    }  # fmt: skip
