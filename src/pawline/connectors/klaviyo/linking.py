"""Which profile is a household's: found by our id, else by an address, and then linked; moved, or made.

Klaviyo cannot write to two profiles at once. So the order of the writes is such that whichever is the last before the
hub dies, nothing is lost that we wrote, and the same call again goes on from there.
"""

from __future__ import annotations

from typing import Any, Final

from pawline.connectors.klaviyo import pets
from pawline.connectors.klaviyo.api import Client
from pawline.connectors.klaviyo.consenting import CONSENTS, kept, written
from pawline.connectors.klaviyo.profiles import HOUSEHOLD, MOVING, Profile, Profiles
from pawline.connectors.klaviyo.subscribing import Subscribing
from pawline.model import Contact, HouseholdId
from pawline.ports import Code, Rejected


class Linking:
    """The account's links. Whoever asks has the household's turn: see `Profiles.turn`."""

    def __init__(self, http: Client) -> None:
        self._profiles: Final = Profiles(http)
        self._jobs: Final = Subscribing(http)

    async def whose(self, household: HouseholdId, contact: Contact | None) -> tuple[Profile | None, Profile | None]:
        """The household's profile, if it has any, and one that its address finds and that is another's.

        Who was not known by our id is linked by the address, or made.
        """
        mine = await self._mine(household)
        told = _reached(contact)
        if not told or (mine is not None and not mine.bare):
            return mine, None
        theirs = await self._theirs(told)
        if theirs is not None and _anothers(theirs, household):
            return mine, theirs
        return await self._known(household, told, mine, theirs), None

    async def known(self, household: HouseholdId, told: dict[str, Any]) -> Profile:
        """Makes what is known of a household new: attributes of its profile, by name. What is not there stays.

        Rejected(conflict) where its e-mail address is that of somebody else's profile: a person decides whose it is.
        """
        mine = await self._mine(household)
        theirs = await self._theirs(told) if mine is None or mine.bare else None
        return await self._known(household, told, mine, theirs)

    async def _mine(self, household: HouseholdId) -> Profile | None:
        """The household's; and the last of a move is done, where it broke off before that."""
        mine, left = await self._profiles.places(household)
        if left is not None:
            await self._leave(left)
        return mine

    async def _known(
        self, household: HouseholdId, told: dict[str, Any], mine: Profile | None, theirs: Profile | None
    ) -> Profile:
        if mine is not None and theirs is not None and theirs.id != mine.id and not theirs.attributes.external_id:
            return await self._moved(mine, theirs, household, told)
        if mine is not None:
            new = told | _link(household) if told and mine.leaves(household) else told  # it stays where it was
            found = (await self._profiles.change(mine.id, new)).standing(mine) if new else mine
        elif theirs is not None:
            found = await self._linked(theirs, household, told)
        else:
            found = await self._made(household, told)
        await self._jobs.catch_up(found, household)
        return found

    async def _theirs(self, told: dict[str, Any]) -> Profile | None:
        """Whoever has this e-mail address; else, by the number, who is nobody else's and has no other address.

        Two people may share a telephone: who is found by that alone is not they where anything says so.
        """
        email, phone = told.get("email"), told.get("phone_number")
        found = await self._profiles.by("email", email) if email else None
        if found is not None or not phone:
            return found
        some = await self._profiles.all_by("phone_number", phone)
        free = len(some) == 1 and not some[0].attributes.external_id and not (email and some[0].attributes.email)
        return some[0] if free else None

    async def _linked(self, theirs: Profile, household: HouseholdId, told: dict[str, Any]) -> Profile:
        """A profile that Klaviyo had already becomes the household's."""
        if _anothers(theirs, household):
            raise Rejected(
                f"household {household} writes from the address of a profile that has another external id: whose it is"
                " a person decides, at Klaviyo",
                Code.CONFLICT,
            )
        return (await self._profiles.change(theirs.id, told | _link(household))).standing(theirs)

    async def _moved(self, mine: Profile, theirs: Profile, household: HouseholdId, told: dict[str, Any]) -> Profile:
        """From a profile without any address to the one that has it: what we wrote, and what it says of the address.

        Both come before the link goes. Between its leaving and its coming the old one says whose it was: whatever
        address the household has next, what it said is found there.
        """
        ours = {name: value for name, value in pets.ours(mine.properties).items() if name != HOUSEHOLD}
        if CONSENTS in ours:  # others may have spoken of its address
            ours |= written(theirs, {**kept(theirs.properties), **kept(mine.properties)})
        moved = (await self._profiles.change(theirs.id, told | {"properties": ours})).standing(theirs)
        await self._jobs.catch_up(moved, household)
        if not mine.leaves(household):
            await self._profiles.change(mine.id, {"external_id": household + MOVING})
        linked = await self._linked(moved, household, {})
        await self._leave(mine)
        return linked

    async def _leave(self, left: Profile) -> None:
        await self._profiles.change(left.id, {"external_id": None}, [HOUSEHOLD])

    async def _made(self, household: HouseholdId, told: dict[str, Any]) -> Profile:
        """The number comes after: Klaviyo makes one profile of all that share any of what a new one is made of."""
        first = {name: value for name, value in told.items() if name != "phone_number"} | _link(household)
        made = await self._profiles.create(first)
        phone = told.get("phone_number")
        return await self._profiles.change(made.id, {"phone_number": phone}) if phone else made


def _reached(contact: Contact | None) -> dict[str, Any]:
    """The address that finds somebody, as little of it as does."""
    if contact is None:
        return {}
    if contact.email:
        return {"email": contact.email}
    return {"phone_number": contact.phone} if contact.phone else {}


def _anothers(one: Profile, household: HouseholdId) -> bool:
    return one.attributes.external_id not in (None, "", household)


def _link(household: HouseholdId) -> dict[str, Any]:
    return {"external_id": household, "properties": {HOUSEHOLD: household}}
