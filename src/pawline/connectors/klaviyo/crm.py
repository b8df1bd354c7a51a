"""Klaviyo in the role of Crm: households are profiles, their pets are properties, what they allowed is read there."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any, Final

from pawline.connectors.klaviyo import pets
from pawline.connectors.klaviyo.api import Api, Client
from pawline.connectors.klaviyo.consenting import permits
from pawline.connectors.klaviyo.linking import Linking
from pawline.connectors.klaviyo.marketing import event
from pawline.connectors.klaviyo.profiles import Location, Profile, Profiles
from pawline.connectors.klaviyo.settings import Settings
from pawline.connectors.klaviyo.subscribing import SUPPRESSED
from pawline.model import (
    NEED_NO_CONSENT,
    Address,
    Contact,
    Household,
    HouseholdId,
    Medium,
    Person,
    PersonId,
    Pet,
    Purpose,
)  # fmt: skip
from pawline.ports import Operation, Receipt, Settle

NOTE: Final = "Pawline Note"
"""The metric of a note: it stands in the profile's history, and triggers no flow."""


class KlaviyoCrm:
    """See `Crm`. A household is one profile, that of its first person."""

    OPERATIONS: Final = {
        "upsert": Operation(settle=Settle.REPEAT, timeout=timedelta(seconds=20)),
        "upsert_pet": Operation(settle=Settle.REPEAT),
        "note": Operation(settle=Settle.REPEAT),
    }

    def __init__(self, http: Client, _: Settings) -> None:
        self._api: Final = Api(http)
        self._profiles: Final = Profiles(http)
        self._linking: Final = Linking(http)

    async def household(self, household: HouseholdId) -> Household:
        return _household(await self._profiles.need(household), household)

    async def pets(self, household: HouseholdId) -> tuple[Pet, ...]:
        found = await self._profiles.find(household)
        return () if found is None else pets.pets(found, household)

    async def allows(self, household: HouseholdId, purpose: Purpose, medium: Medium) -> bool:
        found = await self._profiles.find(household)
        if found is None or (SUPPRESSED in found.properties and purpose not in NEED_NO_CONSENT):
            return False
        return permits(found, household, purpose, medium)

    async def upsert(self, household: Household) -> Receipt:
        async with self._profiles.turn(household.id):
            return Receipt((await self._linking.known(household.id, _attributes(household))).id)

    async def upsert_pet(self, pet: Pet) -> Receipt:
        async with self._profiles.turn(pet.household):
            profile = await self._profiles.need(pet.household)
            laid = pets.laid_with(profile, pet)
            await self._profiles.change(profile.id, {"properties": laid.properties}, laid.unset)
            return Receipt(profile.id)

    async def note(self, household: HouseholdId, text: str) -> Receipt:
        profile = await self._profiles.need(household)
        key = hashlib.sha256(text.encode()).hexdigest()[:32]
        about = {"id": profile.id, "attributes": {}}
        await self._api.accept("events", json=event(NOTE, key, about, {"text": text}, backfill=True))
        return Receipt(key)


def _attributes(household: Household) -> dict[str, Any]:
    """What is known of the household, in Klaviyo's words; what is not known is not there."""
    person = household.people[0] if household.people else None
    contact = Contact() if person is None else person.contact
    first, _, last = (person.name or "").partition(" ") if person is not None else ("", "", "")
    found = {
        "email": contact.email, "phone_number": contact.phone, "locale": contact.language,
        "first_name": first or None, "last_name": last or None,
    }  # fmt: skip
    told: dict[str, Any] = {name: value for name, value in found.items() if value is not None}
    if household.addresses:
        address = household.addresses[0]
        lines = [*address.lines, "", ""]
        location = {
            "address1": lines[0], "address2": lines[1] or None, "city": address.city, "zip": address.postcode,
            "region": address.region, "country": address.country,
        }  # fmt: skip
        told["location"] = {name: value for name, value in location.items() if value is not None}
    return told


def _household(profile: Profile, household: HouseholdId) -> Household:
    """What a profile says of it. An address that is none by our rules is left out: anybody may have typed it there."""
    known = profile.attributes
    name = " ".join(filter(None, (known.first_name, known.last_name))) or None
    person = Person(id=PersonId(profile.id), contact=_contact(known.email, known.phone_number, known.locale), name=name)
    addresses = () if known.location is None else _address(known.location, name or "")
    return Household(id=household, people=(person,), addresses=addresses)


def _contact(email: str | None, phone: str | None, language: str | None) -> Contact:
    try:
        return Contact(email=email, phone=phone, language=language)
    except ValueError:
        return Contact(email=email, language=language) if phone else Contact(language=language)


def _address(location: Location, name: str) -> tuple[Address, ...]:
    try:
        return (
            Address(
                name=name, lines=tuple(filter(None, (location.address1, location.address2))), city=location.city or "",
                postcode=location.zip, country=location.country or "", region=location.region,
            ),
        )  # fmt: skip
    except ValueError:
        return ()
