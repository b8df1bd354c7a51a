"""Contacts: which one is a household's, and how one is changed. The link is a property of ours with unique values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

import msgspec

from pawline.connectors.hubspot.api import BATCH, CONTACTS, Batch, Client, Named
from pawline.connectors.hubspot.errors import NOBODY
from pawline.connectors.hubspot.schema import CONSENTS, HOUSEHOLD, MOVING, NOT_LINKED, OURS, SUPPRESSED, ready
from pawline.model import HouseholdId, household_by_email
from pawline.ports import Code, Malformed, Rejected, Transient

THEIRS: Final = ("email", "phone", "firstname", "lastname", "address", "city", "zip", "state", "country")
"""What we know of HubSpot's own."""
READ: Final = (*THEIRS, *OURS)
LOOKED: Final = ("email", HOUSEHOLD, CONSENTS, SUPPRESSED, NOT_LINKED, "lastmodifieddate", "hs_object_id")
"""What is read of those whom a search finds: of a hundred, whatever they have for pets."""


class Contact(msgspec.Struct, frozen=True):
    """A contact. HubSpot says nothing of a property that is empty, or null."""

    id: str
    properties: dict[str, str | None] = {}

    def says(self, name: str) -> str:
        """A property's value; '' where it has none."""
        return self.properties.get(name) or ""

    @property
    def email(self) -> str:
        """By which mail goes out; '' where there is none."""
        return self.says("email")

    @property
    def address(self) -> str:
        """The same, as addresses are compared."""
        return self.email.strip().lower()

    @property
    def household(self) -> str:
        """Whose it is; '' where nobody said."""
        return self.says(HOUSEHOLD).removesuffix(MOVING)


class Found(msgspec.Struct, frozen=True):
    """A page of a search. `total` is of all pages."""

    results: tuple[Contact, ...]
    total: int


def unlinked_filters() -> list[dict[str, str]]:
    """Who has an address and no link, and could have one."""
    return [
        {"propertyName": HOUSEHOLD, "operator": "NOT_HAS_PROPERTY"},
        {"propertyName": NOT_LINKED, "operator": "NOT_HAS_PROPERTY"},
        {"propertyName": "email", "operator": "HAS_PROPERTY"},
    ]


