"""What a WooCommerce account needs to be told, and what a shop's own words mean."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec

from pawline.kit import Secret
from pawline.model import Channel, ProductKind, Species, TenderKind, exponent

LEAST: Final = 20
"""Characters of a webhook secret of ours: WordPress makes 50."""
WEEK: Final = 7 * 86_400.0
_PLACE: Final = re.compile(r"category|tag|brand|(?:attribute|meta):\S(?:.{0,98}\S)?")
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_META: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,99}")


class Standing(enum.StrEnum):
    """What an order's status says of it."""

    OPEN = "open"
    """Nobody ordered yet: a checkout that is not done, or a payment that was not begun."""
    PLACED = "placed"
    """Ordered, and its money is waited for; whether it came says `date_paid`."""
    READY = "ready"
    """To be sent: it is paid, or whoever brings it is paid."""
    SENT = "sent"
    """The shop is done with it: what was to be sent has left."""
    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    """All of it was paid back."""
    FAILED = "failed"
    """It was to be paid, and was not."""


STATUSES: Final = {
    "auto-draft": Standing.OPEN, "draft": Standing.OPEN, "new": Standing.OPEN, "checkout-draft": Standing.OPEN,
    "pending": Standing.OPEN, "on-hold": Standing.PLACED, "processing": Standing.READY, "completed": Standing.SENT,
    "cancelled": Standing.CANCELLED, "trash": Standing.CANCELLED, "refunded": Standing.REFUNDED,
    "failed": Standing.FAILED,
}  # fmt: skip
"""https://woocommerce.com/document/managing-orders/order-statuses/ ; what plugins add is the shop's to explain."""
GATEWAYS: Final = {
    "bacs": TenderKind.TRANSFER, "cheque": TenderKind.TRANSFER, "cod": TenderKind.CASH, "paypal": TenderKind.WALLET,
    "ppec_paypal": TenderKind.WALLET, "ppcp-gateway": TenderKind.WALLET,
}  # fmt: skip
"""By `payment_method`. What no name is known of takes cards, unless it is waited for."""
CHANNELS: Final = {
    "checkout": Channel.WEB, "store-api": Channel.WEB, "admin": Channel.PHONE, "subscription": Channel.SUBSCRIPTION,
    "pos-rest-api": Channel.STORE,
}  # fmt: skip
"""By `created_via`; what no name is known of came over the web."""


def _check_metas(what: str, names: Iterable[str]) -> None:
    for name in names:
        if not _META.fullmatch(name):
            raise ValueError(f"`{what}`: {name[:40]!r} is no name of a field")


