"""Somebody asked to be forgotten: a person says yes with one key, within 30 days, and then it is done for good."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pawline.flows.in_time import in_time
from pawline.model import CustomerErased, ErasureAsked, Skipped
from pawline.ports import Crm, Held, Helpdesk, Households, Marketing
from pawline.runtime import Question, accounts, ask, flow, now, publish, use

DUE: Final = timedelta(days=30)
"""Which the law (GDPR, article 12) and Shopify allow."""
ERASE, KEEP, DONE, SEEN_TO = "erase", "keep", "done", "seen to"


@flow(on=ErasureAsked, version=2)
async def erase_household(asked: ErasureAsked) -> str | Skipped:
    """What is under way is undone and the key destroyed, once a person says so: it cannot be taken back.

    What did not end in time is a person's: its vendors may still be about to do what nobody undoes any more. Who says
    `keep` writes down why: an order is under way, or a law asks for it to be kept. Whoever does more meanwhile is asked
    about again: nothing is erased that nobody was shown. A second wish waits for the first: it may name more.
    """
    by = asked.at + DUE
    if asked.of is None:
        title = "the shop took the app away, and wants everything of it gone"
        how = "export what the law asks you to keep, then delete the store and its key"
        return await in_time(title, by, (DONE, KEEP), {"how": how}, DONE)
    title, shown = "a shopper asked to be forgotten", Held(theirs=())
    while True:
        held = await use(Households).held((asked.of, *asked.also), asked.orders)
        if not held.theirs:
            return Skipped("nothing is known of them")
        if not _more(held, shown):
            break
        answer = await in_time(title, by, (ERASE, KEEP), _evidence(held), KEEP if held.under_way else ERASE)
        if answer == KEEP:
            return Skipped("a person said that it is to be kept")
        title, shown = "a shopper asked to be forgotten, and did more since that was answered", held
    left = await use(Households).erase(held.theirs, now())
    for one in held.theirs:
        await publish(CustomerErased(erased=one))
    if left.reference is not None:
        await ask(
            Question(
                "a shopper was erased while something was under way for them", choices=(SEEN_TO,),
                evidence={"runs": left.reference, "orders": held.under_way},
            )
        )  # fmt: skip
    return "erased"


def _more(held: Held, shown: Held) -> bool:
    """Whether there is what nobody was shown."""
    return (
        any(one not in shown.theirs for one in held.theirs)
        or any(one not in shown.orders for one in held.orders)
        or held.autoships > shown.autoships
    )


def _evidence(held: Held) -> dict[str, object]:
    """Ids and figures, and where else they are known: Pawline's own store is all that it erases."""
    tools = {one for port in (Crm, Marketing, Helpdesk) for one in accounts(port)}
    return {
        "held": held, "under way": held.under_way, "erase elsewhere": sorted(tools),
        "erase": "cancels and undoes what is under way, and destroys the key: nobody can read it any more",
        "keep": "say why in the reason: it is audited",
    }  # fmt: skip
