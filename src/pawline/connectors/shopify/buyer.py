"""Who ordered, by what way, and where it goes: told alike by a webhook and by the API, whichever of them says it."""

from __future__ import annotations

import re
from typing import Final

from pawline.connectors.shopify.told import ToldAddress
from pawline.kit import household_of
from pawline.model import Address, Channel, Contact, HouseholdId

_CHANNELS: Final = {
    "web": Channel.WEB,
    "pos": Channel.STORE,
    "shopify_draft_order": Channel.PHONE,
    "subscription_contract": Channel.SUBSCRIPTION,
    "subscription_contract_checkout_one": Channel.SUBSCRIPTION,
    "facebook": Channel.SOCIAL,
    "instagram": Channel.SOCIAL,
    "tiktok": Channel.SOCIAL,
}
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")
_PHONE: Final = re.compile(r"\+[1-9][0-9]{3,14}")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")


def channel_of(source: str | None) -> Channel:
    """By the name of its source; what no name is known of came over the web."""
    return _CHANNELS.get(source or "web", Channel.WEB)


def household_in(order: str, email: str | None, customer: str | None, ship_to: Address | None) -> HouseholdId | None:
    """Whose order it is.

    A marketplace hands over an address and no person: such an order is a household of its own, for what is to be sent
    must not be lost, and its address must be of somebody's key.
    """
    found = household_of(email, customer)
    return HouseholdId(f"h-shopify-order-{order}") if found is None and ship_to is not None else found


def contact_of(email: str | None, phone: str | None, language: str | None) -> Contact | None:
    """How they are reached: what is no address or number is left out, rather than the order lost for it."""
    email, phone = (email or "").strip(), (phone or "").strip()
    found = email if _EMAIL.fullmatch(email) else None, phone if _PHONE.fullmatch(phone) else None
    return Contact(email=found[0], phone=found[1], language=language or None) if any(found) else None


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
