"""Who ordered, and where it goes."""

from __future__ import annotations

import re
from typing import Final

from pawline.connectors.woocommerce.settings import Settings
from pawline.connectors.woocommerce.told import ToldAddress, ToldOrder
from pawline.kit import household_of
from pawline.model import Address, Contact, HouseholdId

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")
_PHONE: Final = re.compile(r"\+[1-9][0-9]{3,14}")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")


def household_in(told: ToldOrder) -> HouseholdId | None:
    """By the address they gave, else by the account at the shop; a guest of neither is a household of one order.

    A guest who gave an address is whoever else has it: WooCommerce has no customer for them. Those whom WordPress
    erased have one address, `deleted@site.invalid`, and are nobody's.
    """
    if (found := household_of(_email(told), None)) is not None:
        return found
    if told.customer_id > 0:
        return HouseholdId(f"h-woocommerce-{told.customer_id}")
    return HouseholdId(f"h-woocommerce-order-{told.id}") if ship_to(told) is not None else None


def contact_of(told: ToldOrder, settings: Settings) -> Contact | None:
    """How they are reached: what is no address or number is left out, rather than the order lost for it."""
    email, phone = _email(told), (told.billing.phone or "").strip()
    found = email if _EMAIL.fullmatch(email) else None, phone if _PHONE.fullmatch(phone) else None
    said = told.meta(settings.fields.language) if settings.fields.language else None
    language = said.replace("_", "-") if isinstance(said, str) and _LANGUAGE.fullmatch(said) else None
    return Contact(email=found[0], phone=found[1], language=language) if any(found) else None


def _email(told: ToldOrder) -> str:
    """Empty where there is none. Nobody's mail is at `.invalid` (RFC 2606)."""
    email = (told.billing.email or "").strip()
    return "" if email.lower().endswith(".invalid") else email


def ship_to(told: ToldOrder) -> Address | None:
    """WooCommerce leaves `shipping` empty where the shop ships to billing addresses only."""
    return address_of(told.shipping) or address_of(told.billing)


def address_of(told: ToldAddress) -> Address | None:
    """None where too little of it is there: nobody could send anything to it."""
    lines = tuple(line.strip() for line in (told.address_1, told.address_2) if line.strip())
    if not lines or not _COUNTRY.fullmatch(told.country):
        return None
    return Address(
        name=" ".join(part for part in (told.first_name.strip(), told.last_name.strip()) if part),
        lines=lines,
        city=told.city,
        country=told.country,
        postcode=told.postcode or None,
        region=told.state or None,
        company=told.company or None,
        phone=told.phone or None,
    )
