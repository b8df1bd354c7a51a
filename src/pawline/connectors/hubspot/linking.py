"""Which contact is a household's: found by our id, else by its address, and then linked; moved, or made.

HubSpot cannot write to two contacts at once. So the order of the writes is such that whichever is the last before the
hub dies, nothing is lost that we wrote, and the same call again, or the next look, goes on from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from pawline.connectors.hubspot.api import Client
from pawline.connectors.hubspot.catching_up import CatchingUp
from pawline.connectors.hubspot.consenting import kept, written
from pawline.connectors.hubspot.contacts import Contact, Contacts
from pawline.connectors.hubspot.errors import BAD_EMAIL
from pawline.connectors.hubspot.schema import CONSENTS, HOUSEHOLD, MOVING, NOT_LINKED, OURS
from pawline.connectors.hubspot.settings import Settings
from pawline.model import HouseholdId
from pawline.ports import Code, Rejected

Told = Mapping[str, str]
"""Properties, by name."""


class Linking:
    """The account's links. Whoever asks has the household's turn: see `Contacts.turn`."""

    def __init__(self, http: Client, settings: Settings) -> None:
        self._contacts: Final = Contacts(http)
        self._http: Final = http
        self._catching_up: Final = CatchingUp(http, settings)

    async def known(self, household: HouseholdId, told: Told) -> Contact:
        """Makes what is known of a household new, and HubSpot's statuses of its address say no where it did.

        What is not told stays.

        Rejected(conflict) where its address is that of a contact of another household: a person decides whose it is.
        """
        mine, email = await self._contacts.find(household), told.get("email", "")
        theirs = await self._contacts.reached(email) if email and (mine is None or not mine.email) else None
        if mine is not None and theirs is not None and mine.id != theirs.id:
            return await self.moved(mine, theirs, household, told)
        if mine is not None:
            found = await self._renewed(mine, household, told)
        elif theirs is not None:
            found = await self._linked(theirs, household, told)
        else:
            found = await self._made(household, told)
        await self._http.people.note(household, found.id)
        await self._catching_up.catch_up(found, household)
        return found

    async def _renewed(self, mine: Contact, household: HouseholdId, told: Told) -> Contact:
        """What is new of it, if anything is.

        An address that is another contact's, or that HubSpot takes for none, is left out: it would keep all else out,
        each time anew.
        """
        new = {name: value for name, value in {**told, HOUSEHOLD: household}.items() if mine.says(name) != value}
        if not new:
            return mine
        try:
            await self._contacts.change(mine.id, new)
        except Rejected as no:
            if "email" not in new or not _of_address(no):
                raise
            del new["email"]
            if new:
                await self._contacts.change(mine.id, new)
        return _with(mine, new)

    async def _linked(self, theirs: Contact, household: HouseholdId, told: Told) -> Contact:
        """A contact that HubSpot had already becomes the household's."""
        if theirs.household not in ("", household):
            raise Rejected(
                f"household {household} writes from the address of a contact of household {theirs.household}: whose it"
                " is a person decides, at HubSpot",
                Code.CONFLICT,
            )
        if new := _link(theirs, household, told):
            await self._contacts.change(theirs.id, new)
        return _with(theirs, new)

    async def moved(self, mine: Contact, theirs: Contact, household: HouseholdId, told: Told) -> Contact:
        """From a contact without an address to the one that has it: what we wrote, and what it says of the address.

        Both come before the link goes. Between its leaving and its coming the old one says whose it was: whatever
        address the household has next, what it said is found there.
        """
        if theirs.household:
            return await self._linked(theirs, household, told)  # says no
        ours = {name: mine.says(name) for name in OURS if name not in (HOUSEHOLD, NOT_LINKED) and mine.says(name)}
        if CONSENTS in ours:  # others may have spoken of its address
            ours |= written(theirs, {**kept(theirs), **kept(mine)})
        if ours:
            await self._contacts.change(theirs.id, ours)
        theirs = _with(theirs, ours)
        await self._catching_up.catch_up(theirs, household)
        await self._contacts.change(mine.id, {HOUSEHOLD: household + MOVING})
        new = _link(theirs, household, told)
        await self._contacts.change_all({theirs.id: new, mine.id: {HOUSEHOLD: ""}})
        await self._http.people.note(household, theirs.id)
        return _with(theirs, new)

    async def _made(self, household: HouseholdId, told: Told) -> Contact:
        try:
            made = await self._contacts.make(household, told)
        except Rejected as no:
            if "email" not in told or not _of_address(no):
                raise
            theirs = await self._contacts.reached(told["email"]) if no.code is Code.CONFLICT else None
            if theirs is not None:  # somebody made it since we looked
                return await self._linked(theirs, household, told)
            if no.code is Code.CONFLICT:
                raise
            told = {name: value for name, value in told.items() if name != "email"}
            made = await self._contacts.make(household, told)
        return _with(made, {**told, HOUSEHOLD: household})


def _link(theirs: Contact, household: HouseholdId, told: Told) -> dict[str, str]:
    """What is new of it with that."""
    link = {HOUSEHOLD: household} | ({NOT_LINKED: ""} if theirs.says(NOT_LINKED) else {})
    new = {name: value for name, value in {**told, **link}.items() if theirs.says(name) != value}
    new.pop("email", None)  # they were found by it: it is theirs, as they write it or as a second one
    return new


def _of_address(no: Rejected) -> bool:
    """Whether it may be the address that is refused."""
    return no.code is Code.CONFLICT or BAD_EMAIL in no.text


def _with(contact: Contact, properties: Told) -> Contact:
    return msgspec.structs.replace(contact, properties=contact.properties | dict(properties))
