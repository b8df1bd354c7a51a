"""What is sold, for a hub that joins what several accounts say of it: every variant, page by page, by its number.

All are read each time, for nothing says that a product's `updatedAt` moves with its metafields. What did not change is
known by its fact, and told once.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import msgspec

from pawline.connectors.shopify import documents
from pawline.connectors.shopify.catalog import ShopCurrency, Sold, description_of
from pawline.connectors.shopify.patience import Patient
from pawline.connectors.shopify.replies import Nodes, number_in
from pawline.connectors.shopify.settings import Settings
from pawline.kit import Http, Quarantined, Seen, Sighting, Watch, sku_of
from pawline.model import Aware, ProductDescribed
from pawline.ports import Malformed

MOST: Final = 1_000
"""Variants that are known to be unreadable, and not named again; of more each is named at each look."""


class Selling(Sold, frozen=True, rename="camel", kw_only=True):
    """A variant, and when it changed."""

    updated_at: Aware


class SoldReply(msgspec.Struct, frozen=True, rename="camel"):
    """Of SOLD."""

    shop: ShopCurrency
    product_variants: Nodes[Selling]


class Cursor(msgspec.Struct, frozen=True):
    """Where this walk is; `bad` are variants that could not be read, and were named."""

    after: str | None = None
    bad: frozenset[str] = frozenset()


async def sold(http: Http, _: Settings, cursor: str) -> Seen:
    """A page of the variants. One that is written down as no product can be is named once, until it is mended."""
    at = msgspec.json.decode(cursor, type=Cursor) if cursor else Cursor()
    reply = await Patient(http).ask(documents.SOLD, {"after": at.after}, SoldReply)
    page, seen, wrong = reply.product_variants, list[Sighting](), dict[str, str]()
    if page.after is not None and page.after == at.after:
        raise Malformed("a list names a cursor again: it would never end")
    for one in page.nodes:
        name = number_in(one.id)
        changed = max(one.updated_at, one.product.updated_at or one.updated_at)
        try:
            told = description_of(sku_of(one.sku, name, ""), one, reply.shop.currency_code, changed)
        except (ValueError, OverflowError) as problem:
            wrong[name] = str(problem)
        else:
            event = ProductDescribed(description=told)
            seen.append(Sighting(f"sold/{event.fact}", changed, event))
    bad = tuple(Quarantined(f"variant {name}", why) for name, why in wrong.items() if name not in at.bad)
    here = {number_in(one.id) for one in page.nodes}
    known = frozenset(sorted((at.bad - here) | wrong.keys())[:MOST])
    following = msgspec.json.encode(Cursor(page.after, known), order="deterministic").decode()
    return Seen(tuple(seen), following, bad, more=page.after is not None)


def every(settings: Settings) -> timedelta:
    """How often it is looked."""
    return timedelta(seconds=settings.goods)


GOODS: Final[Watch[Settings]] = Watch("goods", every, sold)