class Tracking(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a plugin keeps parcels: `key` is the order's meta, a list, and the others are names in each of its items.

    Unless said otherwise as of Shipment Tracking and of Advanced Shipment Tracking, which share it. `sent` is in epoch
    seconds.
    """

    key: str = "_wc_shipment_tracking_items"
    number: str = "tracking_number"
    carrier: tuple[str, ...] = ("custom_tracking_provider", "formatted_tracking_provider", "tracking_provider")
    link: tuple[str, ...] = ("custom_tracking_link", "ast_tracking_link", "formatted_tracking_link")
    sent: str = "date_shipped"
    id: str = "tracking_id"

    def __post_init__(self) -> None:
        _check_metas("tracking", (self.key, self.number, *self.carrier, *self.link, self.sent, self.id))


class Fields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the shop keeps what WooCommerce has no place for; empty: nowhere.

    `pets` is the meta of an order's line that names the pets it is for, commas between them; `language` the order's
    own, of the shopper's language.
    """

    pets: str = ""
    language: str = ""

    def __post_init__(self) -> None:
        _check_metas("fields", [one for one in (self.pets, self.language) if one])


class Labels(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the shop keeps what it says of a product: `attribute:NAME`, `meta:KEY`, `category`, `tag` or `brand`.

    Empty: nowhere. `kcal` is of a kilogram, `content` in grams, both whole numbers. `gtin` empty is WooCommerce's own
    field. `kinds` and `animals` say what the shop's words mean: `kinds = {"Trockenfutter" = "food"}`.

    Raises ValueError for a place that is none, and for what is no kind or no species of ours.
    """

    kind: str = "category"
    species: str = ""
    content: str = ""
    kcal: str = ""
    ingredients: str = ""
    adequacy: str = ""
    hazard_class: str = ""
    gtin: str = ""
    brand: str = "brand"
    kinds: dict[str, ProductKind] = {}
    animals: dict[str, Species] = {}

    def __post_init__(self) -> None:
        for field in msgspec.structs.fields(Labels):
            place = getattr(self, field.name)
            if isinstance(place, str) and place and not _PLACE.fullmatch(place):
                raise ValueError(f"`labels.{field.name}` is `attribute:NAME`, `meta:KEY`, `category`, `tag` or `brand`")


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One shop. `url` is where WordPress is, `key` and `secret` a REST key with read and write.

    `webhook_secrets` are those that are live, ours to choose: the first is what webhooks are made with. `statuses`,
    `gateways` and `channels` say what the shop's own words mean, beside those that are known. `parcels`: whether
    parcels are told by a plugin's `tracking`, by a status that is `sent`, or not at all. `location` is what we call
    the one place whose stock WooCommerce counts. `poll` is seconds between two looks for what no webhook told.
    `decimals` are those of the shop's prices, where its currency has more. `goods` is seconds between two looks at all
    that is sold, for a hub that is the shop's Catalog (`catalog = "hub"`); 0: none, and no webhook of products.
    `labels` says where the shop keeps what a label says; `currency` and `weight_unit` are the shop's own, for a key
    that may not see its settings.

    Raises ValueError for a word that WordPress cannot have, and for a webhook secret that can be guessed.
    """

    url: str
    key: Secret
    secret: Secret
    webhook_secrets: tuple[Secret, ...] = ()
    statuses: dict[str, Standing] = {}
    gateways: dict[str, TenderKind] = {}
    channels: dict[str, Channel] = {}
    fields: Fields = Fields()
    tracking: Tracking = Tracking()
    parcels: Literal["tracking", "status", "none"] = "tracking"
    location: str = "woocommerce"
    poll: float = 120.0
    decimals: int | None = None
    goods: float = 0.0
    labels: Labels = Labels()
    currency: str = ""
    weight_unit: Literal["", "kg", "g", "lbs", "oz"] = ""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.query or parts.fragment or "/wp-json" in parts.path:
            raise ValueError("`url` is where WordPress is, without /wp-json and without anything behind a ?")
        for slug in (*self.statuses, *self.gateways, *self.channels):
            if not _SLUG.fullmatch(slug):
                raise ValueError(f"`{slug[:40]}` is no name of WordPress's: lower case, digits, - and _, without `wc-`")
        if any(slug.startswith("wc-") for slug in self.statuses):
            raise ValueError("a status is named as the API has it: without `wc-`")
        if self.decimals is not None and not 0 <= self.decimals <= 6:
            raise ValueError("`decimals` are from 0 to 6")
        if not 0 <= self.goods <= WEEK:
            raise ValueError("`goods` is seconds, a week at most; 0 is none")
        if self.currency:
            exponent(self.currency)
        if not self.location.strip():
            raise ValueError("`location` is what the one place is called")
        if any(len(one.reveal()) < LEAST for one in self.webhook_secrets):
            raise ValueError(f"a webhook secret has {LEAST} characters at least, by chance")

    def standing(self, status: str) -> Standing:
        """What this status says. Raises ValueError for one that nobody explained."""
        found = self.statuses.get(status) or STATUSES.get(status)
        if found is None:
            raise ValueError(f"what the status `{status[:40]}` says is not known: name it in `statuses`")
        return found

    def step(self, currency: str) -> int:
        """Minor units to which the shop rounds."""
        places = exponent(currency)
        return int(10 ** max(0, places - (places if self.decimals is None else self.decimals)))

    def kind(self, method: str, *, paid: bool) -> TenderKind:
        """What the money of this payment method is."""
        other = TenderKind.CARD if paid else TenderKind.TRANSFER
        return self.gateways.get(method) or GATEWAYS.get(method, other)

    def channel(self, via: str) -> Channel:
        """By what way an order came that was made so."""
        return self.channels.get(via) or CHANNELS.get(via, Channel.WEB)
