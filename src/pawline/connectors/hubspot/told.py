"""A household in HubSpot's words, and back."""

from __future__ import annotations

import re
from typing import Final

from pawline.connectors.hubspot.contacts import Contact
from pawline.model import Address, Household, HouseholdId, Person, PersonId
from pawline.model import Contact as Reach

_COUNTRY: Final = re.compile(r"[A-Z]{2}")


def properties(household: Household) -> dict[str, str]:
    """What is known of the household; what is not known is not there. Its first person and address are HubSpot's."""
    person = household.people[0] if household.people else None
    reach = Reach() if person is None else person.contact
    first, _, last = (person.name or "").strip().partition(" ") if person is not None else ("", "", "")
    found: dict[str, str | None] = {
        "email": address(reach), "phone": reach.phone, "firstname": first, "lastname": last.strip(),
    }  # fmt: skip
    if household.addresses:
        first_one = household.addresses[0]
        found |= {
            "address": ", ".join(line.strip() for line in first_one.lines if line.strip()), "city": first_one.city,
            "zip": first_one.postcode, "state": first_one.region, "country": first_one.country,
        }  # fmt: skip
    return {name: value for name, value in found.items() if value}


def address(reach: Reach | None) -> str:
    """Their e-mail address as HubSpot has it; '' where none is known."""
    return "" if reach is None or reach.email is None else reach.email.strip().lower()


def household(contact: Contact, household: HouseholdId) -> Household:
    """What a contact says of it. What is no address by our rules is left out: anybody may have typed it there."""
    name = " ".join(filter(None, (contact.says("firstname"), contact.says("lastname"))))
    person = Person(id=PersonId(contact.id), contact=_reach(contact), name=name or None)
    return Household(id=household, people=(person,), addresses=_addresses(contact, name))


def _reach(contact: Contact) -> Reach:
    email, phone = contact.email or None, contact.says("phone") or None
    for one, other in ((email, phone), (email, None), (None, phone)):
        try:
            return Reach(email=one, phone=other)
        except ValueError:
            continue
    return Reach()


def _addresses(contact: Contact, name: str) -> tuple[Address, ...]:
    country = contact.says("country").strip()
    if not contact.says("address").strip() or not _COUNTRY.fullmatch(country):
        return ()
    return (
        Address(
            name=name, lines=(contact.says("address"),), city=contact.says("city"), country=country,
            postcode=contact.says("zip") or None, region=contact.says("state") or None,
        ),
    )  # fmt: skip
