"""What a Shopify account needs to be told."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

import msgspec

from pawline.kit import Secret

VERSION: Final = "2026-07"
"""The version of the Admin API that every document here was checked against."""
UNTIL: Final = date(2027, 7, 1)
"""A stable version is served for a year at least: https://shopify.dev/docs/api/usage/versioning ."""
DAY: Final = 86_400.0
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")
_ORIGIN: Final = re.compile(r"https://[a-z0-9][a-z0-9.-]*(:[1-9][0-9]{0,4})?")
_SHOP: Final = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One shop's Admin API.

    Either `token` (of a custom app, lasting), or `client` and `client_secret`, for which the shop gives tokens of 24
    hours. Webhooks are signed with the client secret: `webhook_secrets` are those that are live, two while one is
    changed; none, and nobody is believed. `poll` is seconds between two looks for what no webhook told; 0: none.
    `goods` is the same of what is sold, for a hub that is the shop's Catalog (`catalog = "hub"`).
    `pixel` is the public key of the shop's pages that tell what shoppers look at; "": none tell. They run in Shopify's
    sandbox, which has no origin; `pixel_origins` are pages that have one (`https://shop.example`) and may tell, too.
    `url` is for tests only: where the shop is, else `https://{shop}`.

    Raises ValueError for a shop that is no `….myshopify.com` name, without one whole way to sign in, for a `poll` that
    is none, and for a pixel's key or origins that are none.
    """

    shop: str
    token: Secret | None = None
    client: str | None = None
    client_secret: Secret | None = None
    webhook_secrets: tuple[Secret, ...] = ()
    poll: float = 300.0
    goods: float = 0.0
    pixel: str = ""
    pixel_origins: tuple[str, ...] = ()
    url: str | None = None

    def __post_init__(self) -> None:
        if not _SHOP.fullmatch(self.shop):
            raise ValueError("`shop` is the shop's name at Shopify: pets-eu.myshopify.com")
        if (self.token is None) == (self.client is None or self.client_secret is None):
            raise ValueError("give `token`, or both `client` and `client_secret`")
        if not 0 <= self.poll <= DAY:
            raise ValueError("`poll` is seconds, a day at most; 0 is none")
        if not 0 <= self.goods <= 7 * DAY:
            raise ValueError("`goods` is seconds, a week at most; 0 is none")
        if self.pixel and not _KEY.fullmatch(self.pixel):
            raise ValueError("`pixel` has 16 to 64 letters and digits")
        for one in self.pixel_origins:
            if not _ORIGIN.fullmatch(one):
                raise ValueError("`pixel_origins` are such as https://shop.example, in lower case and without a path")