class Contacts:
    """The account's contacts."""

    def __init__(self, http: Client) -> None:
        self._http: Final = http

    def turn(self, household: HouseholdId) -> AbstractAsyncContextManager[None]:
        """Changes of one contact that depend on what it was wait for one another: HubSpot cannot compare and set."""
        return self._http.turns.of(household)

    async def find(self, household: HouseholdId) -> Contact | None:
        """The household's; where a move broke off, the one that it leaves."""
        return await self._by(HOUSEHOLD, household) or await self._by(HOUSEHOLD, household + MOVING)

    async def reached(self, email: str) -> Contact | None:
        """Whoever is reached by this address."""
        return await self._by("email", email)

    async def _by(self, name: str, value: str) -> Contact | None:
        return next(iter(await self.all_by(name, [value])), None)

    async def all_by(self, name: str | None, values: Iterable[str]) -> tuple[Contact, ...]:
        """Those who have one of these, 100 values at most; nobody is no error. Without a name they are HubSpot's ids.

        It is a batch because that says who is not there; a single read answers 404 as a wrong address does.
        https://developers.hubspot.com/docs/api-reference/latest/crm/objects/contacts/batch/get-contacts
        """
        await ready(self._http)
        body = {
            "inputs": [{"id": value} for value in values], "properties": list(READ), "propertiesWithHistory": [],
        } | ({} if name is None else {"idProperty": name})  # fmt: skip
        try:
            found = await self._http.post(*CONTACTS, "batch", "read", json=body, into=Batch[Contact])
        except Rejected as no:  # the older versions answer 207 to this, the newest says nothing of it
            if NOBODY not in no.text:
                raise
            return ()
        if (problem := found.failed(fine=frozenset({NOBODY}))) is not None:
            raise problem
        return found.results

    async def need(self, household: HouseholdId) -> Contact:
        """The household's. Raises `absent` where HubSpot knows nobody of it."""
        found = await self.find(household)
        if found is None:
            raise await self.absent(household)
        return found

    async def absent(self, household: HouseholdId) -> Rejected:
        """It has no contact: not_found, or gone where it was erased at HubSpot and is not to be made anew."""
        return gone(household) if await self._http.people.kept_out(household) else nobody(household)

    async def surely(self, household: HouseholdId) -> Contact | None:
        """The household's; None only where that is certain: see `unlinked`."""
        return await self.find(household) or await self.unlinked(household)

    async def unlinked(self, household: HouseholdId) -> Contact | None:
        """Theirs by its address, which bore no link: it does now. None where there is certainly none.

        Raises Transient while more contacts bear no link than one look shows: another of them may be theirs.
        """
        some = await self.search(unlinked_filters(), limit=BATCH)
        for one in some.results:
            if one.email.strip() and household_by_email(one.email) == household:
                await self.change(one.id, {HOUSEHOLD: household})
                await self._http.people.note(household, one.id)
                return await self.find(household)
        if some.total > len(some.results):
            raise Transient("HubSpot has contacts that are not linked yet: they may be one", Code.IN_PROGRESS)
        return None

    async def search(self, filters: list[dict[str, str]], *, limit: int, sort: str = "", after: int = 0) -> Found:
        """By properties, as of some moments ago: what was just written is not found yet.

        https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm
        """
        await ready(self._http)
        body = {
            "filterGroups": [{"filters": filters}], "sorts": [sort] if sort else [], "limit": limit,
            "after": str(after), "properties": list(LOOKED),
        }  # fmt: skip
        return await self._http.post(*CONTACTS, "search", json=body, into=Found)

    async def change(self, contact: str, properties: Mapping[str, str]) -> None:
        """Sets these and leaves the others; '' empties one. Rejected(conflict) where one is another contact's.

        https://developers.hubspot.com/docs/api-reference/latest/crm/objects/contacts/update-contact
        """
        await self._http.patch(*CONTACTS, contact, json={"properties": dict(properties)}, into=Named)

    async def change_all(self, changes: Mapping[str, Mapping[str, str]]) -> None:
        """The same of 100 at most, in one call. Raises where one of them was not done, and some may have been."""
        inputs = [{"id": contact, "properties": dict(properties)} for contact, properties in changes.items()]
        done = await self._http.post(*CONTACTS, "batch", "update", json={"inputs": inputs}, into=Batch[Named])
        if (problem := done.failed()) is not None:
            raise problem
        if {one.id for one in done.results} != set(changes):
            raise Transient("HubSpot did a part of it, and does not say why not all")

    async def make(self, household: HouseholdId, properties: Mapping[str, str]) -> Contact:
        """Makes the household's, or changes it where it is there. Rejected(conflict) where an address is another's.

        Rejected(gone) where it was erased at HubSpot, and nobody said that it may be made anew.

        https://developers.hubspot.com/docs/api-reference/latest/crm/objects/contacts/batch/upsert-contacts
        """
        if await self._http.people.kept_out(household):
            raise gone(household)
        one: dict[str, Any] = {
            "idProperty": HOUSEHOLD, "id": household, "properties": {**properties, HOUSEHOLD: household}
        }  # fmt: skip
        done = await self._http.post(*CONTACTS, "batch", "upsert", json={"inputs": [one]}, into=Batch[Contact])
        if (problem := done.failed()) is not None:
            raise problem
        if len(done.results) != 1:
            raise Malformed(f"HubSpot was to make one contact, and answered with {len(done.results)}")
        await self._http.people.note(household, done.results[0].id)
        return done.results[0]


def nobody(household: HouseholdId) -> Rejected:
    """It has no contact."""
    return Rejected(f"HubSpot knows nobody of household {household}", Code.NOT_FOUND)


def gone(household: HouseholdId) -> Rejected:
    """It had one."""
    return Rejected(f"household {household} was erased at HubSpot, and is not made anew there", Code.GONE)


def parts(values: list[str]) -> list[list[str]]:
    """In as many calls as it takes."""
    return [values[begin : begin + BATCH] for begin in range(0, len(values), BATCH)]
