"""Shopify's search syntax: https://shopify.dev/docs/api/usage/search-syntax."""

from __future__ import annotations

from datetime import UTC, datetime

from pawline.model import SkuId


def quoted(text: str) -> str:
    """A value, whatever it holds."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def moment(at: datetime) -> str:
    """A time, to the second: what is asked for since then may be a moment older."""
    return "'" + at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") + "'"


def variant_of(sku: SkuId) -> str | None:
    """The number of the variant, where a SKU is none but its variant's name (see `sku_of`)."""
    bare = sku.removeprefix("variant-")
    return bare if bare != sku and bare.isascii() and bare.isdigit() else None


def sku_query(sku: SkuId) -> str:
    """Variants that may have this SKU; they are to be compared, for Shopify takes likenesses too."""
    variant = variant_of(sku)
    return f"sku:{quoted(sku)}" if variant is None else f"(sku:{quoted(sku)} OR id:{variant})"
