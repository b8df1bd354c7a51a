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
from pawline.runtime import Account, Question, accounts, ask, flow, together, use

STOPPED = "the pet that it is for died"


class Remembered(msgspec.Struct, frozen=True, tag="remembered"):
    """A flow's result: what was stopped. `shared` are autoships that feed others too and go on as a person said."""

    senders: int
    ended: tuple[str, ...]
    shared: tuple[str, ...]


@flow(on=PetDied, version=4)
async def remember_a_pet(died: PetDied) -> Remembered | Skipped:
    """A pet that died is written about and sent to no more; what is the other pets' goes on."""
    tools = accounts(Marketing)
    refused: list[tuple[Account, Rejected]] = []
    for tool in tools:  # first: what is planned there needs no asking to be sent
        because = f"{died.pet} died"
        told = use(Marketing, tool).suppress(Suppression(household=died.household, pet=died.pet, because=because))
        refused += await _refusal(tool, told)
    found = [
        (app, one)
        for app in accounts(Subscriptions)
        for one in await use(Subscriptions, app).of(died.household)
        if died.pet in one.pets
    ]
    ended: list[str] = []
    asked: list[tuple[Account, Subscription, tuple[PetId, ...]]] = []
    for app, one in found:
        if feeds := await _feeds(one, died.pet):
            asked.append((app, one, feeds))
        else:
            await _end(app, one)
            ended.append(one.id)
    refused += await _known(died)
    # Last: nothing that is certain waits for a person. Side by side: no question hangs on the answer to another.
    by_hand = together(*[_by_hand(died, account, why) for account, why in refused])
    _, left = await together(by_hand, together(*[_left(app, one, feeds) for app, one, feeds in asked]))
    shared: list[str] = []
    for (_, one, _), goes_on in zip(asked, left, strict=True):
        (shared if goes_on else ended).append(one.id)
    return Remembered(len(tools), tuple(ended), tuple(shared))


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
    await _end(app, autoship)
    return False


async def _end(app: Account, autoship: Subscription) -> None:
    try:
        await use(Subscriptions, app).end(autoship.id, STOPPED)
    except Rejected as no:
        if no.code not in (Code.TOO_LATE, Code.NOT_FOUND):
            raise


async def _by_hand(died: PetDied, account: Account, no: Rejected) -> None:
    await ask(
        Question(
            f"{account} is to know that {died.pet} died, and refuses: {no.code.value}", evidence=no.text,
            choices=("done by hand",), team="care", cause=f"{account} refuses what is said of a death: {no.code.value}",
        )
    )  # fmt: skip


async def _known(died: PetDied) -> list[tuple[Account, Rejected]]:
    """Whoever talks to them knows. A card is a person's to write, so a person is asked, where there is a helpdesk.

    What nobody took: it keeps nothing else from being done.
    """
    crm = accounts(Crm)[0]
    note = f"{died.pet} died on {died.on.isoformat()} ({died.source}); no reminders, offers or surveys about it"
    refused = await _refusal(crm, _died_there(crm, died))
    refused += await _refusal(crm, _noted(crm, died.household, note))
    for desk in accounts(Helpdesk):
        card = TicketDraft(
            title=f"{died.pet} died: write a card", urgency=Urgency.NORMAL, household=died.household, pet=died.pet,
            text="Offer to take unopened food back without a return. No survey for 90 days.", tags=("loss",),
        )  # fmt: skip
        refused += await _refusal(desk, use(Helpdesk, desk).open(card))
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


async def _refusal(account: Account, step: Awaitable[object]) -> list[tuple[Account, Rejected]]:
    """What the account has against it, if anything: who is not known there has nothing there."""
    try:
        await step
    except Rejected as no:
        return [] if no.code is Code.NOT_FOUND else [(account, no)]
    return []
