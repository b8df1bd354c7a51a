"""Names of things: Shopify's numbers, as its webhooks, its exports and its API (`gid://shopify/Order/1`) have them."""

from __future__ import annotations


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
