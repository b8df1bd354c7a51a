"""A pet died: from here on nobody writes about it, nothing renews for it, and the other pets' things stay."""

from __future__ import annotations

from collections.abc import Awaitable

import msgspec

from pawline.model import Household, HouseholdId, PetDied, PetId, Skipped, Subscription
from pawline.ports import (
    Code,
    Crm,
    Helpdesk,
    Households,
    Marketing,
    Rejected,
    Subscriptions,
    Suppression,
    TicketDraft,
    Urgency,
)
from pawline.runtime import Account, Question, accounts, ask, chosen, flow, together, use

STOPPED = "the pet that it is for died"
Refused = list[Question[str]]
"""What accounts refused, each as what a person is asked: it keeps nothing else from being done."""


class Remembered(msgspec.Struct, frozen=True, tag="remembered"):
    """A flow's result: what was stopped. `shared` are autoships that feed others too and go on as a person said."""

    senders: int
    ended: tuple[str, ...]
    shared: tuple[str, ...]


@flow(on=PetDied, version=5)
async def remember_a_pet(died: PetDied) -> Remembered | Skipped:
    """A pet that died is written about and sent to no more; what is the other pets' goes on."""
    tools = accounts(Marketing)
    refused: Refused = []
    for tool in tools:  # first: what is planned there needs no asking to be sent
        because = f"{died.pet} died"
        told = use(Marketing, tool).suppress(Suppression(household=died.household, pet=died.pet, because=because))
        # Who is not known there, or not any more, has nothing planned there.
        refused += await _refusal(died, tool, told, Code.NOT_FOUND, Code.GONE)
    ended: list[str] = []
    asked: list[tuple[Account, Subscription, tuple[PetId, ...]]] = []
    for app, one in await _autoships(died, refused):
        if feeds := await _feeds(one, died.pet):
            asked.append((app, one, feeds))
        else:
            refused += await _end(app, one)
            ended.append(one.id)
    refused += await _known(died)
    # Last: nothing that is certain waits for a person. Side by side: no question hangs on the answer to another.
    by_hand = together(*[ask(question) for question in refused])
    _, left = await together(by_hand, together(*[_left(app, one, feeds) for app, one, feeds in asked]))
    shared: list[str] = []
    for (_, one, _), goes_on in zip(asked, left, strict=True):
        (shared if goes_on else ended).append(one.id)
    return Remembered(len(tools), tuple(ended), tuple(shared))


async def _autoships(died: PetDied, refused: Refused) -> list[tuple[Account, Subscription]]:
    """The pet's, in every app that tells; one that knows of no such household has none."""
    found: list[tuple[Account, Subscription]] = []
    for app in accounts(Subscriptions):
        try:
            every = await use(Subscriptions, app).of(died.household)
        except Rejected as no:
            if no.code is not Code.NOT_FOUND:
                refused.append(_by_hand(app, f"end the autoships of {died.pet}, which died", no))
            continue
        found += [(app, one) for one in every if died.pet in one.pets]
    return found


async def _feeds(autoship: Subscription, pet: PetId) -> tuple[PetId, ...]:
    """The pets that live and that it is for beside this one."""
    others = tuple(one for one in autoship.pets if one != pet)
    lost = await use(Households).lost(others) if others else ()
    return tuple(one for one in others if one not in lost)


async def _left(app: Account, autoship: Subscription, feeds: tuple[PetId, ...]) -> bool:
    """Whether a person leaves an autoship of which others eat; else it is ended as soon as they say so."""
    evidence = {
        "autoship": autoship.id,
        "feeds": list(feeds),
        "items": {one.sku: one.quantity for one in autoship.items},
    }
    answer = await ask(
        Question(
            f"autoship {autoship.id} fed a pet that died and feeds {len(feeds)} more", evidence=evidence,
            choices=("leave it", "end it"), suggested="leave it", team="care",
        )
    )  # fmt: skip
    if answer == "leave it":
        return True
    for question in await _end(app, autoship):
        await ask(question)
    return False


async def _end(app: Account, autoship: Subscription) -> Refused:
    try:
        await use(Subscriptions, app).end(autoship.id, STOPPED)
    except Rejected as no:
        if no.code not in (Code.TOO_LATE, Code.NOT_FOUND):
            return [_by_hand(app, f"end autoship {autoship.id}", no)]
    return []


def _by_hand(account: Account, what: str, no: Rejected) -> Question[str]:
    return Question(
        f"{account} is to {what}, and refuses: {no.code.value}", evidence=no.text, choices=("done by hand",),
        team="care", cause=f"{account} refuses what is said of a death: {no.code.value}",
    )  # fmt: skip


async def _known(died: PetDied) -> Refused:
    """Whoever talks to them knows. A card is a person's to write, so a person is asked, where there is a helpdesk.

    What nobody took: it keeps nothing else from being done.
    """
    crm = chosen(Crm)
    note = f"{died.pet} died on {died.on.isoformat()} ({died.source}); no reminders, offers or surveys about it"
    refused = await _refusal(died, crm, _died_there(crm, died))
    refused += await _refusal(died, crm, _noted(crm, died.household, note), Code.GONE)
    for desk in accounts(Helpdesk):
        card = TicketDraft(
            title=f"{died.pet} died: write a card", urgency=Urgency.NORMAL, household=died.household, pet=died.pet,
            text="Offer to take unopened food back without a return. No survey for 90 days.", tags=("loss",),
        )  # fmt: skip
        refused += await _refusal(died, desk, use(Helpdesk, desk).open(card))
    return refused


async def _died_there(crm: Account, died: PetDied) -> None:
    for pet in await use(Crm, crm).pets(died.household):
        if pet.id == died.pet and pet.died_on is None:
            await use(Crm, crm).upsert_pet(msgspec.structs.replace(pet, died_on=died.on))


async def _noted(crm: Account, household: HouseholdId, text: str) -> None:
    try:
        await use(Crm, crm).note(household, text)
    except Rejected as no:
        if no.code is not Code.NOT_FOUND:
            raise
        await use(Crm, crm).upsert(Household(id=household))
        await use(Crm, crm).note(household, text)


async def _refusal(died: PetDied, account: Account, step: Awaitable[object], *fine: Code) -> Refused:
    """What the account has against it, if anything."""
    try:
        await step
    except Rejected as no:
        return [] if no.code in fine else [_by_hand(account, f"know that {died.pet} died", no)]
    return []
