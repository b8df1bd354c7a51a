"""Whose answer it is and about which order, as far as Zigpoll says: what we put into a link, an address, Shopify's ids.

Nothing is guessed. All of it is what a browser said, but for what stands in a link of ours; see the README.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from pawline.kit import contact_of, household_of
from pawline.model import HouseholdId, OrderId, PetId
from pawline.ports import Invitation

HOUSEHOLD, ORDER, PET = "pawline_household", "pawline_order", "pawline_pet"
"""What we put into a link."""
ADDRESSES: Final = ("email", "customer_email")
CUSTOMER, SHOPIFY_ORDER = "shopify_customer_id", "shopify_order_id"
"""What Zigpoll's Shopify app says: https://docs.zigpoll.com/slides/slide-logic ."""
_OURS: Final = re.compile(r"[!-~]{1,64}")
_NUMBER: Final = re.compile(r"(?:gid://shopify/[A-Za-z]{1,40}/)?([1-9][0-9]{0,18})")


def marked(invitation: Invitation) -> dict[str, str]:
    """What a link of ours says of whoever is invited: ids, and nothing personal."""
    said = {HOUSEHOLD: invitation.household, ORDER: invitation.order, PET: invitation.pet}
    return {name: value for name, value in said.items() if value is not None}


def household(said: Mapping[str, Any]) -> HouseholdId | None:
    """By our own id, else by address as everywhere, else by Shopify's number of them."""
    ours = said.get(HOUSEHOLD)
    if isinstance(ours, str) and _OURS.fullmatch(ours):
        return HouseholdId(ours)
    emails = (contact.email for name in ADDRESSES if (contact := contact_of(said.get(name))) is not None)
    return household_of(next(emails, None), _number(said.get(CUSTOMER)))


def order(said: Mapping[str, Any]) -> OrderId | None:
    """Ours, else Shopify's, which has the same id here. The number that a shopper sees names none."""
    ours = said.get(ORDER)
    if isinstance(ours, str) and _OURS.fullmatch(ours):
        return OrderId(ours)
    number = _number(said.get(SHOPIFY_ORDER))
    return None if number is None else OrderId(number)


def pet(said: Mapping[str, Any]) -> PetId | None:
    """Ours, or none."""
    ours = said.get(PET)
    return PetId(ours) if isinstance(ours, str) and _OURS.fullmatch(ours) else None


def _number(said: object) -> str | None:
    text = str(said) if isinstance(said, int) and not isinstance(said, bool) else said
    found = _NUMBER.fullmatch(text) if isinstance(text, str) else None
    return found[1] if found is not None else None
