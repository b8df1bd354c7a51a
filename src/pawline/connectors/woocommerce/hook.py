"""WooCommerce's webhooks: each names an order or a product, which is asked for as it is by now.

A delivery is signed over its body (`X-WC-Webhook-Signature`), and not over its headers: its topic decides nothing, but
whether a number without anything else is a product's. It is sent once, and never again. When a webhook is made,
WooCommerce sends `webhook_id=7` as a form, which nobody signs: it is answered, and nothing is made of it.
`plugins/woocommerce/includes/class-wc-webhook.php`; why: docs/why/0049.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from pawline.connectors.woocommerce.happened import happened
from pawline.connectors.woocommerce.looking_goods import product
from pawline.connectors.woocommerce.orders import Orders
from pawline.connectors.woocommerce.settings import Settings
from pawline.connectors.woocommerce.told import moment
from pawline.kit import WHENEVER, Delivery, Headers, Hmac, Hook, Http, Sighting, of_body, only
from pawline.model import OrderId
from pawline.ports import Code, Malformed, Rejected

if TYPE_CHECKING:
    from pawline.model import Event

SIGNATURE: Final = "X-WC-Webhook-Signature"
TOPIC: Final = "X-WC-Webhook-Topic"
WEBHOOK: Final = "X-WC-Webhook-ID"
TOPICS: Final = ("order.created", "order.updated", "order.deleted", "order.restored")
"""Deleted comes as a number, all else as a whole order. Of an order that is not placed yet, and of one that is touched
by a plugin every minute, there is one each time: what is rung twice while it waits is asked once."""
GOODS: Final = ("product.created", "product.updated", "product.deleted", "product.restored")
"""The same of products, and of their variations, by their own numbers: asked for where `goods` are."""
PRODUCT: Final = "product/"
"""What the name of a product begins with that is asked about; an order's is its number."""
YOUNG: Final = timedelta(hours=1)
"""What happened before is not told because somebody touches the order now: the look knows since when it is news."""
_PING: Final = re.compile(rb"webhook_id=[0-9]{1,20}")
_ENTITY: Final = re.compile(r"&(?:(amp|lt|gt|quot)|#0*(34|38|39|60|62)|#[xX]0*(22|26|27|3[cCeE]));")
_NAMED: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"'}


class Named(msgspec.Struct, frozen=True):
    """A delivery, as far as it is read."""

    id: int
    date_modified_gmt: str | None = None
    line_items: Any = None


def key_of(secret: str) -> bytes:
    """The key of a secret: WordPress takes the entities of HTML in it for what they stand for, and so do we.

    `wp_specialchars_decode(…, ENT_QUOTES)`, once.
    """

    def char(found: re.Match[str]) -> str:
        name, number, code = found.groups()
        return _NAMED[name] if name else chr(int(number) if number else int(code, 16))

    return _ENTITY.sub(char, secret).encode()


def hello(headers: Headers, body: bytes) -> bool:
    """Whether it is what WooCommerce sends when a webhook is made: unsigned, and nothing but the webhook's number."""
    return _PING.fullmatch(body) is not None and not any(name.lower() == SIGNATURE.lower() for name, _ in headers)


def read(headers: Headers, body: bytes) -> Delivery:
    """WooCommerce's own id of a delivery is shared by those of one second: its webhook, its order and its body are it.

    What has lines is an order, whatever its topic says. Raises ValueError for one that names nothing.
    """
    named = _named(body)
    said = [value.strip() for name, value in headers if name.lower() == TOPIC.lower()]
    known = TOPICS if named.line_items is not None else (*TOPICS, *GOODS)
    topic = said[0] if len(said) == 1 and said[0] in known else TOPICS[1]
    at = moment(named.date_modified_gmt) if named.date_modified_gmt else WHENEVER
    digest = hashlib.sha256(body).hexdigest()[:16]
    of = PRODUCT if topic in GOODS else ""
    return Delivery(topic, f"{only(headers, WEBHOOK)[:20]}/{of}{named.id}/{digest}", at, body)


def heard(payload: bytes) -> tuple[Event, ...]:
    """Nothing by itself. Raises ValueError for what cannot be asked about: it is kept then."""
    _named(payload)
    return ()


def _named(body: bytes) -> Named:
    named = msgspec.json.decode(body, type=Named)
    if not 0 < named.id < 10**18:
        raise ValueError("it names no order and no product")
    return named


def rings(delivery: Delivery) -> str | None:
    """The order, or the product."""
    return f"{PRODUCT if delivery.type in GOODS else ''}{_named(delivery.payload).id}"


async def about(http: Http, settings: Settings, thing: str) -> tuple[Sighting, ...]:
    """What happened to it lately. What cannot be read is told by the look."""
    now = datetime.now(UTC)
    if thing.startswith(PRODUCT):
        return await product(http, settings, thing.removeprefix(PRODUCT)) if settings.goods else ()
    try:
        whole = await Orders(http, settings).read(OrderId(thing))
        return happened(whole, settings, now - YOUNG, now)
    except Rejected as no:
        if no.code is not Code.NOT_FOUND:  # it is deleted for good
            raise
    except (Malformed, ValueError):
        pass
    return ()


HOOK: Final[Hook[Settings]] = Hook(
    signature=Hmac(of_body(SIGNATURE, "base64"), key=key_of),
    secrets=lambda settings: settings.webhook_secrets,
    read=read,
    hears=dict.fromkeys((*TOPICS, *GOODS), heard),
    rings=rings,
    about=about,
    patient=lambda thing: thing.startswith(PRODUCT),  # each sale saves its products, and an import all of them
    hello=hello,
)
"""Not heard: `coupon.*` and `customer.*`. No flow asks for them."""
