"""Who ordered, and where it goes: personal data, which only a household's key encrypts."""

from __future__ import annotations

import re
from typing import Final

from pawline.connectors.shopify.told import ToldAddress, ToldOrder, text
from pawline.kit import household_of
from pawline.model import Address, Contact, HouseholdId

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")
_PHONE: Final = re.compile(r"\+[1-9][0-9]{3,14}")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")


def household_in(told: ToldOrder) -> HouseholdId | None:
    """Whose order it is.

    A marketplace hands over an address and no person: such an order is a household of its own, for what is to be sent
    must not be lost, and its address must be of somebody's key.
    """
    found = household_of(told.email, text(told.customer.id) if told.customer is not None else None)
    if found is None and address_of(told.shipping_address) is not None:
        return HouseholdId(f"h-shopify-order-{told.id}")
    return found


def contact_of(told: ToldOrder) -> Contact | None:
    """How they are reached: what is no address or number is left out, rather than the order lost for it."""
    email, phone = (told.email or "").strip(), (told.phone or "").strip()
    found = email if _EMAIL.fullmatch(email) else None, phone if _PHONE.fullmatch(phone) else None
    return Contact(email=found[0], phone=found[1], language=told.customer_locale or None) if any(found) else None


def address_of(told: ToldAddress | None) -> Address | None:
    """None where too little of it is there: nobody could send anything to it."""
    if told is None:
        return None
    lines = tuple(line.strip() for line in (told.address1, told.address2) if line and line.strip())
    country = told.country_code or ""
    if not lines or not _COUNTRY.fullmatch(country):
        return None
    first_last = " ".join(part for part in (told.first_name, told.last_name) if part)
    return Address(
        name=told.name or first_last,
        lines=lines,
        city=told.city or "",
        country=country,
        postcode=told.zip or None,
        region=told.province_code or None,
        company=told.company or None,
        phone=told.phone or None,
    )
