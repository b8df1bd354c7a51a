"""What several systems of one shop know, by one name: whichever of them tells of it."""

from __future__ import annotations

from pawline.model import Contact, HouseholdId, SkuId, household_by_email


def household_of(email: str | None, customer: str | None) -> HouseholdId | None:
    """Whose it is: by address, as in an export of orders, so that what was imported and what is heard are one.

    `customer` is the number that Shopify gave them, for those without an address.
    """
    if email and email.strip():
        return household_by_email(email)
    return HouseholdId(f"h-shopify-{customer}") if customer else None


def contact_of(email: object) -> Contact | None:
    """How somebody of this address is reached; None for what is none: anybody may have typed it somewhere."""
    try:
        return Contact(email=email.strip()) if isinstance(email, str) and email.strip() else None
    except ValueError:
        return None


def households_of(email: str | None, customer: str | None) -> tuple[HouseholdId, ...]:
    """Every name that they may stand under, the likeliest first: what they did before they gave an address, too."""
    found = (household_of(email, customer), household_of(None, customer))
    return tuple(dict.fromkeys(one for one in found if one is not None))


def sku_of(sku: str | None, variant: str | None, line: str) -> SkuId:
    """What stock calls it: the SKU that the shop gave it, else its variant, else (a custom item) the line itself."""
    if sku and sku.strip():
        return SkuId(sku.strip())
    return SkuId(f"variant-{variant}" if variant else f"line-{line}")
