"""Names of things: Shopify's numbers, as its webhooks, its exports and its API (`gid://shopify/Order/1`) have them."""

from __future__ import annotations

from pawline.model import HouseholdId, SkuId, household_by_email


def gid(kind: str, number: str) -> str:
    """`gid://shopify/Order/1001`. Raises ValueError for what is no number of Shopify's, so that nothing is smuggled."""
    if not (number.isascii() and number.isdigit()):
        raise ValueError(f"{kind}: an id of Shopify is a number")
    return f"gid://shopify/{kind}/{number}"


def number(gid: str) -> str:
    """The number of a global id, whatever its kind and parameters (`?…`). Raises ValueError for what is none."""
    scheme, _, rest = gid.partition("://shopify/")
    found = rest.rpartition("/")[2].partition("?")[0]
    if scheme != "gid" or not (found.isascii() and found.isdigit()):
        raise ValueError("not an id of Shopify")
    return found


def sku_of(sku: str | None, variant: str | None, line: str) -> SkuId:
    """What stock calls it: the SKU that the shop gave it, else its variant, else (a custom item) the line itself."""
    if sku and sku.strip():
        return SkuId(sku.strip())
    return SkuId(f"variant-{variant}" if variant else f"line-{line}")


def household_of(email: str | None, customer: str | None) -> HouseholdId | None:
    """Whose it is: by address, as in the export of orders, so that what was imported and what is heard are one."""
    if email and email.strip():
        return household_by_email(email)
    return HouseholdId(f"h-shopify-{customer}") if customer else None
