"""Shopify's webhooks: who is believed, what a delivery is, and which events its topics are.

https://shopify.dev/docs/apps/build/webhooks
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.connectors.shopify.told_goods import fulfilled, troubled, wanted, withdrawn
from pawline.connectors.shopify.told_orders import attempted, cancelled, disputed, paid, placed, refunded
from pawline.connectors.shopify.told_people import agreed, filled
from pawline.connectors.shopify.told_privacy import CONFIGURED, redacted, requested, shop_redacted
from pawline.kit import Delivery, Headers, Hmac, Hook, Secret, Unsigned, of_body, only
from pawline.model import Aware

if TYPE_CHECKING:
    from pawline.connectors.shopify.settings import Settings

SIGNATURE: Final = "X-Shopify-Hmac-SHA256"
SHOP: Final = "X-Shopify-Shop-Domain"
TOPIC: Final = "X-Shopify-Topic"
EVENT: Final = "X-Shopify-Event-Id"
WEBHOOK: Final = "X-Shopify-Webhook-Id"
AT: Final = "X-Shopify-Triggered-At"
_UNTIMED: Final = frozenset(
    {
        "returns/request", "returns/approve", "returns/cancel", "returns/decline",
        "customers_email_marketing_consent/update", "customers/redact", "customers/data_request", "shop/redact",
    }
)  # fmt: skip
"""Topics whose payload says no time, or not always: they are heard with that of their delivery."""


class ShopSecret(Secret):
    """A client secret, and the one shop of which this account believes what it signs."""

    __slots__ = ("shop",)

    def __init__(self, value: str, shop: str) -> None:
        super().__init__(value)
        self.shop: Final = shop


@dataclass(frozen=True)
class OfOneShop(Hmac):
    """The same, and only of this account's shop: an app signs for each shop that it is in with one secret.

    The shop's name is not signed. So it keeps two shops apart whose webhooks were addressed wrongly; it is no proof.
    What has one address for all shops of an app says whose it is in its signed body: see `whose`.
    `named`: who does not name a shop at all is not believed either.
    """

    named: bool = True

    def verify(self, secrets: Iterable[Secret], headers: Headers, body: bytes, now: float) -> None:
        """Raises Unsigned also for a delivery of another shop, or of none."""
        live = tuple(secrets)
        super().verify(live, headers, body, now)
        if whose(headers, body) is not None:
            return
        if not self.named and all(name.lower() != SHOP.lower() for name, _ in headers):
            return
        shop = only(headers, SHOP).lower()
        if any(one.shop != shop for one in live if isinstance(one, ShopSecret)):
            raise Unsigned("it is of another shop than this account's")


class OfShop(msgspec.Struct, frozen=True):
    """What the topics of `CONFIGURED` say besides."""

    shop_domain: str


def whose(headers: Headers, body: bytes) -> str | None:
    """The shop that a wish of the law is of: an app has one address for those of all its shops, and signs this name."""
    topics = [value.strip() for name, value in headers if name.lower() == TOPIC.lower()]
    if len(topics) != 1 or topics[0] not in CONFIGURED:
        return None
    try:
        return msgspec.json.decode(body, type=OfShop).shop_domain.lower()
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


class Bare(msgspec.Struct, frozen=True):
    """What nearly every payload has."""

    id: int | str | None = None
    updated_at: Aware | None = None
    created_at: Aware | None = None


def read(headers: Headers, body: bytes) -> Delivery:
    """Topic, id and time stand in headers, none of which is signed.

    One act of the shop is one event id over all its topics, and may be about several things: the delivery's id is all
    three. Where Shopify gives the event no id the delivery's is taken, and where no time, that of the payload. Its
    version is not looked at: what a version changed is refused by its shape, and kept with its headers. Raises
    Unsigned for a header that is missing or came twice, ValueError for a delivery of no time.
    """
    topic, bare = only(headers, TOPIC), _bare(body)
    names = {name.lower() for name, _ in headers}
    event = only(headers, EVENT if EVENT.lower() in names else WEBHOOK)
    if AT.lower() in names:
        at = msgspec.convert(only(headers, AT), Aware)
    else:
        found = bare.updated_at or bare.created_at
        if found is None:
            raise ValueError(f"a delivery of {topic[:80]} that says no time")
        at = found
    what = hashlib.sha256(body).hexdigest()[:16] if bare.id is None else str(bare.id)
    payload = msgspec.json.encode({"at": at, "told": msgspec.Raw(body)}) if topic in _UNTIMED else body
    return Delivery(topic, f"{event}/{topic}/{what}", at, payload)


def _bare(body: bytes) -> Bare:
    """Whatever it is: that it is no payload is said by whoever hears it, under its topic's name."""
    try:
        return msgspec.json.decode(body, type=Bare)
    except msgspec.DecodeError:
        return Bare()


def renews(headers: Headers, body: bytes) -> bool:
    """Whether an order that was placed or paid came from a contract, as Shopify writes it: see `Hook.renews`."""
    return b'"source_name":"subscription_contract' in body and any(
        value in {"orders/create", "orders/paid"} for name, value in headers if name.lower() == TOPIC.lower()
    )


HOOK: Final[Hook[Settings]] = Hook(
    signature=OfOneShop(of_body(SIGNATURE, "base64")),
    secrets=lambda settings: tuple(ShopSecret(one.reveal(), settings.shop) for one in settings.webhook_secrets),
    read=read,
    hears={
        "orders/create": placed,
        "orders/paid": paid,
        "orders/cancelled": cancelled,
        "refunds/create": refunded,
        "order_transactions/create": attempted,
        "disputes/create": disputed,
        "disputes/update": disputed,
        "fulfillments/create": fulfilled,
        "fulfillments/update": fulfilled,
        "fulfillment_events/create": troubled,
        "returns/request": wanted,
        "returns/approve": wanted,
        "returns/cancel": withdrawn,
        "returns/decline": withdrawn,
        "checkouts/create": filled,
        "checkouts/update": filled,
        "customers_email_marketing_consent/update": agreed,
        "customers/redact": redacted,
        "customers/data_request": requested,
        "shop/redact": shop_redacted,
    },
    renews=renews,
    whose=whose,
    own=lambda settings: settings.shop,
)
"""Not heard, though Shopify tells them, because it would be half a truth:

- `orders/edited` names lines by number and no price; `orders/updated` says neither what changed nor when it was placed
  to whom: an order of long ago would be placed anew. Both are the poll's.
- `inventory_levels/update` counts what is available, not what is there, and names no SKU.
- `customers_marketing_consent/update` and `customers_whats_app_marketing_consent/update` name a number and no address:
  a no would be written down for another household than the one that is asked.
- `returns/close` and `reverse_fulfillment_orders/dispose` do not say which of the order's lines came back.
"""
